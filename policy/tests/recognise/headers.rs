//! Which headers go up, and how.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use policy::{Shape, Unrecognised, recognise};

use crate::{recognised, refusal};

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
        "x-amz-mfa",
        "x-amz-object-lock-event-hold",
        "x-amz-write-offset-bytes",
    ] {
        let refusal = refusal("PUT /lake/a", &[(name, "a")]);
        assert_eq!(refusal, Unrecognised::RefusedHeader { name: name.to_owned() });
        assert_eq!((refusal.status(), refusal.code()), (501, "NotImplemented"));
    }
}

#[test]
fn a_key_of_the_clients_own_goes_up_and_does_not_show() {
    let key = "x-amz-server-side-encryption-customer-key";
    for request in ["PUT /lake/a", "GET /lake/a", "POST /lake/a?select&select-type=2"] {
        let seen = recognised(request, &[(key, "c2VjcmV0")]);
        assert_eq!(
            (seen.headers.get(key).unwrap().as_bytes(), seen.required.len()),
            (&b"c2VjcmV0"[..], 1)
        );
        assert!(!format!("{seen:?}").contains("c2VjcmV0"), "{seen:?}");
    }
    let other = refusal("PUT /lake/a", &[("x-amz-server-side-encryption-customer-new", "a")]);
    assert!(matches!(other, Unrecognised::UnknownHeader { .. }), "{other}");
    let other = refusal("PUT /lake/a?acl", &[(key, "a")]);
    assert!(matches!(other, Unrecognised::HeaderNotTaken { .. }), "{other}");
}

#[test]
fn a_policy_that_shuts_its_author_out_is_refused() {
    let name = "x-amz-confirm-remove-self-bucket-access";
    for value in ["false", " false\t"] {
        assert_eq!(recognised("PUT /lake?policy", &[(name, value)]).headers.len(), 0);
    }
    for value in ["true", "", "FALSE"] {
        let refused = Unrecognised::RefusedHeader { name: name.to_owned() };
        assert_eq!(refusal("PUT /lake?policy", &[(name, value)]), refused);
    }
}

#[test]
fn a_list_may_have_a_line_for_each_element() {
    let name = "x-amz-object-attributes";
    let lines = [(name, "ETag"), (name, " Checksum,  ObjectSize")];
    let seen = recognised("GET /lake/a?attributes", &lines);
    assert_eq!(seen.headers.get(name).unwrap(), "ETag, Checksum, ObjectSize");
    assert_eq!(seen.headers.get_all(name).iter().count(), 1);
}

#[test]
fn what_says_more_of_a_document_goes_up_with_it() {
    let checksums = [
        ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
        ("x-amz-checksum-crc32", "AAAAAA=="),
        ("x-amz-sdk-checksum-algorithm", "CRC32"),
        ("x-amz-expected-bucket-owner", "1"),
    ];
    for request in [
        "PUT /lake?policy",
        "PUT /lake/a?tagging",
        "PUT /lake?inventory&id=1",
        "POST /lake/a?restore",
    ] {
        assert_eq!(recognised(request, &checksums).headers.len(), 4, "{request}");
    }
    // Of a bucket that is to be made there is no owner, and its document is made anew.
    assert_eq!(recognised("PUT /lake", &checksums[..3]).headers.len(), 0);
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
