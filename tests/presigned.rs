//! Presigned URLs and version 2 of signatures, wrong, late, doubled and added to, and that the upstream then sees nothing of
//! their request.

use crate::harness::{
    Key,
    forms::{FORMS, Form, LIFETIME_S, presign_v2, presign_v4, sign_v2},
    http::assert_refused,
    pattern::sha256,
    recorder::Recorder,
    sign::{Draft, Signed},
    site,
    site::{DOMAIN, Site, admin, nobody, viewer},
    world::Watched,
};

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
        ("version 4A", "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        ("date", "X-Amz-Date=20", "X-Amz-Date=2-"),
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

#[test]
fn a21_a_raw_semicolon_in_the_list_of_signed_headers_is_taken() {
    let world = Watched::new();
    let draft = Draft::new(&admin(), "GET", "/lake/a").header("range", "bytes=0-1");
    let mut request = presign_v4(&draft, world.gateway.s3, LIFETIME_S);
    assert!(request.target.contains("SignedHeaders=host%3Brange"), "{}", request.target);
    request.target = request.target.replace("host%3Brange", "host;range");
    let response = request.send(world.gateway.s3, b"");
    assert_eq!(response.status(), 200, "{}", response.text());
    assert_eq!(world.seen()[0].head.header("range"), Some("bytes=0-1"));
}

#[test]
fn a22_a_header_of_odd_spaces_verifies_and_goes_up_as_it_was_signed() {
    let world = Watched::new();
    for form in [Form::V4, Form::V4Presigned] {
        for (value, up) in
            [("a   b    c", "a b c"), ("\"a  b\"", "\"a b\""), ("a,b", "a,b"), ("", "")]
        {
            let draft = Draft::put(&admin(), "/lake/a", b"").header("x-amz-meta-a", value);
            let response = form.sign(&draft, world.gateway.s3).send(world.gateway.s3, b"");
            assert_eq!(response.status(), 200, "{form:?} {value:?}: {}", response.text());
            let seen = world.recorder.requests().pop().unwrap();
            assert_eq!(seen.head.header("x-amz-meta-a"), Some(up), "{form:?} {value:?}");
        }
    }
}

#[test]
fn b03_every_form_covers_the_bucket_in_its_host() {
    let world = Watched::ready(Recorder::start(), Site::with_domain);
    let below = |bucket: &str| format!("{bucket}.{DOMAIN}");
    for form in FORMS {
        let draft = Draft::new(&admin(), "GET", "/a").host(&below("lake"));
        let request = form.sign(&draft, world.gateway.s3);
        let response = request.send(world.gateway.s3, b"");
        assert_eq!(response.status(), 200, "{form:?}: {}", response.text());
        let seen = world.recorder.requests().pop().unwrap();
        assert_eq!(seen.head.word(1), "/lake/a", "{form:?}");
        for host in [below("pond"), world.gateway.s3.to_string()] {
            let mut request = request.clone();
            *request.value("host") = host.clone();
            let status = request.send(world.gateway.s3, b"").status();
            assert!(matches!(status, 400 | 403), "{form:?} {host}: {status}");
        }
    }
    assert_eq!(world.seen().len(), FORMS.len());
}

/// What is wrong with a request, and what makes it so.
type Spoil = (&'static str, fn(&mut Signed));
