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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_encoding_changes_nothing() {
        let mut encoder = Encoder::plain(&Payload::Unsigned);
        assert_eq!(encoder.content_sha256(), "UNSIGNED-PAYLOAD");
        assert_eq!(encoder.wire_length(5), 5);
        assert_eq!(encoder.encode(Bytes::from_static(b"bytes")), "bytes");
    }

    #[test]
    fn clients_hash_is_signed_again() {
        let encoder = Encoder::plain(&Payload::Hash([0xab; 32]));
        assert_eq!(encoder.content_sha256(), "ab".repeat(32));
        assert_eq!(encoder.payload(), &Payload::Hash([0xab; 32]));
    }
}
