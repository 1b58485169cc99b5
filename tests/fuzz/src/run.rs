//! A body through its decoder, held to what the decoder promises.

use bytes::Bytes;
use sigv::{
    Algorithm, BodyError, Chain, Checksum, ChunkLimits, Declared, Decoded, Decoder, Payload, hash,
};

use super::stream::checksum;

/// What a decoder is made of.
#[derive(Debug)]
pub struct Run<'a> {
    pub declared: &'a Declared,
    pub chain: Option<Chain>,
    pub limits: ChunkLimits,
    pub wanted: Option<Algorithm>,
}

impl Run<'_> {
    /// Pushes `parts` and ends. Gives the body if all that was declared holds, unless it is longer than `room`.
    ///
    /// `live` says how many bytes of memory are in use.
    pub fn decode(
        self,
        parts: &[Bytes],
        room: usize,
        live: &dyn Fn() -> usize,
    ) -> Result<Vec<u8>, BodyError> {
        let Self { declared, chain, limits, wanted } = self;
        let mut body = Vec::with_capacity(room);
        let mut given = 0_u64;
        let mut give = |data: &[u8]| {
            given = given.strict_add(u64::try_from(data.len()).expect("a length"));
            if body.len().strict_add(data.len()) <= room {
                body.extend_from_slice(data);
            }
            given
        };
        let mut held = Held { before: live(), limits };
        let mut decoder = Decoder::new(declared, chain, limits);
        if let Some(algorithm) = wanted {
            decoder.want(algorithm);
        }
        for part in parts {
            let mut wire = part.clone();
            let mut was_announced = false;
            while !wire.is_empty() {
                let before = wire.len();
                let taken = decoder.push(&mut wire);
                held.check(live());
                match taken {
                    Ok(Decoded::Nothing) => assert!(wire.len() < before, "nothing was taken"),
                    Ok(Decoded::Chunk(size)) => {
                        assert!(size <= limits.chunk_bytes_max, "a chunk of {size} bytes");
                        assert!(wire.len() < before || !was_announced, "announced again");
                        was_announced = true;
                        continue;
                    }
                    Ok(Decoded::Piece(piece)) => {
                        assert!(!piece.data.is_empty(), "a piece of nothing");
                        assert!(piece.hash.is_none_or(|hash| hash == hash::sha256(&piece.data)));
                        assert!(give(&piece.data) < declared.length(), "complete too early");
                    }
                    Err(error) => return Err(stays(&mut decoder, error)),
                }
                was_announced = false;
            }
        }
        let end = match decoder.finish() {
            Ok(end) => end,
            Err(error) => return Err(stays(&mut decoder, error)),
        };
        assert_eq!(give(&end.piece.data), declared.length(), "the declared length");
        if given > u64::try_from(room).expect("a length") {
            return Ok(body);
        }
        check_whole(declared, wanted, &body, &end.checksums);
        Ok(body)
    }
}

/// Asserts that what is said of the whole body is true.
fn check_whole(
    declared: &Declared,
    wanted: Option<Algorithm>,
    body: &[u8],
    checksums: &[Checksum],
) {
    if let Payload::Hash(hash) = declared.payload() {
        assert_eq!(hash, hash::sha256(body), "the signed hash");
    }
    for expected in declared.trailer().into_iter().chain(wanted) {
        let is_there = checksums.iter().any(|one| one.algorithm() == expected);
        assert!(is_there, "{} is not there", expected.name());
    }
    for one in checksums {
        assert_eq!(*one, checksum(one.algorithm(), body), "a checksum");
    }
}

/// Asserts that the decoder says `error` ever after.
fn stays(decoder: &mut Decoder, error: BodyError) -> BodyError {
    for wire in [&b"0\r\n\r\n"[..], b"\r\n", b"more"] {
        assert_eq!(decoder.push(&mut Bytes::from_static(wire)), Err(error), "pushed");
    }
    assert_eq!(decoder.finish(), Err(error), "ended");
    error
}

/// What a decoder may keep in memory.
struct Held {
    before: usize,
    limits: ChunkLimits,
}

impl Held {
    fn check(&mut self, live: usize) {
        let ChunkLimits { chunk_bytes_max, chunk_line_bytes_max, trailer_bytes_max } = self.limits;
        let most = [chunk_bytes_max, chunk_line_bytes_max, trailer_bytes_max, SLACK];
        let held = live.saturating_sub(self.before);
        assert!(held <= most.iter().sum(), "{held} bytes held under {:?}", self.limits);
    }
}

/// What the decoder itself, its hashes and a growing buffer take, in bytes.
const SLACK: usize = 8192;
