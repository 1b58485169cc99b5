//! Certificates and keys in files: read with the configuration, and again when they change.

use std::{
    error::Error,
    fmt,
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use proxy::{
    Authorities, Certificates, Chain, ClientTls, Identity, PrivateKey, ServerTls, TlsError, Trust,
    Untimely,
};
use tokio::{
    task::JoinError,
    time::{MissedTickBehavior, interval, sleep},
};
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
struct Shown {
    identity: Identity,
    untimely: Option<Untimely>,
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
    fn unfit(&self, error: &dyn Error) -> Unfit {
        Unfit { key: self.key, reason: format!("`{}`: {}", self.path.display(), told(error)) }
    }
}

impl IdentityFiles {
    /// Reads both files, and tells the faults of both.
    fn read(&self) -> Result<Shown, Vec<Unfit>> {
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

    fn files(&self) -> [&Named; 2] {
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
    fn read(
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

    fn files(&self) -> Vec<&Named> {
        let identity = self.identity.iter().flat_map(IdentityFiles::files);
        self.authorities.iter().chain(identity).collect()
    }
}

/// The authorities that the system trusts.
fn system() -> Result<Authorities, Unfit> {
    let found = rustls_native_certs::load_native_certs();
    let readable = Certificates::from_der(found.certs).and_then(Authorities::readable);
    readable.map_err(|_| {
        let cause = found.errors.first().map_or(String::new(), |cause| format!(": {cause}"));
        let reason = format!("{NO_AUTHORITY}{cause}");
        Unfit { key: "upstream.endpoint", reason }
    })
}

/// TLS made of files.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    made: Arc<Made>,
    /// The state of the files that it was made of.
    seen: u64,
    /// Why our certificate was not valid when it was read.
    untimely: Option<Untimely>,
}

#[derive(Debug)]
enum Made {
    Listener(Arc<ServerTls>, IdentityFiles),
    /// With the authorities of the start, which stay when no file names any.
    Upstream(Arc<ClientTls>, TrustFiles, Authorities),
}

impl Watched {
    /// TLS for a listener.
    ///
    /// # Errors
    ///
    /// The files that do not do.
    pub(crate) fn listener(files: IdentityFiles) -> Result<(Arc<ServerTls>, Self), Vec<Unfit>> {
        // Before they are read: a change in between is seen as one.
        let seen = state(&files.files());
        let Shown { identity, untimely } = files.read()?;
        let tls = ServerTls::new(identity, clock::CLOCK);
        let tls = Arc::new(tls.map_err(|error| vec![files.certificate.unfit(&error)])?);
        let made = Arc::new(Made::Listener(Arc::clone(&tls), files));
        Ok((tls, Self { made, seen, untimely }))
    }

    /// TLS to the upstream on `host`.
    ///
    /// # Errors
    ///
    /// The files that do not do, or the host.
    pub(crate) fn upstream(
        host: &str,
        files: TrustFiles,
    ) -> Result<(Arc<ClientTls>, Self), Vec<Unfit>> {
        let seen = state(&files.files());
        let (trust, untimely) = files.read(system)?;
        let first = trust.authorities.clone();
        let tls = ClientTls::new(host, trust, clock::CLOCK);
        let tls = Arc::new(tls.map_err(|error| vec![of_upstream(&error)])?);
        let made = Arc::new(Made::Upstream(Arc::clone(&tls), files, first));
        Ok((tls, Self { made, seen, untimely }))
    }

    /// Makes it anew whenever its files have changed, for as long as the program runs. What does
    /// not do is warned of once and tried again, and what there was stays in use.
    pub(crate) async fn keep(self) {
        let Self { made, mut seen, untimely } = self;
        if made.files().is_empty() {
            return;
        }
        made.warn(untimely);
        let mut told: Vec<Unfit> = Vec::new();
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            match made.look(seen).await {
                Look::Same => told.clear(),
                // Somebody is still writing.
                Look::Changing => {}
                Look::Renewed(now, untimely) => {
                    tracing::info!(of = %made.place(), "certificate reloaded");
                    made.warn(untimely);
                    seen = now;
                    told.clear();
                }
                Look::Refused(unfit) => {
                    for Unfit { key, reason } in unfit.iter().filter(|one| !told.contains(one)) {
                        tracing::warn!(%key, reason, "certificate not reloaded: the last one that was right stays");
                    }
                    told = unfit;
                }
                Look::Failed(error) => {
                    tracing::error!(of = %made.place(), %error, "certificate not looked at");
                }
                Look::Ended => return,
            }
        }
    }
}

/// What a look at the files has come to.
enum Look {
    /// They are as they were when they were last taken.
    Same,
    /// They change right now.
    Changing,
    /// They are taken; their state, and why they are not valid now.
    Renewed(u64, Option<Untimely>),
    /// They do not do.
    Refused(Vec<Unfit>),
    /// Looking itself failed.
    Failed(JoinError),
    /// The program ends.
    Ended,
}

impl From<JoinError> for Look {
    fn from(error: JoinError) -> Self {
        if error.is_cancelled() { Self::Ended } else { Self::Failed(error) }
    }
}

impl Made {
    /// Looks at the files, and takes them when they are not as they were `seen`.
    async fn look(self: &Arc<Self>, seen: u64) -> Look {
        self.try_look(seen).await.unwrap_or_else(Look::from)
    }

    async fn try_look(self: &Arc<Self>, seen: u64) -> Result<Look, JoinError> {
        let now = self.on_a_thread(Self::state).await?;
        if now == seen {
            return Ok(Look::Same);
        }
        sleep(SETTLE).await;
        if self.on_a_thread(Self::state).await? != now {
            return Ok(Look::Changing);
        }
        let renewed = self.on_a_thread(Self::renew).await?;
        Ok(renewed.map_or_else(Look::Refused, |untimely| Look::Renewed(now, untimely)))
    }

    fn state(&self) -> u64 {
        state(&self.files())
    }

    fn renew(&self) -> Result<Option<Untimely>, Vec<Unfit>> {
        match self {
            Self::Listener(tls, files) => {
                let Shown { identity, untimely } = files.read()?;
                let replaced = tls.replace(identity).map(|()| untimely);
                replaced.map_err(|error| vec![files.certificate.unfit(&error)])
            }
            Self::Upstream(tls, files, first) => {
                let (trust, untimely) = files.read(|| Ok(first.clone()))?;
                let replaced = tls.replace(trust).map(|()| untimely);
                replaced.map_err(|error| vec![of_upstream(&error)])
            }
        }
    }

    /// Warns of a certificate of ours that is not valid now.
    fn warn(&self, untimely: Option<Untimely>) {
        if let Some(why) = untimely {
            tracing::warn!(of = %self.place(), %why, "our certificate is not valid now");
        }
    }

    fn files(&self) -> Vec<&Named> {
        match self {
            Self::Listener(_, files) => files.files().to_vec(),
            Self::Upstream(_, files, _) => files.files(),
        }
    }

    fn place(&self) -> &'static str {
        match self {
            Self::Listener(..) => "tls",
            Self::Upstream(..) => "upstream",
        }
    }

    /// Does `work` where files may take their time.
    async fn on_a_thread<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        let made = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&made)).await
    }
}

/// What it is made of.
impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = match &*self.made {
            Made::Listener(_, files) => Some(files),
            Made::Upstream(_, files, _) => {
                match &files.authorities {
                    Some(file) => write!(f, "verified by {}", file.path.display())?,
                    None => f.write_str("verified by the authorities that this system trusts")?,
                }
                if files.identity.is_some() {
                    f.write_str(", ")?;
                }
                files.identity.as_ref()
            }
        };
        match shown {
            Some(files) => write!(f, "showing {}", files.certificate.path.display())?,
            None => return Ok(()),
        }
        match self.untimely {
            Some(why) => write!(f, " (not valid now: {why})"),
            None => Ok(()),
        }
    }
}

fn of_upstream(error: &TlsError) -> Unfit {
    Unfit { key: "upstream.endpoint", reason: told(error) }
}

/// `error` and what caused it.
fn told(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// What the files hold, or why they cannot be read, as a number that changes with it.
fn state(files: &[&Named]) -> u64 {
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

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How long changed files have to stay as they are before they are believed.
const SETTLE: Duration = Duration::from_millis(100);

/// The most that is read of a file of certificates: a system's whole collection is a quarter of a MiB.
const BYTES_MAX: u64 = 4 * 1024 * 1024;

const BLOCK_BYTES: usize = 8 * 1024;
