//! Who is behind an access key: the answer that every request waits for, kept in memory.

use std::fmt;
use std::sync::Arc;

use moka::future::Cache;
use moka::ops::compute::{CompResult, Op};
use policy::{Policy, Subject};
use sigv::{AccessKeyId, Verifier};
use time::OffsetDateTime;

use crate::records::{self, CredentialRecord, GroupRecord, PolicyRecord, Uid, UserRecord};
use crate::{Entry, Kind, Status, Store, StoreError};

/// The user behind an access key, with all that decides what it may do.
#[derive(Debug)]
pub struct Caller {
    /// The user's name.
    pub user: Box<str>,
    /// The secret half of the access key, with what was derived from it.
    pub verifier: Verifier,
    /// The user's policies and its groups', each once. Callers share them.
    pub policies: Vec<Arc<Policy>>,
    /// From when on the access key opens nothing. The clock is the asker's, so the check is too.
    pub expires: Option<OffsetDateTime>,
    /// The revision at which reading this began: it holds every write up to there.
    revision: u64,
}

impl Caller {
    /// Whom a decision is about.
    pub fn subject(&self) -> Subject<'_> {
        Subject { user: &self.user, policies: &self.policies }
    }
}

/// A bounded cache of callers that never serves what a finished write made obsolete.
///
/// An entry carries the revision at which its reading began; it is served only while that is the store's
/// own. So a reader that was overtaken by a write cannot leave an old answer behind. At one time one
/// reads a caller, and all who wait for it share what it found. Access keys that open nothing are not
/// kept, so made-up ones cannot drive real ones out.
pub struct Callers {
    store: Arc<Store>,
    held: Cache<AccessKeyId, Arc<Caller>>,
    /// By uid and version of the record: a document is compiled once, whoever has it.
    policies: Cache<(Uid, u64), Arc<Policy>>,
}

impl Callers {
    /// A cache of at most `callers_max` callers.
    pub fn new(store: Arc<Store>, callers_max: u64) -> Self {
        Self { store, held: Cache::new(callers_max), policies: Cache::new(POLICIES_MAX) }
    }

    /// The caller that `id` belongs to, as of now or later; `None` when the access key is unknown or
    /// inactive, or its user disabled or deleted.
    ///
    /// # Errors
    ///
    /// What the store cannot say is an error, never `None`, and never what it said before a write.
    pub async fn find(&self, id: &AccessKeyId) -> Result<Option<Arc<Caller>>, StoreError> {
        let needed = self.store.space().revision()?;
        if let Some(caller) = self.held.get(id).await
            && caller.revision >= needed
        {
            return Ok(Some(caller));
        }
        let found = self
            .held
            .entry_by_ref(id)
            .and_try_compute_with(async |held| {
                if held.is_some_and(|held| held.value().revision >= needed) {
                    return Ok(Op::Nop);
                }
                let loaded = self.load(id).await?;
                Ok::<_, StoreError>(loaded.map_or(Op::Remove, |caller| Op::Put(Arc::new(caller))))
            })
            .await?;
        Ok(match found {
            CompResult::Inserted(entry)
            | CompResult::ReplacedWith(entry)
            | CompResult::Unchanged(entry) => Some(entry.into_value()),
            CompResult::Removed(_) | CompResult::StillNone(_) => None,
        })
    }

    /// Reads a caller of one moment.
    ///
    /// Its parts are read one after the other. Were a write let in between, membership from before it
    /// and policies from after it could add up to what was never granted: so it is read again.
    async fn load(&self, id: &AccessKeyId) -> Result<Option<Caller>, StoreError> {
        for _ in 0..READS_MAX {
            let revision = self.store.space().revision()?;
            let caller = self.read(id, revision).await?;
            if self.store.space().revision()? == revision {
                return Ok(caller);
            }
        }
        Err(StoreError::unavailable("it changes faster than it can be read"))
    }

    async fn read(&self, id: &AccessKeyId, revision: u64) -> Result<Option<Caller>, StoreError> {
        let key = records::credential_key(id);
        let Some(entry) = self.store.entry(key.clone()).await? else { return Ok(None) };
        let credential: CredentialRecord = records::decode(&key, &entry.value)?;
        let key = credential.user.key(Kind::User);
        let Some(entry) = self.store.entry(key.clone()).await? else { return Ok(None) };
        let user: UserRecord = records::decode(&key, &entry.value)?;
        if !user.enabled || credential.status == Status::Inactive {
            return Ok(None);
        }
        let mut attached = user.policies;
        for (key, entry) in self.present(user.groups.iter().map(|uid| uid.key(Kind::Group))).await?
        {
            let group: GroupRecord = records::decode(&key, &entry.value)?;
            attached.extend(group.policies);
        }
        attached.sort();
        attached.dedup();
        Ok(Some(Caller {
            user: user.name.into(),
            verifier: Verifier::new(self.store.open_secret(id, &credential.secret)?),
            policies: self.compiled(attached).await?,
            expires: credential.expires,
            revision,
        }))
    }

    /// The policies that are still there, compiled.
    async fn compiled(&self, attached: Vec<Uid>) -> Result<Vec<Arc<Policy>>, StoreError> {
        let keys = attached.iter().map(|uid| uid.key(Kind::Policy)).collect();
        let entries = self.store.space().get(keys).await?;
        let mut policies = Vec::with_capacity(attached.len());
        for (uid, entry) in attached.into_iter().zip(entries) {
            let Some(entry) = entry else { continue };
            policies.push(self.policy(uid, &entry).await?);
        }
        Ok(policies)
    }

    /// The policy that `entry` holds. Whoever else wants it meanwhile waits and gets the same one.
    async fn policy(&self, uid: Uid, entry: &Entry) -> Result<Arc<Policy>, StoreError> {
        let key = uid.key(Kind::Policy);
        let compile = async {
            let record: PolicyRecord = records::decode(&key, &entry.value)?;
            let policy = Policy::compile(&record.name, &record.document)
                .map_err(|faults| StoreError::corrupt(format!("`{key}`: {faults:?}")))?;
            Ok::<_, StoreError>(Arc::new(policy))
        };
        self.policies
            .try_get_with((uid, entry.version), compile)
            .await
            .map_err(StoreError::unavailable)
    }

    /// Those of `keys` that are there.
    async fn present(
        &self,
        keys: impl Iterator<Item = String>,
    ) -> Result<Vec<(String, Entry)>, StoreError> {
        let keys: Vec<_> = keys.collect();
        let entries = self.store.space().get(keys.clone()).await?;
        Ok(keys.into_iter().zip(entries).filter_map(|(key, entry)| Some((key, entry?))).collect())
    }
}

impl fmt::Debug for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callers").field("held", &self.held.entry_count()).finish_non_exhaustive()
    }
}

/// How many compiled policies are kept. The callers that use one keep it too.
const POLICIES_MAX: u64 = 10_000;

/// How often a caller is read again because of writes in between.
const READS_MAX: usize = 16;
