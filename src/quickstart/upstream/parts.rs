//! The index of multipart uploads and their parts.

use redb::{ReadableDatabase, ReadableTable, WriteTransaction};
use time::OffsetDateTime;

use super::conditions::WriteCondition;
use super::index::{Index, IndexError, Object, PARTS, UPLOADS, part_range, put_in, time};

/// A multipart upload, as its client names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Upload {
    pub(super) id: String,
    pub(super) bucket: String,
    pub(super) key: String,
}

/// What the index knows of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// 1 to 10 000.
    pub(super) number: i32,
    /// The value of its `ETag`, without quotes.
    pub(super) e_tag: String,
    /// Its length in bytes.
    pub(super) size: u64,
    /// When it was written.
    pub(super) modified: OffsetDateTime,
}

impl Index {
    /// Remembers a new upload, whose object will be in `file`.
    ///
    /// # Errors
    ///
    /// [`IndexError::Database`].
    pub(super) fn begin_upload(&self, upload: &Upload, file: &str) -> Result<(), IndexError> {
        let change = self.database.begin_write()?;
        change
            .open_table(UPLOADS)?
            .insert(upload.id.as_str(), (upload.bucket.as_str(), upload.key.as_str(), file))?;
        change.commit()?;
        Ok(())
    }

    /// The file that the upload's object will be in.
    ///
    /// # Errors
    ///
    /// [`IndexError::NoSuchUpload`] when there is none of that id for that bucket and key.
    pub(super) fn upload_file(&self, upload: &Upload) -> Result<String, IndexError> {
        let uploads = self.database.begin_read()?.open_table(UPLOADS)?;
        let found = uploads.get(upload.id.as_str())?.ok_or(IndexError::NoSuchUpload)?;
        let (bucket, key, file) = found.value();
        if (bucket, key) == (upload.bucket.as_str(), upload.key.as_str()) {
            Ok(file.to_owned())
        } else {
            Err(IndexError::NoSuchUpload)
        }
    }

    /// Remembers a part, in the place of one with its number.
    ///
    /// # Errors
    ///
    /// [`IndexError::NoSuchUpload`] when the upload has ended meanwhile.
    pub(super) fn put_part(&self, upload_id: &str, part: &Part) -> Result<(), IndexError> {
        let change = self.database.begin_write()?;
        if change.open_table(UPLOADS)?.get(upload_id)?.is_none() {
            return Err(IndexError::NoSuchUpload);
        }
        let row = (part.e_tag.as_str(), part.size, part.modified.unix_timestamp_nanos());
        change.open_table(PARTS)?.insert((upload_id, part.number), row)?;
        change.commit()?;
        Ok(())
    }

    /// The parts of an upload, in the order of their numbers.
    ///
    /// # Errors
    ///
    /// Those of [`Self::upload_file`].
    pub(super) fn parts(&self, upload: &Upload) -> Result<Vec<Part>, IndexError> {
        self.upload_file(upload)?;
        let parts = self.database.begin_read()?.open_table(PARTS)?;
        let mut all = Vec::new();
        for entry in parts.range(part_range(&upload.id))? {
            let (place, found) = entry?;
            let (e_tag, size, modified) = found.value();
            let number = place.value().1;
            all.push(Part { number, e_tag: e_tag.to_owned(), size, modified: time(modified) });
        }
        Ok(all)
    }

    /// Puts the object of an upload under its key and forgets the upload, both or neither; returns
    /// the file it replaces.
    ///
    /// # Errors
    ///
    /// Those of [`Self::put`].
    pub(super) fn finish_upload(
        &self,
        upload: &Upload,
        object: &Object,
        condition: &WriteCondition,
    ) -> Result<Option<String>, IndexError> {
        let change = self.database.begin_write()?;
        let place = (upload.bucket.as_str(), upload.key.as_str());
        let replaced = put_in(&change, place, object, condition)?;
        forget_in(&change, &upload.id)?;
        change.commit()?;
        Ok(replaced)
    }

    /// Forgets an upload and its parts; an unknown one is no error.
    ///
    /// # Errors
    ///
    /// [`IndexError::Database`].
    pub(super) fn forget_upload(&self, upload_id: &str) -> Result<(), IndexError> {
        let change = self.database.begin_write()?;
        forget_in(&change, upload_id)?;
        change.commit()?;
        Ok(())
    }
}

fn forget_in(change: &WriteTransaction, upload_id: &str) -> Result<(), IndexError> {
    change.open_table(UPLOADS)?.remove(upload_id)?;
    change.open_table(PARTS)?.retain_in(part_range(upload_id), |_, _| false)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload() -> Upload {
        Upload { id: "u".to_owned(), bucket: "lake".to_owned(), key: "k".to_owned() }
    }

    fn part(number: i32) -> Part {
        Part { number, e_tag: "aa".to_owned(), size: 3, modified: OffsetDateTime::UNIX_EPOCH }
    }

    fn index_with_upload() -> (tempfile::TempDir, Index) {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open(&folder.path().join("index")).unwrap();
        index.create_bucket("lake", OffsetDateTime::UNIX_EPOCH).unwrap();
        index.begin_upload(&upload(), "f").unwrap();
        (folder, index)
    }

    #[test]
    fn an_upload_belongs_to_its_bucket_and_key() {
        let (_folder, index) = index_with_upload();
        assert_eq!(index.upload_file(&upload()).unwrap(), "f");
        for other in [
            Upload { key: "other".to_owned(), ..upload() },
            Upload { bucket: "other".to_owned(), ..upload() },
            Upload { id: "other".to_owned(), ..upload() },
        ] {
            assert!(matches!(index.upload_file(&other), Err(IndexError::NoSuchUpload)));
        }
    }

    #[test]
    fn parts_come_in_the_order_of_their_numbers() {
        let (_folder, index) = index_with_upload();
        for number in [10, 2, 1] {
            index.put_part("u", &part(number)).unwrap();
        }
        assert_eq!(index.parts(&upload()).unwrap(), [part(1), part(2), part(10)]);
    }

    #[test]
    fn a_part_of_an_ended_upload_is_refused() {
        let (_folder, index) = index_with_upload();
        index.put_part("u", &part(1)).unwrap();
        index.forget_upload("u").unwrap();
        assert!(matches!(index.put_part("u", &part(2)), Err(IndexError::NoSuchUpload)));
        index.begin_upload(&upload(), "f").unwrap();
        assert_eq!(index.parts(&upload()).unwrap(), []);
    }

    #[test]
    fn a_bucket_takes_its_uploads_with_it() {
        let (_folder, index) = index_with_upload();
        index.put_part("u", &part(1)).unwrap();
        assert_eq!(index.delete_bucket("lake").unwrap(), [("u".to_owned(), "f".to_owned())]);
        assert!(matches!(index.upload_file(&upload()), Err(IndexError::NoSuchUpload)));
    }
}
