//! What all cores share.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use policy::Domains;
use sigv::Signer;
use store::Callers;
use time::OffsetDateTime;

use crate::{
    audit::Audit, cors::Cors, drain::Drain, endpoint::Endpoint, framing::UpstreamBody, held::Held,
    limits::Limits, tls::ServerTls, trusted_proxies::TrustedProxies, virtual_hosts::VirtualHosts,
};

/// The state of the data plane: identities, the upstream's credential, limits, the audit trail.
#[derive(Debug)]
pub struct Live {
    /// Who may call.
    pub callers: Callers,
    /// TLS with clients; without it they speak plain HTTP.
    pub tls: Option<Arc<ServerTls>>,
    /// The domains before which `Host` names a bucket.
    pub domains: Domains,
    /// The pages of which origins may speak to us.
    pub cors: Cors,
    /// Whose word is taken for where a client is.
    pub trusted_proxies: TrustedProxies,
    /// Where the upstream is.
    pub endpoint: Endpoint,
    /// Whether it reads buckets from `Host`.
    pub virtual_hosts: VirtualHosts,
    /// Signs for the upstream.
    pub signer: Signer,
    /// The region that the upstream believes itself in.
    pub upstream_region: String,
    /// How bodies go up.
    pub body: UpstreamBody,
    /// The memory for signed chunks and documents.
    pub held: Held,
    /// Room for documents by which a request is decided, whose callers may have no leave: apart, so that they take none of the
    /// others'.
    pub undecided: Held,
    /// The regions a client may sign for; empty: any.
    pub regions: Vec<String>,
    /// Whether signatures of version 2 are taken.
    pub takes_version_2: bool,
    /// How long a body may be that its signature does not cover, in bytes.
    pub unsigned_bytes_max: u64,
    /// How far a client's clock may be off.
    pub max_skew: time::Duration,
    /// Every limit of the data plane.
    pub limits: Limits,
    /// Where requests are recorded.
    pub audit: Audit,
    /// The two clocks.
    pub clock: Clock,
    /// Whether we are going away.
    pub drain: Drain,
    /// Request ids.
    pub ids: RequestIds,
}

impl Live {
    /// The region that clients are told: the first they may sign for, else the upstream's.
    pub(crate) fn region(&self) -> &str {
        self.regions.first().unwrap_or(&self.upstream_region)
    }
}

/// Time, read outside and handed in.
#[derive(Clone, Copy)]
pub struct Clock {
    /// The time of day, UTC.
    pub wall: fn() -> OffsetDateTime,
    /// A clock that only goes forward.
    pub monotonic: fn() -> Instant,
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Ids of requests: 16 hexadecimal digits, unique until 2^64 of them were given.
#[derive(Debug)]
pub struct RequestIds(AtomicU64);

impl RequestIds {
    /// `seed` tells one run of the program from another.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    pub(crate) fn next(&self) -> String {
        // An odd step visits every value before it repeats one.
        format!("{:016X}", self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed))
    }
}
