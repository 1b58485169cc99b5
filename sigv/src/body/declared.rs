//! What the head of a request declares of its body.

use http::HeaderMap;

use super::checksum::{Algorithm, Checksum};
use super::error::BodyError;
use crate::hash::Hash;
use crate::payload::Payload;

/// What the head of a request declares of its body, all of which has to hold.
#[derive(Clone, Debug)]
pub struct Declared {
    payload: Payload,
    /// The hash that is checked here.
    hash: Option<Hash>,
    length: u64,
    trailer: Option<Algorithm>,
    checksums: Vec<Checksum>,
}

impl Declared {
    /// Reads what `headers` declare of a body that was signed as `payload` and has `wire_length` bytes as it comes;
    /// `None` when a transfer coding hides that.
    ///
    /// Checksums in headers are read where the client's framing is taken off; the store checks the others.
    ///
    /// # Errors
    ///
    /// [`BodyError::MissingLength`], [`BodyError::MalformedLength`], [`BodyError::UnsupportedTrailer`],
    /// [`BodyError::UnexpectedTrailer`] or [`BodyError::MalformedChecksum`].
    pub fn read(
        payload: Payload,
        headers: &HeaderMap,
        wire_length: Option<u64>,
    ) -> Result<Self, BodyError> {
        let length = if payload.is_framed() { decoded_length(headers)? } else { wire_length };
        Ok(Self {
            payload,
            hash: match payload {
                Payload::Hash(hash) => Some(hash),
                Payload::Unsigned
                | Payload::UnsignedTrailer
                | Payload::SignedChunks
                | Payload::SignedChunksTrailer => None,
            },
            length: length.ok_or(BodyError::MissingLength)?,
            trailer: trailer(payload, headers)?,
            checksums: if payload.is_framed() { checksums(headers)? } else { Vec::new() },
        })
    }

    /// The same, but that a signed hash of the whole body is left to the store to check.
    #[must_use]
    pub fn leaving_hash_to_store(self) -> Self {
        Self { hash: None, ..self }
    }

    /// The same, with the checksums in `headers` to be checked here although no framing is taken off.
    ///
    /// # Errors
    ///
    /// [`BodyError::MalformedChecksum`].
    pub fn checking_checksums(self, headers: &HeaderMap) -> Result<Self, BodyError> {
        Ok(Self { checksums: checksums(headers)?, ..self })
    }

    /// What the signature says about the body.
    pub fn payload(&self) -> Payload {
        self.payload
    }

    /// How long the body is without the client's framing, in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The checksum that the trailer will have.
    pub fn trailer(&self) -> Option<Algorithm> {
        self.trailer
    }

    /// The first checksum in a header, of those that are checked here.
    pub fn checksum(&self) -> Option<&Checksum> {
        self.checksums.first()
    }

    /// All checksums in headers that are checked here.
    pub(super) fn checksums(&self) -> &[Checksum] {
        &self.checksums
    }

    /// The hash that is checked here.
    pub(super) fn hash(&self) -> Option<Hash> {
        self.hash
    }
}

fn decoded_length(headers: &HeaderMap) -> Result<Option<u64>, BodyError> {
    let Some(text) = single(headers, DECODED_LENGTH, BodyError::MalformedLength)? else {
        return Ok(None);
    };
    let is_number = text.len() <= DIGITS_MAX && text.bytes().all(|byte| byte.is_ascii_digit());
    let length = text.parse().ok().filter(|_| is_number);
    length.map(Some).ok_or(BodyError::MalformedLength)
}

fn trailer(payload: Payload, headers: &HeaderMap) -> Result<Option<Algorithm>, BodyError> {
    let Some(name) = single(headers, TRAILER, BodyError::UnsupportedTrailer)? else {
        return Ok(None);
    };
    match payload {
        Payload::UnsignedTrailer | Payload::SignedChunksTrailer => {
            let algorithm = Algorithm::of_header(&name.to_ascii_lowercase());
            algorithm.map(Some).ok_or(BodyError::UnsupportedTrailer)
        }
        Payload::Hash(_) | Payload::Unsigned | Payload::SignedChunks => {
            Err(BodyError::UnexpectedTrailer)
        }
    }
}

fn checksums(headers: &HeaderMap) -> Result<Vec<Checksum>, BodyError> {
    let read = |algorithm: Algorithm| {
        let malformed = BodyError::MalformedChecksum { algorithm };
        let text = single(headers, algorithm.header(), malformed).transpose()?;
        Some(text.and_then(|text| Checksum::parse(algorithm, text).ok_or(malformed)))
    };
    Algorithm::ALL.into_iter().filter_map(read).collect()
}

/// The text of a header that may stand once; `fault` when it stands twice or is no text.
fn single<'a>(
    headers: &'a HeaderMap,
    name: &'static str,
    fault: BodyError,
) -> Result<Option<&'a str>, BodyError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| fault),
        (Some(_), Some(_)) => Err(fault),
    }
}

const DECODED_LENGTH: &str = "x-amz-decoded-content-length";
const TRAILER: &str = "x-amz-trailer";

/// The digits of the largest length.
const DIGITS_MAX: usize = 20;
