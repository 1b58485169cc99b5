//! What runs when the gateway is told to end runs to its end.

use crate::harness::{
    gateway::Gateway,
    http::Connection,
    pattern::{Pattern, sha256},
    recorder::Answer,
    sign::Draft,
    site::admin,
    world::Watched,
};

#[test]
fn a_read_and_a_write_under_way_at_sigterm_complete() {
    completes_after("TERM");
}

#[test]
fn a_read_and_a_write_under_way_at_sigint_complete() {
    completes_after("INT");
}

#[test]
fn an_idle_gateway_ends_at_once_and_well() {
    for signal in ["TERM", "INT"] {
        let mut world = Watched::new();
        // A connection that nothing runs on holds nobody up.
        let _idle = world.gateway.connect();
        world.gateway.signal(signal);
        assert_eq!(world.gateway.wait().code(), Some(0), "{signal}: {}", world.gateway.printed());
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    let mut world = Watched::new();
    let (mut write, rest) = begin_write(&world);
    world.gateway.signal("TERM");
    wait_until_not_ready(&world.gateway);
    world.gateway.signal("TERM");
    assert_ne!(world.gateway.wait().code(), Some(0), "a request was cut");
    assert!(write.try_send(&rest).is_err() || write.is_closed());
    assert!(!world.recorder.only().complete);
}

#[test]
fn k06_a_draining_gateway_is_not_ready_and_still_serves_who_comes() {
    let world = Watched::new();
    drop(world.gateway);
    world.site.configure("delay_s: 0", "delay_s: 2");
    let mut gateway = world.site.serve();
    gateway.signal("TERM");
    wait_until_not_ready(&gateway);
    let response = Draft::new(&admin(), "GET", "/lake/a").send(gateway.s3, b"");
    assert_eq!(response.status(), 200);
    assert_eq!(response.head.header("connection"), Some("close"));
    assert_eq!(gateway.wait().code(), Some(0), "{}", gateway.printed());
}

#[test]
fn a_request_that_never_ends_is_cut_when_its_time_is_over() {
    let world = Watched::new();
    drop(world.gateway);
    world.site.configure("timeout_s: 60", "timeout_s: 1");
    let world = Watched { gateway: world.site.serve(), ..world };
    let (_write, _rest) = begin_write(&world);
    let mut gateway = world.gateway;
    gateway.signal("TERM");
    gateway.wait();
    assert!(!world.recorder.only().complete);
}

fn completes_after(signal: &str) {
    let mut world = Watched::answering(|request| match request.head.word(0) {
        "GET" => Answer::pattern(1, LENGTH),
        _ => Answer::ok(b""),
    });
    let mut read = world.gateway.connect();
    read.send(&Draft::new(&admin(), "GET", "/lake/down").sign(world.gateway.s3).head());
    let head = read.head();
    assert_eq!((head.status(), head.content_length()), (200, Some(LENGTH)));
    let mut down = vec![0; 100 * MIB];
    read.read_exact(&mut down[..MIB]);
    let (mut write, rest) = begin_write(&world);

    world.gateway.signal(signal);
    wait_until_not_ready(&world.gateway);

    read.read_exact(&mut down[MIB..]);
    assert_eq!(sha256(&down), Pattern::sha256(1, LENGTH));
    write.send(&rest);
    assert_eq!(write.response().status(), 200);
    let requests = world.recorder.requests();
    let written = requests.iter().find(|request| request.head.word(0) == "PUT").unwrap();
    assert!(written.complete);
    assert_eq!(written.sha256, Pattern::sha256(2, LENGTH));
    assert_eq!(world.gateway.wait().code(), Some(0), "{}", world.gateway.printed());
}

/// A signed `PUT` of 100 MiB of which half is at the upstream, and the other half.
fn begin_write(world: &Watched) -> (Connection, Vec<u8>) {
    let mut body = Pattern::bytes(2, LENGTH);
    let rest = body.split_off(body.len() / 2);
    let draft =
        Draft { payload: Pattern::sha256(2, LENGTH), ..Draft::new(&admin(), "PUT", "/lake/up") }
            .header("content-length", LENGTH.to_string());
    let mut connection = world.gateway.connect();
    connection.send(&draft.sign(world.gateway.s3).head());
    connection.send(&body);
    world.recorder.wait_for("write under way", |requests| {
        requests
            .iter()
            .any(|request| request.head.word(0) == "PUT" && request.received > MIB as u64)
    });
    (connection, rest)
}

/// Waits until the signal has been heard.
fn wait_until_not_ready(gateway: &Gateway) {
    gateway.wait_until("unready", || gateway.ops_status("/readyz") == 503);
}

const LENGTH: u64 = 100 << 20;
const MIB: usize = 1 << 20;
