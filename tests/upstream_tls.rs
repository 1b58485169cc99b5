//! TLS to the upstream: who it has to be, who we are to it, and what happens when it is not so.

use std::io::ErrorKind;

use crate::harness::{
    certificates::Authority,
    gateway::Gateway,
    recorder::{Answer, Recorder},
    sign::Draft,
    site::{Site, admin},
    tls,
    versitygw::VersityGw,
    world::{Stored, Watched, assert_copies_both_ways},
};

#[test]
fn a_store_that_speaks_tls_is_reached_over_tls() {
    assert_copies_both_ways(&Stored::before(VersityGw::over_tls(), Site::over_tls));
}

#[test]
fn a_store_is_verified_by_the_authorities_that_the_system_trusts() {
    let store = VersityGw::over_tls();
    store.make_bucket("lake");
    let site = Site::applied(&store.upstream);
    let named = format!("\n  ca_file: {}", site.path("upstream-ca.pem").display());
    site.configure(&named, "");
    let put = |gateway: &Gateway| gateway.send(&Draft::put(&admin(), "/lake/a", b"a"), b"a");
    let args = ["serve", "--config", "lakegate.yaml"];

    let trusting = site.path("upstream-ca.pem");
    let gateway = site.serve_with(site.lakegate().args(args).env("SSL_CERT_FILE", &trusting));
    assert_eq!(put(&gateway).status(), 200);
    drop(gateway);

    site.write("other.pem", Authority::new().pem());
    let trusting = site.path("other.pem");
    let gateway = site.serve_with(site.lakegate().args(args).env("SSL_CERT_FILE", &trusting));
    assert_eq!(put(&gateway).status(), 503);

    // And a system that trusts nobody is told of, not asked.
    let lost = site.path("no-such-file.pem");
    let output = site.lakegate().args(args).env("SSL_CERT_FILE", &lost).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.contains("upstream.endpoint: this system trusts no certificate authority"),
        "{told}"
    );
}

#[test]
fn c12_an_upstream_that_is_not_who_it_should_be_gets_nothing() {
    let trusted = Authority::new();
    for (pair, words) in [
        (Authority::new().server(), "UnknownIssuer"),
        (trusted.server_for(&["store.example.com"]), "not valid for name"),
        (trusted.expired_server(), "expired"),
    ] {
        let recorder = Recorder::over_tls(tls::server(&pair), trusted.pem(), |_| Answer::ok(b""));
        let site = Site::applied(&recorder.upstream);
        let gateway = site.serve();
        let response = gateway.send(&Draft::put(&admin(), "/lake/a", b"secret"), b"secret");
        let refused = (response.status(), response.code());
        assert_eq!(refused, (503, "ServiceUnavailable".to_owned()), "{words}");
        assert!(!response.text().to_lowercase().contains("certificate"), "{}", response.text());
        gateway.log().find(words, |line| {
            (line.contains("upstream failed") && line.contains(words)).then_some(())
        });
        assert!(recorder.requests().is_empty(), "{words}: {:#?}", recorder.requests());
    }
}

#[test]
fn c12_an_upstream_that_speaks_no_tls_gets_nothing() {
    let world = Watched::new();
    drop(world.gateway);
    world.site.configure("endpoint: http:", "endpoint: https:");
    world.site.write("ca.pem", Authority::new().pem());
    world.site.configure("addressing: path", "addressing: path\n  ca_file: ca.pem\n");
    // The store waits for the end of a line, and the gateway for an answer.
    world.site.configure("drain:", "limits: {upstream_connect_s: 1}\ndrain:");
    let gateway = world.site.serve();
    let response = gateway.send(&Draft::put(&admin(), "/lake/a", b"secret"), b"secret");
    assert_eq!((response.status(), response.code().as_str()), (503, "ServiceUnavailable"));
    let requests = world.recorder.requests();
    assert!(!format!("{requests:?}").contains("lake"), "{requests:#?}");
}

#[test]
fn an_upstream_that_asks_who_we_are_is_shown_our_certificate() {
    let (stores, ours) = (Authority::new(), Authority::new());
    let server = tls::server_asking(&stores.server(), ours.pem());
    let recorder = Recorder::over_tls(server, stores.pem(), |_| Answer::ok(b""));
    let site = Site::applied(&recorder.upstream);
    let put =
        |gateway: &Gateway| gateway.send(&Draft::put(&admin(), "/lake/a", b"a"), b"a").status();

    let gateway = site.serve();
    assert_eq!(put(&gateway), 503);
    assert!(recorder.requests().is_empty());
    drop(gateway);

    let pair = Authority::new().client();
    site.write("client.crt", &pair.certificate);
    site.write("client.key", &pair.key);
    let files = "client_certificate_file: client.crt\n  client_key_file: client.key";
    site.configure("addressing: path", &format!("addressing: path\n  {files}"));
    let gateway = site.serve();
    assert_eq!(put(&gateway), 503, "a certificate of somebody else");
    assert!(recorder.requests().is_empty());

    // And one that replaces it is shown from then on.
    let pair = ours.client();
    site.write("client.crt", &pair.certificate);
    site.write("client.key", &pair.key);
    gateway.log().find("`certificate reloaded`", |line| {
        line.contains("certificate reloaded of=upstream").then_some(())
    });
    assert_eq!(put(&gateway), 200);
    assert!(recorder.only().complete);
}

#[test]
fn another_authority_for_the_upstream_counts_once_its_file_has_changed() {
    let authority = Authority::new();
    let server = tls::server(&authority.server());
    let recorder = Recorder::over_tls(server, Authority::new().pem(), |_| Answer::ok(b""));
    let site = Site::applied(&recorder.upstream);
    let gateway = site.serve();
    let get = || gateway.send(&Draft::new(&admin(), "GET", "/lake/a"), b"").status();
    assert_eq!(get(), 503);
    site.write("upstream-ca.pem", authority.pem());
    gateway.wait_until("trusting", || get() == 200);
}

#[test]
fn k04_an_upstream_that_breaks_off_over_tls_breaks_the_clients_response_off() {
    let authority = Authority::new();
    let server = tls::server(&authority.server());
    let recorder = Recorder::over_tls(server, authority.pem(), |_| Answer {
        headers: vec![("Content-Length", "100000".to_owned())],
        closes: true,
        ..Answer::ok(&vec![7; 60_000])
    });
    let site = Site::applied(&recorder.upstream).over_tls();
    let gateway = site.serve();
    let mut connection = gateway.connect();
    connection.send(&Draft::new(&admin(), "GET", "/lake/cut").sign(gateway.s3).head());
    assert_eq!(connection.head().content_length(), Some(100_000));
    let mut block = vec![0; 1_000];
    let end = loop {
        match connection.read(&mut block) {
            Ok(1..) => {}
            end => break end,
        }
    };
    // TLS itself says that this is not where we stopped.
    assert_eq!(end.map_err(|error| error.kind()), Err(ErrorKind::UnexpectedEof));
}
