//! The index: which buckets, objects and uploads there are, and in which file each object is.
//!
//! Its calls block; they belong on a thread that may.

use std::collections::HashSet;
use std::ops::Bound;
use std::path::Path;

use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction,
};
use thiserror::Error;
use time::OffsetDateTime;

use super::conditions::WriteCondition;
use super::listing::{Page, Query};

/// What the index knows of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    /// The name of its file.
    pub(super) file: String,
    /// The value of its `ETag`, without quotes.
    pub(super) e_tag: String,
    /// Its length in bytes.
    pub(super) size: u64,
    /// When it was written.
    pub(super) modified: OffsetDateTime,
}

impl Object {
    fn load((file, e_tag, size, modified): Row<'_>) -> Self {
        Self { file: file.to_owned(), e_tag: e_tag.to_owned(), size, modified: time(modified) }
    }

    fn row(&self) -> Row<'_> {
        (&self.file, &self.e_tag, self.size, self.modified.unix_timestamp_nanos())
    }
}

/// Buckets, objects, uploads and parts, in one redb file.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) database: Database,
}

impl Index {
    /// Opens the index at `path`, which is made if it is absent.
    pub(super) fn open(path: &Path) -> Result<Self, redb::Error> {
        let database = Database::create(path)?;
        let change = database.begin_write()?;
        change.open_table(BUCKETS)?;
        change.open_table(OBJECTS)?;
        change.open_table(UPLOADS)?;
        change.open_table(PARTS)?;
        change.commit()?;
        Ok(Self { database })
    }

    /// The names of the files of all objects.
    pub(super) fn files(&self) -> Result<HashSet<String>, redb::Error> {
        let objects = self.database.begin_read()?.open_table(OBJECTS)?;
        let mut files = HashSet::new();
        for entry in objects.iter()? {
            files.insert(entry?.1.value().0.to_owned());
        }
        Ok(files)
    }

    /// All buckets and when they were made, in the order of their names.
    pub(super) fn buckets(&self) -> Result<Vec<(String, OffsetDateTime)>, IndexError> {
        let buckets = self.database.begin_read()?.open_table(BUCKETS)?;
        let mut all = Vec::new();
        for entry in buckets.iter()? {
            let (name, created) = entry?;
            all.push((name.value().to_owned(), time(created.value())));
        }
        Ok(all)
    }

    /// Makes a bucket.
    ///
    /// # Errors
    ///
    /// [`IndexError::BucketExists`].
    pub(super) fn create_bucket(
        &self,
        bucket: &str,
        now: OffsetDateTime,
    ) -> Result<(), IndexError> {
        let change = self.database.begin_write()?;
        if change.open_table(BUCKETS)?.insert(bucket, now.unix_timestamp_nanos())?.is_some() {
            return Err(IndexError::BucketExists);
        }
        change.commit()?;
        Ok(())
    }

    /// Whether there is such a bucket.
    ///
    /// # Errors
    ///
    /// [`IndexError::NoSuchBucket`].
    pub(super) fn check_bucket(&self, bucket: &str) -> Result<(), IndexError> {
        self.snapshot(bucket).map(drop)
    }

    /// Removes an empty bucket and forgets its uploads; returns their ids and files.
    ///
    /// # Errors
    ///
    /// [`IndexError::NoSuchBucket`]; [`IndexError::BucketNotEmpty`] when it holds any object.
    pub(super) fn delete_bucket(&self, bucket: &str) -> Result<Vec<(String, String)>, IndexError> {
        let change = self.database.begin_write()?;
        let mut forgotten = Vec::new();
        {
            if change.open_table(BUCKETS)?.remove(bucket)?.is_none() {
                return Err(IndexError::NoSuchBucket);
            }
            if let Some(first) = change.open_table(OBJECTS)?.range((bucket, "")..)?.next()
                && first?.0.value().0 == bucket
            {
                return Err(IndexError::BucketNotEmpty);
            }
            let mut uploads = change.open_table(UPLOADS)?;
            let mut parts = change.open_table(PARTS)?;
            for entry in uploads.extract_if(|_, upload| upload.0 == bucket)? {
                let (id, upload) = entry?;
                forgotten.push((id.value().to_owned(), upload.value().2.to_owned()));
            }
            for (id, _) in &forgotten {
                parts.retain_in(part_range(id), |_, _| false)?;
            }
        }
        change.commit()?;
        Ok(forgotten)
    }

    /// The object under a key.
    ///
    /// # Errors
    ///
    /// [`IndexError::NoSuchBucket`], [`IndexError::NoSuchKey`].
    pub(super) fn object(&self, bucket: &str, key: &str) -> Result<Object, IndexError> {
        let objects = self.snapshot(bucket)?.open_table(OBJECTS)?;
        let found = objects.get((bucket, key))?.ok_or(IndexError::NoSuchKey)?;
        Ok(Object::load(found.value()))
    }

    /// Whether `condition` holds now for what is under a key.
    ///
    /// # Errors
    ///
    /// [`IndexError::NoSuchBucket`] and those of [`WriteCondition::check`].
    pub(super) fn check_write(
        &self,
        bucket: &str,
        key: &str,
        condition: &WriteCondition,
    ) -> Result<(), IndexError> {
        let objects = self.snapshot(bucket)?.open_table(OBJECTS)?;
        let found = objects.get((bucket, key))?;
        condition.check(found.as_ref().map(|found| found.value().1))
    }

    /// Puts `object` under a key if `condition` holds; returns the file it replaces.
    ///
    /// # Errors
    ///
    /// [`IndexError::NoSuchBucket`] and those of [`WriteCondition::check`].
    pub(super) fn put(
        &self,
        bucket: &str,
        key: &str,
        object: &Object,
        condition: &WriteCondition,
    ) -> Result<Option<String>, IndexError> {
        let change = self.database.begin_write()?;
        let replaced = put_in(&change, (bucket, key), object, condition)?;
        change.commit()?;
        Ok(replaced)
    }

    /// Removes what is under a key if `condition` holds; returns its file.
    ///
    /// # Errors
    ///
    /// [`IndexError::NoSuchBucket`] and those of [`WriteCondition::check`].
    pub(super) fn delete(
        &self,
        bucket: &str,
        key: &str,
        condition: &WriteCondition,
    ) -> Result<Option<String>, IndexError> {
        self.check_write(bucket, key, condition)?;
        let change = self.database.begin_write()?;
        let removed = {
            let mut objects = change.open_table(OBJECTS)?;
            let existing = objects.remove((bucket, key))?.map(|found| Object::load(found.value()));
            condition.check(existing.as_ref().map(|existing| existing.e_tag.as_str()))?;
            existing.map(|existing| existing.file)
        };
        change.commit()?;
        Ok(removed)
    }

    /// Removes what is under each of the keys; returns the files.
    ///
    /// # Errors
    ///
    /// [`IndexError::NoSuchBucket`].
    pub(super) fn delete_many(
        &self,
        bucket: &str,
        keys: &[String],
    ) -> Result<Vec<String>, IndexError> {
        self.check_bucket(bucket)?;
        let change = self.database.begin_write()?;
        let mut removed = Vec::with_capacity(keys.len());
        {
            let mut objects = change.open_table(OBJECTS)?;
            for key in keys {
                let found = objects.remove((bucket, key.as_str()))?;
                removed.extend(found.map(|found| Object::load(found.value()).file));
            }
        }
        change.commit()?;
        Ok(removed)
    }

    /// The page of a bucket's objects that `query` asks for.
    ///
    /// # Errors
    ///
    /// [`IndexError::NoSuchBucket`].
    pub(super) fn page(&self, bucket: &str, query: &Query) -> Result<Page, IndexError> {
        let objects = self.snapshot(bucket)?.open_table(OBJECTS)?;
        let start = Bound::Included((bucket, query.start()));
        let entries =
            objects.range::<(&str, &str)>((start, Bound::Unbounded))?.map_while(|entry| {
                let (place, found) = match entry {
                    Ok(entry) => entry,
                    Err(error) => return Some(Err(IndexError::from(error))),
                };
                let (holder, key) = place.value();
                (holder == bucket).then(|| Ok((key.to_owned(), Object::load(found.value()))))
            });
        Page::gather(entries, query)
    }

    /// What stands now, if there is such a bucket.
    fn snapshot(&self, bucket: &str) -> Result<ReadTransaction, IndexError> {
        let snapshot = self.database.begin_read()?;
        match snapshot.open_table(BUCKETS)?.get(bucket)? {
            Some(_) => {}
            None => return Err(IndexError::NoSuchBucket),
        }
        Ok(snapshot)
    }
}

/// Why the index did not do what it was asked.
#[derive(Debug, Error)]
pub(super) enum IndexError {
    /// There is such a bucket already.
    #[error("the bucket exists")]
    BucketExists,
    /// The bucket holds an object.
    #[error("the bucket is not empty")]
    BucketNotEmpty,
    /// There is no such bucket.
    #[error("no such bucket")]
    NoSuchBucket,
    /// There is no such object.
    #[error("no such key")]
    NoSuchKey,
    /// There is no such upload for that bucket and key.
    #[error("no such upload")]
    NoSuchUpload,
    /// A condition of the request does not hold.
    #[error("precondition failed")]
    PreconditionFailed,
    /// The file cannot be read or written.
    #[error("the index failed")]
    Database(#[source] redb::Error),
}

impl<E: Into<redb::Error>> From<E> for IndexError {
    fn from(error: E) -> Self {
        Self::Database(error.into())
    }
}

/// The part of [`Index::put`] that more can be done with in one transaction.
pub(super) fn put_in(
    change: &WriteTransaction,
    place: (&str, &str),
    object: &Object,
    condition: &WriteCondition,
) -> Result<Option<String>, IndexError> {
    if change.open_table(BUCKETS)?.get(place.0)?.is_none() {
        return Err(IndexError::NoSuchBucket);
    }
    let mut objects = change.open_table(OBJECTS)?;
    let existing = objects.get(place)?.map(|found| Object::load(found.value()));
    condition.check(existing.as_ref().map(|existing| existing.e_tag.as_str()))?;
    objects.insert(place, object.row())?;
    Ok(existing.map(|existing| existing.file))
}

/// The range of [`PARTS`] that holds one upload's.
pub(super) fn part_range(upload_id: &str) -> std::ops::RangeInclusive<(&str, i32)> {
    (upload_id, i32::MIN)..=(upload_id, i32::MAX)
}

/// The time of a stored number of nanoseconds since 1970.
pub(super) fn time(nanoseconds: i128) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// File, `ETag`, size in bytes, nanoseconds since 1970.
type Row<'a> = (&'a str, &'a str, u64, i128);

/// Bucket → when it was made, in nanoseconds since 1970.
const BUCKETS: TableDefinition<'_, &str, i128> = TableDefinition::new("buckets");

/// Bucket and key → the object.
const OBJECTS: TableDefinition<'_, (&str, &str), Row<'_>> = TableDefinition::new("objects");

/// Upload id → bucket, key, file.
pub(super) const UPLOADS: TableDefinition<'_, &str, (&str, &str, &str)> =
    TableDefinition::new("uploads");

/// Upload id and part number → `ETag`, size in bytes, nanoseconds since 1970.
pub(super) const PARTS: TableDefinition<'_, (&str, i32), (&str, u64, i128)> =
    TableDefinition::new("parts");

#[cfg(test)]
mod tests {
    use super::*;

    fn object(file: &str) -> Object {
        Object {
            file: file.to_owned(),
            e_tag: format!("tag-of-{file}"),
            size: 3,
            modified: OffsetDateTime::UNIX_EPOCH,
        }
    }

    fn index_with_bucket() -> (tempfile::TempDir, Index) {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open(&folder.path().join("index")).unwrap();
        index.create_bucket("lake", OffsetDateTime::UNIX_EPOCH).unwrap();
        (folder, index)
    }

    #[test]
    fn a_bucket_with_an_object_is_not_deleted() {
        let (_folder, index) = index_with_bucket();
        index.put("lake", "../a//b", &object("f"), &WriteCondition::Any).unwrap();
        assert!(matches!(index.delete_bucket("lake"), Err(IndexError::BucketNotEmpty)));
        index.object("lake", "../a//b").unwrap();
        index.delete("lake", "../a//b", &WriteCondition::Any).unwrap();
        index.delete_bucket("lake").unwrap();
        assert!(matches!(index.check_bucket("lake"), Err(IndexError::NoSuchBucket)));
    }

    #[test]
    fn an_object_in_another_bucket_does_not_keep_this_one() {
        let (_folder, index) = index_with_bucket();
        index.create_bucket("lake2", OffsetDateTime::UNIX_EPOCH).unwrap();
        index.put("lake2", "k", &object("f"), &WriteCondition::Any).unwrap();
        index.delete_bucket("lake").unwrap();
    }

    #[test]
    fn a_bucket_is_made_once() {
        let (_folder, index) = index_with_bucket();
        let again = index.create_bucket("lake", OffsetDateTime::UNIX_EPOCH);
        assert!(matches!(again, Err(IndexError::BucketExists)));
    }

    #[test]
    fn put_returns_the_file_it_replaces() {
        let (_folder, index) = index_with_bucket();
        assert_eq!(index.put("lake", "k", &object("1"), &WriteCondition::Any).unwrap(), None);
        let replaced = index.put("lake", "k", &object("2"), &WriteCondition::Any).unwrap();
        assert_eq!(replaced.as_deref(), Some("1"));
        assert_eq!(index.files().unwrap(), HashSet::from(["2".to_owned()]));
    }

    #[test]
    fn many_are_deleted_at_once_and_what_is_not_there_does_not_matter() {
        let (_folder, index) = index_with_bucket();
        for key in ["a", "b", "c"] {
            index.put("lake", key, &object(key), &WriteCondition::Any).unwrap();
        }
        let keys = ["a", "x", "c", "a"].map(str::to_owned);
        assert_eq!(index.delete_many("lake", &keys).unwrap(), ["a", "c"]);
        assert!(index.object("lake", "b").is_ok());
        assert!(matches!(index.object("lake", "a"), Err(IndexError::NoSuchKey)));
        assert!(matches!(index.delete_many("pond", &keys), Err(IndexError::NoSuchBucket)));
    }

    #[test]
    fn a_failed_condition_changes_nothing() {
        let (_folder, index) = index_with_bucket();
        index.put("lake", "k", &object("1"), &WriteCondition::Any).unwrap();
        let refused = index.put("lake", "k", &object("2"), &WriteCondition::Absent);
        assert!(matches!(refused, Err(IndexError::PreconditionFailed)));
        assert_eq!(index.object("lake", "k").unwrap(), object("1"));
    }

    #[test]
    fn a_second_start_keeps_everything() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index");
        let index = Index::open(&path).unwrap();
        index.create_bucket("lake", OffsetDateTime::UNIX_EPOCH).unwrap();
        index.put("lake", "k", &object("1"), &WriteCondition::Any).unwrap();
        drop(index);
        assert_eq!(Index::open(&path).unwrap().object("lake", "k").unwrap(), object("1"));
    }

    #[test]
    fn a_page_stays_in_its_bucket() {
        let (_folder, index) = index_with_bucket();
        index.create_bucket("lake-b", OffsetDateTime::UNIX_EPOCH).unwrap();
        index.put("lake", "k", &object("1"), &WriteCondition::Any).unwrap();
        index.put("lake-b", "l", &object("2"), &WriteCondition::Any).unwrap();
        let page = index.page("lake", &Query::all()).unwrap();
        assert_eq!(page.objects, [("k".to_owned(), object("1"))]);
    }
}
