//! What the store holds, read while no gateway runs.

use std::sync::Arc;

use store::{Redb, Snapshot, Store};
use time::OffsetDateTime;
use tokio::runtime::Builder;

use super::apply::Failure;
use crate::config::{Config, Fault};

/// Everything in the store of `config`; it is not made where there is none.
///
/// # Errors
///
/// A [`Failure`] by its kind.
pub(crate) fn read(config: &Config, now: OffsetDateTime) -> Result<Snapshot, Failure> {
    let path = &config.store.path;
    if !path.try_exists()? {
        let origin = path.display().to_string();
        let reason = "there is no store yet: make it by `lakegate apply`".to_owned();
        return Err(Failure::Wrong(vec![Fault { origin, place: String::new(), reason }]));
    }
    let snapshot = Builder::new_current_thread().build()?.block_on(async {
        let space = Redb::open(path).await?;
        Store::open(Arc::new(space), &config.auth.secret, now).await?.snapshot().await
    });
    snapshot.map_err(Failure::Store)
}
