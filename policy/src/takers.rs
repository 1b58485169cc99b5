//! Sets of operations: which ones a header is taken by.

use crate::operations::{
    OPERATIONS,
    Operation::{
        self, PutBucketAbac, PutBucketAccelerateConfiguration, PutBucketAcl,
        PutBucketAnalyticsConfiguration, PutBucketCors, PutBucketEncryption,
        PutBucketIntelligentTieringConfiguration, PutBucketInventoryConfiguration,
        PutBucketLifecycleConfiguration, PutBucketLogging, PutBucketMetricsConfiguration,
        PutBucketNotificationConfiguration, PutBucketOwnershipControls, PutBucketPolicy,
        PutBucketReplication, PutBucketRequestPayment, PutBucketTagging, PutBucketVersioning,
        PutBucketWebsite, PutObjectAcl, PutObjectLegalHold, PutObjectLockConfiguration,
        PutObjectRetention, PutObjectTagging, PutPublicAccessBlock, RestoreObject,
        SelectObjectContent,
    },
};

/// Some of the operations.
#[derive(Clone, Copy, Debug)]
pub enum Takers {
    /// Every one.
    All,
    /// These.
    These(&'static [Operation]),
    /// Every one but these.
    AllBut(&'static [Operation]),
    /// Every one of [`DOCUMENTS`], and these.
    Bodies(&'static [Operation]),
    /// Every one that reads, by `GET` or `HEAD`, but these.
    ReadsBut(&'static [Operation]),
}

impl Takers {
    /// Whether `operation` is one of them.
    pub fn include(self, operation: Operation) -> bool {
        match self {
            Self::All => true,
            Self::These(operations) => operations.contains(&operation),
            Self::AllBut(operations) => !operations.contains(&operation),
            Self::Bodies(operations) => {
                DOCUMENTS.contains(&operation) || operations.contains(&operation)
            }
            Self::ReadsBut(operations) => {
                let reads = matches!(operation.row().method, "GET" | "HEAD");
                reads && !operations.contains(&operation)
            }
        }
    }

    /// They, in the order of the alphabet.
    pub fn iter(self) -> impl Iterator<Item = Operation> {
        OPERATIONS.iter().copied().filter(move |operation| self.include(*operation))
    }
}

/// The forwarded operations whose body is a document, XML or JSON, that goes up as it came.
pub static DOCUMENTS: &[Operation] = &[
    PutBucketAbac,
    PutBucketAccelerateConfiguration,
    PutBucketAcl,
    PutBucketAnalyticsConfiguration,
    PutBucketCors,
    PutBucketEncryption,
    PutBucketIntelligentTieringConfiguration,
    PutBucketInventoryConfiguration,
    PutBucketLifecycleConfiguration,
    PutBucketLogging,
    PutBucketMetricsConfiguration,
    PutBucketNotificationConfiguration,
    PutBucketOwnershipControls,
    PutBucketPolicy,
    PutBucketReplication,
    PutBucketRequestPayment,
    PutBucketTagging,
    PutBucketVersioning,
    PutBucketWebsite,
    PutObjectAcl,
    PutObjectLegalHold,
    PutObjectLockConfiguration,
    PutObjectRetention,
    PutObjectTagging,
    PutPublicAccessBlock,
    RestoreObject,
    SelectObjectContent,
];
