//! The table of request headers: which operations take each one, and what becomes of it.
//!
//! A header whose name begins with `x-amz-` and that has no row is refused, since dropping it could turn an encrypted
//! write into a plain one. Any other header without a row (`host`, `authorization`, `connection`, `expect`, `accept`,
//! …) belongs to the client's connection, and never goes up.

use crate::{
    action::Action,
    operations::Operation::{
        self, AbortMultipartUpload, CompleteMultipartUpload, CopyObject, CreateBucket,
        CreateMultipartUpload, DeleteBucket, DeleteObject, GetBucketLocation, GetObject,
        HeadBucket, HeadObject, ListBuckets, ListObjects, ListObjectsV2, ListParts, PutObject,
        UploadPart, UploadPartCopy,
    },
};

/// One row of the table. A name has several rows where its operations differ in what becomes of it.
#[derive(Clone, Copy, Debug)]
pub struct HeaderRow {
    /// Its name in lower case; with a last `-`, every longer name that begins so.
    pub name: &'static str,
    /// What becomes of it.
    pub handling: HeaderHandling,
    /// The operations that this row is about; none for every operation that no earlier row of the name is about.
    pub operations: &'static [Operation],
    /// Values that say the default: the header does not go up.
    pub defaults: &'static [&'static str],
    /// Values that go up and need no leave of their own.
    pub free: &'static [&'static str],
}

impl HeaderRow {
    /// The rows of `name`, which is in lower case, in the order in which they count.
    pub fn find(name: &str) -> impl Iterator<Item = &'static Self> {
        HEADERS.iter().filter(move |row| row.is_named(name))
    }

    /// Whether it says what becomes of the header in a request for `operation`.
    pub fn is_about(&self, operation: Operation) -> bool {
        self.operations.is_empty() || self.operations.contains(&operation)
    }

    fn is_named(&self, name: &str) -> bool {
        if self.name.ends_with('-') {
            name.strip_prefix(self.name).is_some_and(|rest| !rest.is_empty())
        } else {
            name == self.name
        }
    }

    const fn new(
        name: &'static str,
        handling: HeaderHandling,
        operations: &'static [Operation],
    ) -> Self {
        Self { name, handling, operations, defaults: &[], free: &[] }
    }

    const fn copied(name: &'static str, operations: &'static [Operation]) -> Self {
        Self::new(name, HeaderHandling::Copied, operations)
    }

    const fn consumed(name: &'static str) -> Self {
        Self::new(name, HeaderHandling::Consumed, &[])
    }

    const fn refused(name: &'static str) -> Self {
        Self::new(name, HeaderHandling::Refused, &[])
    }

    const fn authorized(
        name: &'static str,
        action: Action,
        operations: &'static [Operation],
    ) -> Self {
        Self::new(name, HeaderHandling::Authorized(action), operations)
    }

    const fn defaults(self, defaults: &'static [&'static str]) -> Self {
        Self { defaults, ..self }
    }

    const fn free(self, free: &'static [&'static str]) -> Self {
        Self { free, ..self }
    }
}

/// What becomes of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderHandling {
    /// It goes up.
    Copied,
    /// It goes up without `aws-chunked`, which is the client's framing and not the object's coding.
    CopiedCodings,
    /// It goes up, written anew, if it is a range of bytes with both its ends.
    CopiedRange,
    /// It names another object: it is read once, needs leave to read that, and goes up written anew.
    Source,
    /// It goes up if the caller may do this, besides the operation itself, to what the URL names.
    Authorized(Action),
    /// It is the client's authentication, framing or connection, and never goes up.
    Consumed,
    /// It is refused by its name.
    Refused,
}

/// Every header that is known by name.
#[rustfmt::skip]
pub static HEADERS: &[HeaderRow] = &[
    // What an object is stored with. Elsewhere these speak of a body that is not stored.
    HeaderRow::copied("cache-control", WRITES),
    HeaderRow::consumed("cache-control"),
    HeaderRow::copied("content-disposition", WRITES),
    HeaderRow::consumed("content-disposition"),
    HeaderRow::new("content-encoding", HeaderHandling::CopiedCodings, WRITES),
    HeaderRow::consumed("content-encoding"),
    HeaderRow::copied("content-language", WRITES),
    HeaderRow::consumed("content-language"),
    HeaderRow::copied("content-type", WRITES),
    HeaderRow::consumed("content-type"),
    HeaderRow::copied("expires", WRITES),
    HeaderRow::consumed("expires"),
    // The body's own hash; a body that is made anew has another.
    HeaderRow::copied("content-md5", BODIES),
    HeaderRow::consumed("content-md5"),
    // A condition that is not sent on would be a condition that does not hold anybody back; on a bucket, and on a list,
    // S3 has none.
    HeaderRow::copied("if-match", &[CompleteMultipartUpload, CopyObject, DeleteObject, GetObject, HeadObject, PutObject]),
    HeaderRow::new("if-match", HeaderHandling::Consumed, UNCONDITIONAL),
    HeaderRow::copied("if-modified-since", READS),
    HeaderRow::new("if-modified-since", HeaderHandling::Consumed, UNCONDITIONAL),
    HeaderRow::copied("if-none-match", &[CompleteMultipartUpload, CopyObject, GetObject, HeadObject, PutObject]),
    HeaderRow::new("if-none-match", HeaderHandling::Consumed, UNCONDITIONAL),
    HeaderRow::copied("if-unmodified-since", READS),
    HeaderRow::new("if-unmodified-since", HeaderHandling::Consumed, UNCONDITIONAL),
    HeaderRow::copied("if-range", READS),
    HeaderRow::consumed("if-range"),
    HeaderRow::copied("range", READS),
    HeaderRow::consumed("range"),
    // The client's authentication and framing.
    HeaderRow::consumed("x-amz-content-sha256"),
    HeaderRow::consumed("x-amz-date"),
    HeaderRow::consumed("x-amz-decoded-content-length"),
    HeaderRow::consumed("x-amz-security-token"),
    HeaderRow::consumed("x-amz-te"),
    HeaderRow::consumed("x-amz-trailer"),
    HeaderRow::consumed("x-amz-user-agent"),
    // Checksums of a body. SDKs also send those of empty bodies, with reads and with everything else.
    HeaderRow::copied("x-amz-checksum-crc32", BODIES),
    HeaderRow::consumed("x-amz-checksum-crc32"),
    HeaderRow::copied("x-amz-checksum-crc32c", BODIES),
    HeaderRow::consumed("x-amz-checksum-crc32c"),
    HeaderRow::copied("x-amz-checksum-crc64nvme", BODIES),
    HeaderRow::consumed("x-amz-checksum-crc64nvme"),
    HeaderRow::copied("x-amz-checksum-md5", BODIES),
    HeaderRow::consumed("x-amz-checksum-md5"),
    HeaderRow::copied("x-amz-checksum-sha1", BODIES),
    HeaderRow::consumed("x-amz-checksum-sha1"),
    HeaderRow::copied("x-amz-checksum-sha256", BODIES),
    HeaderRow::consumed("x-amz-checksum-sha256"),
    HeaderRow::copied("x-amz-checksum-sha512", BODIES),
    HeaderRow::consumed("x-amz-checksum-sha512"),
    HeaderRow::copied("x-amz-checksum-xxhash128", BODIES),
    HeaderRow::consumed("x-amz-checksum-xxhash128"),
    HeaderRow::copied("x-amz-checksum-xxhash3", BODIES),
    HeaderRow::consumed("x-amz-checksum-xxhash3"),
    HeaderRow::copied("x-amz-checksum-xxhash64", BODIES),
    HeaderRow::consumed("x-amz-checksum-xxhash64"),
    HeaderRow::copied("x-amz-sdk-checksum-algorithm", &[PutObject, UploadPart]),
    HeaderRow::consumed("x-amz-sdk-checksum-algorithm"),
    HeaderRow::copied("x-amz-checksum-algorithm", &[CopyObject, CreateMultipartUpload]),
    HeaderRow::copied("x-amz-checksum-mode", READS),
    HeaderRow::copied("x-amz-checksum-type", &[CompleteMultipartUpload, CreateMultipartUpload]),
    // What an object is written as.
    HeaderRow::copied("x-amz-meta-", WRITES),
    HeaderRow::copied("x-amz-mp-object-size", &[CompleteMultipartUpload]),
    HeaderRow::copied("x-amz-server-side-encryption", WRITES),
    HeaderRow::copied("x-amz-server-side-encryption-bucket-key-enabled", WRITES),
    HeaderRow::copied("x-amz-server-side-encryption-context", WRITES),
    HeaderRow::copied("x-amz-storage-class", WRITES),
    // What is copied, and how much of it. What a copy takes over of its source besides the bytes needs no leave but that
    // to read it; a copy that leaves the source's tags behind decides about tags.
    HeaderRow::new("x-amz-copy-source", HeaderHandling::Source, COPIES),
    HeaderRow::new("x-amz-copy-source-range", HeaderHandling::CopiedRange, &[UploadPartCopy]),
    HeaderRow::copied("x-amz-metadata-directive", &[CopyObject]),
    HeaderRow::copied("x-amz-object-annotation-directive", &[CopyObject]),
    HeaderRow::authorized("x-amz-tagging-directive", Action::WRITE_OBJECT_TAGS, &[CopyObject]).defaults(&["COPY"]),
    // Conditions and assurances, which can only narrow what happens; and who pays.
    HeaderRow::copied("x-amz-copy-source-if-match", COPIES),
    HeaderRow::copied("x-amz-copy-source-if-modified-since", COPIES),
    HeaderRow::copied("x-amz-copy-source-if-none-match", COPIES),
    HeaderRow::copied("x-amz-copy-source-if-unmodified-since", COPIES),
    HeaderRow::copied("x-amz-expected-bucket-owner", OWNED),
    HeaderRow::copied("x-amz-if-match-initiated-time", &[AbortMultipartUpload]),
    HeaderRow::copied("x-amz-if-match-last-modified-time", &[DeleteObject]),
    HeaderRow::copied("x-amz-if-match-size", &[DeleteObject]),
    HeaderRow::copied("x-amz-optional-object-attributes", &[ListObjects, ListObjectsV2]),
    HeaderRow::copied("x-amz-request-payer", PAID),
    HeaderRow::copied("x-amz-source-expected-bucket-owner", COPIES),
    // What carries a privilege: each needs its own leave.
    HeaderRow::authorized("x-amz-acl", Action::WRITE_OBJECT_ACL, WRITES).defaults(&["private"]).free(&["bucket-owner-full-control", "bucket-owner-read"]),
    HeaderRow::authorized("x-amz-acl", Action::WRITE_BUCKET_ACL, &[CreateBucket]).defaults(&["private"]),
    HeaderRow::authorized("x-amz-grant-full-control", Action::WRITE_OBJECT_ACL, WRITES),
    HeaderRow::authorized("x-amz-grant-full-control", Action::WRITE_BUCKET_ACL, &[CreateBucket]),
    HeaderRow::authorized("x-amz-grant-read", Action::WRITE_OBJECT_ACL, WRITES),
    HeaderRow::authorized("x-amz-grant-read", Action::WRITE_BUCKET_ACL, &[CreateBucket]),
    HeaderRow::authorized("x-amz-grant-read-acp", Action::WRITE_OBJECT_ACL, WRITES),
    HeaderRow::authorized("x-amz-grant-read-acp", Action::WRITE_BUCKET_ACL, &[CreateBucket]),
    HeaderRow::authorized("x-amz-grant-write", Action::WRITE_BUCKET_ACL, &[CreateBucket]),
    HeaderRow::authorized("x-amz-grant-write-acp", Action::WRITE_OBJECT_ACL, WRITES),
    HeaderRow::authorized("x-amz-grant-write-acp", Action::WRITE_BUCKET_ACL, &[CreateBucket]),
    HeaderRow::authorized("x-amz-bucket-object-lock-enabled", Action::WRITE_BUCKET_OBJECT_LOCK, &[CreateBucket]).defaults(&["false"]),
    HeaderRow::authorized("x-amz-object-ownership", Action::WRITE_BUCKET_OWNERSHIP_CONTROLS, &[CreateBucket]),
    HeaderRow::authorized("x-amz-bypass-governance-retention", Action::BYPASS_GOVERNANCE_RETENTION, &[DeleteObject]).defaults(&["false"]),
    HeaderRow::authorized("x-amz-object-lock-legal-hold", Action::WRITE_OBJECT_LEGAL_HOLD, WRITES),
    HeaderRow::authorized("x-amz-object-lock-mode", Action::WRITE_OBJECT_RETENTION, WRITES),
    HeaderRow::authorized("x-amz-object-lock-retain-until-date", Action::WRITE_OBJECT_RETENTION, WRITES),
    HeaderRow::authorized("x-amz-server-side-encryption-aws-kms-key-id", Action::WRITE_OBJECT_ENCRYPTION_KEY, WRITES),
    HeaderRow::authorized("x-amz-tagging", Action::WRITE_OBJECT_TAGS, WRITES),
    HeaderRow::authorized("x-amz-website-redirect-location", Action::WRITE_OBJECT_REDIRECT, WRITES),
    // Refused by name: keys of the client's own; directory buckets and sessions; marks of operations that
    // are not forwarded; the device of the account's owner; namespaces and holds that no action stands for.
    HeaderRow::refused("x-amz-server-side-encryption-customer-"),
    HeaderRow::refused("x-amz-copy-source-server-side-encryption-customer-"),
    HeaderRow::refused("x-amz-bucket-namespace"),
    HeaderRow::refused("x-amz-create-session"),
    HeaderRow::refused("x-amz-create-session-mode"),
    HeaderRow::refused("x-amz-mfa"),
    HeaderRow::refused("x-amz-object-lock-event-hold"),
    HeaderRow::refused("x-amz-object-lock-event-hold-duration-days"),
    HeaderRow::refused("x-amz-object-lock-event-hold-duration-years"),
    HeaderRow::refused("x-amz-request-route"),
    HeaderRow::refused("x-amz-s3session-token"),
    HeaderRow::refused("x-amz-write-offset-bytes"),
];

const READS: &[Operation] = &[GetObject, HeadObject];

/// Reads of which S3 ignores conditions.
const UNCONDITIONAL: &[Operation] =
    &[GetBucketLocation, HeadBucket, ListBuckets, ListObjects, ListObjectsV2, ListParts];

const WRITES: &[Operation] = &[CopyObject, CreateMultipartUpload, PutObject];

const COPIES: &[Operation] = &[CopyObject, UploadPartCopy];

const BODIES: &[Operation] = &[CompleteMultipartUpload, PutObject, UploadPart];

const OWNED: &[Operation] = &[
    AbortMultipartUpload,
    CompleteMultipartUpload,
    CopyObject,
    CreateMultipartUpload,
    DeleteBucket,
    DeleteObject,
    GetBucketLocation,
    GetObject,
    HeadBucket,
    HeadObject,
    ListObjects,
    ListObjectsV2,
    ListParts,
    PutObject,
    UploadPart,
    UploadPartCopy,
];

const PAID: &[Operation] = &[
    AbortMultipartUpload,
    CompleteMultipartUpload,
    CopyObject,
    CreateMultipartUpload,
    DeleteObject,
    GetObject,
    HeadObject,
    ListObjects,
    ListObjectsV2,
    ListParts,
    PutObject,
    UploadPart,
    UploadPartCopy,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::OPERATIONS;

    #[test]
    fn no_row_is_hidden_behind_an_earlier_one() {
        for (index, row) in HEADERS.iter().enumerate() {
            for earlier in &HEADERS[..index] {
                let hidden = earlier.is_named(row.name)
                    && OPERATIONS
                        .iter()
                        .all(|operation| !row.is_about(*operation) || earlier.is_about(*operation));
                assert!(!hidden, "{row:?} is behind {earlier:?}");
            }
        }
    }

    #[test]
    fn names_are_in_lower_case_with_hyphens() {
        for row in HEADERS {
            assert!(
                row.name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')),
                "{}",
                row.name
            );
        }
    }

    #[test]
    fn a_prefix_names_only_what_is_longer() {
        assert_eq!(HeaderRow::find("x-amz-meta-").count(), 0);
        assert_eq!(HeaderRow::find("x-amz-meta-a").count(), 1);
        assert_eq!(HeaderRow::find("x-amz-server-side-encryption-customer-key-md5").count(), 1);
    }
}
