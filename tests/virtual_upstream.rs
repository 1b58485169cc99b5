//! An upstream that is told its buckets in `Host`.

use std::fs;

use crate::harness::{
    Key,
    certificates::Authority,
    http::Response,
    recorder::{Answer, Recorder},
    sign::Draft,
    site::{Site, admin, alice},
    tls,
    versitygw::VersityGw,
    world::{Stored, Watched},
};

#[test]
fn a_virtual_host_style_upstream_is_told_the_bucket_in_host_and_the_key_in_the_path() {
    let world = Watched::ready(Recorder::start(), Site::with_virtual_addressing);
    let port = world.recorder.upstream.address.port();
    for (target, host, up) in [
        ("/", format!("localhost:{port}"), "/"),
        ("/lake", format!("lake.localhost:{port}"), "/"),
        ("/lake?list-type=2", format!("lake.localhost:{port}"), "/?list-type=2"),
        ("/lake/a/b%20c", format!("lake.localhost:{port}"), "/a/b%20c"),
        ("/lake//a", format!("lake.localhost:{port}"), "//a"),
        ("/lake/lake/a", format!("lake.localhost:{port}"), "/lake/a"),
        ("/lake.of.dots/a", format!("lake.of.dots.localhost:{port}"), "/a"),
    ] {
        let draft = Draft::new(&admin(), "GET", target);
        // What the upstream answers is no list, which the client is told.
        let response = draft.send(world.gateway.s3, b"");
        assert!(matches!(response.status(), 200 | 502), "{target}: {}", response.text());
        let request = world.recorder.requests().pop().unwrap();
        assert_eq!((request.head.header("host"), request.head.word(1)), (Some(&*host), up));
        let authorization = request.head.header("authorization").unwrap();
        assert!(authorization.contains("SignedHeaders=host;"), "{authorization}");
    }
}

#[test]
fn b03_nothing_goes_to_a_virtual_host_style_upstream_that_reads_the_bucket_from_the_path() {
    // A store without a domain of its own takes `/victim/x` for the bucket `victim`, whatever `Host` says.
    let world = Stored::before(VersityGw::start(), Site::with_virtual_addressing);
    world.store.make_bucket("victim");
    fs::write(world.store.file("victim", "x"), "not hers").unwrap();
    for draft in [
        Draft::new(&alice(), "GET", "/lake/team-a/x"),
        Draft::new(&admin(), "GET", "/lake/victim/x"),
        Draft::new(&admin(), "HEAD", "/lake"),
        Draft::put(&admin(), "/lake/victim/new", b""),
    ] {
        let response = draft.send(world.gateway.s3, b"");
        assert_eq!(response.status(), 503, "{draft:?}: {}", response.text());
    }
    assert!(!world.store.has("victim", "new"));
    let alarm = "does not read buckets from Host";
    world
        .gateway
        .log()
        .find(alarm, |line| (line.contains("ERROR") && line.contains(alarm)).then_some(()));
    // Buckets are listed by the endpoint itself.
    assert_eq!(Draft::new(&admin(), "GET", "/").send(world.gateway.s3, b"").status(), 200);
}

#[test]
fn a_bucket_that_no_host_can_name_is_refused_before_a_virtual_host_style_upstream() {
    let world = Watched::ready(Recorder::start(), Site::with_virtual_addressing);
    for (method, target) in [
        ("GET", "/Lake/a"),
        ("PUT", "/my_lake/a"),
        ("PUT", "/my_lake"),
        ("GET", "/-lake?list-type=2"),
        ("GET", "/la..ke/a"),
        ("GET", "/lake./a"),
    ] {
        let draft = Draft::new(&admin(), method, target).header("content-length", "0");
        let response = draft.send(world.gateway.s3, b"");
        assert_eq!((response.status(), &*response.code()), (400, "InvalidBucketName"), "{target}");
        assert!(response.message().contains("lower-case"), "{}", response.message());
    }
    world.assert_nothing_went_up();
}

#[test]
fn a_virtual_host_style_upstream_is_verified_by_its_endpoints_name_and_shares_its_connections() {
    let authority = Authority::new();
    let server = tls::server(&authority.server_for(&["localhost"]));
    let recorder = Recorder::over_tls(server, authority.pem(), |_| Answer::ok(b""));
    let world = Watched::ready(recorder, Site::with_virtual_addressing);
    let mut connection = world.gateway.connect();
    let mut ports = Vec::new();
    for target in ["/lake/a", "/pond/a", "/lake.of.dots/a"] {
        let request = Draft::new(&admin(), "GET", target).sign(world.gateway.s3);
        let response = request.send_on(&mut connection, b"");
        assert_eq!(response.status(), 200, "{target}: {}", response.text());
        ports.extend(world.gateway.ports_to(world.recorder.upstream.address));
    }
    ports.dedup();
    assert_eq!(ports.len(), 1, "{ports:?}");
}

#[test]
fn a_virtual_host_style_store_verifies_what_it_gets() {
    let world = Stored::before(VersityGw::with_virtual_addressing(), Site::with_virtual_addressing);
    let s3 = world.gateway.s3;
    let send = |draft: &Draft<'_>, body: &[u8]| -> Response { draft.send(s3, body) };
    for (target, body) in [("/lake/a%20b", b"one"), ("/lake/lake/c", b"two")] {
        let put = send(&Draft::put(&admin(), target, body), body);
        assert_eq!(put.status(), 200, "{target}: {}", put.text());
        assert_eq!(send(&Draft::new(&admin(), "GET", target), b"").body, body, "{target}");
    }
    assert_eq!(world.store.bytes("lake", "a b"), b"one");
    assert_eq!(world.store.bytes("lake", "lake/c"), b"two");
    let made = send(&Draft::new(&admin(), "PUT", "/pond").header("content-length", "0"), b"");
    assert_eq!(made.status(), 200, "{}", made.text());
    let listed = send(&Draft::new(&admin(), "GET", "/"), b"").text();
    assert!(
        listed.contains("<Name>lake</Name>") && listed.contains("<Name>pond</Name>"),
        "{listed}"
    );
}

#[test]
fn b01_a_store_that_is_told_the_bucket_in_host_and_cleans_keys_gives_no_way_round_a_deny() {
    let key = Key::new("TESTCARL00000001", "carl-secret-0123456789-abcdefghijklmnopq");
    let world = Stored::before(VersityGw::with_virtual_addressing(), |site| {
        let carl = format!("{{access_key_id: {}, secret_access_key: {}}}", key.id, key.secret);
        let user = format!("- {{id: carl, policies: [Carl], credentials: [{carl}]}}\n");
        site.write("identities.yaml", &format!("policies:\n{CARL}users:\n{user}"));
        site.apply();
        site.with_virtual_addressing()
    });
    let put = Draft::put(&admin(), "/lake/priv/x", b"secret").send(world.gateway.s3, b"secret");
    assert_eq!(put.status(), 200, "{}", put.text());
    for target in ["/lake/priv/x", "/lake/../priv/x", "/lake/a/../../priv/x", "/lake//../priv/x"] {
        let response = Draft::new(&key, "GET", target).send(world.gateway.s3, b"");
        assert_eq!(response.status(), 403, "{target}: {}", response.text());
    }
}

#[test]
fn a_virtual_host_style_upstream_that_refuses_our_credential_raises_that_alarm() {
    let world = Stored::before(VersityGw::with_virtual_addressing(), |site| {
        site.write("upstream.key", "not-the-secret-of-this-store");
        site.with_virtual_addressing()
    });
    let response = Draft::new(&admin(), "GET", "/lake/a").send(world.gateway.s3, b"");
    assert_eq!(response.status(), 503, "{}", response.text());
    let alarm = "refuses our credential";
    world
        .gateway
        .log()
        .find(alarm, |line| (line.contains("ERROR") && line.contains(alarm)).then_some(()));
}

/// May do everything but touch what is below `priv/` in the bucket `lake`.
const CARL: &str = r#"
- id: Carl
  statement:
  - {action: ["fs:*"], effect: allow, resource: "*"}
  - {action: ["fs:*"], effect: deny, resource: "arn:lakefs:fs:::repository/lake/object/priv/*"}
"#;
