//! What is recognised, what of it goes up, what it needs, and what is refused.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a request that the test cannot even write down should end it"
)]

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use policy::{
    Action, Context, Decision, Document, Handling, Level, Mark, Need, OPERATIONS, Operation,
    ParameterRow, Policy, Recognised, Requirement, Resource, Shape, Subject, Target, Unrecognised,
    Value, decide, recognise,
};
use proptest::prelude::*;

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
        ("GET /lake/a/b?uploadId=u&max-parts=5&part-number-marker=2", Operation::ListParts),
    ];
    for (request, operation) in requests {
        assert_eq!(recognised(request, &[]).operation, operation, "{request}");
    }
    let copies = [
        ("PUT /lake/a/b?x-id=CopyObject", Operation::CopyObject),
        ("PUT /lake/a/b?partNumber=1&uploadId=u", Operation::UploadPartCopy),
    ];
    for (request, operation) in copies {
        let seen = recognised(request, &[("x-amz-copy-source", "lake/a/b")]);
        assert_eq!(seen.operation, operation, "{request}");
    }
    let forwarded =
        OPERATIONS.iter().filter(|operation| operation.row().handling == Handling::Forward).count();
    assert_eq!(forwarded, requests.len() + copies.len());
}

#[test]
fn every_other_operation_is_refused_by_its_name() {
    let mut refused = 0;
    for operation in OPERATIONS {
        let named = match operation.row().handling {
            Handling::Forward => continue,
            Handling::Refuse => *operation,
            Handling::Alias(newer) => newer,
        };
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
        refused += 1;
    }
    assert_eq!(refused, 117 - 18);
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
                Need::Version { .. } | Need::Source { .. } | Need::IfVersion(_) => Level::Object,
                Need::Listing(_) | Need::Folders { .. } => Level::Bucket,
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
fn b01_who_may_use_a_prefix_does_not_leave_it_by_a_path_that_a_store_cleans() {
    let team = policy(
        r#"{"statement":[{"effect":"allow","action":"fs:*",
            "resource":"arn:lakefs:fs:::repository/lake/object/team-a/*"}]}"#,
    );
    for url in ["team-a/x", "team-a/b//x", "team-a/./x", "team-a/b/../x", "team-a/../team-a/x"] {
        for request in object_requests(&format!("lake/{url}")) {
            assert_eq!(outcome(&team, &request, &[]), "allow", "{request}");
        }
    }
    for url in [
        "team-a/../team-b/z",
        "team-a//../team-b/z",
        "team-a/./../team-b/z",
        "team-a/..",
        "team-a/../",
        "team-a/b/../../team-ab",
        "team-a/../../other/secret",
        "team-a/../../../other/secret",
        "team-a/../..",
        "./team-b/z",
        "//team-a/x",
    ] {
        for request in object_requests(&format!("lake/{url}")) {
            assert_eq!(outcome(&team, &request, &[]), "no allow", "{request}");
        }
    }
    for (prefix, expected) in [
        ("team-a/", "allow"),
        ("team-a/b//", "allow"),
        ("team-a/../team-a/", "allow"),
        ("team-a/../", "no allow"),
        ("team-a/../team-b/", "no allow"),
        ("team-a/../../other/", "no allow"),
        ("team-a/../..", "no allow"),
    ] {
        for query in ["", "&list-type=2", "&delimiter=/"] {
            let request = format!("GET /lake?prefix={prefix}{query}");
            assert_eq!(outcome(&team, &request, &[]), expected, "{request}");
        }
    }
}

#[test]
fn b01_a_deny_holds_for_every_path_that_a_store_cleans_into_it() {
    let all_but = policy(
        r#"{"statement":[{"effect":"allow","action":"fs:*","resource":"*"},
            {"effect":"deny","action":"fs:*","resource":["arn:lakefs:fs:::repository/lake/object/priv/*",
                "arn:lakefs:fs:::repository/vault/*"]}]}"#,
    );
    for url in [
        "priv/x",
        "a/../priv/x",
        "//priv/x",
        "/./priv/x",
        "./priv//x",
        "../lake/priv/x",
        "../vault/x",
        "a/../../../vault/x",
        "priv/../x",
    ] {
        for request in object_requests(&format!("lake/{url}")) {
            assert_eq!(outcome(&all_but, &request, &[]), "deny", "{request}");
        }
        let request = format!("GET /lake?prefix={url}");
        assert_eq!(outcome(&all_but, &request, &[]), "deny", "{request}");
    }
    for url in ["a/../b", "//b", "..", "../../b", "priv", "a/../privy/x"] {
        for request in object_requests(&format!("lake/{url}")) {
            assert_eq!(outcome(&all_but, &request, &[]), "allow", "{request}");
        }
    }
}

#[test]
fn b01_what_a_header_needs_is_needed_under_both_readings() {
    let required = |key| {
        let object = || Resource::object("lake", key);
        [
            Requirement::new(Action::WRITE_OBJECT, object()),
            Requirement::new(Action::WRITE_OBJECT_TAGS, object()),
        ]
    };
    let [write, tag] = required("a//b");
    let [write_cleaned, tag_cleaned] = required("a/b");
    assert_eq!(
        needs("PUT /lake/a//b", &[("x-amz-tagging", "a=b")]),
        [write, write_cleaned, tag, tag_cleaned]
    );
}

proptest! {
    #[test]
    fn b01_a_key_that_no_store_cleans_needs_its_action_once(
        key in "[ab.ö* ]{0,2}[abö]([.]{0,2}/[.]{0,2}[ab*]{1,2}){0,3}/?",
    ) {
        let read = Requirement::new(Action::READ_OBJECT, Resource::object("lake", &key));
        prop_assert_eq!(needs(&format!("GET /lake/{key}"), &[]), [read]);
        let list = Requirement::new(Action::LIST_OBJECTS, Target::listing("lake", &key));
        prop_assert_eq!(needs(&format!("GET /lake?prefix={key}"), &[]), [list]);
    }
}

#[test]
fn b07_a_named_version_needs_the_action_on_versions() {
    for (request, action) in [
        ("GET /lake/a?versionId=null", Action::READ_OBJECT_VERSION),
        ("HEAD /lake/a?versionId=3", Action::READ_OBJECT_VERSION),
        ("DELETE /lake/a?versionId=3", Action::DELETE_OBJECT_VERSION),
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
fn b08_two_sub_resources_are_no_operation() {
    for (request, either) in [
        ("GET /lake/a?acl&tagging", ["acl", "tagging"]),
        ("GET /lake?policy&location", ["policy", "location"]),
        ("GET /lake?list-type=2&location", ["list-type", "location"]),
        ("POST /lake/a?uploads&uploadId=1", ["uploads", "uploadId"]),
        ("GET /lake/a?uploads&uploadId=1", ["uploads", "uploads"]),
        ("PUT /lake/a?acl&partNumber=1&uploadId=1", ["acl", "acl"]),
    ] {
        let refusal = refusal(request, &[]);
        let Unrecognised::Contradiction { name, .. } = refusal else {
            panic!("{request}: {refusal}")
        };
        assert!(either.contains(&name), "{request}: {name}");
        assert_eq!((refusal.status(), refusal.code()), (400, "InvalidArgument"));
    }
}

#[test]
fn b08_a_sub_resource_is_known_by_its_exact_name() {
    for (request, name) in [
        ("GET /lake/a?ACL", "ACL"),
        ("GET /lake?List-Type=2", "List-Type"),
        ("DELETE /lake?quota", "quota"),
        ("GET /lake/a?versionid=1", "versionid"),
        ("PUT /lake/a?x-amz-acl=public-read", "x-amz-acl"),
        ("PUT /lake/a?", ""),
    ] {
        let refusal = refusal(request, &[]);
        assert_eq!(refusal, Unrecognised::UnknownParameter { name: name.to_owned() }, "{request}");
        assert_eq!((refusal.status(), refusal.code()), (501, "NotImplemented"));
    }
}

#[test]
fn b08_a_sub_resource_of_another_method_is_not_passed_through() {
    for (request, name) in [
        ("DELETE /lake?acl", "acl"),
        ("HEAD /lake?policy", "policy"),
        ("PUT /lake/a?versionId=1", "versionId"),
        ("PUT /lake/a?uploadId=1", "uploadId"),
        ("PUT /lake/a?partNumber=1", "partNumber"),
        ("DELETE /lake?versionId=1", "versionId"),
        ("PUT /lake?uploads", "uploads"),
    ] {
        let refusal = refusal(request, &[]);
        let Unrecognised::Contradiction { name: found, .. } = refusal else {
            panic!("{request}: {refusal}")
        };
        assert_eq!(found, name, "{request}");
    }
}

#[test]
fn b08_an_empty_sub_resource_is_that_sub_resource_and_one_with_a_value_is_none() {
    let acl = Unrecognised::NotImplemented { operation: Operation::GetObjectAcl };
    assert_eq!(refusal("GET /lake/a?acl", &[]), acl);
    assert_eq!(refusal("GET /lake/a?acl=", &[]), acl);
    for (request, name) in [
        ("GET /lake/a?acl=x", "acl"),
        ("POST /lake/a?uploads=1", "uploads"),
        ("GET /lake?location=eu", "location"),
    ] {
        let refusal = refusal(request, &[]);
        assert_eq!(refusal, Unrecognised::BadValue { name }, "{request}");
        assert_eq!((refusal.status(), refusal.code()), (400, "InvalidArgument"));
    }
}

#[test]
fn b08_a_parameter_is_there_once() {
    for (request, name) in [
        ("GET /lake?prefix=a&prefix=b", "prefix"),
        ("GET /lake?prefix=a&prefix=a", "prefix"),
        ("GET /lake/a?acl&acl", "acl"),
        ("GET /lake/a?x-id=a&x-id=b", "x-id"),
        ("GET /lake/a?versionId=1&versionId=2", "versionId"),
    ] {
        let refusal = refusal(request, &[]);
        assert_eq!(
            refusal,
            Unrecognised::DuplicateParameter { name: name.to_owned() },
            "{request}"
        );
        assert_eq!((refusal.status(), refusal.code()), (400, "InvalidArgument"));
    }
}

#[test]
fn a_value_that_could_be_read_in_two_ways_is_refused() {
    for (request, name) in [
        ("GET /lake?list-type=1", "list-type"),
        ("GET /lake?list-type=02", "list-type"),
        ("GET /lake?max-keys=-1", "max-keys"),
        ("GET /lake?max-keys=+1", "max-keys"),
        ("GET /lake?max-keys=4294967297", "max-keys"),
        ("GET /lake?encoding-type=xml", "encoding-type"),
        ("GET /lake/a?partNumber=0", "partNumber"),
        ("PUT /lake/a?partNumber=10001&uploadId=u", "partNumber"),
        ("GET /lake/a?uploadId=", "uploadId"),
        ("DELETE /lake/a?uploadId=", "uploadId"),
        ("GET /lake/a?uploadId=u&max-parts=x", "max-parts"),
    ] {
        let refusal = refusal(request, &[]);
        assert_eq!(refusal, Unrecognised::BadValue { name }, "{request}");
        assert_eq!((refusal.status(), refusal.code()), (400, "InvalidArgument"));
    }
}

#[test]
fn parameters_go_up_in_their_order_without_the_ones_that_say_nothing() {
    let seen = recognised(
        "GET /lake?x-id=ListObjectsV2&prefix=a b+&list-type=2&X-Amz-Expires=60&delimiter=/",
        &[],
    );
    let up: Vec<_> = seen.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(up, [("prefix", "a b+"), ("list-type", "2"), ("delimiter", "/")]);
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

#[test]
fn b09_a_header_that_carries_a_privilege_needs_its_own_leave() {
    for (header, value, action) in [
        ("x-amz-acl", "public-read", Action::WRITE_OBJECT_ACL),
        ("x-amz-acl", "Private", Action::WRITE_OBJECT_ACL),
        ("x-amz-grant-read", "id=1", Action::WRITE_OBJECT_ACL),
        ("x-amz-grant-full-control", "id=1", Action::WRITE_OBJECT_ACL),
        ("x-amz-grant-read-acp", "id=1", Action::WRITE_OBJECT_ACL),
        ("x-amz-grant-write-acp", "id=1", Action::WRITE_OBJECT_ACL),
        ("x-amz-tagging", "a=b", Action::WRITE_OBJECT_TAGS),
        ("x-amz-object-lock-mode", "GOVERNANCE", Action::WRITE_OBJECT_RETENTION),
        (
            "x-amz-object-lock-retain-until-date",
            "2030-01-01T00:00:00Z",
            Action::WRITE_OBJECT_RETENTION,
        ),
        ("x-amz-object-lock-legal-hold", "ON", Action::WRITE_OBJECT_LEGAL_HOLD),
        ("x-amz-website-redirect-location", "/b", Action::WRITE_OBJECT_REDIRECT),
        ("x-amz-server-side-encryption-aws-kms-key-id", "k", Action::WRITE_OBJECT_ENCRYPTION_KEY),
    ] {
        for request in ["PUT /lake/a", "POST /lake/a?uploads"] {
            let seen = recognised(request, &[(header, value)]);
            let object = || Resource::object("lake", "a");
            let required: Vec<_> = seen.required.iter().cloned().collect();
            let write = Requirement::new(Action::WRITE_OBJECT, object());
            assert_eq!(required, [write, Requirement::new(action, object())], "{header}: {value}");
            assert_eq!(seen.headers.get(header).unwrap(), value);
        }
    }
}

#[test]
fn b09_a_privilege_on_a_new_bucket_is_needed_on_the_bucket() {
    for (header, value, action) in [
        ("x-amz-acl", "public-read", Action::WRITE_BUCKET_ACL),
        ("x-amz-grant-write", "id=1", Action::WRITE_BUCKET_ACL),
        ("x-amz-bucket-object-lock-enabled", "true", Action::WRITE_BUCKET_OBJECT_LOCK),
        ("x-amz-object-ownership", "ObjectWriter", Action::WRITE_BUCKET_OWNERSHIP_CONTROLS),
    ] {
        let bucket = || Resource::bucket("lake");
        let create = Requirement::new(Action::CREATE_REPOSITORY, bucket());
        let required = [create, Requirement::new(action, bucket())];
        assert_eq!(needs("PUT /lake", &[(header, value)]), required, "{header}");
    }
}

#[test]
fn b09_a_bypass_of_governance_needs_its_own_leave() {
    let object = || Resource::object("lake", "a");
    let request = "DELETE /lake/a?versionId=1";
    let delete = || Requirement::new(Action::DELETE_OBJECT_VERSION, object());
    assert_eq!(
        needs(request, &[("x-amz-bypass-governance-retention", "true")]),
        [delete(), Requirement::new(Action::BYPASS_GOVERNANCE_RETENTION, object())]
    );
    assert_eq!(needs(request, &[("x-amz-bypass-governance-retention", "false")]), [delete()]);
}

#[test]
fn b09_several_grants_need_one_leave() {
    let headers =
        [("x-amz-grant-read", "id=1"), ("x-amz-grant-read-acp", "id=1"), ("x-amz-acl", "x")];
    assert_eq!(needs("PUT /lake/a", &headers).len(), 2);
}

#[test]
fn b09_an_acl_that_gives_nothing_away_needs_no_leave() {
    let private = recognised("PUT /lake/a", &[("x-amz-acl", "private")]);
    assert_eq!((private.required.len(), private.headers.len()), (1, 0));
    for acl in ["bucket-owner-full-control", "bucket-owner-read"] {
        let seen = recognised("PUT /lake/a", &[("x-amz-acl", acl)]);
        assert_eq!(
            (seen.required.len(), seen.headers.get("x-amz-acl").unwrap().to_str().unwrap()),
            (1, acl)
        );
    }
}

#[test]
fn b10_b12_nothing_of_the_clients_connection_or_authentication_goes_up() {
    let seen = recognised(
        "PUT /lake/a",
        &[
            ("host", "s3.example.com"),
            ("authorization", "AWS4-HMAC-SHA256 …"),
            ("connection", "authorization, x-amz-security-token, content-type"),
            ("te", "trailers"),
            ("upgrade", "h2c"),
            ("proxy-authorization", "Basic eA=="),
            ("transfer-encoding", "chunked"),
            ("content-length", "3"),
            ("expect", "100-continue"),
            ("user-agent", "curl"),
            ("accept", "*/*"),
            ("accept", "text/html"),
            ("accept-encoding", "gzip"),
            ("cookie", "a=b"),
            ("x-forwarded-for", "10.0.0.1"),
            ("amz-sdk-request", "attempt=1"),
            ("x-amzn-trace-id", "Root=1"),
            ("x_forwarded_for", "10.0.0.1"),
            ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
            ("x-amz-date", "20260101T000000Z"),
            ("x-amz-security-token", "t"),
            ("x-amz-decoded-content-length", "3"),
            ("x-amz-trailer", "x-amz-checksum-crc32"),
            ("x-amz-user-agent", "aws-sdk-js"),
            ("content-type", "text/plain"),
        ],
    );
    assert_eq!(seen.headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["content-type"]);
}

#[test]
fn b11_a_header_is_there_once_and_under_its_own_name() {
    for name in ["x-amz-acl", "x-amz-date", "x-amz-meta-a", "content-type", "if-match"] {
        let refusal = refusal("PUT /lake/a", &[(name, "a"), (name, "a")]);
        assert_eq!(refusal, Unrecognised::DuplicateHeader { name: name.to_owned() });
        assert_eq!((refusal.status(), refusal.code()), (400, "InvalidArgument"));
    }
    for name in ["x_amz_acl", "x-amz_acl", "x_amz_meta_a", "x_amz_copy_source", "x-amz-acl_"] {
        let refusal = refusal("PUT /lake/a", &[(name, "a")]);
        assert_eq!(refusal, Unrecognised::UnknownHeader { name: name.to_owned() });
    }
}

#[test]
fn b11_a_header_that_is_not_utf_8_is_refused() {
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-meta-a", HeaderValue::from_bytes(b"\xff").unwrap());
    let shape = Shape {
        method: &Method::PUT,
        bucket: Some("lake"),
        key: Some("a"),
        parameters: &[],
        headers: &headers,
    };
    let refusal = recognise(&shape).unwrap_err();
    assert_eq!(refusal, Unrecognised::BadHeader { name: "x-amz-meta-a".to_owned() });
}

#[test]
fn b21_what_is_new_is_refused() {
    for name in ["x-amz-something-new", "x-amz-", "x-amz-meta-", "x-amz-region-set"] {
        let refusal = refusal("PUT /lake/a", &[(name, "a")]);
        assert_eq!(refusal, Unrecognised::UnknownHeader { name: name.to_owned() });
        assert_eq!((refusal.status(), refusal.code()), (501, "NotImplemented"));
    }
    for name in [
        "x-amz-create-session",
        "x-amz-create-session-mode",
        "x-amz-server-side-encryption-customer-key",
        "x-amz-server-side-encryption-customer-algorithm",
        "x-amz-object-lock-event-hold",
        "x-amz-write-offset-bytes",
    ] {
        let refusal = refusal("PUT /lake/a", &[(name, "a")]);
        assert_eq!(refusal, Unrecognised::RefusedHeader { name: name.to_owned() });
        assert_eq!((refusal.status(), refusal.code()), (501, "NotImplemented"));
    }
}

#[test]
fn a_header_of_other_operations_is_refused() {
    for (request, name) in [
        ("GET /lake/a", "x-amz-acl"),
        ("PUT /lake/a?partNumber=1&uploadId=u", "x-amz-tagging"),
        ("POST /lake/a?uploadId=u", "x-amz-meta-a"),
        ("PUT /lake/a", "x-amz-grant-write"),
        ("PUT /lake/a", "x-amz-bypass-governance-retention"),
        ("GET /lake/a", "x-amz-server-side-encryption"),
        ("POST /lake/a?uploads", "if-none-match"),
        ("DELETE /lake/a", "if-none-match"),
    ] {
        let refusal = refusal(request, &[(name, "a")]);
        let Unrecognised::HeaderNotTaken { header, .. } = &refusal else { panic!("{refusal}") };
        assert_eq!(header, name);
        assert_eq!((refusal.status(), refusal.code()), (400, "InvalidArgument"));
    }
}

#[test]
fn what_an_object_is_stored_with_goes_up() {
    let stored = [
        ("cache-control", "no-cache"),
        ("content-disposition", "attachment; filename=\"a  b\""),
        ("content-language", "de"),
        ("content-type", "text/plain"),
        ("expires", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ("x-amz-meta-s3cmd_attrs", "é"),
        ("x-amz-storage-class", "STANDARD"),
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-request-payer", "requester"),
    ];
    for request in ["PUT /lake/a", "POST /lake/a?uploads"] {
        let seen = recognised(request, &stored);
        assert_eq!((seen.headers.len(), seen.required.len()), (stored.len(), 1), "{request}");
        for (name, value) in stored {
            assert_eq!(seen.headers.get(name).unwrap().as_bytes(), value.as_bytes(), "{name}");
        }
    }
}

#[test]
fn ranges_and_conditions_go_up_with_reads() {
    let headers = [
        ("range", "bytes=0-9"),
        ("if-range", "\"e\""),
        ("if-match", "\"e\""),
        ("if-none-match", "\"e\""),
        ("if-modified-since", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ("if-unmodified-since", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ("x-amz-checksum-mode", "ENABLED"),
    ];
    for request in ["GET /lake/a", "HEAD /lake/a"] {
        assert_eq!(recognised(request, &headers).headers.len(), headers.len(), "{request}");
    }
}

#[test]
fn a_condition_on_a_bucket_or_a_list_says_nothing() {
    for request in [
        "GET /",
        "HEAD /lake",
        "GET /lake?location",
        "GET /lake",
        "GET /lake?list-type=2",
        "GET /lake/a?uploadId=u",
    ] {
        for name in CONDITIONS {
            assert_eq!(
                recognised(request, &[(name, "\"e\"")]).headers.len(),
                0,
                "{request} {name}"
            );
        }
    }
}

#[test]
fn a_condition_on_a_write_that_does_not_take_it_is_refused() {
    for request in [
        "PUT /lake",
        "DELETE /lake",
        "POST /lake/a?uploads",
        "PUT /lake/a?partNumber=1&uploadId=u",
        "DELETE /lake/a?uploadId=u",
    ] {
        for name in CONDITIONS {
            let refusal = refusal(request, &[(name, "\"e\"")]);
            assert!(matches!(refusal, Unrecognised::HeaderNotTaken { .. }), "{request}: {refusal}");
        }
    }
    for (request, name) in [
        ("PUT /lake/a", "if-modified-since"),
        ("PUT /lake/a", "if-unmodified-since"),
        ("DELETE /lake/a", "if-none-match"),
        ("POST /lake/a?uploadId=u", "if-unmodified-since"),
    ] {
        let refusal = refusal(request, &[(name, "a")]);
        assert!(matches!(refusal, Unrecognised::HeaderNotTaken { .. }), "{request}: {refusal}");
    }
}

#[test]
fn a_checksum_goes_up_with_its_body_only() {
    let checksum =
        [("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-sdk-checksum-algorithm", "CRC32")];
    assert_eq!(recognised("PUT /lake/a", &checksum).headers.len(), 2);
    assert_eq!(recognised("PUT /lake/a?partNumber=1&uploadId=u", &checksum).headers.len(), 2);
    // As the AWS SDK for Java 2 asks for an object.
    let java = [("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-te", "append-md5")];
    assert_eq!(recognised("GET /lake/a", &java).headers.len(), 0);
}

#[test]
fn the_clients_framing_is_no_coding_of_the_object() {
    for (sent, stored) in [
        ("aws-chunked", None),
        ("AWS-chunked", None),
        ("", None),
        (" , ", None),
        ("gzip", Some("gzip")),
        ("gzip, br", Some("gzip, br")),
        ("gzip ,\tbr,", Some("gzip ,\tbr,")),
        ("aws-chunked-not, br", Some("aws-chunked-not, br")),
        ("aws-chunked,gzip", Some("gzip")),
        ("gzip, aws-chunked", Some("gzip")),
        ("br, aws-chunked ,gzip", Some("br,gzip")),
    ] {
        let seen = recognised("PUT /lake/a", &[("content-encoding", sent)]);
        let up = seen.headers.get("content-encoding").map(HeaderValue::as_bytes);
        assert_eq!(up, stored.map(str::as_bytes), "{sent}");
    }
    // As the AWS SDK for Java 2 sends them: a line each.
    for (sent, stored) in [
        (["gzip", "aws-chunked"], Some("gzip")),
        (["aws-chunked", "gzip, br"], Some("gzip,br")),
        (["gzip", "br"], Some("gzip,br")),
        (["aws-chunked", "aws-chunked"], None),
    ] {
        let seen = recognised("PUT /lake/a", &sent.map(|line| ("content-encoding", line)));
        let up: Vec<_> = seen.headers.get_all("content-encoding").iter().collect();
        assert_eq!(up, Vec::from_iter(stored), "{sent:?}");
    }
}

#[test]
fn what_the_upstream_signature_covers_goes_up_as_it_is_signed() {
    for (sent, up) in [
        ("ö  b   c d", "ö b c d"),
        ("a\tb", "a b"),
        ("a \t b\t\tc", "a b c"),
        (" \ta\t ", "a"),
        ("\t", ""),
        ("a b", "a b"),
        ("\u{a0}a\u{a0}\u{a0}b", "\u{a0}a\u{a0}\u{a0}b"),
    ] {
        for name in ["x-amz-meta-a", "x-amz-tagging", "content-type", "content-md5"] {
            let seen = recognised("PUT /lake/a", &[(name, sent)]);
            let value = seen.headers.get(name).unwrap();
            assert_eq!(value.as_bytes(), up.as_bytes(), "{name}: {sent:?}");
        }
        for name in ["content-disposition", "cache-control", "if-match"] {
            let seen = recognised("PUT /lake/a", &[(name, sent)]);
            assert_eq!(seen.headers.get(name).unwrap().as_bytes(), sent.as_bytes(), "{name}");
        }
    }
}

#[test]
fn blanks_around_a_value_do_not_change_what_it_needs() {
    for (sent, required, up) in
        [("private\t", 1, 0), (" bucket-owner-read", 1, 1), ("\tpublic-read", 2, 1)]
    {
        let seen = recognised("PUT /lake/a", &[("x-amz-acl", sent)]);
        assert_eq!((seen.required.len(), seen.headers.len()), (required, up), "{sent:?}");
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

fn recognised(request: &str, headers: &[(&str, &str)]) -> Recognised {
    read(request, headers).unwrap_or_else(|refusal| panic!("{request}: {refusal}"))
}

fn refusal(request: &str, headers: &[(&str, &str)]) -> Unrecognised {
    match read(request, headers) {
        Ok(seen) => panic!("{request} is {}", seen.operation),
        Err(refusal) => refusal,
    }
}

fn needs(request: &str, headers: &[(&str, &str)]) -> Vec<Requirement> {
    recognised(request, headers).required.iter().cloned().collect()
}

fn object_requests(url: &str) -> [String; 9] {
    [
        format!("GET /{url}"),
        format!("GET /{url}?versionId=1"),
        format!("HEAD /{url}"),
        format!("PUT /{url}"),
        format!("DELETE /{url}"),
        format!("POST /{url}?uploads"),
        format!("PUT /{url}?uploadId=u&partNumber=1"),
        format!("POST /{url}?uploadId=u"),
        format!("DELETE /{url}?uploadId=u"),
    ]
}

fn policy(document: &str) -> [Arc<Policy>; 1] {
    let document: Document = serde_json::from_str(document).unwrap();
    [Arc::new(Policy::compile("P", &document).unwrap())]
}

/// What is decided about all that `request` needs: a deny, else a want of leave, else leave.
fn outcome(policies: &[Arc<Policy>], request: &str, headers: &[(&str, &str)]) -> &'static str {
    let subject = Subject { user: "alice", policies };
    let mut outcome = "allow";
    for requirement in needs(request, headers) {
        match decide(&subject, &requirement, &Context::default()) {
            Decision::Allow { .. } => {}
            Decision::Deny { .. } => return "deny",
            Decision::NoAllow => outcome = "no allow",
        }
    }
    outcome
}

/// Reads `METHOD /bucket/key?query`, all of it decoded already, as the gateway would.
fn read(request: &str, headers: &[(&str, &str)]) -> Result<Recognised, Unrecognised> {
    let (method, url) = request.split_once(" /").unwrap();
    let (path, query) = match url.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (url, None),
    };
    let (bucket, key) = match path.split_once('/') {
        Some((bucket, key)) => (Some(bucket), Some(key)),
        None => (Some(path), None),
    };
    let parameters: Vec<_> = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        map.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let method: Method = method.parse().unwrap();
    recognise(&Shape { method: &method, bucket, key, parameters: &parameters, headers: &map })
}

const CONDITIONS: [&str; 4] =
    ["if-match", "if-modified-since", "if-none-match", "if-unmodified-since"];
