//! The checksums that S3 knows of an object, computed and compared.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crc_fast::{CrcAlgorithm, Digest as Crc};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::hash;

/// An algorithm of checksums that is computed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// CRC-32 of ISO 3309, 4 bytes.
    Crc32,
    /// CRC-32C (Castagnoli), 4 bytes.
    Crc32c,
    /// CRC-64/NVME, 8 bytes.
    Crc64Nvme,
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// As S3 writes it: `CRC32`.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// The header, or the trailer, that carries its values: `x-amz-checksum-crc32`.
    pub fn header(self) -> &'static str {
        self.row().1
    }

    /// The algorithm of a header's name in lower case.
    pub fn of_header(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.header() == name)
    }

    /// How long its values are as text, in bytes.
    pub fn text_length(self) -> usize {
        self.row().2.div_ceil(3).saturating_mul(4)
    }

    fn row(self) -> (&'static str, &'static str, usize) {
        match self {
            Self::Crc32 => ("CRC32", "x-amz-checksum-crc32", 4),
            Self::Crc32c => ("CRC32C", "x-amz-checksum-crc32c", 4),
            Self::Crc64Nvme => ("CRC64NVME", "x-amz-checksum-crc64nvme", 8),
            Self::Sha1 => ("SHA1", "x-amz-checksum-sha1", 20),
            Self::Sha256 => ("SHA256", "x-amz-checksum-sha256", 32),
        }
    }
}

/// The checksum of a body.
#[derive(Clone, PartialEq, Eq)]
pub struct Checksum {
    algorithm: Algorithm,
    value: Box<[u8]>,
}

impl Checksum {
    /// That of `bytes`.
    pub fn of(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    /// Reads `text` as a value of `algorithm`: base64, of its length.
    pub fn parse(algorithm: Algorithm, text: &str) -> Option<Self> {
        let value = STANDARD.decode(text).ok()?;
        (value.len() == algorithm.row().2).then(|| Self { algorithm, value: value.into() })
    }

    /// What it was computed by.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its value as a header has it: base64.
    pub fn text(&self) -> String {
        STANDARD.encode(&self.value)
    }

    /// Whether both are of one body, as far as one algorithm tells.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.algorithm == other.algorithm && hash::same(&self.value, &other.value)
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.algorithm.name(), self.text())
    }
}

/// Computes the checksum of a body as it passes.
pub(crate) struct Hasher {
    algorithm: Algorithm,
    state: State,
}

enum State {
    Crc(Box<Crc>),
    Sha1(Box<Sha1>),
    Sha256(Box<Sha256>),
}

impl Hasher {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        let crc = |algorithm| State::Crc(Box::new(Crc::new(algorithm)));
        let state = match algorithm {
            Algorithm::Crc32 => crc(CrcAlgorithm::Crc32IsoHdlc),
            Algorithm::Crc32c => crc(CrcAlgorithm::Crc32Iscsi),
            Algorithm::Crc64Nvme => crc(CrcAlgorithm::Crc64Nvme),
            Algorithm::Sha1 => State::Sha1(Box::default()),
            Algorithm::Sha256 => State::Sha256(Box::default()),
        };
        Self { algorithm, state }
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(crate) fn update(&mut self, data: &[u8]) {
        match &mut self.state {
            State::Crc(state) => state.update(data),
            State::Sha1(state) => state.update(data),
            State::Sha256(state) => state.update(data),
        }
    }

    pub(crate) fn finish(self) -> Checksum {
        let algorithm = self.algorithm;
        let value: Box<[u8]> = match self.state {
            State::Crc(state) => {
                let value = state.finalize().to_be_bytes();
                let (_, value) = value.split_at(value.len().saturating_sub(algorithm.row().2));
                value.into()
            }
            State::Sha1(state) => state.finalize().as_slice().into(),
            State::Sha256(state) => state.finalize().as_slice().into(),
        };
        Checksum { algorithm, value }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hasher({})", self.algorithm.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checksum(algorithm: Algorithm, data: &[u8]) -> String {
        let mut hasher = Hasher::new(algorithm);
        for piece in data.chunks(3) {
            hasher.update(piece);
        }
        hasher.finish().text()
    }

    #[test]
    fn values_are_those_of_the_check_string_of_each_algorithm() {
        // The values that the catalogues of CRCs and FIPS 180 give for this text and for none.
        for (algorithm, of_digits, of_nothing) in [
            (Algorithm::Crc32, "y/Q5Jg==", "AAAAAA=="),
            (Algorithm::Crc32c, "4waSgw==", "AAAAAA=="),
            (Algorithm::Crc64Nvme, "rosUhgp5mIg=", "AAAAAAAAAAA="),
            (Algorithm::Sha1, "98O8HYCOBHMq32eZZczDTKeuNEE=", "2jmj7l5rSw0yVb/vlWAYkK/YBwk="),
            (
                Algorithm::Sha256,
                "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
                "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            ),
        ] {
            assert_eq!(checksum(algorithm, b"123456789"), of_digits, "{algorithm:?}");
            assert_eq!(checksum(algorithm, b""), of_nothing, "{algorithm:?}");
            assert_eq!(of_digits.len(), algorithm.text_length());
        }
    }

    #[test]
    fn text_of_another_length_or_alphabet_is_no_checksum() {
        let read = |text| Checksum::parse(Algorithm::Crc32, text);
        assert_eq!(read("y/Q5Jg==").map(|read| read.text()).as_deref(), Some("y/Q5Jg=="));
        for text in ["", "y/Q5Jg", "y/Q5Jg==\n", "y_Q5Jg==", "y/Q5JgA=", "y/Q5Jh==", "AAAAAAAAAAA="]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn headers_name_their_algorithms() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::of_header(algorithm.header()), Some(algorithm));
        }
        assert_eq!(Algorithm::of_header("x-amz-checksum-md5"), None);
    }
}
