//! Every operation of the tables through the program: in each payload mode, by who may and by who may something else.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use policy::{DOCUMENTS, Operation};

use crate::harness::{
    Key,
    framed::{Mode, SHA256, checksum, unframe},
    http::Response,
    pattern::sha256,
    recorder::{Answer, Recorder, Request},
    samples::{Sample, privileged, samples},
    sign::UNSIGNED,
    site::nobody,
    world::Watched,
};

#[test]
fn every_operation_goes_up_by_leave_for_it_alone_and_as_it_was_asked() {
    let samples = samples();
    let matrix = Matrix::new(&samples);
    for sample in &samples {
        for mode in sample.modes() {
            let what = format!("{} in {mode:?}", sample.what());
            let request = matrix.goes_up_by_its_leave_only(sample, *mode);
            assert_as_asked(&request, sample, *mode, &matrix.world.recorder.upstream.key, &what);
        }
    }
}

#[test]
fn b07_a_named_version_goes_up_by_leave_for_versions_only() {
    let samples: Vec<_> = samples().into_iter().filter(Sample::names_a_version).collect();
    assert!(samples.len() >= 14, "{samples:#?}");
    let matrix = Matrix::new(&samples);
    for sample in &samples {
        let of_versions = sample.needs.iter().filter(|(action, _)| {
            matches!(action.name(), "fs:ReadObjectVersion" | "fs:DeleteObjectVersion")
        });
        assert_eq!(of_versions.count(), 1, "{}", sample.what());
        matrix.goes_up_by_its_leave_only(sample, Mode::Hash);
    }
}

#[test]
fn b09_a_privilege_in_a_header_goes_up_by_its_own_leave_only() {
    let samples = privileged();
    let matrix = Matrix::new(&samples);
    for sample in &samples {
        let request = matrix.goes_up_by_its_leave_only(sample, Mode::Hash);
        for (name, value) in &sample.headers {
            assert_eq!(request.head.header(name), Some(*value), "{}", sample.what());
        }
    }
}

/// A gateway, and for each sample a caller who may do just that and some who may do all else.
struct Matrix {
    world: Watched,
    numbers: BTreeMap<String, usize>,
}

impl Matrix {
    fn new(samples: &[Sample]) -> Self {
        let mut numbers = BTreeMap::new();
        let (mut policies, mut users) = ("policies:\n".to_owned(), "users:\n".to_owned());
        let mut add = |user: &str, statements: &[String]| {
            let list = statements.join(", ");
            writeln!(policies, "- {{id: {user}, statement: [{list}]}}").unwrap();
            let key = key(user);
            writeln!(
                users,
                "- {{id: {user}, policies: [{user}], credentials: [{{access_key_id: {}, secret_access_key: {}}}]}}",
                key.id, key.secret
            )
            .unwrap();
        };
        for sample in samples {
            let number = numbers.len();
            // What needs nothing is refused to nobody: its answer is filtered.
            if sample.needs.is_empty() || numbers.contains_key(&name(sample)) {
                continue;
            }
            numbers.insert(name(sample), number);
            let holds = |(action, on): &(_, String)| statement("allow", action, on);
            add(&format!("holder{number}"), &sample.needs.iter().map(holds).collect::<Vec<_>>());
            let neighbours = sample.needs.iter().flat_map(|(action, on)| {
                let others = NEIGHBOURS.iter().filter(move |other| *other != on);
                others.map(move |other| statement("allow", action, other))
            });
            add(&format!("neighbour{number}"), &neighbours.collect::<Vec<_>>());
            for (lack, (action, on)) in sample.needs.iter().enumerate() {
                let all = statement("allow", &"fs:*", "*");
                add(&format!("lacking{number}x{lack}"), &[all, statement("deny", action, on)]);
            }
        }
        let world = Watched::ready(Recorder::answering(answer), |site| {
            site.write("identities.yaml", &format!("{policies}{users}"));
            site.apply();
            site
        });
        Self { world, numbers }
    }

    /// Who may do it and nothing else.
    fn holder(&self, sample: &Sample) -> Key {
        let number = self.numbers.get(&name(sample));
        number.map_or_else(nobody, |number| key(&format!("holder{number}")))
    }

    /// Who may do nothing, the same elsewhere, and all but one of the things it needs.
    fn strangers(&self, sample: &Sample) -> Vec<Key> {
        let Some(number) = self.numbers.get(&name(sample)) else {
            assert_eq!(sample.operation, Operation::ListBuckets);
            return Vec::new();
        };
        let lacking = (0..sample.needs.len()).map(|lack| key(&format!("lacking{number}x{lack}")));
        [nobody(), key(&format!("neighbour{number}"))].into_iter().chain(lacking).collect()
    }

    /// What goes up when a holder asks; nothing does when a stranger asks.
    fn goes_up_by_its_leave_only(&self, sample: &Sample, mode: Mode) -> Request {
        let what = format!("{} in {mode:?}", sample.what());
        let response = self.ask(sample, mode, &self.holder(sample));
        assert_eq!(response.status(), 200, "{what}: {}", response.text());
        let [request] =
            self.world.recorder.take().try_into().unwrap_or_else(|up| panic!("{what}: {up:#?}"));
        for stranger in self.strangers(sample) {
            self.assert_refused(sample, mode, &stranger);
        }
        request
    }

    fn ask(&self, sample: &Sample, mode: Mode, key: &Key) -> Response {
        let address = self.world.gateway.s3;
        let framed = sample.body(key, mode).sign(address);
        framed.head.send(address, &framed.body())
    }

    fn assert_refused(&self, sample: &Sample, mode: Mode, key: &Key) {
        let response = self.ask(sample, mode, key);
        let what = format!("{} in {mode:?} by {}: {}", sample.what(), key.id, response.text());
        assert_eq!(response.status(), 403, "{what}");
        if sample.method != "HEAD" {
            assert_eq!(response.code(), "AccessDenied", "{what}");
        }
        let up = self.world.recorder.take();
        assert!(up.is_empty(), "{what}: {up:#?}");
    }
}

/// Exactly the request that was asked for, whatever framing it came in.
fn assert_as_asked(request: &Request, sample: &Sample, mode: Mode, key: &Key, what: &str) {
    assert_eq!(request.head.word(0), sample.method, "{what}");
    assert_eq!(request.head.word(1), sample.target_up, "{what}");
    assert_eq!(unframe(request, key), sample.content, "{what}");
    let payload = payload_up(sample, mode);
    let mut expected = BTreeMap::from([("x-amz-content-sha256", Some(payload.clone()))]);
    expected.extend(["host", "x-amz-date", "authorization"].map(|name| (name, None)));
    if matches!(sample.method, "PUT" | "POST") {
        expected.insert("content-length", Some(request.received.to_string()));
    }
    if payload.starts_with("STREAMING-") {
        expected.insert("x-amz-decoded-content-length", Some(sample.content.len().to_string()));
    }
    if payload.ends_with("-TRAILER") {
        expected.insert("x-amz-trailer", Some(SHA256.to_owned()));
    }
    if mode.has_trailer() && DOCUMENTS.contains(&sample.operation) {
        expected.insert(SHA256, Some(checksum(sample.content)));
    }
    expected.extend(sample.headers.iter().map(|(name, value)| (*name, Some((*value).to_owned()))));
    let found: Vec<_> = request.head.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(found.len(), expected.len(), "{what}: {found:?}");
    for (name, value) in expected {
        let found = request.head.header(name);
        assert!(found.is_some(), "{what}: no {name}");
        assert!(value.is_none() || found == value.as_deref(), "{what}: {name} is {found:?}");
    }
}

/// The value of `x-amz-content-sha256` under which it goes up.
fn payload_up(sample: &Sample, mode: Mode) -> String {
    let is = |operation| sample.operation == operation;
    if is(Operation::PutObject) || is(Operation::UploadPart) {
        mode.payload(sample.content)
    } else if is(Operation::CompleteMultipartUpload) && mode != Mode::Hash {
        UNSIGNED.to_owned()
    } else {
        sha256(sample.content)
    }
}

/// What satisfies the gateway, whatever was asked: some answers it reads.
fn answer(_: &Request) -> Answer {
    Answer::ok(b"<Result/>")
}

/// Samples of the same needs are of the same callers.
fn name(sample: &Sample) -> String {
    format!("{:?}", sample.needs)
}

fn key(user: &str) -> Key {
    Key::new(
        &format!("KEYOF{}", user.to_uppercase()),
        &format!("secret-of-{user}-0123456789-abcdefghij"),
    )
}

fn statement(effect: &str, action: &impl std::fmt::Display, on: &str) -> String {
    format!("{{effect: {effect}, action: '{action}', resource: '{on}'}}")
}

/// What lies beside the bucket and the object of every sample.
const NEIGHBOURS: [&str; 6] = [
    "arn:lakefs:fs:::repository/lake",
    "arn:lakefs:fs:::repository/lake/object/a",
    "arn:lakefs:fs:::repository/lake/object/b",
    "arn:lakefs:fs:::repository/pond",
    "arn:lakefs:fs:::repository/pond/object/a",
    "arn:lakefs:fs:::repository/lakes",
];
