//! Single changes: what a difference consists of.

use std::fmt;
use std::sync::Arc;

use policy::{Document, Policy};
use sigv::AccessKeyId;
use time::OffsetDateTime;

use crate::diff::is_preset;
use crate::{CredentialSettings, Kind, Store, StoreError, UserSettings};

/// One write. It prints as what it has done: `created user alice`.
#[derive(Clone, Debug)]
pub enum Change {
    /// Makes a policy.
    CreatePolicy {
        /// Its name.
        name: String,
        /// Its document.
        document: Document,
    },
    /// Changes a policy.
    UpdatePolicy {
        /// Its name.
        name: String,
        /// Its document from now on.
        document: Document,
    },
    /// Deletes a policy.
    DeletePolicy {
        /// Its name.
        name: String,
    },
    /// Makes a group.
    CreateGroup {
        /// Its name.
        name: String,
        /// The policies attached to it.
        policies: Vec<String>,
    },
    /// Changes a group.
    UpdateGroup {
        /// Its name.
        name: String,
        /// All policies attached to it from now on.
        policies: Vec<String>,
    },
    /// Deletes a group.
    DeleteGroup {
        /// Its name.
        name: String,
    },
    /// Makes a user.
    CreateUser {
        /// Its name.
        name: String,
        /// What it carries.
        settings: UserSettings,
    },
    /// Changes a user.
    UpdateUser {
        /// Its name.
        name: String,
        /// What changes.
        settings: UserSettings,
    },
    /// Deletes a user.
    DeleteUser {
        /// Its name.
        name: String,
    },
    /// Gives a user an access key.
    CreateCredential {
        /// Its user's name.
        user: String,
        /// The access key id.
        id: AccessKeyId,
        /// What it carries.
        settings: CredentialSettings,
    },
    /// Changes an access key.
    UpdateCredential {
        /// Its user's name.
        user: String,
        /// The access key id.
        id: AccessKeyId,
        /// What changes.
        settings: CredentialSettings,
    },
    /// Deletes an access key.
    DeleteCredential {
        /// Its user's name.
        user: String,
        /// The access key id.
        id: AccessKeyId,
    },
}

impl Change {
    /// The preset policy or group that it changes or deletes, if it is one.
    pub fn preset(&self) -> Option<&str> {
        let (kind, name) = match self {
            Self::UpdatePolicy { name, .. } | Self::DeletePolicy { name } => (Kind::Policy, name),
            Self::UpdateGroup { name, .. } | Self::DeleteGroup { name } => (Kind::Group, name),
            Self::CreatePolicy { .. }
            | Self::CreateGroup { .. }
            | Self::CreateUser { .. }
            | Self::UpdateUser { .. }
            | Self::DeleteUser { .. }
            | Self::CreateCredential { .. }
            | Self::UpdateCredential { .. }
            | Self::DeleteCredential { .. } => return None,
        };
        is_preset(kind, name).then_some(name)
    }

    /// The policy that it makes or changes, compiled, as it is from then on.
    pub fn policy(&self) -> Option<Arc<Policy>> {
        let (Self::CreatePolicy { name, document } | Self::UpdatePolicy { name, document }) = self
        else {
            return None;
        };
        Policy::compile(name, document).ok().map(Arc::new)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreatePolicy { name, .. } => write!(f, "created policy {name}"),
            Self::UpdatePolicy { name, .. } => write!(f, "updated policy {name}"),
            Self::DeletePolicy { name } => write!(f, "deleted policy {name}"),
            Self::CreateGroup { name, .. } => write!(f, "created group {name}"),
            Self::UpdateGroup { name, .. } => write!(f, "updated group {name}"),
            Self::DeleteGroup { name } => write!(f, "deleted group {name}"),
            Self::CreateUser { name, .. } => write!(f, "created user {name}"),
            Self::UpdateUser { name, .. } => write!(f, "updated user {name}"),
            Self::DeleteUser { name } => write!(f, "deleted user {name}"),
            Self::CreateCredential { user, id, .. } => {
                write!(f, "created credential {id} of {user}")
            }
            Self::UpdateCredential { user, id, .. } => {
                write!(f, "updated credential {id} of {user}")
            }
            Self::DeleteCredential { user, id } => write!(f, "deleted credential {id} of {user}"),
        }
    }
}

impl Store {
    /// Writes one change. It is durable when this returns.
    ///
    /// # Errors
    ///
    /// Those of the verb that the change stands for.
    pub async fn commit(&self, change: &Change, now: OffsetDateTime) -> Result<(), StoreError> {
        match change {
            Change::CreatePolicy { name, document } => {
                self.create_policy(name, document, now).await
            }
            Change::UpdatePolicy { name, document } => self.update_policy(name, document).await,
            Change::DeletePolicy { name } => self.delete_policy(name).await,
            Change::CreateGroup { name, policies } => self.create_group(name, policies, now).await,
            Change::UpdateGroup { name, policies } => self.update_group(name, policies).await,
            Change::DeleteGroup { name } => self.delete_group(name).await,
            Change::CreateUser { name, settings } => self.create_user(name, settings, now).await,
            Change::UpdateUser { name, settings } => self.update_user(name, settings).await,
            Change::DeleteUser { name } => self.delete_user(name).await,
            Change::CreateCredential { user, id, settings } => {
                self.create_credential(user, id, settings, now).await
            }
            Change::UpdateCredential { user, id, settings } => {
                self.update_credential(user, id, settings).await
            }
            Change::DeleteCredential { user, id } => self.delete_credential(user, id).await,
        }
    }
}
