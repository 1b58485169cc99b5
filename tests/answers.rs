//! What the client hears of the upstream's answers, for every operation.

use crate::harness::{
    forms::FORMS,
    framed::Mode,
    http::assert_refused,
    pattern::Pattern,
    recorder::{Answer, Content, Recorder},
    samples::{Sample, samples},
    sign::Draft,
    site::{admin, nobody},
    world::Watched,
};

#[test]
fn b15_a_condition_tells_nothing_on_any_read_without_leave() {
    // Whatever the object's state is, it would show.
    let world = Watched::answering(|_| Answer { status: 304, ..Answer::ok(b"") });
    for sample in samples().iter().filter(|sample| !sample.needs.is_empty()) {
        if !matches!(sample.method, "GET" | "HEAD") {
            continue;
        }
        for (name, value) in CONDITIONS {
            let mut body = sample.body(&nobody(), Mode::Hash);
            body.draft = body.draft.header(name, value);
            let response = body.send(world.gateway.s3);
            assert_eq!(response.status(), 403, "{} with {name}", sample.what());
        }
    }
    assert!(world.recorder.take().is_empty());
}

#[test]
fn b17_overrides_of_an_answer_are_for_who_signed_them() {
    let world = Watched::new();
    let overrides = "response-content-type=text%2Fhtml&response-content-disposition=inline";
    let target = format!("/lake/a?{overrides}");
    let mut connection = world.gateway.connect();
    let host = world.gateway.s3;
    connection.send(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
    assert_refused(&connection.response(), 403, "AccessDenied", "nobody signed");
    for form in FORMS {
        let plain = Draft::new(&admin(), "GET", "/lake/a");
        let mut added = form.sign(&plain, world.gateway.s3);
        added.add_parameter("response-content-type=text%2Fhtml");
        let response = added.send(world.gateway.s3, b"");
        assert_refused(&response, 403, "SignatureDoesNotMatch", &format!("{form:?}"));
    }
    assert!(world.recorder.take().is_empty());
    for form in FORMS {
        let draft = Draft::new(&admin(), "GET", "/lake/a?response-content-type=x");
        let response = form.sign(&draft, world.gateway.s3).send(world.gateway.s3, b"");
        assert_eq!(response.status(), 200, "{form:?}: {}", response.text());
    }
    let response = Draft::new(&admin(), "GET", &target).send(world.gateway.s3, b"");
    assert_eq!(response.status(), 200);
    let up = world.recorder.take();
    assert_eq!(up.len(), FORMS.len() + 1);
    assert_eq!(up.last().unwrap().head.word(1), target);
    // Other reads have no such parameters.
    for other in ["/lake/a?tagging&", "/lake?policy&", "/lake/a?attributes&"] {
        let target = format!("{other}{overrides}");
        let response = Draft::new(&admin(), "GET", &target).send(world.gateway.s3, b"");
        assert_refused(&response, 400, "InvalidArgument", &target);
    }
    world.assert_nothing_went_up();
}

#[test]
fn b18_no_operation_follows_a_redirect_or_passes_it_on() {
    let elsewhere = Watched::new();
    let location = format!("http://{}/lake/a", elsewhere.recorder.upstream.address);
    let headers = vec![("Location", location.clone())];
    let world = Watched::answering(move |_| Answer {
        headers: headers.clone(),
        ..Answer::refusal(307, "TemporaryRedirect")
    });
    for sample in samples() {
        let response = sample.send(world.gateway.s3, Mode::Hash);
        assert_eq!(response.status(), 502, "{}", sample.what());
        let all = format!("{:?}{}", response.head, response.text());
        assert!(!all.contains(&location), "{}: {all}", sample.what());
    }
    elsewhere.assert_nothing_went_up();
}

#[test]
fn b20_no_operation_tells_whose_key_the_store_takes_or_where_it_is() {
    let recorder = Recorder::answering(|request| {
        // Who a store says that something is of.
        let owner = "<Owner><ID>RECORDERKEY</ID><DisplayName>RECORDERKEY</DisplayName></Owner>";
        let initiator = "<Initiator><ID>RECORDERKEY</ID></Initiator>";
        let text = match request.head.word(0) {
            "GET" => format!("<Result>{owner}{initiator}</Result>"),
            _ => "<Result/>".to_owned(),
        };
        let names = ["Server", "x-amz-request-id", "x-amz-id-2", "Location", "Set-Cookie"];
        let mut headers: Vec<_> =
            names.iter().map(|name| (*name, "behind.internal".to_owned())).collect();
        headers.push(("x-amz-bucket-region", "behind".to_owned()));
        Answer { headers, ..Answer::ok(text.as_bytes()) }
    });
    let world = Watched::before(recorder);
    for sample in samples() {
        let response = sample.send(world.gateway.s3, Mode::Hash);
        assert_eq!(response.status(), 200, "{}: {}", sample.what(), response.text());
        let head = format!("{:?}", response.head);
        assert!(!head.contains("behind"), "{}: {head}", sample.what());
        assert_eq!(response.head.header("x-amz-bucket-region"), Some("us-east-1"));
        if names_owners(&sample) {
            assert!(response.text().contains("<ID>lakegate</ID>"), "{}", sample.what());
            assert!(!response.text().contains("RECORDERKEY"), "{}", sample.what());
        }
    }
}

#[test]
fn b20_no_operation_passes_on_how_the_store_refuses_us() {
    for code in ["InvalidAccessKeyId", "SignatureDoesNotMatch"] {
        let world = Watched::answering(move |_| Answer::refusal(403, code));
        for sample in samples().iter().filter(|sample| sample.method != "HEAD") {
            let response = sample.send(world.gateway.s3, Mode::Hash);
            assert_refused(&response, 503, "ServiceUnavailable", &sample.what());
            assert!(!response.text().contains(code), "{}", response.text());
        }
    }
    let world = Watched::answering(|_| Answer::refusal(404, "NoSuchThing"));
    for sample in samples().iter().filter(|sample| sample.method != "HEAD") {
        let response = sample.send(world.gateway.s3, Mode::Hash);
        assert_refused(&response, 404, "NoSuchThing", &sample.what());
        assert!(!response.text().contains("said the upstream"), "{}", response.text());
    }
}

#[test]
fn what_is_no_document_of_s3_comes_down_as_it_is() {
    // The gateway reads none of these: not JSON, not the frames of a query's result, not a torrent.
    let length = 300_000;
    for (method, target, content, kind) in [
        ("GET", "/lake?policy", Content::Bytes(POLICY.into()), "application/json"),
        ("GET", "/lake/a?torrent", pattern(1, length), "application/x-bittorrent"),
        (
            "POST",
            "/lake/a?select&select-type=2",
            pattern(2, length),
            "application/vnd.amazon.eventstream",
        ),
    ] {
        let expected = match &content {
            Content::Bytes(bytes) => bytes.clone(),
            Content::Pattern { seed, length } => Pattern::bytes(*seed, *length),
        };
        let world = Watched::answering(move |_| Answer {
            headers: vec![("Content-Type", kind.to_owned())],
            content: content.clone(),
            ..Answer::ok(b"")
        });
        let draft = Draft::new(&admin(), method, target).header("content-length", "0");
        let response = draft.send(world.gateway.s3, b"");
        assert_eq!((response.status(), response.head.header("content-type")), (200, Some(kind)));
        assert!(response.body == expected, "{target}");
    }
}

fn pattern(seed: u64, length: u64) -> Content {
    Content::Pattern { seed, length }
}

/// Whether the answer says whose something is.
fn names_owners(sample: &Sample) -> bool {
    OWNERS.contains(&sample.operation.name())
}

const OWNERS: &[&str] = &[
    "GetBucketAcl",
    "GetObjectAcl",
    "ListBuckets",
    "ListMultipartUploads",
    "ListObjectVersions",
    "ListObjects",
    "ListObjectsV2",
    "ListParts",
];

const CONDITIONS: [(&str, &str); 4] = [
    ("if-match", "\"x\""),
    ("if-none-match", "\"x\""),
    ("if-modified-since", "Wed, 01 Jan 2025 00:00:00 GMT"),
    ("if-unmodified-since", "Wed, 01 Jan 2025 00:00:00 GMT"),
];

const POLICY: &[u8] = b"{\"Statement\": [{\"Principal\": \"*\"}]}\n";
