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
