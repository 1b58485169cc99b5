//! Sub-resources and other parameters: each is there once, and belongs to one operation.

use policy::{Operation, PARAMETERS, ParameterHandling, Unrecognised, Value};

use crate::{recognised, refusal};

#[test]
fn b08_two_sub_resources_are_no_operation() {
    for (request, either) in [
        ("GET /lake/a?acl&tagging", ["acl", "tagging"]),
        ("GET /lake?policy&location", ["policy", "location"]),
        ("GET /lake?list-type=2&location", ["list-type", "location"]),
        ("POST /lake/a?uploads&uploadId=1", ["uploads", "uploadId"]),
        ("GET /lake/a?uploads&uploadId=1", ["uploads", "uploads"]),
        ("PUT /lake/a?acl&partNumber=1&uploadId=1", ["acl", "acl"]),
        ("GET /lake?versions&uploads", ["versions", "uploads"]),
        ("GET /lake?policy&policyStatus", ["policy", "policyStatus"]),
        ("DELETE /lake?lifecycle&policy", ["lifecycle", "policy"]),
        ("PUT /lake/a?retention&legal-hold", ["retention", "legal-hold"]),
        ("GET /lake?versions&list-type=2", ["versions", "list-type"]),
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
        ("DELETE /lake?versioning", "versioning"),
        ("PUT /lake?policyStatus", "policyStatus"),
        ("GET /lake/a?policy", "policy"),
        ("GET /lake?retention", "retention"),
        ("GET /lake?tagging&versionId=1", "versionId"),
        ("GET /lake/a?torrent&versionId=1", "versionId"),
        ("GET /lake?cors&id=1", "id"),
        ("POST /lake/a?restore&select-type=2", "select-type"),
        ("GET /lake?policy&response-content-type=a", "response-content-type"),
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
    for request in ["GET /lake/a?acl", "GET /lake/a?acl="] {
        assert_eq!(recognised(request, &[]).operation, Operation::GetObjectAcl, "{request}");
    }
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
fn b08_no_two_flags_stand_in_one_request() {
    let flags: Vec<_> = PARAMETERS
        .iter()
        .filter(|row| row.handling == ParameterHandling::Mark && row.value == Value::Empty)
        .map(|row| row.name)
        .collect();
    assert!(flags.len() >= 40, "{flags:?}");
    for (index, one) in flags.iter().enumerate() {
        for other in &flags[index + 1..] {
            for method in ["GET", "HEAD", "PUT", "POST", "DELETE"] {
                for path in ["", "lake", "lake/a"] {
                    let request = format!("{method} /{path}?{one}&{other}");
                    let status = refusal(&request, &[]).status();
                    assert!(matches!(status, 400 | 405), "{request}: {status}");
                }
            }
        }
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
        ("GET /lake?uploads&max-uploads=-1", "max-uploads"),
        ("GET /lake?versions&max-keys=x", "max-keys"),
        ("GET /lake?analytics&id=", "id"),
        ("GET /lake/a?tagging&versionId=", "versionId"),
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
