//! A request for every operation that is forwarded, made from the tables: what has no request here fails, so that no
//! operation goes untested.

use std::net::SocketAddr;

use policy::{
    Action, DOCUMENTS, Handling, HeaderHandling, HeaderRow, Level, Mark, Need, OPERATIONS,
    Operation, ParameterRow, Takers, Value,
};

use super::{
    Key,
    framed::{Body, Mode},
    http::Response,
    site::admin,
};

/// A request for one operation.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) operation: Operation,
    pub(crate) method: &'static str,
    /// As the client sends it: a sub-resource is a bare name.
    pub(crate) target: String,
    /// As it goes up.
    pub(crate) target_up: String,
    /// Those that go up as they are.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) content: &'static [u8],
    /// All that its caller must be allowed, and where.
    pub(crate) needs: Vec<(Action, String)>,
}

/// One for each operation that is forwarded, one more with a version where it may name one, and one for each other need.
pub(crate) fn samples() -> Vec<Sample> {
    let forwarded = OPERATIONS.iter().filter(|operation| {
        operation.row().handling == Handling::Forward && !DECIDED_BY_MORE.contains(operation)
    });
    let mut samples = Vec::new();
    for operation in forwarded {
        let more = OPTIONAL
            .iter()
            .filter(|(name, _)| ParameterRow::find(name).unwrap().is_taken_by(operation.row()));
        samples.push(Sample::new(*operation, None));
        samples.extend(more.map(|optional| Sample::new(*operation, Some(*optional))));
    }
    samples
}

/// One for each header that carries a privilege, and each operation that takes it.
pub(crate) fn privileged() -> Vec<Sample> {
    let mut samples = Vec::new();
    for row in policy::HEADERS {
        let HeaderHandling::Authorized(action) = row.handling else { continue };
        let taken = |sample: &Sample| takes(row, sample.operation) && sample.is_plain();
        for mut sample in self::samples().into_iter().filter(taken) {
            sample.headers.push((row.name, privilege(row.name)));
            let place = place(sample.operation.row().level);
            sample.needs.push((action, place.to_owned()));
            samples.push(sample);
        }
    }
    samples
}

impl Sample {
    fn new(operation: Operation, optional: Option<(&'static str, &'static str)>) -> Self {
        let row = operation.row();
        let (mut query, mut query_up, mut headers) = (Vec::new(), Vec::new(), Vec::new());
        for mark in row.marks {
            let (name, value) = match mark {
                Mark::Parameter(name) => (*name, value(name)),
                Mark::Value(name, value) => (*name, *value),
                Mark::Header(name) => {
                    assert_eq!(*name, "x-amz-copy-source", "{operation}: no value for its mark");
                    headers.push((*name, "/lake/source"));
                    continue;
                }
            };
            query.push(if value.is_empty() { name.to_owned() } else { format!("{name}={value}") });
            query_up.push(format!("{name}={value}"));
        }
        if let Some((name, value)) = optional {
            query.push(format!("{name}={value}"));
            query_up.push(format!("{name}={value}"));
        }
        let path = match row.level {
            Level::Service => "/",
            Level::Bucket => "/lake",
            Level::Object => "/lake/a",
        };
        let target = |query: Vec<String>| {
            let mark = if query.is_empty() { "" } else { "?" };
            format!("{path}{mark}{}", query.join("&"))
        };
        if operation == Operation::GetObjectAttributes {
            headers.push(("x-amz-object-attributes", "ETag,ObjectSize"));
        }
        Self {
            operation,
            method: row.method,
            target: target(query),
            target_up: target(query_up),
            headers,
            content: content(operation),
            needs: needs(operation, optional),
        }
    }

    /// Whether nothing is in it that its operation does not need.
    pub(crate) fn is_plain(&self) -> bool {
        !OPTIONAL.iter().any(|(name, _)| self.target.contains(&format!("{name}=")))
    }

    /// Whether it names a version.
    pub(crate) fn names_a_version(&self) -> bool {
        self.target.contains("versionId=")
    }

    /// What it is, for a test that fails.
    pub(crate) fn what(&self) -> String {
        format!("{} {} {} {:?}", self.operation, self.method, self.target, self.headers)
    }

    /// The ways in which its body, if it has one, can be sent.
    pub(crate) fn modes(&self) -> &'static [Mode] {
        let all: &[Mode] = const { &Mode::ALL };
        if self.content.is_empty() { &[Mode::Hash, Mode::Unsigned] } else { all }
    }

    /// The request, before it is framed and signed.
    pub(crate) fn body(&self, key: &Key, mode: Mode) -> Body<'_> {
        let mut body = Body::put(key, &self.target, mode, self.content);
        body.draft.method = self.method;
        for (name, value) in &self.headers {
            body.draft = body.draft.header(name, *value);
        }
        body
    }

    /// Sent by who may do everything.
    pub(crate) fn send(&self, address: SocketAddr, mode: Mode) -> Response {
        // In one go: a refusal may come as soon as the head is read.
        self.body(&admin(), mode).send(address)
    }
}

fn needs(operation: Operation, optional: Option<(&str, &str)>) -> Vec<(Action, String)> {
    let row = operation.row();
    let place = place(row.level);
    let is_of_version = matches!(optional, Some(("versionId", _)));
    let is_of_folders = matches!(optional, Some(("delimiter", _)));
    let needed = row.needs.iter().filter_map(|need| match *need {
        Need::One(action) | Need::Listing(action) => Some((action, place)),
        Need::Version { current, version } => {
            Some((if is_of_version { version } else { current }, place))
        }
        Need::IfVersion(action) => is_of_version.then_some((action, place)),
        Need::Folders { top, below } => Some((if is_of_folders { top } else { below }, place)),
        Need::Source { current, .. } => Some((current, SOURCE)),
        Need::Each { .. } => panic!("{operation} is decided by its body"),
    });
    needed.map(|(action, place)| (action, place.to_owned())).collect()
}

/// What the path of a sample names, in a policy.
fn place(level: Level) -> &'static str {
    match level {
        Level::Service => "*",
        Level::Bucket => "arn:lakefs:fs:::repository/lake",
        Level::Object => "arn:lakefs:fs:::repository/lake/object/a",
    }
}

/// What the copies are made of, in a policy.
const SOURCE: &str = "arn:lakefs:fs:::repository/lake/object/source";

/// What a parameter says that marks an operation.
fn value(name: &str) -> &'static str {
    match ParameterRow::find(name).unwrap().value {
        Value::Empty => "",
        Value::Any | Value::Text => "id-1",
        Value::Exactly(value) => value,
        Value::Number { .. } => "2",
    }
}

/// What it carries: a document, an object, or nothing. The recorder does not read it; the gateway reads those of a few.
fn content(operation: Operation) -> &'static [u8] {
    if let Some((_, content)) = CONTENTS.iter().find(|(other, _)| *other == operation) {
        return content;
    }
    if DOCUMENTS.contains(&operation) {
        return b"<Document><Of>this sub-resource</Of></Document>";
    }
    let takes_body = matches!(operation.row().method, "PUT" | "POST");
    assert!(!takes_body, "{operation}: whether it has a body is not known");
    b""
}

fn takes(row: &HeaderRow, operation: Operation) -> bool {
    let Takers::These(operations) = row.takers else { panic!("{} is taken by whom?", row.name) };
    operations.contains(&operation)
}

/// What a header says that carries a privilege.
fn privilege(name: &str) -> &'static str {
    match name {
        "x-amz-acl" => "public-read",
        "x-amz-bucket-object-lock-enabled" | "x-amz-bypass-governance-retention" => "true",
        "x-amz-bucket-object-lock-token" => "token",
        "x-amz-object-lock-legal-hold" => "ON",
        "x-amz-object-lock-mode" => "GOVERNANCE",
        "x-amz-object-lock-retain-until-date" => "2030-01-01T00:00:00Z",
        "x-amz-object-ownership" => "ObjectWriter",
        "x-amz-server-side-encryption-aws-kms-key-id" => "key",
        "x-amz-tagging" => "a=b",
        "x-amz-tagging-directive" => "REPLACE",
        "x-amz-website-redirect-location" => "/elsewhere",
        grant if grant.starts_with("x-amz-grant-") => "id=1",
        other => panic!("no value for {other}"),
    }
}

/// What is no document that anything may stand in.
const CONTENTS: &[(Operation, &[u8])] = &[
    (Operation::CompleteMultipartUpload, b"<CompleteMultipartUpload/>"),
    (Operation::CopyObject, b""),
    (Operation::CreateBucket, b""),
    (Operation::CreateMultipartUpload, b""),
    (Operation::PutBucketPolicy, b"{\"Version\":\"2012-10-17\",\"Statement\":[]}"),
    (Operation::PutObject, b"the bytes of an object"),
    (Operation::RestoreObject, b"<RestoreRequest><Days>1</Days></RestoreRequest>"),
    (Operation::UploadPart, b"the bytes of a part"),
    (Operation::UploadPartCopy, b""),
];

/// What changes the needs of an operation that takes it.
const OPTIONAL: &[(&str, &str)] = &[("versionId", "v1"), ("delimiter", "%2F")];

/// Operations that their head alone does not decide; each has tests of its own.
const DECIDED_BY_MORE: &[Operation] = &[Operation::DeleteObjects, Operation::PostObject];
