//! Documents of sub-resources, keys of the client's own, uploads of several people: what goes up of them, and what does not.

use crate::harness::{
    Key,
    certificates::Authority,
    clients::Client,
    deletion::content_md5,
    framed::{Body, Mode, SHA256, checksum},
    http::assert_refused,
    pattern::sha256,
    recorder::{Answer, Recorder},
    sign::Draft,
    site::{Site, admin, alice, nobody},
    tls,
    versitygw::VersityGw,
    world::{Stored, Watched},
};

#[test]
fn a_document_goes_up_whole_under_its_hash_and_with_what_was_told_of_it() {
    for up in ["as_received", "signed", "trailer", "plain"] {
        let world = Watched::with_upstream(&format!("body: {up}"));
        for mode in Mode::ALL {
            let mut body = put("/lake?policy", mode);
            body.draft = body.draft.header("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==");
            if mode.has_trailer() {
                body.draft = body.draft.header("x-amz-sdk-checksum-algorithm", "SHA256");
            }
            let what = format!("{mode:?} to {up}");
            assert_eq!(body.send(world.gateway.s3).status(), 200, "{what}");
            let request = world.recorder.take().pop().unwrap();
            assert_eq!(request.start, DOCUMENT, "{what}");
            let header = |name| request.head.header(name);
            assert_eq!(header("x-amz-content-sha256"), Some(&*sha256(DOCUMENT)), "{what}");
            assert_eq!(header("content-md5"), Some("1B2M2Y8AsgTpgAmY7PhCfg=="), "{what}");
            assert_eq!(header("x-amz-trailer"), None, "{what}");
            let sum = mode.has_trailer().then(|| checksum(DOCUMENT));
            assert_eq!(header(SHA256), sum.as_deref(), "{what}");
            let algorithm = sum.map(|_| "SHA256");
            assert_eq!(header("x-amz-sdk-checksum-algorithm"), algorithm, "{what}");
        }
    }
}

#[test]
fn a17_a_document_that_is_not_what_was_signed_goes_nowhere() {
    let world = Watched::new();
    for mode in Mode::ALL.into_iter().filter(|mode| *mode != Mode::Unsigned) {
        let mut framed = put("/lake?policy", mode).sign(world.gateway.s3);
        framed.parts[0].data[3] ^= 1;
        let response = framed.send(world.gateway.s3);
        assert!(matches!(response.status(), 400 | 403), "{mode:?}: {}", response.text());
    }
    assert!(world.recorder.take().is_empty());
}

#[test]
fn b23_a_document_has_a_length_that_it_may_have() {
    let recorder = Recorder::start();
    let world = Watched::ready(recorder, |site| {
        site.configure("drain:", "limits: {document_bytes_max: 4096}\ndrain:");
        site
    });
    for (length, is_taken) in [(4_096, true), (4_097, false)] {
        for mode in Mode::ALL {
            let body = Body::put(&admin(), "/lake?cors", mode, &vec![b' '; length]);
            let response = body.send(world.gateway.s3);
            if is_taken {
                assert_eq!(response.status(), 200, "{mode:?}: {}", response.text());
            } else {
                assert_refused(&response, 400, "MaxMessageLengthExceeded", &format!("{mode:?}"));
            }
        }
    }
    assert_eq!(world.recorder.take().len(), Mode::ALL.len());
}

#[test]
fn a_restore_writes_nowhere_else() {
    let world = Watched::new();
    let output = "<OutputLocation><S3><BucketName>pond</BucketName></S3></OutputLocation>";
    for (document, status, code) in [
        (format!("<RestoreRequest><Days>1</Days>{output}</RestoreRequest>"), 501, "NotImplemented"),
        ("<RestoreRequest><Type>SELECT</Type></RestoreRequest>".into(), 501, "NotImplemented"),
        ("<!DOCTYPE a><RestoreRequest/>".into(), 400, "MalformedXML"),
        ("{}".into(), 400, "MalformedXML"),
    ] {
        for mode in Mode::ALL {
            let mut body = Body::put(&admin(), "/lake/a?restore", mode, document.as_bytes());
            body.draft.method = "POST";
            assert_refused(&body.send(world.gateway.s3), status, code, &document);
        }
    }
    assert!(world.recorder.take().is_empty());
}

#[test]
fn a17_a_document_that_another_goes_up_for_is_held_against_every_checksum_first() {
    let world = Watched::new();
    let acl = "<AccessControlPolicy><Owner><ID>lakegate</ID></Owner></AccessControlPolicy>";
    for (target, document) in
        [("/lake/a?acl", acl), ("/lake?acl", acl), ("/new-bucket", "<CreateBucketConfiguration/>")]
    {
        for (name, value, code) in [
            ("content-md5", content_md5(b"another"), "BadDigest"),
            ("content-md5", "x".to_owned(), "InvalidDigest"),
            ("x-amz-checksum-crc32", "AAAAAA==".to_owned(), "BadDigest"),
        ] {
            let draft = Draft::new(&admin(), "PUT", target)
                .header("content-length", document.len().to_string())
                .header(name, value);
            let draft = Draft { payload: "UNSIGNED-PAYLOAD".to_owned(), ..draft };
            assert_refused(&draft.send(world.gateway.s3, document.as_bytes()), 400, code, target);
        }
    }
    world.assert_nothing_went_up();
}

#[test]
fn an_operation_without_a_body_takes_none() {
    let world = Watched::new();
    for (method, target) in
        [("POST", "/lake/a?uploads"), ("PUT", "/lake/a?partNumber=1&uploadId=u")]
    {
        let draft = Draft { method, ..Draft::put(&admin(), target, b"a body") };
        let draft =
            if method == "PUT" { draft.header("x-amz-copy-source", "/lake/b") } else { draft };
        assert_refused(&draft.send(world.gateway.s3, b"a body"), 400, "InvalidRequest", target);
    }
    world.assert_nothing_went_up();
}

#[test]
fn b23_a_restore_request_that_another_reader_could_take_for_a_query_goes_nowhere() {
    let world = Watched::new();
    let hidden = "+ADw-OutputLocation+AD4APA-/OutputLocation+AD4-";
    for document in [
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-7\"?><RestoreRequest><Description>{hidden}</Description></RestoreRequest>"
        ),
        "<RestoreRequest><Days>1</Days></RestoreRequest> and more".to_owned(),
    ] {
        let draft = Draft {
            method: "POST",
            ..Draft::put(&admin(), "/lake/a?restore", document.as_bytes())
        };
        assert_refused(
            &draft.send(world.gateway.s3, document.as_bytes()),
            400,
            "MalformedXML",
            &document,
        );
    }
    world.assert_nothing_went_up();
}

#[test]
fn an_acl_that_was_read_here_can_be_put_back() {
    let acl = |owner: &str| {
        format!("<AccessControlPolicy><Owner><ID>{owner}</ID></Owner></AccessControlPolicy>")
    };
    let told = acl("RECORDERKEY");
    let world = Watched::answering({
        let told = told.clone();
        move |_| Answer::ok(told.as_bytes())
    });
    for target in ["/lake?acl", "/lake/a?acl"] {
        let read = Draft::new(&admin(), "GET", target).send(world.gateway.s3, b"");
        assert_eq!(read.text(), acl("lakegate"));
        world.recorder.take();
        for mode in Mode::ALL {
            let mut body = Body::put(&admin(), target, mode, &read.body);
            body.draft = body
                .draft
                .header("content-md5", content_md5(&read.body))
                .header("x-amz-sdk-checksum-algorithm", "CRC32");
            assert_eq!(body.send(world.gateway.s3).status(), 200, "{mode:?}");
            let request = world.recorder.take().pop().unwrap();
            assert_eq!(String::from_utf8_lossy(&request.start), told, "{mode:?}");
            let header = |name| request.head.header(name);
            assert_eq!(header("x-amz-content-sha256"), Some(&*sha256(told.as_bytes())));
            assert_eq!(header("content-md5"), None, "it was that of another document");
            assert_eq!(header(SHA256), Some(&*checksum(told.as_bytes())));
            assert_eq!(header("x-amz-sdk-checksum-algorithm"), Some("SHA256"));
        }
        // What is not compared by the store is compared here.
        let mut body = Body::put(&admin(), target, Mode::Unsigned, &read.body);
        body.draft = body.draft.header(SHA256, checksum(b"another"));
        assert_refused(&body.send(world.gateway.s3), 400, "BadDigest", target);
        let other = acl("somebody");
        let body = Body::put(&admin(), target, Mode::Hash, other.as_bytes());
        assert_eq!(body.send(world.gateway.s3).status(), 200);
        assert_eq!(world.recorder.take().pop().unwrap().start, other.as_bytes());
    }
}

#[test]
fn b16_every_verb_of_an_upload_needs_leave_on_its_own_key() {
    let world = Watched::answering(|_| Answer::ok(b"<Result/>"));
    // Made by alice, who may work below `team-a/`.
    let made = Draft::new(&alice(), "POST", "/lake/team-a/x?uploads");
    assert_eq!(made.header("content-length", "0").send(world.gateway.s3, b"").status(), 200);
    world.recorder.take();
    for (method, query) in VERBS {
        // Another's key; the upload's id under a key that is not hers.
        for (key, path) in [(nobody(), "team-a/x"), (alice(), "team-b/x"), (alice(), "team-a")] {
            let target = format!("/lake/{path}?{query}");
            let response = Draft::new(&key, method, &target)
                .header("content-length", "0")
                .send(world.gateway.s3, b"");
            assert_refused(&response, 403, "AccessDenied", &format!("{} {target}", key.id));
        }
    }
    assert!(world.recorder.take().is_empty());
    for (method, query) in VERBS {
        let target = format!("/lake/team-a/x?{query}");
        let draft = Draft::new(&alice(), method, &target).header("content-length", "0");
        assert!(draft.send(world.gateway.s3, b"").status() < 300, "{method} {query}");
        let up = world.recorder.take();
        assert_eq!((up[0].head.word(0), up[0].head.word(1)), (method, &*target));
    }
}

#[test]
fn b16_an_upload_is_its_buckets_and_keys_in_a_real_store() {
    let world = Stored::new();
    let made = Draft::new(&admin(), "POST", "/lake/team-b/x?uploads")
        .header("content-length", "0")
        .send(world.gateway.s3, b"");
    let id = made.element("UploadId").unwrap();
    // Alice knows the id, and says that it is of a key of hers.
    for (method, query) in VERBS {
        let target = format!("/lake/team-a/x?{}", query.replace("=u", &format!("={id}")));
        let body = if method == "POST" { PARTS } else { b"" };
        let response = Draft { payload: sha256(body), ..Draft::new(&alice(), method, &target) }
            .header("content-length", body.len().to_string())
            .send(world.gateway.s3, body);
        assert_refused(&response, 404, "NoSuchUpload", &target);
    }
    let target = format!("/lake/team-b/x?uploadId={id}");
    let listed = Draft::new(&admin(), "GET", &target).send(world.gateway.s3, b"");
    assert_eq!(listed.status(), 200, "it is still there: {}", listed.text());
}

#[test]
fn a_key_of_the_clients_own_goes_up_where_tls_goes_all_the_way() {
    let plain = Watched::new();
    let half = Watched::over_tls();
    for (world, leg) in [(&plain, "this endpoint"), (&half, "to the store")] {
        for method in ["PUT", "GET", "HEAD"] {
            let response = world.gateway.send(&keyed(method), b"");
            assert_eq!(response.status(), 400, "{method} {leg}");
            if method != "HEAD" {
                assert_refused(&response, 400, "InvalidRequest", leg);
                assert!(response.message().contains(leg), "{}", response.message());
            }
        }
        assert!(world.recorder.take().is_empty());
    }
    let authority = Authority::new();
    let recorder =
        Recorder::over_tls(tls::server(&authority.server()), authority.pem(), |_| Answer::ok(b""));
    let world = Watched::ready(recorder, Site::over_tls);
    for method in ["PUT", "GET", "HEAD"] {
        let response = world.gateway.send(&keyed(method), b"");
        assert_eq!(response.status(), 200, "{method}: {}", response.text());
        let request = world.recorder.take().pop().unwrap();
        for (name, value) in SSE_C {
            assert_eq!(request.head.header(name), Some(value), "{method}");
        }
    }
    let refused = keyed("PUT");
    let refused = Draft { key: Key::new(&refused.key.id, "another-secret"), ..refused };
    assert_eq!(world.gateway.send(&refused, b"").status(), 403);
    for world in [world, half, plain] {
        world.gateway.wait_for_audit("a line", |record| record["key"] == "a");
        let printed = world.gateway.printed();
        assert!(!printed.contains(SSE_C[1].1) && !printed.contains(SSE_C[2].1), "{printed}");
    }
}

#[test]
fn boto3_uses_sub_resources_versions_and_locks() {
    let world = Stored::new();
    let through = world.gateway.client(&admin()).script("sub_resources", &["gateway"]);
    // The same script against a store itself: what it asserts is S3, not a habit of the gateway.
    let store = VersityGw::start();
    let direct = Client::with(&store.upstream.key, store.upstream.address);
    let direct = direct.script("sub_resources", &["store"]);
    assert!(through.lines().count() > 20 && through.contains("done"), "{through}");
    assert_eq!(through, direct);
}

#[test]
fn boto3_uses_sub_resources_versions_and_locks_over_tls() {
    // As SDKs send documents there: in chunks, with the checksum behind them, if they can.
    let world = Stored::over_tls();
    world.gateway.client(&admin()).script("sub_resources", &["gateway"]);
}

fn put(target: &str, mode: Mode) -> Body<'_> {
    Body::put(&admin(), target, mode, DOCUMENT)
}

/// A request with a key of the client's own.
fn keyed(method: &'static str) -> Draft<'static> {
    let draft = Draft::new(&admin(), method, "/lake/a").header("content-length", "0");
    SSE_C.iter().fold(draft, |draft, (name, value)| draft.header(name, *value))
}

const SSE_C: [(&str, &str); 3] = [
    ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
    (
        "x-amz-server-side-encryption-customer-key",
        "a2V5LW9mLXRoZS1jbGllbnRzLW93bi1vZi0zMi1ieXRlcy4=",
    ),
    ("x-amz-server-side-encryption-customer-key-md5", "bWQ1LW9mLXRoYXQta2V5Lg=="),
];

const DOCUMENT: &[u8] = b"{\"Version\": \"2012-10-17\", \"Statement\": []}";

const PARTS: &[u8] = b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>\
    <ETag>\"d41d8cd98f00b204e9800998ecf8427e\"</ETag></Part></CompleteMultipartUpload>";

const VERBS: [(&str, &str); 4] = [
    ("PUT", "partNumber=1&uploadId=u"),
    ("GET", "uploadId=u"),
    ("POST", "uploadId=u"),
    ("DELETE", "uploadId=u"),
];
