//! What stands in the files, and whether it has changed.

use std::{
    error::Error,
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read},
    path::{Path, PathBuf},
};

use proxy::{Authorities, Certificates, Chain, Identity, PrivateKey, TlsError, Trust, Untimely};
use zeroize::Zeroizing;

use crate::{clock, secrets};

/// A file, and the key of the configuration that names it.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) key: &'static str,
    pub(crate) path: PathBuf,
}

/// The files of a chain of certificates and its private key.
#[derive(Debug, Clone)]
pub(crate) struct IdentityFiles {
    pub(crate) certificate: Named,
    pub(crate) key: Named,
}

/// The files of what both sides of a connection to the upstream show.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrustFiles {
    /// The authorities; without it, those that the system trusts.
    pub(crate) authorities: Option<Named>,
    /// What we show.
    pub(crate) identity: Option<IdentityFiles>,
}

/// Who we are, as files say it, and why that is not valid now.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) identity: Identity,
    pub(super) untimely: Option<Untimely>,
}

/// What is wrong with a file, or with what stands for one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unfit {
    /// The key of the configuration that it belongs to.
    pub(crate) key: &'static str,
    pub(crate) reason: String,
}

impl Named {
    fn certificates(&self) -> Result<Certificates, Unfit> {
        let text = read(&self.path).map_err(|error| self.unfit(&error))?;
        Certificates::from_pem(&text).map_err(|error| self.unfit(&error))
    }

    fn chain(&self) -> Result<Chain, Unfit> {
        Chain::new(self.certificates()?).map_err(|error| self.unfit(&error))
    }

    fn private_key(&self) -> Result<PrivateKey, Unfit> {
        let text = regular(&self.path).and_then(secrets::read_whole);
        let text = text.map_err(|error| self.unfit(&error))?;
        PrivateKey::from_pem(&text).map_err(|error| self.unfit(&error))
    }

    /// Says `error` of this file, with its causes.
    pub(super) fn unfit(&self, error: &dyn Error) -> Unfit {
        Unfit { key: self.key, reason: format!("`{}`: {}", self.path.display(), told(error)) }
    }
}

impl IdentityFiles {
    /// Reads both files, and tells the faults of both.
    pub(super) fn read(&self) -> Result<Shown, Vec<Unfit>> {
        match (self.certificate.chain(), self.key.private_key()) {
            (Ok(chain), Ok(key)) => {
                let untimely = chain.untimely(clock::now());
                let identity = Identity::new(chain, key);
                let identity = identity.map_err(|error| vec![self.key.unfit(&error)])?;
                Ok(Shown { identity, untimely })
            }
            (chain, key) => Err(chain.err().into_iter().chain(key.err()).collect()),
        }
    }

    pub(super) fn files(&self) -> [&Named; 2] {
        [&self.certificate, &self.key]
    }
}

impl TrustFiles {
    /// Those in the file, if one is named.
    fn authorities(&self) -> Result<Option<Authorities>, Unfit> {
        let read = |file: &Named| {
            Authorities::exactly(file.certificates()?).map_err(|error| file.unfit(&error))
        };
        self.authorities.as_ref().map(read).transpose()
    }

    /// Reads all files, and tells the faults of all; the authorities are `others` when no file
    /// names any.
    pub(super) fn read(
        &self,
        others: impl FnOnce() -> Result<Authorities, Unfit>,
    ) -> Result<(Trust, Option<Untimely>), Vec<Unfit>> {
        let authorities = self.authorities().and_then(|named| named.map_or_else(others, Ok));
        let shown = self.identity.as_ref().map(IdentityFiles::read).transpose();
        match (authorities, shown) {
            (Ok(authorities), Ok(shown)) => {
                let (identity, untimely) = match shown {
                    Some(Shown { identity, untimely }) => (Some(identity), untimely),
                    None => (None, None),
                };
                Ok((Trust { authorities, identity }, untimely))
            }
            (authorities, shown) => Err(authorities
                .err()
                .into_iter()
                .chain(shown.err().into_iter().flatten())
                .collect()),
        }
    }

    pub(super) fn files(&self) -> Vec<&Named> {
        let identity = self.identity.iter().flat_map(IdentityFiles::files);
        self.authorities.iter().chain(identity).collect()
    }
}

/// The authorities that the system trusts.
pub(super) fn system() -> Result<Authorities, Unfit> {
    let found = rustls_native_certs::load_native_certs();
    let readable = Certificates::from_der(found.certs).and_then(Authorities::readable);
    readable.map_err(|_| {
        let cause = found.errors.first().map_or(String::new(), |cause| format!(": {cause}"));
        let reason = format!("{NO_AUTHORITY}{cause}");
        Unfit { key: "upstream.endpoint", reason }
    })
}

/// Says `error` of the upstream's host.
pub(super) fn of_upstream(error: &TlsError) -> Unfit {
    Unfit { key: "upstream.endpoint", reason: told(error) }
}

/// `error` and what caused it.
fn told(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// What the files hold, or why they cannot be read, as a number that changes with it.
pub(super) fn state(files: &[&Named]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for file in files {
        let read = hash_content(&file.path, &mut hasher);
        read.map_err(|error| error.kind()).hash(&mut hasher);
    }
    hasher.finish()
}

/// Feeds `hasher` with what the file holds; gives its length.
fn hash_content(path: &Path, hasher: &mut DefaultHasher) -> io::Result<usize> {
    let mut file = File::open(regular(path)?)?.take(BYTES_MAX);
    let mut block = Zeroizing::new([0; BLOCK_BYTES]);
    let mut length: usize = 0;
    loop {
        let read = file.read(block.as_mut_slice())?;
        let Some(bytes @ [_, ..]) = block.get(..read) else { return Ok(length) };
        hasher.write(bytes);
        length = length.saturating_add(read);
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = BYTES_MAX.saturating_add(1);
    let read = File::open(regular(path)?)?.take(limit).read_to_end(&mut bytes)?;
    if u64::try_from(read).is_ok_and(|read| read < limit) {
        return Ok(bytes);
    }
    Err(io::Error::other("longer than 4 MiB"))
}

/// `path`, when opening it waits for nobody: a pipe's other end may never come.
fn regular(path: &Path) -> io::Result<&Path> {
    let is_regular = fs::metadata(path)?.is_file();
    if is_regular { Ok(path) } else { Err(io::Error::other("not a regular file")) }
}

const NO_AUTHORITY: &str =
    "this system trusts no certificate authority; `upstream.ca_file` can name one";

/// The most that is read of a file of certificates: a system's whole collection is a quarter of a MiB.
const BYTES_MAX: u64 = 4 * 1024 * 1024;

const BLOCK_BYTES: usize = 8 * 1024;
