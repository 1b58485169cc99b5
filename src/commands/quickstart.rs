//! `lakegate quickstart`: a throwaway store and the gateway before it.

use std::{path::PathBuf, process::ExitCode};

/// Runs the gateway before a store that lives in `data`, with S3 on `port`.
pub(crate) fn run(data: PathBuf, port: u16) -> ExitCode {
    drop((data, port));
    ExitCode::FAILURE
}
