//! Memory does not grow with the size of an object.

use std::{env, net::TcpListener, thread};

use crate::harness::{
    Upstream,
    framed::{Body, Mode, stream},
    pattern::{Pattern, hex},
    post::{self, Version},
    recorder::Answer,
    sign::{Draft, UNSIGNED},
    site::{Site, admin},
    world::Watched,
};

use sha2::{Digest as _, Sha256};

#[test]
fn a_gibibyte_goes_up_and_down_in_less_than_64_mib() {
    let world = Watched::answering(|request| match request.head.word(0) {
        "GET" => Answer::pattern(1, GIB),
        _ => Answer::ok(b""),
    });
    let hash = Pattern::sha256(1, GIB);
    for payload in [hash.as_str(), UNSIGNED] {
        let draft =
            Draft { payload: payload.to_owned(), ..Draft::new(&admin(), "PUT", "/lake/big") }
                .header("content-length", GIB.to_string());
        let mut connection = world.gateway.connect();
        connection.send(&draft.sign(world.gateway.s3).head());
        for block in Pattern::blocks(1, GIB) {
            connection.send(&block);
        }
        assert_eq!(connection.response().status(), 200);
    }
    for request in world.seen() {
        assert!(request.complete);
        assert_eq!(request.sha256, hash);
    }

    let mut connection = world.gateway.connect();
    connection.send(&Draft::new(&admin(), "GET", "/lake/big").sign(world.gateway.s3).head());
    assert_eq!(connection.head().content_length(), Some(GIB));
    let mut down = Sha256::new();
    let mut block = vec![0; 1 << 20];
    for _ in 0..GIB >> 20 {
        connection.read_exact(&mut block);
        down.update(&block);
    }
    assert_eq!(hex(&down.finalize()), hash);

    let peak = world.gateway.peak_memory();
    assert!(peak < 64 << 20, "{} MiB resident at the peak", peak >> 20);
}

#[test]
fn a_form_of_128_mib_goes_up_in_less_than_64_mib() {
    let length = GIB / 8;
    let world = Watched::new();
    let form = post::Draft::new(&admin(), Version::V4, "big").sign(b"");
    let (start, end) = (form.start(), form.end.as_slice());
    let all = usize::try_from(length).unwrap() + start.len() + end.len();
    let mut connection = world.gateway.connect();
    connection.send(&form.head(world.gateway.s3, Some(all)));
    connection.send(&start);
    for block in Pattern::blocks(1, length) {
        connection.send(&block);
    }
    connection.send(end);
    assert_eq!(connection.response().status(), 204);
    let seen = world.seen();
    assert!(seen[0].complete);
    assert_eq!(seen[0].sha256, Pattern::sha256(1, length));
    let peak = world.gateway.peak_memory();
    assert!(peak < 64 << 20, "{} MiB resident at the peak", peak >> 20);
}

/// In its long form, by `tests/flat-memory`, 100 uploads of 100 MiB at once.
#[test]
#[expect(clippy::print_stderr, reason = "`tests/flat-memory` is run for the figures")]
fn memory_is_flat_in_every_payload_mode() {
    let uploads = number("LAKEGATE_TEST_UPLOADS", 8);
    let length = number("LAKEGATE_TEST_UPLOAD_MIB", 16) << 20;
    for mode in Mode::ALL {
        let world = Watched::new();
        let address = world.gateway.s3;
        let before = world.gateway.peak_memory();
        let sent: Vec<_> = (0..uploads)
            .map(|_| thread::spawn(move || stream(address, &admin(), "/lake/big", mode, 1, length)))
            .collect();
        for response in sent {
            let response = response.join().unwrap();
            assert_eq!(response.status(), 200, "{mode:?}: {}", response.text());
        }
        let peak = world.gateway.peak_memory();
        eprintln!(
            "{mode:?}: {uploads} uploads of {} MiB at once, {} MiB before, {} MiB resident at the peak",
            length >> 20,
            before >> 20,
            peak >> 20
        );
        // The buffers of two connections and a signed chunk, for each upload.
        let bound = (32 << 20) + uploads * (3 << 20);
        assert!(peak < bound, "{mode:?}: {} MiB resident at the peak", peak >> 20);
    }
}

#[test]
fn k11_large_chunks_to_a_store_that_stands_still_stay_within_their_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let site = Site::applied(&Upstream::at(&listener));
    let limits = "limits: {held_bytes_max: 67108864, body_idle_s: 2, upstream_answer_s: 2}";
    site.configure("drain:", &format!("{limits}\ndrain:"));
    // Connections are taken, and nothing is read from them.
    let store = thread::spawn(move || listener.incoming().take(4).collect::<Vec<_>>());
    let gateway = site.serve();
    let content = Pattern::bytes(14, 32 << 20);
    let uploads: Vec<_> = (0..12)
        .map(|number| {
            let body = Body::put(&admin(), "/lake/a", Mode::SignedChunks, &content);
            let framed = Body { chunks: vec![16 << 20], ..body }.sign(gateway.s3);
            let mut connection = gateway.connect();
            thread::spawn(move || {
                connection.send(&framed.head.head());
                // It may be refused before all of it was sent.
                let _all_or_not = connection.try_send(&framed.body());
                (number, connection.response().status())
            })
        })
        .collect();
    for upload in uploads {
        let (number, status) = upload.join().unwrap();
        assert_eq!(status, 503, "upload {number}");
    }
    drop(store);
    let peak = gateway.peak_memory();
    assert!(peak < 112 << 20, "{} MiB resident at the peak", peak >> 20);
}

/// What the environment says, or the short form of a test.
#[expect(clippy::disallowed_methods, reason = "the long form is asked for by the environment")]
fn number(name: &str, short: u64) -> u64 {
    env::var(name).map_or(short, |text| text.parse().unwrap())
}

const GIB: u64 = 1 << 30;
