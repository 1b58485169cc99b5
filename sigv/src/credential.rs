//! The two halves of a credential.

use std::fmt;

use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The public half of a credential that this gateway may have issued: 3 to 128 of `[A-Za-z0-9_]`.
///
/// It is parsed once, at the edge, and safe to log. The upstream's key ids are opaque and not of this type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccessKeyId(Box<str>);

impl AccessKeyId {
    /// Reads an access key id.
    ///
    /// # Errors
    ///
    /// [`CredentialError::AccessKeyIdLength`] or [`CredentialError::AccessKeyIdCharacter`] when `text` is not of
    /// the form above.
    pub fn parse(text: &str) -> Result<Self, CredentialError> {
        if !(LENGTH_MIN..=LENGTH_MAX).contains(&text.len()) {
            return Err(CredentialError::AccessKeyIdLength { length: text.len() });
        }
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(CredentialError::AccessKeyIdCharacter);
        }
        Ok(Self(text.into()))
    }

    /// The id as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The secret half of a credential.
///
/// It is wiped when dropped, prints as `SecretKey(..)`, and can be neither
/// compared nor serialized: the only way to its bytes is [`Self::expose`].
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretKey(Box<[u8]>);

impl SecretKey {
    /// Takes the bytes of a secret; text is its UTF-8 bytes.
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes of the secret, for keying a signature and for sealing.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// Why a text cannot be half of a credential, or its scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CredentialError {
    /// An access key id is too short or too long.
    #[error("access key id has {length} characters, not 3 to 128")]
    AccessKeyIdLength {
        /// How long it is, in bytes.
        length: usize,
    },
    /// An access key id holds a character outside `[A-Za-z0-9_]`.
    #[error("access key id holds a character other than letters, digits and `_`")]
    AccessKeyIdCharacter,
    /// The upstream's access key id cannot stand in an `Authorization` header.
    #[error("access key id is empty or holds a comma, a slash, a space or a non-ASCII character")]
    UpstreamAccessKeyId,
    /// A region cannot stand in a credential scope.
    #[error("region is not 1 to 64 letters, digits, `-`, `_` or `.`")]
    Region,
}

/// Whether `text` can be the region of a credential scope: 1 to 64 of `[A-Za-z0-9._-]`.
pub(crate) fn is_region(text: &str) -> bool {
    (1..=REGION_LENGTH_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

const LENGTH_MIN: usize = 3;
const LENGTH_MAX: usize = 128;
const REGION_LENGTH_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_key_id_of_3_to_128_word_characters_is_taken() {
        for text in ["abc", "AKIAIOSFODNN7EXAMPLE", "a_1", &"x".repeat(128)] {
            assert_eq!(AccessKeyId::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a19_access_key_id_of_any_other_form_is_refused() {
        for text in ["", "a", "ab", &"x".repeat(129), &"x".repeat(4096)] {
            let length = text.len();
            assert_eq!(
                AccessKeyId::parse(text).unwrap_err(),
                CredentialError::AccessKeyIdLength { length }
            );
        }
        for text in ["***", "(uid=*)", "abc\0", "a/b", "a b", "schlüssel", "AKIA\r\nx"] {
            assert_eq!(
                AccessKeyId::parse(text).unwrap_err(),
                CredentialError::AccessKeyIdCharacter
            );
        }
    }

    #[test]
    fn secret_does_not_print() {
        let secret = SecretKey::new(*b"looks-secret");
        assert_eq!(format!("{secret:?}"), "SecretKey(..)");
        assert_eq!(secret.expose(), b"looks-secret");
    }
}
