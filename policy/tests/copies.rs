//! What a copy needs of its two objects, and what of it goes up.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a request that the test cannot write down should end it"
)]

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use policy::{
    Action, CopySource, CopySourceFault, Recognised, Requirement, Resource, Shape, Unrecognised,
    recognise,
};

#[test]
fn b04_a_copy_needs_to_write_its_object_and_to_read_its_source() {
    for (source, action, bucket, key) in [
        ("lake/b", Action::READ_OBJECT, "lake", "b"),
        ("/lake/b", Action::READ_OBJECT, "lake", "b"),
        ("pond/b", Action::READ_OBJECT, "pond", "b"),
        ("lake/a", Action::READ_OBJECT, "lake", "a"),
        ("lake/b%252Fc", Action::READ_OBJECT, "lake", "b%2Fc"),
        ("pond%2Fb", Action::READ_OBJECT, "pond", "b"),
        ("lake/b%20%2B*", Action::READ_OBJECT, "lake", "b +*"),
        ("lake/b?versionId=v", Action::READ_OBJECT_VERSION, "lake", "b"),
        ("lake/b?versionId=null", Action::READ_OBJECT_VERSION, "lake", "b"),
    ] {
        for kind in KINDS {
            let expected = [write(), Requirement::new(action, Resource::object(bucket, key))];
            assert_eq!(needs(kind, &[(SOURCE, source)]), expected, "{source}");
        }
    }
}

#[test]
fn b04_a_source_is_read_as_a_store_that_cleans_paths_reads_it() {
    let read = |(bucket, key): (&str, &str)| {
        Requirement::new(Action::READ_OBJECT, Resource::object(bucket, key))
    };
    for (source, objects) in [
        ("lake/team-a/../priv/x", &[("lake", "team-a/../priv/x"), ("lake", "priv/x")][..]),
        ("lake/team-a/%2e%2e/priv/x", &[("lake", "team-a/../priv/x"), ("lake", "priv/x")]),
        ("lake//x", &[("lake", "/x"), ("lake", "x")]),
        ("lake/../pond/x", &[("lake", "../pond/x"), ("pond", "x"), ("lake", "pond/x")]),
        ("lake/team-a/%252e%252e/x", &[("lake", "team-a/%2e%2e/x")]),
    ] {
        let expected: Vec<_> = objects.iter().copied().map(read).collect();
        let found = needs(KINDS[0], &[(SOURCE, source)]);
        assert_eq!((&found[..1], &found[1..]), (&[write()][..], &expected[..]), "{source}");
    }
}

#[test]
fn b04_b07_a_version_that_is_encoded_into_the_key_needs_leave_for_versions_as_well() {
    // Some stores decode the whole source before they look for `?versionId=`.
    let read = |action, key| Requirement::new(action, Resource::object("lake", key));
    for source in ["lake/b%3FversionId=v", "lake/b%3FversionId%3Dv", "lake/b%3fversionId=v"] {
        let expected = [
            write(),
            read(Action::READ_OBJECT, "b?versionId=v"),
            read(Action::READ_OBJECT_VERSION, "b"),
        ];
        assert_eq!(needs(KINDS[0], &[(SOURCE, source)]), expected, "{source}");
    }
    let expected = [
        write(),
        read(Action::READ_OBJECT_VERSION, "b/../c?versionId=v"),
        read(Action::READ_OBJECT_VERSION, "c?versionId=v"),
        read(Action::READ_OBJECT_VERSION, "b/../c"),
        read(Action::READ_OBJECT_VERSION, "c"),
    ];
    let source = "lake/b/../c%3FversionId=v?versionId=w";
    assert_eq!(needs(KINDS[1], &[(SOURCE, source)]), expected);
}

#[test]
fn b04_what_is_no_source_is_refused_with_s3s_code() {
    for (source, fault, code, status) in [
        ("", CopySourceFault::Bucket, "InvalidArgument", 400),
        ("lake", CopySourceFault::NoKey, "InvalidArgument", 400),
        ("lake/a%zz", CopySourceFault::Encoding, "InvalidArgument", 400),
        ("lake/a?versionId=", CopySourceFault::Query, "InvalidArgument", 400),
        ("lake/a  b", CopySourceFault::Blanks, "InvalidArgument", 400),
        ("arn:aws:s3:eu:1:accesspoint/x/object/a", CopySourceFault::Arn, "NotImplemented", 501),
    ] {
        for kind in KINDS {
            let refusal = refusal(kind, &[(SOURCE, source)]);
            assert_eq!(refusal, Unrecognised::Source(fault), "{source}");
            assert_eq!((refusal.code(), refusal.status()), (code, status), "{source}");
        }
    }
    let twice = refusal(KINDS[0], &[(SOURCE, "lake/a"), (SOURCE, "lake/b")]);
    assert_eq!(twice, Unrecognised::DuplicateHeader { name: SOURCE.to_owned() });
}

#[test]
fn b04_a_source_belongs_to_copies_alone() {
    for (method, parameters) in [
        ("GET", &[][..]),
        ("DELETE", &[]),
        ("POST", &[("uploads", "")]),
        ("PUT", &[("tagging", "")]),
        ("PUT", &[("acl", "")]),
    ] {
        let refusal = refusal((method, parameters), &[(SOURCE, "lake/b")]);
        assert_ne!(refusal.status(), 200, "{method} {parameters:?}: {refusal}");
    }
}

#[test]
fn b04_the_source_goes_up_as_it_was_read_and_not_as_it_was_written() {
    let seen = recognised(KINDS[0], &[(SOURCE, "lake/b%20%2B?versionId=v")]);
    let (bucket, key, version) = ("lake".to_owned(), "b +".to_owned(), Some("v".to_owned()));
    assert_eq!(seen.source, Some(CopySource { bucket, key, version }));
    assert!(seen.headers.is_empty(), "{:?}", seen.headers);
    let plain = recognised(("PUT", &[]), &[]);
    assert_eq!(plain.source, None);
}

#[test]
fn b05_a_part_that_is_copied_takes_a_range_with_both_ends() {
    let part = |range| [(SOURCE, "lake/b"), ("x-amz-copy-source-range", range)];
    for (range, up) in [("bytes=0-0", "bytes=0-0"), ("bytes=007-9", "bytes=7-9")] {
        let seen = recognised(KINDS[1], &part(range));
        assert_eq!(seen.headers.get("x-amz-copy-source-range").unwrap(), up);
    }
    for range in ["", "bytes=5-", "bytes=-5", "bytes=9-5", "bytes=0-1,4-5", "0-5", "bytes=a-b"] {
        let refusal = refusal(KINDS[1], &part(range));
        let bad = Unrecognised::BadHeaderValue { name: "x-amz-copy-source-range" };
        assert_eq!((&refusal, refusal.code(), refusal.status()), (&bad, "InvalidArgument", 400));
    }
    let whole = refusal(KINDS[0], &part("bytes=0-5"));
    assert!(matches!(whole, Unrecognised::HeaderNotTaken { .. }), "{whole}");
}

#[test]
fn b09_a_header_of_a_copy_that_carries_a_privilege_needs_its_own_leave_on_what_is_written() {
    for (header, value, action) in [
        ("x-amz-acl", "public-read", Action::WRITE_OBJECT_ACL),
        ("x-amz-grant-read", "id=1", Action::WRITE_OBJECT_ACL),
        ("x-amz-tagging", "a=b", Action::WRITE_OBJECT_TAGS),
        ("x-amz-tagging-directive", "REPLACE", Action::WRITE_OBJECT_TAGS),
        ("x-amz-tagging-directive", "replace", Action::WRITE_OBJECT_TAGS),
        ("x-amz-object-lock-mode", "GOVERNANCE", Action::WRITE_OBJECT_RETENTION),
        ("x-amz-object-lock-legal-hold", "ON", Action::WRITE_OBJECT_LEGAL_HOLD),
        ("x-amz-website-redirect-location", "/b", Action::WRITE_OBJECT_REDIRECT),
        ("x-amz-server-side-encryption-aws-kms-key-id", "k", Action::WRITE_OBJECT_ENCRYPTION_KEY),
    ] {
        let seen = recognised(KINDS[0], &[(SOURCE, "pond/b"), (header, value)]);
        let required: Vec<_> = seen.required.iter().cloned().collect();
        let read = Requirement::new(Action::READ_OBJECT, Resource::object("pond", "b"));
        let leave = Requirement::new(action, Resource::object("lake", "a"));
        assert_eq!(required, [write(), read, leave], "{header}: {value}");
        assert_eq!(seen.headers.get(header).unwrap(), value);
    }
}

#[test]
fn what_a_copy_takes_over_by_default_needs_no_leave_beyond_reading() {
    for (header, value, up) in [
        ("x-amz-tagging-directive", "COPY", None),
        ("x-amz-metadata-directive", "COPY", Some("COPY")),
        ("x-amz-metadata-directive", "REPLACE", Some("REPLACE")),
        ("x-amz-object-annotation-directive", "EXCLUDE", Some("EXCLUDE")),
        ("x-amz-meta-of", "mine", Some("mine")),
        ("content-type", "text/plain", Some("text/plain")),
        ("x-amz-acl", "private", None),
        ("x-amz-copy-source-if-match", "\"e\"", Some("\"e\"")),
        ("x-amz-copy-source-if-none-match", "\"e\"", Some("\"e\"")),
        (
            "x-amz-copy-source-if-modified-since",
            "Sat, 31 Jan 2026 12:00:00 GMT",
            Some("Sat, 31 Jan 2026 12:00:00 GMT"),
        ),
        ("x-amz-source-expected-bucket-owner", "123456789012", Some("123456789012")),
        ("if-none-match", "*", Some("*")),
    ] {
        let seen = recognised(KINDS[0], &[(SOURCE, "lake/b"), (header, value)]);
        assert_eq!(seen.required.len(), 2, "{header}");
        assert_eq!(seen.headers.get(header).map(HeaderValue::as_bytes), up.map(str::as_bytes));
    }
}

#[test]
fn keys_of_the_clients_own_go_up_for_both_sides_and_do_not_show() {
    for kind in KINDS {
        for side in ["x-amz-copy-source-server-side", "x-amz-server-side"] {
            let name = format!("{side}-encryption-customer-key");
            let seen = recognised(kind, &[(SOURCE, "lake/b"), (&name, "c2VjcmV0")]);
            assert_eq!(seen.headers.get(&name).unwrap().as_bytes(), b"c2VjcmV0");
            assert!(!format!("{seen:?}").contains("c2VjcmV0"), "{seen:?}");
        }
    }
}

/// A request on `lake/a`: its method and its parameters.
type Kind<'a> = (&'a str, &'a [(&'a str, &'a str)]);

/// `CopyObject` and `UploadPartCopy`.
const KINDS: [Kind<'_>; 2] = [("PUT", &[]), ("PUT", &[("partNumber", "1"), ("uploadId", "u")])];

const SOURCE: &str = "x-amz-copy-source";

fn write() -> Requirement {
    Requirement::new(Action::WRITE_OBJECT, Resource::object("lake", "a"))
}

fn needs(kind: Kind<'_>, headers: &[(&str, &str)]) -> Vec<Requirement> {
    recognised(kind, headers).required.iter().cloned().collect()
}

fn recognised(kind: Kind<'_>, headers: &[(&str, &str)]) -> Recognised {
    read(kind, headers).unwrap_or_else(|refusal| panic!("{headers:?}: {refusal}"))
}

fn refusal(kind: Kind<'_>, headers: &[(&str, &str)]) -> Unrecognised {
    match read(kind, headers) {
        Ok(seen) => panic!("{headers:?} is {}", seen.operation),
        Err(refusal) => refusal,
    }
}

fn read(
    (method, parameters): Kind<'_>,
    headers: &[(&str, &str)],
) -> Result<Recognised, Unrecognised> {
    let parameters: Vec<_> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        map.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let method: Method = method.parse().unwrap();
    let (bucket, key) = (Some("lake"), Some("a"));
    recognise(&Shape { method: &method, bucket, key, parameters: &parameters, headers: &map })
}
