//! The key and the code of Signature Version 4, the same on both sides.
//!
//! Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header".

use time::{Date, OffsetDateTime};
use zeroize::Zeroizing;

use crate::amz_date;
use crate::authorization::{ALGORITHM, SERVICE, TERMINATOR};
use crate::credential::SecretKey;
use crate::hash::{self, Hash, Keyed};

/// What a secret signs with on one day in one region, taken into HMAC: cheap to clone and to use again.
///
/// It is wiped when dropped and prints nothing of itself.
#[derive(Clone, Debug)]
pub(crate) struct SigningKey(Keyed);

impl SigningKey {
    /// Derives the key of `secret` for the S3 service in `region` on `date` (UTC).
    pub(crate) fn derive(secret: &SecretKey, date: Date, region: &str) -> Self {
        let seed = Zeroizing::new([b"AWS4", secret.expose()].concat());
        let mut key =
            Zeroizing::new(Keyed::new(&seed).code(&[amz_date::format_date(date).as_bytes()]));
        for part in [region, SERVICE, TERMINATOR] {
            key = Zeroizing::new(Keyed::new(&*key).code(&[part.as_bytes()]));
        }
        Self(Keyed::new(&*key))
    }

    /// The signature of a canonical request that has the SHA-256 hash `request`, signed at `at` in `region`: those that
    /// this key was derived for.
    pub(crate) fn sign(&self, request: &Hash, at: OffsetDateTime, region: &str) -> Hash {
        let stamp = amz_date::format(at);
        let (date, _) = stamp.split_once('T').unwrap_or_default();
        let hash = hash::hex(request);
        let parts = [
            ALGORITHM, "\n", &stamp, "\n", date, "/", region, "/", SERVICE, "/", TERMINATOR, "\n",
            &hash,
        ];
        self.code(&parts.map(str::as_bytes))
    }

    /// The signature of a string to sign, given in parts.
    pub(crate) fn code(&self, parts: &[&[u8]]) -> Hash {
        self.0.code(parts)
    }
}
