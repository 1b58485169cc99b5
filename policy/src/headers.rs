//! The table of request headers: which operations take each one, and what becomes of it.
//!
//! A header whose name begins with `x-amz-` and that has no row is refused, since dropping it could turn an encrypted
//! write into a plain one. Any other header without a row (`host`, `authorization`, `connection`, `expect`, `accept`,
//! …) belongs to the client's connection, and never goes up.

use crate::{
    action::Action,
    operations::Operation::{
        self, AbortMultipartUpload, CompleteMultipartUpload, CopyObject, CreateBucket,
        CreateMultipartUpload, DeleteObject, DeleteObjects, GetBucketAccelerateConfiguration,
        GetObject, GetObjectAcl, GetObjectAttributes, GetObjectLegalHold, GetObjectRetention,
        GetObjectTagging, GetObjectTorrent, HeadObject, ListBuckets, ListMultipartUploads,
        ListObjectVersions, ListObjects, ListObjectsV2, ListParts, PutBucketAcl,
        PutBucketLifecycleConfiguration, PutBucketNotificationConfiguration, PutBucketPolicy,
        PutBucketReplication, PutObject, PutObjectAcl, PutObjectLegalHold,
        PutObjectLockConfiguration, PutObjectRetention, PutObjectTagging, RestoreObject,
        SelectObjectContent, UploadPart, UploadPartCopy,
    },
    takers::Takers,
};

/// One row of the table. A name has several rows where its operations differ in what becomes of it.
#[derive(Clone, Copy, Debug)]
pub struct HeaderRow {
    /// Its name in lower case; with a last `-`, every longer name that begins so.
    pub name: &'static str,
    /// What becomes of it.
    pub handling: HeaderHandling,
    /// The operations that this row is about, of those that no earlier row of the name is about.
    pub takers: Takers,
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
        self.takers.include(operation)
    }

    fn is_named(&self, name: &str) -> bool {
        if self.name.ends_with('-') {
            name.strip_prefix(self.name).is_some_and(|rest| !rest.is_empty())
        } else {
            name == self.name
        }
    }

    const fn new(name: &'static str, handling: HeaderHandling, takers: Takers) -> Self {
        Self { name, handling, takers, defaults: &[], free: &[] }
    }

    const fn copied(name: &'static str, operations: &'static [Operation]) -> Self {
        Self::new(name, HeaderHandling::Copied, Takers::These(operations))
    }

    const fn list(name: &'static str, operations: &'static [Operation]) -> Self {
        Self::new(name, HeaderHandling::CopiedList, Takers::These(operations))
    }

    const fn of_body(name: &'static str) -> Self {
        Self::new(name, HeaderHandling::Copied, Takers::Bodies(OBJECTS))
    }

    const fn secret(name: &'static str, operations: &'static [Operation]) -> Self {
        Self::new(name, HeaderHandling::Secret, Takers::These(operations))
    }

    const fn consumed(name: &'static str) -> Self {
        Self::new(name, HeaderHandling::Consumed, Takers::All)
    }

    const fn refused(name: &'static str) -> Self {
        Self::new(name, HeaderHandling::Refused, Takers::All)
    }

    const fn authorized(
        name: &'static str,
        action: Action,
        operations: &'static [Operation],
    ) -> Self {
        Self::new(name, HeaderHandling::Authorized(action), Takers::These(operations))
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
    /// It goes up, its lines as one, with commas between.
    CopiedList,
    /// It goes up without `aws-chunked`, which is the client's framing and not the object's coding.
    CopiedCodings,
    /// It goes up, written anew, if it is a range of bytes with both its ends.
    CopiedRange,
    /// It names another object: it is read once, needs leave to read that, and goes up written anew.
    Source,
    /// It goes up if the caller may do this, besides the operation itself, to what the URL names.
    Authorized(Action),
    /// It is a key of the client's own, or tells of one: it goes up where it is encrypted all the way, and no log has
    /// its value.
    Secret,
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
    HeaderRow::new("content-encoding", HeaderHandling::CopiedCodings, Takers::These(WRITES)),
    HeaderRow::consumed("content-encoding"),
    HeaderRow::copied("content-language", WRITES),
    HeaderRow::consumed("content-language"),
    HeaderRow::copied("content-type", WRITES),
    HeaderRow::consumed("content-type"),
    HeaderRow::copied("expires", WRITES),
    HeaderRow::consumed("expires"),
    // The body's own hash; a body that is made anew has another.
    HeaderRow::of_body("content-md5"),
    HeaderRow::consumed("content-md5"),
    // A condition that is not sent on would be a condition that does not hold anybody back; of other reads than those of
    // an object, S3 ignores it.
    HeaderRow::copied("if-match", &[CompleteMultipartUpload, CopyObject, DeleteObject, GetObject, HeadObject, PutObject]),
    HeaderRow::new("if-match", HeaderHandling::Consumed, Takers::ReadsBut(READS)),
    HeaderRow::copied("if-modified-since", READS),
    HeaderRow::new("if-modified-since", HeaderHandling::Consumed, Takers::ReadsBut(READS)),
    HeaderRow::copied("if-none-match", &[CompleteMultipartUpload, CopyObject, GetObject, HeadObject, PutObject]),
    HeaderRow::new("if-none-match", HeaderHandling::Consumed, Takers::ReadsBut(READS)),
    HeaderRow::copied("if-unmodified-since", READS),
    HeaderRow::new("if-unmodified-since", HeaderHandling::Consumed, Takers::ReadsBut(READS)),
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
    HeaderRow::of_body("x-amz-checksum-crc32"),
    HeaderRow::consumed("x-amz-checksum-crc32"),
    HeaderRow::of_body("x-amz-checksum-crc32c"),
    HeaderRow::consumed("x-amz-checksum-crc32c"),
    HeaderRow::of_body("x-amz-checksum-crc64nvme"),
    HeaderRow::consumed("x-amz-checksum-crc64nvme"),
    HeaderRow::of_body("x-amz-checksum-md5"),
    HeaderRow::consumed("x-amz-checksum-md5"),
    HeaderRow::of_body("x-amz-checksum-sha1"),
    HeaderRow::consumed("x-amz-checksum-sha1"),
    HeaderRow::of_body("x-amz-checksum-sha256"),
    HeaderRow::consumed("x-amz-checksum-sha256"),
    HeaderRow::of_body("x-amz-checksum-sha512"),
    HeaderRow::consumed("x-amz-checksum-sha512"),
    HeaderRow::of_body("x-amz-checksum-xxhash128"),
    HeaderRow::consumed("x-amz-checksum-xxhash128"),
    HeaderRow::of_body("x-amz-checksum-xxhash3"),
    HeaderRow::consumed("x-amz-checksum-xxhash3"),
    HeaderRow::of_body("x-amz-checksum-xxhash64"),
    HeaderRow::consumed("x-amz-checksum-xxhash64"),
    HeaderRow::new("x-amz-sdk-checksum-algorithm", HeaderHandling::Copied, Takers::Bodies(&[PutObject, UploadPart])),
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
    HeaderRow::new("x-amz-copy-source", HeaderHandling::Source, Takers::These(COPIES)),
    HeaderRow::new("x-amz-copy-source-range", HeaderHandling::CopiedRange, Takers::These(&[UploadPartCopy])),
    HeaderRow::copied("x-amz-metadata-directive", &[CopyObject]),
    HeaderRow::copied("x-amz-object-annotation-directive", &[CopyObject]),
    HeaderRow::authorized("x-amz-tagging-directive", Action::WRITE_OBJECT_TAGS, &[CopyObject]).defaults(&["COPY"]),
    // Conditions and assurances, which can only narrow what happens; and who pays.
    HeaderRow::copied("x-amz-copy-source-if-match", COPIES),
    HeaderRow::copied("x-amz-copy-source-if-modified-since", COPIES),
    HeaderRow::copied("x-amz-copy-source-if-none-match", COPIES),
    HeaderRow::copied("x-amz-copy-source-if-unmodified-since", COPIES),
    HeaderRow::new("x-amz-expected-bucket-owner", HeaderHandling::Copied, Takers::AllBut(&[CreateBucket, ListBuckets])),
    HeaderRow::copied("x-amz-if-match-initiated-time", &[AbortMultipartUpload]),
    HeaderRow::copied("x-amz-if-match-last-modified-time", &[DeleteObject]),
    HeaderRow::copied("x-amz-if-match-size", &[DeleteObject]),
    HeaderRow::list("x-amz-optional-object-attributes", &[ListObjectVersions, ListObjects, ListObjectsV2]),
    HeaderRow::list("x-amz-object-attributes", &[GetObjectAttributes]),
    HeaderRow::copied("x-amz-max-parts", &[GetObjectAttributes]),
    HeaderRow::copied("x-amz-part-number-marker", &[GetObjectAttributes]),
    HeaderRow::copied("x-amz-request-payer", PAID),
    HeaderRow::copied("x-amz-source-expected-bucket-owner", COPIES),
    // What else a bucket's document is put with.
    HeaderRow::copied("x-amz-skip-destination-validation", &[PutBucketNotificationConfiguration]),
    HeaderRow::copied("x-amz-transition-default-minimum-object-size", &[PutBucketLifecycleConfiguration]),
    // Keys of the client's own.
    HeaderRow::secret("x-amz-server-side-encryption-customer-algorithm", KEYED),
    HeaderRow::secret("x-amz-server-side-encryption-customer-key", KEYED),
    HeaderRow::secret("x-amz-server-side-encryption-customer-key-md5", KEYED),
    HeaderRow::secret("x-amz-copy-source-server-side-encryption-customer-algorithm", COPIES),
    HeaderRow::secret("x-amz-copy-source-server-side-encryption-customer-key", COPIES),
    HeaderRow::secret("x-amz-copy-source-server-side-encryption-customer-key-md5", COPIES),
    // What carries a privilege: each needs its own leave. Where it is what the operation is about, that is its leave.
    HeaderRow::copied("x-amz-acl", ACLS),
    HeaderRow::copied("x-amz-grant-full-control", ACLS),
    HeaderRow::copied("x-amz-grant-read", ACLS),
    HeaderRow::copied("x-amz-grant-read-acp", ACLS),
    HeaderRow::copied("x-amz-grant-write", ACLS),
    HeaderRow::copied("x-amz-grant-write-acp", ACLS),
    HeaderRow::copied("x-amz-bucket-object-lock-token", &[PutObjectLockConfiguration]),
    HeaderRow::authorized("x-amz-bucket-object-lock-token", Action::WRITE_BUCKET_OBJECT_LOCK, &[PutBucketReplication]),
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
    HeaderRow::authorized("x-amz-bypass-governance-retention", Action::BYPASS_GOVERNANCE_RETENTION, &[DeleteObject, DeleteObjects, PutObjectRetention]).defaults(&["false"]),
    HeaderRow::authorized("x-amz-object-lock-legal-hold", Action::WRITE_OBJECT_LEGAL_HOLD, WRITES),
    HeaderRow::authorized("x-amz-object-lock-mode", Action::WRITE_OBJECT_RETENTION, WRITES),
    HeaderRow::authorized("x-amz-object-lock-retain-until-date", Action::WRITE_OBJECT_RETENTION, WRITES),
    HeaderRow::authorized("x-amz-server-side-encryption-aws-kms-key-id", Action::WRITE_OBJECT_ENCRYPTION_KEY, WRITES),
    HeaderRow::authorized("x-amz-tagging", Action::WRITE_OBJECT_TAGS, WRITES),
    HeaderRow::authorized("x-amz-website-redirect-location", Action::WRITE_OBJECT_REDIRECT, WRITES),
    // A policy that shuts its own author out, who is the upstream's account to the upstream.
    HeaderRow::new("x-amz-confirm-remove-self-bucket-access", HeaderHandling::Refused, Takers::These(&[PutBucketPolicy])).defaults(&["false"]),
    // Refused by name: directory buckets and sessions; marks of operations that are not forwarded;
    // the device of the account's owner; namespaces and holds that no action stands for.
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

const WRITES: &[Operation] = &[CopyObject, CreateMultipartUpload, PutObject];

const COPIES: &[Operation] = &[CopyObject, UploadPartCopy];

const ACLS: &[Operation] = &[PutBucketAcl, PutObjectAcl];

/// Operations whose body is no document of its own, and whose checksums are an object's.
const OBJECTS: &[Operation] = &[CompleteMultipartUpload, PutObject, UploadPart];

const KEYED: &[Operation] = &[
    CompleteMultipartUpload,
    CopyObject,
    CreateMultipartUpload,
    GetObject,
    GetObjectAttributes,
    HeadObject,
    ListParts,
    PutObject,
    SelectObjectContent,
    UploadPart,
    UploadPartCopy,
];

const PAID: &[Operation] = &[
    AbortMultipartUpload,
    CompleteMultipartUpload,
    CopyObject,
    CreateMultipartUpload,
    DeleteObject,
    DeleteObjects,
    GetBucketAccelerateConfiguration,
    GetObject,
    GetObjectAcl,
    GetObjectAttributes,
    GetObjectLegalHold,
    GetObjectRetention,
    GetObjectTagging,
    GetObjectTorrent,
    HeadObject,
    ListMultipartUploads,
    ListObjectVersions,
    ListObjects,
    ListObjectsV2,
    ListParts,
    PutObject,
    PutObjectAcl,
    PutObjectLegalHold,
    PutObjectLockConfiguration,
    PutObjectRetention,
    PutObjectTagging,
    RestoreObject,
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
        assert_eq!(
            HeaderRow::find("x-amz-copy-source-server-side-encryption-customer-key").count(),
            1
        );
    }
}
