//! Copies: one object is read, and written as another.

use hyper::HeaderMap;
use hyper::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopyPartResult, CopySource, ETagCondition,
    GetObjectInput, GetObjectOutput, MetadataDirective, PutObjectInput, Range, UploadPartCopyInput,
    UploadPartCopyOutput, UploadPartInput,
};
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Result, s3_error};

use super::files::request;
use super::operations::{LocalStore, now};

impl LocalStore {
    /// `CopyObject`.
    ///
    /// # Errors
    ///
    /// Those of a read and of a write; `InvalidRequest` for a copy onto itself that changes nothing.
    pub(super) async fn copy(&self, req: S3Request<CopyObjectInput>) -> S3Result<CopyObjectOutput> {
        // s3s does not read these of a copy.
        let [if_match, if_none_match] =
            [IF_MATCH, IF_NONE_MATCH].map(|name| condition(&req.headers, &name));
        let input = req.input;
        let replaces = input
            .metadata_directive
            .as_ref()
            .is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
        let read = GetObjectInput {
            if_match: input.copy_source_if_match,
            if_modified_since: input.copy_source_if_modified_since,
            if_none_match: input.copy_source_if_none_match,
            if_unmodified_since: input.copy_source_if_unmodified_since,
            ..source(&input.copy_source)?
        };
        if !replaces && (&read.bucket, &read.key) == (&input.bucket, &input.key) {
            return Err(s3_error!(
                InvalidRequest,
                "This copy request is illegal because it is trying to copy an object to itself \
                 without changing the object's metadata."
            ));
        }
        let read = self.read(read).await?;
        let mut write = PutObjectInput {
            bucket: input.bucket,
            key: input.key,
            body: read.body,
            content_length: read.content_length,
            if_match: if_match?,
            if_none_match: if_none_match?,
            cache_control: read.cache_control,
            content_disposition: read.content_disposition,
            content_encoding: read.content_encoding,
            content_language: read.content_language,
            content_type: read.content_type,
            metadata: read.metadata,
            ..PutObjectInput::default()
        };
        if replaces {
            write.cache_control = input.cache_control;
            write.content_disposition = input.content_disposition;
            write.content_encoding = input.content_encoding;
            write.content_language = input.content_language;
            write.content_type = input.content_type;
            write.metadata = input.metadata;
        }
        let written = self.put_object(request(write)).await?.output;
        let result = CopyObjectResult {
            e_tag: written.e_tag,
            last_modified: Some(now().into()),
            ..CopyObjectResult::default()
        };
        Ok(CopyObjectOutput { copy_object_result: Some(result), ..CopyObjectOutput::default() })
    }

    /// `UploadPartCopy`.
    ///
    /// # Errors
    ///
    /// Those of a read and of a part; `InvalidArgument` for what is no range of the source.
    pub(super) async fn copy_part(
        &self,
        input: UploadPartCopyInput,
    ) -> S3Result<UploadPartCopyOutput> {
        let range = input.copy_source_range.as_deref().map(range).transpose()?;
        let last = range.and_then(|range| match range {
            Range::Int { last, .. } => last,
            Range::Suffix { .. } => None,
        });
        let read = GetObjectInput {
            if_match: input.copy_source_if_match,
            if_modified_since: input.copy_source_if_modified_since,
            if_none_match: input.copy_source_if_none_match,
            if_unmodified_since: input.copy_source_if_unmodified_since,
            range,
            ..source(&input.copy_source)?
        };
        let read = self.read(read).await?;
        // A read ends where its object does; a copy of more than there is would be another than was asked for.
        let end = read.content_range.as_deref().and_then(last_byte);
        if last.is_some() && end != last {
            return Err(s3_error!(InvalidArgument, "The range is not within the source"));
        }
        let part = UploadPartInput {
            bucket: input.bucket,
            key: input.key,
            upload_id: input.upload_id,
            part_number: input.part_number,
            body: read.body,
            content_length: read.content_length,
            ..UploadPartInput::default()
        };
        let taken = self.take_part(request(part)).await?;
        let result = CopyPartResult {
            e_tag: taken.e_tag,
            last_modified: Some(now().into()),
            ..CopyPartResult::default()
        };
        Ok(UploadPartCopyOutput {
            copy_part_result: Some(result),
            ..UploadPartCopyOutput::default()
        })
    }

    /// Reads a source. That it was not modified is a failed condition of a copy.
    async fn read(&self, input: GetObjectInput) -> S3Result<GetObjectOutput> {
        match self.get_object(request(input)).await {
            Ok(response) => Ok(response.output),
            Err(error) if *error.code() == S3ErrorCode::NotModified => {
                Err(S3Error::new(S3ErrorCode::PreconditionFailed))
            }
            Err(error) => Err(error),
        }
    }
}

fn source(source: &CopySource) -> S3Result<GetObjectInput> {
    match source {
        CopySource::Bucket { bucket, key, version_id } => Ok(GetObjectInput {
            bucket: bucket.to_string(),
            key: key.to_string(),
            version_id: version_id.as_ref().map(ToString::to_string),
            ..GetObjectInput::default()
        }),
        CopySource::AccessPoint { .. } | CopySource::Outpost { .. } => {
            Err(s3_error!(NotImplemented, "This store has buckets only"))
        }
    }
}

fn condition(headers: &HeaderMap, name: &HeaderName) -> S3Result<Option<ETagCondition>> {
    let bad = || s3_error!(InvalidArgument, "The condition is no ETag");
    let Some(value) = headers.get(name) else { return Ok(None) };
    value.to_str().ok().and_then(|text| text.parse().ok()).map(Some).ok_or_else(bad)
}

fn range(text: &str) -> S3Result<Range> {
    let range = policy::ByteRange::parse(text)
        .ok_or_else(|| s3_error!(InvalidArgument, "The range is not bytes=first-last"))?;
    Ok(Range::Int { first: range.first(), last: Some(range.last()) })
}

/// The last byte of `bytes first-last/size`.
fn last_byte(content_range: &str) -> Option<u64> {
    content_range.split_once('-')?.1.split_once('/')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_ends_where_its_range_says() {
        assert_eq!(last_byte("bytes 5-8/100"), Some(8));
        assert_eq!(last_byte("bytes */100"), None);
    }
}
