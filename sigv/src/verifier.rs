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
