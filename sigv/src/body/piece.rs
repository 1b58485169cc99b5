//! Verified bytes, between a decoder and an encoder.

use bytes::Bytes;

use crate::hash::Hash;

/// A piece of a body, without any framing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// Its bytes.
    pub data: Bytes,
    /// The SHA-256 hash of `data`, where it is known already: that of a whole signed chunk is.
    pub hash: Option<Hash>,
}
