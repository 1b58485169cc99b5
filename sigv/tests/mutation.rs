//! Every change of a part that a signature covers, by each of the four mechanisms.

use http::{HeaderName, Method};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sigv::{SecretKey, SignatureError, amz_date};
use time::format_description::well_known::Rfc2822;
use time::{Duration, OffsetDateTime};

use crate::request::{Mechanism, Request};

/// Asserts that `request` verifies, and that it does no longer with any one signed part of it changed.
pub(crate) fn assert_every_signed_part_counts(request: &Request, secret: &SecretKey) {
    request
        .verify(secret, request.valid_at().unwrap())
        .unwrap_or_else(|refused| panic!("{refused}: {request:?}"));
    for Change { what, request: changed, leaves } in changes(request) {
        let now = changed.valid_at().or(request.valid_at()).unwrap();
        match (changed.verify(secret, now), leaves) {
            (Err(_), Leaves::Anything) => {}
            (Err(refused), Leaves::Form) if is_about_what_was_signed(&refused) => {}
            (answer, _) => panic!("{what} changed: {answer:?}: {changed:?}\nbefore: {request:?}"),
        }
    }
}

/// A request of which one signed part is another, in a way that the canonical form does not undo.
struct Change {
    what: String,
    request: Request,
    leaves: Leaves,
}

/// What a change leaves of the request.
#[derive(Clone, Copy)]
enum Leaves {
    /// All is still of the form it must have: only what was signed is another.
    Form,
    /// Perhaps not even that.
    Anything,
}

/// The changes of one request.
struct Changes<'a> {
    request: &'a Request,
    all: Vec<Change>,
}

fn changes(request: &Request) -> Vec<Change> {
    let mut changes = Changes { request, all: Vec::new() };
    changes.of_target();
    changes.of_headers();
    match request.mechanism() {
        Mechanism::V4Header => {
            changes.of_version_4_query();
            changes.of_version_4_scope_and_payload();
        }
        Mechanism::V4Query => {
            changes.of_version_4_query();
            changes.of_version_4_scope_and_payload();
            changes.of_version_4_parameters();
        }
        Mechanism::V2Header | Mechanism::V2Query => changes.of_sub_resources(),
    }
    changes.of_time();
    changes.of_signature();
    changes.all
}

impl Changes<'_> {
    fn add(&mut self, what: &str, change: impl FnOnce(&mut Request)) {
        self.push(what, Leaves::Form, change);
    }

    /// As [`Self::add`], for what may be refused before the signature is looked at.
    fn spoil(&mut self, what: &str, change: impl FnOnce(&mut Request)) {
        self.push(what, Leaves::Anything, change);
    }

    fn push(&mut self, what: &str, leaves: Leaves, change: impl FnOnce(&mut Request)) {
        let mut request = self.request.clone();
        change(&mut request);
        self.all.push(Change { what: what.to_owned(), request, leaves });
    }

    fn of_target(&mut self) {
        let path = &self.request.path;
        self.add("method", |request| {
            request.method =
                if request.method == Method::DELETE { Method::PUT } else { Method::DELETE };
        });
        for tail in ["x", "/", "%2F", "/.", "%20", "+"] {
            // Version 2 signs `/lake` as `/lake/`.
            let is_the_same = tail == "/" && self.request.is_bucket_alone();
            if !(self.request.mechanism().is_version_2() && is_the_same) {
                self.add("path", |request| request.path.push_str(tail));
            }
        }
        self.add("path", |request| request.path.insert(0, '/'));
        for (from, to) in [("//", "/"), ("%2F", "/"), ("+", "%20")] {
            if path.contains(from) {
                self.add("path", |request| request.path = path.replacen(from, to, 1));
            }
        }
        if self.request.mechanism().is_version_2() {
            self.add("bucket", |request| {
                request.host_bucket = match &request.host_bucket {
                    Some(bucket) => Some(format!("{bucket}x")),
                    None => Some("lake".to_owned()),
                };
            });
            if self.request.host_bucket.is_some() {
                self.add("bucket", |request| request.host_bucket = None);
            }
        }
    }

    fn of_headers(&mut self) {
        let is_version_2 = self.request.mechanism().is_version_2();
        for name in self.request.signed_headers() {
            let name = name.as_str();
            let value = self.request.headers.get(name).unwrap().as_bytes();
            // To Version 2 an absent line and an empty one are the same.
            let is_nothing = is_version_2
                && name.starts_with("content-")
                && value.iter().all(u8::is_ascii_whitespace);
            // What the URL says too is still said.
            let is_said_twice =
                self.request.mechanism() == Mechanism::V2Query && self.request.has(name);
            if name == "date" || name == "x-amz-date" {
                self.spoil(name, |request| {
                    request.headers.remove(name);
                });
                continue;
            }
            if !is_nothing && !is_said_twice {
                self.push(name, Leaves::Anything, |request| {
                    request.headers.remove(name);
                });
            }
            if name != "x-amz-content-sha256" {
                self.add(name, |request| request.append(name, "x"));
                let longer = [value, b"x"].concat();
                self.add(name, |request| {
                    request
                        .headers
                        .insert(name.parse::<HeaderName>().unwrap(), longer.try_into().unwrap());
                });
            }
        }
        self.add("added header", |request| request.append("x-amz-acl", "aws-exec-read"));
        self.add("added header", |request| request.append("x-amz-meta-new", ""));
        for name in ["content-md5", "content-type"] {
            if is_version_2 && !self.request.headers.contains_key(name) && !self.request.has(name) {
                self.add("added header", |request| request.append(name, "x"));
            }
        }
    }

    fn of_version_4_query(&mut self) {
        for pair in ["versionId=1", "acl", "=x", "x-amz-acl=public-read"] {
            self.add("added parameter", |request| request.add_pair(pair));
        }
        self.of_joined_sub_resources();
        for (index, pair) in self.request.pairs().into_iter().enumerate() {
            let what = format!("parameter {pair}");
            if is_authentication(pair) {
                self.spoil(&what, |request| request.replace_pair(index, None));
                self.spoil(&what, |request| request.replace_pair(index, Some(&format!("{pair}x"))));
                self.spoil(&what, |request| request.add_pair(pair));
            } else {
                let is_payload = is_named(pair, "x-amz-content-sha256");
                let leaves = if is_payload { Leaves::Anything } else { Leaves::Form };
                self.push(&what, leaves, |request| request.replace_pair(index, None));
                for other in [format!("{pair}x"), format!("x{pair}")] {
                    self.push(&what, leaves, |request| request.replace_pair(index, Some(&other)));
                }
            }
        }
    }

    /// What Version 2 covers of the query: sub-resources, and in a presigned URL the headers that stand in it.
    /// Two sub-resources as one, whose value is signed as both.
    fn of_joined_sub_resources(&mut self) {
        let pairs: Vec<String> = self.request.pairs().into_iter().map(str::to_owned).collect();
        for (at, pair) in pairs.iter().enumerate() {
            for (other_at, other) in pairs.iter().enumerate() {
                if at == other_at || !is_sub_resource(pair) || !is_sub_resource(other) {
                    continue;
                }
                let mark = if pair.contains('=') { "" } else { "=" };
                let joined = format!("{pair}{mark}%26{}", other.replace('=', "%3D"));
                self.spoil("two sub-resources as one", |request| {
                    request.replace_pair(at, Some(&joined));
                    request.replace_pair(other_at, None);
                });
            }
        }
    }

    fn of_sub_resources(&mut self) {
        for pair in ["acl", "%61cl", "uploads", "versionId=1", "response-content-type=x"] {
            let name = percent_decode_str(pair.split('=').next().unwrap()).decode_utf8().unwrap();
            if !self.request.has(&name) {
                self.add("added sub-resource", |request| request.add_pair(pair));
            }
        }
        let is_query = self.request.mechanism() == Mechanism::V2Query;
        if is_query {
            for pair in ["x-amz-acl=public-read", "X-Amz-Meta-New="] {
                self.add("added header in the query", |request| request.add_pair(pair));
            }
        }
        for (index, pair) in self.request.pairs().into_iter().enumerate() {
            let what = format!("parameter {pair}");
            if is_sub_resource(pair) {
                self.add(&what, |request| request.replace_pair(index, None));
                self.add(&what, |request| request.replace_pair(index, Some(&format!("x{pair}"))));
                let longer = if pair.contains('=') { "x" } else { "=x" };
                let longer = format!("{pair}{longer}");
                self.add(&what, |request| request.replace_pair(index, Some(&longer)));
            } else if is_query && is_header_of_version_2(pair) {
                let (name, value) = pair.split_once('=').unwrap();
                let is_nothing = percent_decode_str(value).all(|byte| byte.is_ascii_whitespace());
                // It still stands where it was repeated.
                let is_repeated = self.request.headers.contains_key(name);
                let may_go = is_repeated || (is_nothing && name.starts_with("content-"));
                if !may_go {
                    self.add(&what, |request| request.replace_pair(index, None));
                }
                let longer = format!("{pair}x");
                self.add(&what, |request| request.replace_pair(index, Some(&longer)));
                self.add(&what, |request| request.add_pair(&longer));
            } else if is_query && is_authentication(pair) {
                self.spoil(&what, |request| request.replace_pair(index, None));
                self.spoil(&what, |request| request.add_pair(pair));
            }
        }
    }

    fn of_version_4_scope_and_payload(&mut self) {
        for slash in ["/", "%2F"] {
            let (from, to) = (format!("{slash}s3{slash}"), format!("x{slash}s3{slash}"));
            if self.request.credential().contains(&from) {
                self.add("region", |request| request.edit_credential(&from, &to));
                let service = format!("{slash}sts{slash}");
                self.spoil("service", |request| request.edit_credential(&from, &service));
            }
        }
        self.spoil("terminator", |request| request.edit_credential("aws4_request", "aws4_reques"));
        let signed = self.request.headers.get("x-amz-content-sha256");
        let other = match signed.map(http::HeaderValue::as_bytes) {
            Some(b"UNSIGNED-PAYLOAD") | None => "0123456789abcdef".repeat(4),
            Some(_) => "UNSIGNED-PAYLOAD".to_owned(),
        };
        if !self.request.has("x-amz-content-sha256") {
            self.add("payload", |request| request.set("x-amz-content-sha256", &other));
        }
    }

    fn of_version_4_parameters(&mut self) {
        let expires: u32 = self.request.parameter("X-Amz-Expires").unwrap().parse().unwrap();
        let other = if expires > 1 { expires - 1 } else { expires + 1 };
        self.add("expiry", |request| request.set_parameter("X-Amz-Expires", &other.to_string()));
        let list = self.request.parameter("X-Amz-SignedHeaders").unwrap();
        if let Some((_, rest)) = list.split_once(';') {
            self.spoil("list of headers", |request| {
                request.set_parameter("X-Amz-SignedHeaders", rest);
            });
        }
        let says_payload = self.request.headers.contains_key("x-amz-content-sha256")
            || self.request.has("x-amz-content-sha256");
        if !says_payload {
            let pair = "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD";
            self.add("payload", |request| request.add_pair(pair));
        }
    }

    /// Another second, of the same day.
    fn of_time(&mut self) {
        match self.request.mechanism() {
            Mechanism::V2Query => {
                let expires = self.request.parameter("Expires").unwrap();
                let later = expires.parse::<i64>().unwrap() + 1;
                self.add("expiry", |request| request.set_parameter("Expires", &later.to_string()));
            }
            Mechanism::V4Query => {
                let other = amz_date::format(beside(self.request.valid_at().unwrap()));
                self.add("time", |request| request.set_parameter("X-Amz-Date", &other));
            }
            Mechanism::V4Header | Mechanism::V2Header => {
                let other = beside(self.request.valid_at().unwrap());
                let (name, other) = if self.request.headers.contains_key("x-amz-date") {
                    ("x-amz-date", amz_date::format(other))
                } else {
                    ("date", other.format(&Rfc2822).unwrap())
                };
                self.add("time", |request| request.set(name, &other));
            }
        }
    }

    fn of_signature(&mut self) {
        let signature = self.request.signature();
        let last = signature.trim_end_matches('=').len() - 1;
        for at in [0, last / 2, last] {
            let mut other = signature.clone();
            let digit = if signature.as_bytes()[at] == b'0' { "1" } else { "0" };
            other.replace_range(at..=at, digit);
            self.spoil("signature", |request| request.set_signature(&signature, &other));
        }
        self.spoil("signature", |request| request.set_signature(&signature, ""));
    }
}

impl Request {
    /// The names of the headers that the signature covers.
    fn signed_headers(&self) -> Vec<String> {
        let listed = |list: &str| list.split(';').map(str::to_owned).collect();
        match self.mechanism() {
            Mechanism::V4Header => {
                let (_, rest) = self.text("authorization").split_once("SignedHeaders=").unwrap();
                listed(rest.split(',').next().unwrap())
            }
            Mechanism::V4Query => listed(&self.parameter("X-Amz-SignedHeaders").unwrap()),
            mechanism @ (Mechanism::V2Header | Mechanism::V2Query) => {
                let is_covered = |name: &str| {
                    name.starts_with("x-amz-")
                        || matches!(name, "content-md5" | "content-type")
                        || (name == "date" && mechanism == Mechanism::V2Header)
                };
                let names = self.headers.keys().map(|name| name.as_str().to_owned());
                names.filter(|name| is_covered(name)).collect()
            }
        }
    }

    /// Whether the path names a bucket, and nothing follows it.
    fn is_bucket_alone(&self) -> bool {
        self.host_bucket.is_none() && self.path.len() > 1 && self.path.matches('/').count() == 1
    }

    fn pairs(&self) -> Vec<&str> {
        self.query.split('&').filter(|pair| !pair.is_empty()).collect()
    }

    fn has(&self, name: &str) -> bool {
        self.pairs().into_iter().any(|pair| is_named(pair, name))
    }

    fn add_pair(&mut self, pair: &str) {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        self.query.push_str(pair);
    }

    /// Puts `with`, or nothing, in the place of a pair.
    fn replace_pair(&mut self, index: usize, with: Option<&str>) {
        let mut pairs = self.pairs();
        match with {
            Some(with) => pairs[index] = with,
            None => drop(pairs.remove(index)),
        }
        self.query = pairs.join("&");
    }

    fn set_parameter(&mut self, name: &str, value: &str) {
        let index = self.pairs().into_iter().position(|pair| is_named(pair, name)).unwrap();
        let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
        self.replace_pair(index, Some(&format!("{name}={value}")));
    }

    /// Where the scope of Version 4 stands, as it stands there.
    fn credential(&self) -> &str {
        match self.mechanism() {
            Mechanism::V4Query => &self.query,
            Mechanism::V4Header | Mechanism::V2Header | Mechanism::V2Query => {
                self.text("authorization")
            }
        }
    }

    fn edit_credential(&mut self, from: &str, to: &str) {
        match self.mechanism() {
            Mechanism::V4Query => self.query = self.query.replacen(from, to, 1),
            Mechanism::V4Header | Mechanism::V2Header | Mechanism::V2Query => {
                self.edit_authorization(from, to);
            }
        }
    }

    fn signature(&self) -> String {
        match self.mechanism() {
            Mechanism::V4Header => {
                self.text("authorization").rsplit_once("Signature=").unwrap().1.to_owned()
            }
            Mechanism::V2Header => {
                self.text("authorization").rsplit_once(':').unwrap().1.to_owned()
            }
            Mechanism::V4Query => self.parameter("X-Amz-Signature").unwrap(),
            Mechanism::V2Query => self.parameter("Signature").unwrap(),
        }
    }

    fn set_signature(&mut self, from: &str, to: &str) {
        match self.mechanism() {
            Mechanism::V4Header | Mechanism::V2Header => self.edit_authorization(from, to),
            Mechanism::V4Query => self.set_parameter("X-Amz-Signature", to),
            Mechanism::V2Query => self.set_parameter("Signature", to),
        }
    }
}

/// The second before or after, whichever is of the same day.
fn beside(at: OffsetDateTime) -> OffsetDateTime {
    let other = at - Duration::SECOND;
    if other.date() == at.date() { other } else { at + Duration::SECOND }
}

fn is_named(pair: &str, name: &str) -> bool {
    let have = percent_decode_str(pair.split('=').next().unwrap()).decode_utf8_lossy();
    have.eq_ignore_ascii_case(name)
}

fn is_authentication(pair: &str) -> bool {
    AUTHENTICATION.iter().any(|name| is_named(pair, name))
}

fn is_sub_resource(pair: &str) -> bool {
    SUB_RESOURCES.contains(&pair.split('=').next().unwrap())
}

fn is_header_of_version_2(pair: &str) -> bool {
    pair.starts_with("x-amz-")
        || ["content-md5", "content-type"].iter().any(|name| is_named(pair, name))
}

/// Whether it is the refusal of a request that is well formed, and not what was signed.
fn is_about_what_was_signed(refused: &SignatureError) -> bool {
    matches!(
        refused,
        SignatureError::Mismatch
            | SignatureError::AbsentHeader { .. }
            | SignatureError::UnsignedHeaders { .. }
            | SignatureError::DuplicateHeader { .. }
            | SignatureError::DuplicateParameter { .. }
    )
}

const AUTHENTICATION: &[&str] = &[
    "AWSAccessKeyId",
    "Expires",
    "Signature",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
];

/// The parameters that Version 2 signs, as botocore has them.
const SUB_RESOURCES: &[&str] = &[
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];
