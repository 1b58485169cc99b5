//! Users, groups, policies and credentials over an ordered key-value space.
//!
//! It promises:
//! - A write that was acknowledged is durable, and whatever [`Callers::find`] begins after it obeys it.
//! - What breaks a rule is not written: names, documents, references, access keys that others have.
//! - A thing made again under an old name is another thing: nothing that was granted to the old one, and no
//!   access key of it, comes back.
//! - No secret is in the file, in an error or in any `Debug` output.
//! - A store that cannot be read is an error: it lets nobody in and turns nobody away.
//!
//! It refuses to read a clock and to decide who may do what: time is an argument, and a [`Caller`] carries the
//! policies to decide by.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use store::{AccessKey, Callers, CredentialSettings, Redb, SecretText, Store, UserSettings};
//! use time::macros::datetime;
//!
//! let folder = tempfile::tempdir()?;
//! let space = Redb::open(folder.path().join("lakegate.redb")).await?;
//! let secret = SecretText::parse(b"32 bytes or more, best of random")?;
//! let now = datetime!(2026-01-31 12:00 UTC);
//! let store = Arc::new(Store::open(Arc::new(space), &secret, now).await?);
//!
//! let viewer = UserSettings { groups: Some(vec!["Viewers".to_owned()]), ..Default::default() };
//! store.create_user("alice", &viewer, now).await?;
//! let key = AccessKey::generate()?;
//! let settings = CredentialSettings { secret: Some(key.secret.clone()), ..Default::default() };
//! store.create_credential("alice", &key.id, &settings, now).await?;
//!
//! let callers = Callers::new(Arc::clone(&store), 10_000);
//! let caller = callers.find(&key.id).await?.expect("the access key is known");
//! assert_eq!(&*caller.user, "alice");
//!
//! store.delete_user("alice").await?;
//! assert!(callers.find(&key.id).await?.is_none());
//! # Ok(())
//! # }
//! ```

mod callers;
mod change;
mod credentials;
mod diff;
mod error;
mod export;
mod founding;
mod groups;
mod identities;
mod names;
mod policies;
mod records;
mod redb;
mod seal;
mod snapshot;
mod space;
mod store;
mod users;

pub use crate::{
    callers::{Caller, Callers},
    change::Change,
    credentials::{AccessKey, CredentialSettings, Expiry, Status},
    diff::{Prune, diff},
    error::{Kind, StoreError},
    export::Secrets,
    founding::is_new_policy,
    identities::{CredentialEntry, GroupEntry, Identities, PolicyEntry, UserEntry},
    redb::Redb,
    seal::SecretText,
    snapshot::{Credential, Group, Snapshot, User},
    space::{Batch, Entry, Outcome, Precondition, Space},
    store::Store,
    users::UserSettings,
};
