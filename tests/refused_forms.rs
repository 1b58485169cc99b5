//! Uploads by an HTML form that is not as it was signed, or not as a form is: nothing whole goes up.

use serde_json::json;

use crate::harness::{
    Key,
    forms::Form as Signature,
    http::{Connection, assert_refused},
    pattern::{Pattern, sha256},
    post::{Draft, Form, VERSIONS, Version, draft},
    recorder::Recorder,
    sign,
    site::{admin, disabled, expired, nobody, viewer},
    world::Watched,
};

#[test]
fn a18_every_field_of_a_form_counts() {
    let world = Watched::new();
    let mut taken = 0;
    for version in VERSIONS {
        let form = draft(version).sign(b"a file");
        for index in 0..form.fields.len() {
            let (name, value) = form.fields[index].clone();
            for (what, changed) in [
                ("longer", format!("{value}0")),
                ("other", if value.starts_with('0') { "1" } else { "0" }.to_owned() + &value[1..]),
                ("empty", String::new()),
            ] {
                let mut form = form.clone();
                form.fields[index].1 = changed;
                let response = form.send(world.gateway.s3);
                let what = format!("{version:?} {name} {what}");
                let is_free = match name.as_str() {
                    "x-ignore-this" | "submit" => true,
                    "x-amz-storage-class" => what.ends_with("longer"),
                    _ => false,
                };
                if is_free {
                    taken += 1;
                    assert_eq!(response.status(), 200, "{what}: {}", response.text());
                } else {
                    assert!(
                        (400..=403).contains(&response.status()),
                        "{what}: {}",
                        response.text()
                    );
                }
            }
            let mut form = form.clone();
            form.fields.remove(index);
            let response = form.send(world.gateway.s3);
            if name == "x-ignore-this" {
                taken += 1;
                assert_eq!(response.status(), 200);
            } else {
                assert!((400..=403).contains(&response.status()), "no {name}: {}", response.text());
            }
        }
    }
    assert_eq!(world.seen().len(), taken);
}

#[test]
fn a18_the_policy_is_enforced_fully() {
    let world = Watched::new();
    let failed = "Policy Condition failed";
    let spoils: &[(&str, Spoil, (u16, &str, &str))] = &[
        ("bucket", |form| form.target = "/pond".to_owned(), (403, "AccessDenied", failed)),
        ("bucket field", |form| form.add("bucket", "pond"), (400, "InvalidArgument", "bucket")),
        ("key", |form| form.value("key").push('x'), (403, "AccessDenied", failed)),
        (
            "type",
            |form| *form.value("Content-Type") = "text/html".to_owned(),
            (403, "AccessDenied", failed),
        ),
        (
            "acl",
            |form| *form.value("acl") = "public-read".to_owned(),
            (403, "AccessDenied", failed),
        ),
        ("large", |form| form.file.resize(10, 0), (400, "EntityTooLarge", "exceeds")),
        ("small", |form| form.file.truncate(2), (400, "EntityTooSmall", "smaller")),
        (
            "extra",
            |form| form.add("x-amz-tagging", "a=b"),
            (403, "AccessDenied", "Extra input fields: x-amz-tagging"),
        ),
        ("twice", |form| form.add("KEY", "team-a/b"), (400, "InvalidArgument", "more than once")),
    ];
    for version in VERSIONS {
        for (what, spoil, (status, code, message)) in spoils {
            let mut form = draft(version).sign(b"a file");
            spoil(&mut form);
            let response = form.send(world.gateway.s3);
            assert_refused(&response, *status, code, &format!("{version:?} {what}"));
            assert!(response.message().contains(message), "{what}: {}", response.message());
        }
        let late = draft(version).living(-1).sign(b"a file").send(world.gateway.s3);
        assert_refused(&late, 403, "AccessDenied", "late");
        assert!(late.message().contains("Policy expired"), "{}", late.message());
        let any = Draft::new(&admin(), version, "a").loose("acl", "").condition(json!([
            "starts-with",
            "$acl",
            "p"
        ]));
        assert_refused(&any.sign(b"").send(world.gateway.s3), 403, "AccessDenied", "starts-with");
    }
    world.assert_nothing_went_up();
}

#[test]
fn a18_the_date_of_the_credential_and_of_the_policy_are_one() {
    let world = Watched::new();
    let form = draft(Version::V4).sign(b"a file");
    let stamp = form.clone().value("x-amz-date").clone();
    let other = if stamp.ends_with("59Z") { "58Z" } else { "59Z" };
    let mut same_day = form.clone();
    *same_day.value("x-amz-date") = format!("{}{other}", &stamp[..stamp.len() - 3]);
    let response = same_day.send(world.gateway.s3);
    // The time is not signed by itself: it is the policy's condition that holds it.
    assert_refused(&response, 403, "AccessDenied", "another time of the day");
    assert!(response.message().contains("$x-amz-date"), "{}", response.message());
    let mut other_day = form.clone();
    *other_day.value("x-amz-date") = "20200101T000000Z".to_owned();
    assert_refused(&other_day.send(world.gateway.s3), 400, "InvalidArgument", "another day");
    let mut both = form;
    *both.value("x-amz-date") = "20200101T000000Z".to_owned();
    let day = &stamp[..8];
    let credential = both.value("x-amz-credential").replace(day, "20200101");
    *both.value("x-amz-credential") = credential;
    assert_refused(&both.send(world.gateway.s3), 403, "SignatureDoesNotMatch", "both");
    world.assert_nothing_went_up();
}

#[test]
fn a18_of_a_form_that_does_not_end_with_its_file_nothing_whole_goes_up() {
    let world = Watched::new();
    let ends: &[(&str, &[u8])] = &[
        ("a field", b"\r\n------formboundary7f3a\r\nContent-Disposition: form-data; name=\"submit\"\r\n\r\nUpload\r\n------formboundary7f3a--\r\n"),
        ("another file", b"\r\n------formboundary7f3a\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n------formboundary7f3a--\r\n"),
        ("no last CRLF", b"\r\n------formboundary7f3a--"),
        ("an epilogue", b"\r\n------formboundary7f3a--\r\nmore"),
        ("an early end", b"\r\n------formboundary7f3a--\r\n\r\n------formboundary7f3a--\r\n"),
        ("another boundary", b"\r\n------formboundary7f3b--\r\n"),
        ("no end", b""),
        ("half an end", b"\r\n------formboundary7f3a-\r\n\r\n"),
    ];
    for file in [&b"a file"[..], &Pattern::bytes(18, 300_000)] {
        for (what, end) in ends {
            let draft = Draft::new(&admin(), Version::V4, "a");
            let form = Form { end: end.to_vec(), ..draft.sign(file) };
            assert_refused(&form.send(world.gateway.s3), 400, "MalformedPOSTRequest", what);
        }
    }
    for request in world.seen() {
        assert!(!request.complete, "{request:?}");
    }
}

#[test]
fn a_form_without_a_length_is_refused() {
    let world = Watched::new();
    let form = draft(Version::V4).sign(b"a file");
    let mut connection = Connection::open(world.gateway.s3);
    let mut chunked = form.clone();
    chunked.headers.push(("transfer-encoding".to_owned(), "chunked".to_owned()));
    connection.send(&chunked.head(world.gateway.s3, None));
    assert_refused(&connection.response(), 411, "MissingContentLength", "chunked");
    let mut connection = Connection::open(world.gateway.s3);
    connection.send(&form.head(world.gateway.s3, None));
    assert_refused(&connection.response(), 411, "MissingContentLength", "nothing");
    world.assert_nothing_went_up();
}

#[test]
fn a14_fields_without_end_are_refused_at_their_limit() {
    let world = Watched::new();
    let form = Draft::new(&admin(), Version::V4, "a").field("x-amz-meta-a", &"x".repeat(20_480));
    let response = form.sign(b"").send(world.gateway.s3);
    assert_refused(&response, 400, "MaxPostPreDataLengthExceededError", "long");
    // No more than the limit is waited for.
    let mut connection = Connection::open(world.gateway.s3);
    connection.send(&draft(Version::V4).sign(b"").head(world.gateway.s3, Some(1 << 30)));
    connection.send(&vec![b'x'; 20_480]);
    assert_refused(&connection.response(), 400, "MaxPostPreDataLengthExceededError", "endless");
    let many =
        Draft::new(&admin(), Version::V4, "a").loose("x-amz-meta-a", &"${filename}".repeat(900));
    let many = Form { filename: "y".repeat(1000), ..many.sign(b"") };
    let response = many.send(world.gateway.s3);
    assert_refused(&response, 400, "MaxPostPreDataLengthExceededError", "multiplied");
    world.assert_nothing_went_up();
}

#[test]
fn a_post_that_is_no_form_is_refused() {
    let world = Watched::new();
    for body in [&b""[..], b"x"] {
        let post = sign::Draft::new(&admin(), "POST", "/lake");
        let post = post.header("content-length", body.len().to_string());
        let response = post.send(world.gateway.s3, body);
        assert_refused(&response, 412, "PreconditionFailed", "no form");
    }
    world.assert_nothing_went_up();
}

#[test]
fn b08_b11_a_form_cannot_be_anything_but_a_put() {
    let world = Watched::new();
    for (name, value, status, code) in [
        ("x-amz-copy-source", "/lake/secret", 501, "NotImplemented"),
        ("tagging", "<Tagging/>", 501, "NotImplemented"),
        ("x-amz-new", "1", 501, "NotImplemented"),
        ("X_Amz_Acl", "public-read", 501, "NotImplemented"),
        ("x-amz-server-side-encryption-customer-key", "k", 400, "InvalidRequest"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD", 501, "NotImplemented"),
        ("x-amz-bypass-governance-retention", "true", 400, "InvalidArgument"),
        ("Content-Type", "a\r\nx-amz-acl: public-read", 400, "InvalidArgument"),
        ("x-amz-acl", "private", 400, "InvalidArgument"),
    ] {
        let draft =
            Draft::new(&admin(), Version::V4, "a").field("acl", "private").field(name, value);
        let response = draft.sign(b"a").send(world.gateway.s3);
        assert_refused(&response, status, code, name);
        let id = json!(response.head.header("x-amz-request-id").unwrap());
        let record = world.gateway.wait_for_audit(name, |record| record["request_id"] == id);
        assert_eq!(record["operation"], "PostObject", "{record}");
    }
    for query in ["acl", "versionId=1", "tagging", "x"] {
        let mut form = draft(Version::V4).sign(b"a file");
        form.target = format!("/lake?{query}");
        let response = form.send(world.gateway.s3);
        assert!(matches!(response.status(), 400 | 501), "{query}: {}", response.text());
    }
    for key in [String::new(), "x".repeat(1025)] {
        let response = Draft::new(&admin(), Version::V4, &key).sign(b"a").send(world.gateway.s3);
        assert_eq!(response.status(), 400, "{}", response.text());
    }
    world.assert_nothing_went_up();
}

#[test]
fn b11_fields_are_no_more_headers_than_a_request_may_have() {
    let world = Watched::new();
    let send = |count: usize| {
        let start = Draft::new(&admin(), Version::V4, "a");
        let name = |number: usize| format!("x-amz-meta-{number}");
        let draft = (0..count).fold(start, |draft, number| draft.field(&name(number), "x"));
        draft.sign(b"a").send(world.gateway.s3)
    };
    assert_refused(&send(101), 431, "RequestHeaderSectionTooLarge", "101 headers");
    world.assert_nothing_went_up();
    let most = send(100);
    assert_eq!(most.status(), 204, "{}", most.text());
}

#[test]
fn a07_a_form_says_in_one_way_who_signed_it() {
    let world = Watched::new();
    let header = sign::Draft::new(&admin(), "POST", "/lake").sign(world.gateway.s3).headers;
    let presigned = sign::Draft::new(&admin(), "POST", "/lake");
    for version in VERSIONS {
        let form = draft(version).sign(b"a file");
        let mut both = form.clone();
        both.headers.extend(header.iter().filter(|(name, _)| name == "authorization").cloned());
        assert_refused(&both.send(world.gateway.s3), 400, "InvalidArgument", "header");
        for signature in [Signature::V4Presigned, Signature::V2Presigned] {
            let mut both = form.clone();
            both.target = signature.sign(&presigned, world.gateway.s3).target;
            assert_refused(&both.send(world.gateway.s3), 400, "InvalidArgument", "presigned");
        }
        let mut both = form.clone();
        both.add(if version == Version::V4 { "AWSAccessKeyId" } else { "x-amz-algorithm" }, "x");
        assert_refused(&both.send(world.gateway.s3), 400, "InvalidArgument", "both versions");
        let mut token = form.clone();
        token.add("x-amz-security-token", "t");
        assert_refused(&token.send(world.gateway.s3), 400, "InvalidToken", "token");
        let mut unsigned = form.clone();
        unsigned.headers.push(("x-amz-acl".to_owned(), "public-read".to_owned()));
        let response = unsigned.send(world.gateway.s3);
        assert!(matches!(response.status(), 400 | 403), "{}", response.text());
        let mut unsigned = form;
        unsigned.headers.push(("x-amz-content-sha256".to_owned(), sha256(b"")));
        assert_refused(&unsigned.send(world.gateway.s3), 403, "AccessDenied", "unsigned");
    }
    let mut anonymous = draft(Version::V4).sign(b"a file");
    anonymous.fields.retain(|(name, _)| !name.starts_with("x-amz-") && name != "policy");
    assert_refused(&anonymous.send(world.gateway.s3), 403, "AccessDenied", "anonymous");
    world.assert_nothing_went_up();
}

#[test]
fn a19_a23_keys_that_are_dead_and_versions_that_are_off_are_refused_in_forms() {
    let world = Watched::ready(Recorder::start(), |site| {
        site.configure("auth:\n", "auth:\n  sigv2: false\n");
        site
    });
    let send = |key: &Key, version| Draft::new(key, version, "a").sign(b"a").send(world.gateway.s3);
    for key in [disabled(), expired()] {
        assert_refused(&send(&key, Version::V4), 403, "InvalidAccessKeyId", &key.id);
    }
    for key in [viewer(), nobody()] {
        assert_refused(&send(&key, Version::V4), 403, "AccessDenied", &key.id);
    }
    assert_refused(&send(&admin(), Version::V2), 400, "InvalidRequest", "version 2");
    world.assert_nothing_went_up();
    assert_eq!(send(&admin(), Version::V4).status(), 204);
}

type Spoil = fn(&mut Form);
