//! What is checked over a whole body: its hash and its checksums.

use sha2::{Digest as _, Sha256};

use super::checksum::{Algorithm, Checksum, Hasher};
use super::declared::Declared;
use super::error::BodyError;
use crate::hash::{self, Hash};

/// Computes what was declared of a whole body, and compares.
#[derive(Default)]
pub(super) struct Checks {
    hash: Option<(Hash, Box<Sha256>)>,
    /// One an algorithm: the trailer's, then those of headers, then what was wanted.
    hashers: Vec<Hasher>,
    declared: Vec<Checksum>,
}

impl Checks {
    pub(super) fn new(declared: &Declared) -> Self {
        let mut checks = Self {
            hash: declared.hash().map(|hash| (hash, Box::default())),
            hashers: Vec::new(),
            declared: declared.checksums().to_vec(),
        };
        let headers = declared.checksums().iter().map(Checksum::algorithm);
        for algorithm in declared.trailer().into_iter().chain(headers) {
            checks.want(algorithm);
        }
        checks
    }

    /// Computes the checksum of `algorithm` too.
    pub(super) fn want(&mut self, algorithm: Algorithm) {
        if self.hashers.iter().all(|hasher| hasher.algorithm() != algorithm) {
            self.hashers.push(Hasher::new(algorithm));
        }
    }

    /// Takes the next bytes of the body.
    pub(super) fn update(&mut self, data: &[u8]) {
        if let Some((_, state)) = &mut self.hash {
            state.update(data);
        }
        for hasher in &mut self.hashers {
            hasher.update(data);
        }
    }

    /// The checksums of the body, if it has the hash and every checksum that was declared, `trailer` among them.
    pub(super) fn finish(self, trailer: Option<&Checksum>) -> Result<Vec<Checksum>, BodyError> {
        if let Some((signed, state)) = self.hash
            && !hash::same(&signed, &state.finalize())
        {
            return Err(BodyError::Mismatch);
        }
        let computed: Vec<Checksum> = self.hashers.into_iter().map(Hasher::finish).collect();
        for declared in trailer.into_iter().chain(&self.declared) {
            if !computed.iter().any(|computed| computed.is_same(declared)) {
                return Err(BodyError::Checksum { algorithm: declared.algorithm() });
            }
        }
        Ok(computed)
    }
}
