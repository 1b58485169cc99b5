//! Uploads by an HTML form: what goes up of it, and what its sender is told.

use serde_json::json;

use crate::harness::{
    Key,
    http::assert_refused,
    pattern::Pattern,
    post::{Draft, END, Form, Version, draft},
    recorder::{Answer, Recorder},
    site::{DOMAIN, Site, admin, alice},
    world::{Stored, Watched},
};

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
