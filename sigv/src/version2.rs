//! Signature Version 2: its grammar in a header and in a query, the text that is signed, and what it leaves out.
//!
//! It covers the method, the bucket and the key, `content-md5`, `content-type`, the date, every `x-amz-*` header, and the
//! parameters of [`COVERED`]; nothing else of the query.
//!
//! Source: Amazon S3 User Guide, "Signing and authenticating REST requests"; botocore's `HmacV1Auth` for the list of
//! parameters and for how a bucket alone is written.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, DATE};
use time::OffsetDateTime;

use crate::encode::decode_pairs;
use crate::error::SignatureError;
use crate::hash;
use crate::presigned::{ACCESS_KEY_ID, EXPIRES, SIGNATURE, check_end, single};
use crate::wire::Wire;

/// A signature of version 2: an HMAC-SHA-1 code.
pub(crate) type Code = [u8; 20];

/// An `Authorization` header, or the parameters that stand for it, taken apart.
#[derive(Debug)]
pub(crate) struct Version2<'a> {
    pub(crate) access_key_id: &'a str,
    pub(crate) signature: Code,
    /// The `Expires` of a presigned URL, as it is signed.
    expires: Option<&'a str>,
}

impl<'a> Version2<'a> {
    /// Reads what follows the scheme in an `Authorization` header: `AwsAccessKeyId:signature`.
    pub(crate) fn parse(text: &'a str) -> Result<Self, SignatureError> {
        let (access_key_id, signature) =
            text.trim().split_once(':').ok_or(SignatureError::MalformedVersion2)?;
        Ok(Self { access_key_id, signature: code(signature)?, expires: None })
    }

    /// Reads the parameters of a presigned URL out of all `parameters`, names and values decoded once, and checks that
    /// it has not ended at `now`.
    pub(crate) fn read(
        parameters: &'a [(String, String)],
        now: OffsetDateTime,
    ) -> Result<Self, SignatureError> {
        let only = |name| single(parameters, name)?.ok_or(SignatureError::IncompleteVersion2);
        let access_key_id = only(ACCESS_KEY_ID)?;
        let expires = only(EXPIRES)?;
        let signature = only(SIGNATURE)?;
        check_end(parse_expiry(expires)?, now)?;
        Ok(Self { access_key_id, signature: code(signature)?, expires: Some(expires) })
    }

    /// What may have been signed of `wire`, whose headers, with those that stood in the query, are `headers`.
    ///
    /// A bucket alone is `/lake` on the wire, and `/lake/` to some who sign it, botocore among them; both say the same.
    pub(crate) fn texts(&self, wire: Wire<'_>, headers: &HeaderMap) -> Vec<Box<[u8]>> {
        let path = if wire.path.is_empty() { "/" } else { wire.path };
        let resource = match wire.host_bucket {
            Some(bucket) => format!("/{bucket}{path}"),
            None => path.to_owned(),
        };
        let head = self.head(wire, headers);
        let parameters = covered_parameters(wire.query);
        readings(resource)
            .into_iter()
            .map(|resource| [&head, resource.as_bytes(), parameters.as_bytes()].concat().into())
            .collect()
    }

    /// All that stands before the resource.
    fn head(&self, wire: Wire<'_>, headers: &HeaderMap) -> Vec<u8> {
        let mut out = Vec::with_capacity(CAPACITY);
        let line = |out: &mut Vec<u8>, value: &[u8]| {
            out.extend_from_slice(value);
            out.push(b'\n');
        };
        let value =
            |name: &str| headers.get(name).map_or(&b""[..], |value| trimmed(value.as_bytes()));
        line(&mut out, wire.method.as_str().as_bytes());
        line(&mut out, value("content-md5"));
        line(&mut out, value(CONTENT_TYPE.as_str()));
        match self.expires {
            Some(expires) => line(&mut out, expires.as_bytes()),
            None if headers.contains_key(AMZ_DATE) => line(&mut out, b""),
            None => line(&mut out, value(DATE.as_str())),
        }
        let mut names: Vec<&str> = headers.keys().map(http::HeaderName::as_str).collect();
        names.retain(|name| name.starts_with("x-amz-"));
        names.sort_unstable();
        for name in names {
            let values = headers.get_all(name).iter().map(|value| trimmed(value.as_bytes()));
            let values: Vec<&[u8]> = values.collect();
            out.extend_from_slice(name.as_bytes());
            out.push(b':');
            line(&mut out, &values.join(&b","[..]));
        }
        out
    }
}

/// Whether the signature covers the query parameter `name`, decoded.
pub(crate) fn covers(name: &str) -> bool {
    COVERED.contains(&name)
}

/// Whether `secret` gives `signature` for one of `texts`.
pub(crate) fn verifies(texts: &[Box<[u8]>], signature: &Code, secret: &[u8]) -> bool {
    texts.iter().any(|text| hash::same(&hash::hmac_sha1(secret, text), signature))
}

/// The covered parameters of a raw query as they are signed: sorted by name, values decoded, an empty value left out.
///
/// Names are decoded too, so that none is taken for another parameter's by whoever reads the query.
fn covered_parameters(query: &str) -> String {
    let mut pairs: Vec<_> = decode_pairs(query).filter(|(name, _)| covers(name)).collect();
    pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut out = String::new();
    for (name, value) in pairs {
        out.push(if out.is_empty() { '?' } else { '&' });
        out.push_str(&name);
        if !value.is_empty() {
            out.push('=');
            out.push_str(&value);
        }
    }
    out
}

/// The resource, and that of the same bucket with or without a last slash.
fn readings(resource: String) -> Vec<String> {
    let bucket = resource.trim_start_matches('/').trim_end_matches('/');
    if bucket.is_empty() || bucket.contains('/') {
        return vec![resource];
    }
    let bare = format!("/{bucket}");
    let slashed = format!("/{bucket}/");
    if resource == bare || resource == slashed { vec![slashed, bare] } else { vec![resource] }
}

/// A header's value without the blanks around it; those inside it stay.
fn trimmed(value: &[u8]) -> &[u8] {
    value.trim_ascii()
}

/// Reads a signature; one that is none matches nothing.
fn code(text: &str) -> Result<Code, SignatureError> {
    let bytes = STANDARD.decode(text).map_err(|_| SignatureError::Mismatch)?;
    bytes.try_into().map_err(|_| SignatureError::Mismatch)
}

/// Reads `Expires`: seconds since 1970.
fn parse_expiry(text: &str) -> Result<OffsetDateTime, SignatureError> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|_| is_number);
    seconds
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .ok_or(SignatureError::MalformedVersion2Expiry)
}

/// The scheme of the header.
pub(crate) const SCHEME: &str = "AWS";

const AMZ_DATE: &str = "x-amz-date";

/// The parameters that are signed: botocore's list.
const COVERED: [&str; 35] = [
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

/// Room for most requests, so that the buffer is allocated once.
const CAPACITY: usize = 512;
