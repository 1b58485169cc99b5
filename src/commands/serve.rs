//! `lakegate serve`: the gateway.

use std::process::ExitCode;

use crate::config::Config;

/// Runs the gateway until it is told to end.
pub(crate) fn run(config: Config) -> ExitCode {
    drop(config);
    ExitCode::FAILURE
}
