//! Memory does not grow with the size of an object.

use crate::harness::{
    pattern::{Pattern, hex},
    recorder::Answer,
    sign::{Draft, UNSIGNED},
    site::admin,
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

const GIB: u64 = 1 << 30;
