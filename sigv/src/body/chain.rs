//! The signatures of a body's chunks, each made over the one before it.
//!
//! Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload in
//! Multiple Chunks", and "… Including Trailing Headers".

use std::fmt;

use time::OffsetDateTime;

use crate::amz_date;
use crate::authorization::{SERVICE, TERMINATOR};
use crate::hash::{self, Hash};
use crate::v4::SigningKey;

/// The chain of signatures that begins with a request's own: what each next chunk, and at last the trailer, is
/// signed with.
///
/// Its `Debug` form has neither the key nor a signature.
#[derive(Clone)]
pub struct Chain {
    key: SigningKey,
    at: OffsetDateTime,
    region: Box<str>,
    previous: Hash,
}

impl Chain {
    /// The chain of a request signed as `seed` at `at`, in UTC, with `key`, which was derived for `region`.
    pub(crate) fn new(key: SigningKey, at: OffsetDateTime, region: &str, seed: Hash) -> Self {
        Self { key, at, region: region.into(), previous: seed }
    }

    /// The signature of the next chunk, whose data has the SHA-256 hash `data`; the one after it builds on this.
    pub(crate) fn chunk(&mut self, data: &Hash) -> Hash {
        let data = hash::hex(data);
        self.previous = self.sign(CHUNK, &[EMPTY_HEX, "\n", &data]);
        self.previous
    }

    /// The signature of the trailer, whose lines `name:value\n` have the SHA-256 hash `lines`.
    pub(crate) fn trailer(&mut self, lines: &Hash) -> Hash {
        self.previous = self.sign(TRAILER, &[&hash::hex(lines)]);
        self.previous
    }

    fn sign(&self, algorithm: &str, content: &[&str]) -> Hash {
        // Written for each chunk, of which most requests have none.
        let stamp = amz_date::format(self.at);
        let (date, _) = stamp.split_once('T').unwrap_or_default();
        let previous = hash::hex(&self.previous);
        let head = [
            algorithm,
            "\n",
            &stamp,
            "\n",
            date,
            "/",
            &self.region,
            "/",
            SERVICE,
            "/",
            TERMINATOR,
            "\n",
            &previous,
            "\n",
        ];
        let parts: Vec<&[u8]> = head.iter().chain(content).map(|part| part.as_bytes()).collect();
        self.key.code(&parts)
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chain(..)")
    }
}

const CHUNK: &str = "AWS4-HMAC-SHA256-PAYLOAD";
const TRAILER: &str = "AWS4-HMAC-SHA256-TRAILER";

/// The hash of a chunk's headers, of which there are none.
const EMPTY_HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
