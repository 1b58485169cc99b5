//! The operations listener, and what the S3 listener does not answer.

use crate::harness::{
    recorder::Recorder,
    sign::Draft,
    site::{Site, admin},
    world::Watched,
};

#[test]
fn a_gateway_that_serves_is_alive_and_ready() {
    let world = Watched::new();
    assert_eq!(world.gateway.ops_status("/livez"), 200);
    assert_eq!(world.gateway.ops_status("/readyz"), 200);
    assert_eq!(world.gateway.ops_status("/nothing"), 404);
    assert!(world.recorder.requests().is_empty(), "readiness does not ask the upstream");
}

#[test]
fn i14_probes_are_not_on_the_s3_listener() {
    let world = Watched::new();
    for path in ["/livez", "/readyz", "/metrics"] {
        let mut connection = world.gateway.connect();
        connection
            .send(format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", world.gateway.s3).as_bytes());
        assert_eq!(connection.response().status(), 403, "{path}");
    }
    assert_eq!(Draft::new(&admin(), "HEAD", "/livez").send(world.gateway.s3, b"").status(), 200);
    assert_eq!(world.seen()[0].head.word(1).trim_end_matches('/'), "/livez");
}

#[test]
fn a_gateway_whose_upstream_is_away_is_ready_and_answers_503() {
    let recorder = Recorder::start();
    let mut upstream = recorder.upstream.clone();
    // Bound and let go: nobody listens there.
    upstream.address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let site = Site::applied(&upstream);
    let gateway = site.serve();
    let response = Draft::new(&admin(), "GET", "/lake/a").send(gateway.s3, b"");
    assert!(matches!(response.status(), 502 | 503), "{}", response.text());
    assert_eq!(gateway.ops_status("/readyz"), 200);
    gateway.stop();
}
