//! The real program, serving: its addresses, its audit lines, its end.

use std::{
    fs,
    io::{self, Write as _},
    net::SocketAddr,
    process::{Command, ExitStatus},
    time::Duration,
};

use serde_json::Value;

use super::{
    Key,
    clients::Client,
    http::{Connection, Response},
    process::{Lines, Process},
    sign::Draft,
    tls::{self, Trust},
};

/// A gateway that is ready, killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Gateway {
    process: Process,
    pub(crate) s3: SocketAddr,
    pub(crate) ops: SocketAddr,
    /// What its clients need where it speaks TLS.
    pub(crate) trust: Option<Trust>,
}

impl Gateway {
    /// Starts `command` and waits until it says `ready`.
    pub(crate) fn start(command: &mut Command) -> Self {
        let process = Process::start("lakegate", command);
        process
            .stderr
            .find("`ready`", |line| line.split(' ').any(|word| word == "ready").then_some(()));
        let address = |listener: &str| {
            process.stderr.find(&format!("`listening listener={listener}`"), |line| {
                let line = line.contains("listening").then_some(line)?;
                (field(line, "listener")? == listener)
                    .then(|| field(line, "address")?.parse().ok())?
            })
        };
        Self { s3: address("s3"), ops: address("ops"), process, trust: None }
    }

    /// The same, for clients that are to use TLS.
    pub(crate) fn over_tls(self, trust: Trust) -> Self {
        Self { trust: Some(trust), ..self }
    }

    /// The endpoint as a client is told it.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.trust.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.s3)
    }

    /// A client of the gateway with this key.
    pub(crate) fn client(&self, key: &Key) -> Client {
        let client = Client::with(key, self.s3).set("AWS_ENDPOINT_URL", self.url());
        match &self.trust {
            Some(trust) => client.set("AWS_CA_BUNDLE", &trust.file),
            None => client,
        }
    }

    /// A raw connection to the S3 listener.
    pub(crate) fn connect(&self) -> Connection {
        match &self.trust {
            Some(trust) => Connection::open_tls(self.s3, &trust.client),
            None => Connection::open(self.s3),
        }
    }

    /// A raw connection to the S3 listener on which `first` goes before everything else, a TLS handshake included.
    pub(crate) fn connect_after(&self, first: &[u8]) -> io::Result<Connection> {
        let mut stream = tls::dial(self.s3);
        stream.write_all(first)?;
        Ok(match &self.trust {
            Some(trust) => Connection::over(tls::handshake_on(stream, &trust.client)?),
            None => Connection::over(stream),
        })
    }

    /// Signs, sends with `body` on a connection of its own, and reads the answer.
    pub(crate) fn send(&self, draft: &Draft<'_>, body: &[u8]) -> Response {
        draft.sign(self.s3).send_on(&mut self.connect(), body)
    }

    /// The status of a `GET` on the operations listener.
    pub(crate) fn ops_status(&self, path: &str) -> u16 {
        let mut connection = Connection::open(self.ops);
        connection.send(
            format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.ops)
                .as_bytes(),
        );
        connection.response().status()
    }

    /// The audit records so far, in order.
    pub(crate) fn audit(&self) -> Vec<Value> {
        self.process
            .stdout
            .all()
            .iter()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// The first audit record, past or to come, that is as `wanted` says.
    pub(crate) fn wait_for_audit(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.process.stdout.find(what, |line| {
            serde_json::from_str(line).ok().filter(|record: &Value| wanted(record))
        })
    }

    /// Waits until it holds no connection to `peer` any more.
    pub(crate) fn wait_until_parted_from(&self, peer: SocketAddr) {
        self.wait_until("connections gone", || self.ports_to(peer).is_empty());
    }

    /// Its own ports of the connections that it holds to `peer`.
    pub(crate) fn ports_to(&self, peer: SocketAddr) -> Vec<u16> {
        let sockets = self.process.sockets().into_iter();
        sockets.filter(|socket| socket.peer == peer.port()).map(|socket| socket.port).collect()
    }

    /// Asks again and again, until the answer is yes.
    pub(crate) fn wait_until(&self, what: &str, is_so: impl Fn() -> bool) {
        for _ in 0..TRIES {
            if is_so() {
                return;
            }
            // A pause that ends at once when the program does.
            self.log().find_within(PAUSE, |_| None::<()>);
        }
        panic!("not {what}: {}", self.printed());
    }

    /// What it logged, on standard error.
    pub(crate) fn log(&self) -> &Lines {
        &self.process.stderr
    }

    /// All that it printed on either output.
    pub(crate) fn printed(&self) -> String {
        [self.process.stdout.all(), self.process.stderr.all()].concat().join("\n")
    }

    pub(crate) fn signal(&self, signal: &str) {
        self.process.signal(signal);
    }

    /// Waits until it has ended by itself.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.process.wait()
    }

    /// Ends it as an init system does, which has to succeed.
    pub(crate) fn stop(mut self) {
        self.signal("TERM");
        let status = self.wait();
        assert!(status.success(), "{status}: {}", self.printed());
    }

    /// The most memory that it ever had resident, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let kibibytes: u64 = line.trim().strip_suffix(" kB").unwrap().parse().unwrap();
        kibibytes * 1024
    }
}

/// The value of `name=value` among the words of a log line.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split(' ')
        .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
        .map(|value| value.trim_matches('"'))
}

const TRIES: u32 = 3_000;
const PAUSE: Duration = Duration::from_millis(10);
