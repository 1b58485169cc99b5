//! All identities as they were at one moment.

use std::collections::{BTreeMap, BTreeSet};

use policy::Document;
use sigv::{AccessKeyId, SecretKey};
use time::OffsetDateTime;

use crate::records::{self, CredentialRecord, GroupRecord, PolicyRecord, Uid, UserRecord};
use crate::{Entry, Kind, Status, Store, StoreError};

/// Everything in the store, by name. What refers to nothing is left out: it grants nothing.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Documents by the names of their policies.
    pub policies: BTreeMap<String, Document>,
    /// Groups by name.
    pub groups: BTreeMap<String, Group>,
    /// Users by name.
    pub users: BTreeMap<String, User>,
    /// Credentials by access key id.
    pub credentials: BTreeMap<AccessKeyId, Credential>,
}

/// A group.
#[derive(Clone, Debug)]
pub struct Group {
    /// When it was made.
    pub created: OffsetDateTime,
    /// The names of the policies attached to it.
    pub policies: BTreeSet<String>,
}

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// When it was made.
    pub created: OffsetDateTime,
    /// Whether its credentials are good.
    pub enabled: bool,
    /// Its e-mail address.
    pub email: Option<String>,
    /// How screens call it.
    pub friendly_name: Option<String>,
    /// Who vouches for it.
    pub source: Option<String>,
    /// What the source calls it.
    pub external_id: Option<String>,
    /// The names of the groups it is in.
    pub groups: BTreeSet<String>,
    /// The names of the policies attached to itself.
    pub policies: BTreeSet<String>,
}

/// A credential of a user that exists.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The name of its user.
    pub user: String,
    /// Its secret half.
    pub secret: SecretKey,
    /// The same, sealed as it is stored: for this access key id alone.
    pub sealed: String,
    /// When it was made.
    pub created: OffsetDateTime,
    /// From when on it opens nothing.
    pub expires: Option<OffsetDateTime>,
    /// Whether it opens anything.
    pub status: Status,
    /// What it is for.
    pub description: Option<String>,
}

impl Store {
    /// Reads everything, at one moment.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`], naming the record; else the space's errors.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let entries = self.space().scan(String::new()).await?;
        let mut snapshot = Snapshot::default();
        let mut names = BTreeMap::new();
        for (uid, record) in under::<PolicyRecord>(&entries, Kind::Policy)? {
            names.insert(uid, record.name.clone());
            snapshot.policies.insert(record.name, record.document);
        }
        for (uid, record) in under::<GroupRecord>(&entries, Kind::Group)? {
            let policies = named(&names, Kind::Policy, &record.policies);
            names.insert(uid, record.name.clone());
            snapshot.groups.insert(record.name, Group { created: record.created, policies });
        }
        for (uid, record) in under::<UserRecord>(&entries, Kind::User)? {
            let groups = named(&names, Kind::Group, &record.groups);
            let policies = named(&names, Kind::Policy, &record.policies);
            names.insert(uid, record.name.clone());
            let user = User {
                created: record.created,
                enabled: record.enabled,
                email: record.email,
                friendly_name: record.friendly_name,
                source: record.source,
                external_id: record.external_id,
                groups,
                policies,
            };
            snapshot.users.insert(record.name, user);
        }
        for (key, record) in under::<CredentialRecord>(&entries, Kind::Credential)? {
            let Some(user) = names.get(&record.user.key(Kind::User)) else { continue };
            let id = key.strip_prefix("credential/").unwrap_or_default();
            let id = AccessKeyId::parse(id)
                .map_err(|fault| StoreError::corrupt(format!("`{key}`: {fault}")))?;
            let secret = self.open_secret(&id, &record.secret)?;
            let credential = Credential {
                user: user.clone(),
                secret,
                sealed: record.secret,
                created: record.created,
                expires: record.expires,
                status: record.status,
                description: record.description,
            };
            snapshot.credentials.insert(id, credential);
        }
        Ok(snapshot)
    }
}

/// The records of a kind, each with its key.
fn under<R: serde::de::DeserializeOwned>(
    entries: &[(String, Entry)],
    kind: Kind,
) -> Result<Vec<(String, R)>, StoreError> {
    let prefix = format!("{kind}/");
    entries
        .iter()
        .filter(|(key, _)| key.starts_with(&prefix))
        .map(|(key, entry)| Ok((key.clone(), records::decode(key, &entry.value)?)))
        .collect()
}

/// The names of what is still there.
fn named(names: &BTreeMap<String, String>, kind: Kind, uids: &[Uid]) -> BTreeSet<String> {
    uids.iter().filter_map(|uid| names.get(&uid.key(kind)).cloned()).collect()
}
