//! `lakegate serve`: the gateway.

use crate::{
    config::Config,
    serve::{self, ServeError},
};

/// Runs the gateway until a signal ends it.
///
/// # Errors
///
/// Why it did not start, or did not end in time.
pub(crate) fn run(config: Config) -> Result<(), ServeError> {
    serve::serve(config, |_addresses| {})
}
