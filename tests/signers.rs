//! Signers of the field as judges of the whole way: what s3cmd, the JavaScript SDK and curl sign is sent as they signed it
//! and goes up, and with one signed part changed does not.
//!
//! What each of them signs stands at the head of its script in `tests/clients`. `sigv/tests` has botocore and the SDK for
//! Rust as judges, by the thousand.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::harness::{
    REGION,
    clients::{Client, source, tool},
    recorder::Answer,
    sign::Signed,
    site::admin,
    world::Watched,
};

#[test]
fn a01_what_s3cmd_signs_goes_up_and_no_change_of_it_does() {
    assert_judged(|client, host| client.script("sign_s3cmd", &[host, COUNT]));
}

#[test]
fn a01_what_the_javascript_sdk_signs_goes_up_and_no_change_of_it_does() {
    assert_judged(|client, host| {
        let script = source("js/sign.cjs");
        client.run(&tool("bin/node"), &[script.to_str().unwrap(), host, COUNT])
    });
}

#[test]
fn a01_what_curl_signs_goes_up_and_no_change_of_it_does() {
    let curl = tool("bin/curl");
    assert_judged(|client, host| {
        client.script("sign_curl", &[host, COUNT, curl.to_str().unwrap()])
    });
}

/// A request that a client signed for the gateway, and its body.
#[derive(Clone)]
struct Caught {
    signed: Signed,
    body: String,
}

/// Asserts that what `print` prints goes up, and does not with any one signed part changed.
fn assert_judged(print: impl FnOnce(&Client, &str) -> String) {
    let world = Watched::answering(|_| Answer::ok(BUCKETS));
    let client = world
        .gateway
        .client(&admin())
        .set("AWS_REGION", REGION)
        .set("NODE_PATH", tool("js/node_modules"));
    let printed = print(&client, &world.gateway.s3.to_string());
    let caught: Vec<_> = printed.lines().map(read).collect();
    assert_eq!(caught.len().to_string(), COUNT);
    for request in &caught {
        let response = request.send(&world);
        assert_eq!(response.0, 200, "{}: {:?}", response.1, request.signed);
    }
    assert_eq!(world.recorder.requests().len(), caught.len());

    let mut counts = BTreeMap::new();
    for request in &caught {
        for (what, changed) in Changes::of(request) {
            let (status, said) = changed.send(&world);
            let is_refused = matches!(status, 400 | 403);
            assert!(is_refused, "{what} changed: {status}: {said}: {:?}", changed.signed);
            *counts.entry(what).or_insert(0) += 1;
        }
    }
    assert_eq!(world.seen().len(), caught.len(), "a changed request went up");
    // A kind of change that never came up would prove nothing.
    for what in
        ["method", "path", "parameter", "signature", "time", "header added", "header changed"]
    {
        assert!(counts.contains_key(what), "no {what} among {counts:?}");
    }
}

/// A line of a script.
fn read(line: &str) -> Caught {
    let line: Value = serde_json::from_str(line).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let headers = line["headers"].as_array().unwrap();
    let headers = headers.iter().map(|header| (text(&header[0]), text(&header[1]))).collect();
    let signed = Signed { method: text(&line["method"]), target: text(&line["target"]), headers };
    Caught { signed, body: text(&line["body"]) }
}

impl Caught {
    /// Sends it as it is; gives the status, and what a refusal says.
    fn send(&self, world: &Watched) -> (u16, String) {
        let mut signed = self.signed.clone();
        if self.value("content-length").is_none() && self.signed.method != "GET" {
            signed.add("Content-Length", &self.body.len().to_string());
        }
        let response = signed.send_on(&mut world.gateway.connect(), self.body.as_bytes());
        (response.status(), response.text())
    }

    /// The parameters that the signature covers and that take any text, or would be refused for another one.
    fn signed_parameters(&self) -> Vec<String> {
        let (_, query) = self.path_and_query();
        let names = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, _)| name);
        let is_covered = |name: &&str| {
            let is_sub_resource = *name == "uploadId";
            let is_hoisted = name.starts_with("x-amz-");
            let is_listing = matches!(*name, "prefix" | "delimiter" | "marker" | "start-after");
            is_sub_resource || is_hoisted || (is_listing && self.is_version_4())
        };
        names.filter(is_covered).map(str::to_owned).collect()
    }

    /// The headers that the signature covers and that take any text.
    fn signed_headers(&self) -> Vec<String> {
        let list = if self.is_url() {
            let (_, query) = self.path_and_query();
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, _)| *name == "X-Amz-SignedHeaders").map(|(_, list)| list)
        } else {
            let value = self.value("authorization").unwrap().split_once("SignedHeaders=");
            value.and_then(|(_, list)| list.split(',').next())
        };
        let list = list.unwrap_or_default().replace("%3B", ";");
        let names = self.signed.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
        let is_covered = |name: &String| {
            if self.is_version_4() {
                let is_free = FREE.contains(&name.as_str()) || name.starts_with("x-amz-meta-");
                is_free && list.split(';').any(|listed| listed == name)
            } else {
                matches!(name.as_str(), "content-type" | "x-amz-storage-class")
                    || name.starts_with("x-amz-meta-")
            }
        };
        names.filter(is_covered).collect()
    }

    fn path_and_query(&self) -> (&str, &str) {
        let target = self.signed.target.as_str();
        target.split_once('?').unwrap_or((target, ""))
    }

    fn value(&self, name: &str) -> Option<&str> {
        let header = self.signed.headers.iter().find(|(have, _)| have.eq_ignore_ascii_case(name));
        header.map(|(_, value)| value.as_str())
    }

    fn is_url(&self) -> bool {
        self.value("authorization").is_none()
    }

    fn is_version_4(&self) -> bool {
        match self.value("authorization") {
            Some(value) => value.starts_with("AWS4-"),
            None => self.signed.target.contains("X-Amz-Algorithm="),
        }
    }
}

/// The request with one signed part changed, for each that has one of its own.
struct Changes<'a> {
    caught: &'a Caught,
    all: Vec<(&'static str, Caught)>,
}

impl<'a> Changes<'a> {
    fn of(caught: &'a Caught) -> Vec<(&'static str, Caught)> {
        let mut changes = Self { caught, all: Vec::new() };
        changes.of_target();
        changes.of_headers();
        changes.of_time();
        changes.of_signature();
        changes.all
    }

    fn add(&mut self, what: &'static str, change: impl FnOnce(&mut Signed)) {
        let mut changed = self.caught.clone();
        change(&mut changed.signed);
        self.all.push((what, changed));
    }

    fn of_target(&mut self) {
        let Signed { method, target, .. } = &self.caught.signed;
        let (path, query) = self.caught.path_and_query();
        let is_object = path.matches('/').count() > 1 && !path.ends_with('/');
        if is_object {
            self.add("path", |signed| {
                signed.target = target.replacen(path, &format!("{path}x"), 1);
            });
        }
        // To another method that takes the same.
        let other = match method.as_str() {
            "GET" => Some("HEAD"),
            "HEAD" | "DELETE" => Some("GET"),
            _ => None,
        };
        if let Some(other) = other.filter(|_| is_object && !query.contains("uploadId=")) {
            self.add("method", |signed| other.clone_into(&mut signed.method));
        }
        for name in self.caught.signed_parameters() {
            let (from, to) = (format!("{name}="), format!("{name}=x"));
            self.add("parameter", |signed| signed.target = target.replacen(&from, &to, 1));
        }
        if self.caught.is_url() {
            self.add("header added", |signed| {
                signed.target = format!("{target}&x-amz-checksum-sha1={CHECKSUM}");
            });
        }
    }

    fn of_headers(&mut self) {
        self.add("header added", |signed| signed.add("x-amz-checksum-sha1", CHECKSUM));
        for name in self.caught.signed_headers() {
            self.add("header changed", |signed| signed.value(&name).push('x'));
            self.add("header removed", |signed| signed.remove(&name));
        }
    }

    fn of_time(&mut self) {
        let target = &self.caught.signed.target;
        if self.caught.is_url() {
            for name in ["Expires=", "X-Amz-Expires=", "X-Amz-Date="] {
                let is_there = |before| target.contains(&format!("{before}{name}"));
                if is_there('?') || is_there('&') {
                    self.add("time", |signed| signed.target = with_another_digit(target, name));
                }
            }
        } else {
            let name =
                if self.caught.value("x-amz-date").is_some() { "x-amz-date" } else { "date" };
            self.add("time", |signed| {
                let value = signed.value(name);
                *value = with_another_second(value);
            });
        }
    }

    fn of_signature(&mut self) {
        let is_version_4 = self.caught.is_version_4();
        let mark = match (self.caught.is_url(), is_version_4) {
            (true, true) => "X-Amz-Signature=",
            (false, false) => ":",
            (true, false) | (false, true) => "Signature=",
        };
        self.add("signature", |signed| {
            let text = signed.authentication();
            *text = with_another_digit(text, mark);
        });
        if is_version_4 {
            self.add("scope", |signed| {
                let text = signed.authentication();
                *text = text.replacen(REGION, "us-east-2", 1);
            });
        }
    }
}

impl Signed {
    /// Where it stands who signed: the header, or the URL.
    fn authentication(&mut self) -> &mut String {
        let mut headers = self.headers.iter_mut();
        let header = headers.find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        header.map_or(&mut self.target, |(_, value)| value)
    }
}

/// `text` with another character in the place of the one behind the last `mark`.
fn with_another_digit(text: &str, mark: &str) -> String {
    let at = text.rfind(mark).unwrap() + mark.len();
    let digit = if text.as_bytes()[at] == b'1' { "2" } else { "1" };
    let mut other = text.to_owned();
    other.replace_range(at..=at, digit);
    other
}

/// A time of the same minute, in either way of writing it.
fn with_another_second(time: &str) -> String {
    let at = match time.strip_suffix('Z') {
        Some(rest) => rest.len() - 1,
        None => time.rfind(':').unwrap() + 2,
    };
    let digit = if time.as_bytes()[at] == b'1' { "2" } else { "1" };
    let mut other = time.to_owned();
    other.replace_range(at..=at, digit);
    other
}

/// How many requests each of them signs.
const COUNT: &str = "200";

/// A checksum that every operation takes, of something.
const CHECKSUM: &str = "2jmj7l5rSw0yVb%2FvlWAYkK%2FYBwk%3D";

/// Headers that take any text; those of the user's own besides.
const FREE: &[&str] = &["cache-control", "content-type", "host", "range", "x-amz-storage-class"];

/// What is answered to everything: where an answer is read at all, it has to be a document.
const BUCKETS: &[u8] = b"<ListAllMyBucketsResult><Owner><ID>o</ID></Owner><Buckets><Bucket><Name>lake</Name>\
    <CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>";
