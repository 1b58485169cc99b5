//! Buckets that clients name in `Host`.

use std::fs;

use crate::harness::{
    clients::{Client, source},
    gateway::Gateway,
    recorder::{Answer, Recorder, Request},
    sign::Draft,
    site::{DOMAIN, Site, admin, alice},
    versitygw::VersityGw,
    world::{Stored, Watched},
};

#[test]
fn b02_a_key_that_is_encoded_twice_is_decoded_once_in_both_styles() {
    for virtual_upstream in [false, true] {
        let world = Watched::ready(Recorder::start(), |site| {
            let site = site.with_domain();
            if virtual_upstream { site.with_virtual_addressing() } else { site }
        });
        let in_path = Draft::new(&admin(), "GET", "/lake/%252e%252e%252f");
        let in_host = Draft::new(&admin(), "GET", "/%252e%252e%252f").host(&below("lake"));
        for draft in [in_path, in_host] {
            let response = draft.send(world.gateway.s3, b"");
            assert_eq!(response.status(), 200, "{}", response.text());
            world.gateway.wait_for_audit("the key", |record| record["key"] == "%2e%2e%2f");
        }
        let up = if virtual_upstream { "/%252e%252e%252f" } else { "/lake/%252e%252e%252f" };
        assert_eq!(targets(&world.seen()), [up, up]);
    }
}

#[test]
fn b02_what_is_encoded_twice_leads_out_of_no_prefix() {
    let world = Watched::ready(Recorder::start(), Site::with_domain);
    for (target, status) in [
        ("/team-a/%252e%252e%252fteam-b/x", 200),
        ("/team-a/..%2Fteam-b/x", 403),
        ("/team-a/../team-b/x", 403),
    ] {
        let in_path = format!("/lake{target}");
        let in_path = Draft::new(&alice(), "GET", &in_path);
        let in_host = Draft::new(&alice(), "GET", target).host(&below("lake"));
        for draft in [in_path, in_host] {
            let response = draft.send(world.gateway.s3, b"");
            assert_eq!(response.status(), status, "{draft:?}: {}", response.text());
        }
    }
    let up = "/lake/team-a/%252e%252e%252fteam-b/x";
    assert_eq!(targets(&world.seen()), [up, up]);
}

#[test]
fn b03_a_request_is_on_the_bucket_that_its_host_names() {
    let world = Watched::ready(Recorder::start(), Site::with_domain);
    let s3 = world.gateway.s3;
    // Alice may work below `team-a/` in the bucket `lake`, and in no other.
    let hers = [
        // The host names her bucket, however it is spelled.
        ("lake.s3.localhost", "/team-a/x", "/lake/team-a/x"),
        ("LAKE.S3.LocalHost", "/team-a/x", "/lake/team-a/x"),
        ("lake.s3.localhost.", "/team-a/x", "/lake/team-a/x"),
        ("lake.s3.localhost:8080", "/team-a/x", "/lake/team-a/x"),
        ("Lake.s3.localhost.:1", "/team-a/lake/x", "/lake/team-a/lake/x"),
        // It names no bucket: the domain itself, addresses, and names that are not ours.
        ("s3.localhost", "/lake/team-a/x", "/lake/team-a/x"),
        ("S3.localhost.:80", "/lake/team-a/x", "/lake/team-a/x"),
        ("127.0.0.1", "/lake/team-a/x", "/lake/team-a/x"),
        ("[::1]:8080", "/lake/team-a/x", "/lake/team-a/x"),
        ("elsewhere.example", "/lake/team-a/x", "/lake/team-a/x"),
        ("localhost", "/lake/team-a/x", "/lake/team-a/x"),
        ("victims3.localhost", "/lake/team-a/x", "/lake/team-a/x"),
        ("victim.s3.localhost.example", "/lake/team-a/x", "/lake/team-a/x"),
    ];
    for (host, target, up) in hers {
        let response = Draft::new(&alice(), "GET", target).host(host).send(s3, b"");
        assert_eq!(response.status(), 200, "{host} {target}: {}", response.text());
        let request = world.recorder.requests().pop().unwrap();
        assert_eq!(request.head.word(1), up, "{host} {target}");
        let upstream = world.recorder.upstream.address.to_string();
        assert_eq!(request.head.header("host"), Some(&*upstream), "{host} {target}");
    }
    let not_hers = [
        // The path looks like her bucket, and is a key in another.
        ("victim.s3.localhost", "/lake/team-a/x", "victim/object/lake/team-a/x"),
        ("VICTIM.S3.LOCALHOST", "/lake/team-a/x", "victim/object/lake/team-a/x"),
        ("victim.s3.localhost.", "/lake/team-a/x", "victim/object/lake/team-a/x"),
        ("victim.s3.localhost.:80", "/lake/team-a/x", "victim/object/lake/team-a/x"),
        ("127.0.0.1.s3.localhost", "/lake/team-a/x", "127.0.0.1/object/lake/team-a/x"),
        // More labels are more of a name, and another spelling of Unicode is another name.
        ("victim.lake.s3.localhost", "/team-a/x", "victim.lake/object/team-a/x"),
        ("lake.victim.s3.localhost", "/team-a/x", "lake.victim/object/team-a/x"),
        ("xn--lake-.s3.localhost", "/team-a/x", "xn--lake-/object/team-a/x"),
        // Her bucket, and a key that a store which cleans paths would find in another.
        ("lake.s3.localhost", "/team-a/../../victim/x", "victim/object/x"),
        // The path names another, since the host names none.
        ("s3.localhost", "/victim/team-a/x", "victim/object/team-a/x"),
        ("lakes3.localhost", "/victim/team-a/x", "victim/object/team-a/x"),
        ("127.0.0.1", "/victim/team-a/x", "victim/object/team-a/x"),
    ];
    for (host, target, resource) in not_hers {
        let response = Draft::new(&alice(), "GET", target).host(host).send(s3, b"");
        assert_eq!(response.status(), 403, "{host} {target}");
        let arn = format!("fs:ReadObject on arn:lakefs:fs:::repository/{resource}:");
        assert!(response.message().contains(&arn), "{host} {target}: {}", response.message());
    }
    assert_eq!(world.seen().len(), hers.len());
}

#[test]
fn b03_what_the_host_names_is_recorded_and_sent_as_that() {
    let world = Watched::ready(Recorder::start(), Site::with_domain);
    for (target, up) in [
        ("/own/x", "/victim/own/x"),
        ("/victim/x", "/victim/victim/x"),
        ("//a", "/victim//a"),
        ("/", "/victim"),
        ("/?list-type=2&prefix=own%2F", "/victim?list-type=2&prefix=own%2F"),
    ] {
        let draft = Draft::new(&admin(), "GET", target).host(&below("victim"));
        // What the upstream answers is no list, which the client is told.
        let response = draft.send(world.gateway.s3, b"");
        assert!(matches!(response.status(), 200 | 502), "{target}: {}", response.text());
        assert_eq!(world.recorder.requests().pop().unwrap().head.word(1), up, "{target}");
    }
    let record = world.gateway.wait_for_audit("the key", |record| record["key"] == "own/x");
    assert_eq!(record["bucket"], "victim", "{record}");
    let resource = &record["required"][0]["resource"];
    assert_eq!(resource, "arn:lakefs:fs:::repository/victim/object/own/x", "{record}");
}

#[test]
fn b03_without_domains_no_host_names_a_bucket() {
    let world = Watched::new();
    for host in ["victim.s3.localhost", "victim.localhost", "victim"] {
        let draft = Draft::new(&alice(), "GET", "/lake/team-a/x").host(host);
        assert_eq!(draft.send(world.gateway.s3, b"").status(), 200, "{host}");
    }
    assert_eq!(targets(&world.seen()), ["/lake/team-a/x"; 3]);
}

#[test]
fn b03_a_host_that_names_no_bucket_and_is_no_host_is_refused() {
    let world = Watched::ready(Recorder::start(), Site::with_domain);
    for (host, code) in [
        ("", "InvalidRequest"),
        ("lake.s3.localhost:", "InvalidRequest"),
        ("lake.s3.localhost:0", "InvalidRequest"),
        ("lake.s3.localhost:80x", "InvalidRequest"),
        ("lake.s3.localhost..", "InvalidRequest"),
        ("lake.s3.localhost/", "InvalidRequest"),
        ("lake s3.localhost", "InvalidRequest"),
        ("lake.s3.localhost,victim.s3.localhost", "InvalidRequest"),
        ("x@lake.s3.localhost", "InvalidRequest"),
        ("lake.s3.localhost?", "InvalidRequest"),
        ("lake.s3.localhost#", "InvalidRequest"),
        ("lake%2es3.localhost", "InvalidRequest"),
        ("läke.s3.localhost", "InvalidRequest"),
        ("[::1", "InvalidRequest"),
        (".s3.localhost", "InvalidBucketName"),
        ("..s3.localhost", "InvalidBucketName"),
        ("la..ke.s3.localhost", "InvalidBucketName"),
        ("la.s3.localhost", "InvalidBucketName"),
    ] {
        let mut request = Draft::new(&admin(), "GET", "/x").sign(world.gateway.s3);
        *request.value("host") = host.to_owned();
        let response = request.send(world.gateway.s3, b"");
        assert_eq!((response.status(), &*response.code()), (400, code), "{host}");
    }
    world.assert_nothing_went_up();
}

#[test]
fn a06_a_target_with_a_host_of_its_own_is_refused() {
    let world = Watched::ready(Recorder::start(), Site::with_domain);
    for authority in [&*below("victim"), &*below("lake")] {
        let draft = Draft::new(&admin(), "GET", "/x").host(&below("lake"));
        let mut request = draft.sign(world.gateway.s3);
        request.target = format!("http://{authority}/x");
        let response = request.send(world.gateway.s3, b"");
        assert_eq!((response.status(), &*response.code()), (400, "InvalidURI"), "{authority}");
    }
    world.assert_nothing_went_up();
}

#[test]
fn a06_two_hosts_are_refused_whichever_is_signed() {
    let world = Watched::ready(Recorder::start(), Site::with_domain);
    for (signed, added) in [("lake", "victim"), ("victim", "lake"), ("lake", "lake")] {
        let draft = Draft::new(&admin(), "GET", "/x").host(&below(signed));
        let mut request = draft.sign(world.gateway.s3);
        for before in [false, true] {
            let host = ("host".to_owned(), below(added));
            let at = if before { 0 } else { request.headers.len() };
            request.headers.insert(at, host);
            let response = request.send(world.gateway.s3, b"");
            assert_eq!((response.status(), &*response.code()), (400, "InvalidRequest"), "{added}");
            request.headers.remove(at);
        }
    }
    world.assert_nothing_went_up();
}

#[test]
fn a06_a_host_that_a_proxy_claims_is_not_read() {
    let world = Watched::ready(Recorder::start(), Site::with_domain);
    let draft = Draft::new(&alice(), "GET", "/team-a/x").host(&below("lake"));
    let mut request = draft.sign(world.gateway.s3);
    for name in ["x-forwarded-host", "x-host", "forwarded"] {
        request.add(name, &format!("host={}", below("victim")));
    }
    let response = request.send(world.gateway.s3, b"");
    assert_eq!(response.status(), 200, "{}", response.text());
    let seen = world.seen();
    assert_eq!(targets(&seen), ["/lake/team-a/x"]);
    assert!(!format!("{seen:?}").contains("victim"), "{seen:#?}");
}

#[test]
fn another_host_than_the_signed_one_is_refused() {
    let world = Watched::ready(Recorder::start(), Site::with_domain);
    // Routing takes these for the same; the signature sees the text.
    for host in ["LAKE.s3.localhost", "lake.s3.localhost.", "lake.s3.localhost:80"] {
        let draft = Draft::new(&admin(), "GET", "/x").host(&below("lake"));
        let mut request = draft.sign(world.gateway.s3);
        *request.value("host") = host.to_owned();
        let response = request.send(world.gateway.s3, b"");
        assert_eq!(
            (response.status(), &*response.code()),
            (403, "SignatureDoesNotMatch"),
            "{host}"
        );
    }
    world.assert_nothing_went_up();
}

#[test]
fn answers_name_bucket_and_object_as_the_client_reaches_them() {
    let completed = |request: &Request| {
        if request.head.word(0) == "GET" {
            return Answer::refusal(404, "NoSuchKey");
        }
        let location = "<Location>http://upstream/lake/a%20b</Location>";
        Answer::ok(
            format!("<CompleteMultipartUploadResult>{location}</CompleteMultipartUploadResult>")
                .as_bytes(),
        )
    };
    let plain = Watched::ready(Recorder::answering(completed), Site::with_domain);
    let secure =
        Watched::ready(Recorder::answering(completed), |site| site.over_tls().with_domain());
    for (world, scheme) in [(plain, "http"), (secure, "https")] {
        let own = world.gateway.s3.to_string();
        let called = [
            (below("lake"), "", "/a%20b", "/"),
            (format!("{}:8080", below("lake")), "", "/a%20b", "/"),
            (DOMAIN.to_owned(), "/lake", "/lake/a%20b", "/lake"),
            (own, "/lake", "/lake/a%20b", "/lake"),
        ];
        for (host, before, path, bucket_path) in called {
            let upload = format!("{before}/a%20b?uploadId=1");
            let draft = Draft {
                payload: "UNSIGNED-PAYLOAD".into(),
                ..Draft::new(&admin(), "POST", &upload)
            };
            let draft = draft.header("content-length", "2").host(&host);
            let response = world.gateway.send(&draft, b"{}");
            let location = format!("{scheme}://{host}{path}");
            assert_eq!(response.element("Location"), Some(location), "{}", response.text());

            let draft = Draft::new(&admin(), "PUT", bucket_path).header("content-length", "0");
            let response = world.gateway.send(&draft.host(&host), b"");
            let made = match before {
                "" => format!("{scheme}://{host}/"),
                path => path.to_owned(),
            };
            assert_eq!(response.head.header("location"), Some(&*made), "{host}");

            // An error of the upstream's, one of ours, and one of ours before all else.
            let object = format!("{before}/a%20b");
            let unknown = format!("{object}?invented");
            for (target, status) in [(&object, 404), (&unknown, 501)] {
                let draft = Draft::new(&admin(), "GET", target).host(&host);
                let response = world.gateway.send(&draft, b"");
                assert_eq!(response.status(), status, "{target}: {}", response.text());
                let resource = response.element("Resource");
                assert_eq!(resource.as_deref(), Some("/lake/a%20b"), "{host} {target}");
            }
        }
    }
}

#[test]
fn boto3_in_virtual_host_style_reads_and_writes_objects() {
    run(&named(|site| site), "objects");
}

#[test]
fn boto3_in_virtual_host_style_reads_and_writes_objects_over_tls() {
    let world = named(|site| {
        let site = site.over_tls();
        let every = format!("*.{DOMAIN}");
        site.show(&site.authority().server_for(&["127.0.0.1", DOMAIN, &every]));
        site
    });
    run(&world, "objects");
}

#[test]
fn boto3_in_virtual_host_style_uploads_in_parts() {
    run(&named(|site| site), "multipart");
}

#[test]
fn boto3_in_virtual_host_style_pages_through_lists() {
    run(&named(|site| site), "listing");
}

#[test]
fn boto3_in_virtual_host_style_signs_and_presigns_by_both_versions() {
    run(&named(|site| site), "signed_in_host");
}

#[test]
fn boto3_carries_everything_to_a_virtual_host_style_store() {
    for script in ["objects", "multipart", "listing"] {
        let world = virtual_store();
        let folder = world.store.file("lake", "");
        world.gateway.client(&admin()).script(script, &["lake", folder.to_str().unwrap()]);
    }
}

#[test]
fn cli_in_virtual_host_style_works_with_a_virtual_host_style_store() {
    let world = Stored::before(VersityGw::with_virtual_addressing(), |site| {
        site.with_domain().with_virtual_addressing()
    });
    let client = client(&world.gateway);
    fs::create_dir(client.home().join(".aws")).unwrap();
    let style = "[default]\ns3 =\n  addressing_style = virtual\n";
    fs::write(client.home().join(".aws/config"), style).unwrap();
    fs::write(client.home().join("up"), "a file").unwrap();
    client.aws(&["s3", "mb", "s3://pond"]);
    client.aws(&["s3", "cp", "up", "s3://pond/a b/c"]);
    assert_eq!(world.store.bytes("pond", "a b/c"), b"a file");
    let listed = client.aws(&["s3", "ls", "--recursive", "s3://pond"]);
    assert!(listed.contains("a b/c"), "{listed}");
    client.aws(&["s3", "cp", "s3://pond/a b/c", "down"]);
    assert_eq!(fs::read(client.home().join("down")).unwrap(), b"a file");
    client.aws(&["s3", "rm", "s3://pond/a b/c"]);
    client.aws(&["s3", "rb", "s3://pond"]);
    let listed = client.aws(&["s3", "ls"]);
    assert!(listed.contains("lake") && !listed.contains("pond"), "{listed}");
}

/// A host that names this bucket.
fn below(bucket: &str) -> String {
    format!("{bucket}.{DOMAIN}")
}

fn targets(requests: &[Request]) -> Vec<&str> {
    requests.iter().map(|request| request.head.word(1)).collect()
}

/// A gateway with a domain before a real store, at a site that was made ready so.
fn named(ready: impl FnOnce(Site) -> Site) -> Stored {
    Stored::before(VersityGw::start(), |site| ready(site.with_domain()))
}

/// A gateway before a real store that is told of buckets in `Host`.
fn virtual_store() -> Stored {
    Stored::before(VersityGw::with_virtual_addressing(), Site::with_virtual_addressing)
}

/// Runs a script that names its bucket in `Host`.
fn run(world: &Stored, script: &str) {
    let folder = world.store.file("lake", "");
    client(&world.gateway).script(script, &["lake", folder.to_str().unwrap()]);
}

/// A client that knows the gateway by its domain.
fn client(gateway: &Gateway) -> Client {
    let scheme = if gateway.trust.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{DOMAIN}:{}", gateway.s3.port());
    gateway
        .client(&admin())
        .set("AWS_ENDPOINT_URL", url)
        .set("ADDRESSING_STYLE", "virtual")
        .set("PYTHONPATH", source("names"))
}
