//! A store in a folder of its own, over a space that counts, waits and fails as it is told.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use policy::{Action, Context, Document, Requirement, Resource, decide};
use sigv::{AccessKeyId, SecretKey};
use store::{
    Batch, Caller, CredentialSettings, Entry, Outcome, Redb, SecretText, Space, Store, StoreError,
    UserSettings,
};
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::sync::{Notify, watch};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-01-31 12:00 UTC);
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

pub(crate) struct World {
    folder: TempDir,
    pub(crate) space: Arc<Watched>,
    pub(crate) store: Arc<Store>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let space = Redb::open(folder.path().join("lakegate.redb")).await.unwrap();
        let space = Arc::new(Watched::over(space));
        let store = Store::open(space.clone(), &text(), NOW).await.unwrap();
        Self { folder, space, store: Arc::new(store) }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("lakegate.redb")
    }

    /// Closes the store; gives the folder that it lives in.
    pub(crate) fn close(self) -> TempDir {
        self.folder
    }

    /// A user with one access key.
    pub(crate) async fn user(&self, name: &str, access_key_id: &str, settings: UserSettings) {
        self.store.create_user(name, &settings, NOW).await.unwrap();
        self.key(name, access_key_id).await;
    }

    pub(crate) async fn key(&self, user: &str, access_key_id: &str) {
        self.store.create_credential(user, &id(access_key_id), &secret(SECRET), NOW).await.unwrap();
    }

    pub(crate) async fn value(&self, key: &str) -> Option<Vec<u8>> {
        self.space.get(vec![key.to_owned()]).await.unwrap().remove(0).map(|entry| entry.value)
    }

    pub(crate) async fn write(&self, key: &str, value: Vec<u8>) {
        let puts = vec![(key.to_owned(), value)];
        let batch = Batch { puts, advances_revision: true, ..Batch::default() };
        assert_eq!(self.space.commit(batch).await.unwrap(), Outcome::Commit);
    }
}

pub(crate) fn text() -> SecretText {
    SecretText::parse(b"a text that is long enough, truly").unwrap()
}

pub(crate) fn id(text: &str) -> AccessKeyId {
    AccessKeyId::parse(text).unwrap()
}

pub(crate) fn secret(text: &str) -> CredentialSettings {
    CredentialSettings { secret: Some(SecretKey::new(text.as_bytes())), ..Default::default() }
}

pub(crate) fn groups(names: &[&str]) -> UserSettings {
    UserSettings { groups: Some(strings(names)), ..UserSettings::default() }
}

pub(crate) fn policies(names: &[&str]) -> UserSettings {
    UserSettings { policies: Some(strings(names)), ..UserSettings::default() }
}

pub(crate) fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A document that allows one action everywhere.
pub(crate) fn allows(action: &str) -> Document {
    serde_json::from_str(&format!(
        r#"{{"statement":[{{"action":["{action}"],"effect":"allow","resource":"*"}}]}}"#
    ))
    .unwrap()
}

pub(crate) fn may(caller: &Caller, action: Action) -> bool {
    let requirement = Requirement::new(action, Resource::object("lake", "a"));
    decide(&caller.subject(), &requirement, &Context::default()).is_allow()
}

/// A space whose reads can be counted, held up and made to fail.
#[derive(Debug)]
pub(crate) struct Watched {
    space: Redb,
    credential_reads: AtomicUsize,
    fails: AtomicBool,
    gate: Mutex<Option<(&'static str, Arc<Gate>)>>,
}

/// Where a reader stands, with what it has read, until it may go on.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    reached: Notify,
    open: Notify,
}

impl Gate {
    pub(crate) async fn reached(&self) {
        self.reached.notified().await;
    }

    pub(crate) fn open(&self) {
        self.open.notify_one();
    }
}

impl Watched {
    fn over(space: Redb) -> Self {
        Self {
            space,
            credential_reads: AtomicUsize::new(0),
            fails: AtomicBool::new(false),
            gate: Mutex::new(None),
        }
    }

    /// The next to read a key that starts so is held up once it has read.
    pub(crate) fn hold_up(&self, prefix: &'static str) -> Arc<Gate> {
        let gate = Arc::new(Gate::default());
        *self.gate.lock().unwrap() = Some((prefix, Arc::clone(&gate)));
        gate
    }

    pub(crate) fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::SeqCst);
    }

    pub(crate) fn credential_reads(&self) -> usize {
        self.credential_reads.load(Ordering::SeqCst)
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("the disk is gone".into()));
        }
        Ok(())
    }

    fn gate(&self, keys: &[String]) -> Option<Arc<Gate>> {
        let mut gate = self.gate.lock().unwrap();
        let holds = gate.as_ref().is_some_and(|(p, _)| keys.iter().any(|key| key.starts_with(p)));
        if holds { gate.take().map(|(_, gate)| gate) } else { None }
    }
}

#[async_trait]
impl Space for Watched {
    async fn get(&self, keys: Vec<String>) -> Result<Vec<Option<Entry>>, StoreError> {
        self.check()?;
        if keys.iter().any(|key| key.starts_with("credential/")) {
            self.credential_reads.fetch_add(1, Ordering::SeqCst);
        }
        let gate = self.gate(&keys);
        let entries = self.space.get(keys).await;
        if let Some(gate) = gate {
            gate.reached.notify_one();
            gate.open.notified().await;
        }
        entries
    }

    async fn scan(&self, prefix: String) -> Result<Vec<(String, Entry)>, StoreError> {
        self.check()?;
        self.space.scan(prefix).await
    }

    async fn commit(&self, batch: Batch) -> Result<Outcome, StoreError> {
        self.check()?;
        self.space.commit(batch).await
    }

    fn revision(&self) -> Result<u64, StoreError> {
        self.space.revision()
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.space.watch()
    }
}
