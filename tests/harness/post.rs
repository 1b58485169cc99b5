//! Uploads by an HTML form, signed as the documentation of S3 says; botocore judges the gateway by them elsewhere.

use std::{fmt::Write as _, net::SocketAddr, time::SystemTime};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::Sha256;
use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

use super::{
    Key, REGION,
    http::{Connection, Response},
    pattern::hex,
    sign::now,
    site::admin,
};

/// By which version a policy is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V4,
    V2,
}

pub(crate) const VERSIONS: [Version; 2] = [Version::V4, Version::V2];

/// A form before its policy is signed.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    key: Key,
    version: Version,
    at: SystemTime,
    lifetime_s: i64,
    conditions: Vec<Value>,
    fields: Vec<(String, String)>,
}

/// A form whose policy is signed, all open to change.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) target: String,
    /// The head's lines but the first and those of the body.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) filename: String,
    pub(crate) file: Vec<u8>,
    /// What follows the file.
    pub(crate) end: Vec<u8>,
}

impl Draft {
    /// For a form of `key` that goes into the bucket `lake`, at exactly the key `name`.
    pub(crate) fn new(key: &Key, version: Version, name: &str) -> Self {
        Self::anywhere(key, version).field("key", name)
    }

    /// The same without a key.
    pub(crate) fn anywhere(key: &Key, version: Version) -> Self {
        let (key, conditions) = (key.clone(), vec![json!({"bucket": "lake"})]);
        Self { key, version, at: now(), lifetime_s: 300, conditions, fields: Vec::new() }
    }

    /// A field with a condition that it has exactly this value.
    pub(crate) fn field(self, name: &str, value: &str) -> Self {
        self.condition(json!({name: value})).loose(name, value)
    }

    /// A field without a condition.
    pub(crate) fn loose(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn condition(mut self, condition: Value) -> Self {
        self.conditions.push(condition);
        self
    }

    /// The same form whose policy counts until so many seconds from now.
    pub(crate) fn living(self, lifetime_s: i64) -> Self {
        Self { lifetime_s, ..self }
    }

    /// The form of `file` with its policy and the signature of that.
    pub(crate) fn sign(mut self, file: &[u8]) -> Form {
        let at = OffsetDateTime::from(self.at);
        let stamp =
            at.format(format_description!("[year][month][day]T[hour][minute][second]Z")).unwrap();
        let day = stamp[..8].to_owned();
        if self.version == Version::V4 {
            let credential = format!("{}/{day}/{REGION}/s3/aws4_request", self.key.id);
            self = self
                .field("x-amz-algorithm", "AWS4-HMAC-SHA256")
                .field("x-amz-credential", &credential)
                .field("x-amz-date", &stamp);
        }
        let expiration = at + time::Duration::seconds(self.lifetime_s);
        let expiration = expiration.replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap();
        let policy = json!({"expiration": expiration, "conditions": self.conditions}).to_string();
        let policy = STANDARD.encode(policy);
        let secret = self.key.secret.as_bytes();
        let mut fields = self.fields;
        match self.version {
            Version::V4 => {
                let mut key = [b"AWS4", secret].concat();
                for part in [day.as_str(), REGION, "s3", "aws4_request"] {
                    key = sha256(&key, part);
                }
                fields.push(("x-amz-signature".to_owned(), hex(&sha256(&key, &policy))));
            }
            Version::V2 => {
                fields.push(("AWSAccessKeyId".to_owned(), self.key.id));
                let mut code = Hmac::<Sha1>::new_from_slice(secret).unwrap();
                code.update(policy.as_bytes());
                fields
                    .push(("signature".to_owned(), STANDARD.encode(code.finalize().into_bytes())));
            }
        }
        fields.push(("policy".to_owned(), policy));
        Form {
            target: "/lake".to_owned(),
            headers: Vec::new(),
            fields,
            filename: "note.txt".to_owned(),
            file: file.to_owned(),
            end: END.to_vec(),
        }
    }
}

impl Form {
    /// The value of a field that is there.
    pub(crate) fn value(&mut self, name: &str) -> &mut String {
        let field = self.fields.iter_mut().find(|(have, _)| have == name);
        &mut field.unwrap_or_else(|| panic!("no field {name}")).1
    }

    pub(crate) fn add(&mut self, name: &str, value: &str) {
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    /// All that stands before the bytes of the file.
    pub(crate) fn start(&self) -> Vec<u8> {
        let mut start = String::new();
        for (name, value) in &self.fields {
            write!(
                start,
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
            .unwrap();
        }
        write!(
            start,
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n",
            self.filename
        )
        .unwrap();
        start.into_bytes()
    }

    /// The head of a body of so many bytes; without them it says nothing of its length.
    pub(crate) fn head(&self, address: SocketAddr, length: Option<usize>) -> Vec<u8> {
        let mut head = format!("POST {} HTTP/1.1\r\n", self.target);
        if !self.headers.iter().any(|(name, _)| name == "host") {
            write!(head, "host: {address}\r\n").unwrap();
        }
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        write!(head, "content-type: multipart/form-data; boundary={BOUNDARY}\r\n").unwrap();
        if let Some(length) = length {
            write!(head, "content-length: {length}\r\n").unwrap();
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// Sends it on a connection of its own, and reads the answer.
    pub(crate) fn send(&self, address: SocketAddr) -> Response {
        let body = [&self.start(), &self.file, &self.end].map(Vec::as_slice).concat();
        let mut connection = Connection::open(address);
        connection.send(&[self.head(address, Some(body.len())), body].concat());
        connection.response_to("POST")
    }
}

fn sha256(key: &[u8], text: &str) -> Vec<u8> {
    let mut code = Hmac::<Sha256>::new_from_slice(key).unwrap();
    code.update(text.as_bytes());
    code.finalize().into_bytes().to_vec()
}

pub(crate) const BOUNDARY: &str = "----formboundary7f3a";
pub(crate) const END: &[u8] = b"\r\n------formboundary7f3a--\r\n";
/// A form with a field of each kind, for `team-a/a note.txt`.
pub(crate) fn draft(version: Version) -> Draft {
    Draft::new(&admin(), version, "team-a/a note.txt")
        .field("Content-Type", "text/plain")
        .field("acl", "private")
        .field("x-amz-meta-colour", "dark  blue")
        .field("success_action_status", "200")
        .loose("x-amz-storage-class", "STANDARD")
        .condition(json!(["starts-with", "$x-amz-storage-class", "STAND"]))
        .loose("submit", "anything")
        .condition(json!(["starts-with", "$Submit", ""]))
        .loose("x-ignore-this", "not signed")
        .condition(json!(["content-length-range", 3, 9]))
}
