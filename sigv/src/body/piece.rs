//! The parts of a body that a decoder gives on, and what it keeps back.

use std::fmt;

use bytes::Bytes;

use super::checks::Checks;
use super::checksum::Checksum;
use super::error::BodyError;
use crate::hash::Hash;

/// A part of a body without the client's framing.
///
/// Its `Debug` form has the length of the data only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Piece {
    /// The bytes.
    pub data: Bytes,
    /// Their SHA-256 hash, when they are a whole signed chunk.
    pub hash: Option<Hash>,
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Piece").field("bytes", &self.data.len()).finish_non_exhaustive()
    }
}

/// What taking bytes off the wire came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// All that came was taken, and there is nothing to give on yet.
    Nothing,
    /// A signed chunk of so many bytes begins, and will be held until it is verified. No byte of it was taken yet.
    Chunk(usize),
    /// A part of the body.
    Piece(Piece),
}

/// The end of a body of which all that was declared holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// The part that completes the body; without data when the body is empty.
    pub piece: Piece,
    /// The body's checksums: the trailer's, then those of headers, then the one that was wanted, each algorithm once.
    pub checksums: Vec<Checksum>,
}

/// What is still to come of a body, what is checked over all of it, and the part that completes it.
pub(super) struct Rest {
    /// How many bytes of the declared length were neither given on nor held back.
    pub(super) left: u64,
    pub(super) checks: Checks,
    last: Piece,
}

impl Rest {
    pub(super) fn new(length: u64, checks: Checks) -> Self {
        Self { left: length, checks, last: Piece::default() }
    }

    /// Takes bytes that need no more than the checks over the whole body.
    pub(super) fn take(&mut self, data: Bytes) -> Result<Decoded, BodyError> {
        self.checks.update(&data);
        self.pass(Piece { data, hash: None })
    }

    /// Gives a piece on, or keeps it back when it completes the body.
    pub(super) fn pass(&mut self, piece: Piece) -> Result<Decoded, BodyError> {
        self.left = self.left.checked_sub(length(&piece.data)).ok_or(BodyError::Surplus)?;
        if self.left > 0 {
            return Ok(Decoded::Piece(piece));
        }
        self.last = piece;
        Ok(Decoded::Nothing)
    }

    /// Ends the body, of which `trailer` came after the data.
    pub(super) fn finish(&mut self, trailer: Option<&Checksum>) -> Result<End, BodyError> {
        if self.left > 0 {
            return Err(BodyError::Deficit);
        }
        let checksums = std::mem::take(&mut self.checks).finish(trailer)?;
        Ok(End { piece: std::mem::take(&mut self.last), checksums })
    }
}

/// How many bytes `data` has.
pub(super) fn length(data: &[u8]) -> u64 {
    u64::try_from(data.len()).unwrap_or(u64::MAX)
}
