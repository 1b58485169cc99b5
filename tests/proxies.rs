//! Who is believed about where a client is: the connection, and proxies that the configuration trusts.

use std::{io::Write as _, net::Ipv4Addr};

use serde_json::Value;

use crate::harness::{
    Key,
    http::{Connection, assert_is_end},
    pattern::{Pattern, sha256},
    recorder::Recorder,
    sign::{Draft, Signed},
    site::{Site, admin, identities, viewer},
    tls,
    world::Watched,
};

#[test]
fn c10_what_a_client_says_of_its_own_address_counts_for_nothing() {
    for trusted in ["", "trusted_proxies: []", "trusted_proxies: [192.0.2.0/24, '::1']"] {
        let world = world(trusted, plain);
        for (name, value) in [
            ("X-Forwarded-For", "203.0.113.7"),
            ("X-Forwarded-For", "203.0.113.7, 127.0.0.1"),
            ("X-Forwarded-For", "::ffff:203.0.113.7"),
            ("X-Forwarded-For", "nonsense"),
            ("Forwarded", "for=203.0.113.7"),
            ("X-Real-IP", "203.0.113.7"),
            ("X-Client-IP", "203.0.113.7"),
            ("CF-Connecting-IP", "203.0.113.7"),
        ] {
            let read = world.read(&[(name, value)]);
            assert_eq!(read, found(403, "127.0.0.1", NO_PROXY), "{trusted} {name}: {value}");
        }
        world.assert_nothing_went_up();
    }
}

#[test]
fn c10_the_client_of_a_trusted_proxy_is_the_right_most_that_is_not_trusted() {
    for ready in [plain, Site::over_tls] {
        let world = world("trusted_proxies: [127.0.0.1, 10.0.0.0/8]", ready);
        for (lines, client) in [
            (&["203.0.113.7"][..], "203.0.113.7"),
            (&["203.0.113.7:4711"], "203.0.113.7"),
            (&["::ffff:203.0.113.7"], "203.0.113.7"),
            (&["[::ffff:203.0.113.7]:4711"], "203.0.113.7"),
            (&["203.0.113.7, 10.0.0.1, 10.0.0.2"], "203.0.113.7"),
            (&["198.51.100.1, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            (&["nonsense", "203.0.113.7", "10.0.0.2"], "203.0.113.7"),
            // What a client wrote itself stands left of what its proxy wrote of it.
            (&["203.0.113.7, 198.51.100.1"], "198.51.100.1"),
            (&["203.0.113.7", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            (&["10.3.3.3, 10.0.0.2"], "10.3.3.3"),
            (&["2001:db8::1"], "2001:db8::1"),
        ] {
            let headers: Vec<_> = lines.iter().map(|line| ("X-Forwarded-For", *line)).collect();
            let status = if client == "203.0.113.7" { 200 } else { 403 };
            let read = world.read(&headers);
            assert_eq!(read, found(status, client, "127.0.0.1"), "{lines:?}");
        }
        // Without that header, and by no other, a proxy is its own client.
        for header in [("Forwarded", "for=203.0.113.7"), ("X-Real-IP", "203.0.113.7")] {
            assert_eq!(world.read(&[header]), found(403, "127.0.0.1", NO_PROXY));
        }
    }
}

#[test]
fn c10_each_request_of_a_proxys_connection_has_its_own_client() {
    let world = world("trusted_proxies: [127.0.0.0/8]", plain);
    let mut connection = world.gateway.connect();
    for (line, status) in [("203.0.113.7", 200), ("198.51.100.1", 403), ("203.0.113.7", 200)] {
        let read = world.read_on(&mut connection, &[("X-Forwarded-For", line)]);
        assert_eq!(read, found(status, line, "127.0.0.1"));
    }
}

#[test]
fn c10_a_request_whose_client_cannot_be_told_is_refused() {
    let world = world("trusted_proxies: [127.0.0.0/8, 10.0.0.0/8]", plain);
    for line in ["unknown", "203.0.113.7, unknown", "203.0.113.7, ,10.0.0.1", "203.0.113.7:x", ""] {
        let mut request = Draft::new(&near(), "GET", "/lake/a").sign(world.gateway.s3);
        request.add("X-Forwarded-For", line);
        let response = request.send(world.gateway.s3, b"");
        assert_eq!((response.status(), &*response.code()), (400, "InvalidRequest"), "{line}");
        assert!(response.message().contains("X-Forwarded-For"), "{}", response.message());
    }
    world.assert_nothing_went_up();
}

#[test]
fn c10_a_proxy_that_comes_by_its_mapped_address_is_trusted_as_ipv4() {
    let both = |site: Site| {
        site.configure("s3: 127.0.0.1:0", "s3: '[::]:0'");
        site
    };
    for (trusted, status, client, by) in [
        ("127.0.0.0/8", 200, "203.0.113.7", "127.0.0.1"),
        ("'::ffff:127.0.0.1'", 200, "203.0.113.7", "127.0.0.1"),
        ("'::1'", 403, "127.0.0.1", NO_PROXY),
    ] {
        let mut world = world(&format!("trusted_proxies: [{trusted}]"), both);
        world.gateway.s3.set_ip(Ipv4Addr::LOCALHOST.into());
        let read = world.read(&[("X-Forwarded-For", "203.0.113.7")]);
        assert_eq!(read, found(status, client, by), "{trusted}");
    }
}

#[test]
fn c10_a_proxy_header_of_who_is_not_trusted_ends_the_connection() {
    for ready in [plain, Site::over_tls] {
        let world = world("trusted_proxies: [192.0.2.0/24]", ready);
        for header in [line(NEAR), binary(0x21, 0x11, &NEAR_BLOCK)] {
            // It is neither a request nor the beginning of TLS.
            let Ok(mut connection) = world.gateway.connect_after(&header) else { continue };
            let request = Draft::new(&near(), "GET", "/lake/a").sign(world.gateway.s3);
            let _may_be_closed = connection.try_send(&request.head());
            let mut answer = Vec::new();
            let mut block = [0; 1024];
            loop {
                match connection.read(&mut block) {
                    Ok(0) => break,
                    Ok(read) => answer.extend_from_slice(&block[..read]),
                    Err(error) => {
                        assert_is_end(&error);
                        break;
                    }
                }
            }
            let answer = String::from_utf8_lossy(&answer);
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
        }
        world.assert_nothing_went_up();
    }
}

#[test]
fn c10_a_trusted_proxys_header_names_the_client_of_the_whole_connection() {
    for ready in [plain, Site::over_tls] {
        let world = world("trusted_proxies: [127.0.0.0/8, 10.0.0.0/8]", ready);
        for (header, status, client) in [
            (line(NEAR), 200, "203.0.113.7"),
            (line("TCP6 ::ffff:203.0.113.7 ::1 1 1"), 200, "203.0.113.7"),
            (line("TCP4 198.51.100.1 10.0.0.1 1 1"), 403, "198.51.100.1"),
            (line("TCP6 2001:db8::1 ::1 1 1"), 403, "2001:db8::1"),
            (binary(0x21, 0x11, &NEAR_BLOCK), 200, "203.0.113.7"),
            (binary(0x21, 0x11, &[&NEAR_BLOCK[..], &[4, 0, 1, 0]].concat()), 200, "203.0.113.7"),
            // The proxy does not know, or speaks for itself.
            (line("UNKNOWN"), 403, "127.0.0.1"),
            (line("UNKNOWN 203.0.113.7 10.0.0.1 1 1"), 403, "127.0.0.1"),
            (binary(0x20, 0x11, &NEAR_BLOCK), 403, "127.0.0.1"),
            (binary(0x21, 0x00, &NEAR_BLOCK), 403, "127.0.0.1"),
        ] {
            let mut connection = world.gateway.connect_after(&header).unwrap();
            let by = if client == "127.0.0.1" { NO_PROXY } else { "127.0.0.1" };
            for _ in 0..2 {
                let read = world.read_on(&mut connection, &[]);
                assert_eq!(read, found(status, client, by), "{header:?}");
            }
        }
    }
}

#[test]
fn c10_behind_a_proxy_header_only_trusted_clients_are_believed_further() {
    let world = world("trusted_proxies: [127.0.0.0/8, 10.0.0.0/8]", plain);
    for (header, forwarded, status, client) in [
        ("TCP4 10.0.0.9 10.0.0.1 1 1", "203.0.113.7", 200, "203.0.113.7"),
        ("TCP4 198.51.100.1 10.0.0.1 1 1", "203.0.113.7", 403, "198.51.100.1"),
        ("TCP4 198.51.100.1 10.0.0.1 1 1", "nonsense", 403, "198.51.100.1"),
        // Nobody knows who says that.
        ("UNKNOWN", "203.0.113.7", 403, "127.0.0.1"),
    ] {
        let mut connection = world.gateway.connect_after(&line(header)).unwrap();
        let by = if client == "127.0.0.1" { NO_PROXY } else { "127.0.0.1" };
        let read = world.read_on(&mut connection, &[("X-Forwarded-For", forwarded)]);
        assert_eq!(read, found(status, client, by), "{header}");
    }
    // A proxy that speaks for itself is believed as if it had said nothing.
    for header in [binary(0x20, 0, &[]), binary(0x21, 0, &[]), binary(0x21, 0x31, &[b'/'; 216])] {
        let is_own = header[12] == 0x20;
        let mut connection = world.gateway.connect_after(&header).unwrap();
        let read = world.read_on(&mut connection, &[("X-Forwarded-For", "203.0.113.7")]);
        assert_eq!(read.0, if is_own { 200 } else { 403 }, "{read:?}");
    }
}

#[test]
fn c10_a_proxy_header_may_come_byte_by_byte() {
    for ready in [plain, Site::over_tls] {
        let world = world("trusted_proxies: [127.0.0.0/8]", ready);
        for header in [line(NEAR), binary(0x21, 0x11, &NEAR_BLOCK)] {
            let mut stream = tls::dial(world.gateway.s3);
            for byte in &header {
                stream.write_all(&[*byte]).unwrap();
            }
            let mut connection = match &world.gateway.trust {
                Some(trust) => Connection::over(tls::handshake_on(stream, &trust.client).unwrap()),
                None => Connection::over(stream),
            };
            let read = world.read_on(&mut connection, &[]);
            assert_eq!(read, found(200, "203.0.113.7", "127.0.0.1"));
        }
    }
}

#[test]
fn c10_a_bad_proxy_header_ends_the_connection_without_an_answer() {
    for ready in [plain, Site::over_tls] {
        let world = world("trusted_proxies: [127.0.0.0/8]", ready);
        for header in [
            line("TCP4 203.0.113.7 10.0.0.1 1"),
            line("TCP4 203.0.113.007 10.0.0.1 1 1"),
            line(&format!("UNKNOWN {:>200}", "")),
            line("/lake/a HTTP/1.1"),
            binary(0x31, 0x11, &NEAR_BLOCK),
            binary(0x21, 0x51, &NEAR_BLOCK),
            binary(0x21, 0x11, &NEAR_BLOCK[..11]),
            binary(0x21, 0x11, &[1; 521]),
        ] {
            let Ok(mut connection) = world.gateway.connect_after(&header) else { continue };
            let request = Draft::new(&near(), "GET", "/lake/a").sign(world.gateway.s3);
            let _may_be_closed = connection.try_send(&request.head());
            assert!(connection.is_closed(), "{header:?}");
        }
        world.assert_nothing_went_up();
        // No request was read before the one that looks what went up.
        let record = world.gateway.wait_for_audit("a line", |_| true);
        assert_eq!(record["key"], "marker", "{record}");
    }
}

#[test]
fn c10_only_one_proxy_header_is_read() {
    let world = world("trusted_proxies: [127.0.0.0/8, 203.0.113.7]", plain);
    let twice = [line(NEAR), line("TCP4 203.0.113.8 10.0.0.1 1 1")].concat();
    let mut connection = world.gateway.connect_after(&twice).unwrap();
    connection.send(&Draft::new(&near(), "GET", "/lake/a").sign(world.gateway.s3).head());
    assert_eq!(connection.head().status(), 400);
    world.assert_nothing_went_up();
}

#[test]
fn c10_a_proxy_header_that_never_ends_is_not_waited_for() {
    let world = world("trusted_proxies: [127.0.0.0/8]\nlimits: {header_timeout_s: 1}", plain);
    let header = binary(0x21, 0x11, &NEAR_BLOCK);
    for part in [&b""[..], b"P", b"PROXY TCP4 203.0.113.7 ", &header[..3], &header[..20]] {
        let mut connection = world.gateway.connect_after(part).unwrap();
        assert!(connection.is_closed(), "{part:?}");
    }
    // One that the proxy itself ends is no trouble either.
    for part in [&b""[..], b"P", &header[..20]] {
        let mut connection = world.gateway.connect_after(part).unwrap();
        connection.finish();
        assert!(connection.is_closed(), "{part:?}");
    }
    world.assert_nothing_went_up();
}

#[test]
fn a_trusted_proxy_that_writes_no_proxy_header_is_served_to_the_last_byte() {
    for ready in [plain, Site::over_tls] {
        let world = world("trusted_proxies: [127.0.0.0/8]", ready);
        let body = Pattern::bytes(6, 100_000);
        let put = Draft::put(&admin(), "/lake/big", &body).sign(world.gateway.s3);
        assert_eq!(put.send_on(&mut world.gateway.connect(), &body).status(), 200);
        let put = Draft::put(&admin(), "/lake/slow", b"abc").sign(world.gateway.s3);
        let mut connection = world.gateway.connect();
        // Its first byte might be that of a header.
        for byte in [&put.head()[..], b"abc"].concat() {
            connection.send(&[byte]);
        }
        assert_eq!(connection.response().status(), 200);
        // What some clients write after a body that nobody counts.
        connection.send(b"\r\n\r\n");
        assert_eq!(put.send_on(&mut connection, b"abc").status(), 200);
        let seen = world.seen();
        assert_eq!(seen.len(), 3);
        assert!(seen.iter().all(|request| request.complete));
        assert_eq!(seen[0].sha256, sha256(&body));
    }
}

#[test]
fn c10_a_refusal_reaches_a_client_behind_a_proxy_in_the_middle_of_its_body() {
    for ready in [plain, Site::over_tls] {
        let world = world("trusted_proxies: [127.0.0.0/8]", ready);
        let length = 16 << 20;
        let draft =
            Draft::new(&viewer(), "PUT", "/lake/big").header("content-length", length.to_string());
        let mut connection = world.gateway.connect_after(&line(NEAR)).unwrap();
        connection.send(&draft.sign(world.gateway.s3).head());
        let mut blocks = Pattern::blocks(3, length);
        while let Some(block) = blocks.next()
            && connection.try_send(&block).is_ok()
        {}
        let response = connection.response();
        assert_eq!((response.status(), &*response.code()), (403, "AccessDenied"));
        world.assert_nothing_went_up();
    }
}

#[test]
fn a_gateway_does_not_wait_at_its_end_for_a_proxy_that_says_nothing() {
    let mut world =
        world("trusted_proxies: [127.0.0.0/8]\nlimits: {header_timeout_s: 3600}", plain);
    let _idle = world.gateway.connect();
    world.gateway.signal("TERM");
    assert_eq!(world.gateway.wait().code(), Some(0), "{}", world.gateway.printed());
}

#[test]
fn a05_the_id_that_cloudfront_adds_is_dropped_where_a_trusted_proxy_brings_it() {
    let world = world("trusted_proxies: [127.0.0.0/8]", plain);
    let mut request = Draft::put(&admin(), "/lake/a", b"").sign(world.gateway.s3);
    request.add("X-Amz-Cf-Id", "k2dG0v1PDbYhIIpLOyt7kVRiIOYoVQ7hO8Q6u5SiXD2Kc5JUOrC7RA==");
    assert_eq!(request.send(world.gateway.s3, b"").status(), 200);
    let seen = world.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].head.header("x-amz-cf-id"), None);

    // No other header outside the signature comes along with it.
    request.add("x-amz-acl", "public-read");
    let response = request.send(world.gateway.s3, b"");
    assert_eq!((response.status(), &*response.code()), (403, "AccessDenied"));
    assert!(response.message().contains("x-amz-acl"), "{}", response.message());
    assert!(!response.message().contains("x-amz-cf-id"), "{}", response.message());

    // One that a client signed is a header that is not known, as any other.
    let signed = Draft::put(&admin(), "/lake/a", b"").header("x-amz-cf-id", "mine");
    let response = signed.send(world.gateway.s3, b"");
    assert!(matches!(response.status(), 400 | 501), "{}", response.text());
    assert_eq!(world.seen().len(), 1);
}

#[test]
fn a05_the_id_that_cloudfront_adds_is_refused_of_anybody_else() {
    for (trusted, first) in [
        ("trusted_proxies: [192.0.2.0/24]", Vec::new()),
        // The proxy is trusted, who stands behind it is not.
        ("trusted_proxies: [127.0.0.0/8]", line(NEAR)),
    ] {
        let world = world(trusted, plain);
        let mut request = Draft::put(&admin(), "/lake/a", b"").sign(world.gateway.s3);
        request.add("x-amz-cf-id", "id");
        let mut connection = world.gateway.connect_after(&first).unwrap();
        let status = request.send_on(&mut connection, b"").status();
        assert!(matches!(status, 400 | 403 | 501), "{trusted}: {status}");
        world.assert_nothing_went_up();
    }
}

#[test]
fn a06_a_host_that_a_proxy_names_changes_nothing() {
    for trusted in ["192.0.2.0/24", "127.0.0.0/8"] {
        let world = world(&format!("trusted_proxies: [{trusted}]"), plain);
        let named = |mut request: Signed| {
            for name in ["X-Forwarded-Host", "X-Host", "X-Original-Host"] {
                request.add(name, "pond.elsewhere.example");
            }
            request.add("Forwarded", "host=pond.elsewhere.example");
            request
        };
        let request = named(Draft::put(&admin(), "/lake/a", b"").sign(world.gateway.s3));
        assert_eq!(request.send(world.gateway.s3, b"").status(), 200, "{trusted}");
        let seen = world.seen();
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].head.word(1), "/lake/a", "{trusted}");
        let mut headers = seen[0].head.headers.iter();
        assert!(headers.all(|(_, value)| !value.contains("elsewhere")), "{trusted}: {seen:?}");

        // What was signed for that host is not taken for it.
        let elsewhere = "192.0.2.80:80".parse().unwrap();
        let mut request = Draft::put(&admin(), "/lake/a", b"").sign(elsewhere);
        request.add("X-Forwarded-Host", "192.0.2.80:80");
        *request.value("host") = world.gateway.s3.to_string();
        let response = request.send(world.gateway.s3, b"");
        assert_eq!((response.status(), &*response.code()), (403, "SignatureDoesNotMatch"));
        assert_eq!(world.seen().len(), 1);
    }
}

/// The gateway with a line of configuration before a recording upstream, at a site that was made ready so.
fn world(line: &str, ready: impl FnOnce(Site) -> Site) -> Watched {
    let recorder = Recorder::start();
    let site = Site::new(&recorder.upstream);
    let Key { id, secret } = near();
    let policy = "policies:\n  - id: Near\n    statement:\n      - action: [\"fs:ReadObject\"]\n        \
                  effect: allow\n        resource: \"*\"\n        \
                  condition: {IpAddress: {SourceIp: [203.0.113.0/24]}}\n";
    let identities = identities().replacen("policies:\n", policy, 1);
    let user = format!(
        "  - id: near\n    policies: [Near]\n    \
         credentials: [{{access_key_id: {id}, secret_access_key: {secret}}}]\n"
    );
    site.write("identities.yaml", &format!("{identities}{user}"));
    site.apply();
    site.configure("store:\n", &format!("{line}\nstore:\n"));
    let site = ready(site);
    Watched { gateway: site.serve(), site, recorder }
}

fn plain(site: Site) -> Site {
    site
}

/// May read everything from 203.0.113.0/24, and from nowhere else.
fn near() -> Key {
    Key::new("TESTNEAR00000001", "near-secret-0123456789-abcdefghijklmnopq")
}

/// What came of a request: its status, and `remote` and `proxy` of its audit line, or [`NO_PROXY`].
type Found = (u16, String, String);

impl Watched {
    /// A read by [`near`] with headers that proxies add.
    fn read(&self, headers: &[(&str, &str)]) -> Found {
        self.read_on(&mut self.gateway.connect(), headers)
    }

    fn read_on(&self, connection: &mut Connection, headers: &[(&str, &str)]) -> Found {
        let mut request = Draft::new(&near(), "GET", "/lake/a").sign(self.gateway.s3);
        for (name, value) in headers {
            request.add(name, value);
        }
        let response = request.send_on(connection, b"");
        let id = response.head.header("x-amz-request-id").unwrap();
        let record = self.gateway.wait_for_audit("its line", |record| record["request_id"] == id);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let proxy = record.get("proxy").map_or(NO_PROXY.to_owned(), text);
        (response.status(), text(&record["remote"]), proxy)
    }
}

/// A PROXY header of version 1.
fn line(text: &str) -> Vec<u8> {
    format!("PROXY {text}\r\n").into_bytes()
}

/// A PROXY header of version 2.
fn binary(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
    let length = u16::try_from(block.len()).unwrap().to_be_bytes();
    [b"\r\n\r\n\0\r\nQUIT\n", &[command, family][..], &length, block].concat()
}

fn found(status: u16, remote: &str, proxy: &str) -> Found {
    (status, remote.to_owned(), proxy.to_owned())
}

/// There is no such field.
const NO_PROXY: &str = "-";

/// What a proxy says of a client from whom [`near`] may read.
const NEAR: &str = "TCP4 203.0.113.7 10.0.0.1 32768 443";
const NEAR_BLOCK: [u8; 12] = [203, 0, 113, 7, 10, 0, 0, 1, 128, 0, 1, 187];
