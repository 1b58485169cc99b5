//! Uploads by an HTML form: what goes up of an honest one, and that nothing whole goes up of any other.

use serde_json::json;

use crate::harness::{
    Key,
    forms::Form as Signature,
    http::{Connection, assert_refused},
    pattern::{Pattern, sha256},
    post::{Draft, END, Form, VERSIONS, Version},
    recorder::{Answer, Recorder},
    sign,
    site::{DOMAIN, Site, admin, alice, disabled, expired, nobody, viewer},
    world::{Stored, Watched},
};

/// A form with a field of each kind.
fn draft(version: Version) -> Draft {
    Draft::new(&admin(), version, "team-a/a note.txt")
        .field("Content-Type", "text/plain")
        .field("acl", "private")
        .field("x-amz-meta-colour", "dark  blue")
        .field("success_action_status", "200")
        .loose("x-amz-storage-class", "STANDARD")
        .condition(json!(["starts-with", "$x-amz-storage-class", "STAND"]))
        .loose("submit", "anything")
        .condition(json!(["starts-with", "$Submit", ""]))
        .loose("x-ignore-this", "not signed")
        .condition(json!(["content-length-range", 3, 9]))
}

#[test]
fn a_form_goes_up_as_a_put_of_its_file() {
    let world = Watched::new();
    for (version, mechanism) in [(Version::V4, "v4-form"), (Version::V2, "v2-form")] {
        let response = draft(version).sign(b"a file").send(world.gateway.s3);
        assert_eq!(response.status(), 200, "{version:?}: {}", response.text());
        assert_eq!(response.body, b"");
        let location = format!("{}/lake/team-a/a%20note.txt", world.gateway.url());
        assert_eq!(response.head.header("location"), Some(location.as_str()));
        assert!(response.head.header("etag").is_some());
        let record =
            world.gateway.wait_for_audit(mechanism, |record| record["mechanism"] == mechanism);
        assert_eq!(record["operation"], "PostObject");
        assert_eq!(
            (&record["bucket"], &record["key"]),
            (&json!("lake"), &json!("team-a/a note.txt"))
        );
        assert_eq!((&record["user"], &record["outcome"]), (&json!("admin"), &json!("completed")));
        assert_eq!(record["required"].as_array().unwrap().len(), 1);
        assert_eq!(record["required"][0]["action"], "fs:WriteObject");
        assert_eq!(
            record["required"][0]["resource"],
            "arn:lakefs:fs:::repository/lake/object/team-a/a note.txt"
        );
    }
    let seen = world.seen();
    assert_eq!(seen.len(), 2);
    for request in seen {
        let header = |name| request.head.header(name);
        assert_eq!(
            (request.head.word(0), request.head.word(1)),
            ("PUT", "/lake/team-a/a%20note.txt")
        );
        assert!(request.complete && request.start == b"a file", "{request:?}");
        assert_eq!(header("content-length"), Some("6"));
        assert_eq!(header("content-type"), Some("text/plain"));
        assert_eq!(header("x-amz-content-sha256"), Some("UNSIGNED-PAYLOAD"));
        assert_eq!(header("x-amz-meta-colour"), Some("dark blue"));
        assert_eq!(header("x-amz-storage-class"), Some("STANDARD"));
        for name in [
            "x-amz-acl",
            "submit",
            "policy",
            "signature",
            "x-amz-signature",
            "key",
            "success_action_status",
        ] {
            assert_eq!(header(name), None, "{name}");
        }
        assert!(header("authorization").unwrap().contains(&world.recorder.upstream.key.id));
    }
}

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
fn the_sender_is_answered_as_the_form_says() {
    let world = Watched::new();
    let send = |fields: &[(&str, &str)]| {
        let start = Draft::new(&admin(), Version::V4, "ö & <b>.txt");
        let draft = fields.iter().fold(start, |draft, (name, value)| draft.field(name, value));
        draft.sign(b"a file").send(world.gateway.s3)
    };
    let location = format!("{}/lake/%C3%B6%20%26%20%3Cb%3E.txt", world.gateway.url());
    for (said, status) in [(None, 204), (Some("204"), 204), (Some("200"), 200), (Some("999"), 204)]
    {
        let fields: Vec<_> = said.map(|said| ("success_action_status", said)).into_iter().collect();
        let response = send(&fields);
        assert_eq!((response.status(), response.body.as_slice()), (status, &b""[..]), "{said:?}");
        assert_eq!(response.head.header("location"), Some(location.as_str()));
    }
    let created = send(&[("success_action_status", "201")]);
    assert_eq!(
        (created.status(), created.head.header("content-type")),
        (201, Some("application/xml"))
    );
    assert_eq!(created.element("Location"), Some(location.clone()));
    assert_eq!(created.element("Bucket").as_deref(), Some("lake"));
    assert_eq!(created.element("Key").as_deref(), Some("ö &amp; &lt;b&gt;.txt"));
    assert_eq!(created.element("ETag").as_deref(), Some("\"d41d8cd98f00b204e9800998ecf8427e\""));
    let odd =
        Draft::new(&admin(), Version::V4, "a/x\u{1}\ry").field("success_action_status", "201");
    let odd = odd.sign(b"a file").send(world.gateway.s3);
    assert_eq!(odd.element("Key").as_deref(), Some("a/x\u{fffd}&#13;y"));
    let query =
        "bucket=lake&key=%C3%B6%20%26%20%3Cb%3E.txt&etag=%22d41d8cd98f00b204e9800998ecf8427e%22";
    for (name, url, to) in [
        (
            "success_action_redirect",
            "https://example.com/done",
            format!("https://example.com/done?{query}"),
        ),
        ("redirect", "http://example.com/?a=b#end", format!("http://example.com/?a=b&{query}#end")),
    ] {
        let response = send(&[(name, url), ("success_action_status", "201")]);
        assert_eq!((response.status(), response.head.header("location")), (303, Some(to.as_str())));
        assert_eq!(response.body, b"");
    }
    let before = world.seen().len();
    for url in [
        "/relative",
        "javascript:alert(1)",
        "https://example.com/\r\nset-cookie: a=b",
        "//example.com",
    ] {
        let response = send(&[("success_action_redirect", url)]);
        assert_refused(&response, 400, "InvalidArgument", url);
        assert_eq!(response.head.header("set-cookie"), None);
    }
    assert_eq!(world.seen().len(), before);
}

#[test]
fn the_name_of_the_file_is_put_in_and_held_to_the_policy() {
    let world = Watched::new();
    let draft = || {
        let draft = Draft::anywhere(&alice(), Version::V4).loose("key", "team-a/${filename}");
        draft.condition(json!(["starts-with", "$key", "team-a/"]))
    };
    for filename in ["a.txt", "dir/a.txt", "C:\\dir\\a.txt", "../a.txt"] {
        let form = Form { filename: filename.to_owned(), ..draft().sign(b"a file") };
        assert_eq!(form.send(world.gateway.s3).status(), 204, "{filename}");
    }
    let seen = world.seen();
    assert_eq!(seen.len(), 4);
    for request in seen {
        assert_eq!(request.head.word(1), "/lake/team-a/a.txt");
    }
    // The policy is held against the name as it will be.
    let exact = Draft::new(&alice(), Version::V4, "team-a/${filename}").sign(b"");
    assert_refused(&exact.send(world.gateway.s3), 403, "AccessDenied", "exact");
    let mut elsewhere = draft().sign(b"");
    *elsewhere.value("key") = "${filename}".to_owned();
    assert_refused(&elsewhere.send(world.gateway.s3), 403, "AccessDenied", "elsewhere");
    assert_eq!(world.seen().len(), 4);
}

#[test]
fn b09_a_field_that_carries_a_privilege_needs_its_own_leave() {
    let world = Watched::new();
    let draft = |key: &Key| Draft::new(key, Version::V4, "team-a/a");
    for (name, value, header, action) in [
        ("acl", "public-read", "x-amz-acl", "fs:WriteObjectAcl"),
        ("x-amz-tagging", "a=b", "x-amz-tagging", "fs:WriteObjectTags"),
        (
            "x-amz-website-redirect-location",
            "/x",
            "x-amz-website-redirect-location",
            "fs:WriteObjectRedirect",
        ),
        (
            "x-amz-object-lock-legal-hold",
            "ON",
            "x-amz-object-lock-legal-hold",
            "fs:WriteObjectLegalHold",
        ),
    ] {
        let refused = draft(&alice()).field(name, value).sign(b"a").send(world.gateway.s3);
        assert_refused(&refused, 403, "AccessDenied", name);
        assert!(refused.message().contains(action), "{name}: {}", refused.message());
        let taken = draft(&admin()).field(name, value).sign(b"a").send(world.gateway.s3);
        assert_eq!(taken.status(), 204, "{name}: {}", taken.text());
        let seen = world.seen().pop().unwrap();
        assert_eq!(seen.head.header(header), Some(value));
    }
    assert_eq!(world.seen().len(), 4);
}

#[test]
fn a_form_overwrites_nothing_that_its_conditions_keep() {
    let world = Stored::new();
    let send = |fields: &[(&str, &str)], file: &[u8]| {
        let start = Draft::new(&admin(), Version::V4, "kept");
        let draft = fields.iter().fold(start, |draft, (name, value)| draft.field(name, value));
        draft.sign(file).send(world.gateway.s3)
    };
    assert_eq!(send(&[("if-none-match", "*")], b"first").status(), 204);
    for (name, value) in [("if-none-match", "*"), ("If-Match", "\"0123\"")] {
        assert_refused(&send(&[(name, value)], b"second"), 412, "PreconditionFailed", name);
    }
    for name in ["if-modified-since", "if-unmodified-since"] {
        let response = send(&[(name, "Sat, 31 Jan 2026 12:00:00 GMT")], b"second");
        assert_refused(&response, 501, "NotImplemented", name);
    }
    assert_eq!(world.store.bytes("lake", "kept"), b"first");
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

#[test]
fn a_form_goes_to_the_bucket_in_its_host() {
    let world = Watched::ready(Recorder::start(), Site::with_domain);
    let mut form = draft(Version::V4).sign(b"a file");
    form.target = "/".to_owned();
    form.headers.push(("host".to_owned(), format!("lake.{DOMAIN}")));
    let response = form.send(world.gateway.s3);
    assert_eq!(response.status(), 200, "{}", response.text());
    let location = format!("http://lake.{DOMAIN}/team-a/a%20note.txt");
    assert_eq!(response.head.header("location"), Some(location.as_str()));
    let mut other = form.clone();
    other.headers.clear();
    other.headers.push(("host".to_owned(), format!("pond.{DOMAIN}")));
    assert_refused(&other.send(world.gateway.s3), 403, "AccessDenied", "another bucket");
    assert_eq!(world.seen().len(), 1);
}

#[test]
fn what_the_store_refuses_of_a_form_is_told_as_an_error() {
    let world = Watched::answering(|request| match request.head.word(0) {
        "HEAD" => Answer::ok(b""),
        _ => Answer::refusal(404, "NoSuchBucket"),
    });
    let form =
        Draft::new(&admin(), Version::V4, "a").field("success_action_redirect", "http://x.example");
    let response = form.sign(b"a").send(world.gateway.s3);
    assert_refused(&response, 404, "NoSuchBucket", "refused by the store");
    assert_eq!(response.head.header("location"), None);
}

#[test]
fn a_form_arrives_in_a_store_whatever_the_framing() {
    for mode in ["as_received", "signed", "trailer", "plain"] {
        let world = Stored::with_upstream(&format!("body: {mode}"));
        for (length, name) in [(0, "none"), (1, "one"), (3_000_001, "many")] {
            let file = Pattern::bytes(length, length);
            let form =
                Draft::new(&admin(), Version::V4, name).field("x-amz-meta-a", "b").sign(&file);
            let response = form.send(world.gateway.s3);
            assert_eq!(response.status(), 204, "{mode} {name}: {}", response.text());
            assert!(world.store.bytes("lake", name) == file, "{mode} {name}");
        }
        let form = Draft::new(&admin(), Version::V4, "cut").sign(&Pattern::bytes(7, 300_000));
        let cut = Form { end: [END, b"more"].concat(), ..form }.send(world.gateway.s3);
        assert_refused(&cut, 400, "MalformedPOSTRequest", mode);
        assert!(
            !world.store.has("lake", "cut"),
            "{mode}: {} bytes",
            world.store.bytes("lake", "cut").len()
        );
    }
}

type Spoil = fn(&mut Form);
