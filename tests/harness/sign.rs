//! Raw requests signed by a signer that is not ours, for a test to send as they are or to spoil first.

use std::{
    fmt::Write as _,
    net::SocketAddr,
    time::{Duration, SystemTime},
};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest,
        SigningInstructions, SigningSettings, UriPathNormalizationMode, sign,
    },
    sign::v4,
};

use super::{Key, REGION, http, pattern::sha256};

/// A request before it is signed.
#[derive(Clone, Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) key: Key,
    pub(crate) method: &'static str,
    /// Path and query as they go over the wire.
    pub(crate) target: &'a str,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The value of `Host`; without it, the address that is asked.
    pub(crate) host: Option<String>,
    /// The value of `x-amz-content-sha256`; when empty there is no such header.
    pub(crate) payload: String,
    pub(crate) at: SystemTime,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
}

/// A signed request: a first line and headers, all open to change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signed {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl<'a> Draft<'a> {
    /// A request without a body, or with one that the signature does not cover.
    pub(crate) fn new(key: &Key, method: &'static str, target: &'a str) -> Self {
        Self {
            key: key.clone(),
            method,
            target,
            headers: Vec::new(),
            host: None,
            payload: if method == "PUT" { UNSIGNED.to_owned() } else { sha256(b"") },
            at: now(),
            region: REGION,
            service: "s3",
        }
    }

    /// A `PUT` of `body`, hash and length in the head.
    pub(crate) fn put(key: &Key, target: &'a str, body: &[u8]) -> Self {
        Self { payload: sha256(body), ..Self::new(key, "PUT", target) }
            .header("content-length", body.len().to_string())
    }

    /// A header that the signature covers; `content-length` it does not.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Calls the server by this name.
    pub(crate) fn host(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    /// Moves the date of the signature by whole seconds.
    pub(crate) fn seconds_from_now(mut self, seconds: i64) -> Self {
        let distance = Duration::from_secs(seconds.unsigned_abs());
        self.at = if seconds < 0 { now() - distance } else { now() + distance };
        self
    }

    /// What `Host` says in a request to `address`.
    fn host_at(&self, address: SocketAddr) -> String {
        self.host.clone().unwrap_or_else(|| address.to_string())
    }

    pub(crate) fn sign(&self, address: SocketAddr) -> Signed {
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = match self.payload.as_str() {
            "" => PayloadChecksumKind::NoHeader,
            _ => PayloadChecksumKind::XAmzSha256,
        };
        let body = match self.payload.as_str() {
            "" => SignableBody::Bytes(b""),
            UNSIGNED => SignableBody::UnsignedPayload,
            hash => SignableBody::Precomputed(hash.to_owned()),
        };
        let instructions = self.instructions(address, settings, body);
        let mut signed = self.unsigned(address);
        for (name, value) in instructions.headers() {
            signed.add(name, value);
        }
        signed
    }

    /// What AWS's signer says to add to the request, as `settings` have it beyond what S3 needs.
    pub(crate) fn instructions(
        &self,
        address: SocketAddr,
        mut settings: SigningSettings,
        body: SignableBody<'_>,
    ) -> SigningInstructions {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let identity = Credentials::new(&self.key.id, &self.key.secret, None, None, "test").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(self.at)
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let host = self.host_at(address);
        let covered = self.headers.iter().filter(|(name, _)| *name != "content-length");
        let covered =
            covered.map(|(name, value)| (*name, value.as_str())).chain([("host", host.as_str())]);
        let uri = format!("http://{address}{}", self.target);
        let request = SignableRequest::new(self.method, &uri, covered, body).unwrap();
        sign(request, &params).unwrap().into_parts().0
    }

    /// The request as it is before it is signed.
    pub(crate) fn unsigned(&self, address: SocketAddr) -> Signed {
        let mut headers = vec![("host".to_owned(), self.host_at(address))];
        headers
            .extend(self.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Signed { method: self.method.to_owned(), target: self.target.to_owned(), headers }
    }

    /// Signs, sends with `body`, and reads the answer.
    pub(crate) fn send(&self, address: SocketAddr, body: &[u8]) -> http::Response {
        self.sign(address).send(address, body)
    }
}

impl Signed {
    /// The value of a header that is there.
    pub(crate) fn value(&mut self, name: &str) -> &mut String {
        let header = self.headers.iter_mut().find(|(have, _)| have.eq_ignore_ascii_case(name));
        &mut header.unwrap_or_else(|| panic!("no header {name}")).1
    }

    /// Adds a header that the signature does not cover.
    pub(crate) fn add(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Adds `pair`, encoded already, to the query.
    pub(crate) fn add_parameter(&mut self, pair: &str) {
        self.target.push(if self.target.contains('?') { '&' } else { '?' });
        self.target.push_str(pair);
    }

    pub(crate) fn remove(&mut self, name: &str) {
        let before = self.headers.len();
        self.headers.retain(|(have, _)| !have.eq_ignore_ascii_case(name));
        assert_ne!(self.headers.len(), before, "no header {name}");
    }

    /// The head as it goes over the wire.
    pub(crate) fn head(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            writeln!(head, "{name}: {value}\r").unwrap();
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// Sends on a connection of its own, and reads the answer.
    pub(crate) fn send(&self, address: SocketAddr, body: &[u8]) -> http::Response {
        self.send_on(&mut http::Connection::open(address), body)
    }

    /// Sends on `connection`, and reads the answer.
    pub(crate) fn send_on(&self, connection: &mut http::Connection, body: &[u8]) -> http::Response {
        // In one go: a refusal may come, and the connection close, as soon as the head is read.
        connection.send(&[&self.head(), body].concat());
        connection.response_to(&self.method)
    }
}

#[expect(clippy::disallowed_methods, reason = "a signature has the time of day")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

pub(crate) const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
