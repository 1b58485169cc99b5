//! What the store holds, as a file says it.

use std::collections::{BTreeMap, BTreeSet};

use crate::founding::{is_new_group, is_new_policy};
use crate::{CredentialEntry, GroupEntry, Identities, PolicyEntry, Snapshot, User, UserEntry};

/// What becomes of credentials, which are nothing without their secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// Credentials are left out: a store that has them keeps them, another has none.
    Omit,
    /// They stand there with their secrets as these are stored: they open under the same sealing key.
    Seal,
}

impl Identities {
    /// All that `held` has, by id; presets only where they differ from what a new store holds.
    ///
    /// A store that this is applied to, with pruning, decides as `held` does, of whoever has a credential there. Whatever a
    /// decision hangs on is said of each entry; a text that is absent is left out.
    pub fn of(held: &Snapshot, secrets: Secrets) -> Self {
        let policies =
            held.policies.iter().filter(|(name, document)| !is_new_policy(name, document));
        let groups = held.groups.iter().filter(|(name, group)| !is_new_group(name, group));
        let mut credentials: BTreeMap<&str, Vec<CredentialEntry>> = BTreeMap::new();
        for (id, credential) in &held.credentials {
            let entry = CredentialEntry::of(id, credential);
            credentials.entry(&credential.user).or_default().push(entry);
        }
        let users = held.users.iter().map(|(name, user)| {
            let credentials = match secrets {
                Secrets::Omit => None,
                Secrets::Seal => Some(credentials.remove(name.as_str()).unwrap_or_default()),
            };
            entry(name, user, credentials)
        });
        Self {
            policies: Some(
                policies.map(|(name, document)| PolicyEntry::of(name, document)).collect(),
            ),
            groups: Some(
                groups
                    .map(|(name, group)| GroupEntry {
                        id: name.clone(),
                        policies: Some(list(&group.policies)),
                    })
                    .collect(),
            ),
            users: Some(users.collect()),
        }
    }
}

fn entry(name: &str, user: &User, credentials: Option<Vec<CredentialEntry>>) -> UserEntry {
    UserEntry {
        id: name.to_owned(),
        enabled: Some(user.enabled),
        email: user.email.clone(),
        friendly_name: user.friendly_name.clone(),
        source: user.source.clone(),
        external_id: user.external_id.clone(),
        groups: Some(list(&user.groups)),
        policies: Some(list(&user.policies)),
        credentials,
    }
}

fn list(names: &BTreeSet<String>) -> Vec<String> {
    names.iter().cloned().collect()
}
