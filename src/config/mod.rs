//! The configuration: YAML, over it the environment, checked key by key, then typed.
//!
//! All faults are found before any is reported. Secrets are taken from their files here, so that
//! nothing below reads a file or a variable to get one.

mod build;
mod endpoint;
mod environment;
mod fault;
mod keys;
mod limits;
mod settings;

use std::{net::SocketAddr, path::Path, path::PathBuf, time::Duration};

use sigv::SecretKey;
use store::SecretText;

pub(crate) use self::{endpoint::Endpoint, environment::Environment, fault::Fault, limits::Limits};

/// What the program was told to be.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where it listens.
    pub(crate) listen: Listen,
    /// The store of objects behind it.
    pub(crate) upstream: Upstream,
    /// Where identities are kept.
    pub(crate) store: Store,
    /// What authentication needs.
    pub(crate) auth: Auth,
    /// Where requests are recorded.
    pub(crate) audit: Audit,
    /// What one client may use.
    pub(crate) limits: Limits,
    /// How it ends.
    pub(crate) drain: Drain,
}

/// The listeners; port 0 lets the system choose.
#[derive(Debug, Clone)]
pub(crate) struct Listen {
    /// S3.
    pub(crate) s3: SocketAddr,
    /// The control plane's API.
    pub(crate) api: SocketAddr,
    /// Probes and metrics.
    pub(crate) ops: SocketAddr,
}

/// The upstream.
#[derive(Debug)]
pub(crate) struct Upstream {
    /// Where it is.
    pub(crate) endpoint: Endpoint,
    /// The region that requests to it are signed for.
    pub(crate) region: String,
    /// What they are signed with.
    pub(crate) credentials: Credentials,
}

/// The upstream's credential.
#[derive(Debug)]
pub(crate) struct Credentials {
    /// Its public half, as opaque text.
    pub(crate) access_key_id: String,
    /// Its secret half.
    pub(crate) secret: SecretKey,
}

/// The store of identities.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    /// The redb file.
    pub(crate) path: PathBuf,
}

/// Authentication.
#[derive(Debug)]
pub(crate) struct Auth {
    /// What the store's keys are derived from.
    pub(crate) secret: SecretText,
    /// The regions that a client may sign for; any when empty.
    pub(crate) regions: Vec<String>,
}

/// The audit log; it is lossy: a record that finds the queue full is counted, not written.
#[derive(Debug, Clone)]
pub(crate) struct Audit {
    /// Where it goes.
    pub(crate) output: AuditOutput,
}

/// Where audit records go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AuditOutput {
    /// `-`.
    Stdout,
    /// A file, to which they are appended.
    File(PathBuf),
}

/// The end, after the first signal.
#[derive(Debug, Clone)]
pub(crate) struct Drain {
    /// How long connections are still accepted.
    pub(crate) delay: Duration,
    /// How long what runs may take after that.
    pub(crate) timeout: Duration,
}

impl Config {
    /// Reads the file at `path`, and over it `environment`; with it come warnings to print.
    ///
    /// # Errors
    ///
    /// Every fault found.
    pub(crate) fn load(
        path: &Path,
        environment: &Environment,
    ) -> Result<(Self, Vec<Fault>), Vec<Fault>> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            let reason = format!("cannot be read: {error}");
            vec![Fault { origin: name.clone(), place: String::new(), reason }]
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::read(&text, &name, folder, environment)
    }

    /// Reads `text`, called `name` in faults, whose relative paths start from `folder`.
    fn read(
        text: &str,
        name: &str,
        folder: &Path,
        environment: &Environment,
    ) -> Result<(Self, Vec<Fault>), Vec<Fault>> {
        let settings =
            settings::Settings::gather(text, name, environment).map_err(|fault| vec![fault])?;
        build::build(settings, folder)
    }
}

#[cfg(test)]
mod tests;
