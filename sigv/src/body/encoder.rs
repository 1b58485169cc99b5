//! Frames verified bytes for the upstream.

use bytes::Bytes;
use http::HeaderValue;

use crate::payload::Payload;

/// Puts our framing on a body. Its length on the wire follows from the declared length, before the first byte.
#[derive(Debug)]
pub struct Encoder {
    payload: Payload,
}

impl Encoder {
    /// An encoder that sends the bytes as they are, signed as `payload`.
    pub fn plain(payload: &Payload) -> Self {
        Self { payload: *payload }
    }

    /// What the upstream's signature says about the body.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The value of `x-amz-content-sha256` for the upstream.
    pub fn content_sha256(&self) -> HeaderValue {
        self.payload.header_value()
    }

    /// How long a body of `decoded` bytes is on the wire, in bytes.
    pub fn wire_length(&self, decoded: u64) -> u64 {
        decoded
    }

    /// Takes the next bytes of the body and gives those of the wire.
    pub fn encode(&mut self, decoded: Bytes) -> Bytes {
        decoded
    }
}
