//! Sealing: secrets leave this process only as ciphertext.

use std::fmt;

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use sha2::Sha256;
use sigv::{AccessKeyId, SecretKey};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{StoreError, records};

/// The text that all keys of the store are derived from: `auth.encrypt.secret_key`.
///
/// It is wiped when dropped and prints as `SecretText(..)`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretText(Box<[u8]>);

impl SecretText {
    /// Takes `bytes` as they are, 32 at least; nothing is decoded or trimmed.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnfitKey`] when they are fewer, or begin as a sample from lakeFS's
    /// documentation and charts does: everybody has those.
    pub fn parse(bytes: &[u8]) -> Result<Self, StoreError> {
        let unfit = |reason| Err(StoreError::UnfitKey { reason });
        if SAMPLES.iter().any(|sample| bytes.starts_with(sample.as_bytes())) {
            return unfit("it is a sample from documentation, which everybody has");
        }
        if bytes.len() < BYTES_MIN {
            return unfit("it is shorter than 32 bytes");
        }
        if bytes.iter().all(|byte| bytes.first() == Some(byte)) {
            return unfit("it is one byte, repeated");
        }
        Ok(Self(bytes.into()))
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}

/// Seals and opens what a record keeps secret.
pub(crate) struct Sealer {
    cipher: Aes256GcmSiv,
    key_id: String,
}

impl Sealer {
    /// The sealer of records, with the keys that `text` gives for it.
    pub(crate) fn derive(text: &SecretText) -> Result<Self, StoreError> {
        let derivation = Hkdf::<Sha256>::new(None, &text.0);
        let mut key = Zeroizing::new([0; 32]);
        let mut id = [0; 8];
        derivation.expand(LABEL_KEY, key.as_mut_slice()).map_err(|_| unsealable())?;
        derivation.expand(LABEL_KEY_ID, &mut id).map_err(|_| unsealable())?;
        let cipher = Aes256GcmSiv::new_from_slice(key.as_slice()).map_err(|_| unsealable())?;
        Ok(Self { cipher, key_id: URL_SAFE_NO_PAD.encode(id) })
    }

    /// `<key id>.<nonce and ciphertext>`, which opens for the record at `key` alone.
    pub(crate) fn seal(&self, key: &str, secret: &[u8]) -> Result<String, StoreError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(StoreError::unavailable)?;
        let payload = Payload { msg: secret, aad: key.as_bytes() };
        let sealed = self.cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| unsealable())?;
        let mut bytes = nonce.to_vec();
        bytes.extend_from_slice(&sealed);
        Ok(format!("{}.{}", self.key_id, URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// What [`Self::seal`] was given, for the same record.
    ///
    /// # Errors
    ///
    /// [`StoreError::WrongKey`] when another key sealed it, [`StoreError::Corrupt`] when it was
    /// changed or belongs to another record.
    pub(crate) fn open(&self, key: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let damaged = || StoreError::corrupt(format!("the sealed text of `{key}` does not open"));
        let (key_id, text) = sealed.split_once('.').ok_or_else(damaged)?;
        if key_id != self.key_id {
            return Err(StoreError::WrongKey {
                sealed_with: key_id.to_owned(),
                configured: self.key_id.clone(),
            });
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| damaged())?;
        let (nonce, text) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        let payload = Payload { msg: text, aad: key.as_bytes() };
        self.cipher
            .decrypt(&Nonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| damaged())
    }

    /// The secret half of the access key `id`, as its record has it.
    pub(crate) fn open_secret(
        &self,
        id: &AccessKeyId,
        sealed: &str,
    ) -> Result<SecretKey, StoreError> {
        let secret = self.open(&records::credential_key(id), sealed)?;
        Ok(SecretKey::new(secret.as_slice()))
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

fn unsealable() -> StoreError {
    StoreError::unavailable("sealing failed")
}

/// The fewest bytes that a secret text may have.
const BYTES_MIN: usize = 32;

/// How the samples begin that people forget to change.
const SAMPLES: [&str; 6] = [
    "10a718b3f285d89c36e9864494cdd150",
    "CHANGE_ME",
    "THIS_MUST_BE_CHANGED",
    "asjdhjaskdhuioaweyuiorasdsjbaskcbkj",
    "generate_a_long_random_key_here",
    "some random secret string",
];

const NONCE_BYTES: usize = 12;

/// One label a purpose: the same text gives keys that have nothing to do with each other.
const LABEL_KEY: &[u8] = b"lakegate store seal key 1";
const LABEL_KEY_ID: &[u8] = b"lakegate store seal key id 1";

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(text: &str) -> Sealer {
        Sealer::derive(&SecretText::parse(text.as_bytes()).unwrap()).unwrap()
    }

    const TEXT: &str = "a text that is long enough, truly";

    #[test]
    fn what_was_sealed_opens_for_its_own_record_alone() {
        let sealer = sealer(TEXT);
        let text = sealer.seal("credential/A", b"secret").unwrap();
        assert_eq!(sealer.open("credential/A", &text).unwrap().as_slice(), b"secret");
        let refusal = sealer.open("credential/B", &text).unwrap_err();
        assert!(matches!(refusal, StoreError::Corrupt { .. }), "{refusal:?}");
    }

    #[test]
    fn the_same_secret_never_looks_the_same_twice() {
        let sealer = sealer(TEXT);
        assert_ne!(sealer.seal("k", b"secret").unwrap(), sealer.seal("k", b"secret").unwrap());
    }

    #[test]
    fn another_text_is_told_by_its_key_id() {
        let sealed = sealer(TEXT).seal("k", b"secret").unwrap();
        let refusal = sealer("another text that is long enough").open("k", &sealed).unwrap_err();
        assert!(matches!(refusal, StoreError::WrongKey { .. }), "{refusal:?}");
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let sealer = sealer(TEXT);
        let text = sealer.seal("k", b"secret").unwrap();
        for place in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            assert!(sealer.open("k", std::str::from_utf8(&changed).unwrap()).is_err(), "{place}");
        }
        for end in 0..text.len() {
            assert!(sealer.open("k", text.get(..end).unwrap()).is_err(), "{end}");
        }
    }

    #[test]
    fn short_and_well_known_texts_are_refused() {
        for text in [
            "",
            "thirty-one bytes are 1 too few.",
            "THIS_MUST_BE_CHANGED_IN_PRODUCTION",
            "some random secret string",
            "some random secret string, a little longer",
            "10a718b3f285d89c36e9864494cdd1507f3bc85b342df24736ea81f9a1134bcc",
            "00000000000000000000000000000000",
        ] {
            let refusal = SecretText::parse(text.as_bytes()).unwrap_err();
            assert!(matches!(refusal, StoreError::UnfitKey { .. }), "{refusal:?}");
            assert!(text.is_empty() || !refusal.to_string().contains(text));
        }
        assert!(SecretText::parse(b"thirty-two bytes are just enough").is_ok());
        assert!(SecretText::parse(&[0xff, 0].repeat(16)).is_ok());
    }

    #[test]
    fn neither_the_text_nor_a_key_is_printed() {
        let text = SecretText::parse(TEXT.as_bytes()).unwrap();
        assert_eq!(format!("{text:?}"), "SecretText(..)");
        let sealer = Sealer::derive(&text).unwrap();
        assert_eq!(
            format!("{sealer:?}"),
            format!("Sealer {{ key_id: \"{}\", .. }}", sealer.key_id)
        );
    }
}
