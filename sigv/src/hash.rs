//! SHA-256, HMAC-SHA-256 and HMAC-SHA-1, lower-case hex, and the only comparison of signatures and hashes.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A SHA-256 hash or an HMAC-SHA-256 code.
pub type Hash = [u8; 32];

/// The SHA-256 hash of no bytes at all.
pub const EMPTY: Hash = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// The SHA-256 hash of `bytes`.
pub fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// Whether two hashes, codes or tokens are the same, in a time that depends on their lengths only.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// Lower-case hex, two digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        text.push(char::from(digit(byte >> 4)));
        text.push(char::from(digit(byte & 0x0f)));
    }
    text
}

/// Reads 64 lower-case hex digits, and nothing else, as a hash.
pub fn parse_hex(text: &str) -> Option<Hash> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let mut hash = Hash::default();
    if pairs.len() != hash.len() {
        return None;
    }
    for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
        *byte = (nibble(*high)? << 4) | nibble(*low)?;
    }
    Some(hash)
}

/// HMAC-SHA-256 with its key taken in: what remains is hashing the message.
#[derive(Clone)]
pub(crate) struct Keyed(Hmac<Sha256>);

impl Keyed {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes a key of any length"))
    }

    /// The code of the concatenation of `parts`.
    pub(crate) fn code(&self, parts: &[&[u8]]) -> Hash {
        let mut state = self.0.clone();
        for part in parts {
            state.update(part);
        }
        state.finalize().into_bytes().into()
    }
}

/// The HMAC-SHA-1 code of `message`, which only version 2 of signatures uses.
#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
pub(crate) fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    let mut state = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes a key of any length");
    state.update(message);
    state.finalize().into_bytes().into()
}

impl fmt::Debug for Keyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyed(..)")
    }
}

fn digit(nibble: u8) -> u8 {
    match nibble {
        0..=9 => b'0'.wrapping_add(nibble),
        _ => (b'a' - 10).wrapping_add(nibble),
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => digit.checked_sub(b'0'),
        b'a'..=b'f' => digit.checked_sub(b'a' - 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_the_hash_of_nothing() {
        assert_eq!(sha256(b""), EMPTY);
    }

    #[test]
    fn hex_reads_back() {
        let hash = sha256(b"abc");
        assert_eq!(hex(&hash), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(parse_hex(&hex(&hash)), Some(hash));
    }

    #[test]
    fn hex_of_another_length_or_case_is_refused() {
        let text = hex(&EMPTY);
        assert_eq!(parse_hex(&text.to_uppercase()), None);
        assert_eq!(parse_hex(text.strip_suffix("5").unwrap()), None);
        assert_eq!(parse_hex(text.strip_suffix("55").unwrap()), None);
        assert_eq!(parse_hex(&format!("{text}00")), None);
        assert_eq!(parse_hex(&text.replacen('e', "g", 1)), None);
        assert_eq!(parse_hex(&text.replacen('e', "`", 1)), None);
        assert_eq!(parse_hex(""), None);
    }

    #[test]
    fn code_is_that_of_rfc_4231_case_2() {
        let code = Keyed::new(b"Jefe").code(&[b"what do ya want ", b"for nothing?"]);
        assert_eq!(hex(&code), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn code_of_sha1_is_that_of_rfc_2202_case_2() {
        let code = hmac_sha1(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex(&code), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    }

    #[test]
    fn hash_state_is_wiped_when_dropped() {
        // A key taken into HMAC is two states of the hash.
        fn wiped<T: zeroize::ZeroizeOnDrop>(_: T) {}
        wiped(Sha256::new());
        wiped(Sha1::new());
    }

    #[test]
    fn same_needs_every_byte_and_the_length() {
        assert!(same(b"abc", b"abc"));
        assert!(!same(b"abc", b"abd"));
        assert!(!same(b"abc", b"ab"));
    }
}
