//! Conditions of HTTP: of an object they go up, of a bucket or a list they say nothing.

use policy::Unrecognised;

use crate::{recognised, refusal};

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
        "GET /lake?policy",
        "GET /lake?versions",
        "GET /lake/a?tagging",
        "GET /lake/a?attributes",
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
        "PUT /lake?policy",
        "DELETE /lake?policy",
        "PUT /lake/a?tagging",
        "POST /lake/a?select&select-type=2",
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

const CONDITIONS: [&str; 4] =
    ["if-match", "if-modified-since", "if-none-match", "if-unmodified-since"];
