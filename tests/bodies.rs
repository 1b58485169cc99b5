//! Every way to send a body, to every way that it may go up: the bytes arrive, in our framing, under our signatures.

use std::{sync::mpsc, thread, time::Duration};

use crate::harness::{
    framed::{Body, Mode, SHA256, checksum, unframe},
    gateway::Gateway,
    pattern::{Pattern, sha256},
    recorder::{Recorder, Request},
    sign::{Draft, UNSIGNED},
    site::{Site, admin},
    versitygw::VersityGw,
    world::{Stored, Watched},
};

#[test]
fn every_payload_mode_goes_up_as_the_configuration_says() {
    for up in UP {
        let world = Watched::with_upstream(&format!("body: {up}"));
        for (number, (mode, content, has_length)) in bodies().enumerate() {
            let what = format!("{mode:?}, {} bytes, to {up}", content.len());
            put(&world.gateway, &format!("/lake/{number}"), mode, &content, has_length);
            let seen = world.recorder.requests();
            let request = seen.last().unwrap();
            assert_eq!(unframe(request, &world.recorder.upstream.key), content, "{what}");
            let payload = request.head.header("x-amz-content-sha256").unwrap();
            assert_eq!(payload, goes_up(mode, up, &content), "{what}");
            assert_says_what_it_is(request, &what);
        }
    }
}

#[test]
fn a_store_that_verifies_takes_every_payload_mode_in_every_framing() {
    for up in UP {
        let world = Stored::with_upstream(&format!("body: {up}"));
        for (number, (mode, content, has_length)) in bodies().enumerate() {
            let what = format!("{mode:?}, {} bytes, to {up}", content.len());
            put(&world.gateway, &format!("/lake/{number}"), mode, &content, has_length);
            assert_eq!(world.store.bytes("lake", &number.to_string()), content, "{what}");
        }
    }
}

#[test]
fn chunks_of_every_size_arrive_in_chunks_that_the_store_takes() {
    let world = Stored::new();
    let content = Pattern::bytes(4, 300_000);
    for mode in Mode::FRAMED {
        // Below what S3 takes, the SDKs' own sizes, more than all of the body.
        for chunk in [1_000, 8_192, 65_536, 131_072, 400_000] {
            let body =
                Body { chunks: vec![chunk], ..Body::put(&admin(), "/lake/a", mode, &content) };
            let response = body.send(world.gateway.s3);
            assert_eq!(response.status(), 200, "{mode:?} {chunk}: {}", response.text());
            assert_eq!(sha256(&world.store.bytes("lake", "a")), sha256(&content));
        }
    }
}

#[test]
fn signed_chunks_keep_their_size_or_are_cut_to_one_that_stores_take() {
    let world = Watched::new();
    let content = Pattern::bytes(5, 30_000);
    for (sizes, lines) in [
        // As they come.
        (vec![9_000], &["2328", "2328", "2328", "bb8"][..]),
        (vec![30_000], &["7530"]),
        // The size of the first, which the others have not.
        (vec![9_000, 1_000, 12_345], &["2328", "2328", "2328", "bb8"]),
        (vec![20_000, 9_000], &["4e20", "2710"]),
        // Ours: stores refuse small ones.
        (vec![700], &["7530"]),
        (vec![8_191, 20_000], &["7530"]),
    ] {
        let what = format!("{sizes:?}");
        let body = Body::put(&admin(), "/lake/a", Mode::SignedChunks, &content);
        assert_eq!(Body { chunks: sizes, ..body }.send(world.gateway.s3).status(), 200, "{what}");
        let request = world.recorder.requests().pop().unwrap();
        assert_eq!(unframe(&request, &world.recorder.upstream.key), content, "{what}");
        let text = String::from_utf8_lossy(&request.start);
        let sizes = text
            .match_indices(";chunk-signature=")
            .map(|(at, _)| text[..at].rsplit_once('\n').map_or(&text[..at], |(_, size)| size));
        assert_eq!(sizes.collect::<Vec<_>>(), [lines, &["0"]].concat(), "{what}");
    }
}

#[test]
fn a_checksum_in_the_head_becomes_the_trailer_where_one_goes_up() {
    let world = Watched::with_upstream("body: trailer");
    let content = b"what is checked";
    let mut body = Body::put(&admin(), "/lake/a", Mode::Hash, content);
    body.draft = body.draft.header(SHA256, checksum(content));
    assert_eq!(body.send(world.gateway.s3).status(), 200);
    let request = world.recorder.only();
    assert_eq!(request.head.header("x-amz-trailer"), Some(SHA256));
    assert_eq!(request.head.header(SHA256), None);
    assert_eq!(unframe(&request, &world.recorder.upstream.key), content);

    *body.value(SHA256) = checksum(b"something else");
    let refused = body.send(world.gateway.s3);
    assert_eq!((refused.status(), refused.code()), (400, "BadDigest".to_owned()));
    assert!(world.seen().iter().filter(|request| request.complete).count() == 1);
}

#[test]
fn a_checksum_goes_up_once_with_a_body_of_no_bytes() {
    for up in UP {
        let world = Watched::with_upstream(&format!("body: {up}"));
        for mode in Mode::ALL {
            let mut body = Body::put(&admin(), "/lake/a", mode, b"");
            body.draft = body.draft.header("x-amz-checksum-crc32", "AAAAAA==");
            assert_eq!(body.send(world.gateway.s3).status(), 200, "{mode:?} to {up}");
            let request = world.recorder.requests().pop().unwrap();
            let said =
                request.head.headers.iter().filter(|(name, _)| name == "x-amz-checksum-crc32");
            assert_eq!(said.map(|(_, value)| value.as_str()).collect::<Vec<_>>(), ["AAAAAA=="]);
        }
    }
}

#[test]
fn a_checksum_of_a_body_that_is_no_object_stays_here() {
    let world = Watched::new();
    let mut body = Body::put(&admin(), "/lake/a?uploads=", Mode::UnsignedTrailer, b"");
    body.draft.method = "POST";
    assert_eq!(body.send(world.gateway.s3).status(), 200);
    assert_eq!(world.recorder.only().head.header(SHA256), None);
}

#[test]
fn a_checksum_that_would_get_lost_unchecked_is_refused_by_its_name() {
    for (up, target) in
        [("trailer", "/lake/a"), ("trailer", PART), ("plain", PART), ("as_received", PART)]
    {
        let world = Watched::with_upstream(&format!("body: {up}"));
        let mut body = Body::put(&admin(), target, Mode::Hash, b"abc");
        body.draft = body.draft.header("x-amz-checksum-sha512", "AAAA");
        let response = body.send(world.gateway.s3);
        if up == "as_received" {
            let request = world.recorder.only();
            assert_eq!(request.head.header("x-amz-checksum-sha512"), Some("AAAA"));
        } else {
            assert_eq!((response.status(), &*response.code()), (501, "NotImplemented"), "{up}");
            assert!(response.message().contains("x-amz-checksum-sha512"));
            world.assert_nothing_went_up();
        }
    }
}

#[test]
fn a_store_that_verifies_hashes_is_left_to_it() {
    let world = Watched::with_upstream("verifies_hash: true");
    let response = Draft::put(&admin(), "/lake/a", b"what was signed")
        .send(world.gateway.s3, b"what was set up");
    assert_eq!(response.status(), 200, "the recorder does not look");
    let request = world.recorder.only();
    assert!(request.complete, "the gateway has not compared");
    assert_eq!(request.head.header("x-amz-content-sha256"), Some(&*sha256(b"what was signed")));
    // What never is the store's to verify.
    let mut empty = Body::put(&admin(), "/lake/b", Mode::Hash, b"");
    empty.draft.payload = sha256(b"something");
    assert_eq!(empty.send(world.gateway.s3).code(), "XAmzContentSHA256Mismatch");
    let mut chunks =
        Body::put(&admin(), "/lake/c", Mode::SignedChunks, b"abc").sign(world.gateway.s3);
    chunks.parts[0].data[0] ^= 1;
    assert_eq!(chunks.send(world.gateway.s3).code(), "SignatureDoesNotMatch");
    assert_eq!(world.seen().iter().filter(|request| request.complete).count(), 1);

    let world = Stored::with_upstream("verifies_hash: true");
    let response = Draft::put(&admin(), "/lake/a", b"what was signed")
        .send(world.gateway.s3, b"what was set up");
    assert_eq!((response.status(), response.code()), (400, "XAmzContentSHA256Mismatch".to_owned()));
    assert!(!world.store.has("lake", "a"));
}

#[test]
fn a_mode_of_asymmetric_signatures_is_refused_by_its_name() {
    let world = Watched::new();
    for mode in [
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
    ] {
        let mut body = Body::put(&admin(), "/lake/a", Mode::SignedChunks, b"abc");
        body.draft.payload = mode.to_owned();
        let response = body.send(world.gateway.s3);
        assert_eq!((response.status(), &*response.code()), (501, "NotImplemented"));
        assert!(response.message().contains(mode), "{}", response.message());
    }
    world.assert_nothing_went_up();
}

#[test]
fn a14_all_held_chunks_together_have_a_limit() {
    let recorder = Recorder::start();
    let site = Site::applied(&recorder.upstream);
    // Room for two chunks of 64 KiB in three quarters of it, and 3 s to wait for it.
    site.configure("drain:", "limits: {held_bytes_max: 174764, body_idle_s: 3}\ndrain:");
    let gateway = site.serve();
    let content = Pattern::bytes(11, 65_536);
    let upload = |target| {
        let body = Body::put(&admin(), target, Mode::SignedChunks, &content);
        Body { chunks: vec![65_536], ..body }.sign(gateway.s3)
    };
    // Two that come byte by byte, and so never stall.
    let slow: Vec<_> = ["/lake/a", "/lake/b"]
        .map(|target| {
            let mut connection = gateway.connect();
            let framed = upload(target);
            connection.send(&framed.head.head());
            connection.send(&framed.body()[..100]);
            let (finish, finished) = mpsc::channel::<()>();
            let sender = thread::spawn(move || {
                let body = framed.body();
                let mut sent = 100;
                while finished.recv_timeout(Duration::from_millis(200)).is_err() {
                    connection.send(&body[sent..=sent]);
                    sent += 1;
                }
                connection.send(&body[sent..]);
                connection.response().status()
            });
            (finish, sender)
        })
        .into_iter()
        .collect();
    recorder.wait_for("both", |requests| requests.len() == 2);
    let response = upload("/lake/c").send(gateway.s3);
    assert_eq!((response.status(), &*response.code()), (503, "SlowDown"));
    for (finish, sender) in slow {
        finish.send(()).unwrap();
        assert_eq!(sender.join().unwrap(), 200);
    }
    // What they held has been given back.
    assert_eq!(upload("/lake/c").send(gateway.s3).status(), 200);
}

#[test]
fn uploads_in_parts_with_checksums_complete_in_every_framing() {
    for up in UP {
        for is_tls in [true, false] {
            let world = Stored::before(VersityGw::start(), |site| {
                site.configure_upstream(&format!("body: {up}"));
                if is_tls { site.over_tls() } else { site }
            });
            let folder = world.store.file("lake", "");
            let client = world.gateway.client(&admin());
            client.script("multipart_checksums", &["lake", folder.to_str().unwrap()]);
        }
    }
}

#[test]
fn a15_the_framing_is_no_coding_of_the_object() {
    let world = Stored::new();
    let content = b"said to be compressed";
    for (sent, kept) in [
        (vec!["aws-chunked"], None),
        (vec![], None),
        (vec!["aws-chunked,gzip"], Some("gzip")),
        (vec!["aws-chunked, gzip"], Some("gzip")),
        (vec!["aws-chunked", "gzip"], Some("gzip")),
        (vec!["gzip"], Some("gzip")),
    ] {
        for mode in Mode::FRAMED {
            let mut body = Body::put(&admin(), "/lake/a", mode, content);
            body.draft.headers.retain(|(name, _)| *name != "content-encoding");
            for value in &sent {
                body.draft = body.draft.header("content-encoding", *value);
            }
            assert_eq!(body.send(world.gateway.s3).status(), 200, "{sent:?} {mode:?}");
            let head = Draft::new(&admin(), "HEAD", "/lake/a").send(world.gateway.s3, b"").head;
            assert_eq!(head.header("content-encoding"), kept, "{sent:?} {mode:?}");
        }
    }
}

/// Puts an object, which has to succeed.
#[track_caller]
fn put(gateway: &Gateway, target: &str, mode: Mode, content: &[u8], has_length: bool) {
    let body = Body { has_length, ..Body::put(&admin(), target, mode, content) };
    let response = body.send(gateway.s3);
    let what = format!("{mode:?}, {} bytes to {target}", content.len());
    assert_eq!(response.status(), 200, "{what}: {}", response.text());
}

/// What the head declares agrees with what follows, and names neither the client's framing nor its length.
fn assert_says_what_it_is(request: &Request, what: &str) {
    let header = |name| request.head.header(name);
    let is_framed = header("x-amz-content-sha256").unwrap().starts_with("STREAMING-");
    assert_eq!(header("content-length"), Some(&*request.received.to_string()), "{what}");
    assert_eq!(header("transfer-encoding"), None, "{what}");
    assert_eq!(header("x-amz-decoded-content-length").is_some(), is_framed, "{what}");
    assert_eq!(header("content-encoding"), None, "{what}");
    let has_trailer = header("x-amz-content-sha256").unwrap().ends_with("-TRAILER");
    assert_eq!(header("x-amz-trailer").is_some(), has_trailer, "{what}");
}

/// The value of `x-amz-content-sha256` that a body goes up under.
fn goes_up(mode: Mode, up: &str, content: &[u8]) -> String {
    if content.is_empty() {
        return sha256(b"");
    }
    let goes_up = match (up, mode) {
        ("as_received", mode) => mode,
        ("signed", mode) if mode.has_trailer() => Mode::SignedChunksTrailer,
        ("signed", _) => Mode::SignedChunks,
        ("trailer", _) => Mode::UnsignedTrailer,
        (_, Mode::Hash) => Mode::Hash,
        (_, _) => return UNSIGNED.to_owned(),
    };
    goes_up.payload(content)
}

/// Every mode, with and without a length of the whole, of no bytes, of one, within a chunk, over several.
fn bodies() -> impl Iterator<Item = (Mode, Vec<u8>, bool)> {
    let modes = Mode::ALL.into_iter().flat_map(|mode| [(mode, true), (mode, false)]);
    let modes = modes.filter(|(mode, has_length)| *has_length || mode.is_framed());
    modes.flat_map(|(mode, has_length)| {
        [0, 1, 10_000, 25_001].map(|length| (mode, Pattern::bytes(6, length), has_length))
    })
}

const PART: &str = "/lake/a?partNumber=1&uploadId=u";

const UP: [&str; 4] = ["as_received", "signed", "trailer", "plain"];
