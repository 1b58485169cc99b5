//! The first step: what was asked for, decoded once.

use std::net::IpAddr;

use http::{HeaderMap, HeaderValue, Method, header, request::Parts};
use hyper::body::Incoming;
use policy::{Domains, Host, HostFault, KEY_BYTES_MAX, Shape, is_bucket_name};
use sigv::{Presigned, SignatureError, Wire};
use thiserror::Error;
use time::OffsetDateTime;

use crate::{attribute::Attributed, limits::Limits, refusal::Refusal, reply::Reply};

/// A request whose bucket, key and parameters are known, and nothing else.
#[derive(Debug)]
pub(crate) struct Parsed {
    head: Parts,
    body: Incoming,
    peer: IpAddr,
    decoded: Decoded,
}

/// What a head says, each part decoded exactly once.
#[derive(Debug)]
struct Decoded {
    style: Style,
    bucket: Option<String>,
    key: Option<String>,
    parameters: Vec<(String, String)>,
    /// The headers of a presigned URL, with those that stand in its query; elsewhere those of the head are all.
    presigned: Option<HeaderMap>,
    length: Length,
}

/// How a request names its bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// As the first part of its path.
    Path,
    /// Before a domain of ours, in `Host`; the path is the key.
    VirtualHost,
}

/// How long the client said its body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// No `Content-Length`, no transfer coding: there is no body.
    Absent,
    /// `Content-Length`, in bytes.
    Declared(u64),
    /// A transfer coding without a length.
    Unknown,
}

/// What a request line or head cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Malformed {
    #[error("The request target must be a path: `GET /bucket/key`.")]
    Target,
    #[error("A request needs exactly one Host header.")]
    Host,
    #[error(
        "The Host header must be a name, an IPv4 address or an IPv6 address in brackets, with a port or without."
    )]
    HostName,
    #[error(
        "The X-Forwarded-For header has an entry that is no IP address: who the client is cannot be told."
    )]
    ForwardedFor,
    #[error("The path and query may have {limit} bytes together.")]
    UriTooLong { limit: usize },
    #[error("The path or query is not percent-encoded UTF-8.")]
    Encoding,
    #[error("The specified bucket is not valid: 3 to 255 of letters, digits, `.`, `-` and `_`.")]
    Bucket,
    #[error("Your key is too long: it may have 1024 bytes.")]
    KeyTooLong,
    #[error("The Content-Length header is not a number.")]
    Length,
}

impl Malformed {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Target | Self::Encoding => "InvalidURI",
            Self::Host | Self::HostName | Self::ForwardedFor => "InvalidRequest",
            Self::UriTooLong { .. } => "RequestURITooLong",
            Self::Bucket => "InvalidBucketName",
            Self::KeyTooLong => "KeyTooLongError",
            Self::Length => "InvalidArgument",
        }
    }

    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::UriTooLong { .. } => 414,
            Self::Target
            | Self::Encoding
            | Self::Host
            | Self::HostName
            | Self::ForwardedFor
            | Self::Bucket
            | Self::KeyTooLong
            | Self::Length => 400,
        }
    }
}

impl From<HostFault> for Malformed {
    fn from(fault: HostFault) -> Self {
        match fault {
            HostFault::NotOne => Self::Host,
            HostFault::Malformed => Self::HostName,
            HostFault::Bucket => Self::Bucket,
        }
    }
}

/// Decodes bucket, key and parameters, each exactly once.
///
/// # Errors
///
/// [`Refusal::Malformed`], by what the request line or head cannot be; [`Refusal::Signature`] for a presigned URL that
/// says something twice.
pub(crate) fn parse(
    attributed: Attributed,
    limits: &Limits,
    domains: &Domains,
) -> Result<Parsed, Refusal> {
    let (request, peer) = attributed.into_parts();
    let (head, body) = request.into_parts();
    check_target(&head, limits)?;
    let decoded = decode_head(&head, domains)?;
    Ok(Parsed { head, body, peer, decoded })
}

fn decode_head(head: &Parts, domains: &Domains) -> Result<Decoded, Refusal> {
    let host = Host::read(&head.headers).map_err(Malformed::from)?;
    let in_host = domains.bucket_in(host).map_err(Malformed::from)?;
    let style = if in_host.is_some() { Style::VirtualHost } else { Style::Path };
    let (bucket, key) = match in_host {
        None => split_path(head.uri.path())?,
        Some(bucket) => (Some(checked(bucket)?), key_of(head.uri.path())?),
    };
    let mut parameters = decode_query(head.uri.query().unwrap_or_default())?;
    let presigned = hoist(&mut parameters, &head.headers)?;
    let length = body_length(&head.headers)?;
    Ok(Decoded { style, bucket, key, parameters, presigned, length })
}

/// The path of bucket and key as the client sent it, whatever its style, for an answer that says no to
/// it.
pub(crate) fn resource_as_sent(
    path: &str,
    host: Option<&HeaderValue>,
    domains: &Domains,
) -> String {
    let host = host.and_then(|value| Host::of(value).ok());
    let in_host = host.and_then(|host| domains.bucket_in(host).ok().flatten());
    match (in_host, path) {
        (None, _) => path.to_owned(),
        (Some(bucket), "/") => format!("/{bucket}"),
        (Some(bucket), _) => format!("/{bucket}{path}"),
    }
}

impl Parsed {
    /// What the tables of operations, parameters and headers are asked with.
    pub(crate) fn shape(&self) -> Shape<'_> {
        self.decoded.shape(&self.head)
    }

    pub(crate) fn method(&self) -> &Method {
        &self.head.method
    }

    /// The headers, with those that a presigned URL has in its query.
    pub(crate) fn headers(&self) -> &HeaderMap {
        self.decoded.headers(&self.head)
    }

    pub(crate) fn bucket(&self) -> Option<&str> {
        self.decoded.bucket.as_deref()
    }

    pub(crate) fn key(&self) -> Option<&str> {
        self.decoded.key.as_deref()
    }

    pub(crate) fn length(&self) -> Length {
        self.decoded.length
    }

    /// The request as it was signed: nothing decoded.
    pub(crate) fn wire(&self) -> Wire<'_> {
        wire(&self.head, self.decoded.style, self.bucket())
    }

    /// The body, which only the authenticate step takes; `at` is when the request came.
    pub(crate) fn split_body(self, at: OffsetDateTime) -> (Head, Incoming) {
        let Self { head, body, peer, decoded: Decoded { style, bucket, key, .. } } = self;
        (Head { parts: head, peer, at, style, bucket, key, reply: None }, body)
    }
}

impl Decoded {
    fn shape<'a>(&'a self, head: &'a Parts) -> Shape<'a> {
        Shape {
            method: &head.method,
            bucket: self.bucket.as_deref(),
            key: self.key.as_deref(),
            parameters: &self.parameters,
            headers: self.headers(head),
        }
    }

    fn headers<'a>(&'a self, head: &'a Parts) -> &'a HeaderMap {
        self.presigned.as_ref().unwrap_or(&head.headers)
    }
}

/// What is left of a request when its body has been taken.
#[derive(Debug)]
pub(crate) struct Head {
    parts: Parts,
    peer: IpAddr,
    at: OffsetDateTime,
    style: Style,
    bucket: Option<String>,
    key: Option<String>,
    reply: Option<Reply>,
}

impl Head {
    /// The request as it was signed.
    pub(crate) fn wire(&self) -> Wire<'_> {
        wire(&self.parts, self.style, self.bucket())
    }

    /// What a form makes of its request: the file is put at `key`, and its sender told as `reply` says.
    pub(crate) fn putting(mut self, key: String, reply: Reply) -> Self {
        self.parts.method = Method::PUT;
        Self { key: Some(key), reply: Some(reply), ..self }
    }

    /// How its sender is told of success, if that is not as the upstream tells it.
    pub(crate) fn reply(&self) -> Option<&Reply> {
        self.reply.as_ref()
    }

    pub(crate) fn method(&self) -> &Method {
        &self.parts.method
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    pub(crate) fn peer(&self) -> IpAddr {
        self.peer
    }

    /// When the request came: the time that its signature was checked with.
    pub(crate) fn at(&self) -> OffsetDateTime {
        self.at
    }

    pub(crate) fn bucket(&self) -> Option<&str> {
        self.bucket.as_deref()
    }

    pub(crate) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// How the client names the bucket.
    pub(crate) fn style(&self) -> Style {
        self.style
    }

    /// The `Host` the client called us by.
    pub(crate) fn host(&self) -> &str {
        self.parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
    }
}

fn wire<'a>(head: &'a Parts, style: Style, bucket: Option<&'a str>) -> Wire<'a> {
    Wire {
        method: &head.method,
        path: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
        headers: &head.headers,
        host_bucket: bucket.filter(|_| style == Style::VirtualHost),
    }
}

fn check_target(head: &Parts, limits: &Limits) -> Result<(), Malformed> {
    if head.uri.authority().is_some() || !head.uri.path().starts_with('/') {
        return Err(Malformed::Target);
    }
    let length = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    if length > limits.uri_bytes_max {
        return Err(Malformed::UriTooLong { limit: limits.uri_bytes_max });
    }
    Ok(())
}

/// `/bucket/key`: split as sent, then each part decoded, so that an escaped slash stays inside its part.
fn split_path(path: &str) -> Result<(Option<String>, Option<String>), Malformed> {
    let path = path.strip_prefix('/').ok_or(Malformed::Target)?;
    if path.is_empty() {
        return Ok((None, None));
    }
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    Ok((Some(checked(decode(bucket)?)?), decode_key(key)?))
}

/// `/key`, of a bucket that stands elsewhere: all of it is the key.
fn key_of(path: &str) -> Result<Option<String>, Malformed> {
    decode_key(path.strip_prefix('/').ok_or(Malformed::Target)?)
}

/// A key; the empty one is none.
fn decode_key(key: &str) -> Result<Option<String>, Malformed> {
    if key.is_empty() {
        return Ok(None);
    }
    let key = decode(key)?;
    check_key(&key)?;
    Ok(Some(key))
}

/// Checks that `key` is one that S3 has.
pub(crate) fn check_key(key: &str) -> Result<(), Malformed> {
    if key.len() > KEY_BYTES_MAX { Err(Malformed::KeyTooLong) } else { Ok(()) }
}

fn checked(bucket: String) -> Result<String, Malformed> {
    if is_bucket_name(&bucket) { Ok(bucket) } else { Err(Malformed::Bucket) }
}

/// Name and value of each parameter, in order; `+` is a space, as in a form.
fn decode_query(query: &str) -> Result<Vec<(String, String)>, Malformed> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(&name.replace('+', " "))?, decode(&value.replace('+', " "))?))
        })
        .collect()
}

fn decode(text: &str) -> Result<String, Malformed> {
    Ok(policy::decode(text).ok_or(Malformed::Encoding)?.into_owned())
}

/// Takes the headers out of the parameters of a presigned URL.
fn hoist(
    parameters: &mut Vec<(String, String)>,
    headers: &HeaderMap,
) -> Result<Option<HeaderMap>, SignatureError> {
    let names = parameters.iter().map(|(name, _)| name);
    let Some(form) = Presigned::of(names)? else { return Ok(None) };
    let mut headers = headers.clone();
    form.hoist(parameters, &mut headers)?;
    Ok(Some(headers))
}

fn body_length(headers: &HeaderMap) -> Result<Length, Malformed> {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return Ok(Length::Unknown);
    }
    let Some(value) = headers.get(header::CONTENT_LENGTH) else { return Ok(Length::Absent) };
    let text = value.to_str().map_err(|_| Malformed::Length)?;
    text.parse().map(Length::Declared).map_err(|_| Malformed::Length)
}

#[cfg(test)]
mod botocore;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_is_split_as_sent_and_decoded_once() {
        let cases = [
            ("/", None, None),
            ("/lake", Some("lake"), None),
            ("/lake/", Some("lake"), None),
            ("/lake//a", Some("lake"), Some("/a")),
            ("/lake/a%2Fb", Some("lake"), Some("a/b")),
            ("/lake/a/../b", Some("lake"), Some("a/../b")),
            ("/lake/%252e%252e%252f", Some("lake"), Some("%2e%2e%2f")),
            ("/lake/a+b%20c", Some("lake"), Some("a+b c")),
            ("/lake/%C3%B6", Some("lake"), Some("ö")),
        ];
        for (path, bucket, key) in cases {
            let split = split_path(path).unwrap();
            assert_eq!((split.0.as_deref(), split.1.as_deref()), (bucket, key), "{path}");
        }
    }

    #[test]
    fn b02_b03_path_below_a_bucket_in_host_is_the_key_decoded_once() {
        let cases = [
            ("/", None),
            ("//a", Some("/a")),
            ("/own/x", Some("own/x")),
            ("/own/", Some("own/")),
            ("/a%2Fb", Some("a/b")),
            ("/../x", Some("../x")),
            ("/%252e%252e%252f", Some("%2e%2e%2f")),
            ("/a+b%20c", Some("a+b c")),
        ];
        for (path, key) in cases {
            assert_eq!(key_of(path).unwrap().as_deref(), key, "{path}");
        }
        assert_eq!(key_of("/%C0%AF"), Err(Malformed::Encoding));
        assert_eq!(key_of(&format!("/{}", "k".repeat(1025))), Err(Malformed::KeyTooLong));
    }

    #[test]
    fn path_that_names_no_bucket_or_is_not_utf8_is_refused() {
        let cases = [
            ("//key", Malformed::Bucket),
            ("/la%2Fke/key", Malformed::Bucket),
            ("/../key", Malformed::Bucket),
            ("/lake/%C0%AF", Malformed::Encoding),
            ("/lake/%ZZ", Malformed::Encoding),
            ("/lake/%4", Malformed::Encoding),
        ];
        for (path, malformed) in cases {
            assert_eq!(split_path(path), Err(malformed), "{path}");
        }
    }

    #[test]
    fn key_has_1024_bytes_at_most() {
        let key = |bytes: usize| format!("/lake/{}", "k".repeat(bytes));
        assert!(split_path(&key(1024)).is_ok());
        assert_eq!(split_path(&key(1025)), Err(Malformed::KeyTooLong));
    }

    #[test]
    fn query_keeps_order_duplicates_and_empty_values() {
        let pairs = decode_query("b=1&a&c=&b=2%2B+3&&d=e=f").unwrap();
        let expected = [("b", "1"), ("a", ""), ("c", ""), ("b", "2+ 3"), ("d", "e=f")]
            .map(|(n, v)| (n.into(), v.into()));
        assert_eq!(pairs, expected);
    }
}
