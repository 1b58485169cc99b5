//! Deleting many objects at once.

use s3s::S3Result;
use s3s::dto::{DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, Error, ObjectIdentifier};

use super::operations::LocalStore;

impl LocalStore {
    /// Deletes what it can of the objects, all in one change, and tells of each.
    pub(super) async fn delete_many(
        &self,
        input: DeleteObjectsInput,
    ) -> S3Result<DeleteObjectsOutput> {
        let DeleteObjectsInput { bucket, delete, .. } = input;
        let (possible, others): (Vec<_>, Vec<_>) =
            delete.objects.into_iter().partition(is_possible);
        let keys: Vec<String> = possible.iter().map(|object| object.key.clone()).collect();
        let files = self.index(move |index| index.delete_many(&bucket, &keys)).await?;
        for file in files {
            self.discard(file).await;
        }
        let deleted = possible.into_iter().map(deleted).collect();
        Ok(DeleteObjectsOutput {
            deleted: (!delete.quiet.unwrap_or(false)).then_some(deleted),
            errors: Some(others.into_iter().map(refused).collect()),
            ..DeleteObjectsOutput::default()
        })
    }
}

/// The store has no versions but the one that S3 calls `null`, and no conditions here.
fn is_possible(object: &ObjectIdentifier) -> bool {
    let is_current = object.version_id.as_deref().is_none_or(|version| version == "null");
    let is_plain =
        object.e_tag.is_none() && object.size.is_none() && object.last_modified_time.is_none();
    is_current && is_plain
}

fn deleted(object: ObjectIdentifier) -> DeletedObject {
    DeletedObject {
        key: Some(object.key),
        version_id: object.version_id,
        ..DeletedObject::default()
    }
}

fn refused(object: ObjectIdentifier) -> Error {
    Error {
        code: Some("NotImplemented".to_owned()),
        key: Some(object.key),
        message: Some("This store keeps no versions".to_owned()),
        version_id: object.version_id,
    }
}
