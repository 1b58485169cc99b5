//! What the upstream answers, and what the client hears of it.

use crate::harness::{
    http::Response,
    recorder::{Answer, Content},
    sign::Draft,
    site::admin,
    world::Watched,
};

#[test]
fn answers_without_a_body_keep_their_shape() {
    for (method, status, length) in [
        ("HEAD", 200, Some(12_345)),
        ("HEAD", 404, None),
        ("GET", 304, None),
        ("DELETE", 204, None),
    ] {
        let world = Watched::answering(move |request| {
            if request.head.word(1) != "/lake/a" {
                return Answer::ok(b"");
            }
            let content = Content::Pattern { seed: 1, length: length.unwrap_or(0) };
            Answer { status, content, ..Answer::ok(b"") }
        });
        let mut connection = world.gateway.connect();
        for round in 0..2 {
            connection.send(&Draft::new(&admin(), method, "/lake/a").sign(world.gateway.s3).head());
            let response = connection.response_to(method);
            assert_eq!(response.status(), status, "{method} {status}, round {round}");
            if length.is_some() {
                assert_eq!(response.head.content_length(), length, "{method} {status}");
            }
            assert!(response.body.is_empty());
        }
    }
}

#[test]
fn a_part_of_an_object_keeps_its_place() {
    let world = Watched::answering(|_| Answer {
        status: 206,
        headers: vec![("Content-Range", "bytes 5-8/100".to_owned())],
        ..Answer::ok(b"part")
    });
    let response = Draft::new(&admin(), "GET", "/lake/a")
        .header("range", "bytes=5-8")
        .send(world.gateway.s3, b"");
    assert_eq!((response.status(), response.body.as_slice()), (206, b"part".as_slice()));
    assert_eq!(response.head.header("content-range"), Some("bytes 5-8/100"));
    assert_eq!(world.recorder.only().head.header("range"), Some("bytes=5-8"));
}

#[test]
fn a_refusal_of_our_own_credential_is_no_fault_of_the_client() {
    for (status, code) in [
        (403, "InvalidAccessKeyId"),
        (403, "SignatureDoesNotMatch"),
        (400, "ExpiredToken"),
        (400, "InvalidToken"),
        (403, "RequestTimeTooSkewed"),
    ] {
        let response = answer_to_a_read(&Answer::refusal(status, code));
        assert_eq!(
            (response.status(), response.code().as_str()),
            (503, "ServiceUnavailable"),
            "{code}"
        );
        assert!(!response.text().contains(code), "{}", response.text());
    }
}

#[test]
fn any_other_refusal_of_the_upstream_is_passed_on() {
    for (status, code) in [
        (403, "AccessDenied"),
        (404, "NoSuchKey"),
        (404, "NoSuchBucket"),
        (412, "PreconditionFailed"),
        (416, "InvalidRange"),
        (503, "SlowDown"),
    ] {
        let world = Watched::answering(move |_| Answer::refusal(status, code));
        let response = Draft::new(&admin(), "GET", "/lake/a").send(world.gateway.s3, b"");
        assert_eq!((response.status(), response.code().as_str()), (status, code));
        let record = world.gateway.wait_for_audit(code, |record| record["code"] == code);
        assert_eq!(record["outcome"], "upstream_error", "{record}");
    }
}

#[test]
fn b18_a_redirect_is_neither_followed_nor_passed_on() {
    let elsewhere = Watched::new();
    let location = format!("http://{}/lake/a", elsewhere.recorder.upstream.address);
    let headers = vec![("Location", location.clone())];
    for status in [301, 302, 307, 308] {
        let response = answer_to_a_read(&Answer {
            headers: headers.clone(),
            ..Answer::refusal(status, "TemporaryRedirect")
        });
        assert!(!format!("{:?}", response.head).contains(&location), "{:?}", response.head);
    }
    elsewhere.assert_nothing_went_up();
}

#[test]
fn b20_nothing_tells_what_stands_behind() {
    let world = Watched::answering(|_| Answer {
        headers: vec![
            ("Server", "SecretStore/1.0".to_owned()),
            ("x-amz-request-id", "STOREREQUESTID".to_owned()),
            ("x-amz-id-2", "STOREHOSTID".to_owned()),
            ("Set-Cookie", "a=b".to_owned()),
        ],
        ..Answer::refusal(404, "NoSuchKey")
    });
    let response = Draft::new(&admin(), "GET", "/lake/a").send(world.gateway.s3, b"");
    let all = format!("{:?}{}", response.head, response.text());
    for told in [
        "SecretStore",
        "STOREREQUESTID",
        "STOREHOSTID",
        "set-cookie",
        &world.recorder.upstream.address.to_string(),
        &world.recorder.upstream.key.id,
    ] {
        assert!(!all.contains(told), "{told} in {all}");
    }
}

#[test]
fn a_connection_that_the_upstream_closed_in_silence_harms_no_request() {
    let world = Watched::answering(|_| Answer { closes: true, ..Answer::ok(b"fresh") });
    for number in 0..20 {
        let target = format!("/lake/{number}");
        let response = Draft::new(&admin(), "GET", &target).send(world.gateway.s3, b"");
        assert_eq!(response.status(), 200, "{number}: {}", response.text());
        world.gateway.wait_until_parted_from(world.recorder.upstream.address);
    }
    assert_eq!(world.recorder.requests().len(), 20);
}

#[test]
fn k04_an_upstream_that_breaks_off_breaks_the_clients_response_off() {
    let world = Watched::answering(|_| Answer {
        headers: vec![("Content-Length", "100000".to_owned())],
        closes: true,
        ..Answer::ok(&vec![7; 60_000])
    });
    let mut connection = world.gateway.connect();
    connection.send(&Draft::new(&admin(), "GET", "/lake/cut").sign(world.gateway.s3).head());
    let head = connection.head();
    assert_eq!((head.status(), head.content_length()), (200, Some(100_000)));
    let mut block = vec![0; 1_000];
    let mut received = 0;
    while let Ok(read @ 1..) = connection.read(&mut block) {
        received += read;
    }
    assert!(received <= 60_000, "{received}");
    let record = world.gateway.wait_for_audit("the cut", |record| record["key"] == "cut");
    assert!(record["bytes_out"].as_u64().unwrap() <= 60_000, "{record}");
    assert_eq!(record["outcome"], "upstream_error", "{record}");
}

#[test]
fn k04_an_answer_that_is_no_http_is_a_bad_gateway() {
    let response = answer_to_a_read(&Answer {
        headers: vec![("Content-Length", "none".to_owned())],
        closes: true,
        ..Answer::ok(b"")
    });
    assert!(matches!(response.status(), 502 | 503), "{}", response.text());
}

/// The response of a gateway whose upstream answers a `GET` so.
fn answer_to_a_read(answer: &Answer) -> Response {
    let answer = answer.clone();
    let world = Watched::answering(move |_| answer.clone());
    Draft::new(&admin(), "GET", "/lake/a").send(world.gateway.s3, b"")
}
