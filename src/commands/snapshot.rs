//! What the store holds, read while no gateway runs.

use std::sync::Arc;

use store::{Redb, Snapshot, Store};
use time::OffsetDateTime;
use tokio::runtime::Builder;

use super::Failure;
use crate::config::Config;

/// Everything in the store of `config`; it is not made where there is none.
///
/// # Errors
///
/// A [`Failure`] by its kind.
pub(crate) fn read(config: &Config, now: OffsetDateTime) -> Result<Snapshot, Failure> {
    let path = &config.store.path;
    if !path.try_exists()? {
        let reason = "there is no store yet: make it by `lakegate apply`";
        return Err(Failure::wrong(&path.display().to_string(), reason));
    }
    let snapshot = Builder::new_current_thread().build()?.block_on(async {
        let space = Redb::open(path).await?;
        Store::open(Arc::new(space), &config.auth.secret, now).await?.snapshot().await
    });
    snapshot.map_err(Failure::Store)
}
