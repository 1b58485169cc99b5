//! Logs: lines of text on standard error.

use std::{io, str::FromStr};

use tracing::{Level, level_filters::LevelFilter};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// Starts logging at the level that `RUST_LOG` names (`error`, `warn`, `info`, `debug`, `trace`;
/// `info` without it).
///
/// Libraries are heard from `warn` upwards only: what they print below that may hold what a client
/// sent.
#[expect(clippy::disallowed_methods, reason = "the environment is read once, at start")]
pub(crate) fn start() {
    let level = std::env::var("RUST_LOG").ok();
    let level = level.and_then(|level| Level::from_str(&level).ok()).unwrap_or(Level::INFO);
    let ours = ["lakegate", "proxy", "store", "policy", "sigv"];
    let targets = Targets::new()
        .with_default(LevelFilter::WARN)
        // The embedded store of the quickstart takes every 404 for an error.
        .with_targets(["s3s", "s3s_fs"].map(|target| (target, LevelFilter::OFF)))
        .with_targets(ours.map(|target| (target, LevelFilter::from_level(level))));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false);
    let started = tracing_subscriber::registry().with(lines).with(targets).try_init();
    if started.is_err() {
        tracing::debug!("logging had been started before");
    }
}
