//! What the upstream answers, and what the client hears of it.

use std::{
    io::{self, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use crate::harness::{
    LIMIT, Upstream,
    framed::{Body, Mode},
    http::{Head, Response, assert_refused},
    pattern::{Pattern, sha256},
    recorder::{Answer, Content},
    sign::Draft,
    site::{Site, admin},
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
fn a_404_without_a_code_is_of_what_the_request_names() {
    let world = Watched::answering(|_| Answer {
        content: Content::Bytes(b"<html>not here</html>".to_vec()),
        ..Answer::refusal(404, "unread")
    });
    for (target, code) in
        [("/lake/a", "NoSuchKey"), ("/lake", "NoSuchBucket"), ("/lake?tagging", "NoSuchBucket")]
    {
        let response = Draft::new(&admin(), "GET", target).send(world.gateway.s3, b"");
        assert_refused(&response, 404, code, target);
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

#[test]
fn an_upstream_that_answers_before_the_body_is_sent_harms_no_other_request() {
    let (site, address) = site_before(|stream, head| {
        if head.word(0) == "PUT" {
            let text = "<Error><Code>AccessDenied</Code></Error>";
            write!(
                stream,
                "HTTP/1.1 403 No\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{text}",
                text.len()
            )
            .unwrap();
            // It reads nothing more, and does not close.
            return Then::Hold;
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        Then::Next
    });
    let gateway = site.serve();
    // More than sockets hold, so that some of it is unsent.
    let content = Pattern::bytes(12, 24 << 20);
    for mode in Mode::ALL {
        for chunk in [65_536, 12 << 20] {
            let body = Body::put(&admin(), "/lake/a", mode, &content);
            let body = Body { chunks: vec![chunk], ..body };
            let response = body.send(gateway.s3);
            assert_eq!((response.status(), &*response.code()), (403, "AccessDenied"), "{mode:?}");
            for _ in 0..3 {
                let response = Draft::new(&admin(), "GET", "/lake/b").send(gateway.s3, b"");
                assert_eq!(response.status(), 200, "after {mode:?}");
            }
        }
    }
    gateway.wait_until_parted_from(address);
}

#[test]
fn an_upstream_that_takes_a_body_slowly_is_waited_for() {
    let length = 48 << 20;
    let (site, _) = site_before(move |stream, head| {
        let mut left = head.content_length().unwrap();
        let mut block = vec![0; 65_536];
        // 8 MB a second: a chunk is under way for longer than an answer may take.
        let (_never, paced) = mpsc::channel::<()>();
        while left > 0 {
            assert!(paced.recv_timeout(Duration::from_millis(8)).is_err());
            left -= stream.read(&mut block).unwrap() as u64;
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        Then::Next
    });
    site.configure("drain:", "limits: {upstream_answer_s: 2}\ndrain:");
    let gateway = site.serve();
    let content = Pattern::bytes(13, length);
    let body = Body::put(&admin(), "/lake/a", Mode::SignedChunks, &content);
    let body = Body { chunks: vec![16 << 20], ..body };
    assert_eq!(body.send(gateway.s3).status(), 200);
}

#[test]
fn b24_an_error_behind_a_status_of_200_reaches_the_client_and_the_audit_trail() {
    let error = |code| {
        format!(
            "<Error><Code>{code}</Code><Message>at 10.0.0.7</Message><HostId>h</HostId></Error>"
        )
    };
    for (document, code) in [
        (error("SlowDown"), "SlowDown"),
        (format!("<?xml version=\"1.0\"?>\n  {}", error("InternalError")), "InternalError"),
        (format!("   \n  {}", error("XStoreThing")), "XStoreThing"),
        // Our credential is not the client's affair.
        (error("InvalidAccessKeyId"), "ServiceUnavailable"),
        // No result, and no error that can be read.
        ("<Error><Message>at 10.0.0.7</Message></Error>".to_owned(), "InternalError"),
        ("<html>at 10.0.0.7".to_owned(), "InternalError"),
        ("  ".to_owned(), "InternalError"),
        (String::new(), "InternalError"),
    ] {
        let answer = Answer::ok(document.as_bytes());
        let world = Watched::answering(move |_| answer.clone());
        for (key, draft) in late_requests() {
            let response = draft.send(world.gateway.s3, b"");
            assert_eq!((response.status(), &*response.code()), (200, code), "{key}: {document}");
            let text = response.text();
            assert!(!text.contains("10.0.0.7") && !text.contains("HostId"), "{text}");
            let resource = response.element("Resource");
            assert_eq!(resource, Some(format!("/lake/{key}")), "{text}");
            let record = world.gateway.wait_for_audit(key, |record| record["key"] == key);
            assert_eq!(
                (&record["outcome"], &record["code"], &record["status"]),
                (&"upstream_error".into(), &code.into(), &200.into()),
                "{key}: {document}"
            );
        }
    }
}

#[test]
fn b24_a_result_passes_as_it_is_behind_white_space() {
    let result = "<?xml version=\"1.0\"?>\n\n  <R xmlns=\"x\"><ETag>&quot;e&quot;</ETag></R>";
    let answer = Answer::ok(result.as_bytes());
    let world = Watched::answering(move |_| answer.clone());
    for (key, draft) in late_requests() {
        let response = draft.send(world.gateway.s3, b"");
        assert_eq!((response.status(), &*response.text()), (200, result), "{key}");
        let record = world.gateway.wait_for_audit(key, |record| record["key"] == key);
        assert_eq!(record["outcome"], "completed", "{record}");
    }
}

#[test]
fn b24_white_space_passes_at_once_and_what_follows_counts() {
    for (key, draft) in late_requests() {
        let (passed, waited) = mpsc::channel::<()>();
        let waited = Arc::new(Mutex::new(waited));
        let (site, _) = site_before(move |stream, _| {
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
            stream.write_all(b"3\r\n   \r\n").unwrap();
            // It goes on when the client has the white space.
            waited.lock().unwrap().recv_timeout(LIMIT).unwrap();
            let error = "<Error><Code>SlowDown</Code></Error>";
            write!(stream, "{:x}\r\n{error}\r\n0\r\n\r\n", error.len()).unwrap();
            Then::Next
        });
        let gateway = site.serve();
        let mut connection = gateway.connect();
        connection.send(&draft.sign(gateway.s3).head());
        assert_eq!(connection.head().status(), 200, "{key}");
        // In a chunk of its own.
        let mut block = [0; 8];
        connection.read_exact(&mut block);
        assert_eq!(&block, b"3\r\n   \r\n", "{key}");
        passed.send(()).unwrap();
        let record = gateway.wait_for_audit(key, |record| record["key"] == key);
        assert_eq!(
            (&record["outcome"], &record["code"]),
            (&"upstream_error".into(), &"SlowDown".into())
        );
    }
}

#[test]
fn b24_late_answers_are_waited_for_and_no_others() {
    let (site, _) = site_before(|stream, _| {
        let (_never, paused) = mpsc::channel::<()>();
        for bytes in ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n ", "<R/>"] {
            // Longer than any other answer may take.
            assert!(paused.recv_timeout(Duration::from_millis(1_500)).is_err());
            if stream.write_all(bytes.as_bytes()).is_err() {
                return Then::Hold;
            }
        }
        Then::Next
    });
    let limits = "{upstream_answer_s: 1, body_idle_s: 1, upstream_long_answer_s: 90}";
    site.configure("drain:", &format!("limits: {limits}\ndrain:"));
    let gateway = site.serve();
    for (key, draft) in late_requests() {
        let response = draft.send(gateway.s3, b"");
        assert_eq!((response.status(), &*response.text()), (200, " <R/>"), "{key}");
    }
    let response = Draft::put(&admin(), "/lake/a", b"").send(gateway.s3, b"");
    assert_eq!((response.status(), &*response.code()), (503, "ServiceUnavailable"));
}

/// A request of each operation whose answer may be late, with the key that it is on.
fn late_requests() -> [(&'static str, Draft<'static>); 3] {
    let put = |target| Draft::put(&admin(), target, b"").header("x-amz-copy-source", "lake/a");
    let complete = Draft { method: "POST", ..Draft::put(&admin(), "/lake/whole?uploadId=u", b"") };
    [
        ("copy", put("/lake/copy")),
        ("part", put("/lake/part?partNumber=1&uploadId=u")),
        ("whole", complete),
    ]
}

/// What a store does after an answer.
enum Then {
    Next,
    Hold,
}

/// A site before a store that answers each request as `answer` does, and where that store is.
fn site_before(
    answer: impl Fn(&mut TcpStream, &Head) -> Then + Clone + Send + 'static,
) -> (Site, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let upstream = Upstream::at(&listener);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = answer.clone();
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                // One byte at a time, so that nothing of a body is taken with its head.
                while let Ok(Some(head)) = Head::read(&mut BufReader::with_capacity(1, &stream)) {
                    if let Then::Hold = answer(&mut stream, &head) {
                        thread::park();
                    }
                }
            });
        }
    });
    (Site::applied(&upstream), upstream.address)
}

#[test]
fn a17_the_connection_of_a_body_that_fails_in_its_middle_is_reset() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let gateway = Site::applied(&Upstream::at(&listener)).serve();
    // Some stores keep what came before an orderly end, whatever length they were told.
    let store = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_to_end(&mut Vec::new()).map_err(|error| error.kind())
    });
    let body = vec![7; 300_000];
    let draft = Draft { payload: sha256(b"another"), ..Draft::put(&admin(), "/lake/a", &body) };
    let refused = draft.send(gateway.s3, &body);
    assert_refused(&refused, 400, "XAmzContentSHA256Mismatch", "another body");
    assert_eq!(store.join().unwrap(), Err(io::ErrorKind::ConnectionReset));
}
