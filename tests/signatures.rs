//! Signatures of version 4 in the header that are wrong, late, doubled or missing, and that the upstream then sees nothing of their request.

use crate::harness::{
    Key, REGION,
    http::assert_refused,
    pattern::sha256,
    sign::{Draft, Signed},
    site,
    site::{admin, viewer},
    world::Watched,
};

#[test]
fn a01_every_part_of_a_signed_request_is_covered_by_its_signature() {
    let world = Watched::new();
    let spoils: &[Spoil] = &[
        ("last digit", |request| {
            let authorization = request.value("authorization");
            let last = if authorization.ends_with('0') { "1" } else { "0" };
            authorization.replace_range(authorization.len() - 1.., last);
        }),
        ("first digit", |request| {
            replace(request, "Signature=", |signature| {
                let first = if signature.starts_with('0') { "1" } else { "0" };
                format!("{first}{}", &signature[1..])
            });
        }),
        ("all zeros", |request| replace(request, "Signature=", |_| "0".repeat(64))),
        ("method", |request| {
            request.method = "DELETE".to_owned();
            request.target = request.target.replace("PutObject", "DeleteObject");
            request.remove("x-amz-meta-colour");
        }),
        ("path", |request| request.target = request.target.replace("/a?", "/b?")),
        ("query", |request| request.target = request.target.replace("x-id=", "x-id=x")),
        ("bucket", |request| request.target = request.target.replace("/lake/", "/lakf/")),
        ("covered header", |request| request.value("x-amz-meta-colour").push('s')),
        ("host", |request| *request.value("host") = "elsewhere.example".to_owned()),
        ("hash", |request| *request.value("x-amz-content-sha256") = sha256(b"other")),
        ("time", |request| {
            let date = request.value("x-amz-date");
            let last = if date.ends_with("0Z") { "1Z" } else { "0Z" };
            date.replace_range(date.len() - 2.., last);
        }),
    ];
    for (what, spoil) in spoils {
        let draft =
            Draft::put(&admin(), "/lake/a?x-id=PutObject", b"").header("x-amz-meta-colour", "blue");
        let mut request = draft.sign(world.gateway.s3);
        spoil(&mut request);
        assert_refused(&request.send(world.gateway.s3, b""), 403, "SignatureDoesNotMatch", what);
    }
    world.assert_nothing_went_up();
}

#[test]
fn a01_a_malformed_authorization_header_is_refused() {
    let world = Watched::new();
    let spoils: &[Spoil] = &[
        ("no signature", |request| {
            let authorization = request.value("authorization");
            authorization.truncate(authorization.find(", Signature=").unwrap());
        }),
        ("short signature", |request| {
            replace(request, "Signature=", |signature| signature[..63].to_owned());
        }),
        ("signature in upper case", |request| replace(request, "Signature=", |_| "A".repeat(64))),
        ("no scope", |request| replace(request, "Credential=", |_| admin().id)),
        ("other terminator", |request| {
            replace(request, "Credential=", |c| c.replace("aws4_request", "aws5"));
        }),
        ("other service", |request| {
            replace(request, "Credential=", |c| c.replace("/s3/", "/sts/"));
        }),
        ("other day", |request| {
            replace(request, "Credential=", |credential| {
                let mut parts: Vec<&str> = credential.split('/').collect();
                parts[1] = "20200101";
                parts.join("/")
            });
        }),
    ];
    for (what, spoil) in spoils {
        let mut request = Draft::new(&admin(), "GET", "/lake/a").sign(world.gateway.s3);
        spoil(&mut request);
        assert_refused(
            &request.send(world.gateway.s3, b""),
            400,
            "AuthorizationHeaderMalformed",
            what,
        );
    }
    world.assert_nothing_went_up();
}

#[test]
fn a02_a_request_more_than_fifteen_minutes_from_now_is_refused_with_the_time_here() {
    let world = Watched::new();
    for seconds in [-901, 930, -86_400] {
        let draft = Draft::new(&admin(), "GET", "/lake/a").seconds_from_now(seconds);
        let response = draft.send(world.gateway.s3, b"");
        assert_refused(&response, 403, "RequestTimeTooSkewed", &seconds.to_string());
        assert!(response.element("ServerTime").is_some(), "{}", response.text());
        assert_eq!(response.element("MaxAllowedSkewMilliseconds").as_deref(), Some("900000"));
    }
    world.assert_nothing_went_up();
}

#[test]
fn a02_a_request_less_than_fifteen_minutes_from_now_goes_up() {
    let world = Watched::new();
    for seconds in [-880, 880] {
        let draft = Draft::new(&admin(), "GET", "/lake/a").seconds_from_now(seconds);
        assert_eq!(draft.send(world.gateway.s3, b"").status(), 200);
    }
    assert_eq!(world.seen().len(), 2);
}

#[test]
fn a04_a_region_that_is_not_ours_is_refused_with_the_one_that_is() {
    let world = Watched::new();
    drop(world.gateway);
    world.site.configure("auth:\n", &format!("auth:\n  regions: [{REGION}]\n"));
    let gateway = world.site.serve();
    let draft = Draft { region: "eu-west-1", ..Draft::new(&admin(), "GET", "/lake/a") };
    let response = draft.send(gateway.s3, b"");
    assert_refused(&response, 400, "AuthorizationHeaderMalformed", "region");
    assert_eq!(response.element("Region").as_deref(), Some(REGION), "{}", response.text());
    assert_eq!(Draft::new(&admin(), "GET", "/lake/a").send(gateway.s3, b"").status(), 200);
    assert_eq!(world.recorder.requests().len(), 1);
}

#[test]
fn a05_an_x_amz_header_outside_the_signature_is_refused() {
    let world = Watched::new();
    for header in ["x-amz-acl", "x-amz-meta-colour", "x-amz-storage-class"] {
        let mut request = Draft::put(&admin(), "/lake/a", b"").sign(world.gateway.s3);
        request.add(header, "private");
        let response = request.send(world.gateway.s3, b"");
        assert_refused(&response, 403, "AccessDenied", header);
        assert!(response.text().contains("not signed"), "{header}: {}", response.text());
    }
    // These are refused already for what they are.
    for header in [
        "x-amz-bypass-governance-retention",
        "x-amz-cf-id",
        "x-amz-copy-source",
        "x-amz-object-lock-mode",
        "x-amz-security-token",
        "x-amz-server-side-encryption",
        "x-amz-tagging",
        "X-Amz-Something-New",
    ] {
        let mut request = Draft::put(&admin(), "/lake/a", b"").sign(world.gateway.s3);
        request.add(header, "x");
        let status = request.send(world.gateway.s3, b"").status();
        assert!(matches!(status, 400 | 403 | 501), "{header}: {status}");
    }
    world.assert_nothing_went_up();
}

#[test]
fn a06_a_host_outside_the_signature_is_refused() {
    let world = Watched::new();
    let mut request = Draft::new(&admin(), "GET", "/lake/a").sign(world.gateway.s3);
    replace(&mut request, "SignedHeaders=", |names| names.replace("host;", ""));
    assert_refused(&request.send(world.gateway.s3, b""), 403, "AccessDenied", "host");

    let mut request = Draft::new(&admin(), "GET", "/lake/a").sign(world.gateway.s3);
    request.add("host", "elsewhere.example");
    assert!((400..=403).contains(&request.send(world.gateway.s3, b"").status()));
    world.assert_nothing_went_up();
}

#[test]
fn a07_two_ways_to_say_who_one_is_are_refused() {
    let world = Watched::new();
    for more in [
        "?X-Amz-Signature=0000",
        "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=TESTVIEWER000001/20260101/us-east-1/s3/aws4_request",
        "?AWSAccessKeyId=TESTVIEWER000001&Signature=AAAA&Expires=4000000000",
    ] {
        let target = format!("/lake/a{more}");
        let response = Draft::new(&admin(), "GET", &target).send(world.gateway.s3, b"");
        assert_refused(&response, 400, "InvalidArgument", more);
    }
    let mut request = Draft::new(&admin(), "GET", "/lake/a").sign(world.gateway.s3);
    let other = Draft::new(&viewer(), "GET", "/lake/a")
        .sign(world.gateway.s3)
        .value("authorization")
        .clone();
    request.add("authorization", &other);
    assert_refused(&request.send(world.gateway.s3, b""), 400, "InvalidArgument", "two headers");

    let mut request = Draft::new(&admin(), "GET", "/lake/a").sign(world.gateway.s3);
    request.value("authorization").push_str(", Signature=0000");
    let status = request.send(world.gateway.s3, b"").status();
    assert_eq!(status, 400, "a duplicated part of Authorization");
    world.assert_nothing_went_up();
}

#[test]
fn a07_what_is_not_a_version_4_signature_is_refused() {
    let world = Watched::new();
    for (authorization, statuses) in [
        ("Bearer abcdef", 400..=400),
        ("Basic YTpi", 400..=400),
        ("aws4-hmac-sha256 Credential=a", 400..=400),
        ("AWS TESTADMIN0000001:c2lnbmF0dXJl", 400..=501),
    ] {
        let mut request = Draft::new(&admin(), "GET", "/lake/a").sign(world.gateway.s3);
        *request.value("authorization") = authorization.to_owned();
        let status = request.send(world.gateway.s3, b"").status();
        assert!(statuses.contains(&status), "{authorization}: {status}");
    }
    world.assert_nothing_went_up();
}

#[test]
fn a10_nobody_is_anonymous() {
    let world = Watched::new();
    for (method, target) in [
        ("GET", "/"),
        ("GET", "/lake/a"),
        ("HEAD", "/lake"),
        ("PUT", "/lake/a"),
        ("DELETE", "/lake"),
    ] {
        for mode in [&[""], STREAMING].concat() {
            let mut request = Draft::new(&admin(), method, target).sign(world.gateway.s3);
            request.remove("authorization");
            *request.value("x-amz-content-sha256") = mode.to_owned();
            request.add("content-length", "0");
            let response = request.send(world.gateway.s3, b"");
            assert_eq!(response.status(), 403, "{method} {target} {mode}");
            if method != "HEAD" {
                assert_eq!(response.code(), "AccessDenied");
            }
        }
    }
    let mut connection = world.gateway.connect();
    connection
        .send(format!("GET /lake/a HTTP/1.1\r\nHost: {}\r\n\r\n", world.gateway.s3).as_bytes());
    assert_refused(&connection.response(), 403, "AccessDenied", "nothing at all");
    world.assert_nothing_went_up();
}

#[test]
fn a19_unknown_disabled_and_expired_keys_look_alike() {
    let world = Watched::new();
    let mut messages = Vec::new();
    for key in [Key::new("TESTUNKNOWN00001", "whatever"), site::disabled(), site::expired()] {
        let response = Draft::new(&key, "GET", "/lake/a").send(world.gateway.s3, b"");
        assert_refused(&response, 403, "InvalidAccessKeyId", &key.id);
        messages.push(response.message());
    }
    messages.dedup();
    assert_eq!(messages.len(), 1, "{messages:?}");
    world.assert_nothing_went_up();
}

#[test]
fn a19_a_key_id_that_is_none_is_refused() {
    let world = Watched::new();
    let long = "A".repeat(4_096);
    for id in [
        "",
        "A",
        "*",
        "(uid=*)",
        "TESTADMIN0000001*",
        "testadmin0000001",
        "TESTADMIN0000001%00",
        &long,
    ] {
        let response = Draft::new(&Key::new(id, &admin().secret), "GET", "/lake/a")
            .send(world.gateway.s3, b"");
        let refusal = (response.status(), response.code());
        let fits = matches!(
            (refusal.0, refusal.1.as_str()),
            (403, "InvalidAccessKeyId") | (400, "AuthorizationHeaderMalformed")
        );
        assert!(fits, "{id:.20}: {refusal:?}");
    }
    world.assert_nothing_went_up();
}

#[test]
fn a_request_signed_in_its_head_says_what_its_body_is() {
    let world = Watched::new();
    let silent = Draft { payload: String::new(), ..Draft::put(&admin(), "/lake/a", b"") };
    let response = silent.send(world.gateway.s3, b"");
    assert_refused(&response, 400, "InvalidRequest", "no x-amz-content-sha256");
    assert!(response.message().contains("x-amz-content-sha256"), "{}", response.message());

    for payload in ["abc", "UNSIGNED", &"g".repeat(64)] {
        let draft = Draft { payload: payload.to_owned(), ..Draft::put(&admin(), "/lake/a", b"") };
        assert_refused(&draft.send(world.gateway.s3, b""), 400, "InvalidArgument", payload);
    }
    world.assert_nothing_went_up();
}

#[test]
fn b12_a_session_token_is_refused_while_nothing_issues_them() {
    let world = Watched::new();
    let draft = Draft::new(&admin(), "GET", "/lake/a").header("x-amz-security-token", "anything");
    assert_refused(&draft.send(world.gateway.s3, b""), 400, "InvalidToken", "a token");
    world.assert_nothing_went_up();
}

/// What is wrong with a request, and what makes it so.
type Spoil = (&'static str, fn(&mut Signed));

/// Changes one part of the `Authorization` header.
fn replace(request: &mut Signed, name: &str, change: impl Fn(&str) -> String) {
    let authorization = request.value("authorization");
    let start = authorization.find(name).unwrap() + name.len();
    let end = authorization[start..].find(',').map_or(authorization.len(), |comma| start + comma);
    let changed = change(&authorization[start..end]);
    authorization.replace_range(start..end, &changed);
}

const STREAMING: &[&str] = &[
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
];
