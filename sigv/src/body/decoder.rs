//! Takes a client's body, and gives the bytes on that may be believed so far.

use std::fmt;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::error::BodyError;
use crate::hash::{self, Hash};
use crate::payload::Payload;

/// Takes the client's framing off a body and checks it against what was signed and declared.
///
/// Bytes flow through as they come, but the frame that completes the body is given on only if the whole
/// body holds: what takes its output never has a complete body that was not verified. After an error every call
/// gives that error again.
pub struct Decoder {
    check: Check,
    declared: u64,
    remaining: u64,
    failure: Option<BodyError>,
}

enum Check {
    Hash { expected: Hash, state: Box<Sha256> },
    Length,
}

impl Decoder {
    /// A decoder for a body that was signed as `payload` and declared as `declared` bytes long.
    ///
    /// # Errors
    ///
    /// [`BodyError::Mismatch`] when the body is empty and another hash was signed.
    pub fn new(payload: &Payload, declared: u64) -> Result<Self, BodyError> {
        let check = match payload {
            Payload::Hash(expected) => Check::Hash { expected: *expected, state: Box::default() },
            Payload::Unsigned => Check::Length,
            Payload::UnsignedTrailer | Payload::SignedChunks | Payload::SignedChunksTrailer => {
                return Err(BodyError::Incomplete);
            }
        };
        let mut decoder = Self { check, declared, remaining: declared, failure: None };
        if decoder.is_complete() {
            decoder.check_whole()?;
        }
        Ok(decoder)
    }

    /// Takes the next bytes of the wire and gives on those of the body.
    ///
    /// # Errors
    ///
    /// [`BodyError::Surplus`] when the body is longer than declared, [`BodyError::Mismatch`] when it is complete and
    /// not what was signed. Nothing of `wire` is given on then.
    pub fn push(&mut self, wire: Bytes) -> Result<Bytes, BodyError> {
        let taken = self.take(&wire);
        self.failure = taken.err();
        taken.map(|()| wire)
    }

    /// Says whether the body may end here.
    ///
    /// # Errors
    ///
    /// [`BodyError::Incomplete`] when it is shorter than declared, and any error of [`Self::push`] again.
    pub fn finish(&self) -> Result<(), BodyError> {
        match self.failure {
            Some(failure) => Err(failure),
            None if self.remaining > 0 => Err(BodyError::Incomplete),
            None => Ok(()),
        }
    }

    /// How long the body is without the client's framing, in bytes.
    pub fn decoded_length(&self) -> u64 {
        self.declared
    }

    /// Whether the whole body was given on, verified.
    pub fn is_complete(&self) -> bool {
        self.remaining == 0 && self.failure.is_none()
    }

    fn take(&mut self, wire: &[u8]) -> Result<(), BodyError> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        if wire.is_empty() {
            return Ok(());
        }
        let length = u64::try_from(wire.len()).map_err(|_| BodyError::Surplus)?;
        self.remaining = self.remaining.checked_sub(length).ok_or(BodyError::Surplus)?;
        if let Check::Hash { state, .. } = &mut self.check {
            state.update(wire);
        }
        if self.remaining == 0 { self.check_whole() } else { Ok(()) }
    }

    /// Checks a body of which every byte was taken.
    fn check_whole(&mut self) -> Result<(), BodyError> {
        match &mut self.check {
            Check::Hash { expected, state } => {
                let computed: Hash = state.finalize_reset().into();
                if hash::same(&computed, expected) { Ok(()) } else { Err(BodyError::Mismatch) }
            }
            Check::Length => Ok(()),
        }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("declared", &self.declared)
            .field("remaining", &self.remaining)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"bytes that were signed";

    fn signed() -> Payload {
        Payload::Hash(hash::sha256(BODY))
    }

    fn length(bytes: &[u8]) -> u64 {
        u64::try_from(bytes.len()).unwrap()
    }

    #[test]
    fn body_comes_out_as_it_went_in_wherever_it_is_split() {
        for payload in [signed(), Payload::Unsigned] {
            for first in 0..=BODY.len() {
                for second in first..=BODY.len() {
                    let mut decoder = Decoder::new(&payload, length(BODY)).unwrap();
                    let mut out = Vec::new();
                    for frame in [&BODY[..first], &BODY[first..second], &BODY[second..]] {
                        assert_eq!(decoder.is_complete(), out == BODY);
                        out.extend_from_slice(&decoder.push(Bytes::from_static(frame)).unwrap());
                    }
                    assert_eq!(out, BODY);
                    assert!(decoder.is_complete());
                    assert_eq!(decoder.finish(), Ok(()));
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
            let mut decoder = Decoder::new(&signed(), length(BODY)).unwrap();
            let given = decoder.push(Bytes::copy_from_slice(&body[..split])).unwrap();
            assert_eq!(given, &body[..split]);
            let last = Bytes::copy_from_slice(&body[split..]);
            assert_eq!(decoder.push(last.clone()), Err(BodyError::Mismatch));
            assert!(!decoder.is_complete());
            assert_eq!(decoder.finish(), Err(BodyError::Mismatch));
            assert_eq!(decoder.push(last), Err(BodyError::Mismatch));
            assert_eq!(decoder.push(Bytes::new()), Err(BodyError::Mismatch));
        }
    }

    #[test]
    fn a17_mismatch_anywhere_is_found() {
        for at in 0..BODY.len() {
            let mut body = BODY.to_vec();
            body[at] ^= 0x80;
            let mut decoder = Decoder::new(&signed(), length(BODY)).unwrap();
            assert_eq!(decoder.push(body.into()), Err(BodyError::Mismatch));
        }
    }

    #[test]
    fn surplus_is_refused_with_the_frame_it_came_in() {
        for payload in [signed(), Payload::Unsigned] {
            for split in 0..=BODY.len() {
                let mut decoder = Decoder::new(&payload, length(BODY)).unwrap();
                decoder.push(Bytes::from_static(&BODY[..split])).unwrap();
                let surplus = [&BODY[split..], b"!"].concat();
                assert_eq!(decoder.push(surplus.into()), Err(BodyError::Surplus));
                assert_eq!(decoder.finish(), Err(BodyError::Surplus));
                assert!(!decoder.is_complete());
            }
        }
    }

    #[test]
    fn deficit_is_found_at_the_end() {
        for payload in [signed(), Payload::Unsigned] {
            for split in 0..BODY.len() {
                let mut decoder = Decoder::new(&payload, length(BODY)).unwrap();
                decoder.push(Bytes::from_static(&BODY[..split])).unwrap();
                assert_eq!(decoder.finish(), Err(BodyError::Incomplete));
            }
        }
    }

    #[test]
    fn shorter_declaration_than_what_was_signed_is_refused() {
        let mut decoder = Decoder::new(&signed(), length(BODY) - 1).unwrap();
        let shorter = Bytes::from_static(&BODY[..BODY.len() - 1]);
        assert_eq!(decoder.push(shorter), Err(BodyError::Mismatch));
    }

    #[test]
    fn a17_empty_body_with_another_hash_is_refused_before_a_byte_comes() {
        assert_eq!(Decoder::new(&signed(), 0).unwrap_err(), BodyError::Mismatch);
    }

    #[test]
    fn empty_body_is_complete_from_the_start() {
        for payload in [Payload::empty(), Payload::Unsigned] {
            let mut decoder = Decoder::new(&payload, 0).unwrap();
            assert!(decoder.is_complete());
            assert_eq!(decoder.push(Bytes::new()), Ok(Bytes::new()));
            assert_eq!(decoder.finish(), Ok(()));
            assert_eq!(decoder.push(Bytes::from_static(b"!")), Err(BodyError::Surplus));
        }
    }

    #[test]
    fn largest_declaration_does_not_overflow() {
        let mut decoder = Decoder::new(&Payload::Unsigned, u64::MAX).unwrap();
        decoder.push(Bytes::from_static(BODY)).unwrap();
        assert_eq!(decoder.finish(), Err(BodyError::Incomplete));
    }
}
