//! What the gateway refuses of an honest sender, and that the upstream then sees nothing of it.

use policy::{Handling, OPERATIONS};

use crate::harness::{
    http::assert_refused,
    pattern::sha256,
    recorder::{Answer, Recorder},
    sign::Draft,
    site::{admin, alice, nobody, viewer},
    world::Watched,
};

#[test]
fn a_caller_without_the_action_is_refused_and_told_which() {
    let world = Watched::new();
    for (key, method, target, action) in [
        (viewer(), "PUT", "/lake/a", "fs:WriteObject"),
        (viewer(), "DELETE", "/lake/a", "fs:DeleteObject"),
        (viewer(), "PUT", "/pond", "fs:CreateRepository"),
        (viewer(), "DELETE", "/lake", "fs:DeleteRepository"),
        (nobody(), "GET", "/lake/a", "fs:ReadObject"),
        (nobody(), "GET", "/lake?location", "fs:ReadRepository"),
        (nobody(), "GET", "/lake?list-type=2&prefix=a", "fs:ListObjects"),
        (nobody(), "GET", "/lake?delimiter=%2F", "fs:ListBranches"),
        (alice(), "GET", "/lake/team-b/a", "fs:ReadObject"),
        (alice(), "PUT", "/lake/team-a", "fs:WriteObject"),
        (alice(), "GET", "/pond/team-a/x", "fs:ReadObject"),
        (alice(), "GET", "/lake/team-a/closed/x", "fs:ReadObject"),
        (alice(), "GET", "/lake?list-type=2&prefix=team-", "fs:ListObjects"),
        (alice(), "GET", "/lake?list-type=2&prefix=team-a%2Fclosed%2F", "fs:ListObjects"),
    ] {
        let response = Draft::new(&key, method, target)
            .header("content-length", "0")
            .send(world.gateway.s3, b"");
        let what = format!("{} {method} {target}", key.id);
        assert_refused(&response, 403, "AccessDenied", &what);
        assert!(response.message().contains(action), "{what}: {}", response.message());
    }
    world.assert_nothing_went_up();
}

#[test]
fn what_is_missing_is_named_and_nobodys_policy_is() {
    let world = Watched::ready(Recorder::start(), |site| {
        site.write("identities.yaml", HIDDEN);
        site.apply();
        site
    });
    let (denied, missing) = ("a policy denies it", "no policy allows it");
    for (target, action, path, why) in [
        ("/lake/a/closed/x", "fs:ReadObject", "lake/object/a/closed/x", denied),
        ("/lake/c/x", "fs:ReadObject", "lake/object/c/x", missing),
        ("/lake?prefix=a%2Fclosed%2F", "fs:ListObjects", "lake", denied),
        ("/lake?prefix=c%2F", "fs:ListObjects", "lake", missing),
        ("/lake?delimiter=%2F", "fs:ListBranches", "lake", missing),
        ("/lake/a/./closed/x", "fs:ReadObject", "lake/object/a/closed/x", denied),
        ("/lake/b/../c/x", "fs:ReadObject", "lake/object/c/x", missing),
    ] {
        let response = Draft::new(&nobody(), "GET", target).send(world.gateway.s3, b"");
        assert_refused(&response, 403, "AccessDenied", target);
        let resource = format!("arn:lakefs:fs:::repository/{path}");
        let message =
            format!("User nobody is not authorized to perform {action} on {resource}: {why}.");
        assert_eq!(response.message(), message, "{target}");
        let told = format!("{response:?} {}", response.text());
        for name in ["OwnAllow", "OwnMore", "Hidden", "hidden", "Others", "others", "viewer"] {
            assert!(!told.contains(name), "{target}: {name} in {told}");
        }
    }
    world.assert_nothing_went_up();
}

#[test]
fn a_caller_with_a_policy_on_a_prefix_works_below_it() {
    let world = Watched::answering(|request| {
        let list = request.head.word(1).contains('?');
        Answer::ok(if list {
            b"<ListBucketResult><Name>lake</Name></ListBucketResult>"
        } else {
            b""
        })
    });
    for (method, target) in [
        ("GET", "/lake/team-a/x"),
        ("PUT", "/lake/team-a/x"),
        ("DELETE", "/lake/team-a/x/y"),
        ("GET", "/lake?list-type=2&prefix=team-a%2F"),
        ("GET", "/lake?prefix=team-a%2Fx"),
    ] {
        let draft = Draft::new(&alice(), method, target).header("content-length", "0");
        assert_eq!(draft.send(world.gateway.s3, b"").status(), 200, "{method} {target}");
    }
    assert_eq!(world.seen().len(), 5);
}

#[test]
fn b08_a_request_that_is_two_operations_or_none_is_refused() {
    let world = Watched::new();
    for (method, target) in [
        ("GET", "/lake?acl&tagging"),
        ("GET", "/lake?ACL"),
        ("GET", "/lake?acl=x"),
        ("GET", "/lake?policy&policyStatus"),
        ("GET", "/lake?versions&uploads"),
        ("GET", "/lake?tagging&versionId=1"),
        ("GET", "/lake?policy&cors&website"),
        ("PUT", "/lake/a?acl&tagging"),
        ("PUT", "/lake/a?retention&legal-hold"),
        ("PUT", "/lake?policy=1"),
        ("PUT", "/lake?versions"),
        ("GET", "/lake/a?torrent&versionId=1"),
        ("GET", "/lake?inventory&id="),
        ("GET", "/lake?inventory&id=a&id=b"),
        ("DELETE", "/lake?versioning"),
        ("POST", "/lake/a?select"),
        ("POST", "/lake/a?uploads&uploadId=1"),
        ("PUT", "/lake/a?uploadId=1"),
        ("PUT", "/lake/a?partNumber=1"),
        ("GET", "/lake?invented"),
        ("GET", "/lake/a?invented=1"),
        ("GET", "/lake?prefix=a&prefix=b"),
        ("GET", "/lake?list-type=2&list-type=1"),
        ("GET", "/lake?list-type=3"),
        ("GET", "/lake?max-keys=many"),
        ("DELETE", "/lake/a?uploads"),
        ("DELETE", "/lake?policy&metrics"),
        ("POST", "/lake?delete&uploads"),
        ("POST", "/lake?delete&versionId=1"),
        ("POST", "/lake/a?delete"),
        ("POST", "/"),
        ("PATCH", "/lake/a"),
        ("PUT", "/"),
    ] {
        let draft = Draft::new(&admin(), method, target).header("content-length", "0");
        let response = draft.send(world.gateway.s3, b"");
        let status = response.status();
        assert!(matches!(status, 400 | 405 | 501), "{method} {target}: {status}");
        assert!(
            matches!(
                response.code().as_str(),
                "InvalidArgument" | "MethodNotAllowed" | "NotImplemented"
            ),
            "{method} {target}: {}",
            response.text()
        );
    }
    world.assert_nothing_went_up();
}

#[test]
fn b10_hop_by_hop_headers_neither_go_up_nor_take_others_away() {
    let world = Watched::new();
    let mut request = Draft::put(&admin(), "/lake/a", b"abc").sign(world.gateway.s3);
    request.add("connection", "authorization, x-amz-content-sha256, keep-alive");
    for (name, value) in [
        ("te", "trailers"),
        ("keep-alive", "timeout=5"),
        ("proxy-authorization", "Basic YTpi"),
        ("proxy-connection", "keep-alive"),
        ("x-forwarded-for", "10.0.0.1"),
        ("forwarded", "for=10.0.0.1"),
        ("cookie", "a=b"),
    ] {
        request.add(name, value);
    }
    assert_eq!(request.send(world.gateway.s3, b"abc").status(), 200);
    let seen = world.seen();
    let head = &seen[0].head;
    for name in [
        "te",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "x-forwarded-for",
        "forwarded",
        "cookie",
    ] {
        assert_eq!(head.header(name), None);
    }
    assert!(head.header("authorization").unwrap().contains(&world.recorder.upstream.key.id));
    assert_eq!(head.header("x-amz-content-sha256"), Some(sha256(b"abc").as_str()));
}

#[test]
fn b12_what_goes_up_is_signed_with_the_stores_key_over_exactly_what_no_hop_touches() {
    let world = Watched::new();
    let draft = Draft::put(&admin(), "/lake/a", b"abc")
        .header("x-amz-meta-colour", "blue")
        .header("content-type", "text/plain")
        .header("user-agent", "a-client/1.0");
    let mut request = draft.sign(world.gateway.s3);
    let (authorization, date) =
        (request.value("authorization").clone(), request.value("x-amz-date").clone());
    assert_eq!(request.send(world.gateway.s3, b"abc").status(), 200);

    let seen = world.seen();
    let head = &seen[0].head;
    let sent = head.header("authorization").unwrap();
    assert!(sent.contains(&format!("Credential={}/", world.recorder.upstream.key.id)), "{sent}");
    assert!(
        sent.contains(
            "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-meta-colour,"
        ),
        "{sent}"
    );
    let signature = authorization.rsplit('=').next().unwrap();
    let all = format!("{head:?}");
    assert!(!all.contains(&admin().id) && !all.contains(signature), "{all}");
    assert_eq!(head.header("host"), Some(world.recorder.upstream.address.to_string().as_str()));
    assert!(head.header("x-amz-date").unwrap() >= date.as_str());
    assert_eq!((seen[0].complete, seen[0].start.as_slice()), (true, b"abc".as_slice()));
}

#[test]
fn b15_a_condition_tells_nothing_about_an_object_that_may_not_be_read() {
    let world = Watched::new();
    for (name, value) in [
        ("if-none-match", "\"x\""),
        ("if-match", "\"x\""),
        ("if-modified-since", "Wed, 01 Jan 2025 00:00:00 GMT"),
    ] {
        let draft = Draft::new(&nobody(), "GET", "/lake/a").header(name, value);
        assert_refused(&draft.send(world.gateway.s3, b""), 403, "AccessDenied", name);
    }
    world.assert_nothing_went_up();
}

#[test]
fn b21_every_operation_that_is_not_implemented_is_refused_by_its_name() {
    let world = Watched::new();
    // A form is no operation of the model that the script goes through.
    let built = OPERATIONS.iter().filter(|operation| match operation.row().handling {
        Handling::Forward | Handling::Alias(_) => true,
        Handling::Becomes(_) | Handling::Refuse => false,
    });
    let built: Vec<_> = built.map(|operation| operation.name()).collect();
    world.gateway.client(&admin()).script("unimplemented", &built);
    world.assert_nothing_went_up();
}

#[test]
fn c01_a_request_with_two_lengths_sends_at_most_one_clean_request_up() {
    for more in
        ["transfer-encoding: chunked\r\n", "content-length: 4\r\n", "content-length: +3\r\n"]
    {
        let world = Watched::new();
        let signed = Draft::put(&admin(), "/lake/a", b"abc").sign(world.gateway.s3);
        let mut head = signed.head();
        head.truncate(head.len() - 2);
        head.extend_from_slice(more.as_bytes());
        head.extend_from_slice(b"\r\n0\r\n\r\nGET /lake/smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
        let mut connection = world.gateway.connect();
        connection.send(&head);
        assert!(connection.head().status() >= 400, "{more}");
        let seen = world.seen();
        assert!(
            seen.iter().all(|request| !request.complete && request.head.word(1) == "/lake/a"),
            "{seen:#?}"
        );
        assert!(seen.len() <= 1);
    }
}

/// What `nobody` may do, what a group denies them, and what only others may.
const HIDDEN: &str = "
policies:
- {id: OwnAllow, statement: [{action: 'fs:*', effect: allow, resource: 'arn:lakefs:fs:::repository/lake/object/a/*'}]}
- {id: OwnMore, statement: [{action: 'fs:*', effect: allow, resource: 'arn:lakefs:fs:::repository/lake/object/b/*'}]}
- {id: HiddenDeny, statement: [{action: 'fs:*', effect: deny, resource: 'arn:lakefs:fs:::repository/lake/object/a/closed/*'}]}
- {id: OthersAllow, statement: [{action: 'fs:*', effect: allow, resource: 'arn:lakefs:fs:::repository/lake/object/c/*'}]}
groups:
- {id: hidden-group, policies: [HiddenDeny]}
- {id: others-group, policies: [OthersAllow]}
users:
- {id: nobody, groups: [hidden-group], policies: [OwnAllow, OwnMore]}
- {id: viewer, groups: [others-group]}
";
