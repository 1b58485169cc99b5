//! The space in a file, by redb: for one gateway, with nothing to install.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use redb::{
    Builder, Database, DatabaseError, Durability, ReadableDatabase, ReadableTable, StorageBackend,
    StorageError, TableDefinition, TableError, backends::FileBackend,
};
use tokio::sync::watch;

use crate::{Batch, Entry, Outcome, Precondition, Space, StoreError};

/// A [`Space`] in one file that no other process may open at the same time.
///
/// Every write is synced, in two phases, before it is acknowledged; after a crash the file opens at
/// once. All work is done on threads for blocking work. A failing disk fails what is asked meanwhile;
/// the file is opened again by itself, so nothing needs a restart when the disk is well.
pub struct Redb {
    inner: Arc<Inner>,
}

impl Redb {
    /// Opens the file at `path`; makes it, for its owner's eyes only, when there is none.
    /// Its folder must exist. Every page of an existing file is checked.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`] when another process has it open, [`StoreError::Corrupt`] when it is
    /// damaged or no such file, else [`StoreError::Unavailable`].
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let path = path.into();
        let file = path.clone();
        Self::over(path, Lack::Made, move || FileBackend::new(private_file(&file)?)).await
    }

    /// Opens the file at `path` where it is a space already: neither a file nor a space in it is made. An empty file is
    /// none, and stays empty.
    ///
    /// # Errors
    ///
    /// [`StoreError::Absent`]; else those of [`Self::open`].
    pub async fn open_existing(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let path = path.into();
        let file = path.clone();
        let is_empty = move || match file.metadata() {
            Ok(found) => Ok(found.len() == 0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        };
        let is_empty = tokio::task::spawn_blocking(is_empty).await;
        if is_empty.map_err(StoreError::unavailable)?.map_err(StoreError::unavailable)? {
            return Err(StoreError::Absent);
        }
        let file = path.clone();
        let backend =
            move || FileBackend::new(OpenOptions::new().read(true).write(true).open(&file)?);
        Self::over(path, Lack::Told, backend).await
    }

    /// The space over what `backend` opens, each time that it has to be opened.
    async fn over<B, F>(path: PathBuf, lack: Lack, backend: F) -> Result<Self, StoreError>
    where
        B: StorageBackend,
        F: Fn() -> Result<B, DatabaseError> + Send + Sync + 'static,
    {
        let opener = move || {
            Builder::new().set_check_integrity_on_open(true).create_with_backend(backend()?)
        };
        let inner = Arc::new(Inner {
            path,
            lack,
            opener: Box::new(opener),
            database: RwLock::new(None),
            revision: AtomicU64::new(0),
            advances: watch::Sender::new(0),
        });
        let redb = Self { inner };
        redb.run(|_, _| Ok(())).await?;
        Ok(redb)
    }

    /// Does `work` on a thread that may block. It is done to its end, even when nobody waits for it
    /// any more.
    async fn run<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Inner, &Database) -> Result<T, redb::Error> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        match tokio::task::spawn_blocking(move || inner.attempt(work)).await {
            Ok(done) => done,
            Err(failure) if failure.is_panic() => {
                Err(StoreError::corrupt("its pages contradict each other"))
            }
            Err(failure) => Err(StoreError::unavailable(failure)),
        }
    }
}

impl fmt::Debug for Redb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redb").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

#[async_trait]
impl Space for Redb {
    async fn get(&self, keys: Vec<String>) -> Result<Vec<Option<Entry>>, StoreError> {
        self.run(move |_, database| {
            let table = database.begin_read()?.open_table(ENTRIES)?;
            keys.iter()
                .map(|key| Ok(table.get(key.as_str())?.map(|found| entry(found.value()))))
                .collect()
        })
        .await
    }

    async fn scan(&self, prefix: String) -> Result<Vec<(String, Entry)>, StoreError> {
        self.run(move |_, database| {
            let table = database.begin_read()?.open_table(ENTRIES)?;
            let mut entries = Vec::new();
            for pair in table.range(prefix.as_str()..)? {
                let (key, value) = pair?;
                if !key.value().starts_with(&prefix) {
                    break;
                }
                entries.push((key.value().to_owned(), entry(value.value())));
            }
            Ok(entries)
        })
        .await
    }

    async fn commit(&self, batch: Batch) -> Result<Outcome, StoreError> {
        self.run(move |inner, database| {
            let written = write(database, &batch)?;
            // Here, and not in the caller: whoever waits may be gone, the write is not.
            if let Some(number) = written
                && batch.advances_revision
            {
                inner.advance(number);
            }
            Ok(if written.is_some() { Outcome::Commit } else { Outcome::Stale })
        })
        .await
    }

    fn revision(&self) -> Result<u64, StoreError> {
        Ok(self.inner.revision.load(Ordering::SeqCst))
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.inner.advances.subscribe()
    }
}

/// What the handle and the work under way share.
struct Inner {
    path: PathBuf,
    lack: Lack,
    opener: Opener,
    /// `None` until it is opened, and after the disk failed.
    database: RwLock<Option<Database>>,
    revision: AtomicU64,
    advances: watch::Sender<u64>,
}

/// What becomes of a space that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lack {
    /// It is made.
    Made,
    /// It is told.
    Told,
}

type Opener = Box<dyn Fn() -> Result<Database, DatabaseError> + Send + Sync>;

impl Inner {
    /// Does `work` on the open file, opening it first where it must.
    fn attempt<T>(
        &self,
        work: impl FnOnce(&Self, &Database) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let held = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = held.as_ref() else {
            drop(held);
            self.reopen()?;
            let held = self.database.read().unwrap_or_else(PoisonError::into_inner);
            let Some(database) = held.as_ref() else {
                return Err(StoreError::unavailable("the file was closed"));
            };
            return work(self, database).map_err(refused);
        };
        let done = work(self, database);
        drop(held);
        done.map_err(|failure| {
            // After a failed read or write, redb answers nothing until it is opened anew. Should that
            // fail too, the next to ask tries again.
            if is_disk_failure(&failure) {
                drop(self.reopen());
            }
            refused(failure)
        })
    }

    /// Closes the file and opens it again.
    fn reopen(&self) -> Result<(), StoreError> {
        let mut held = self.database.write().unwrap_or_else(PoisonError::into_inner);
        *held = None;
        let opened = (self.opener)().map_err(|failure| unopened(&self.path, failure))?;
        let last = match (last_write(&opened).map_err(refused)?, self.lack) {
            (Some(last), Lack::Made | Lack::Told) => last,
            (None, Lack::Made) => first_write(&opened).map_err(refused)?,
            (None, Lack::Told) => return Err(StoreError::Absent),
        };
        // A write that was reported as failed may have reached the disk.
        self.advance(last);
        *held = Some(opened);
        Ok(())
    }

    fn advance(&self, number: u64) {
        self.revision.fetch_max(number, Ordering::SeqCst);
        self.advances.send_if_modified(|last| {
            let advances = number > *last;
            *last = number.max(*last);
            advances
        });
    }
}

/// Opens the file for reading and writing; a new one is its owner's alone.
fn private_file(path: &Path) -> Result<File, DatabaseError> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    // A file whose name is not durable is not durable.
    if file.metadata()?.len() == 0
        && let Some(folder) = path.parent()
    {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(folder)?.sync_all()?;
    }
    Ok(file)
}

/// The last write's number; absent in a file that is new.
fn last_write(database: &Database) -> Result<Option<u64>, redb::Error> {
    match database.begin_read()?.open_table(COUNTERS) {
        Ok(table) => Ok(table.get(LAST_WRITE)?.map(|last| last.value())),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

/// Makes the tables in a new file, so that reads find them. Gives the write's number.
fn first_write(database: &Database) -> Result<u64, redb::Error> {
    Ok(write(database, &Batch::default())?.unwrap_or_default())
}

/// Writes the batch; its number, or `None` when a precondition does not hold.
fn write(database: &Database, batch: &Batch) -> Result<Option<u64>, redb::Error> {
    let mut writing = database.begin_write()?;
    writing.set_durability(Durability::Immediate)?;
    writing.set_two_phase_commit(true);
    writing.set_quick_repair(true);
    let number = {
        let mut entries = writing.open_table(ENTRIES)?;
        for precondition in &batch.preconditions {
            if !holds(&entries, precondition)? {
                drop(entries);
                writing.abort()?;
                return Ok(None);
            }
        }
        let mut counters = writing.open_table(COUNTERS)?;
        let last = counters.get(LAST_WRITE)?.map_or(0, |last| last.value());
        let number = last.saturating_add(1);
        counters.insert(LAST_WRITE, number)?;
        for key in &batch.deletes {
            entries.remove(key.as_str())?;
        }
        for (key, value) in &batch.puts {
            entries.insert(key.as_str(), (number, value.as_slice()))?;
        }
        number
    };
    writing.commit()?;
    Ok(Some(number))
}

fn holds(
    entries: &impl ReadableTable<&'static str, (u64, &'static [u8])>,
    precondition: &Precondition,
) -> Result<bool, redb::Error> {
    Ok(match precondition {
        Precondition::Absent(key) => entries.get(key.as_str())?.is_none(),
        Precondition::Version(key, version) => {
            entries.get(key.as_str())?.is_some_and(|found| found.value().0 == *version)
        }
    })
}

fn entry((version, value): (u64, &[u8])) -> Entry {
    Entry { value: value.to_vec(), version }
}

fn is_disk_failure(failure: &redb::Error) -> bool {
    matches!(failure, redb::Error::Io(_) | redb::Error::PreviousIo | redb::Error::Backend(_))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "another crate's errors, of which one differs")]
fn refused(failure: redb::Error) -> StoreError {
    match failure {
        redb::Error::Corrupted(what) => StoreError::corrupt(what),
        other => StoreError::unavailable(other),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "another crate's errors, of which few differ")]
fn unopened(path: &Path, failure: DatabaseError) -> StoreError {
    let place = path.display();
    match failure {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
            StoreError::InUse { path: path.to_owned() }
        }
        DatabaseError::Storage(StorageError::Corrupted(what)) => {
            StoreError::corrupt(format!("`{place}`: {what}"))
        }
        DatabaseError::Storage(StorageError::Io(cause))
            if cause.kind() == io::ErrorKind::InvalidData =>
        {
            StoreError::corrupt(format!("`{place}` is not a store: {cause}"))
        }
        DatabaseError::Storage(StorageError::Io(cause)) => {
            StoreError::unavailable(io::Error::new(cause.kind(), format!("`{place}`: {cause}")))
        }
        other => StoreError::unavailable(format!("`{place}`: {other}")),
    }
}

/// Keys → the number of the write that put the value there, and the value.
const ENTRIES: TableDefinition<'_, &str, (u64, &[u8])> = TableDefinition::new("entries");

/// The space's own numbers.
const COUNTERS: TableDefinition<'_, &str, u64> = TableDefinition::new("counters");

/// The counter of all writes.
const LAST_WRITE: &str = "last-write";

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::sync::atomic::AtomicBool;

    use redb::backends::InMemoryBackend;

    use super::*;

    fn put(key: &str, value: &str) -> Batch {
        Batch { puts: vec![(key.to_owned(), value.into())], ..Batch::default() }
    }

    async fn value(space: &Redb, key: &str) -> Option<Entry> {
        space.get(vec![key.to_owned()]).await.unwrap().remove(0)
    }

    #[tokio::test]
    async fn what_was_committed_is_there_after_opening_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.redb");
        let space = Redb::open(&path).await.unwrap();
        assert_eq!(space.commit(put("a", "1")).await.unwrap(), Outcome::Commit);
        let first = value(&space, "a").await.unwrap();
        drop(space);
        let space = Redb::open(&path).await.unwrap();
        assert_eq!(value(&space, "a").await.unwrap(), first);
        assert_eq!(space.commit(put("a", "1")).await.unwrap(), Outcome::Commit);
        assert!(value(&space, "a").await.unwrap().version > first.version);
    }

    #[tokio::test]
    async fn a_scan_gives_what_starts_with_the_prefix_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let space = Redb::open(folder.path().join("s.redb")).await.unwrap();
        for key in ["b/2", "a/1", "b/1", "b", "c/1", "b/ö"] {
            assert_eq!(space.commit(put(key, "")).await.unwrap(), Outcome::Commit);
        }
        let keys: Vec<_> =
            space.scan("b/".into()).await.unwrap().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["b/1", "b/2", "b/ö"]);
        assert_eq!(space.scan("d".into()).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_batch_whose_precondition_does_not_hold_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let space = Redb::open(folder.path().join("s.redb")).await.unwrap();
        assert_eq!(space.commit(put("a", "1")).await.unwrap(), Outcome::Commit);
        let version = value(&space, "a").await.unwrap().version;
        for stale in [
            Precondition::Absent("a".into()),
            Precondition::Version("a".into(), version + 1),
            Precondition::Version("b".into(), version),
        ] {
            let batch = Batch {
                preconditions: vec![Precondition::Absent("b".into()), stale],
                puts: vec![("b".into(), vec![])],
                deletes: vec!["a".into()],
                advances_revision: true,
            };
            assert_eq!(space.commit(batch).await.unwrap(), Outcome::Stale);
        }
        assert_eq!(value(&space, "a").await.unwrap().version, version);
        assert_eq!(value(&space, "b").await, None);
        let held = Batch {
            preconditions: vec![Precondition::Version("a".into(), version)],
            deletes: vec!["a".into()],
            ..Batch::default()
        };
        assert_eq!(space.commit(held).await.unwrap(), Outcome::Commit);
        assert_eq!(value(&space, "a").await, None);
    }

    #[tokio::test]
    async fn only_a_batch_that_says_so_advances_the_revision() {
        let folder = tempfile::tempdir().unwrap();
        let space = Redb::open(folder.path().join("s.redb")).await.unwrap();
        let mut watch = space.watch();
        watch.mark_unchanged();
        let before = space.revision().unwrap();
        assert_eq!(space.commit(put("a", "1")).await.unwrap(), Outcome::Commit);
        assert_eq!(space.revision().unwrap(), before);
        let advancing = Batch { advances_revision: true, ..put("a", "2") };
        assert_eq!(space.commit(advancing).await.unwrap(), Outcome::Commit);
        assert!(space.revision().unwrap() > before);
        watch.changed().await.unwrap();
        assert_eq!(*watch.borrow(), space.revision().unwrap());
    }

    #[tokio::test]
    async fn a_file_that_is_open_elsewhere_is_refused_with_advice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.redb");
        let _first = Redb::open(&path).await.unwrap();
        let refusal = Redb::open(&path).await.unwrap_err();
        assert!(matches!(refusal, StoreError::InUse { .. }), "{refusal:?}");
        assert!(refusal.to_string().contains("is the gateway running?"), "{refusal}");
    }

    #[tokio::test]
    async fn what_is_not_there_is_not_made_by_whoever_only_reads() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.redb");
        let absent = async || {
            let refusal = Redb::open_existing(&path).await.unwrap_err();
            assert!(matches!(refusal, StoreError::Absent), "{refusal:?}");
        };
        absent().await;
        assert!(!path.exists());
        std::fs::write(&path, "").unwrap();
        absent().await;
        assert_eq!(path.metadata().unwrap().len(), 0);
        // A file without tables, as a crash may leave it.
        drop(Database::create(&path).unwrap());
        absent().await;
        let space = Redb::open(&path).await.unwrap();
        assert_eq!(space.commit(put("a", "1")).await.unwrap(), Outcome::Commit);
        drop(space);
        let space = Redb::open_existing(&path).await.unwrap();
        assert_eq!(space.scan(String::new()).await.unwrap().len(), 1);
        std::fs::write(folder.path().join("other"), [7; 8192]).unwrap();
        let refusal = Redb::open_existing(folder.path().join("other")).await.unwrap_err();
        assert!(matches!(refusal, StoreError::Corrupt { .. }), "{refusal:?}");
    }

    #[tokio::test]
    async fn the_file_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.redb");
        let _space = Redb::open(&path).await.unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn what_is_no_store_or_a_damaged_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.redb");
        std::fs::write(&path, [7; 8192]).unwrap();
        let refusal = Redb::open(&path).await.unwrap_err();
        assert!(matches!(refusal, StoreError::Corrupt { .. }), "{refusal:?}");
        std::fs::remove_file(&path).unwrap();

        let space = Redb::open(&path).await.unwrap();
        assert_eq!(space.commit(put("a", "needle")).await.unwrap(), Outcome::Commit);
        drop(space);
        let mut bytes = std::fs::read(&path).unwrap();
        let places: Vec<_> =
            (0..bytes.len()).filter(|i| bytes[*i..].starts_with(b"needle")).collect();
        assert!(!places.is_empty());
        for place in places {
            bytes[place] ^= 1;
        }
        std::fs::write(&path, bytes).unwrap();
        let refusal = Redb::open(&path).await.unwrap_err();
        assert!(matches!(refusal, StoreError::Corrupt { .. }), "{refusal:?}");
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = Redb::open(folder.path().join("no/s.redb")).await.unwrap_err();
        let StoreError::Unavailable(cause) = refusal else { panic!("{refusal:?}") };
        assert!(cause.to_string().contains("no/s.redb"), "{cause}");
    }

    /// Memory that outlives its user, and a disk that is full when told so.
    #[derive(Clone, Debug, Default)]
    struct Disk {
        memory: Arc<InMemoryBackend>,
        is_full: Arc<AtomicBool>,
    }

    impl StorageBackend for Disk {
        fn len(&self) -> Result<u64, io::Error> {
            self.memory.len()
        }

        fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
            self.memory.read(offset, out)
        }

        fn set_len(&self, len: u64) -> Result<(), io::Error> {
            self.memory.set_len(len)
        }

        fn sync_data(&self) -> Result<(), io::Error> {
            self.memory.sync_data()
        }

        fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
            if self.is_full.load(Ordering::SeqCst) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.memory.write(offset, data)
        }
    }

    #[tokio::test]
    async fn a_full_disk_fails_the_write_and_all_is_well_once_there_is_room() {
        let disk = Disk::default();
        let opened = disk.clone();
        let space =
            Redb::over("memory".into(), Lack::Made, move || Ok(opened.clone())).await.unwrap();
        assert_eq!(space.commit(put("a", "1")).await.unwrap(), Outcome::Commit);
        let revision = space.revision().unwrap();

        disk.is_full.store(true, Ordering::SeqCst);
        let advancing = Batch { advances_revision: true, ..put("a", "2") };
        let failure = space.commit(advancing.clone()).await.unwrap_err();
        assert!(matches!(failure, StoreError::Unavailable(_)), "{failure:?}");
        assert_eq!(space.revision().unwrap(), revision, "what is cached stays good");

        disk.is_full.store(false, Ordering::SeqCst);
        assert_eq!(value(&space, "a").await.unwrap().value, b"1");
        assert_eq!(space.commit(advancing).await.unwrap(), Outcome::Commit);
        assert_eq!(value(&space, "a").await.unwrap().value, b"2");
    }
}
