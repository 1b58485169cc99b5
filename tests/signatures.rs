//! Signatures that are wrong, late, doubled or missing, and that the upstream then sees nothing of their request.

use crate::harness::{
    Key, REGION,
    forms::{FORMS, Form, LIFETIME_S, presign_v2, presign_v4, sign_v2},
    http::assert_refused,
    pattern::sha256,
    sign::{Draft, Signed},
    site,
    site::{admin, nobody, viewer},
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
    assert!(response.text().contains(REGION), "{}", response.text());
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

#[test]
fn every_form_of_signature_goes_up_as_a_request_signed_in_its_header() {
    let world = Watched::new();
    for form in FORMS {
        let get = Draft::new(&admin(), "GET", "/lake/a%20b?response-content-type=x");
        assert_eq!(form.sign(&get, world.gateway.s3).send(world.gateway.s3, b"").status(), 200);
        let put = Draft::put(&admin(), "/lake/c", b"abc").header("x-amz-meta-colour", "blue");
        let response = form.sign(&put, world.gateway.s3).send(world.gateway.s3, b"abc");
        assert_eq!(response.status(), 200, "{form:?}: {}", response.text());
    }
    let seen = world.seen();
    for pair in seen.chunks(2) {
        let [get, put] = pair else { panic!("{seen:#?}") };
        assert_eq!(get.head.word(1), "/lake/a%20b?response-content-type=x");
        assert_eq!((put.head.word(1), put.start.as_slice()), ("/lake/c", b"abc".as_slice()));
        assert_eq!(put.head.header("x-amz-meta-colour"), Some("blue"));
        for request in [get, put] {
            let authorization = request.head.header("authorization").unwrap();
            assert!(authorization.contains(&world.recorder.upstream.key.id), "{authorization}");
        }
    }
    assert_eq!(seen.len(), 2 * FORMS.len());
}

#[test]
fn a01_every_part_of_a_presigned_url_and_of_version_2_is_covered() {
    let world = Watched::new();
    let spoils: &[Spoil] = &[
        ("method", |request| request.method = "DELETE".to_owned()),
        ("bucket", |request| request.target = request.target.replace("/lake/", "/lakf/")),
        ("key", |request| request.target = request.target.replace("/a?", "/b?")),
        ("version", |request| {
            request.target = request.target.replace("versionId=1", "versionId=2");
        }),
        ("no version", |request| {
            request.target = request.target.replace("versionId=1&", "").replace("?versionId=1", "");
        }),
        ("covered header", |request| request.value("x-amz-expected-bucket-owner").push('0')),
        ("covered header gone", |request| request.remove("x-amz-expected-bucket-owner")),
        ("one more part", |request| request.add_parameter("partNumber=1")),
        ("signature", |request| {
            let flip = |text: &mut String, at: usize| {
                let other = if &text[at..=at] == "0" { "1" } else { "0" };
                text.replace_range(at..=at, other);
            };
            match request.target.find("Signature=") {
                Some(at) => flip(&mut request.target, at + "Signature=".len()),
                None => flip(request.value("authorization"), "AWS TESTADMIN0000001:".len()),
            }
        }),
    ];
    for form in [Form::V4Presigned, Form::V2, Form::V2Presigned] {
        for (what, spoil) in spoils {
            let draft = Draft::new(&admin(), "GET", "/lake/a?versionId=1")
                .header("x-amz-expected-bucket-owner", "1");
            let mut request = form.sign(&draft, world.gateway.s3);
            spoil(&mut request);
            let response = request.send(world.gateway.s3, b"");
            assert_refused(&response, 403, "SignatureDoesNotMatch", &format!("{form:?} {what}"));
        }
    }
    world.assert_nothing_went_up();
}

#[test]
fn a02_version_2_in_the_header_is_held_to_fifteen_minutes() {
    let world = Watched::new();
    for seconds in [-901, 930] {
        let draft = Draft::new(&admin(), "GET", "/lake/a").seconds_from_now(seconds);
        let response = sign_v2(&draft, world.gateway.s3).send(world.gateway.s3, b"");
        assert_refused(&response, 403, "RequestTimeTooSkewed", &seconds.to_string());
        assert!(response.element("ServerTime").is_some(), "{}", response.text());
    }
    world.assert_nothing_went_up();
}

#[test]
fn a03_a_presigned_url_counts_in_its_time_only() {
    let world = Watched::new();
    let lifetime_s = i64::try_from(LIFETIME_S).unwrap();
    for (seconds, message) in
        [(-lifetime_s - 2, "Request has expired"), (-86_400, "Request has expired")]
    {
        for form in [Form::V4Presigned, Form::V2Presigned] {
            let draft = Draft::new(&admin(), "GET", "/lake/a").seconds_from_now(seconds);
            let response = form.sign(&draft, world.gateway.s3).send(world.gateway.s3, b"");
            assert_refused(&response, 403, "AccessDenied", &format!("{form:?} {seconds}"));
            assert_eq!(response.message(), message);
            assert!(response.element("ServerTime").is_some(), "{}", response.text());
        }
    }
    let early = Draft::new(&admin(), "GET", "/lake/a").seconds_from_now(930);
    let response = Form::V4Presigned.sign(&early, world.gateway.s3).send(world.gateway.s3, b"");
    assert_refused(&response, 403, "AccessDenied", "not yet");
    assert_eq!(response.message(), "Request is not yet valid");
    world.assert_nothing_went_up();

    for seconds in [880, 60 - lifetime_s] {
        let draft = Draft::new(&admin(), "GET", "/lake/a").seconds_from_now(seconds);
        let response = Form::V4Presigned.sign(&draft, world.gateway.s3).send(world.gateway.s3, b"");
        assert_eq!(response.status(), 200, "{seconds}: {}", response.text());
    }
    assert_eq!(world.seen().len(), 2);
}

#[test]
fn a03_a_lifetime_is_one_second_to_seven_days() {
    let world = Watched::new();
    let draft = Draft::new(&admin(), "GET", "/lake/a");
    for lifetime_s in [0, 604_801, 10_000_000_000] {
        let response = presign_v4(&draft, world.gateway.s3, lifetime_s).send(world.gateway.s3, b"");
        let code = "AuthorizationQueryParametersError";
        assert_refused(&response, 400, code, &lifetime_s.to_string());
    }
    for text in ["-1", "1e3", "%2060", "60%20", "", "+60", "0x3c"] {
        let mut request = presign_v4(&draft, world.gateway.s3, 60);
        request.target = request.target.replace("Expires=60", &format!("Expires={text}"));
        let response = request.send(world.gateway.s3, b"");
        assert_refused(&response, 400, "AuthorizationQueryParametersError", text);
    }
    let mut twice = presign_v4(&draft, world.gateway.s3, 60);
    twice.target.push_str("&X-Amz-Expires=60");
    assert_refused(&twice.send(world.gateway.s3, b""), 400, "InvalidArgument", "twice");
    for expires in ["", "-1", "tomorrow", "4e9", " 4000000000", "99999999999999999999"] {
        let response = presign_v2(&draft, world.gateway.s3, expires).send(world.gateway.s3, b"");
        assert_refused(&response, 403, "AccessDenied", expires);
    }
    world.assert_nothing_went_up();
    for lifetime_s in [1, 604_800] {
        let ahead = draft.clone().seconds_from_now(30);
        let response = presign_v4(&ahead, world.gateway.s3, lifetime_s).send(world.gateway.s3, b"");
        assert_eq!(response.status(), 200, "{lifetime_s}: {}", response.text());
    }
}

#[test]
fn a04_the_scope_of_a_presigned_url_is_held_to_its_day_service_and_form() {
    let world = Watched::new();
    let draft = Draft::new(&admin(), "GET", "/lake/a");
    for (what, from, to) in [
        ("service", "%2Fs3%2F", "%2Fsts%2F"),
        ("terminator", "aws4_request", "aws5_request"),
        ("no scope", "%2Faws4_request", ""),
        ("algorithm", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
        ("signed headers", "SignedHeaders=host", "SignedHeaders=Host"),
        ("no credential", "X-Amz-Credential", "X-Amz-Credentia"),
        ("no date", "X-Amz-Date", "X-Amz-Dat"),
        ("spelling", "X-Amz-Signature", "x-amz-signature"),
    ] {
        let mut request = presign_v4(&draft, world.gateway.s3, LIFETIME_S);
        assert!(request.target.contains(from), "{}", request.target);
        request.target = request.target.replace(from, to);
        let response = request.send(world.gateway.s3, b"");
        // A parameter that is none of authentication's is a header, and no such header is known.
        let refused = (response.status(), response.code());
        let fits = refused == (400, "AuthorizationQueryParametersError".to_owned())
            || refused == (501, "NotImplemented".to_owned());
        assert!(fits, "{what}: {}", response.text());
    }
    let mut other_day = presign_v4(&draft, world.gateway.s3, LIFETIME_S);
    let at = other_day.target.find("%2F20").unwrap() + "%2F20".len();
    other_day.target.replace_range(at..at + 2, "19");
    let response = other_day.send(world.gateway.s3, b"");
    assert_refused(&response, 400, "AuthorizationQueryParametersError", "day");
    world.assert_nothing_went_up();
}

#[test]
fn a05_nothing_is_added_to_a_presigned_url_or_to_version_2() {
    let world = Watched::new();
    for (name, value) in
        [("x-amz-acl", "public-read"), ("x-amz-meta-a", "b"), ("x-amz-tagging", "a=b")]
    {
        for (form, code) in [
            (Form::V4Presigned, "AccessDenied"),
            (Form::V2, "SignatureDoesNotMatch"),
            (Form::V2Presigned, "SignatureDoesNotMatch"),
        ] {
            let mut request = form.sign(&Draft::put(&admin(), "/lake/a", b""), world.gateway.s3);
            request.add(name, value);
            let response = request.send(world.gateway.s3, b"");
            assert_refused(&response, 403, code, &format!("{form:?} {name}"));
        }
        // The same as a parameter, which is that header.
        for form in [Form::V4Presigned, Form::V2Presigned] {
            let mut request = form.sign(&Draft::put(&admin(), "/lake/a", b""), world.gateway.s3);
            request.add_parameter(&format!("{name}={}", value.replace('=', "%3D")));
            let response = request.send(world.gateway.s3, b"");
            assert_refused(&response, 403, "SignatureDoesNotMatch", &format!("{form:?} {name}"));
        }
    }
    world.assert_nothing_went_up();
}

#[test]
fn a_header_in_a_presigned_url_is_authorized_and_sent_up_as_that_header() {
    let world = Watched::new();
    let writer = "policies:
  - id: Writer
    statement:
      - action: [\"fs:WriteObject\"]
        effect: allow
        resource: \"*\"
users:
  - id: nobody
    policies: [Writer]
";
    drop(world.gateway);
    world.site.write("identities.yaml", writer);
    world.site.apply();
    let gateway = world.site.serve();
    let target = "/lake/a?x-amz-acl=public-read&X-Amz-Meta-Colour=blue&x-id=PutObject";
    let url = |key: &Key| {
        presign_v4(&Draft::put(key, target, b"abc"), gateway.s3, LIFETIME_S)
            .send(gateway.s3, b"abc")
    };
    let refused = url(&nobody());
    assert_refused(&refused, 403, "AccessDenied", "an ACL in the query");
    assert!(refused.message().contains("fs:WriteObjectAcl"), "{}", refused.message());
    assert!(world.recorder.requests().is_empty());

    let response = url(&admin());
    assert_eq!(response.status(), 200, "{}", response.text());
    let seen = world.recorder.only();
    assert_eq!(seen.head.word(1), "/lake/a");
    assert_eq!(seen.head.header("x-amz-acl"), Some("public-read"));
    assert_eq!(seen.head.header("x-amz-meta-colour"), Some("blue"));
}

#[test]
fn the_payload_of_a_presigned_url_is_what_a_signed_parameter_says() {
    let world = Watched::new();
    let hash = sha256(b"abc");
    for (target, body, status) in [
        (format!("/lake/a?X-Amz-Content-Sha256={hash}"), b"abc", 200),
        (format!("/lake/a?X-Amz-Content-Sha256={hash}"), b"abd", 400),
        ("/lake/a?X-Amz-Content-Sha256=UNSIGNED-PAYLOAD".to_owned(), b"abd", 200),
        ("/lake/a?X-Amz-Content-Sha256=anything".to_owned(), b"abc", 400),
    ] {
        let draft = Draft::put(&admin(), &target, b"abc");
        // Signed over what the parameter says.
        let request = presign_v4(&draft, world.gateway.s3, LIFETIME_S);
        let response = request.send(world.gateway.s3, body);
        assert_eq!(response.status(), status, "{target}: {}", response.text());
    }
    let mut unsigned = presign_v4(&Draft::put(&admin(), "/lake/a", b"abc"), world.gateway.s3, 60);
    unsigned.add("x-amz-content-sha256", &hash);
    let response = unsigned.send(world.gateway.s3, b"abc");
    assert_refused(&response, 403, "AccessDenied", "a mode that is not signed");
}

#[test]
fn a06_a_presigned_url_covers_its_host() {
    let world = Watched::new();
    let mut request =
        presign_v4(&Draft::new(&admin(), "GET", "/lake/a"), world.gateway.s3, LIFETIME_S);
    *request.value("host") = "elsewhere.example".to_owned();
    let response = request.send(world.gateway.s3, b"");
    assert_refused(&response, 403, "SignatureDoesNotMatch", "another host");

    let draft = Draft::new(&admin(), "GET", "/lake/a").header("range", "bytes=0-1");
    let mut request = presign_v4(&draft, world.gateway.s3, LIFETIME_S);
    assert!(request.target.contains("SignedHeaders=host%3Brange"), "{}", request.target);
    request.target = request.target.replace("host%3Brange", "range");
    assert_refused(&request.send(world.gateway.s3, b""), 403, "AccessDenied", "host not signed");
    world.assert_nothing_went_up();
}

#[test]
fn a07_no_two_forms_of_signature_stand_together() {
    let world = Watched::new();
    let query = |signed: &Signed| signed.target.split_once('?').unwrap().1.to_owned();
    for one in FORMS {
        for other in FORMS {
            let draft = Draft::new(&admin(), "GET", "/lake/a");
            let mut request = one.sign(&draft, world.gateway.s3);
            let mut more = other.sign(&Draft::new(&viewer(), "GET", "/lake/a"), world.gateway.s3);
            if other.is_presigned() {
                request.add_parameter(&query(&more));
            } else {
                let authorization = more.value("authorization").clone();
                request.add("authorization", &authorization);
            }
            let response = request.send(world.gateway.s3, b"");
            assert_refused(&response, 400, "InvalidArgument", &format!("{one:?} {other:?}"));
        }
    }
    world.assert_nothing_went_up();
}

#[test]
fn a16_unsigned_bodies_over_plain_http_are_refused_where_the_limits_say_so() {
    let world = Watched::new();
    drop(world.gateway);
    world.site.configure("s3: 127.0.0.1:0", "s3: 0.0.0.0:0");
    world.site.configure("drain:", "limits: {plain_unsigned_bytes_max: 2}\ndrain:");
    let gateway = world.site.serve();
    let address = ([127, 0, 0, 1], gateway.s3.port()).into();
    let unsigned = |body: &[u8]| {
        Draft::new(&admin(), "PUT", "/lake/a").header("content-length", body.len().to_string())
    };
    for form in FORMS {
        let response = form.sign(&unsigned(b"abc"), address).send(address, b"abc");
        assert_refused(&response, 400, "InvalidRequest", &format!("{form:?}"));
        assert!(response.message().contains("Without TLS"), "{}", response.message());
    }
    assert!(world.recorder.requests().is_empty());
    for (form, draft, body) in [
        (Form::V4, Draft::put(&admin(), "/lake/a", b"abc"), &b"abc"[..]),
        (Form::V2Presigned, unsigned(b"ab"), b"ab"),
        (Form::V4, unsigned(b""), b""),
    ] {
        assert_eq!(form.sign(&draft, address).send(address, body).status(), 200, "{form:?}");
    }
    // Beyond loopback only.
    let world = Watched::new();
    drop(world.gateway);
    world.site.configure("drain:", "limits: {plain_unsigned_bytes_max: 0}\ndrain:");
    let gateway = world.site.serve();
    assert_eq!(unsigned(b"abc").send(gateway.s3, b"abc").status(), 200);
}

#[test]
fn a19_unknown_disabled_and_expired_keys_look_alike_in_every_form() {
    let world = Watched::new();
    for form in FORMS {
        let mut answers = Vec::new();
        for key in [Key::new("TESTUNKNOWN00001", "whatever"), site::disabled(), site::expired()] {
            let draft = Draft::new(&key, "GET", "/lake/a");
            let response = form.sign(&draft, world.gateway.s3).send(world.gateway.s3, b"");
            assert_refused(&response, 403, "InvalidAccessKeyId", &format!("{form:?} {}", key.id));
            answers.push(response.message());
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        for id in ["A", "*", "(uid=*)", "TESTADMIN0000001*", &"A".repeat(4_096)] {
            let draft = Draft::new(&Key::new(id, &admin().secret), "GET", "/lake/a");
            let response = form.sign(&draft, world.gateway.s3).send(world.gateway.s3, b"");
            assert_refused(&response, 403, "InvalidAccessKeyId", &format!("{form:?} {id:.20}"));
        }
    }
    world.assert_nothing_went_up();
}

#[test]
fn a23_version_2_is_refused_by_name_where_it_is_switched_off() {
    let world = Watched::new();
    drop(world.gateway);
    world.site.configure("auth:\n", "auth:\n  sigv2: false\n");
    let gateway = world.site.serve();
    for form in FORMS {
        let request = form.sign(&Draft::new(&admin(), "GET", "/lake/a"), gateway.s3);
        let response = request.send(gateway.s3, b"");
        if matches!(form, Form::V2 | Form::V2Presigned) {
            assert_refused(&response, 400, "InvalidRequest", &format!("{form:?}"));
            assert!(response.message().contains("Version 2"), "{}", response.message());
        } else {
            assert_eq!(response.status(), 200, "{form:?}");
        }
    }
    assert_eq!(world.recorder.requests().len(), 2);
}

#[test]
fn a24_every_session_token_is_refused_wherever_it_stands() {
    let world = Watched::new();
    let token = "x-amz-security-token";
    for form in FORMS {
        let draft = Draft::new(&admin(), "GET", "/lake/a").header(token, "anything");
        let response = form.sign(&draft, world.gateway.s3).send(world.gateway.s3, b"");
        assert_refused(&response, 400, "InvalidToken", &format!("{form:?} in a signed header"));

        let draft = Draft::new(&admin(), "GET", "/lake/a?X-Amz-Security-Token=anything");
        let response = form.sign(&draft, world.gateway.s3).send(world.gateway.s3, b"");
        assert_refused(&response, 400, "InvalidToken", &format!("{form:?} in the query"));

        let mut unsigned = form.sign(&Draft::new(&admin(), "GET", "/lake/a"), world.gateway.s3);
        unsigned.add(token, "anything");
        let response = unsigned.send(world.gateway.s3, b"");
        assert!(matches!(response.status(), 400 | 403), "{form:?}: {}", response.text());

        let draft = Draft::new(&admin(), "GET", "/lake/a?X-Amz-Security-Token=anything")
            .header(token, "anything else");
        let response = form.sign(&draft, world.gateway.s3).send(world.gateway.s3, b"");
        assert_eq!(response.status(), 400, "{form:?} in both: {}", response.text());
    }
    world.assert_nothing_went_up();
}

#[test]
fn b11_a_header_in_another_spelling_or_without_end_is_refused() {
    let world = Watched::new();
    for (name, value) in [
        ("X_Amz_Acl", "public-read"),
        ("x_amz_meta_a", "b"),
        ("x-amz_tagging", "a=b"),
        ("x-amz-meta-a", "\u{fc}\u{80}"),
    ] {
        let mut request = Draft::put(&admin(), "/lake/a", b"").sign(world.gateway.s3);
        request.add(name, value);
        let status = request.send(world.gateway.s3, b"").status();
        assert!(matches!(status, 400 | 403 | 501), "{name}: {status}");
    }
    let mut latin = Draft::put(&admin(), "/lake/a", b"").sign(world.gateway.s3).head();
    latin.truncate(latin.len() - 2);
    latin.extend_from_slice(b"x-amz-meta-a: \xfc\r\n\r\n");
    let mut connection = world.gateway.connect();
    connection.send(&latin);
    assert!(matches!(connection.response().status(), 400 | 403), "not UTF-8");

    let mut twice =
        Draft::put(&admin(), "/lake/a", b"").header("x-amz-meta-a", "b").sign(world.gateway.s3);
    twice.add("X-Amz-Meta-A", "c");
    assert!(matches!(twice.send(world.gateway.s3, b"").status(), 400 | 403), "twice");

    let mut many = Draft::put(&admin(), "/lake/a", b"").sign(world.gateway.s3);
    for number in 0..101 {
        many.add(&format!("x-amz-meta-{number}"), "x");
    }
    assert_eq!(many.send(world.gateway.s3, b"").status(), 431);
    world.assert_nothing_went_up();
}

#[test]
fn b12_nothing_of_a_presigned_urls_authentication_goes_up() {
    let world = Watched::new();
    for form in [Form::V4Presigned, Form::V2Presigned] {
        let draft = Draft::new(&admin(), "GET", "/lake/a");
        let request = form.sign(&draft, world.gateway.s3);
        assert_eq!(request.send(world.gateway.s3, b"").status(), 200, "{form:?}");
        let seen = world.recorder.requests().pop().unwrap();
        assert_eq!(seen.head.word(1), "/lake/a");
        let all = format!("{:?}", seen.head);
        for word in [admin().id.as_str(), "AWSAccessKeyId", "X-Amz-Signature", "Expires"] {
            assert!(!all.contains(word), "{form:?} {word}: {all}");
        }
    }
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
