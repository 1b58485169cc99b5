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
mod tests;
