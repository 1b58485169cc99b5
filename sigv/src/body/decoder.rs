//! Takes a client's body, and gives the bytes on that may be believed so far.

use std::fmt;

use bytes::Bytes;

use super::chain::Chain;
use super::checks::Checks;
use super::checksum::{Algorithm, Checksum};
use super::chunks::{ChunkLimits, Chunks};
use super::declared::Declared;
use super::error::BodyError;
use super::part::{Delimiter, Part};
use super::piece::{Decoded, End, Rest};
use crate::payload::Payload;

/// Takes the client's framing off a body and checks it against what was signed and declared.
///
/// Bytes flow through as they come, a signed chunk once it is verified. The piece that completes the declared length
/// is kept back until [`Self::finish`] finds that the whole body holds: what takes the pieces never has a
/// complete body that was not verified. After an error every call gives that error again.
pub struct Decoder {
    length: u64,
    coding: Coding,
    rest: Rest,
    failure: Option<BodyError>,
}

enum Coding {
    /// The body is as it comes.
    Plain,
    Chunked(Box<Chunks>),
    /// The last part of a form.
    File(Box<Part>),
}

impl Decoder {
    /// A decoder for the body that `declared` tells of.
    ///
    /// Signed chunks need the request's `chain`: without it they are all refused.
    pub fn new(declared: &Declared, chain: Option<Chain>, limits: ChunkLimits) -> Self {
        let chunks =
            |chain| Coding::Chunked(Box::new(Chunks::new(chain, declared.trailer(), limits)));
        let (coding, failure) = match (declared.payload(), chain) {
            (Payload::Hash(_) | Payload::Unsigned, _) => (Coding::Plain, None),
            (Payload::UnsignedTrailer, _) => (chunks(None), None),
            (Payload::SignedChunks | Payload::SignedChunksTrailer, Some(chain)) => {
                (chunks(Some(chain)), None)
            }
            (Payload::SignedChunks | Payload::SignedChunksTrailer, None) => {
                (chunks(None), Some(BodyError::ChunkSignature))
            }
        };
        let length = declared.length();
        Self { length, coding, rest: Rest::new(length, Checks::new(declared)), failure }
    }

    /// A decoder for the file of a form that `delimiter` ends: the body that `declared` tells of, then the end of the
    /// form and nothing else.
    pub fn of_file(declared: &Declared, delimiter: &Delimiter) -> Self {
        let coding = Coding::File(Box::new(Part::new(delimiter)));
        let length = declared.length();
        Self { length, coding, rest: Rest::new(length, Checks::new(declared)), failure: None }
    }

    /// Computes the checksum of `algorithm` too. To be said before the first [`Self::push`].
    pub fn want(&mut self, algorithm: Algorithm) {
        self.rest.checks.want(algorithm);
    }

    /// Takes bytes off the front of `wire`, all of them if nothing is given on. While some are left, it is to be called
    /// again.
    ///
    /// # Errors
    ///
    /// [`BodyError::Surplus`] when the body is longer than declared; for a framed body any error of its
    /// framing, and [`BodyError::FormEnd`] for a form.
    pub fn push(&mut self, wire: &mut Bytes) -> Result<Decoded, BodyError> {
        let Self { coding, rest, .. } = self;
        let decoded = match (self.failure, coding) {
            (Some(failure), _) => Err(failure),
            (None, _) if wire.is_empty() => Ok(Decoded::Nothing),
            (None, Coding::Plain) => rest.take(std::mem::take(wire)),
            (None, Coding::Chunked(chunks)) => chunks.push(wire, rest),
            (None, Coding::File(part)) => part.push(wire, rest),
        };
        self.settle(decoded)
    }

    /// Ends the body, once: the wire has ended.
    ///
    /// # Errors
    ///
    /// [`BodyError::Deficit`] or [`BodyError::Cut`] when it ended too early, [`BodyError::Mismatch`] or
    /// [`BodyError::Checksum`] when it is not what was declared, and any error of [`Self::push`] again.
    pub fn finish(&mut self) -> Result<End, BodyError> {
        let end = match self.failure {
            Some(failure) => Err(failure),
            None => self.trailer().and_then(|trailer| self.rest.finish(trailer.as_ref())),
        };
        self.settle(end)
    }

    /// How long the body is without the client's framing, in bytes.
    pub fn decoded_length(&self) -> u64 {
        self.length
    }

    /// What came after the data, once all of it came.
    fn trailer(&mut self) -> Result<Option<Checksum>, BodyError> {
        match &mut self.coding {
            Coding::Plain => Ok(None),
            Coding::Chunked(chunks) => chunks.finish(),
            // What is missing of the file itself is found by its length.
            Coding::File(_) if self.rest.left > 0 => Ok(None),
            Coding::File(part) => part.finish().map(|()| None),
        }
    }

    /// Keeps an error for all calls to come.
    fn settle<T>(&mut self, outcome: Result<T, BodyError>) -> Result<T, BodyError> {
        self.failure = outcome.as_ref().err().copied();
        outcome
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("length", &self.length)
            .field("left", &self.rest.left)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::super::piece::Piece;
    use super::*;
    use crate::hash;

    const BODY: &[u8] = b"bytes that were signed";
    const LIMITS: ChunkLimits =
        ChunkLimits { chunk_bytes_max: 0, chunk_line_bytes_max: 0, trailer_bytes_max: 0 };

    fn signed() -> Payload {
        Payload::Hash(hash::sha256(BODY))
    }

    fn length(bytes: &[u8]) -> u64 {
        u64::try_from(bytes.len()).unwrap()
    }

    fn declared(payload: Payload, length: u64) -> Declared {
        Declared::read(payload, &HeaderMap::new(), Some(length)).unwrap()
    }

    fn decoder(payload: Payload, length: u64) -> Decoder {
        Decoder::new(&declared(payload, length), None, LIMITS)
    }

    fn push(decoder: &mut Decoder, bytes: &[u8]) -> Result<Bytes, BodyError> {
        let mut wire = Bytes::copy_from_slice(bytes);
        let given = decoder.push(&mut wire)?;
        assert!(wire.is_empty());
        match given {
            Decoded::Nothing => Ok(Bytes::new()),
            Decoded::Piece(Piece { data, hash: None }) => Ok(data),
            Decoded::Piece(_) | Decoded::Chunk(_) => panic!("{given:?}"),
        }
    }

    #[test]
    fn body_comes_out_as_it_went_in_wherever_it_is_split() {
        for payload in [signed(), Payload::Unsigned] {
            for first in 0..=BODY.len() {
                for second in first..=BODY.len() {
                    let mut decoder = decoder(payload, length(BODY));
                    let mut out = Vec::new();
                    for frame in [&BODY[..first], &BODY[first..second], &BODY[second..]] {
                        out.extend_from_slice(&push(&mut decoder, frame).unwrap());
                        assert!(out.len() < BODY.len());
                    }
                    let end = decoder.finish().unwrap();
                    out.extend_from_slice(&end.piece.data);
                    assert_eq!(out, BODY);
                    assert_eq!(end.checksums, []);
                    assert_eq!(decoder.decoded_length(), length(BODY));
                }
            }
        }
    }

    #[test]
    fn a17_last_frame_is_held_back_when_only_the_last_byte_is_wrong() {
        let mut body = BODY.to_vec();
        *body.last_mut().unwrap() ^= 1;
        for split in 0..BODY.len() {
            let mut decoder = decoder(signed(), length(BODY));
            assert_eq!(push(&mut decoder, &body[..split]).unwrap(), &body[..split]);
            assert_eq!(push(&mut decoder, &body[split..]).unwrap(), "");
            assert_eq!(decoder.finish(), Err(BodyError::Mismatch));
            assert_eq!(push(&mut decoder, &body[split..]), Err(BodyError::Mismatch));
            assert_eq!(push(&mut decoder, b""), Err(BodyError::Mismatch));
            assert_eq!(decoder.finish(), Err(BodyError::Mismatch));
        }
    }

    #[test]
    fn a17_mismatch_anywhere_is_found() {
        for at in 0..BODY.len() {
            let mut body = BODY.to_vec();
            body[at] ^= 0x80;
            let mut decoder = decoder(signed(), length(BODY));
            push(&mut decoder, &body).unwrap();
            assert_eq!(decoder.finish(), Err(BodyError::Mismatch));
        }
    }

    #[test]
    fn surplus_is_refused_with_the_frame_it_came_in() {
        for payload in [signed(), Payload::Unsigned] {
            for split in 0..=BODY.len() {
                let mut decoder = decoder(payload, length(BODY));
                push(&mut decoder, &BODY[..split]).unwrap();
                let surplus = [&BODY[split..], b"!"].concat();
                assert_eq!(push(&mut decoder, &surplus), Err(BodyError::Surplus));
                assert_eq!(decoder.finish(), Err(BodyError::Surplus));
            }
        }
    }

    #[test]
    fn deficit_is_found_at_the_end() {
        for payload in [signed(), Payload::Unsigned] {
            for split in 0..BODY.len() {
                let mut decoder = decoder(payload, length(BODY));
                push(&mut decoder, &BODY[..split]).unwrap();
                assert_eq!(decoder.finish(), Err(BodyError::Deficit));
            }
        }
    }

    #[test]
    fn shorter_declaration_than_what_was_signed_is_refused() {
        let mut decoder = decoder(signed(), length(BODY) - 1);
        push(&mut decoder, &BODY[..BODY.len() - 1]).unwrap();
        assert_eq!(decoder.finish(), Err(BodyError::Mismatch));
    }

    #[test]
    fn a17_empty_body_with_another_hash_is_refused() {
        assert_eq!(decoder(signed(), 0).finish(), Err(BodyError::Mismatch));
    }

    #[test]
    fn empty_body_ends_at_once() {
        for payload in [Payload::empty(), Payload::Unsigned] {
            let mut decoder = decoder(payload, 0);
            assert_eq!(push(&mut decoder, b"").unwrap(), "");
            assert_eq!(decoder.finish(), Ok(End::default()));
            assert_eq!(push(&mut decoder, b"!"), Err(BodyError::Surplus));
        }
    }

    #[test]
    fn hash_is_left_to_the_store_but_the_length_is_not() {
        let declared = declared(signed(), 5).leaving_hash_to_store();
        let decode = |body| {
            let mut decoder = Decoder::new(&declared, None, LIMITS);
            push(&mut decoder, body)?;
            decoder.finish()
        };
        assert_eq!(declared.payload(), signed());
        assert_eq!(decode(b"other").unwrap().piece.data, "other");
        assert_eq!(decode(b"othe"), Err(BodyError::Deficit));
        assert_eq!(decode(b"others"), Err(BodyError::Surplus));
    }

    #[test]
    fn checksum_that_is_wanted_comes_at_the_end() {
        let mut decoder = decoder(Payload::Unsigned, 9);
        decoder.want(Algorithm::Crc32);
        push(&mut decoder, b"1234").unwrap();
        push(&mut decoder, b"56789").unwrap();
        let checksum = Checksum::parse(Algorithm::Crc32, "y/Q5Jg==").unwrap();
        assert_eq!(decoder.finish().unwrap().checksums, [checksum]);
    }

    #[test]
    fn largest_declaration_does_not_overflow() {
        let mut decoder = decoder(Payload::Unsigned, u64::MAX);
        push(&mut decoder, BODY).unwrap();
        assert_eq!(decoder.finish(), Err(BodyError::Deficit));
    }
}
