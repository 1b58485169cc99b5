//! The world of a test: the real gateway, a store behind it, a client before it, each on its own port and folder.

pub(crate) mod buckets;
pub(crate) mod certificates;
pub(crate) mod clients;
pub(crate) mod deletion;
pub(crate) mod dice;
pub(crate) mod forms;
pub(crate) mod framed;
pub(crate) mod gateway;
pub(crate) mod http;
pub(crate) mod moto;
pub(crate) mod pattern;
pub(crate) mod post;
pub(crate) mod process;
pub(crate) mod recorder;
pub(crate) mod samples;
pub(crate) mod sign;
pub(crate) mod site;
pub(crate) mod tls;
pub(crate) mod versitygw;
pub(crate) mod world;

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

/// How long anything may take before a test calls it stuck. Generous: the machine may be busy with other tests.
pub(crate) const LIMIT: Duration = Duration::from_secs(90);

/// The region of every store and of every signature.
pub(crate) const REGION: &str = "us-east-1";

/// An access key, ours or the store's.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Key {
    pub(crate) fn new(id: &str, secret: &str) -> Self {
        Self { id: id.to_owned(), secret: secret.to_owned() }
    }
}

/// What stands behind the gateway, and the key it takes.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    pub(crate) key: Key,
    /// Whose word for it is to be taken (PEM), where it speaks TLS.
    pub(crate) authority: Option<String>,
}

impl Upstream {
    /// A store of a test's own making, which listens here over plain HTTP.
    pub(crate) fn at(listener: &TcpListener) -> Self {
        let key = Key::new("UPSTREAMKEY", "upstream-secret-that-no-client-may-see");
        Self { address: listener.local_addr().unwrap(), key, authority: None }
    }
}
