//! A whole deployment for one test: a store, the site, the gateway between.

use std::fs;

use super::{
    gateway::Gateway,
    pattern::Pattern,
    recorder::{Answer, Recorder, Request},
    sign::Draft,
    site::{Site, admin},
    versitygw::VersityGw,
};

/// The gateway before a recording upstream.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) gateway: Gateway,
    pub(crate) site: Site,
    pub(crate) recorder: Recorder,
}

/// The gateway before a real store that verifies what it gets.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) gateway: Gateway,
    pub(crate) store: VersityGw,
    _site: Site,
}

impl Watched {
    pub(crate) fn new() -> Self {
        Self::before(Recorder::start())
    }

    pub(crate) fn answering(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::before(Recorder::answering(answer))
    }

    /// With one more line under `upstream` in the configuration.
    pub(crate) fn with_upstream(line: &str) -> Self {
        Self::ready(Recorder::start(), |site| {
            site.configure_upstream(line);
            site
        })
    }

    pub(crate) fn before(recorder: Recorder) -> Self {
        Self::ready(recorder, |site| site)
    }

    /// Before this upstream, at a site that was made ready so.
    pub(crate) fn ready(recorder: Recorder, ready: impl FnOnce(Site) -> Site) -> Self {
        let site = ready(Site::applied(&recorder.upstream));
        Self { gateway: site.serve(), site, recorder }
    }

    /// With TLS on the gateway's side.
    pub(crate) fn over_tls() -> Self {
        Self::ready(Recorder::start(), Site::over_tls)
    }

    /// What the upstream has seen, once a request that goes up for sure has followed all others.
    pub(crate) fn seen(&self) -> Vec<Request> {
        let marker = self.gateway.send(&Draft::new(&admin(), "HEAD", MARKER), b"");
        assert_eq!(marker.status(), 200, "the marker does not go up");
        let mut seen = self.recorder.requests();
        // In virtual-host style the bucket is not in the path.
        seen.retain(|request| !MARKER.ends_with(request.head.word(1)));
        seen
    }

    pub(crate) fn assert_nothing_went_up(&self) {
        let seen = self.seen();
        assert!(seen.is_empty(), "this went up: {seen:#?}");
    }
}

impl Stored {
    /// With an empty bucket `lake`.
    pub(crate) fn new() -> Self {
        Self::before(VersityGw::start(), |site| site)
    }

    /// The same with one more line under `upstream` in the configuration.
    pub(crate) fn with_upstream(line: &str) -> Self {
        Self::before(VersityGw::start(), |site| {
            site.configure_upstream(line);
            site
        })
    }

    /// The same with TLS on the gateway's side.
    pub(crate) fn over_tls() -> Self {
        Self::before(VersityGw::start(), Site::over_tls)
    }

    /// The same before this store, at a site that was made ready so.
    pub(crate) fn before(store: VersityGw, ready: impl FnOnce(Site) -> Site) -> Self {
        store.make_bucket("lake");
        let site = ready(Site::applied(&store.upstream));
        Self { gateway: site.serve(), store, _site: site }
    }
}

const MARKER: &str = "/lake/marker";

pub(crate) fn assert_copies_both_ways(world: &Stored) {
    let client = world.gateway.client(&admin());
    let content = Pattern::bytes(4, 300_000);
    fs::write(client.home().join("up"), &content).unwrap();
    client.aws(&["s3", "cp", "up", "s3://lake/a b"]);
    assert!(world.store.bytes("lake", "a b") == content);
    client.aws(&["s3", "cp", "s3://lake/a b", "down"]);
    assert!(fs::read(client.home().join("down")).unwrap() == content);
}
