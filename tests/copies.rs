//! Copies within the store: what of a request goes up, what is needed on both its sides, and what real clients make of it.

use std::fs;

use policy::CopySource;
use proptest::prelude::*;
use sigv::encode_copy_source;

use crate::harness::{
    Key,
    clients::Client,
    http::{Response, assert_refused},
    recorder::{Answer, Recorder, Request},
    sign::Draft,
    site::{Site, admin, alice, nobody, viewer},
    world::{Stored, Watched},
};

#[test]
fn b04_the_source_goes_up_in_one_spelling_whatever_the_clients_is() {
    let world = copying();
    let spellings = [
        ("lake/a", "/lake/a"),
        ("/lake/a", "/lake/a"),
        ("lake%2Fa", "/lake/a"),
        ("%2flake%2fa", "/lake/a"),
        ("pond/a//b/../c/", "/pond/a//b/../c/"),
        ("lake/%7E%41", "/lake/~A"),
        ("lake/a%20b", "/lake/a%20b"),
        ("lake/a b", "/lake/a%20b"),
        ("lake/a+b", "/lake/a%20b"),
        ("lake/a%2Bb", "/lake/a%2Bb"),
        ("lake/a%252Fb", "/lake/a%252Fb"),
        ("lake/%c3%b6", "/lake/%C3%B6"),
        ("lake/ö", "/lake/%C3%B6"),
        ("lake/a%3Fb%23c", "/lake/a%3Fb%23c"),
        ("lake/a=b&c;d", "/lake/a%3Db%26c%3Bd"),
        ("lake/a?versionId=v.1", "/lake/a?versionId=v.1"),
        ("lake/a%3FversionId=v", "/lake/a%3FversionId%3Dv"),
        ("lake/a%3FversionId=v?versionId=w%2B", "/lake/a%3FversionId%3Dv?versionId=w%2B"),
    ];
    for (sent, _) in spellings {
        for target in TARGETS {
            let response = copy(&world, &admin(), target, sent, &[]);
            assert_eq!(response.status(), 200, "{sent}: {}", response.text());
        }
    }
    let seen = world.seen();
    assert_eq!(seen.len(), spellings.len() * TARGETS.len());
    for ((sent, up), requests) in spellings.iter().zip(seen.chunks(TARGETS.len())) {
        for (request, target) in requests.iter().zip(TARGETS) {
            let Request { head, received, .. } = request;
            assert_eq!((head.word(0), head.word(1), *received), ("PUT", target, 0), "{sent}");
            assert_eq!(head.header("x-amz-copy-source"), Some(*up), "{sent}");
            let authorization = head.header("authorization").unwrap();
            assert!(authorization.contains(";x-amz-copy-source;"), "{authorization}");
        }
    }
}

#[test]
fn b04_a_virtual_host_style_upstream_is_told_the_bucket_of_the_source_in_it() {
    let recorder = Recorder::answering(copied);
    let world = Watched::ready(recorder, Site::with_virtual_addressing);
    let response = copy(&world, &admin(), "/lake/b", "pond/a%2Bb", &[]);
    assert_eq!(response.status(), 200, "{}", response.text());
    let head = world.recorder.only().head;
    assert!(head.header("host").unwrap().starts_with("lake."), "{head:?}");
    assert_eq!((head.word(1), head.header("x-amz-copy-source")), ("/b", Some("/pond/a%2Bb")));
}

#[test]
fn b04_b05_nothing_goes_up_unless_both_sides_are_allowed() {
    let world = copying();
    let (mine, part) = ("/lake/team-a/new", "/lake/team-a/new?partNumber=1&uploadId=u");
    let read = "fs:ReadObject on arn:lakefs:fs:::repository/";
    let version = "fs:ReadObjectVersion on arn:lakefs:fs:::repository/";
    for (source, missing) in [
        ("lake/priv/x", format!("{read}lake/object/priv/x:")),
        ("pond/team-a/x", format!("{read}pond/object/team-a/x:")),
        ("lake/team-a/closed/x", format!("{read}lake/object/team-a/closed/x:")),
        ("lake/team-a", format!("{read}lake/object/team-a:")),
        // As a store reads it that cleans paths.
        ("lake/team-a/../priv/x", format!("{read}lake/object/priv/x:")),
        ("lake/team-a/%2e%2e%2fpriv/x", format!("{read}lake/object/priv/x:")),
        ("lake/team-a/../../pond/x", format!("{read}pond/object/x:")),
        ("lake/team-a//closed/x", format!("{read}lake/object/team-a/closed/x:")),
        // A version, and what a store that decodes first takes for one.
        ("lake/team-a/x?versionId=v", format!("{version}lake/object/team-a/x:")),
        ("lake/team-a/x?versionId=null", format!("{version}lake/object/team-a/x:")),
        ("lake/team-a/x%3FversionId=v", format!("{version}lake/object/team-a/x:")),
        ("lake/team-a/x%3FversionId%3Dv", format!("{version}lake/object/team-a/x:")),
    ] {
        for target in [mine, part] {
            let response = copy(&world, &alice(), target, source, &[]);
            assert_refused(&response, 403, "AccessDenied", source);
            assert!(response.message().contains(&missing), "{source}: {}", response.message());
        }
    }
    let write = "fs:WriteObject on arn:lakefs:fs:::repository/lake/object/priv/new:";
    for (key, target, missing) in [
        (alice(), "/lake/priv/new", write),
        (alice(), "/lake/priv/new?partNumber=1&uploadId=u", write),
        (viewer(), "/lake/priv/new", write),
        (nobody(), "/lake/priv/new", write),
    ] {
        let response = copy(&world, &key, target, "lake/team-a/x", &[]);
        assert_refused(&response, 403, "AccessDenied", target);
        assert!(response.message().contains(missing), "{}", response.message());
    }
    world.assert_nothing_went_up();
    // And with leave on both sides something does.
    assert_eq!(copy(&world, &alice(), mine, "lake/team-a/x", &[]).status(), 200);
    assert_eq!(copy(&world, &alice(), part, "lake/team-a/x", &[]).status(), 200);
}

#[test]
fn b04_both_sides_stand_in_the_audit_record() {
    let world = copying();
    let response = copy(&world, &admin(), "/lake/new", "pond/old?versionId=v", &[]);
    assert_eq!(response.status(), 200, "{}", response.text());
    let record = world.gateway.wait_for_audit("the copy", |record| record["key"] == "new");
    assert_eq!(record["operation"], "CopyObject", "{record}");
    let required: Vec<_> = record["required"].as_array().unwrap().iter().collect();
    let pairs: Vec<_> = required
        .iter()
        .map(|one| (one["action"].as_str().unwrap(), one["resource"].as_str().unwrap()))
        .collect();
    assert_eq!(
        pairs,
        [
            ("fs:WriteObject", "arn:lakefs:fs:::repository/lake/object/new"),
            ("fs:ReadObjectVersion", "arn:lakefs:fs:::repository/pond/object/old"),
        ]
    );
}

#[test]
fn b04_what_names_no_source_is_refused_and_goes_nowhere() {
    let world = copying();
    let long = format!("lake/{}", "k".repeat(1025));
    for (source, status, code) in [
        ("", 400, "InvalidArgument"),
        ("/", 400, "InvalidArgument"),
        ("lake", 400, "InvalidArgument"),
        ("lake/", 400, "InvalidArgument"),
        ("//lake/a", 400, "InvalidArgument"),
        ("../lake/a", 400, "InvalidArgument"),
        ("la%2520ke/a", 400, "InvalidArgument"),
        ("lake/a%", 400, "InvalidArgument"),
        ("lake/a%zz", 400, "InvalidArgument"),
        ("lake/%C0%AF", 400, "InvalidArgument"),
        ("lake/a?", 400, "InvalidArgument"),
        ("lake/a?versionId=", 400, "InvalidArgument"),
        ("lake/a?acl", 400, "InvalidArgument"),
        ("lake/a?versionId=v&acl", 400, "InvalidArgument"),
        (&long, 400, "InvalidArgument"),
        ("arn:aws:s3:us-east-1:1:accesspoint/p/object/a", 501, "NotImplemented"),
        ("arn%3Aaws%3As3-outposts%3Aus-east-1%3A1%3Aoutpost/o/object/a", 501, "NotImplemented"),
    ] {
        for target in TARGETS {
            let response = copy(&world, &admin(), target, source, &[]);
            assert_refused(&response, status, code, source);
        }
    }
    // The signature reads one blank where several are.
    let mut blanks = draft(&admin(), TARGETS[0], "lake/a b", &[]).sign(world.gateway.s3);
    *blanks.value("x-amz-copy-source") = "lake/a  b".to_owned();
    assert_refused(&blanks.send(world.gateway.s3, b""), 400, "InvalidArgument", "blanks");
    // Of other operations it is no header.
    for (method, target) in [("GET", "/lake/a"), ("PUT", "/lake"), ("POST", "/lake/a?uploads")] {
        let draft = Draft::new(&admin(), method, target).header("x-amz-copy-source", "lake/a");
        let response = draft.header("content-length", "0").send(world.gateway.s3, b"");
        assert_refused(&response, 400, "InvalidArgument", target);
    }
    world.assert_nothing_went_up();
}

#[test]
fn b04_a_copy_takes_no_body() {
    let world = copying();
    let body = b"written instead";
    let draft = Draft::put(&admin(), "/lake/new", body).header("x-amz-copy-source", "lake/a");
    assert_refused(&draft.send(world.gateway.s3, body), 400, "InvalidRequest", "a body");
    world.assert_nothing_went_up();
}

#[test]
fn b05_a_range_goes_up_only_as_first_and_last_byte_of_a_part() {
    let world = copying();
    let part = TARGETS[1];
    for (sent, up) in [("bytes=0-0", "bytes=0-0"), ("bytes=0005-12", "bytes=5-12")] {
        let response = copy(&world, &admin(), part, "lake/a", &[("x-amz-copy-source-range", sent)]);
        assert_eq!(response.status(), 200, "{sent}: {}", response.text());
        let request = world.recorder.requests().pop().unwrap();
        assert_eq!(request.head.header("x-amz-copy-source-range"), Some(up));
    }
    let before = world.seen().len();
    for sent in ["bytes=5-", "bytes=-5", "bytes=9-5", "bytes=0-1,3-4", "0-5", "bytes=1-x", "x"] {
        let response = copy(&world, &admin(), part, "lake/a", &[("x-amz-copy-source-range", sent)]);
        assert_refused(&response, 400, "InvalidArgument", sent);
    }
    let whole = [("x-amz-copy-source-range", "bytes=0-5")];
    assert_refused(
        &copy(&world, &admin(), TARGETS[0], "lake/a", &whole),
        400,
        "InvalidArgument",
        "a range of CopyObject",
    );
    assert_eq!(world.seen().len(), before);
}

#[test]
fn b04_python_reads_in_the_header_what_boto3_was_asked_for() {
    let world = copying();
    let client = world.gateway.client(&admin());
    let asked = client.script("copy_sources", &["send", "200"]);
    let asked: Vec<serde_json::Value> =
        asked.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seen = world.seen();
    assert_eq!((asked.len(), seen.len()), (200, 200));
    let pairs: Vec<_> = asked
        .into_iter()
        .zip(&seen)
        .map(|(triple, request)| {
            serde_json::json!([triple, request.head.header("x-amz-copy-source").unwrap()])
        })
        .collect();
    fs::write(client.home().join("pairs"), serde_json::to_vec(&pairs).unwrap()).unwrap();
    client.script("copy_sources", &["read", "pairs"]);
}

proptest! {
    #[test]
    fn b04_every_source_is_read_as_it_was_written(
        bucket in "[a-zA-Z0-9_-][a-zA-Z0-9._-]{2,20}",
        key in "\\PC{1,40}|[ab?&=+%/. ]{1,40}|(a|\\?versionId=|%3F|/\\.\\./){1,5}",
        version in proptest::option::of("[a-zA-Z0-9._-]{1,20}|\\PC{1,20}|[a?&=+%/# ]{1,20}"),
    ) {
        let header = encode_copy_source(&bucket, &key, version.as_deref());
        prop_assert!(header.bytes().all(|byte| byte.is_ascii_graphic()), "{}", header);
        let source = CopySource { bucket, key, version };
        let parsed = CopySource::parse(&header);
        prop_assert_eq!(parsed.as_ref(), Ok(&source));
        // By another reading, also where a `+` is a space.
        prop_assert!(!header.contains('+'));
        let (path, version) = match header.split_once('?') {
            Some((path, query)) => (path, query.strip_prefix("versionId=").map(decoded)),
            None => (&*header, None),
        };
        let (bucket, key) = path[1..].split_once('/').unwrap();
        let (bucket, key) = (decoded(bucket), decoded(key));
        prop_assert_eq!(CopySource { bucket, key, version }, source);
    }
}

#[test]
fn boto3_copies_objects_and_parts_within_the_store() {
    run("copies", &Stored::new());
}

#[test]
fn boto3_copies_objects_and_parts_within_the_store_over_tls() {
    run("copies", &Stored::over_tls());
}

#[test]
fn b07_b04_a_version_is_copied_by_who_may_read_versions_and_by_nobody_else() {
    let world = Stored::new();
    let store = Client::with(&world.store.upstream.key, world.store.upstream.address);
    let enable =
        "s3api put-bucket-versioning --bucket lake --versioning-configuration Status=Enabled";
    store.aws(&enable.split(' ').collect::<Vec<_>>());
    let put = |content: &str| {
        fs::write(store.home().join("up"), content).unwrap();
        let put = "s3api put-object --bucket lake --key team-a/x --body up --query VersionId --output text";
        store.aws(&put.split(' ').collect::<Vec<_>>()).trim().to_owned()
    };
    let old = put("the old one");
    put("the new one");
    let copy = |key: &Key, source: &str| {
        draft(key, "/lake/team-a/copy", source, &[]).send(world.gateway.s3, b"")
    };
    let source = format!("lake/team-a/x?versionId={old}");
    assert_refused(&copy(&alice(), &source), 403, "AccessDenied", &source);
    // The store would take these for the version, too.
    for source in
        [format!("lake/team-a/x%3FversionId={old}"), format!("lake/team-a/x%3FversionId%3D{old}")]
    {
        assert_refused(&copy(&alice(), &source), 403, "AccessDenied", &source);
    }
    assert!(!world.store.has("lake", "team-a/copy"));
    let response = copy(&alice(), "lake/team-a/x");
    assert_eq!(response.status(), 200, "{}", response.text());
    assert_eq!(world.store.bytes("lake", "team-a/copy"), b"the new one");
    let response = copy(&admin(), &source);
    assert_eq!(response.status(), 200, "{}", response.text());
    assert_eq!(response.head.header("x-amz-copy-source-version-id"), Some(&*old));
    assert_eq!(world.store.bytes("lake", "team-a/copy"), b"the old one");
}

#[test]
fn cli_copies_and_moves_within_the_store() {
    let world = Stored::new();
    world.store.make_bucket("pond");
    let client = world.gateway.client(&admin());
    let big = crate::harness::pattern::Pattern::bytes(7, 20 << 20);
    for (name, content) in [("a b+c", b"small".as_slice()), ("ö%2F", &big)] {
        fs::write(client.home().join("up"), content).unwrap();
        let url = format!("s3://lake/{name}");
        client.aws(&["s3", "cp", "--quiet", "up", &url]);
        client.aws(&["s3", "cp", "--quiet", &url, &format!("s3://lake/copy/{name}")]);
        client.aws(&["s3", "mv", "--quiet", &url, &format!("s3://pond/{name}")]);
        assert!(!world.store.has("lake", name));
        assert!(world.store.bytes("lake", &format!("copy/{name}")) == content, "{name}");
        assert!(world.store.bytes("pond", name) == content, "{name}");
    }
    client.aws(&["s3", "mv", "--quiet", "--recursive", "s3://pond/", "s3://lake/moved/"]);
    assert_eq!(client.aws(&["s3", "ls", "--recursive", "s3://pond"]), "");
    assert!(world.store.bytes("lake", "moved/ö%2F") == big);
    for operation in ["CopyObject", "UploadPartCopy"] {
        world.gateway.wait_for_audit(operation, |record| record["operation"] == operation);
    }
}

#[test]
fn cli_moves_below_the_one_prefix_that_a_user_has() {
    let world = Stored::new();
    fs::create_dir(world.store.file("lake", "team-a")).unwrap();
    fs::write(world.store.file("lake", "team-a/x"), "hers").unwrap();
    fs::write(world.store.file("lake", "theirs"), "not hers").unwrap();
    let client = world.gateway.client(&alice());
    client.aws(&["s3", "mv", "s3://lake/team-a/x", "s3://lake/team-a/below/y"]);
    assert_eq!(world.store.bytes("lake", "team-a/below/y"), b"hers");
    assert!(!world.store.has("lake", "team-a/x"));
    for (from, to) in [("theirs", "team-a/z"), ("team-a/below/y", "theirs")] {
        let (from, to) = (format!("s3://lake/{from}"), format!("s3://lake/{to}"));
        let refused = client.try_aws(&["s3", "cp", &from, &to]);
        assert!(!refused.success, "{refused:?}");
    }
    assert_eq!(world.store.bytes("lake", "theirs"), b"not hers");
    assert!(!world.store.has("lake", "team-a/z"));
}

/// A gateway before an upstream that says of each copy that it is made.
fn copying() -> Watched {
    Watched::answering(copied)
}

fn copied(request: &Request) -> Answer {
    match request.head.header("x-amz-copy-source") {
        Some(_) => Answer::ok(b"<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>"),
        None => Answer::ok(b""),
    }
}

fn draft<'a>(
    key: &Key,
    target: &'a str,
    source: &str,
    headers: &[(&'static str, &str)],
) -> Draft<'a> {
    let draft = Draft::put(key, target, b"").header("x-amz-copy-source", source);
    headers.iter().fold(draft, |draft, (name, value)| draft.header(name, *value))
}

fn copy(
    world: &Watched,
    key: &Key,
    target: &str,
    source: &str,
    headers: &[(&'static str, &str)],
) -> Response {
    world.gateway.send(&draft(key, target, source, headers), b"")
}

fn run(script: &str, world: &Stored) {
    world.store.make_bucket("pond");
    let folder = world.store.file("", "");
    world.gateway.client(&admin()).script(script, &["lake", "pond", folder.to_str().unwrap()]);
}

/// Percent-decodes once.
fn decoded(text: &str) -> String {
    String::from_utf8(crate::keys::decode(text)).unwrap()
}

/// `CopyObject` and `UploadPartCopy`, with the parameters in our order.
const TARGETS: [&str; 2] = ["/lake/new", "/lake/new?partNumber=1&uploadId=u"];
