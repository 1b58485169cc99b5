//! Users, groups, policies and credentials over an ordered key-value space.

mod callers;
mod change;
mod credentials;
mod diff;
mod error;
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
    credentials::{AccessKey, CredentialSettings, Status},
    diff::{Prune, diff},
    error::{Kind, StoreError},
    identities::{CredentialEntry, GroupEntry, Identities, PolicyEntry, UserEntry},
    redb::Redb,
    seal::SecretText,
    snapshot::{Credential, Group, Snapshot, User},
    space::{Batch, Entry, Outcome, Precondition, Space},
    store::Store,
    users::UserSettings,
};
