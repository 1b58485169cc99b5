//! Bodies with something wrong in them, in every mode: the client is told what, and no object comes of it.

use std::{sync::mpsc, time::Duration};

use crate::harness::{
    framed::{Body, Framed, Mode, SHA256, checksum},
    http::Response,
    pattern::{Pattern, sha256},
    recorder::Recorder,
    samples::samples,
    sign::Draft,
    site::{Site, admin},
    world::{Stored, Watched},
};

#[test]
fn a08_every_mode_is_verified_for_every_operation() {
    let world = Watched::new();
    for sample in samples() {
        for mode in Mode::ALL {
            let body = Body { content: b"0123456789".to_vec(), ..sample.body(&admin(), mode) };
            let mut framed = body.sign(world.gateway.s3);
            let signature = framed.head.value("authorization");
            let last = if signature.ends_with('0') { "1" } else { "0" };
            signature.replace_range(signature.len() - 1.., last);
            let response = framed.head.send(world.gateway.s3, &framed.body());
            assert_eq!(response.status(), 403, "{} in {mode:?}", sample.what());
            if sample.method != "HEAD" {
                assert_eq!(
                    response.code(),
                    "SignatureDoesNotMatch",
                    "{} in {mode:?}",
                    sample.what()
                );
            }
        }
    }
    world.assert_nothing_went_up();
}

#[test]
fn a09_a_streaming_payload_with_an_invented_signature_is_refused() {
    let world = Watched::new();
    for mode in Mode::FRAMED {
        let mut framed = Body::put(&admin(), "/lake/a", mode, b"0123456789").sign(world.gateway.s3);
        let authorization = framed.head.value("authorization");
        let start = authorization.find("Signature=").unwrap() + "Signature=".len();
        authorization.replace_range(start.., &"0".repeat(64));
        assert_refused(
            &framed.send(world.gateway.s3),
            403,
            "SignatureDoesNotMatch",
            "an invented one",
        );
    }
    world.assert_nothing_went_up();
}

#[test]
fn a11_a_chunk_that_is_not_what_was_signed_makes_no_object() {
    let spoils: [Spoil; 9] = [
        ("a byte of the first chunk", |framed| framed.parts[0].data[5] ^= 1),
        ("a byte of the middle chunk", |framed| framed.parts[1].data[0] ^= 0x80),
        ("the last byte", |framed| *framed.parts[2].data.last_mut().unwrap() ^= 1),
        ("the first signature", |framed| flip_signature(framed, 0)),
        ("the middle signature", |framed| flip_signature(framed, 1)),
        ("the last signature", |framed| flip_signature(framed, 2)),
        ("the signature of the end", |framed| flip_signature(framed, 3)),
        ("two chunks exchanged", |framed| framed.parts.swap(0, 1)),
        ("a chunk twice, another not", |framed| framed.parts[1] = framed.parts[0].clone()),
    ];
    for mode in [Mode::SignedChunks, Mode::SignedChunksTrailer] {
        assert_no_object(mode, &spoils, 403, "SignatureDoesNotMatch");
    }
}

#[test]
fn a11_chunks_that_are_missing_or_too_many_make_no_object() {
    let spoils: [Spoil; 9] = [
        ("a byte too many in a chunk", |framed| {
            framed.parts[1].line = framed.parts[1].line.replacen("2710", "2711", 1);
        }),
        ("a byte too few", |framed| {
            framed.parts[1].line = framed.parts[1].line.replacen("2710", "270f", 1);
        }),
        ("a chunk dropped", |framed| drop(framed.parts.remove(2))),
        ("a chunk once more", |framed| framed.parts.insert(3, framed.parts[2].clone())),
        ("no end", |framed| drop(framed.parts.pop())),
        ("no end, no trailer", |framed| {
            framed.parts.pop();
            framed.trailer.clear();
        }),
        ("cut in the middle", |framed| framed.parts.truncate(1)),
        ("data after the end", |framed| framed.parts.push(framed.parts[0].clone())),
        ("nothing at all", |framed| {
            framed.parts.clear();
            framed.trailer.clear();
        }),
    ];
    for mode in Mode::FRAMED {
        let world = Watched::new();
        for (what, spoil) in &spoils {
            let response = send_spoiled(&world, mode, *spoil);
            assert!(matches!(response.status(), 400 | 403), "{what} in {mode:?}");
            let code = response.code();
            assert!(
                matches!(
                    &*code,
                    "IncompleteBody" | "SignatureDoesNotMatch" | "MalformedTrailerError"
                ),
                "{what} in {mode:?}: {code}"
            );
        }
        assert_nothing_whole(&world, mode);
    }
}

#[test]
fn a11_a_spoiled_chunk_leaves_nothing_in_a_real_store() {
    let world = Stored::new();
    let content = Pattern::bytes(7, 1 << 20);
    for mode in Mode::FRAMED {
        let body = Body { chunks: vec![65_536], ..Body::put(&admin(), "/lake/a", mode, &content) };
        let mut framed = body.sign(world.gateway.s3);
        *framed.parts[15].data.last_mut().unwrap() ^= 1;
        assert!(matches!(framed.send(world.gateway.s3).status(), 400 | 403));
        assert!(!world.store.has("lake", "a"), "{mode:?}");
    }
}

#[test]
fn a12_a_trailer_that_is_not_what_was_declared_makes_no_object() {
    let malformed: [Spoil; 11] = [
        ("none", |framed| framed.trailer.clear()),
        ("another name", |framed| {
            framed.trailer[0] = framed.trailer[0].replace(SHA256, "x-amz-checksum-sha1");
        }),
        ("one more", |framed| framed.trailer.insert(1, "x-amz-meta-a: b".to_owned())),
        ("twice", |framed| framed.trailer.insert(1, framed.trailer[0].clone())),
        ("a header's name", |framed| framed.trailer.insert(1, "content-length: 5".to_owned())),
        ("no colon", |framed| framed.trailer[0] = framed.trailer[0].replace(':', " ")),
        ("a bare LF", |framed| framed.trailer[0].insert(3, '\n')),
        ("two LFs", |framed| framed.trailer[0].push_str("\n\n")),
        ("a bare CR", |framed| framed.trailer[0].insert(3, '\r')),
        ("a line without end", |framed| framed.trailer[0].push_str(&" ".repeat(100_000))),
        ("10 000 lines", |framed| {
            framed.trailer.extend((0..10_000).map(|number| format!("x-amz-meta-{number}:x")));
        }),
    ];
    for mode in [Mode::UnsignedTrailer, Mode::SignedChunksTrailer] {
        assert_no_object(mode, &malformed, 400, "MalformedTrailerError");
    }
    let signature: [Spoil; 3] = [
        ("a signature flipped", |framed| {
            let last = framed.trailer[1].pop().unwrap();
            framed.trailer[1].push(if last == '0' { '1' } else { '0' });
        }),
        ("no signature", |framed| drop(framed.trailer.pop())),
        ("another value under the signature", |framed| {
            framed.trailer[0] = format!("{SHA256}:{}", checksum(b"something else"));
        }),
    ];
    assert_no_object(Mode::SignedChunksTrailer, &signature, 400, "MalformedTrailerError");
}

#[test]
fn a12_a_checksum_that_does_not_match_is_a_bad_digest() {
    let spoils: [Spoil; 2] = [
        ("the value", |framed| framed.trailer[0] = format!("{SHA256}:{}", checksum(b"another"))),
        ("the last byte", |framed| *framed.parts[2].data.last_mut().unwrap() ^= 1),
    ];
    assert_no_object(Mode::UnsignedTrailer, &spoils, 400, "BadDigest");
    // A checksum in the head of a body whose framing we take off.
    for mode in Mode::FRAMED {
        let world = Watched::new();
        let mut body = Body::put(&admin(), "/lake/a", mode, b"0123456789");
        body.draft = body.draft.header("x-amz-checksum-crc32", "AAAAAA==");
        assert_refused(&body.send(world.gateway.s3), 400, "BadDigest", "a checksum in the head");
        assert_nothing_whole(&world, mode);
    }
}

#[test]
fn a12_a_trailer_that_cannot_be_checked_is_refused_before_the_body() {
    let world = Watched::new();
    for name in ["x-amz-checksum-md5", "x-amz-meta-a", "content-length", "x-amz-checksum-sha256,x"]
    {
        let mut body = Body::put(&admin(), "/lake/a", Mode::UnsignedTrailer, b"0123456789");
        *body.value("x-amz-trailer") = name.to_owned();
        assert_refused(&body.send(world.gateway.s3), 400, "InvalidRequest", name);
    }
    world.assert_nothing_went_up();
}

#[test]
fn a13_a_decoded_length_that_is_not_the_contents_makes_no_object() {
    for mode in Mode::FRAMED {
        let world = Watched::new();
        for (value, status, code) in [
            ("24999", 400, "IncompleteBody"),
            ("25001", 400, "IncompleteBody"),
            ("0", 400, "IncompleteBody"),
            ("25000000000", 400, "IncompleteBody"),
            ("18446744073709551615", 400, "EntityTooLarge"),
            ("18446744073709551616", 400, "InvalidArgument"),
            ("-25000", 400, "InvalidArgument"),
            ("+25000", 400, "InvalidArgument"),
            ("0x61a8", 400, "InvalidArgument"),
            ("25000.0", 400, "InvalidArgument"),
        ] {
            for has_length in [true, false] {
                let mut body = Body::put(&admin(), "/lake/a", mode, &Pattern::bytes(8, 25_000));
                *body.value("x-amz-decoded-content-length") = value.to_owned();
                let response = Body { has_length, ..body }.send(world.gateway.s3);
                assert_refused(&response, status, code, &format!("{value} in {mode:?}"));
            }
        }
        let mut body = Body::put(&admin(), "/lake/a", mode, &Pattern::bytes(8, 25_000));
        body.draft.headers.retain(|(name, _)| *name != "x-amz-decoded-content-length");
        assert_refused(&body.send(world.gateway.s3), 411, "MissingContentLength", "none");
        assert_nothing_whole(&world, mode);
    }
}

#[test]
fn a14_the_size_of_a_chunk_is_hexadecimal_and_nothing_else() {
    let spoils: [Spoil; 10] = [
        ("0x", |framed| framed.parts[1].line.insert_str(0, "0x")),
        ("+", |framed| framed.parts[1].line.insert(0, '+')),
        ("-", |framed| framed.parts[1].line.insert(0, '-')),
        ("a blank", |framed| framed.parts[1].line.insert(0, ' ')),
        ("nothing", |framed| framed.parts[1].line = framed.parts[1].line.replacen("2710", "", 1)),
        ("a thousand zeros", |framed| framed.parts[1].line.insert_str(0, &"0".repeat(1_000))),
        ("17 digits", |framed| framed.parts[1].line.insert_str(0, &"0".repeat(13))),
        ("more than all", |framed| framed.parts[1].line.insert_str(0, "ffff")),
        ("an extension", |framed| framed.parts[1].line.push_str(";name=value")),
        ("an extension of 1 MiB", |framed| {
            framed.parts[1].line.push(';');
            framed.parts[1].line.push_str(&"x".repeat(1 << 20));
        }),
    ];
    for mode in Mode::FRAMED {
        assert_no_object(mode, &spoils, 400, "IncompleteBody");
    }
}

#[test]
fn a_body_that_stops_is_given_up() {
    let recorder = Recorder::start();
    let site = Site::applied(&recorder.upstream);
    site.configure("drain:", "limits: {body_idle_s: 1}\ndrain:");
    let gateway = site.serve();
    for mode in Mode::ALL {
        let framed = Body::put(&admin(), "/lake/a", mode, &Pattern::bytes(15, 25_000));
        let framed = framed.sign(gateway.s3);
        let mut connection = gateway.connect();
        connection.send(&framed.head.head());
        connection.send(&framed.body()[..12_000]);
        assert_refused(&connection.response(), 400, "RequestTimeout", &format!("{mode:?}"));
    }
    assert!(recorder.requests().iter().all(|request| !request.complete));
}

#[test]
fn a14_a_held_chunk_has_so_long_to_come() {
    let recorder = Recorder::start();
    let site = Site::applied(&recorder.upstream);
    site.configure("drain:", "limits: {chunk_s: 1}\ndrain:");
    let gateway = site.serve();
    let framed = Body::put(&admin(), "/lake/a", Mode::SignedChunks, &Pattern::bytes(16, 25_000));
    let framed = framed.sign(gateway.s3);
    let mut connection = gateway.connect();
    connection.send(&framed.head.head());
    connection.send(&framed.body()[..100]);
    // Then byte by byte, so that it never stands still.
    let (_never, paced) = mpsc::channel::<()>();
    for byte in framed.body().split_off(100) {
        let is_over = gateway.audit().iter().any(|record| record["code"] == "RequestTimeout");
        if is_over || connection.try_send(&[byte]).is_err() {
            break;
        }
        assert!(paced.recv_timeout(Duration::from_millis(20)).is_err());
    }
    assert_refused(&connection.response(), 400, "RequestTimeout", "a chunk that trickles");
    assert!(recorder.requests().iter().all(|request| !request.complete));
}

#[test]
fn a14_a_signed_chunk_has_16_mib_at_most() {
    let world = Watched::new();
    let length = (16 << 20) + 1;
    let content = Pattern::bytes(9, length);
    for mode in [Mode::SignedChunks, Mode::SignedChunksTrailer] {
        let body = Body::put(&admin(), "/lake/a", mode, &content);
        let body = Body { chunks: vec![content.len()], ..body };
        let mut connection = world.gateway.connect();
        let framed = body.sign(world.gateway.s3);
        // Its line alone: it is refused before any of it is held.
        connection.send(&framed.head.head());
        connection.send(format!("{}\r\n", framed.parts[0].line).as_bytes());
        assert_refused(&connection.response(), 400, "InvalidRequest", "16 MiB and a byte");
    }
    world.assert_nothing_went_up();
}

#[test]
fn a17_a_body_that_is_not_what_was_signed_never_goes_up_whole() {
    let world = Watched::new();
    let draft = Draft::put(&admin(), "/lake/a", b"what was signed");
    let response = draft.send(world.gateway.s3, b"what was set up");
    assert_refused(&response, 400, "XAmzContentSHA256Mismatch", "a small body");

    let empty = Draft { payload: sha256(b"x"), ..Draft::put(&admin(), "/lake/b", b"") };
    let response = empty.send(world.gateway.s3, b"");
    assert_eq!((response.status(), &*response.code()), (400, "XAmzContentSHA256Mismatch"));
    let seen = world.seen();
    assert!(seen.iter().all(|request| !request.complete), "{seen:#?}");
}

#[test]
fn a17_nor_does_one_of_64_mib() {
    let world = Watched::new();
    let length = 64 << 20;
    let draft =
        Draft { payload: Pattern::sha256(1, length), ..Draft::new(&admin(), "PUT", "/lake/big") }
            .header("content-length", length.to_string());
    let mut connection = world.gateway.connect();
    connection.send(&draft.sign(world.gateway.s3).head());
    for block in Pattern::blocks(2, length) {
        connection.send(&block);
    }
    assert_refused(&connection.response(), 400, "XAmzContentSHA256Mismatch", "64 MiB");
    let seen = world.seen();
    assert_eq!(seen.len(), 1);
    assert!(!seen[0].complete && seen[0].received < length, "{} bytes went up", seen[0].received);
}

#[test]
fn a17_an_object_whose_body_is_not_what_was_signed_does_not_appear_in_the_store() {
    let world = Stored::new();
    let length = 64 << 20;
    let draft =
        Draft { payload: Pattern::sha256(1, length), ..Draft::new(&admin(), "PUT", "/lake/big") }
            .header("content-length", length.to_string());
    let response = draft.send(world.gateway.s3, &Pattern::bytes(2, length));
    assert_refused(&response, 400, "XAmzContentSHA256Mismatch", "64 MiB");
    assert!(!world.store.has("lake", "big"));
    assert_eq!(Draft::new(&admin(), "HEAD", "/lake/big").send(world.gateway.s3, b"").status(), 404);
}

#[test]
fn a17_a_body_that_ends_early_never_makes_an_object() {
    let world = Watched::new();
    let mut connection = world.gateway.connect();
    connection
        .send(&Draft::put(&admin(), "/lake/a", &vec![7; 100_000]).sign(world.gateway.s3).head());
    connection.send(&vec![7; 60_000]);
    connection.finish();
    assert!(connection.is_closed() || connection.response().status() == 400);
    let seen = world.seen();
    assert!(seen.iter().all(|request| !request.complete), "{seen:#?}");
}

/// Sends 25 000 bytes in three chunks with each spoil: refused so, and the upstream never has a whole request.
fn assert_no_object(mode: Mode, spoils: &[Spoil], status: u16, code: &str) {
    let world = Watched::new();
    for (what, spoil) in spoils {
        let response = send_spoiled(&world, mode, *spoil);
        assert_refused(&response, status, code, &format!("{what} in {mode:?}"));
    }
    assert_nothing_whole(&world, mode);
}

fn send_spoiled(world: &Watched, mode: Mode, spoil: fn(&mut Framed)) -> Response {
    let body = Body::put(&admin(), "/lake/a", mode, &Pattern::bytes(10, 25_000));
    let mut framed = body.sign(world.gateway.s3);
    spoil(&mut framed);
    framed.send(world.gateway.s3)
}

fn flip_signature(framed: &mut Framed, part: usize) {
    let line = &mut framed.parts[part].line;
    let last = line.pop().unwrap();
    line.push(if last == '0' { '1' } else { '0' });
}

fn assert_nothing_whole(world: &Watched, mode: Mode) {
    let seen = world.seen();
    assert!(seen.iter().all(|request| !request.complete), "{mode:?}: {seen:#?}");
}

#[track_caller]
fn assert_refused(response: &Response, status: u16, code: &str, what: &str) {
    let answered = (response.status(), response.code());
    assert_eq!(answered, (status, code.to_owned()), "{what}: {}", response.text());
    assert_eq!(response.head.header("connection"), Some("close"), "{what}");
}

/// What is wrong with a body, and what makes it so.
type Spoil = (&'static str, fn(&mut Framed));
