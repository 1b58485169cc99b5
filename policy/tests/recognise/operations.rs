//! Which operation a request is, and what it needs.

use http::{HeaderMap, HeaderValue};
use policy::{
    Action, Handling, Level, Mark, Need, OPERATIONS, Operation, ParameterRow, Requirement,
    Resource, Shape, Target, Unrecognised, Value, recognise,
};

use crate::{needs, recognised, refusal};

#[test]
fn every_forwarded_operation_is_recognised_from_a_realistic_request() {
    let requests = [
        ("GET /?x-id=ListBuckets&max-buckets=10&prefix=l", Operation::ListBuckets),
        ("PUT /lake", Operation::CreateBucket),
        ("HEAD /lake", Operation::HeadBucket),
        ("DELETE /lake", Operation::DeleteBucket),
        ("GET /lake?location", Operation::GetBucketLocation),
        ("GET /lake?list-type=2&prefix=a/&delimiter=/&encoding-type=url", Operation::ListObjectsV2),
        ("GET /lake?prefix=a/&marker=a/b&max-keys=1000", Operation::ListObjects),
        ("GET /lake/a/b?x-id=GetObject&response-content-type=a/b", Operation::GetObject),
        ("HEAD /lake/a/b?partNumber=1", Operation::HeadObject),
        ("PUT /lake/a/b?x-id=PutObject", Operation::PutObject),
        ("DELETE /lake/a/b", Operation::DeleteObject),
        ("POST /lake/a/b?uploads=", Operation::CreateMultipartUpload),
        ("PUT /lake/a/b?partNumber=1&uploadId=u", Operation::UploadPart),
        ("POST /lake/a/b?uploadId=u", Operation::CompleteMultipartUpload),
        ("DELETE /lake/a/b?uploadId=u", Operation::AbortMultipartUpload),
        ("POST /lake?delete=&x-id=DeleteObjects", Operation::DeleteObjects),
        ("GET /lake/a/b?uploadId=u&max-parts=5&part-number-marker=2", Operation::ListParts),
    ];
    for (request, operation) in requests {
        assert_eq!(recognised(request, &[]).operation, operation, "{request}");
    }
    for (request, operation) in [
        ("PUT /lake/a/b?x-id=CopyObject", Operation::CopyObject),
        ("PUT /lake/a/b?partNumber=1&uploadId=u", Operation::UploadPartCopy),
    ] {
        let seen = recognised(request, &[("x-amz-copy-source", "lake/a/b")]);
        assert_eq!(seen.operation, operation, "{request}");
    }
}

#[test]
fn every_sub_resource_of_a_bucket_needs_the_action_that_is_named_for_it() {
    for (parameter, name, methods) in BUCKET {
        for method in methods.split(' ') {
            let verb = if method == "GET" { "Read" } else { "Write" };
            let action = match (*parameter, method) {
                ("acl" | "versioning" | "location", "GET") => Action::READ_REPOSITORY,
                _ => Action::parse(&format!("fs:{verb}Bucket{name}")).unwrap(),
            };
            let required = [Requirement::new(action, Resource::bucket("lake"))];
            let request = format!("{method} /lake?{parameter}");
            assert_eq!(needs(&request, &[]), required, "{request}");
            assert_eq!(needs(&format!("{request}="), &[]), required, "{request}");
        }
    }
    // All that there are, with the four of which each is also asked for by `id`.
    let methods = BUCKET.iter().map(|(_, _, methods)| methods.split(' ').count()).sum::<usize>();
    let of_buckets = OPERATIONS.iter().map(|operation| operation.row()).filter(|row| {
        let is_flagged = row.marks.iter().any(|mark| {
            mark.parameter().is_some_and(|name| BUCKET.iter().any(|(other, ..)| *other == name))
        });
        row.handling == Handling::Forward && row.level == Level::Bucket && is_flagged
    });
    assert_eq!(of_buckets.count(), methods + 4);
}

#[test]
fn every_sub_resource_of_an_object_needs_the_action_that_is_named_for_it() {
    let object = || Resource::object("lake", "a");
    let older = || Requirement::new(Action::READ_OBJECT_VERSION, object());
    for (request, action) in [
        ("GET /lake/a?tagging", Action::READ_OBJECT_TAGS),
        ("PUT /lake/a?tagging", Action::WRITE_OBJECT_TAGS),
        ("DELETE /lake/a?tagging", Action::WRITE_OBJECT_TAGS),
        ("GET /lake/a?acl", Action::READ_OBJECT_ACL),
        ("PUT /lake/a?acl", Action::WRITE_OBJECT_ACL),
        ("GET /lake/a?retention", Action::READ_OBJECT_RETENTION),
        ("PUT /lake/a?retention", Action::WRITE_OBJECT_RETENTION),
        ("GET /lake/a?legal-hold", Action::READ_OBJECT_LEGAL_HOLD),
        ("PUT /lake/a?legal-hold", Action::WRITE_OBJECT_LEGAL_HOLD),
        ("POST /lake/a?restore", Action::RESTORE_OBJECT),
    ] {
        let own = Requirement::new(action, object());
        assert_eq!(needs(request, &[]), std::slice::from_ref(&own), "{request}");
        assert_eq!(needs(&format!("{request}&versionId=1"), &[]), [own, older()], "{request}");
    }
    for request in
        ["GET /lake/a?attributes", "GET /lake/a?torrent", "POST /lake/a?select&select-type=2"]
    {
        let read = Requirement::new(Action::READ_OBJECT, object());
        assert_eq!(needs(request, &[]), [read], "{request}");
    }
}

#[test]
fn a_list_of_versions_or_uploads_needs_its_prefix() {
    for (request, action) in [
        ("GET /lake?versions", Action::LIST_OBJECT_VERSIONS),
        ("GET /lake?uploads", Action::LIST_OBJECTS),
    ] {
        for (more, prefix) in
            [("", ""), ("&prefix=a/", "a/"), ("&delimiter=/", ""), ("&key-marker=z&prefix=a", "a")]
        {
            let required = [Requirement::new(action, Target::listing("lake", prefix))];
            assert_eq!(needs(&format!("{request}{more}"), &[]), required, "{request}{more}");
        }
    }
}

#[test]
fn every_other_operation_is_refused_by_its_name() {
    for operation in OPERATIONS {
        let is_for_good = FOR_GOOD.contains(operation);
        match operation.row().handling {
            Handling::Forward | Handling::Becomes(_) | Handling::Alias(_) => {
                assert!(!is_for_good, "{operation}");
                continue;
            }
            Handling::Refuse => {}
        }
        let named = *operation;
        let mut parameters = Vec::new();
        let mut headers = HeaderMap::new();
        for mark in operation.row().marks {
            match *mark {
                Mark::Parameter(name) => parameters.push((name.to_owned(), legal_value(name))),
                Mark::Value(name, value) => parameters.push((name.to_owned(), value.to_owned())),
                Mark::Header(name) => {
                    headers.insert(name, HeaderValue::from_static("x"));
                }
            }
        }
        let level = operation.row().level;
        let shape = Shape {
            method: &operation.row().method.parse().unwrap(),
            bucket: (level != Level::Service).then_some("lake"),
            key: (level == Level::Object).then_some("a"),
            parameters: &parameters,
            headers: &headers,
        };
        let refusal = recognise(&shape).unwrap_err();
        assert_eq!(refusal, Unrecognised::NotImplemented { operation: named });
        assert_eq!(refusal.to_string(), format!("{named} is not implemented"));
        assert_eq!((refusal.status(), refusal.code()), (501, "NotImplemented"));
    }
}

#[test]
fn an_older_name_is_taken_for_the_newer() {
    for (request, newer) in [
        ("GET /lake?lifecycle", Operation::GetBucketLifecycleConfiguration),
        ("PUT /lake?lifecycle", Operation::PutBucketLifecycleConfiguration),
        ("GET /lake?notification", Operation::GetBucketNotificationConfiguration),
        ("PUT /lake?notification", Operation::PutBucketNotificationConfiguration),
    ] {
        assert_eq!(recognised(request, &[]).operation, newer, "{request}");
        let is_alias = |other: &&Operation| other.row().handling == Handling::Alias(newer);
        assert_eq!(OPERATIONS.iter().filter(is_alias).count(), 1);
    }
}

#[test]
fn a_forwarded_operation_needs_something_unless_its_answer_is_filtered() {
    for operation in OPERATIONS {
        let row = operation.row();
        if row.handling == Handling::Forward && *operation != Operation::ListBuckets {
            assert!(!row.needs.is_empty(), "{operation}");
        }
        for need in row.needs {
            let level = match need {
                Need::Version { .. } | Need::IfVersion(_) | Need::Source { .. } => Level::Object,
                Need::Each { .. } | Need::Listing(_) | Need::Folders { .. } => Level::Bucket,
                Need::One(_) => row.level,
            };
            assert_eq!(row.level, level, "{operation}");
            assert_ne!(row.level, Level::Service, "{operation}");
        }
    }
}

#[test]
fn an_object_operation_needs_its_action_on_that_key_byte_for_byte() {
    let object = || Resource::object("lake", "a//../ö+ *");
    let cleaned = || Resource::object("lake", "ö+ *");
    for (request, action) in [
        ("GET /lake/a//../ö+ *", Action::READ_OBJECT),
        ("HEAD /lake/a//../ö+ *", Action::READ_OBJECT),
        ("PUT /lake/a//../ö+ *", Action::WRITE_OBJECT),
        ("DELETE /lake/a//../ö+ *", Action::DELETE_OBJECT),
        ("POST /lake/a//../ö+ *?uploads", Action::WRITE_OBJECT),
        ("PUT /lake/a//../ö+ *?uploadId=u&partNumber=2", Action::WRITE_OBJECT),
        ("POST /lake/a//../ö+ *?uploadId=u", Action::WRITE_OBJECT),
        ("GET /lake/a//../ö+ *?uploadId=u", Action::WRITE_OBJECT),
        ("DELETE /lake/a//../ö+ *?uploadId=u", Action::DELETE_OBJECT),
    ] {
        let both = [Requirement::new(action, object()), Requirement::new(action, cleaned())];
        assert_eq!(needs(request, &[]), both, "{request}");
    }
}

#[test]
fn a_bucket_operation_needs_its_action_on_that_bucket() {
    for (request, action) in [
        ("PUT /lake", Action::CREATE_REPOSITORY),
        ("DELETE /lake", Action::DELETE_REPOSITORY),
        ("HEAD /lake", Action::READ_REPOSITORY),
        ("GET /lake?location", Action::READ_REPOSITORY),
    ] {
        let required = [Requirement::new(action, Resource::bucket("lake"))];
        assert_eq!(needs(request, &[]), required, "{request}");
    }
    assert_eq!(needs("GET /", &[]), []);
}

#[test]
fn a_listing_of_the_top_needs_list_branches_and_every_other_one_its_prefix() {
    let top = [Requirement::new(Action::LIST_BRANCHES, Resource::bucket("lake"))];
    let below = |prefix| [Requirement::new(Action::LIST_OBJECTS, Target::listing("lake", prefix))];
    for version in ["", "list-type=2&"] {
        let needs = |query: &str| needs(&format!("GET /lake?{version}{query}"), &[]);
        assert_eq!(needs("delimiter=/"), top);
        assert_eq!(needs("delimiter=/&prefix="), top);
        assert_eq!(needs("delimiter=/&prefix=a"), below("a"));
        assert_eq!(needs("delimiter=/&prefix=a/"), below("a/"));
        assert_eq!(needs("delimiter=//"), below(""));
        assert_eq!(needs("delimiter="), below(""));
        assert_eq!(needs("prefix=a/../b"), [below("a/../b"), below("b")].concat());
        assert_eq!(needs("max-keys=1"), below(""));
    }
}

#[test]
fn b07_a_named_version_needs_the_action_on_versions() {
    for (request, action) in [
        ("GET /lake/a?versionId=null", Action::READ_OBJECT_VERSION),
        ("HEAD /lake/a?versionId=3", Action::READ_OBJECT_VERSION),
        ("DELETE /lake/a?versionId=3", Action::DELETE_OBJECT_VERSION),
        ("GET /lake/a?attributes&versionId=3", Action::READ_OBJECT_VERSION),
    ] {
        let required = [Requirement::new(action, Resource::object("lake", "a"))];
        assert_eq!(needs(request, &[]), required, "{request}");
    }
    assert_eq!(
        refusal("GET /lake/a?versionId=", &[]),
        Unrecognised::BadValue { name: "versionId" }
    );
}

#[test]
fn what_has_no_row_is_no_operation() {
    for request in
        ["PATCH /lake/a", "OPTIONS /lake/a", "TRACE /lake", "POST /", "HEAD /", "get /", "GET //a"]
    {
        let refusal = refusal(request, &[]);
        assert!(matches!(refusal, Unrecognised::NoOperation { .. }), "{request}: {refusal}");
        assert_eq!((refusal.status(), refusal.code()), (405, "MethodNotAllowed"));
    }
}

/// A value that `name` may have.
fn legal_value(name: &str) -> String {
    let value = match ParameterRow::find(name).unwrap().value {
        Value::Empty => "",
        Value::Any | Value::Text => "x",
        Value::Exactly(value) => value,
        Value::Number { .. } => "1",
    };
    value.to_owned()
}

/// Sub-resources of a bucket, their names in actions, and what can be done to them.
const BUCKET: &[(&str, &str, &str)] = &[
    ("abac", "Abac", "GET PUT"),
    ("accelerate", "Accelerate", "GET PUT"),
    ("acl", "Acl", "GET PUT"),
    ("analytics", "Analytics", "GET PUT DELETE"),
    ("cors", "Cors", "GET PUT DELETE"),
    ("encryption", "Encryption", "GET PUT DELETE"),
    ("intelligent-tiering", "IntelligentTiering", "GET PUT DELETE"),
    ("inventory", "Inventory", "GET PUT DELETE"),
    ("lifecycle", "Lifecycle", "GET PUT DELETE"),
    ("location", "Location", "GET"),
    ("logging", "Logging", "GET PUT"),
    ("metrics", "Metrics", "GET PUT DELETE"),
    ("notification", "Notification", "GET PUT"),
    ("object-lock", "ObjectLock", "GET PUT"),
    ("ownershipControls", "OwnershipControls", "GET PUT DELETE"),
    ("policy", "Policy", "GET PUT DELETE"),
    ("policyStatus", "PolicyStatus", "GET"),
    ("publicAccessBlock", "PublicAccessBlock", "GET PUT DELETE"),
    ("replication", "Replication", "GET PUT DELETE"),
    ("requestPayment", "RequestPayment", "GET PUT"),
    ("tagging", "Tagging", "GET PUT DELETE"),
    ("versioning", "Versioning", "GET PUT"),
    ("website", "Website", "GET PUT DELETE"),
];

/// Directory buckets, tables of metadata, annotations, and what answers for a store instead of asking one.
const FOR_GOOD: &[Operation] = &[
    Operation::CreateBucketMetadataConfiguration,
    Operation::CreateBucketMetadataTableConfiguration,
    Operation::CreateSession,
    Operation::DeleteBucketMetadataConfiguration,
    Operation::DeleteBucketMetadataTableConfiguration,
    Operation::DeleteObjectAnnotation,
    Operation::GetBucketMetadataConfiguration,
    Operation::GetBucketMetadataTableConfiguration,
    Operation::GetObjectAnnotation,
    Operation::ListDirectoryBuckets,
    Operation::ListObjectAnnotations,
    Operation::PutObjectAnnotation,
    Operation::RenameObject,
    Operation::UpdateBucketMetadataAnnotationTableConfiguration,
    Operation::UpdateBucketMetadataInventoryTableConfiguration,
    Operation::UpdateBucketMetadataJournalTableConfiguration,
    Operation::UpdateObjectEncryption,
    Operation::WriteGetObjectResponse,
];
