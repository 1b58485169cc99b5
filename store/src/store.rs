//! The store: opening it, and what the verbs are made of.
//!
//! The verbs themselves are in `users`, `groups`, `policies` and `credentials`.

use std::collections::BTreeMap;
use std::sync::Arc;

use policy::Fault;
use sigv::{AccessKeyId, SecretKey};
use time::OffsetDateTime;

use crate::records::{self, GroupRecord, Named, PolicyRecord, Uid};
use crate::seal::Sealer;
use crate::{Batch, Entry, Kind, Outcome, Precondition, SecretText, Snapshot, Space, StoreError};

/// Users, groups, policies and credentials, and every rule about them.
///
/// A verb that returned is durable, and whatever [`crate::Callers::find`] begins after it obeys it.
/// What could not be checked is not written.
#[derive(Debug)]
pub struct Store {
    space: Arc<dyn Space>,
    sealer: Sealer,
}

impl Store {
    /// Opens what is in `space`. An empty one becomes a new store with the preset policies and groups
    /// and no user: nobody may do anything.
    ///
    /// # Errors
    ///
    /// [`StoreError::WrongKey`] when `secret` is not what it was made with, [`StoreError::Newer`] when a
    /// newer program wrote it, [`StoreError::Corrupt`] when it is no store; else the space's errors.
    pub async fn open(
        space: Arc<dyn Space>,
        secret: &SecretText,
        now: OffsetDateTime,
    ) -> Result<Self, StoreError> {
        let store = Self { space, sealer: Sealer::derive(secret)? };
        if !store.check().await? {
            store.found(now).await?;
            // Another may have been faster, with another key.
            store.check().await?;
        }
        Ok(store)
    }

    /// Opens what is in `space`, and makes nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Absent`] when there is nothing; else those of [`Self::open`].
    pub async fn open_existing(
        space: Arc<dyn Space>,
        secret: &SecretText,
    ) -> Result<Self, StoreError> {
        let store = Self { space, sealer: Sealer::derive(secret)? };
        if store.check().await? { Ok(store) } else { Err(StoreError::Absent) }
    }

    pub(crate) fn space(&self) -> &dyn Space {
        &*self.space
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// The secret half of the access key `id`, out of its record.
    pub(crate) fn open_secret(
        &self,
        id: &AccessKeyId,
        sealed: &str,
    ) -> Result<SecretKey, StoreError> {
        self.sealer.open_secret(id, sealed)
    }

    /// Whether there is a store that this program and key can read; `false` when there is none.
    async fn check(&self) -> Result<bool, StoreError> {
        let keys = vec![FORMAT_KEY.to_owned(), SEAL_KEY.to_owned()];
        let mut entries = self.space.get(keys).await?.into_iter();
        let (Some(format), seal) = (entries.next().flatten(), entries.next().flatten()) else {
            if self.space.scan(String::new()).await?.is_empty() {
                return Ok(false);
            }
            return Err(StoreError::corrupt(format!("`{FORMAT_KEY}` is missing")));
        };
        let found: u64 = records::decode(FORMAT_KEY, &format.value)?;
        if found > FORMAT {
            return Err(StoreError::Newer { found, known: FORMAT });
        }
        let Some(seal) = seal else {
            return Err(StoreError::corrupt(format!("`{SEAL_KEY}` is missing")));
        };
        let sealed: String = records::decode(SEAL_KEY, &seal.value)?;
        self.sealer.open(SEAL_KEY, &sealed)?;
        Ok(true)
    }

    /// Makes a new store, in one write.
    async fn found(&self, now: OffsetDateTime) -> Result<(), StoreError> {
        let seal = self.sealer.seal(SEAL_KEY, SEAL_TEXT)?;
        let mut puts = vec![
            (FORMAT_KEY.to_owned(), records::encode(&FORMAT)?),
            (SEAL_KEY.to_owned(), records::encode(&seal)?),
        ];
        let Snapshot { policies, groups, .. } = Snapshot::of_new_store(now);
        let mut uids = BTreeMap::new();
        for (name, document) in policies {
            let uid = Uid::random()?;
            let record = PolicyRecord { name: name.clone(), created: now, document };
            puts.extend(named_puts(&name, &uid, &record)?);
            uids.insert(name, uid);
        }
        for (name, group) in groups {
            let policies = group.policies.iter().filter_map(|name| uids.get(name).cloned());
            let record = GroupRecord {
                name: name.clone(),
                created: group.created,
                policies: policies.collect(),
            };
            puts.extend(named_puts(&name, &Uid::random()?, &record)?);
        }
        let preconditions = vec![Precondition::Absent(FORMAT_KEY.to_owned())];
        let batch = Batch { preconditions, puts, ..Batch::default() };
        // Stale: another has made it meanwhile, which is as good.
        match self.space.commit(batch).await? {
            Outcome::Commit | Outcome::Stale => Ok(()),
        }
    }

    /// The one entry at `key`.
    pub(crate) async fn entry(&self, key: String) -> Result<Option<Entry>, StoreError> {
        Ok(self.space.get(vec![key]).await?.into_iter().next().flatten())
    }

    /// The uid that `name` leads to now, and the version of its being so.
    pub(crate) async fn uid(&self, kind: Kind, name: &str) -> Result<(Uid, u64), StoreError> {
        let key = records::name_key(kind, name);
        let Some(entry) = self.entry(key.clone()).await? else {
            return Err(StoreError::NotFound { kind, name: name.to_owned() });
        };
        Ok((records::decode(&key, &entry.value)?, entry.version))
    }

    /// The uids of `names`, each once. `path` is where the names stand, for the faults.
    pub(crate) async fn uids(
        &self,
        kind: Kind,
        names: &[String],
        path: &str,
    ) -> Result<Vec<Uid>, StoreError> {
        let keys: Vec<_> = names.iter().map(|name| records::name_key(kind, name)).collect();
        let mut uids = Vec::new();
        let mut faults = Vec::new();
        let entries = self.space.get(keys.clone()).await?;
        for (index, ((name, key), entry)) in names.iter().zip(&keys).zip(entries).enumerate() {
            match entry {
                Some(entry) => uids.push(records::decode(key, &entry.value)?),
                None => faults.push(Fault {
                    path: format!("{path}[{index}]"),
                    reason: format!("no {kind} `{name}`"),
                }),
            }
        }
        uids.sort();
        uids.dedup();
        if faults.is_empty() { Ok(uids) } else { Err(StoreError::Invalid { faults }) }
    }

    /// Puts a new record under a new name. No existing caller can know of it yet.
    pub(crate) async fn insert<R: Named>(&self, name: &str, record: &R) -> Result<(), StoreError> {
        let batch = Batch {
            preconditions: vec![Precondition::Absent(records::name_key(R::KIND, name))],
            puts: named_puts(name, &Uid::random()?, record)?.into(),
            ..Batch::default()
        };
        match self.space.commit(batch).await? {
            Outcome::Commit => Ok(()),
            Outcome::Stale => Err(StoreError::Exists { kind: R::KIND, name: name.to_owned() }),
        }
    }

    /// Changes the record that `name` leads to, whoever else changes it at the same time.
    pub(crate) async fn replace<R: Named>(
        &self,
        name: &str,
        edit: impl Fn(&mut R) + Send + Sync,
    ) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS_MAX {
            let (uid, _) = self.uid(R::KIND, name).await?;
            let key = uid.key(R::KIND);
            let Some(entry) = self.entry(key.clone()).await? else { continue };
            let mut record: R = records::decode(&key, &entry.value)?;
            edit(&mut record);
            let batch = Batch {
                preconditions: vec![Precondition::Version(key.clone(), entry.version)],
                puts: vec![(key, records::encode(&record)?)],
                deletes: Vec::new(),
                advances_revision: true,
            };
            if self.space.commit(batch).await? == Outcome::Commit {
                return Ok(());
            }
        }
        Err(StoreError::Conflict { kind: R::KIND, name: name.to_owned() })
    }

    /// Removes the name and its record: two keys, whatever refers to them. Gives the uid that is dead now.
    pub(crate) async fn remove(&self, kind: Kind, name: &str) -> Result<Uid, StoreError> {
        for _ in 0..ATTEMPTS_MAX {
            let (uid, version) = self.uid(kind, name).await?;
            let key = records::name_key(kind, name);
            let batch = Batch {
                preconditions: vec![Precondition::Version(key.clone(), version)],
                deletes: vec![key, uid.key(kind)],
                puts: Vec::new(),
                advances_revision: true,
            };
            if self.space.commit(batch).await? == Outcome::Commit {
                return Ok(uid);
            }
        }
        Err(StoreError::Conflict { kind, name: name.to_owned() })
    }
}

/// The two entries of a named record.
fn named_puts<R: Named>(
    name: &str,
    uid: &Uid,
    record: &R,
) -> Result<[(String, Vec<u8>); 2], StoreError> {
    Ok([
        (records::name_key(R::KIND, name), records::encode(uid)?),
        (uid.key(R::KIND), records::encode(record)?),
    ])
}

/// The format that this program writes, and the newest that it reads.
const FORMAT: u64 = 1;

const FORMAT_KEY: &str = "meta/format";
const SEAL_KEY: &str = "meta/seal";
const SEAL_TEXT: &[u8] = b"lakegate";

/// How often a write is tried again because others were faster.
pub(crate) const ATTEMPTS_MAX: usize = 64;
