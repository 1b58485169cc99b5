//! Questions as people ask them: may somebody do this to that?

use http::{HeaderMap, Method};

use crate::{
    action::{ACTIONS, Action},
    condition::{Context, Facts},
    decide::{Subject, decide},
    deletion::ObjectIdentifier,
    fault::Fault,
    listing::shows_bucket,
    nearest::nearest,
    operation::{Handling, Level, Mark, Need, Row},
    operations::{OPERATIONS, Operation},
    parameters::{ParameterRow, Value},
    reading,
    recognise::{Shape, recognise},
    requirement::{Required, Requirement, Target},
    resource::Resource,
};

/// What is asked about, with all that must be allowed for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The S3 operation; absent when an action was asked for by its own name.
    pub operation: Option<Operation>,
    /// All that must be allowed; nothing for `ListBuckets`, whose answer is filtered instead.
    pub required: Required,
    /// The bucket of which is asked whether `ListBuckets` shows it.
    pub shown: Option<Box<str>>,
    facts: Facts,
}

impl Question {
    /// Reads a question: an action such as `fs:ReadObject` on `*` or an ARN, or an operation of S3 such as
    /// `s3:GetObject` on `s3://lake/team-a/x`, by its own name or by that of IAM's action (`s3:ListBucket`). Under an
    /// operation that lists, what follows the bucket is the prefix; `s3:ListBuckets` on `s3://lake` asks whether the list
    /// of buckets shows this one.
    ///
    /// An operation's requirements are those of its request at the gateway; of one that names objects in its body, those
    /// of this object there. An action that lists, asked for on a bucket, is a listing under the `Prefix` of `facts`.
    /// Either way, what a store that cleans paths would read in a key or prefix has to be allowed as well.
    ///
    /// # Errors
    ///
    /// What cannot be asked: the fault's path is `action`, `resource` or `context`.
    pub fn parse(action: &str, resource: &str, facts: Facts) -> Result<Self, Fault> {
        match action.strip_prefix("s3:") {
            Some(name) => Self::of_operation(name, resource, facts),
            None => Self::of_action(action, resource, facts),
        }
    }

    /// Whether `subject` may: all that is required is allowed, and the bucket is shown.
    pub fn is_allowed(&self, subject: &Subject<'_>) -> bool {
        let is_shown = |bucket: &str| shows_bucket(subject, bucket, &self.facts.context());
        self.shown.as_deref().is_none_or(is_shown)
            && self.required.iter().all(|requirement| {
                decide(subject, requirement, &self.context(requirement)).is_allow()
            })
    }

    /// What is known of the request when `requirement` is decided.
    pub fn context<'a>(&'a self, requirement: &'a Requirement) -> Context<'a> {
        self.facts.context().under(&requirement.target)
    }

    /// The text that conditions compare when they ask for `key` of `requirement`.
    pub fn value(&self, key: &str, requirement: &Requirement) -> Option<String> {
        Facts::from(self.context(requirement)).text(key)
    }

    /// What is known of the request.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    fn of_action(name: &str, resource: &str, facts: Facts) -> Result<Self, Fault> {
        let action = Action::parse(name).ok_or_else(|| {
            let operations = OPERATIONS.iter().map(|operation| format!("s3:{operation}"));
            let nearest = nearest(name, ACTIONS.iter().map(Action::to_string).chain(operations));
            let reason = format!("unknown action `{name}`; the nearest known one is `{nearest}`");
            fault("action", reason)
        })?;
        let resource = Resource::parse(resource).ok_or_else(|| {
            let reason =
                "is neither `*` nor an ARN, such as `arn:lakefs:fs:::repository/lake/object/x`";
            fault("resource", format!("`{resource}` {reason}"))
        })?;
        let target = match resource.bucket_and_key() {
            Some((bucket, None)) if LISTING.contains(&action) => {
                Target::listing(bucket, facts.context().prefix.unwrap_or_default())
            }
            Some(_) | None => resource.into(),
        };
        let readings = match &target {
            Target::Listing { bucket, prefix } => reading::of_prefix(bucket, prefix),
            Target::One(resource) => match resource.bucket_and_key() {
                Some((bucket, Some(key))) => reading::of_key(bucket, key),
                Some((_, None)) | None => Vec::new(),
            },
        };
        let targets = std::iter::once(target).chain(readings);
        let required = targets.map(|target| Requirement { action, target }).collect();
        Ok(Self { operation: None, required, shown: None, facts })
    }

    fn of_operation(name: &str, resource: &str, mut facts: Facts) -> Result<Self, Fault> {
        let (row, version) = operation(name)?;
        let (bucket, rest) = split(resource).ok_or_else(|| {
            let form = "`s3://bucket/key`, `s3://bucket` or, for the list of buckets, `s3://`";
            fault("resource", format!("`{resource}` is not in S3's words: write {form}"))
        })?;
        if let Some(reason) = of_source(row) {
            return Err(fault("action", reason));
        }
        // A request for the list of buckets names none.
        let (bucket, shown) = match row.level {
            Level::Service if !bucket.is_empty() && rest.is_empty() => ("", Some(bucket.into())),
            Level::Service | Level::Bucket | Level::Object => (bucket, None),
        };
        let takes = |name| ParameterRow::find(name).is_some_and(|row_of| row_of.is_taken_by(row));
        let lists = !bucket.is_empty() && takes("prefix");
        let key = if lists {
            note_prefix(rest, &mut facts)?;
            None
        } else {
            Some(rest).filter(|key| !key.is_empty())
        };
        let names_objects = row.needs.iter().any(|need| matches!(need, Need::Each { .. }));
        // What stands in the body does not stand in the URL.
        let (key, named) = if names_objects { (None, key) } else { (key, None) };
        let mut parameters: Vec<_> = row.marks.iter().filter_map(|mark| parameter(*mark)).collect();
        if version {
            parameters.push(("versionId".to_owned(), PLACEHOLDER.to_owned()));
        }
        let context = facts.context();
        for (key, name, value) in
            [("Prefix", "prefix", context.prefix), ("Delimiter", "delimiter", context.delimiter)]
        {
            let Some(value) = value else { continue };
            if !lists || !takes(name) {
                return Err(fault("context", format!("a request for {} has no `{key}`", row.name)));
            }
            parameters.push((name.to_owned(), value.to_owned()));
        }
        let method = Method::from_bytes(row.method.as_bytes()).unwrap_or_default();
        let recognised = recognise(&Shape {
            method: &method,
            bucket: Some(bucket),
            key,
            parameters: &parameters,
            headers: &HeaderMap::new(),
        });
        match recognised {
            Ok(recognised) if recognised.operation == row.operation => {
                let required = match (recognised.per_object, named) {
                    (None, _) => recognised.required,
                    (Some(per_object), Some(key)) => {
                        per_object.required(bucket, &ObjectIdentifier::current(key))
                    }
                    (Some(_), None) => {
                        let reason = "is asked about one object at a time: write `s3://bucket/key`";
                        return Err(fault("resource", format!("{} {reason}", row.name)));
                    }
                };
                Ok(Self { operation: Some(row.operation), required, shown, facts })
            }
            // With what a URL of another level names, or with nothing to tell it by, it would be another request.
            Ok(_) | Err(_) if level_differs(row, bucket, key) => Err(fault(
                "resource",
                format!("{} is done to {}, not to `{resource}`", row.name, row.level),
            )),
            Ok(_) => Err(fault("action", format!("{} cannot be asked about", row.name))),
            Err(refusal) => Err(fault(
                "action",
                format!("the gateway refuses {} to everybody: {refusal}", row.name),
            )),
        }
    }
}

/// The operation called `name`, by S3 or by IAM, and whether a named version is meant.
fn operation(name: &str) -> Result<(&'static Row, bool), Fault> {
    if let Some(operation) = OPERATIONS.iter().find(|operation| operation.name() == name) {
        // The key that a form is for stands in its body.
        let asked = match operation.row().handling {
            Handling::Becomes(other) => other,
            Handling::Forward | Handling::Refuse | Handling::Alias(_) => *operation,
        };
        return Ok((asked.row(), false));
    }
    if let Some((_, operation, version)) = IAM.iter().find(|(other, ..)| *other == name) {
        return Ok((operation.row(), *version));
    }
    let known = OPERATIONS.iter().map(|operation| operation.name());
    let nearest = nearest(name, known.chain(IAM.iter().map(|(other, ..)| *other)));
    Err(fault(
        "action",
        format!("unknown operation `s3:{name}`; the nearest known one is `s3:{nearest}`"),
    ))
}

/// The bucket and what follows its `/` in `s3://bucket/key`; both may be empty.
fn split(resource: &str) -> Option<(&str, &str)> {
    if resource == "*" {
        return Some(("", ""));
    }
    let rest = resource.strip_prefix("s3://")?;
    match rest.split_once('/') {
        Some(("", _)) => None,
        Some(split) => Some(split),
        None => Some((rest, "")),
    }
}

/// Notes the prefix that a URL names, or leaves the one that was noted.
fn note_prefix(prefix: &str, facts: &mut Facts) -> Result<(), Fault> {
    match facts.context().prefix {
        _ if prefix.is_empty() => {}
        Some(noted) if noted != prefix => {
            let reason = format!("`Prefix` is `{noted}`, and the resource says `{prefix}`");
            return Err(fault("context", reason));
        }
        Some(_) | None => facts.set_prefix(prefix),
    }
    Ok(())
}

/// What a request carries to be marked so.
fn parameter(mark: Mark) -> Option<(String, String)> {
    match mark {
        Mark::Value(name, value) => Some((name.to_owned(), value.to_owned())),
        Mark::Parameter(name) => {
            let value = match ParameterRow::find(name).map(|row| row.value) {
                Some(Value::Text) => PLACEHOLDER.to_owned(),
                Some(Value::Number { min, .. }) => min.to_string(),
                Some(Value::Exactly(value)) => value.to_owned(),
                Some(Value::Any | Value::Empty) | None => String::new(),
            };
            Some((name.to_owned(), value))
        }
        Mark::Header(_) => None,
    }
}

/// Why an operation that reads another object than its resource cannot be asked about as one, and what to ask instead.
fn of_source(row: &Row) -> Option<String> {
    let written = row.needs.iter().find_map(|need| match need {
        Need::One(action) => Some(action),
        Need::Version { .. }
        | Need::IfVersion(_)
        | Need::Each { .. }
        | Need::Source { .. }
        | Need::Listing(_)
        | Need::Folders { .. } => None,
    })?;
    let (current, version) = row.needs.iter().find_map(|need| match need {
        Need::Source { current, version } => Some((current, version)),
        Need::One(_)
        | Need::Version { .. }
        | Need::IfVersion(_)
        | Need::Each { .. }
        | Need::Listing(_)
        | Need::Folders { .. } => None,
    })?;
    Some(format!(
        "{} also reads its source, which cannot be named here; ask for the two: `{written}` on the object that it \
         writes, and `{current}` on the one that it copies (`{version}` with a version)",
        row.name
    ))
}

fn level_differs(row: &Row, bucket: &str, key: Option<&str>) -> bool {
    let level = match (bucket, key) {
        ("", _) => Level::Service,
        (_, None) => Level::Bucket,
        (_, Some(_)) => Level::Object,
    };
    level != row.level
}

fn fault(path: &str, reason: String) -> Fault {
    Fault { path: path.to_owned(), reason }
}

/// Stands for an upload's or a version's id: any decides the same.
const PLACEHOLDER: &str = "any";

/// The actions that the gateway asks for listings.
const LISTING: &[Action] = &[Action::LIST_OBJECTS, Action::LIST_OBJECT_VERSIONS];

/// IAM's names of actions that are not the operation's, and whether a named version is meant.
const IAM: &[(&str, Operation, bool)] = &[
    ("DeleteObjectVersion", Operation::DeleteObject, true),
    ("DeleteObjectVersionTagging", Operation::DeleteObjectTagging, true),
    ("GetAccelerateConfiguration", Operation::GetBucketAccelerateConfiguration, false),
    ("GetAnalyticsConfiguration", Operation::GetBucketAnalyticsConfiguration, false),
    ("GetBucketObjectLockConfiguration", Operation::GetObjectLockConfiguration, false),
    ("GetBucketPublicAccessBlock", Operation::GetPublicAccessBlock, false),
    ("GetEncryptionConfiguration", Operation::GetBucketEncryption, false),
    (
        "GetIntelligentTieringConfiguration",
        Operation::GetBucketIntelligentTieringConfiguration,
        false,
    ),
    ("GetInventoryConfiguration", Operation::GetBucketInventoryConfiguration, false),
    ("GetLifecycleConfiguration", Operation::GetBucketLifecycleConfiguration, false),
    ("GetMetricsConfiguration", Operation::GetBucketMetricsConfiguration, false),
    ("GetObjectVersion", Operation::GetObject, true),
    ("GetObjectVersionAcl", Operation::GetObjectAcl, true),
    ("GetObjectVersionAttributes", Operation::GetObjectAttributes, true),
    ("GetObjectVersionTagging", Operation::GetObjectTagging, true),
    ("GetReplicationConfiguration", Operation::GetBucketReplication, false),
    ("ListAllMyBuckets", Operation::ListBuckets, false),
    ("ListBucket", Operation::ListObjectsV2, false),
    ("ListBucketMultipartUploads", Operation::ListMultipartUploads, false),
    ("ListBucketVersions", Operation::ListObjectVersions, false),
    ("ListMultipartUploadParts", Operation::ListParts, false),
    ("PutAccelerateConfiguration", Operation::PutBucketAccelerateConfiguration, false),
    ("PutAnalyticsConfiguration", Operation::PutBucketAnalyticsConfiguration, false),
    ("PutBucketObjectLockConfiguration", Operation::PutObjectLockConfiguration, false),
    ("PutBucketPublicAccessBlock", Operation::PutPublicAccessBlock, false),
    ("PutEncryptionConfiguration", Operation::PutBucketEncryption, false),
    (
        "PutIntelligentTieringConfiguration",
        Operation::PutBucketIntelligentTieringConfiguration,
        false,
    ),
    ("PutInventoryConfiguration", Operation::PutBucketInventoryConfiguration, false),
    ("PutLifecycleConfiguration", Operation::PutBucketLifecycleConfiguration, false),
    ("PutMetricsConfiguration", Operation::PutBucketMetricsConfiguration, false),
    ("PutObjectVersionAcl", Operation::PutObjectAcl, true),
    ("PutObjectVersionTagging", Operation::PutObjectTagging, true),
    ("PutReplicationConfiguration", Operation::PutBucketReplication, false),
];

#[cfg(test)]
mod tests;
