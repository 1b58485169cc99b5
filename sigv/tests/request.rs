//! Requests as tests write them.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::percent_decode_str;
use sigv::{Claim, Payload, Rules, SecretKey, SignatureError, Signer, Wire, amz_date};
use time::{Duration, OffsetDateTime};

/// The rules of most tests: any region, AWS's skew.
pub(crate) const RULES: Rules<'_> =
    Rules { regions: &[], max_skew: Duration::minutes(15), version_2: true };

/// A request that owns its parts.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    /// The bucket that `host` names, in virtual-host style.
    pub(crate) host_bucket: Option<String>,
}

/// How a request says who signed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
    V4Header,
    V4Query,
    V2Header,
    V2Query,
}

impl Mechanism {
    pub(crate) fn is_version_2(self) -> bool {
        matches!(self, Self::V2Header | Self::V2Query)
    }
}

impl Request {
    pub(crate) fn new(method: Method, path: &str, query: &str, headers: &[(&str, &str)]) -> Self {
        let mut request = Self {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: HeaderMap::new(),
            host_bucket: None,
        };
        for (name, value) in headers {
            request.append(name, value);
        }
        request
    }

    /// A request that our signer signed, with every header that signing needs.
    pub(crate) fn signed(
        mut self,
        access_key_id: &str,
        secret: &SecretKey,
        payload: Payload,
        at: OffsetDateTime,
    ) -> Self {
        self.headers.insert("x-amz-date", amz_date::header_value(at));
        self.headers.insert("x-amz-content-sha256", payload.header_value());
        let signer = Signer::new(access_key_id, secret.clone(), "us-east-1").unwrap();
        let (authorization, _) = signer.sign(self.wire(), &payload, at);
        self.headers.insert("authorization", authorization);
        self
    }

    pub(crate) fn append(&mut self, name: &str, value: &str) {
        self.headers.append(
            HeaderName::try_from(name).unwrap(),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.headers.insert(
            HeaderName::try_from(name).unwrap(),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }

    /// Replaces `from`, which is there, in the `Authorization` header.
    pub(crate) fn edit_authorization(&mut self, from: &str, to: &str) {
        let text = self.text("authorization").to_owned();
        assert!(text.contains(from), "{text} has no {from}");
        self.set("authorization", &text.replacen(from, to, 1));
    }

    pub(crate) fn wire(&self) -> Wire<'_> {
        Wire {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
            host_bucket: self.host_bucket.as_deref(),
        }
    }

    /// How it says who signed it, which it does.
    pub(crate) fn mechanism(&self) -> Mechanism {
        match self.headers.get("authorization") {
            Some(value) if value.as_bytes().starts_with(b"AWS ") => Mechanism::V2Header,
            Some(_) => Mechanism::V4Header,
            None if self.parameter("AWSAccessKeyId").is_some() => Mechanism::V2Query,
            None => Mechanism::V4Query,
        }
    }

    /// The first value of a parameter of the query, decoded once.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(have, _)| *have == name)?;
        Some(percent_decode_str(value).decode_utf8().unwrap().into_owned())
    }

    /// A time at which its signature is good: when it was signed, or the last second of its URL where that says no more.
    pub(crate) fn valid_at(&self) -> Option<OffsetDateTime> {
        match self.mechanism() {
            Mechanism::V4Header | Mechanism::V2Header => self.signed_at(),
            Mechanism::V4Query => amz_date::parse(&self.parameter("X-Amz-Date")?),
            Mechanism::V2Query => {
                let expires = self.parameter("Expires")?.parse().ok()?;
                Some(OffsetDateTime::from_unix_timestamp(expires).ok()? - Duration::SECOND)
            }
        }
    }

    /// When the request says it was signed, if it does.
    pub(crate) fn signed_at(&self) -> Option<OffsetDateTime> {
        let text = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        match text("x-amz-date") {
            Some(text) => amz_date::parse(text),
            None => text("date").and_then(amz_date::parse_http),
        }
    }

    /// Reads and verifies the claim, at the time `now`.
    pub(crate) fn verify(
        &self,
        secret: &SecretKey,
        now: OffsetDateTime,
    ) -> Result<Claim, SignatureError> {
        let claim = Claim::parse(self.wire(), &RULES, now)?;
        claim.verify(secret)?;
        Ok(claim)
    }
}
