//! The ordered key-value space that everything is kept in.
//!
//! The trait is small on purpose: what it asks for, a file and a consensus
//! engine can both give.

use std::fmt;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::StoreError;

/// An ordered space of text keys and byte values.
///
/// Its revision is a number that only grows. A batch that says so advances it, and does so before
/// [`Space::commit`] returns: whoever starts after a write was acknowledged sees the new number.
#[async_trait]
pub trait Space: fmt::Debug + Send + Sync + 'static {
    /// The entries of `keys`, in their order, all read at one moment; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] or [`StoreError::Corrupt`]: never `None` in their place.
    async fn get(&self, keys: Vec<String>) -> Result<Vec<Option<Entry>>, StoreError>;

    /// Every entry whose key starts with `prefix`, ordered by key, all read at one moment.
    ///
    /// # Errors
    ///
    /// As [`Space::get`].
    async fn scan(&self, prefix: String) -> Result<Vec<(String, Entry)>, StoreError>;

    /// Writes all of `batch` or nothing. What was committed is durable.
    ///
    /// # Errors
    ///
    /// As [`Space::get`]. A precondition that does not hold is no error: [`Outcome::Stale`].
    async fn commit(&self, batch: Batch) -> Result<Outcome, StoreError>;

    /// The number of the last write that could change what an existing caller may do.
    /// It is asked on every request, so it costs no I/O.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when what this process knows may be too old to go by.
    fn revision(&self) -> Result<u64, StoreError>;

    /// Tells of every advance of the revision, also those made by other processes.
    fn watch(&self) -> watch::Receiver<u64>;
}

/// A value and the number of the write that put it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The bytes.
    pub value: Vec<u8>,
    /// Grows with every write of any key, so that no two values of a key share one.
    pub version: u64,
}

/// What one atomic write demands and changes.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// All must hold at the moment of the write.
    pub preconditions: Vec<Precondition>,
    /// Keys and their new values.
    pub puts: Vec<(String, Vec<u8>)>,
    /// Keys to remove; one that is absent is no error.
    pub deletes: Vec<String>,
    /// Whether an existing caller may differ after it.
    pub advances_revision: bool,
}

/// A demand on one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// The key has no value.
    Absent(String),
    /// The key has the value of this [`Entry::version`].
    Version(String, u64),
}

/// How a write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// It is durable.
    Commit,
    /// A precondition did not hold; nothing was written.
    Stale,
}
