//! Any wire, under any head and any limits.

use bytes::Bytes;
use http::HeaderValue;
use sigv::{Algorithm, ChunkLimits, Framing, Payload, hash};

use super::input::Input;
use super::run::Run;
use super::stream::{LIMITS, Stream, announcing, chain};

/// Decodes what `input` describes, and says whether it holds. Then it is encoded again, and has to hold again.
///
/// `live` says how many bytes of memory are in use.
///
/// # Panics
///
/// When the decoder breaks a promise.
pub fn decode(input: &[u8], live: &dyn Fn() -> usize) -> bool {
    let case = Case::read(input);
    let Some(declared) = case.stream.declared() else { return false };
    let Case { stream, limits, again, .. } = &case;
    let run = Run {
        declared: &declared,
        chain: Some(chain(stream.payload)),
        limits: *limits,
        wanted: again.trailer(),
    };
    let parts = case.parts();
    let Ok(body) = run.decode(&parts, stream.wire.len(), live) else {
        return false;
    };
    if u64::try_from(body.len()) == Ok(stream.length) {
        encode_again(*again, &body, live);
    }
    true
}

fn encode_again(framing: Framing, body: &[u8], live: &dyn Fn() -> usize) {
    let framing = if let Framing::Plain(Payload::Hash(_)) = framing {
        Framing::Plain(Payload::Hash(hash::sha256(body)))
    } else {
        framing
    };
    let stream = Stream::encode(framing, body, 100);
    let declared = stream.declared().expect("a head of ours");
    let chain = Some(chain(stream.payload));
    let run = Run { declared: &declared, chain, limits: LIMITS, wanted: None };
    let decoded = run.decode(&[stream.wire.into()], body.len(), live);
    assert_eq!(decoded.as_deref(), Ok(body), "a body of ours");
}

/// An input, read.
#[derive(Debug)]
struct Case {
    stream: Stream,
    limits: ChunkLimits,
    /// How long each part of the wire is that is pushed, in turn; 0 is all that is left.
    cuts: [usize; 2],
    /// Whether the last part comes again and again.
    is_endless: bool,
    /// How a body that holds is encoded again.
    again: Framing,
}

impl Case {
    /// What stands before the wire is laid out by `Head` of the seeds.
    fn read(bytes: &[u8]) -> Self {
        let mut input = Input::new(bytes);
        let mode = input.byte();
        let trailer = input.one_of(&TRAILERS);
        let header = input.one_of(&TRAILERS);
        let again = again(input.byte(), input.one_of(&Algorithm::ALL), input.size());
        let limits = ChunkLimits {
            chunk_bytes_max: input.size(),
            chunk_line_bytes_max: input.size(),
            trailer_bytes_max: input.size(),
        };
        let length = input.long();
        let cuts = [input.size(), input.size()];
        let is_endless = input.byte() == 1;
        let mut headers = announcing(trailer);
        if let Some(algorithm) = header {
            let text = input.bytes(algorithm.text_length());
            if let Ok(value) = HeaderValue::from_bytes(text) {
                headers.insert(algorithm.header(), value);
            }
        }
        let wire = input.rest().to_vec();
        let payload = match mode.checked_rem(6) {
            Some(0) => Payload::Hash(hash::sha256(&wire)),
            Some(1) => Payload::empty(),
            Some(2) => Payload::Unsigned,
            Some(3) => Payload::UnsignedTrailer,
            Some(4) => Payload::SignedChunks,
            _ => Payload::SignedChunksTrailer,
        };
        let stream = Stream { payload, headers, length, wire };
        Self { stream, limits, cuts, is_endless, again }
    }

    fn parts(&self) -> Vec<Bytes> {
        let mut rest = Bytes::copy_from_slice(&self.stream.wire);
        let mut parts = Vec::new();
        let mut cuts = self.cuts.iter().cycle();
        while !rest.is_empty() {
            let cut = cuts.next().copied().filter(|cut| *cut > 0).unwrap_or(rest.len());
            parts.push(rest.split_to(cut.min(rest.len())));
        }
        if let Some(last) = parts.last().cloned()
            && self.is_endless
        {
            let times = ENDLESS_BYTES.checked_div(last.len()).unwrap_or(0);
            parts.extend(std::iter::repeat_n(last, times));
        }
        parts
    }
}

fn again(mode: u8, algorithm: Algorithm, chunk_bytes: usize) -> Framing {
    let chunk_bytes = chunk_bytes.clamp(16, LIMITS.chunk_bytes_max);
    match mode.checked_rem(5) {
        Some(0) => Framing::Plain(Payload::empty()),
        Some(1) => Framing::Plain(Payload::Unsigned),
        Some(2) => Framing::UnsignedTrailer(algorithm),
        Some(3) => Framing::SignedChunks { chunk_bytes, trailer: None },
        _ => Framing::SignedChunks { chunk_bytes, trailer: Some(algorithm) },
    }
}

const TRAILERS: [Option<Algorithm>; 6] = [
    None,
    Some(Algorithm::Crc32),
    Some(Algorithm::Crc32c),
    Some(Algorithm::Crc64Nvme),
    Some(Algorithm::Sha1),
    Some(Algorithm::Sha256),
];

/// How much an endless wire brings before it ends after all.
const ENDLESS_BYTES: usize = 256 << 10;
