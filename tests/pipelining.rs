//! Requests that follow others on a connection: each is answered as itself, or not at all.

use crate::harness::{
    Key,
    framed::{Body, Mode},
    http::{Connection, Head},
    recorder::Request,
    sign::Draft,
    site::{admin, viewer},
    world::Watched,
};

#[test]
fn c09_requests_that_come_together_are_answered_in_their_order() {
    for world in [Watched::new(), Watched::over_tls()] {
        let sign = |draft: Draft<'_>| draft.sign(world.gateway.s3).head();
        let bytes = [
            sign(Draft::put(&admin(), "/lake/a", b"abc")),
            b"abc".to_vec(),
            sign(Draft::new(&viewer(), "DELETE", "/lake/b")),
            sign(Draft::new(&admin(), "GET", "/lake?metadataTable")),
            sign(Draft::new(&viewer(), "GET", "/lake/d")),
            sign(Draft::put(&admin(), "/lake/e", b"")),
            sign(Draft::new(&admin(), "GET", "/lake/f")),
        ];
        let mut connection = world.gateway.connect();
        connection.send(&bytes.concat());
        let statuses: Vec<_> = (0..6).map(|_| connection.response().status()).collect();
        assert_eq!(statuses, [200, 403, 501, 200, 200, 200]);
        assert_eq!(went_up(&world), ["PUT /lake/a", "GET /lake/d", "PUT /lake/e", "GET /lake/f"]);
    }
}

#[test]
fn c09_a_refused_body_is_no_request() {
    for world in [Watched::new(), Watched::over_tls()] {
        // The body is a request that would be allowed, and another one follows it.
        let hidden = Draft::new(&admin(), "GET", "/lake/hidden").sign(world.gateway.s3).head();
        let after = Draft::new(&admin(), "GET", "/lake/after").sign(world.gateway.s3).head();
        let length = hidden.len().to_string();
        let chunked =
            [format!("{:x}\r\n", hidden.len()).as_bytes(), &hidden, b"\r\n0\r\n\r\n"].concat();
        let put = |key| Draft::put(key, "/lake/a", &hidden);
        let in_chunks = |key| Draft { headers: Vec::new(), ..Draft::put(key, "/lake/a", &hidden) };
        let stranger = Key::new("TESTUNKNOWN00001", "x");
        for (draft, body, status) in [
            (put(&viewer()), &hidden, 403),
            (put(&stranger), &hidden, 403),
            (Draft { target: "/lake?metadataInventoryTable", ..put(&admin()) }, &hidden, 501),
            (Draft { target: "/la%ke/a", ..put(&admin()) }, &hidden, 400),
            (Draft { method: "DELETE", ..put(&admin()) }, &hidden, 400),
            (put(&viewer()).header("expect", "100-continue"), &hidden, 403),
            (in_chunks(&admin()).header("transfer-encoding", "chunked"), &chunked, 411),
            (in_chunks(&stranger).header("transfer-encoding", "chunked"), &chunked, 403),
            // A body that is not what was signed.
            (Draft::put(&admin(), "/lake/a", b"x"), &hidden, 400),
        ] {
            let mut request = draft.sign(world.gateway.s3);
            if draft.headers.iter().any(|(name, _)| *name == "content-length") {
                request.value("content-length").clone_from(&length);
            }
            let mut connection = world.gateway.connect();
            connection.send(&[&request.head(), &**body, &after].concat());
            let response = connection.response();
            assert_eq!(response.status(), status, "{}: {}", request.target, response.text());
            assert_ends(&mut connection, &response.head);
        }
        let seen = world.seen();
        let is_spoiled = |request: &Request| request.head.word(1) == "/lake/a" && !request.complete;
        assert!(seen.iter().all(is_spoiled), "{seen:#?}");
    }
}

#[test]
fn c09_what_follows_a_body_in_any_framing_is_a_request_of_its_own() {
    for world in [Watched::new(), Watched::over_tls()] {
        for mode in Mode::ALL {
            let framed = Body::put(&admin(), "/lake/a", mode, b"abc").sign(world.gateway.s3);
            let next = Draft::new(&viewer(), "DELETE", "/lake/next").sign(world.gateway.s3);
            let mut connection = world.gateway.connect();
            connection.send(&[framed.head.head(), framed.body(), next.head()].concat());
            assert_eq!(connection.response().status(), 200, "{mode:?}");
            let response = connection.response();
            assert_eq!((response.status(), &*response.code()), (403, "AccessDenied"), "{mode:?}");
        }
        assert!(went_up(&world).iter().all(|request| request == "PUT /lake/a"));
    }
}

#[test]
fn c09_a_body_that_is_longer_than_it_says_is_cut_where_it_said() {
    let world = Watched::new();
    let hidden = Draft::new(&viewer(), "DELETE", "/lake/hidden").sign(world.gateway.s3).head();
    for (rest, status) in [
        (&hidden[..], 403),
        (b"GET /lake/b HTTP/1.1\r\nHost: x\r\n\r\n", 403),
        (b"defghi\r\n\r\n", 400),
    ] {
        let mut connection = world.gateway.connect();
        let put = Draft::put(&admin(), "/lake/a", b"abc").sign(world.gateway.s3);
        connection.send(&[&put.head(), &b"abc"[..], rest].concat());
        assert_eq!(connection.response().status(), 200);
        assert_eq!(connection.head().status(), status);
    }
    let seen = world.seen();
    assert!(
        seen.iter().all(|request| request.start == b"abc" && request.head.word(1) == "/lake/a")
    );
}

#[test]
fn c09_after_what_is_no_request_nothing_is_read() {
    for world in [Watched::new(), Watched::over_tls()] {
        let after = Draft::new(&admin(), "GET", "/lake/after").sign(world.gateway.s3).head();
        for spoiled in [
            &b"GET /lake/a HTTP/9.9\r\nHost: x\r\n\r\n"[..],
            b"GET /lake/a HTTP/1.1\r\nHost : x\r\n\r\n",
            b"GET /lake/a HTTP/1.1\r\nNo colon\r\n\r\n",
            b"GET\r\n\r\n",
            b"\x00\r\n\r\n",
            b"PUT /lake/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
            b"PUT /lake/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nabcd",
        ] {
            let mut connection = world.gateway.connect();
            connection.send(&[spoiled, &after].concat());
            let response = connection.response();
            assert_eq!(response.status(), 400, "{}", spoiled.escape_ascii());
            assert!(connection.is_closed(), "{}", spoiled.escape_ascii());
        }
        world.assert_nothing_went_up();
    }
}

/// That was the last answer of this connection.
#[track_caller]
fn assert_ends(connection: &mut Connection, head: &Head) {
    assert_eq!(head.header("connection"), Some("close"), "{head:?}");
    assert!(connection.is_closed());
}

/// Method and target of each request that went up.
fn went_up(world: &Watched) -> Vec<String> {
    let seen = world.seen();
    seen.iter()
        .map(|request| format!("{} {}", request.head.word(0), request.head.word(1)))
        .collect()
}
