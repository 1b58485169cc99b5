//! The table of query parameters: what each one may say, which operations take it, and what becomes of it.
//!
//! Names are exact, case and all. A parameter without a row is refused.

use crate::{
    operation::Row,
    operations::Operation::{
        self, DeleteBucketAnalyticsConfiguration, DeleteBucketIntelligentTieringConfiguration,
        DeleteBucketInventoryConfiguration, DeleteBucketMetricsConfiguration, DeleteObject,
        DeleteObjectAnnotation, DeleteObjectTagging, GetObject, GetObjectAcl, GetObjectAnnotation,
        GetObjectAttributes, GetObjectLegalHold, GetObjectRetention, GetObjectTagging, HeadObject,
        ListBucketAnalyticsConfigurations, ListBucketIntelligentTieringConfigurations,
        ListBucketInventoryConfigurations, ListBucketMetricsConfigurations, ListBuckets,
        ListDirectoryBuckets, ListMultipartUploads, ListObjectAnnotations, ListObjectVersions,
        ListObjects, ListObjectsV2, ListParts, PutBucketAnalyticsConfiguration,
        PutBucketIntelligentTieringConfiguration, PutBucketInventoryConfiguration,
        PutBucketMetricsConfiguration, PutObjectAcl, PutObjectAnnotation, PutObjectLegalHold,
        PutObjectRetention, PutObjectTagging, RestoreObject, UpdateObjectEncryption,
    },
};

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct ParameterRow {
    /// Its name.
    pub name: &'static str,
    /// What becomes of it.
    pub handling: ParameterHandling,
    /// What it may say.
    pub value: Value,
    /// The operations that take it, besides those that it marks.
    pub operations: &'static [Operation],
}

impl ParameterRow {
    /// The row of this exact name.
    pub fn find(name: &str) -> Option<&'static Self> {
        PARAMETERS.iter().find(|row| row.name == name)
    }

    /// Whether a request for the operation of `row` may carry it.
    pub fn is_taken_by(&self, row: &Row) -> bool {
        match self.handling {
            ParameterHandling::Dropped | ParameterHandling::Consumed => true,
            ParameterHandling::Copied | ParameterHandling::Mark => {
                self.operations.contains(&row.operation)
                    || row.marks.iter().any(|mark| mark.parameter() == Some(self.name))
            }
        }
    }

    const fn flag(name: &'static str) -> Self {
        Self::mark(name, Value::Empty)
    }

    const fn mark(name: &'static str, value: Value) -> Self {
        Self { name, handling: ParameterHandling::Mark, value, operations: &[] }
    }

    const fn copied(name: &'static str, value: Value, operations: &'static [Operation]) -> Self {
        Self { name, handling: ParameterHandling::Copied, value, operations }
    }

    const fn consumed(name: &'static str) -> Self {
        Self { name, handling: ParameterHandling::Consumed, value: Value::Any, operations: &[] }
    }
}

/// What becomes of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterHandling {
    /// It goes up with its value.
    Copied,
    /// It goes up with its value, and tells the operation.
    Mark,
    /// It says nothing that the request does not say, and does not go up.
    Dropped,
    /// It belongs to the client's authentication, and never goes up.
    Consumed,
}

/// What a parameter may say. Only what another reading could turn into another request is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Any text.
    Any,
    /// Nothing: `?acl` or `?acl=`.
    Empty,
    /// Some text. An empty upload or version id could be read as none, which is another operation.
    Text,
    /// Exactly this.
    Exactly(&'static str),
    /// A decimal number of digits only, in this range.
    Number {
        /// The least.
        min: u32,
        /// The greatest.
        max: u32,
    },
}

impl Value {
    /// Whether `text`, decoded once, is such a value.
    pub fn allows(self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Empty => text.is_empty(),
            Self::Text => !text.is_empty(),
            Self::Exactly(value) => text == value,
            Self::Number { min, max } => {
                text.bytes().all(|byte| byte.is_ascii_digit())
                    && text.parse::<u32>().is_ok_and(|number| (min..=max).contains(&number))
            }
        }
    }
}

/// Every parameter that an S3 request may carry.
#[rustfmt::skip]
pub static PARAMETERS: &[ParameterRow] = &[
    // Sub-resources: each marks the operations on it.
    ParameterRow::flag("abac"),
    ParameterRow::flag("accelerate"),
    ParameterRow::flag("acl"),
    ParameterRow::flag("analytics"),
    ParameterRow::flag("annotation"),
    ParameterRow::flag("attributes"),
    ParameterRow::flag("cors"),
    ParameterRow::flag("delete"),
    ParameterRow::flag("encryption"),
    ParameterRow::flag("intelligent-tiering"),
    ParameterRow::flag("inventory"),
    ParameterRow::flag("legal-hold"),
    ParameterRow::flag("lifecycle"),
    ParameterRow::flag("location"),
    ParameterRow::flag("logging"),
    ParameterRow::flag("metadataAnnotationTable"),
    ParameterRow::flag("metadataConfiguration"),
    ParameterRow::flag("metadataInventoryTable"),
    ParameterRow::flag("metadataJournalTable"),
    ParameterRow::flag("metadataTable"),
    ParameterRow::flag("metrics"),
    ParameterRow::flag("notification"),
    ParameterRow::flag("object-lock"),
    ParameterRow::flag("ownershipControls"),
    ParameterRow::flag("policy"),
    ParameterRow::flag("policyStatus"),
    ParameterRow::flag("publicAccessBlock"),
    ParameterRow::flag("renameObject"),
    ParameterRow::flag("replication"),
    ParameterRow::flag("requestPayment"),
    ParameterRow::flag("restore"),
    ParameterRow::flag("retention"),
    ParameterRow::flag("select"),
    ParameterRow::flag("session"),
    ParameterRow::flag("tagging"),
    ParameterRow::flag("torrent"),
    ParameterRow::flag("uploads"),
    ParameterRow::flag("versioning"),
    ParameterRow::flag("versions"),
    ParameterRow::flag("website"),
    // Marks with a value.
    ParameterRow::mark("list-type", Value::Exactly("2")),
    ParameterRow::mark("max-directory-buckets", COUNT),
    ParameterRow::mark("select-type", Value::Exactly("2")),
    ParameterRow::mark("uploadId", Value::Text),
    // Marks of some operations, mere parameters of others.
    ParameterRow::copied("annotationName", Value::Text, &[DeleteObjectAnnotation, PutObjectAnnotation]),
    ParameterRow::copied("id", Value::Text, CONFIGURATIONS),
    ParameterRow::copied("partNumber", Value::Number { min: 1, max: 10_000 }, READS),
    // Listings. `encoding-type` concerns the answer only.
    ParameterRow::copied("annotation-prefix", Value::Any, &[ListObjectAnnotations]),
    ParameterRow::copied("bucket-region", Value::Any, &[ListBuckets]),
    ParameterRow::copied("continuation-token", Value::Any, TOKENS),
    ParameterRow::copied("delimiter", Value::Any, LISTS),
    ParameterRow::copied("encoding-type", Value::Exactly("url"), LISTS),
    ParameterRow::copied("fetch-owner", Value::Any, &[ListObjectsV2]),
    ParameterRow::copied("key-marker", Value::Any, &[ListMultipartUploads, ListObjectVersions]),
    ParameterRow::copied("marker", Value::Any, &[ListObjects]),
    ParameterRow::copied("max-annotation-results", COUNT, &[ListObjectAnnotations]),
    ParameterRow::copied("max-buckets", Value::Number { min: 1, max: 10_000 }, &[ListBuckets]),
    ParameterRow::copied("max-keys", COUNT, &[ListObjectVersions, ListObjects, ListObjectsV2]),
    ParameterRow::copied("max-parts", COUNT, &[ListParts]),
    ParameterRow::copied("max-uploads", COUNT, &[ListMultipartUploads]),
    ParameterRow::copied("part-number-marker", COUNT, &[ListParts]),
    ParameterRow::copied("prefix", Value::Any, &[ListBuckets, ListMultipartUploads, ListObjectVersions, ListObjects, ListObjectsV2]),
    ParameterRow::copied("start-after", Value::Any, &[ListObjectsV2]),
    ParameterRow::copied("upload-id-marker", Value::Any, &[ListMultipartUploads]),
    ParameterRow::copied("version-id-marker", Value::Any, &[ListObjectVersions]),
    // Objects. `versionId` changes the action that reading and deleting need.
    ParameterRow::copied("response-cache-control", Value::Any, READS),
    ParameterRow::copied("response-content-disposition", Value::Any, READS),
    ParameterRow::copied("response-content-encoding", Value::Any, READS),
    ParameterRow::copied("response-content-language", Value::Any, READS),
    ParameterRow::copied("response-content-type", Value::Any, READS),
    ParameterRow::copied("response-expires", Value::Any, READS),
    ParameterRow::copied("versionId", Value::Text, VERSIONED),
    // The name of the operation, as several SDKs send it.
    ParameterRow { name: "x-id", handling: ParameterHandling::Dropped, value: Value::Any, operations: &[] },
    // The client's authentication, version 4, then version 2. What else of `x-amz-*` stands in a presigned URL is a header.
    ParameterRow::consumed("X-Amz-Algorithm"),
    ParameterRow::consumed("X-Amz-Credential"),
    ParameterRow::consumed("X-Amz-Date"),
    ParameterRow::consumed("X-Amz-Expires"),
    ParameterRow::consumed("X-Amz-Security-Token"),
    ParameterRow::consumed("X-Amz-Signature"),
    ParameterRow::consumed("X-Amz-SignedHeaders"),
    ParameterRow::consumed("AWSAccessKeyId"),
    ParameterRow::consumed("Expires"),
    ParameterRow::consumed("Signature"),
];

/// S3 reads counts as signed 32-bit numbers.
const COUNT: Value = Value::Number { min: 0, max: 2_147_483_647 };

const READS: &[Operation] = &[GetObject, HeadObject];

const LISTS: &[Operation] = &[ListMultipartUploads, ListObjectVersions, ListObjects, ListObjectsV2];

const CONFIGURATIONS: &[Operation] = &[
    DeleteBucketAnalyticsConfiguration,
    DeleteBucketIntelligentTieringConfiguration,
    DeleteBucketInventoryConfiguration,
    DeleteBucketMetricsConfiguration,
    PutBucketAnalyticsConfiguration,
    PutBucketIntelligentTieringConfiguration,
    PutBucketInventoryConfiguration,
    PutBucketMetricsConfiguration,
];

const TOKENS: &[Operation] = &[
    ListBucketAnalyticsConfigurations,
    ListBucketIntelligentTieringConfigurations,
    ListBucketInventoryConfigurations,
    ListBucketMetricsConfigurations,
    ListBuckets,
    ListDirectoryBuckets,
    ListObjectAnnotations,
    ListObjectsV2,
];

const VERSIONED: &[Operation] = &[
    DeleteObject,
    DeleteObjectAnnotation,
    DeleteObjectTagging,
    GetObject,
    GetObjectAcl,
    GetObjectAnnotation,
    GetObjectAttributes,
    GetObjectLegalHold,
    GetObjectRetention,
    GetObjectTagging,
    HeadObject,
    ListObjectAnnotations,
    PutObjectAcl,
    PutObjectAnnotation,
    PutObjectLegalHold,
    PutObjectRetention,
    PutObjectTagging,
    RestoreObject,
    UpdateObjectEncryption,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::OPERATIONS;

    #[test]
    fn every_name_has_one_row() {
        for row in PARAMETERS {
            let rows = PARAMETERS.iter().filter(|other| other.name == row.name).count();
            assert_eq!(rows, 1, "{}", row.name);
        }
    }

    #[test]
    fn every_mark_of_an_operation_has_a_row_and_every_row_an_operation() {
        let marks: Vec<_> = OPERATIONS
            .iter()
            .flat_map(|operation| operation.row().marks)
            .filter_map(|mark| mark.parameter())
            .collect();
        for mark in &marks {
            assert!(ParameterRow::find(mark).is_some(), "{mark}");
        }
        for row in PARAMETERS {
            match row.handling {
                ParameterHandling::Mark => assert!(marks.contains(&row.name), "{}", row.name),
                ParameterHandling::Copied => assert!(!row.operations.is_empty(), "{}", row.name),
                ParameterHandling::Dropped | ParameterHandling::Consumed => {}
            }
        }
    }

    #[test]
    fn a_number_is_digits_in_its_range() {
        let part = Value::Number { min: 1, max: 10_000 };
        for text in ["1", "0001", "10000"] {
            assert!(part.allows(text), "{text}");
        }
        for text in
            ["", "0", "10001", "+1", "-1", " 1", "1 ", "0x1", "1.0", "١", "99999999999999999999"]
        {
            assert!(!part.allows(text), "{text}");
        }
    }
}
