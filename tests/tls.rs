//! TLS with clients: who is shown to them, and what is refused.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read as _, Write as _},
    os::unix::fs::symlink,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use rustls::{
    ClientConfig, ClientConnection, SupportedProtocolVersion, pki_types::ServerName, version,
};

use crate::harness::{
    certificates::{Authority, Pair},
    gateway::Gateway,
    http::{Connection, assert_is_end},
    recorder::{Answer, Recorder},
    sign::Draft,
    site::{Site, admin},
    tls,
    world::{Stored, Watched, assert_copies_both_ways},
};

#[test]
fn cli_copies_both_ways_over_tls() {
    assert_copies_both_ways(&Stored::over_tls());
}

#[test]
fn boto3_makes_reads_and_removes_objects_over_tls() {
    let world = Stored::over_tls();
    let folder = world.store.file("lake", "");
    let client = world.gateway.client(&admin());
    client.script("objects", &["lake", folder.to_str().unwrap()]);
}

#[test]
fn connections_over_tls_are_kept_for_the_next_request() {
    let authority = Authority::new();
    let server = tls::server(&authority.server());
    let recorder = Recorder::over_tls(server, authority.pem(), |_| Answer::ok(b"kept"));
    let site = Site::applied(&recorder.upstream).over_tls();
    let gateway = site.serve();
    let mut connection = gateway.connect();
    let mut ports = BTreeSet::new();
    for _ in 0..10 {
        let request = Draft::new(&admin(), "GET", "/lake/a").sign(gateway.s3);
        assert_eq!(request.send_on(&mut connection, b"").body, b"kept");
        ports.extend(gateway.ports_to(recorder.upstream.address));
    }
    assert_eq!((ports.len(), recorder.requests().len()), (1, 10), "{ports:?}");
}

#[test]
fn c12_tls_1_2_and_1_3_are_spoken() {
    let world = Watched::over_tls();
    for version in [&version::TLS12, &version::TLS13] {
        let client = Arc::new(client_of(&world.site, version, &[]));
        let mut connection = Connection::open_tls(world.gateway.s3, &client);
        let request = Draft::new(&admin(), "GET", "/lake/a").sign(world.gateway.s3);
        assert_eq!(request.send_on(&mut connection, b"").status(), 200, "{version:?}");
    }
}

#[test]
fn c12_tls_1_0_and_1_1_are_refused() {
    let world = Watched::over_tls();
    // A fatal alert, `protocol_version`. Source: RFC 5246, section 7.2.
    assert_eq!(answer_to(&world, &hello(2, STRONG)), (21, [2, 70]), "TLS 1.1");
    assert_eq!(answer_to(&world, &hello(1, STRONG)), (21, [2, 70]), "TLS 1.0");
    // The same of TLS 1.2 goes on.
    assert_goes_on(answer_to(&world, &hello(3, STRONG)));
    world.assert_nothing_went_up();
}

#[test]
fn c12_weak_suites_alone_are_refused() {
    let world = Watched::over_tls();
    for (weak, name) in [
        ([0xc0, 0x09, 0xc0, 0x13], "ECDHE with CBC"),
        ([0x00, 0x9c, 0x00, 0x2f], "the key by RSA"),
        ([0xc0, 0x07, 0x00, 0x05], "RC4"),
        ([0xc0, 0x06, 0x00, 0x02], "no cipher"),
    ] {
        // A fatal alert, `handshake_failure`.
        assert_eq!(answer_to(&world, &hello(3, weak)), (21, [2, 40]), "{name}");
    }
    // One that is not weak among them is taken.
    assert_goes_on(answer_to(&world, &hello(3, [0xc0, 0x09, 0xc0, 0x2b])));
    world.assert_nothing_went_up();
}

#[test]
fn c12_another_hosts_name_is_shown_the_same_certificate() {
    let world = Watched::over_tls();
    let client = &world.gateway.trust.as_ref().unwrap().client;
    let name = ServerName::try_from("somebody-elses.example.com").unwrap();
    let mut conn = ClientConnection::new(Arc::clone(client), name).unwrap();
    let mut stream = tls::dial(world.gateway.s3);
    // The client tells for whom the certificate is that it was shown.
    let refused = loop {
        match conn.complete_io(&mut stream) {
            Ok(_) => assert!(conn.is_handshaking(), "a certificate for somebody else"),
            Err(refused) => break refused.to_string(),
        }
    };
    for part in ["not valid for name", "somebody-elses", "127.0.0.1", "localhost"] {
        assert!(refused.contains(part), "{refused}");
    }
    world.assert_nothing_went_up();
}

#[test]
fn c12_http_1_1_is_the_only_protocol_that_is_agreed_to() {
    let world = Watched::over_tls();
    let agreed = |protocols: &[&str]| {
        let client = Arc::new(client_of(&world.site, &version::TLS13, protocols));
        let stream = tls::handshake(world.gateway.s3, &client);
        stream.map(|stream| stream.conn.alpn_protocol().map(<[u8]>::to_vec))
    };
    assert_eq!(agreed(&["h2", "http/1.1"]).unwrap().as_deref(), Some(b"http/1.1".as_slice()));
    assert_eq!(agreed(&[]).unwrap(), None);
    let refused = agreed(&["h2"]).unwrap_err().to_string();
    assert!(refused.contains("NoApplicationProtocol"), "{refused}");
}

#[test]
fn plain_http_is_not_answered_where_tls_is_spoken() {
    let world = Watched::over_tls();
    let request = Draft::new(&admin(), "GET", "/lake/a").sign(world.gateway.s3);
    let mut connection = Connection::open(world.gateway.s3);
    connection.send(&request.head());
    let mut answer = [0; 64];
    let read = connection.read(&mut answer).unwrap();
    // An alert, and the end.
    assert_eq!(answer[..read].first(), Some(&21), "{:?}", &answer[..read]);
    assert!(connection.is_closed());
    world.assert_nothing_went_up();
}

#[test]
fn c04_handshakes_that_never_end_hold_up_nobody_and_are_ended() {
    let recorder = Recorder::start();
    let site = Site::applied(&recorder.upstream).over_tls();
    site.configure("drain:", "limits: {header_timeout_s: 1}\ndrain:");
    let gateway = site.serve();
    let mut stuck: Vec<_> = (0..20)
        .map(|number| {
            let mut stream = tls::dial(gateway.s3);
            stream.write_all(&hello(3, STRONG)[..number]).unwrap();
            stream
        })
        .collect();
    assert_eq!(gateway.send(&Draft::new(&admin(), "GET", "/lake/a"), b"").status(), 200);
    for stream in &mut stuck {
        // Without the setting it would be ten seconds.
        stream.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
        match stream.read(&mut [0; 64]) {
            Ok(read) => assert_eq!(read, 0, "an answer to a part of a handshake"),
            Err(error) => assert_is_end(&error),
        }
    }
}

#[test]
fn c04_a_client_that_takes_none_of_its_answer_is_cut_with_tls_and_without() {
    for ready in [Site::over_tls, |site| site] {
        let recorder = Recorder::answering(|_| Answer::pattern(5, 64 << 20));
        let site = ready(Site::applied(&recorder.upstream));
        site.configure("drain:", "limits: {body_idle_s: 1}\ndrain:");
        let gateway = site.serve();
        let mut connection = gateway.connect();
        connection.send(&Draft::new(&admin(), "GET", "/lake/a").sign(gateway.s3).head());
        assert_eq!(connection.head().status(), 200);
        // From here on nothing is read.
        let record = gateway.wait_for_audit("the end", |record| record["key"] == "a");
        assert_eq!(record["outcome"], "aborted", "{record}");
        assert!(record["bytes_out"].as_u64().unwrap() < 64 << 20, "{record}");
    }
}

#[test]
fn c12_a_certificate_is_replaced_under_load_without_a_failed_handshake() {
    let world = Watched::over_tls();
    let (site, gateway) = (&world.site, &world.gateway);
    // A connection from before, which goes on.
    let mut kept = gateway.connect();
    let request = Draft::new(&admin(), "GET", "/lake/a").sign(gateway.s3);
    assert_eq!(request.send_on(&mut kept, b"").status(), 200);

    let (ends, handshakes) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut last = site.authority().server();
    thread::scope(|scope| {
        // Also when a swap is not taken: else the clients would go on for ever.
        let end = End(&ends);
        let clients: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    while !ends.load(Ordering::Relaxed) {
                        // A configuration of its own: no session is resumed.
                        let client = Arc::new(client_of(site, &version::TLS13, &[]));
                        tls::handshake(gateway.s3, &client).unwrap();
                        handshakes.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for swap in 0..20 {
            last = site.authority().server();
            if swap % 2 == 0 {
                site.show(&last);
            } else {
                show_by_link(site, &last, swap);
            }
            // Half of the swaps follow the one before at once.
            if swap % 4 > 1 {
                wait_until_shown(gateway, &last);
            }
        }
        wait_until_shown(gateway, &last);
        drop(end);
        for client in clients {
            client.join().unwrap();
        }
    });
    assert!(handshakes.load(Ordering::Relaxed) > 100, "{handshakes:?}");
    assert_eq!(request.send_on(&mut kept, b"").status(), 200);
    gateway.log().find("`certificate reloaded`", |line| {
        (line.contains("INFO") && line.contains("certificate reloaded")).then_some(())
    });
}

#[test]
fn c12_a_pair_that_does_not_fit_changes_nothing_and_is_told_of_once() {
    let world = Watched::over_tls();
    let (site, gateway) = (&world.site, &world.gateway);
    let first = shown(gateway);
    let told = |words: &str| {
        gateway.log().find(words, |line| {
            (line.contains("certificate not reloaded") && line.contains(words)).then_some(())
        });
        assert_eq!(shown(gateway), first);
    };
    let next = site.authority().server();
    site.write("tls.crt", &next.certificate);
    told("does not belong");
    site.write("tls.crt", &next.certificate[..next.certificate.len() / 2]);
    told("cut off");
    site.write("tls.crt", "");
    told("no certificate");
    fs::remove_file(site.path("tls.crt")).unwrap();
    told("No such file");
    site.write("tls.key", "");
    // Both files' faults; that of the certificate has been told.
    told("empty");
    let lines = gateway.log().all();
    for words in ["does not belong", "cut off", "no certificate", "No such file", "empty"] {
        assert_eq!(lines.iter().filter(|line| line.contains(words)).count(), 1, "{lines:#?}");
    }
    site.show(&next);
    wait_until_shown(gateway, &next);
    assert!(!gateway.printed().contains("PRIVATE KEY"));
}

#[test]
fn what_is_wrong_with_certificate_and_key_is_told_at_once() {
    let site = Site::applied(&Recorder::start().upstream).over_tls();
    let pair = site.authority().server();
    for (certificate, key) in [("", ""), (&*pair.key, &*pair.certificate)] {
        site.write("tls.crt", certificate);
        site.write("tls.key", key);
        let checked = site.run(&["check-config", "--config", "lakegate.yaml"]);
        for place in ["tls.certificate_file", "tls.key_file"] {
            assert!(checked.stderr.contains(place), "{place}: {checked:#?}");
        }
    }
}

#[test]
fn a_certificate_of_ours_that_is_not_valid_now_is_used_and_warned_of() {
    let recorder = Recorder::start();
    let site = Site::applied(&recorder.upstream).over_tls();
    let expired = site.authority().expired_server();
    let warned = |gateway: &Gateway| {
        gateway.log().find("warning", |line| {
            let is_it = line.contains("WARN") && line.contains("our certificate is not valid now");
            (is_it && line.contains("of=tls") && line.contains("expired 2020-01-01T00:00:00Z"))
                .then_some(())
        });
    };
    // When it replaces one that is.
    let gateway = site.serve();
    site.show(&expired);
    warned(&gateway);
    gateway.stop();
    // At the start, and before.
    warned(&site.serve());
    let checked = site.run(&["check-config", "--config", "lakegate.yaml"]);
    assert!(checked.stdout.contains("not valid now: expired 2020-01-01T"), "{checked:#?}");
    // One that comes back in time is taken in silence.
    site.show(&site.authority().server());
    let checked = site.run(&["check-config", "--config", "lakegate.yaml"]);
    assert!(!checked.stdout.contains("not valid"), "{checked:#?}");
}

#[test]
fn a_pipe_in_the_place_of_a_certificate_or_key_holds_nothing_up() {
    let world = Watched::over_tls();
    let (site, gateway) = (&world.site, &world.gateway);
    for name in ["tls.crt", "tls.key"] {
        make_pipe(&site.path(name));
        gateway.log().find("a pipe", |line| {
            (line.contains(name) && line.contains("not a regular file")).then_some(())
        });
        let checked = site.run(&["check-config", "--config", "lakegate.yaml"]);
        let told = &checked.stderr;
        assert!(told.contains(name) && told.contains("not a regular file"), "{checked:#?}");
        assert_eq!(checked.code, Some(2), "{checked:#?}");
        // And the next pair is seen.
        fs::remove_file(site.path(name)).unwrap();
        let next = site.authority().server();
        site.show(&next);
        wait_until_shown(gateway, &next);
    }
    world.gateway.stop();
}

/// Says so when it is dropped.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A client of this version alone that offers these protocols and trusts the site's authority.
fn client_of(
    site: &Site,
    version: &'static SupportedProtocolVersion,
    protocols: &[&str],
) -> ClientConfig {
    let mut client = tls::client_speaking(site.authority().pem(), &[version]);
    client.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    client
}

/// The certificate that a handshake shows, in DER.
fn shown(gateway: &Gateway) -> Vec<u8> {
    let trust = gateway.trust.as_ref().unwrap();
    // Without the sessions of the last one.
    let mut client = ClientConfig::clone(&trust.client);
    client.resumption = rustls::client::Resumption::disabled();
    let stream = tls::handshake(gateway.s3, &Arc::new(client)).unwrap();
    stream.conn.peer_certificates().unwrap()[0].to_vec()
}

fn wait_until_shown(gateway: &Gateway, pair: &Pair) {
    let certificate = tls::first(&pair.certificate);
    gateway.wait_until("shown", || shown(gateway) == certificate.as_ref());
}

/// Shows `pair` as Kubernetes does: both files are links through one that is replaced.
fn show_by_link(site: &Site, pair: &Pair, number: u32) {
    let folder = site.path(&format!("secret-{number}"));
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("tls.crt"), &pair.certificate).unwrap();
    fs::write(folder.join("tls.key"), &pair.key).unwrap();
    let replace = |target: &str, name: &str| {
        let link = site.path("new-link");
        symlink(target, &link).unwrap();
        fs::rename(link, site.path(name)).unwrap();
    };
    replace(&format!("secret-{number}"), "..data");
    for name in ["tls.crt", "tls.key"] {
        replace(&format!("..data/{name}"), name);
    }
}

/// Puts a pipe that nobody writes to in the place of the file at `path`.
fn make_pipe(path: &Path) {
    let new = path.with_extension("pipe");
    assert!(Command::new("mkfifo").arg(&new).status().unwrap().success());
    fs::rename(new, path).unwrap();
}

/// What the server says first to these bytes: the record's kind, and the first two bytes in it.
fn answer_to(world: &Watched, bytes: &[u8]) -> (u8, [u8; 2]) {
    let mut stream = tls::dial(world.gateway.s3);
    stream.write_all(bytes).unwrap();
    let mut start = [0; 7];
    stream.read_exact(&mut start).unwrap();
    (start[0], [start[5], start[6]])
}

/// A handshake's record, `server_hello` in it.
#[track_caller]
fn assert_goes_on((kind, [message, _]): (u8, [u8; 2])) {
    assert_eq!((kind, message), (22, 2));
}

/// A `ClientHello` of TLS 1.`minor - 1` with these two suites and all else that the server needs.
/// Sources: RFC 5246, section 7.4.1.2; RFC 8422.
fn hello(minor: u8, suites: [u8; 4]) -> Vec<u8> {
    let mut hello = vec![3, minor];
    hello.extend([7; 32]);
    // No session; the suites; no compression.
    hello.extend([0, 0, 4]);
    hello.extend(suites);
    hello.extend([1, 0]);
    // ecdsa_secp256r1_sha256, x25519, uncompressed points.
    hello.extend([0, 22, 0, 13, 0, 4, 0, 2, 4, 3, 0, 10, 0, 4, 0, 2, 0, 29, 0, 11, 0, 2, 1, 0]);
    let length = u8::try_from(hello.len()).unwrap();
    [&[22, 3, 1, 0, length + 4, 1, 0, 0, length], hello.as_slice()].concat()
}

/// `ECDHE_ECDSA` and `ECDHE_RSA` with `AES_128_GCM`.
const STRONG: [u8; 4] = [0xc0, 0x2b, 0xc0, 0x2f];
