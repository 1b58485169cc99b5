//! Leave is given before a body is sent, and a refusal arrives although the body is being sent.

use std::{fs, fs::File};

use crate::harness::{
    Key,
    clients::{Client, script},
    framed::{Body, Mode},
    gateway::Gateway,
    pattern::Pattern,
    sign::Draft,
    site::{admin, viewer},
    world::{Stored, Watched},
};

#[test]
fn c07_a_client_that_waits_for_leave_is_refused_before_it_sends() {
    for world in [Watched::new(), Watched::over_tls()] {
        for mode in Mode::ALL {
            let unknown = Key::new("TESTUNKNOWN00001", "x");
            for (key, status) in [(viewer(), 403), (unknown, 403), (admin(), 100)] {
                let mut body = Body::put(&key, "/lake/a", mode, b"abc");
                body.draft = body.draft.header("expect", "100-continue");
                let framed = body.sign(world.gateway.s3);
                let mut connection = world.gateway.connect();
                connection.send(&framed.head.head());
                // The body is withheld: what comes now comes without a byte of it.
                let head = connection.head();
                assert_eq!(head.status(), status, "{} in {mode:?}", key.id);
                if status == 100 {
                    connection.send(&framed.body());
                    assert_eq!(connection.response().status(), 200);
                } else {
                    assert_eq!(head.header("connection"), Some("close"));
                }
            }
        }
        let seen = world.seen();
        assert_eq!(seen.len(), Mode::ALL.len());
        assert!(seen.iter().all(|request| request.complete));
        assert!(seen.iter().all(|request| request.head.header("expect").is_none()));
    }
}

/// botocore before 1.44 misreads the next response of a connection on which its wait was answered by the end.
#[test]
fn c07_a_client_that_waits_gets_leave_or_a_connection_that_closes() {
    let world = Watched::new();
    let draft = Draft::put(&admin(), "/lake/empty", b"").header("expect", "100-continue");
    let mut connection = world.gateway.connect();
    connection.send(&draft.sign(world.gateway.s3).head());
    let head = connection.head();
    assert!(head.status() == 100 || head.header("connection") == Some("close"), "{head:?}");
}

#[test]
fn c08_a_refusal_reaches_a_client_in_the_middle_of_its_body() {
    for world in [Watched::new(), Watched::over_tls()] {
        let length = 64 << 20;
        let draft =
            Draft::new(&viewer(), "PUT", "/lake/big").header("content-length", length.to_string());
        let mut connection = world.gateway.connect();
        connection.send(&draft.sign(world.gateway.s3).head());
        // The client notices nothing before it has sent a good deal; then it may find the way shut.
        let mut blocks = Pattern::blocks(3, length);
        while let Some(block) = blocks.next()
            && connection.try_send(&block).is_ok()
        {}
        let response = connection.response();
        assert_eq!((response.status(), &*response.code()), (403, "AccessDenied"));
        assert!(response.message().contains("fs:WriteObject"));
        // Over TLS it ends as TLS ends, so that nothing can have been cut off.
        assert!(world.gateway.trust.is_none() || connection.read(&mut [0]).unwrap() == 0);
        world.assert_nothing_went_up();
    }
}

#[test]
fn c08_what_is_read_of_a_refused_body_has_an_end() {
    let world = Watched::new();
    let draft = Draft::new(&viewer(), "PUT", "/lake/big")
        .header("content-length", (5_u64 << 30).to_string());
    let mut connection = world.gateway.connect();
    connection.send(&draft.sign(world.gateway.s3).head());
    let mut sent = 0;
    for block in Pattern::blocks(4, 5 << 30) {
        if connection.try_send(&block).is_err() {
            break;
        }
        sent += block.len();
    }
    // `limits.linger_bytes_max`, and what lies in sockets.
    assert!(sent < (2 << 30) + (64 << 20), "{} MiB were taken", sent >> 20);
    world.assert_nothing_went_up();
}

#[test]
fn a_viewers_put_of_12_mib_reads_access_denied() {
    for world in [Stored::over_tls(), Stored::new()] {
        world.gateway.client(&viewer()).script("refused_put", &[]);
        assert!(!world.store.has("lake", "big"));
    }
}

#[test]
fn c08_boto3_reads_access_denied_in_the_middle_of_a_gibibyte() {
    for world in [Watched::over_tls(), Watched::new()] {
        let client = uploader(&world.gateway);
        let printed = client.script("refused_gibibyte", &["big"]);
        assert!(printed.starts_with("refused after "), "{printed}");
        world.assert_nothing_went_up();
    }
}

#[test]
fn c08_the_cli_reads_access_denied_in_the_middle_of_a_gibibyte() {
    for world in [Watched::over_tls(), Watched::new()] {
        let client = uploader(&world.gateway);
        let config = "[plugins]\nno_expect = no_expect\n";
        fs::write(client.home().join("config"), config).unwrap();
        let client = client
            .set("AWS_CONFIG_FILE", "config")
            .set("PYTHONPATH", script("no_expect").parent().unwrap().as_os_str());
        let put = ["s3api", "put-object", "--bucket", "lake", "--key", "big", "--body", "big"];
        let refused = client.try_aws(&put);
        assert!(!refused.success, "{refused:?}");
        assert!(refused.stderr.contains("(AccessDenied)"), "{refused:?}");
        assert!(refused.stderr.contains("fs:WriteObject"), "{refused:?}");
        world.assert_nothing_went_up();
    }
}

/// A viewer with a file `big` of 1 GiB.
fn uploader(gateway: &Gateway) -> Client {
    let client = gateway.client(&viewer());
    File::create(client.home().join("big")).unwrap().set_len(1 << 30).unwrap();
    client
}
