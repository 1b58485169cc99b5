//! Multipart uploads.
//!
//! s3s-fs forgets an upload before it looks at the list of its parts, so the list is checked here,
//! first, and a wrong one leaves the upload as it was.

use s3s::dto::{
    AbortMultipartUploadInput, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CompletedPart, CreateMultipartUploadInput, CreateMultipartUploadOutput, ETag, ListPartsInput,
    ListPartsOutput, Part as Listed, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Error, S3Request, S3Result, s3_error};

use super::checked::{Checked, Outcome};
use super::conditions::WriteCondition;
use super::files::{AREA, fresh_name, request};
use super::index::Object;
use super::operations::{LocalStore, now};
use super::parts::{Part, Upload};

impl LocalStore {
    /// `CreateMultipartUpload`.
    ///
    /// # Errors
    ///
    /// `NoSuchBucket`.
    pub(super) async fn begin(
        &self,
        input: CreateMultipartUploadInput,
    ) -> S3Result<CreateMultipartUploadOutput> {
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        self.index({
            let bucket = bucket.clone();
            move |index| index.check_bucket(&bucket)
        })
        .await?;
        let file = fresh_name()?;
        let input =
            CreateMultipartUploadInput { bucket: AREA.to_owned(), key: file.clone(), ..input };
        let begun = self.files.system.create_multipart_upload(request(input)).await?.output;
        let id = begun.upload_id.ok_or_else(|| s3_error!(InternalError))?;
        let upload = Upload { id: id.clone(), bucket: bucket.clone(), key: key.clone() };
        self.index(move |index| index.begin_upload(&upload, &file)).await?;
        Ok(CreateMultipartUploadOutput {
            bucket: Some(bucket),
            key: Some(key),
            upload_id: Some(id),
            ..CreateMultipartUploadOutput::default()
        })
    }

    /// `UploadPart`.
    ///
    /// # Errors
    ///
    /// `NoSuchUpload`; `InvalidArgument` for a part number that is not 1 to 10 000.
    pub(super) async fn take_part(
        &self,
        req: S3Request<UploadPartInput>,
    ) -> S3Result<UploadPartOutput> {
        let input = req.input;
        let number = input.part_number;
        if !(1..=PART_MAX).contains(&number) {
            return Err(s3_error!(
                InvalidArgument,
                "Part number must be an integer between 1 and 10000, inclusive"
            ));
        }
        let id = input.upload_id.clone();
        let upload =
            Upload { id: id.clone(), bucket: input.bucket.clone(), key: input.key.clone() };
        let file = self.index(move |index| index.upload_file(&upload)).await?;
        let mut input = UploadPartInput { bucket: AREA.to_owned(), key: file, ..input };
        let outcome = Checked::install(&mut input, req.trailing_headers);
        let response = self.files.system.upload_part(request(input)).await;
        let Outcome { size, checksum, .. } = Outcome::of(&outcome);
        let e_tag = match response {
            Ok(response) => response.output.e_tag.map(ETag::into_value).unwrap_or_default(),
            Err(error) => return Err(Outcome::of(&outcome).explain(error)),
        };
        let output = UploadPartOutput {
            checksum_crc32: checksum.checksum_crc32,
            checksum_crc32c: checksum.checksum_crc32c,
            checksum_crc64nvme: checksum.checksum_crc64nvme,
            checksum_sha1: checksum.checksum_sha1,
            checksum_sha256: checksum.checksum_sha256,
            e_tag: Some(ETag::Strong(e_tag.clone())),
            ..UploadPartOutput::default()
        };
        let part = Part { number, e_tag, size, modified: now() };
        self.index(move |index| index.put_part(&id, &part)).await?;
        Ok(output)
    }

    /// `ListParts`.
    ///
    /// # Errors
    ///
    /// `NoSuchUpload`.
    pub(super) async fn show_parts(&self, input: ListPartsInput) -> S3Result<ListPartsOutput> {
        let upload = Upload {
            id: input.upload_id.clone(),
            bucket: input.bucket.clone(),
            key: input.key.clone(),
        };
        let mut parts = self.index(move |index| index.parts(&upload)).await?;
        let max_parts = input.max_parts.unwrap_or(PAGE_MAX).clamp(0, PAGE_MAX);
        let marker = input.part_number_marker.unwrap_or_default();
        parts.retain(|part| part.number > marker);
        let size = usize::try_from(max_parts).map_err(S3Error::internal_error)?;
        let more = parts.len() > size;
        parts.truncate(size);
        Ok(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            is_truncated: Some(more),
            max_parts: Some(max_parts),
            part_number_marker: Some(marker),
            next_part_number_marker: parts.last().filter(|_| more).map(|part| part.number),
            parts: Some(parts.into_iter().map(shown).collect::<S3Result<_>>()?),
            ..ListPartsOutput::default()
        })
    }

    /// `CompleteMultipartUpload`.
    ///
    /// # Errors
    ///
    /// `NoSuchUpload`, those of [`check_parts`] and a failed condition, which leave the upload as it
    /// was; `InternalError`, which ends it.
    pub(super) async fn complete(
        &self,
        input: CompleteMultipartUploadInput,
    ) -> S3Result<CompleteMultipartUploadOutput> {
        let upload = Upload {
            id: input.upload_id.clone(),
            bucket: input.bucket.clone(),
            key: input.key.clone(),
        };
        let condition = WriteCondition::parse(input.if_match.clone(), input.if_none_match.clone())?;
        let (file, parts) = self
            .index({
                let (upload, condition) = (upload.clone(), condition.clone());
                move |index| {
                    index.check_write(&upload.bucket, &upload.key, &condition)?;
                    Ok((index.upload_file(&upload)?, index.parts(&upload)?))
                }
            })
            .await?;
        let listed = input.multipart_upload.as_ref().and_then(|listed| listed.parts.as_deref());
        check_parts(listed.unwrap_or_default(), &parts)?;
        let input = CompleteMultipartUploadInput {
            bucket: AREA.to_owned(),
            key: file.clone(),
            if_match: None,
            if_none_match: None,
            ..input
        };
        let object = match self.assemble(input).await {
            Ok(object) => object,
            // s3s-fs has forgotten the upload, or another request is completing it.
            Err(error) => {
                self.index(move |index| index.forget_upload(&upload.id)).await?;
                return Err(S3Error::internal_error(error));
            }
        };
        let e_tag = object.e_tag.clone();
        let (bucket, key) = (upload.bucket.clone(), upload.key.clone());
        let finished =
            self.index(move |index| index.finish_upload(&upload, &object, &condition)).await;
        match finished {
            Ok(replaced) => {
                if let Some(replaced) = replaced {
                    self.discard(replaced).await;
                }
            }
            Err(error) => {
                self.discard(file).await;
                return Err(error);
            }
        }
        Ok(CompleteMultipartUploadOutput {
            location: Some(format!("/{bucket}/{key}")),
            bucket: Some(bucket),
            key: Some(key),
            e_tag: Some(ETag::Strong(e_tag)),
            ..CompleteMultipartUploadOutput::default()
        })
    }

    /// `AbortMultipartUpload`.
    ///
    /// # Errors
    ///
    /// `NoSuchUpload`.
    pub(super) async fn abort(&self, input: AbortMultipartUploadInput) -> S3Result<()> {
        let upload = Upload { id: input.upload_id, bucket: input.bucket, key: input.key };
        let id = upload.id.clone();
        let file = self
            .index(move |index| {
                let file = index.upload_file(&upload)?;
                index.forget_upload(&upload.id)?;
                Ok(file)
            })
            .await?;
        self.drop_upload(id, file).await;
        Ok(())
    }

    /// Removes the files of an upload that the index has forgotten; a failure costs room, no more.
    pub(super) async fn drop_upload(&self, id: String, file: String) {
        let input = AbortMultipartUploadInput {
            bucket: AREA.to_owned(),
            key: file,
            upload_id: id,
            ..AbortMultipartUploadInput::default()
        };
        if let Err(error) = self.files.system.abort_multipart_upload(request(input)).await {
            tracing::warn!(%error, "embedded store: parts were left behind");
        }
    }

    /// Makes one file of the parts.
    async fn assemble(&self, input: CompleteMultipartUploadInput) -> S3Result<Object> {
        let file = input.key.clone();
        let output = self.files.system.complete_multipart_upload(request(input)).await?.output;
        if let Some(rest) = output.future {
            rest.await?;
        }
        self.written(&file).await
    }
}

/// Checks the list of parts that a client wants to make an object of against what it sent.
///
/// # Errors
///
/// `InvalidPart` for one that was not sent or has another tag, `InvalidPartOrder`, `EntityTooSmall`
/// for one below 5 MiB that is not the last, `MalformedXML` for an empty list, and `NotImplemented`
/// for a list that skips a number, which s3s-fs cannot take.
fn check_parts(listed: &[CompletedPart], sent: &[Part]) -> S3Result<()> {
    if listed.is_empty() {
        return Err(s3_error!(MalformedXML, "You must specify at least one part"));
    }
    let mut previous = 0;
    let mut small = false;
    for part in listed {
        let number = part.part_number.unwrap_or_default();
        if number <= previous {
            return Err(s3_error!(InvalidPartOrder));
        }
        previous = number;
        if small {
            return Err(s3_error!(EntityTooSmall));
        }
        let sent = sent.iter().find(|sent| sent.number == number);
        let sent = sent.ok_or_else(|| s3_error!(InvalidPart))?;
        if part.e_tag.as_ref().map(ETag::value) != Some(sent.e_tag.as_str()) {
            return Err(s3_error!(InvalidPart));
        }
        small = sent.size < PART_BYTES_MIN;
    }
    if usize::try_from(previous) == Ok(listed.len()) {
        Ok(())
    } else {
        Err(s3_error!(NotImplemented, "This store takes parts numbered 1, 2, 3 and so on"))
    }
}

fn shown(part: Part) -> S3Result<Listed> {
    Ok(Listed {
        e_tag: Some(ETag::Strong(part.e_tag)),
        last_modified: Some(part.modified.into()),
        part_number: Some(part.number),
        size: Some(i64::try_from(part.size).map_err(S3Error::internal_error)?),
        ..Listed::default()
    })
}

/// The highest number of a part.
const PART_MAX: i32 = 10_000;

/// The least size of a part that is not the last.
const PART_BYTES_MIN: u64 = 5 * 1024 * 1024;

/// The most parts on a page of `ListParts`.
const PAGE_MAX: i32 = 1000;

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;

    fn sent(number: i32, size: u64) -> Part {
        Part { number, e_tag: format!("t{number}"), size, modified: OffsetDateTime::UNIX_EPOCH }
    }

    fn listed(number: i32, e_tag: &str) -> CompletedPart {
        CompletedPart {
            e_tag: Some(ETag::Strong(e_tag.to_owned())),
            part_number: Some(number),
            ..CompletedPart::default()
        }
    }

    fn refusal(listed: &[CompletedPart], sent: &[Part]) -> Option<String> {
        check_parts(listed, sent).err().map(|error| error.code().as_str().to_owned())
    }

    #[test]
    fn the_last_part_may_be_small_and_no_other() {
        let big = [sent(1, PART_BYTES_MIN), sent(2, 1)];
        let list = [listed(1, "t1"), listed(2, "t2")];
        assert_eq!(refusal(&list, &big), None);
        let small = [sent(1, PART_BYTES_MIN - 1), sent(2, 1)];
        assert_eq!(refusal(&list, &small).as_deref(), Some("EntityTooSmall"));
        assert_eq!(refusal(&list[..1], &small), None);
    }

    #[test]
    fn a_part_with_another_tag_is_refused() {
        let refused = refusal(&[listed(1, "t2")], &[sent(1, 1)]);
        assert_eq!(refused.as_deref(), Some("InvalidPart"));
    }

    #[test]
    fn a_part_that_was_not_sent_is_refused() {
        let refused = refusal(&[listed(1, "t1"), listed(2, "t2")], &[sent(1, PART_BYTES_MIN)]);
        assert_eq!(refused.as_deref(), Some("InvalidPart"));
    }

    #[test]
    fn parts_out_of_order_are_refused() {
        let parts = [sent(1, PART_BYTES_MIN), sent(2, PART_BYTES_MIN)];
        let refused = refusal(&[listed(2, "t2"), listed(1, "t1")], &parts);
        assert_eq!(refused.as_deref(), Some("InvalidPartOrder"));
        let refused = refusal(&[listed(1, "t1"), listed(1, "t1")], &parts);
        assert_eq!(refused.as_deref(), Some("InvalidPartOrder"));
    }

    #[test]
    fn an_empty_list_is_refused() {
        assert_eq!(refusal(&[], &[]).as_deref(), Some("MalformedXML"));
    }
}
