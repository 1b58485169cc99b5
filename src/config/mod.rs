//! The configuration: YAML, over it the environment, checked key by key, then typed.
//!
//! All faults are found before any is reported. Secrets are taken from their files here, so that
//! nothing below reads a file or a variable to get one.

mod build;
mod cors;
pub(crate) mod endpoint;
mod environment;
mod fault;
mod keys;
mod limits;
mod settings;

use std::{net::SocketAddr, path::Path, path::PathBuf, sync::Arc, time::Duration};

use policy::{Domains, Network};
use proxy::{Cors, Endpoint, ServerTls, UpstreamBody};
use sigv::SecretKey;
use store::SecretText;
use zeroize::Zeroizing;

pub(crate) use self::{environment::Environment, fault::Fault, limits::Limits};
use crate::tls::Watched;

/// What the program was told to be.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where it listens.
    pub(crate) listen: Listen,
    /// TLS on the S3 listener; without it, plain HTTP.
    pub(crate) tls: Option<Tls>,
    /// The domains before which a client's `Host` names a bucket.
    pub(crate) domains: Domains,
    /// The pages of which origins may speak to it.
    pub(crate) cors: Cors,
    /// The proxies whose word is taken for where a client is.
    pub(crate) trusted_proxies: Vec<Network>,
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

impl Listen {
    /// Whether only this machine reaches the S3 listener.
    pub(crate) fn is_loopback(&self) -> bool {
        self.s3.ip().to_canonical().is_loopback()
    }
}

/// TLS on the S3 listener.
#[derive(Debug)]
pub(crate) struct Tls {
    /// What handshakes use.
    pub(crate) server: Arc<ServerTls>,
    /// The files that it came from.
    pub(crate) files: Watched,
}

/// The upstream.
#[derive(Debug)]
pub(crate) struct Upstream {
    /// Where it is.
    pub(crate) endpoint: Endpoint,
    /// What TLS to it came from; nothing for plain HTTP.
    pub(crate) files: Option<Watched>,
    /// The region that requests to it are signed for.
    pub(crate) region: String,
    /// How bodies go up.
    pub(crate) body: UpstreamBody,
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
    /// Whether signatures of version 2 are taken.
    pub(crate) sigv2: bool,
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
    /// Reads the file at `path`, and over it `environment`.
    pub(crate) fn load(path: &Path, environment: &Environment) -> Loaded {
        let name = path.display().to_string();
        let folder = path.parent().unwrap_or(Path::new(""));
        match std::fs::read_to_string(path).map(Zeroizing::new) {
            Ok(text) => Self::read(&text, &name, folder, environment),
            Err(error) => {
                let reason = format!("cannot be read: {error}");
                Loaded::wrong(Fault { origin: name, place: String::new(), reason })
            }
        }
    }

    /// Reads `text`, called `name` in faults, whose relative paths start from `folder`.
    fn read(text: &str, name: &str, folder: &Path, environment: &Environment) -> Loaded {
        match settings::Settings::gather(text, name, environment) {
            Ok(settings) => build::build(settings, folder),
            Err(fault) => Loaded::wrong(fault),
        }
    }
}

/// What came of reading a configuration.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The configuration, or every fault found.
    pub(crate) config: Result<Config, Vec<Fault>>,
    /// What to warn of, either way.
    pub(crate) warnings: Vec<Fault>,
}

impl Loaded {
    fn wrong(fault: Fault) -> Self {
        Self { config: Err(vec![fault]), warnings: Vec::new() }
    }
}

#[cfg(test)]
mod tests;
