//! What the store holds, read while no gateway runs.

use std::sync::Arc;

use store::{Redb, Snapshot, Store, StoreError};
use tokio::runtime::Builder;

use super::Failure;
use crate::config::Config;

/// Everything in the store of `config`; it is not made where there is none.
///
/// # Errors
///
/// A [`Failure`] by its kind.
pub(crate) fn read(config: &Config) -> Result<Snapshot, Failure> {
    let runtime = Builder::new_current_thread().build()?;
    runtime.block_on(async { open(config).await?.snapshot().await }).map_err(|error| {
        if matches!(error, StoreError::Absent) {
            let reason = "there is no store yet: make it by `lakegate apply`";
            Failure::wrong(&config.store.path.display().to_string(), reason)
        } else {
            Failure::Store(error)
        }
    })
}

/// The store of `config`, if there is one.
///
/// # Errors
///
/// [`StoreError::Absent`]; else those of opening it.
pub(crate) async fn open(config: &Config) -> Result<Store, StoreError> {
    let space = Redb::open_existing(&config.store.path).await?;
    Store::open_existing(Arc::new(space), &config.auth.secret).await
}
