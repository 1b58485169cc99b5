//! The table of S3 operations: one row for each operation of the S3 API. A request that fits no row is refused.

use std::fmt;

use crate::{
    action::Action,
    operation::{
        Handling::{Alias, Becomes, Forward, Refuse},
        Level,
        Mark::{Header, Parameter, Value},
        Need::{self, Each, Folders, Listing, One, Source, Version},
        Row,
    },
};

impl Operation {
    /// Its name in the S3 API.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Whether it copies an object: what it writes comes from the store, and its request has no body.
    pub fn is_copy(self) -> bool {
        self.row().needs.iter().any(|need| matches!(need, Source { .. }))
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

// An operation and its row each, so that neither can be without the other.
macro_rules! operations {
    ($($name:ident: $method:ident $level:ident, $handling:expr, $marks:tt, $needs:tt;)*) => {
        /// An operation of the S3 API, by the API's own name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operation {
            $(
                #[doc = concat!("`", stringify!($name), "`.")]
                $name,
            )*
        }

        impl Operation {
            /// Its row in the table.
            pub const fn row(self) -> &'static Row {
                match self {
                    $(Self::$name => const {
                        &Row {
                            operation: Self::$name,
                            name: stringify!($name),
                            method: stringify!($method),
                            level: Level::$level,
                            marks: &$marks,
                            handling: $handling,
                            needs: &$needs,
                        }
                    },)*
                }
            }
        }

        /// Every operation, in the order of the alphabet.
        pub static OPERATIONS: &[Operation] = &[$(Operation::$name),*];
    };
}

/// Reads an object, or one version of it.
const READ: Need = Version { current: Action::READ_OBJECT, version: Action::READ_OBJECT_VERSION };
/// Reads the object that is copied, or the version of it.
const READ_SOURCE: Need =
    Source { current: Action::READ_OBJECT, version: Action::READ_OBJECT_VERSION };
/// Deletes an object, or one version of it.
const ERASE: Need =
    Version { current: Action::DELETE_OBJECT, version: Action::DELETE_OBJECT_VERSION };
/// What an action on a named version needs besides, since the action itself does not tell versions apart.
const OLDER: Need = Need::IfVersion(Action::READ_OBJECT_VERSION);
/// Deletes the objects that a document names, or the versions.
const ERASE_EACH: Need =
    Each { current: Action::DELETE_OBJECT, version: Action::DELETE_OBJECT_VERSION };
/// Lists the current objects of a bucket.
const LIST: Need = Folders { top: Action::LIST_BRANCHES, below: Action::LIST_OBJECTS };

// Method and level come from the S3 API, and with the marks tell an operation from all others. `PostObject` is the
// upload by an HTML form, which no SDK's model holds.
#[rustfmt::skip]
operations! {
    AbortMultipartUpload:                             DELETE Object,  Forward, [Parameter("uploadId")], [One(Action::DELETE_OBJECT)];
    CompleteMultipartUpload:                          POST   Object,  Forward, [Parameter("uploadId")], [One(Action::WRITE_OBJECT)];
    CopyObject:                                       PUT    Object,  Forward, [Header("x-amz-copy-source")], [One(Action::WRITE_OBJECT), READ_SOURCE];
    CreateBucket:                                     PUT    Bucket,  Forward, [], [One(Action::CREATE_REPOSITORY)];
    CreateBucketMetadataConfiguration:                POST   Bucket,  Refuse,  [Parameter("metadataConfiguration")], [];
    CreateBucketMetadataTableConfiguration:           POST   Bucket,  Refuse,  [Parameter("metadataTable")], [];
    CreateMultipartUpload:                            POST   Object,  Forward, [Parameter("uploads")], [One(Action::WRITE_OBJECT)];
    CreateSession:                                    GET    Bucket,  Refuse,  [Parameter("session")], [];
    DeleteBucket:                                     DELETE Bucket,  Forward, [], [One(Action::DELETE_REPOSITORY)];
    DeleteBucketAnalyticsConfiguration:               DELETE Bucket,  Forward, [Parameter("analytics")], [One(Action::WRITE_BUCKET_ANALYTICS)];
    DeleteBucketCors:                                 DELETE Bucket,  Forward, [Parameter("cors")], [One(Action::WRITE_BUCKET_CORS)];
    DeleteBucketEncryption:                           DELETE Bucket,  Forward, [Parameter("encryption")], [One(Action::WRITE_BUCKET_ENCRYPTION)];
    DeleteBucketIntelligentTieringConfiguration:      DELETE Bucket,  Forward, [Parameter("intelligent-tiering")], [One(Action::WRITE_BUCKET_INTELLIGENT_TIERING)];
    DeleteBucketInventoryConfiguration:               DELETE Bucket,  Forward, [Parameter("inventory")], [One(Action::WRITE_BUCKET_INVENTORY)];
    DeleteBucketLifecycle:                            DELETE Bucket,  Forward, [Parameter("lifecycle")], [One(Action::WRITE_BUCKET_LIFECYCLE)];
    DeleteBucketMetadataConfiguration:                DELETE Bucket,  Refuse,  [Parameter("metadataConfiguration")], [];
    DeleteBucketMetadataTableConfiguration:           DELETE Bucket,  Refuse,  [Parameter("metadataTable")], [];
    DeleteBucketMetricsConfiguration:                 DELETE Bucket,  Forward, [Parameter("metrics")], [One(Action::WRITE_BUCKET_METRICS)];
    DeleteBucketOwnershipControls:                    DELETE Bucket,  Forward, [Parameter("ownershipControls")], [One(Action::WRITE_BUCKET_OWNERSHIP_CONTROLS)];
    DeleteBucketPolicy:                               DELETE Bucket,  Forward, [Parameter("policy")], [One(Action::WRITE_BUCKET_POLICY)];
    DeleteBucketReplication:                          DELETE Bucket,  Forward, [Parameter("replication")], [One(Action::WRITE_BUCKET_REPLICATION)];
    DeleteBucketTagging:                              DELETE Bucket,  Forward, [Parameter("tagging")], [One(Action::WRITE_BUCKET_TAGGING)];
    DeleteBucketWebsite:                              DELETE Bucket,  Forward, [Parameter("website")], [One(Action::WRITE_BUCKET_WEBSITE)];
    DeleteObject:                                     DELETE Object,  Forward, [], [ERASE];
    DeleteObjectAnnotation:                           DELETE Object,  Refuse,  [Parameter("annotation")], [];
    DeleteObjectTagging:                              DELETE Object,  Forward, [Parameter("tagging")], [One(Action::WRITE_OBJECT_TAGS), OLDER];
    DeleteObjects:                                    POST   Bucket,  Forward, [Parameter("delete")], [ERASE_EACH];
    DeletePublicAccessBlock:                          DELETE Bucket,  Forward, [Parameter("publicAccessBlock")], [One(Action::WRITE_BUCKET_PUBLIC_ACCESS_BLOCK)];
    GetBucketAbac:                                    GET    Bucket,  Forward, [Parameter("abac")], [One(Action::READ_BUCKET_ABAC)];
    GetBucketAccelerateConfiguration:                 GET    Bucket,  Forward, [Parameter("accelerate")], [One(Action::READ_BUCKET_ACCELERATE)];
    GetBucketAcl:                                     GET    Bucket,  Forward, [Parameter("acl")], [One(Action::READ_REPOSITORY)];
    GetBucketAnalyticsConfiguration:                  GET    Bucket,  Forward, [Parameter("analytics"), Parameter("id")], [One(Action::READ_BUCKET_ANALYTICS)];
    GetBucketCors:                                    GET    Bucket,  Forward, [Parameter("cors")], [One(Action::READ_BUCKET_CORS)];
    GetBucketEncryption:                              GET    Bucket,  Forward, [Parameter("encryption")], [One(Action::READ_BUCKET_ENCRYPTION)];
    GetBucketIntelligentTieringConfiguration:         GET    Bucket,  Forward, [Parameter("intelligent-tiering"), Parameter("id")], [One(Action::READ_BUCKET_INTELLIGENT_TIERING)];
    GetBucketInventoryConfiguration:                  GET    Bucket,  Forward, [Parameter("inventory"), Parameter("id")], [One(Action::READ_BUCKET_INVENTORY)];
    GetBucketLifecycle:                               GET    Bucket,  Alias(Operation::GetBucketLifecycleConfiguration), [Parameter("lifecycle")], [One(Action::READ_BUCKET_LIFECYCLE)];
    GetBucketLifecycleConfiguration:                  GET    Bucket,  Forward, [Parameter("lifecycle")], [One(Action::READ_BUCKET_LIFECYCLE)];
    GetBucketLocation:                                GET    Bucket,  Forward, [Parameter("location")], [One(Action::READ_REPOSITORY)];
    GetBucketLogging:                                 GET    Bucket,  Forward, [Parameter("logging")], [One(Action::READ_BUCKET_LOGGING)];
    GetBucketMetadataConfiguration:                   GET    Bucket,  Refuse,  [Parameter("metadataConfiguration")], [];
    GetBucketMetadataTableConfiguration:              GET    Bucket,  Refuse,  [Parameter("metadataTable")], [];
    GetBucketMetricsConfiguration:                    GET    Bucket,  Forward, [Parameter("metrics"), Parameter("id")], [One(Action::READ_BUCKET_METRICS)];
    GetBucketNotification:                            GET    Bucket,  Alias(Operation::GetBucketNotificationConfiguration), [Parameter("notification")], [One(Action::READ_BUCKET_NOTIFICATION)];
    GetBucketNotificationConfiguration:               GET    Bucket,  Forward, [Parameter("notification")], [One(Action::READ_BUCKET_NOTIFICATION)];
    GetBucketOwnershipControls:                       GET    Bucket,  Forward, [Parameter("ownershipControls")], [One(Action::READ_BUCKET_OWNERSHIP_CONTROLS)];
    GetBucketPolicy:                                  GET    Bucket,  Forward, [Parameter("policy")], [One(Action::READ_BUCKET_POLICY)];
    GetBucketPolicyStatus:                            GET    Bucket,  Forward, [Parameter("policyStatus")], [One(Action::READ_BUCKET_POLICY_STATUS)];
    GetBucketReplication:                             GET    Bucket,  Forward, [Parameter("replication")], [One(Action::READ_BUCKET_REPLICATION)];
    GetBucketRequestPayment:                          GET    Bucket,  Forward, [Parameter("requestPayment")], [One(Action::READ_BUCKET_REQUEST_PAYMENT)];
    GetBucketTagging:                                 GET    Bucket,  Forward, [Parameter("tagging")], [One(Action::READ_BUCKET_TAGGING)];
    GetBucketVersioning:                              GET    Bucket,  Forward, [Parameter("versioning")], [One(Action::READ_REPOSITORY)];
    GetBucketWebsite:                                 GET    Bucket,  Forward, [Parameter("website")], [One(Action::READ_BUCKET_WEBSITE)];
    GetObject:                                        GET    Object,  Forward, [], [READ];
    GetObjectAcl:                                     GET    Object,  Forward, [Parameter("acl")], [One(Action::READ_OBJECT_ACL), OLDER];
    GetObjectAnnotation:                              GET    Object,  Refuse,  [Parameter("annotation"), Parameter("annotationName")], [];
    GetObjectAttributes:                              GET    Object,  Forward, [Parameter("attributes")], [READ];
    GetObjectLegalHold:                               GET    Object,  Forward, [Parameter("legal-hold")], [One(Action::READ_OBJECT_LEGAL_HOLD), OLDER];
    GetObjectLockConfiguration:                       GET    Bucket,  Forward, [Parameter("object-lock")], [One(Action::READ_BUCKET_OBJECT_LOCK)];
    GetObjectRetention:                               GET    Object,  Forward, [Parameter("retention")], [One(Action::READ_OBJECT_RETENTION), OLDER];
    GetObjectTagging:                                 GET    Object,  Forward, [Parameter("tagging")], [One(Action::READ_OBJECT_TAGS), OLDER];
    GetObjectTorrent:                                 GET    Object,  Forward, [Parameter("torrent")], [One(Action::READ_OBJECT)];
    GetPublicAccessBlock:                             GET    Bucket,  Forward, [Parameter("publicAccessBlock")], [One(Action::READ_BUCKET_PUBLIC_ACCESS_BLOCK)];
    HeadBucket:                                       HEAD   Bucket,  Forward, [], [One(Action::READ_REPOSITORY)];
    HeadObject:                                       HEAD   Object,  Forward, [], [READ];
    ListBucketAnalyticsConfigurations:                GET    Bucket,  Forward, [Parameter("analytics")], [One(Action::READ_BUCKET_ANALYTICS)];
    ListBucketIntelligentTieringConfigurations:       GET    Bucket,  Forward, [Parameter("intelligent-tiering")], [One(Action::READ_BUCKET_INTELLIGENT_TIERING)];
    ListBucketInventoryConfigurations:                GET    Bucket,  Forward, [Parameter("inventory")], [One(Action::READ_BUCKET_INVENTORY)];
    ListBucketMetricsConfigurations:                  GET    Bucket,  Forward, [Parameter("metrics")], [One(Action::READ_BUCKET_METRICS)];
    ListBuckets:                                      GET    Service, Forward, [], [];
    ListDirectoryBuckets:                             GET    Service, Refuse,  [Parameter("max-directory-buckets")], [];
    ListMultipartUploads:                             GET    Bucket,  Forward, [Parameter("uploads")], [Listing(Action::LIST_OBJECTS)];
    ListObjectAnnotations:                            GET    Object,  Refuse,  [Parameter("annotation")], [];
    ListObjectVersions:                               GET    Bucket,  Forward, [Parameter("versions")], [Listing(Action::LIST_OBJECT_VERSIONS)];
    ListObjects:                                      GET    Bucket,  Forward, [], [LIST];
    ListObjectsV2:                                    GET    Bucket,  Forward, [Value("list-type", "2")], [LIST];
    ListParts:                                        GET    Object,  Forward, [Parameter("uploadId")], [One(Action::WRITE_OBJECT)];
    PostObject:                                       POST   Bucket,  Becomes(Operation::PutObject), [], [];
    PutBucketAbac:                                    PUT    Bucket,  Forward, [Parameter("abac")], [One(Action::WRITE_BUCKET_ABAC)];
    PutBucketAccelerateConfiguration:                 PUT    Bucket,  Forward, [Parameter("accelerate")], [One(Action::WRITE_BUCKET_ACCELERATE)];
    PutBucketAcl:                                     PUT    Bucket,  Forward, [Parameter("acl")], [One(Action::WRITE_BUCKET_ACL)];
    PutBucketAnalyticsConfiguration:                  PUT    Bucket,  Forward, [Parameter("analytics")], [One(Action::WRITE_BUCKET_ANALYTICS)];
    PutBucketCors:                                    PUT    Bucket,  Forward, [Parameter("cors")], [One(Action::WRITE_BUCKET_CORS)];
    PutBucketEncryption:                              PUT    Bucket,  Forward, [Parameter("encryption")], [One(Action::WRITE_BUCKET_ENCRYPTION)];
    PutBucketIntelligentTieringConfiguration:         PUT    Bucket,  Forward, [Parameter("intelligent-tiering")], [One(Action::WRITE_BUCKET_INTELLIGENT_TIERING)];
    PutBucketInventoryConfiguration:                  PUT    Bucket,  Forward, [Parameter("inventory")], [One(Action::WRITE_BUCKET_INVENTORY)];
    PutBucketLifecycle:                               PUT    Bucket,  Alias(Operation::PutBucketLifecycleConfiguration), [Parameter("lifecycle")], [One(Action::WRITE_BUCKET_LIFECYCLE)];
    PutBucketLifecycleConfiguration:                  PUT    Bucket,  Forward, [Parameter("lifecycle")], [One(Action::WRITE_BUCKET_LIFECYCLE)];
    PutBucketLogging:                                 PUT    Bucket,  Forward, [Parameter("logging")], [One(Action::WRITE_BUCKET_LOGGING)];
    PutBucketMetricsConfiguration:                    PUT    Bucket,  Forward, [Parameter("metrics")], [One(Action::WRITE_BUCKET_METRICS)];
    PutBucketNotification:                            PUT    Bucket,  Alias(Operation::PutBucketNotificationConfiguration), [Parameter("notification")], [One(Action::WRITE_BUCKET_NOTIFICATION)];
    PutBucketNotificationConfiguration:               PUT    Bucket,  Forward, [Parameter("notification")], [One(Action::WRITE_BUCKET_NOTIFICATION)];
    PutBucketOwnershipControls:                       PUT    Bucket,  Forward, [Parameter("ownershipControls")], [One(Action::WRITE_BUCKET_OWNERSHIP_CONTROLS)];
    PutBucketPolicy:                                  PUT    Bucket,  Forward, [Parameter("policy")], [One(Action::WRITE_BUCKET_POLICY)];
    PutBucketReplication:                             PUT    Bucket,  Forward, [Parameter("replication")], [One(Action::WRITE_BUCKET_REPLICATION)];
    PutBucketRequestPayment:                          PUT    Bucket,  Forward, [Parameter("requestPayment")], [One(Action::WRITE_BUCKET_REQUEST_PAYMENT)];
    PutBucketTagging:                                 PUT    Bucket,  Forward, [Parameter("tagging")], [One(Action::WRITE_BUCKET_TAGGING)];
    PutBucketVersioning:                              PUT    Bucket,  Forward, [Parameter("versioning")], [One(Action::WRITE_BUCKET_VERSIONING)];
    PutBucketWebsite:                                 PUT    Bucket,  Forward, [Parameter("website")], [One(Action::WRITE_BUCKET_WEBSITE)];
    PutObject:                                        PUT    Object,  Forward, [], [One(Action::WRITE_OBJECT)];
    PutObjectAcl:                                     PUT    Object,  Forward, [Parameter("acl")], [One(Action::WRITE_OBJECT_ACL), OLDER];
    PutObjectAnnotation:                              PUT    Object,  Refuse,  [Parameter("annotation")], [];
    PutObjectLegalHold:                               PUT    Object,  Forward, [Parameter("legal-hold")], [One(Action::WRITE_OBJECT_LEGAL_HOLD), OLDER];
    PutObjectLockConfiguration:                       PUT    Bucket,  Forward, [Parameter("object-lock")], [One(Action::WRITE_BUCKET_OBJECT_LOCK)];
    PutObjectRetention:                               PUT    Object,  Forward, [Parameter("retention")], [One(Action::WRITE_OBJECT_RETENTION), OLDER];
    PutObjectTagging:                                 PUT    Object,  Forward, [Parameter("tagging")], [One(Action::WRITE_OBJECT_TAGS), OLDER];
    PutPublicAccessBlock:                             PUT    Bucket,  Forward, [Parameter("publicAccessBlock")], [One(Action::WRITE_BUCKET_PUBLIC_ACCESS_BLOCK)];
    RenameObject:                                     PUT    Object,  Refuse,  [Parameter("renameObject")], [];
    RestoreObject:                                    POST   Object,  Forward, [Parameter("restore")], [One(Action::RESTORE_OBJECT), OLDER];
    SelectObjectContent:                              POST   Object,  Forward, [Parameter("select"), Value("select-type", "2")], [One(Action::READ_OBJECT)];
    UpdateBucketMetadataAnnotationTableConfiguration: PUT    Bucket,  Refuse,  [Parameter("metadataAnnotationTable")], [];
    UpdateBucketMetadataInventoryTableConfiguration:  PUT    Bucket,  Refuse,  [Parameter("metadataInventoryTable")], [];
    UpdateBucketMetadataJournalTableConfiguration:    PUT    Bucket,  Refuse,  [Parameter("metadataJournalTable")], [];
    UpdateObjectEncryption:                           PUT    Object,  Refuse,  [Parameter("encryption")], [];
    UploadPart:                                       PUT    Object,  Forward, [Parameter("partNumber"), Parameter("uploadId")], [One(Action::WRITE_OBJECT)];
    UploadPartCopy:                                   PUT    Object,  Forward, [Parameter("partNumber"), Parameter("uploadId"), Header("x-amz-copy-source")], [One(Action::WRITE_OBJECT), READ_SOURCE];
    WriteGetObjectResponse:                           POST   Bucket,  Refuse,  [Header("x-amz-request-route")], [];
}
