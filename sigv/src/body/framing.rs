//! How a body goes up: as it is, or in chunks of AWS's.
//!
//! Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload in
//! Multiple Chunks", and "… Including Trailing Headers".

use crate::hash::{self, Hash};
use crate::payload::Payload;

use super::chain::Chain;
use super::checksum::{Algorithm, Checksum};
use super::encoder::Encoder;

/// How a body is put on the wire for the upstream. How long it is there follows from its own length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// As it is, signed as this: a hash, or [`Payload::Unsigned`].
    Plain(Payload),
    /// In chunks without signatures, then its checksum.
    UnsignedTrailer(Algorithm),
    /// In chunks, each with its signature.
    SignedChunks {
        /// How long each chunk but the last is, in bytes; 0 is taken as 1.
        chunk_bytes: usize,
        /// The checksum that follows the last chunk, with a signature too.
        trailer: Option<Algorithm>,
    },
}

impl Framing {
    /// What the upstream's signature says about the body.
    pub fn payload(&self) -> Payload {
        match self {
            Self::Plain(payload) => *payload,
            Self::UnsignedTrailer(_) => Payload::UnsignedTrailer,
            Self::SignedChunks { trailer: None, .. } => Payload::SignedChunks,
            Self::SignedChunks { trailer: Some(_), .. } => Payload::SignedChunksTrailer,
        }
    }

    /// The checksum that follows the body, to be announced in `x-amz-trailer`.
    pub fn trailer(&self) -> Option<Algorithm> {
        match self {
            Self::Plain(_) => None,
            Self::UnsignedTrailer(algorithm) => Some(*algorithm),
            Self::SignedChunks { trailer, .. } => *trailer,
        }
    }

    /// Whether the body's length on the wire is not its own.
    pub fn is_framed(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::UnsignedTrailer(_) | Self::SignedChunks { .. } => true,
        }
    }

    /// How long a body of `decoded` bytes is on the wire, in bytes; nothing where that is more than a number holds.
    pub fn wire_length(&self, decoded: u64) -> Option<u64> {
        let (chunk_bytes, signature) = match self {
            Self::Plain(_) => return Some(decoded),
            Self::UnsignedTrailer(_) => (UNSIGNED_CHUNK_BYTES, 0),
            Self::SignedChunks { chunk_bytes, .. } => {
                (u64::try_from(*chunk_bytes).ok()?.max(1), SIGNATURE_BYTES)
            }
        };
        let line = |size: u64| hex_digits(size).checked_add(signature)?.checked_add(CRLF_BYTES);
        let chunk = |size: u64| line(size)?.checked_add(size)?.checked_add(CRLF_BYTES);
        let whole = decoded.checked_div(chunk_bytes)?.checked_mul(chunk(chunk_bytes)?)?;
        let last = match decoded.checked_rem(chunk_bytes)? {
            0 => 0,
            size => chunk(size)?,
        };
        let end = line(0)?.checked_add(self.trailer_length()?)?.checked_add(CRLF_BYTES)?;
        whole.checked_add(last)?.checked_add(end)
    }

    /// The encoder of a body of `decoded` bytes. Signed chunks are signed with `chain`.
    pub fn encoder(self, decoded: u64, chain: Chain) -> Encoder {
        Encoder::new(self, decoded, chain)
    }

    /// How long the lines of the trailer are, in bytes.
    fn trailer_length(&self) -> Option<u64> {
        let Some(algorithm) = self.trailer() else { return Some(0) };
        let line = |name: &str, value: usize| {
            let length = name.len().checked_add(COLON.len())?.checked_add(value)?;
            u64::try_from(length).ok()?.checked_add(CRLF_BYTES)
        };
        let signature = match self {
            Self::Plain(_) | Self::UnsignedTrailer(_) => 0,
            Self::SignedChunks { .. } => line(TRAILER_SIGNATURE, HEX_BYTES)?,
        };
        line(algorithm.header(), algorithm.text_length())?.checked_add(signature)
    }
}

/// The line that begins a chunk of `size` bytes.
pub(super) fn chunk_line(size: u64, signature: Option<&Hash>) -> String {
    match signature {
        None => format!("{size:x}{CRLF}"),
        Some(signature) => format!("{size:x}{CHUNK_SIGNATURE}{}{CRLF}", hash::hex(signature)),
    }
}

/// The line of the trailer that carries `checksum`, without its end.
pub(super) fn checksum_line(checksum: &Checksum) -> String {
    format!("{}{COLON}{}", checksum.algorithm().header(), checksum.text())
}

/// The line of the trailer that carries its `signature`, without its end.
pub(super) fn trailer_signature_line(signature: &Hash) -> String {
    format!("{TRAILER_SIGNATURE}{COLON}{}", hash::hex(signature))
}

/// How many hex digits `size` has.
fn hex_digits(size: u64) -> u64 {
    u64::from(size.checked_ilog(16).unwrap_or(0).saturating_add(1))
}

/// How long each chunk but the last is where nothing is signed. What is in it streams.
pub(super) const UNSIGNED_CHUNK_BYTES: u64 = 1 << 20;

/// What ends a line, and a chunk.
pub(super) const CRLF: &str = "\r\n";

const CHUNK_SIGNATURE: &str = ";chunk-signature=";
const TRAILER_SIGNATURE: &str = "x-amz-trailer-signature";
const COLON: &str = ":";

const CRLF_BYTES: u64 = 2;
/// A hash or a signature in hex.
const HEX_BYTES: usize = 64;
/// A signature in the line of a chunk, with its name.
const SIGNATURE_BYTES: u64 = 81;

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: Framing = Framing::SignedChunks { chunk_bytes: 65_536, trailer: None };
    const TRAILER: Framing =
        Framing::SignedChunks { chunk_bytes: 65_536, trailer: Some(Algorithm::Crc32c) };

    #[test]
    fn framing_says_what_is_signed_and_announced() {
        for (framing, payload, trailer) in [
            (Framing::Plain(Payload::Unsigned), Payload::Unsigned, None),
            (Framing::Plain(Payload::empty()), Payload::empty(), None),
            (
                Framing::UnsignedTrailer(Algorithm::Sha1),
                Payload::UnsignedTrailer,
                Some(Algorithm::Sha1),
            ),
            (SIGNED, Payload::SignedChunks, None),
            (TRAILER, Payload::SignedChunksTrailer, Some(Algorithm::Crc32c)),
        ] {
            assert_eq!(framing.payload(), payload);
            assert_eq!(framing.trailer(), trailer);
            assert_eq!(framing.is_framed(), payload.is_framed());
        }
    }

    #[test]
    fn length_of_the_published_example_is_the_published_one() {
        // 66 560 bytes in chunks of 65 536 bytes.
        assert_eq!(SIGNED.wire_length(66_560), Some(66_824));
        assert_eq!(Framing::Plain(Payload::Unsigned).wire_length(66_560), Some(66_560));
    }

    #[test]
    fn length_that_no_number_holds_is_none() {
        let plain = Framing::Plain(Payload::Unsigned);
        assert_eq!(plain.wire_length(u64::MAX), Some(u64::MAX));
        for framing in [SIGNED, TRAILER, Framing::UnsignedTrailer(Algorithm::Crc32)] {
            assert_eq!(framing.wire_length(u64::MAX), None);
            assert!(framing.wire_length(u64::MAX / 2) > Some(u64::MAX / 2));
        }
    }
}
