//! What `x-amz-content-sha256` says about a body.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue};

use crate::error::SignatureError;
use crate::hash::{self, Hash};
use crate::wire;

/// What a signature says about the body: the value of `x-amz-content-sha256`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// The body's SHA-256 hash.
    Hash(Hash),
    /// `UNSIGNED-PAYLOAD`: nothing.
    Unsigned,
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`: chunks without signatures, then a checksum.
    UnsignedTrailer,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`: chunks, each with its signature.
    SignedChunks,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER`: chunks, then a checksum, each with its signature.
    SignedChunksTrailer,
}

impl Payload {
    /// The payload of a request without a body.
    pub const fn empty() -> Self {
        Self::Hash(hash::EMPTY)
    }

    /// Whether the body comes in chunks of AWS's, so that its length on the wire is not its own.
    pub fn is_framed(&self) -> bool {
        match self {
            Self::Hash(_) | Self::Unsigned => false,
            Self::UnsignedTrailer | Self::SignedChunks | Self::SignedChunksTrailer => true,
        }
    }

    /// Whether the signature covers the body's bytes.
    pub fn is_signed(&self) -> bool {
        match self {
            Self::Hash(_) | Self::SignedChunks | Self::SignedChunksTrailer => true,
            Self::Unsigned | Self::UnsignedTrailer => false,
        }
    }

    /// As it stands in `x-amz-content-sha256` and in the canonical request.
    pub fn text(&self) -> Cow<'static, str> {
        match self {
            Self::Hash(hash) => hash::hex(hash).into(),
            Self::Unsigned => "UNSIGNED-PAYLOAD".into(),
            Self::UnsignedTrailer => "STREAMING-UNSIGNED-PAYLOAD-TRAILER".into(),
            Self::SignedChunks => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD".into(),
            Self::SignedChunksTrailer => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER".into(),
        }
    }

    /// The value of an `x-amz-content-sha256` header.
    pub fn header_value(&self) -> HeaderValue {
        wire::header_value(self.text().into_owned())
    }

    /// Whether the body's bytes have signatures of their own, chunk by chunk.
    pub(crate) fn is_signed_in_chunks(&self) -> bool {
        match self {
            Self::Hash(_) | Self::Unsigned | Self::UnsignedTrailer => false,
            Self::SignedChunks | Self::SignedChunksTrailer => true,
        }
    }

    /// Reads `x-amz-content-sha256`, which has to be there.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, SignatureError> {
        headers.get(HEADER).ok_or(SignatureError::MissingPayloadHash).and_then(Self::parse)
    }

    /// Reads `x-amz-content-sha256`; without it nothing is said about the body.
    pub(crate) fn of_optional(headers: &HeaderMap) -> Result<Self, SignatureError> {
        headers.get(HEADER).map_or(Ok(Self::Unsigned), Self::parse)
    }

    fn parse(value: &HeaderValue) -> Result<Self, SignatureError> {
        let text = value.to_str().map_err(|_| SignatureError::MalformedPayloadHash)?;
        if let Some(mode) = MODES.iter().find(|mode| mode.text() == text) {
            return Ok(*mode);
        }
        if let Some(mode) = ASYMMETRIC.iter().find(|mode| **mode == text) {
            return Err(SignatureError::UnsupportedPayload { mode });
        }
        hash::parse_hex(text).map(Self::Hash).ok_or(SignatureError::MalformedPayloadHash)
    }
}

/// The header that says what the signature says about the body.
pub(crate) const HEADER: &str = "x-amz-content-sha256";

/// The modes that are not a hash.
const MODES: [Payload; 4] = [
    Payload::Unsigned,
    Payload::UnsignedTrailer,
    Payload::SignedChunks,
    Payload::SignedChunksTrailer,
];

/// The modes of Signature Version 4A, which is not implemented.
const ASYMMETRIC: [&str; 2] = [
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Payload, SignatureError> {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_str(value).unwrap());
        Payload::of(&headers)
    }

    #[test]
    fn payload_reads_back() {
        for payload in [Payload::empty(), Payload::Hash([7; 32])].into_iter().chain(MODES) {
            assert_eq!(read(&payload.text()).unwrap(), payload);
            assert_eq!(payload.header_value(), *payload.text());
        }
    }

    #[test]
    fn modes_of_asymmetric_signatures_are_refused_by_name() {
        for mode in ASYMMETRIC {
            let refused = read(mode).unwrap_err();
            assert_eq!(refused, SignatureError::UnsupportedPayload { mode });
            assert!(refused.message().contains(mode));
        }
    }

    #[test]
    fn anything_else_is_malformed() {
        let upper = hash::hex(&hash::EMPTY).to_uppercase();
        for value in ["", "unsigned-payload", "STREAMING-", "STREAMING-NEW", "e3b0", "ü", &upper] {
            assert_eq!(read(value).unwrap_err(), SignatureError::MalformedPayloadHash, "{value}");
        }
        assert_eq!(Payload::of(&HeaderMap::new()).unwrap_err(), SignatureError::MissingPayloadHash);
    }
}
