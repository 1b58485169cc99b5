//! The S3 operations that the gateway forwards; all others stay s3s's `NotImplemented`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, Bucket, ChecksumMode,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput,
    CreateBucketInput, CreateBucketOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput,
    DeleteBucketInput, DeleteBucketOutput, DeleteObjectInput, DeleteObjectOutput,
    DeleteObjectsInput, DeleteObjectsOutput, ETag, GetBucketLocationInput, GetBucketLocationOutput,
    GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput,
    HeadObjectOutput, ListBucketsInput, ListBucketsOutput, ListObjectsInput, ListObjectsOutput,
    ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput, PutObjectInput,
    PutObjectOutput, Range, UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput,
    UploadPartOutput,
};
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, s3_error};
use time::OffsetDateTime;
use tokio::task::spawn_blocking;

use super::EmbeddedStoreError;
use super::conditions::{ReadConditions, WriteCondition};
use super::files::{AREA, Files, fresh_name, request};
use super::index::{Index, IndexError, Object};
use super::listing;

/// Buckets and objects in one folder.
#[derive(Debug, Clone)]
pub(super) struct LocalStore {
    pub(super) files: Arc<Files>,
    index: Arc<Index>,
}

impl LocalStore {
    /// Opens `folder`, which is made if it is absent, and removes what a crash left behind. Blocks.
    ///
    /// # Errors
    ///
    /// See [`EmbeddedStoreError`].
    pub(super) fn open(folder: &Path) -> Result<Self, EmbeddedStoreError> {
        fs::create_dir_all(folder).map_err(EmbeddedStoreError::Folder)?;
        let index = Index::open(&folder.join("index.redb")).map_err(EmbeddedStoreError::Index)?;
        let files = Files::open(folder.join("files"))?;
        let named = index.files().map_err(EmbeddedStoreError::Index)?;
        files.sweep(&named).map_err(EmbeddedStoreError::Folder)?;
        Ok(Self { files: Arc::new(files), index: Arc::new(index) })
    }

    /// Asks the index, on a thread that may block.
    pub(super) async fn index<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Index) -> Result<T, IndexError> + Send + 'static,
    ) -> S3Result<T> {
        let index = Arc::clone(&self.index);
        let answer = spawn_blocking(move || ask(&index)).await.map_err(S3Error::internal_error)?;
        answer.map_err(refusal)
    }

    /// What s3s-fs says of a file that it has just written.
    pub(super) async fn written(&self, file: &str) -> S3Result<Object> {
        let head = self.head(file).await?.output;
        let length = head.content_length.unwrap_or_default();
        Ok(Object {
            file: file.to_owned(),
            e_tag: head.e_tag.map(ETag::into_value).unwrap_or_default(),
            size: u64::try_from(length).map_err(S3Error::internal_error)?,
            modified: head.last_modified.unwrap_or_default().into(),
        })
    }

    /// Removes a file that no key leads to; a failure costs room until the next start, no more.
    pub(super) async fn discard(&self, file: String) {
        let files = Arc::clone(&self.files);
        match spawn_blocking(move || files.discard(&file)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "embedded store: a file was left behind"),
            Err(error) => tracing::warn!(%error, "embedded store: a file was left behind"),
        }
    }

    async fn head(&self, file: &str) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = HeadObjectInput {
            bucket: AREA.to_owned(),
            key: file.to_owned(),
            ..HeadObjectInput::default()
        };
        self.files.system.head_object(request(input)).await
    }

    /// What took an object's place between a look and a read that failed with `error`; that error
    /// if nothing did.
    async fn successor(
        &self,
        object: &Object,
        bucket: &str,
        key: &str,
        error: S3Error,
    ) -> S3Result<Object> {
        let newer = self.object(bucket, key).await?;
        if newer.file == object.file { Err(error) } else { Ok(newer) }
    }

    async fn object(&self, bucket: &str, key: &str) -> S3Result<Object> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        self.index(move |index| index.object(&bucket, &key)).await
    }

    async fn check_bucket(&self, bucket: String) -> S3Result<()> {
        self.index(move |index| index.check_bucket(&bucket)).await
    }

    /// Writes the body to a file of its own.
    async fn write(
        &self,
        file: &str,
        req: S3Request<PutObjectInput>,
    ) -> S3Result<(PutObjectOutput, Object)> {
        let input = PutObjectInput {
            bucket: AREA.to_owned(),
            key: file.to_owned(),
            if_match: None,
            if_none_match: None,
            ..req.input
        };
        let mut inner = request(input);
        inner.trailing_headers = req.trailing_headers;
        let output = self.files.system.put_object(inner).await?.output;
        Ok((output, self.written(file).await?))
    }
}

#[async_trait::async_trait]
impl S3 for LocalStore {
    async fn list_buckets(
        &self,
        req: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        let input = req.input;
        let prefix = input.prefix.clone().unwrap_or_default();
        let after = input.continuation_token.unwrap_or_default();
        let max = input.max_buckets.and_then(|max| usize::try_from(max).ok()).unwrap_or(usize::MAX);
        let mut buckets = self.index(Index::buckets).await?;
        buckets.retain(|(name, _)| name.starts_with(&prefix) && *name > after);
        let more = buckets.len() > max;
        buckets.truncate(max);
        let output = ListBucketsOutput {
            continuation_token: buckets.last().filter(|_| more).map(|(name, _)| name.clone()),
            buckets: Some(buckets.into_iter().map(shown_bucket).collect()),
            prefix: input.prefix,
            ..ListBucketsOutput::default()
        };
        Ok(S3Response::new(output))
    }

    async fn create_bucket(
        &self,
        req: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        let bucket = req.input.bucket;
        let location = format!("/{bucket}");
        self.index(move |index| index.create_bucket(&bucket, now())).await?;
        Ok(S3Response::new(CreateBucketOutput { location: Some(location) }))
    }

    async fn head_bucket(
        &self,
        req: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.check_bucket(req.input.bucket).await?;
        let region = Some(REGION.to_owned());
        Ok(S3Response::new(HeadBucketOutput { bucket_region: region, ..Default::default() }))
    }

    async fn get_bucket_location(
        &self,
        req: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.check_bucket(req.input.bucket).await?;
        // An empty location is how S3 says us-east-1.
        Ok(S3Response::new(GetBucketLocationOutput::default()))
    }

    async fn delete_bucket(
        &self,
        req: S3Request<DeleteBucketInput>,
    ) -> S3Result<S3Response<DeleteBucketOutput>> {
        let bucket = req.input.bucket;
        let uploads = self.index(move |index| index.delete_bucket(&bucket)).await?;
        for (id, file) in uploads {
            self.drop_upload(id, file).await;
        }
        Ok(S3Response::new(DeleteBucketOutput {}))
    }

    async fn list_objects(
        &self,
        req: S3Request<ListObjectsInput>,
    ) -> S3Result<S3Response<ListObjectsOutput>> {
        let (bucket, query) = (req.input.bucket.clone(), listing::query(&req.input)?);
        let page = self.index(move |index| index.page(&bucket, &query)).await?;
        Ok(S3Response::new(listing::output(req.input, page)?))
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let (bucket, query) = (req.input.bucket.clone(), listing::query_v2(&req.input)?);
        let page = self.index(move |index| index.page(&bucket, &query)).await?;
        Ok(S3Response::new(listing::output_v2(req.input, page)?))
    }

    async fn get_object(
        &self,
        req: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        refuse_version(req.input.version_id.as_deref())?;
        refuse_part_number(req.input.part_number)?;
        let conditions = ReadConditions {
            matches: req.input.if_match.clone(),
            modified_since: req.input.if_modified_since.clone(),
            none_matches: req.input.if_none_match.clone(),
            unmodified_since: req.input.if_unmodified_since.clone(),
        };
        let asks_checksum = asks_checksum(req.input.checksum_mode.as_ref());
        let mut object = self.object(&req.input.bucket, &req.input.key).await?;
        let response = loop {
            conditions.check(&object)?;
            let input = GetObjectInput {
                bucket: AREA.to_owned(),
                key: object.file.clone(),
                range: range_within(req.input.range, object.size)?,
                ..GetObjectInput::default()
            };
            match self.files.system.get_object(request(input)).await {
                Ok(response) => break response,
                Err(error) => {
                    let (bucket, key) = (&req.input.bucket, &req.input.key);
                    object = self.successor(&object, bucket, key, error).await?;
                }
            }
        };
        Ok(response.map_output(|mut output| {
            output.accept_ranges = Some("bytes".to_owned());
            output.content_type.get_or_insert_with(|| CONTENT_TYPE.to_owned());
            if !asks_checksum {
                output.checksum_crc32 = None;
                output.checksum_crc32c = None;
                output.checksum_crc64nvme = None;
                output.checksum_sha1 = None;
                output.checksum_sha256 = None;
            }
            output
        }))
    }

    async fn head_object(
        &self,
        req: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = req.input;
        refuse_version(input.version_id.as_deref())?;
        refuse_part_number(input.part_number)?;
        let conditions = ReadConditions {
            matches: input.if_match,
            modified_since: input.if_modified_since,
            none_matches: input.if_none_match,
            unmodified_since: input.if_unmodified_since,
        };
        let asks_checksum = asks_checksum(input.checksum_mode.as_ref());
        let mut object = self.object(&input.bucket, &input.key).await?;
        let response = loop {
            conditions.check(&object)?;
            match self.head(&object.file).await {
                Ok(response) => break response,
                Err(error) => {
                    object = self.successor(&object, &input.bucket, &input.key, error).await?;
                }
            }
        };
        Ok(response.map_output(|mut output| {
            output.accept_ranges = Some("bytes".to_owned());
            output.content_type.get_or_insert_with(|| CONTENT_TYPE.to_owned());
            if !asks_checksum {
                output.checksum_crc32 = None;
                output.checksum_crc32c = None;
                output.checksum_crc64nvme = None;
                output.checksum_sha1 = None;
                output.checksum_sha256 = None;
            }
            output
        }))
    }

    async fn put_object(
        &self,
        mut req: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let condition =
            WriteCondition::parse(req.input.if_match.take(), req.input.if_none_match.take())?;
        let (bucket, key) = (req.input.bucket.clone(), req.input.key.clone());
        let place = (bucket.clone(), key.clone(), condition.clone());
        self.index(move |index| index.check_write(&place.0, &place.1, &place.2)).await?;
        let file = fresh_name()?;
        let kept = match self.write(&file, req).await {
            Ok((output, object)) => self
                .index(move |index| index.put(&bucket, &key, &object, &condition))
                .await
                .map(|replaced| (output, replaced)),
            Err(error) => Err(error),
        };
        match kept {
            Ok((output, replaced)) => {
                if let Some(replaced) = replaced {
                    self.discard(replaced).await;
                }
                Ok(S3Response::new(output))
            }
            Err(error) => {
                self.discard(file).await;
                Err(error)
            }
        }
    }

    async fn copy_object(
        &self,
        req: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        self.copy(req).await.map(S3Response::new)
    }

    async fn delete_object(
        &self,
        req: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = req.input;
        refuse_version(input.version_id.as_deref())?;
        let condition = WriteCondition::parse(input.if_match, None)?;
        let removed =
            self.index(move |index| index.delete(&input.bucket, &input.key, &condition)).await?;
        if let Some(removed) = removed {
            self.discard(removed).await;
        }
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
        req: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        self.delete_many(req.input).await.map(S3Response::new)
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        self.begin(req.input).await.map(S3Response::new)
    }

    async fn upload_part(
        &self,
        req: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        self.take_part(req).await.map(S3Response::new)
    }

    async fn upload_part_copy(
        &self,
        req: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        self.copy_part(req.input).await.map(S3Response::new)
    }

    async fn list_parts(
        &self,
        req: S3Request<ListPartsInput>,
    ) -> S3Result<S3Response<ListPartsOutput>> {
        self.show_parts(req.input).await.map(S3Response::new)
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        // A task of its own: a client that hangs up must not leave half an upload.
        let store = self.clone();
        let completed = tokio::spawn(async move { store.complete(req.input).await });
        completed.await.map_err(S3Error::internal_error)?.map(S3Response::new)
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        self.abort(req.input).await?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }
}

/// The time now.
#[expect(clippy::disallowed_methods, reason = "the store is a server of its own, with a clock")]
pub(super) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

fn refusal(error: IndexError) -> S3Error {
    match error {
        IndexError::BucketExists => s3_error!(BucketAlreadyOwnedByYou),
        IndexError::BucketNotEmpty => {
            s3_error!(BucketNotEmpty, "The bucket you tried to delete is not empty")
        }
        IndexError::NoSuchBucket => {
            s3_error!(NoSuchBucket, "The specified bucket does not exist")
        }
        IndexError::NoSuchKey => s3_error!(NoSuchKey, "The specified key does not exist."),
        IndexError::NoSuchUpload => {
            s3_error!(NoSuchUpload, "The specified upload does not exist")
        }
        IndexError::PreconditionFailed => s3_error!(PreconditionFailed),
        IndexError::Database(error) => {
            tracing::error!(%error, "embedded store: the index failed");
            S3Error::internal_error(error)
        }
    }
}

/// The store has no versions but the one that S3 calls `null`.
fn refuse_version(version_id: Option<&str>) -> S3Result<()> {
    match version_id {
        None | Some("null") => Ok(()),
        Some(_) => Err(s3_error!(NotImplemented, "This store keeps no versions")),
    }
}

fn refuse_part_number(part_number: Option<i32>) -> S3Result<()> {
    match part_number {
        None => Ok(()),
        Some(_) => Err(s3_error!(NotImplemented, "This store does not give parts of an object")),
    }
}

/// The range with its end in the object: s3s-fs fails on a suffix that is longer than the object.
fn range_within(range: Option<Range>, size: u64) -> S3Result<Option<Range>> {
    let Some(range) = range else { return Ok(None) };
    let bytes = range.check(size)?;
    match bytes.end.checked_sub(1) {
        Some(last) => Ok(Some(Range::Int { first: bytes.start, last: Some(last) })),
        None => Err(s3_error!(InvalidRange)),
    }
}

fn asks_checksum(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED)
}

fn shown_bucket((name, created): (String, OffsetDateTime)) -> Bucket {
    Bucket { creation_date: Some(created.into()), name: Some(name), ..Bucket::default() }
}

/// What an object is whose writer did not say.
const CONTENT_TYPE: &str = "binary/octet-stream";

/// Where the store says it is; it takes a signature for any region.
const REGION: &str = "us-east-1";

#[cfg(test)]
mod tests;
