//! The MD5 of a body, by which S3's older clients and stores tell it.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use md5::{Digest as _, Md5};

use crate::hash;

/// What the header `Content-MD5` says of a body.
///
/// It finds accidents and no attackers: what is to be trusted has a signed hash besides.
#[derive(Clone, Copy)]
pub struct ContentMd5([u8; 16]);

impl ContentMd5 {
    /// That of `body`.
    pub fn of(body: &[u8]) -> Self {
        Self(Md5::digest(body).into())
    }

    /// Reads the header: base64 of 16 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The header's value: base64.
    pub fn text(self) -> String {
        STANDARD.encode(self.0)
    }

    pub(super) fn is_same(self, other: Self) -> bool {
        hash::same(&self.0, &other.0)
    }
}

impl fmt::Debug for ContentMd5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentMd5({})", self.text())
    }
}

/// Computes it as the body passes.
#[derive(Clone, Default)]
pub(super) struct Hasher(Md5);

impl Hasher {
    pub(super) fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    pub(super) fn finish(self) -> ContentMd5 {
        ContentMd5(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_is_that_of_the_test_suite_of_rfc_1321() {
        let mut hasher = Hasher::default();
        for piece in ["message", " ", "digest"] {
            hasher.update(piece.as_bytes());
        }
        assert_eq!(hasher.finish().text(), "+WtpfXy3k41SWi8xqvFh0A==");
        assert_eq!(ContentMd5::of(b"").text(), "1B2M2Y8AsgTpgAmY7PhCfg==");
    }

    #[test]
    fn header_is_base64_of_16_bytes() {
        let text = "1B2M2Y8AsgTpgAmY7PhCfg==";
        assert!(ContentMd5::parse(text).unwrap().is_same(ContentMd5::of(b"")));
        for text in [
            "",
            "1B2M2Y8AsgTpgAmY7PhCfg",
            "1B2M2Y8AsgTpgAmY7PhC",
            "d41d8cd98f00b204e9800998ecf8427e",
        ] {
            assert!(ContentMd5::parse(text).is_none(), "{text}");
        }
    }
}
