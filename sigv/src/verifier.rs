//! A secret, with the signing keys that were derived from it and have proved right.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::body::Chain;
use crate::claim::{Claim, Scope};
use crate::credential::SecretKey;
use crate::error::SignatureError;
use crate::v4::SigningKey;

/// Verifies claims by one secret.
///
/// It keeps the signing keys of the days and regions that it has verified something for, the last
/// [`KEYS_MAX`] of them: a request then costs one hash and one code. What fails leaves nothing behind. The keys go
/// with the secret, so that none outlives it.
pub struct Verifier {
    secret: SecretKey,
    keys: Mutex<VecDeque<(Scope, SigningKey)>>,
}

impl Verifier {
    /// A verifier without keys.
    pub fn new(secret: SecretKey) -> Self {
        Self { secret, keys: Mutex::default() }
    }

    /// The secret.
    pub fn secret(&self) -> &SecretKey {
        &self.secret
    }

    /// Verifies `claim`; gives what the chunks of its body are signed with, if that is how it comes.
    ///
    /// # Errors
    ///
    /// [`SignatureError::Mismatch`] when the secret does not give the signature.
    pub fn verify(&self, claim: &Claim) -> Result<Option<Chain>, SignatureError> {
        let Some(scope) = claim.scope() else { return claim.verify(&self.secret).map(|()| None) };
        let kept = self.kept(scope);
        let is_new = kept.is_none();
        let key = kept.unwrap_or_else(|| scope.key(&self.secret));
        if !claim.verifies_with(&key) {
            return Err(SignatureError::Mismatch);
        }
        if is_new {
            self.keep(scope, &key);
        }
        Ok(if claim.payload().is_framed() { claim.chain_with(key) } else { None })
    }

    fn kept(&self, scope: &Scope) -> Option<SigningKey> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.iter().find(|(of, _)| of == scope).map(|(_, key)| key.clone())
    }

    fn keep(&self, scope: &Scope, key: &SigningKey) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.iter().any(|(of, _)| of == scope) {
            return;
        }
        keys.truncate(KEYS_MAX.saturating_sub(1));
        keys.push_front((scope.clone(), key.clone()));
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(..)")
    }
}

/// How many signing keys are kept of one secret: today's and, around midnight, yesterday's, in two regions.
pub const KEYS_MAX: usize = 4;

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method};
    use time::macros::datetime;
    use time::{Duration, OffsetDateTime};

    use super::*;
    use crate::{Payload, Rules, Signer, Wire, amz_date};

    fn claim(secret: &str, region: &str, at: OffsetDateTime) -> Claim {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("lake"));
        headers.insert("x-amz-date", amz_date::header_value(at));
        headers.insert("x-amz-content-sha256", Payload::Unsigned.header_value());
        let signer = Signer::new("AKIAALICE", SecretKey::new(secret.as_bytes()), region).unwrap();
        let (path, query, host_bucket) = ("/lake/a", "", None);
        let wire = Wire { method: &Method::GET, path, query, headers: &headers, host_bucket };
        let (authorization, _) = signer.sign(wire, &Payload::Unsigned, at);
        headers.insert("authorization", authorization);
        let wire = Wire { method: &Method::GET, path, query, headers: &headers, host_bucket };
        let rules = Rules { regions: &[], max_skew: Duration::minutes(15), version_2: true };
        Claim::parse(wire, &rules, at).unwrap()
    }

    fn kept(verifier: &Verifier) -> usize {
        verifier.keys.lock().unwrap().len()
    }

    #[test]
    fn only_a_key_that_proved_right_is_kept_and_used_again() {
        let verifier = Verifier::new(SecretKey::new(*b"not a real secret"));
        let at = datetime!(2026-01-31 12:00 UTC);
        let forged = claim("another secret", "us-east-1", at);
        assert_eq!(verifier.verify(&forged).map(|_| ()), Err(SignatureError::Mismatch));
        assert_eq!(kept(&verifier), 0);
        let honest = claim("not a real secret", "us-east-1", at);
        for _ in 0..2 {
            verifier.verify(&honest).unwrap();
            assert_eq!(kept(&verifier), 1);
        }
        assert_eq!(verifier.verify(&forged).map(|_| ()), Err(SignatureError::Mismatch));
    }

    #[test]
    fn a01_key_of_another_day_or_region_is_not_used() {
        let verifier = Verifier::new(SecretKey::new(*b"not a real secret"));
        let at = datetime!(2026-01-31 12:00 UTC);
        for (region, at) in [
            ("us-east-1", at),
            ("us-east-2", at),
            ("us-east-1", at.saturating_add(Duration::days(1))),
        ] {
            verifier.verify(&claim("not a real secret", region, at)).unwrap();
        }
        assert_eq!(kept(&verifier), 3);
    }

    #[test]
    fn kept_keys_have_an_end() {
        let verifier = Verifier::new(SecretKey::new(*b"not a real secret"));
        let at = datetime!(2026-01-31 12:00 UTC);
        for number in 0..3 * KEYS_MAX {
            let region = format!("region-{number}");
            verifier.verify(&claim("not a real secret", &region, at)).unwrap();
            assert!(kept(&verifier) <= KEYS_MAX);
        }
        // The newest is among them.
        let region = format!("region-{}", 3 * KEYS_MAX - 1);
        let newest = claim("not a real secret", &region, at);
        assert!(verifier.kept(newest.scope().unwrap()).is_some());
    }
}
