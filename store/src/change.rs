//! Single changes: what a difference consists of.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use policy::{Document, Policy};
use sigv::AccessKeyId;
use time::OffsetDateTime;

use crate::founding::is_preset;
use crate::names::set_text;
use crate::{CredentialSettings, Group, Kind, Snapshot, Store, StoreError, User, UserSettings};

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

impl Snapshot {
    /// Makes one change here, as [`Store::commit`] makes it in a store at `now`, where it is one of those that
    /// [`diff`](crate::diff()) gives. New credentials and changed ones are passed over: to seal one takes the store's key.
    pub fn commit(&mut self, change: &Change, now: OffsetDateTime) {
        match change {
            Change::CreatePolicy { name, document } | Change::UpdatePolicy { name, document } => {
                self.policies.insert(name.clone(), document.clone());
            }
            Change::DeletePolicy { name } => {
                self.policies.remove(name);
                for group in self.groups.values_mut() {
                    group.policies.remove(name);
                }
                for user in self.users.values_mut() {
                    user.policies.remove(name);
                }
            }
            Change::CreateGroup { name, policies } => {
                let policies = policies.iter().cloned().collect();
                self.groups.insert(name.clone(), Group { created: now, policies });
            }
            Change::UpdateGroup { name, policies } => {
                if let Some(group) = self.groups.get_mut(name) {
                    group.policies = policies.iter().cloned().collect();
                }
            }
            Change::DeleteGroup { name } => {
                self.groups.remove(name);
                for user in self.users.values_mut() {
                    user.groups.remove(name);
                }
            }
            Change::CreateUser { name, settings } => {
                let mut user = User::new(now);
                user.set(settings);
                self.users.insert(name.clone(), user);
            }
            Change::UpdateUser { name, settings } => {
                if let Some(user) = self.users.get_mut(name) {
                    user.set(settings);
                }
            }
            Change::DeleteUser { name } => {
                self.users.remove(name);
                self.credentials.retain(|_, credential| credential.user != *name);
            }
            Change::CreateCredential { .. } | Change::UpdateCredential { .. } => {}
            Change::DeleteCredential { id, .. } => {
                self.credentials.remove(id);
            }
        }
    }
}

impl User {
    fn new(created: OffsetDateTime) -> Self {
        Self {
            created,
            enabled: true,
            email: None,
            friendly_name: None,
            source: None,
            external_id: None,
            groups: BTreeSet::new(),
            policies: BTreeSet::new(),
        }
    }

    fn set(&mut self, settings: &UserSettings) {
        self.enabled = settings.enabled.unwrap_or(self.enabled);
        set_text(&mut self.email, settings.email.as_ref());
        set_text(&mut self.friendly_name, settings.friendly_name.as_ref());
        set_text(&mut self.source, settings.source.as_ref());
        set_text(&mut self.external_id, settings.external_id.as_ref());
        if let Some(groups) = &settings.groups {
            self.groups = groups.iter().cloned().collect();
        }
        if let Some(policies) = &settings.policies {
            self.policies = policies.iter().cloned().collect();
        }
    }
}
