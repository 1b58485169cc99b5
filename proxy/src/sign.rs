//! The sixth step: a new request, generated from what was authorized, under the upstream's credential.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, Method, Request, header};
use policy::{CopySource, Operation};
use sigv::{Chain, Payload, Wire, amz_date, encode_copy_source, encode_path, encode_query_value};
use store::Caller;

use crate::{
    authorize::{Grant, Permitted},
    endpoint::Addressing,
    live::Live,
    parse::Head,
    refusal::Refusal,
    relay::is_late,
    upload::{Begun, Upload},
    upstream::UpstreamFault,
    verified::Progress,
};

/// A request ready to be sent, and what its answer will be read by.
#[derive(Debug)]
pub(crate) struct Signed {
    request: Request<Upload>,
    asked: Asked,
}

/// What was asked, for whom: an answer is rewritten by it.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) head: Head,
    pub(crate) operation: Operation,
    pub(crate) caller: Arc<Caller>,
    pub(crate) grant: Grant,
    pub(crate) progress: Arc<Progress>,
}

/// Generates the upstream's request: bucket and key encoded by the one encoder, the parameters and
/// headers that the tables copy, no byte of the client's own head, and the body in our framing.
///
/// # Errors
///
/// [`Refusal::BucketInHost`]; what refuses a body before its first byte goes up;
/// [`Refusal::Upstream`] when the request cannot be written down, which no permitted one should cause.
pub(crate) async fn sign(permitted: Permitted, live: &Live) -> Result<Signed, Refusal> {
    let (request, grant) = permitted.into_parts();
    let (head, recognised, caller, content) = request.into_parts();
    let operation = recognised.operation;
    let host = live.endpoint.host_of(head.bucket()).ok_or(Refusal::BucketInHost)?;
    let body = Begun::new(content, operation, live).await?;
    let path = upstream_path(&head, live.endpoint.addressing);
    let query = upstream_query(match &grant {
        Grant::Buckets(listing) => listing.parameters(),
        Grant::Whole | Grant::Objects(_) => &recognised.parameters,
    });
    let mut headers = recognised.headers;
    body.describe(&mut headers, live);
    if let Some(source) = &recognised.source {
        headers.insert("x-amz-copy-source", written(source).ok_or_else(|| unwritable(operation))?);
    }
    let payload = body.payload();
    let target = Target { method: head.method(), host: &host, path: &path, query: &query };
    let chain = sign_upwards(target, &mut headers, payload, live);
    let chain = chain.ok_or_else(|| unwritable(operation))?;
    if head.method() == Method::PUT || head.method() == Method::POST {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.wire_length()));
    }
    let target = if query.is_empty() { path } else { format!("{path}?{query}") };
    let upload = body.upload(chain);
    let asked = Asked { operation, caller, grant, progress: upload.progress(), head };
    let mut request = Request::new(upload);
    *request.method_mut() = asked.head.method().clone();
    *request.uri_mut() = target.parse().map_err(|_| unwritable(operation))?;
    *request.headers_mut() = headers;
    Ok(Signed { request, asked })
}

impl Signed {
    /// The request, its terms, and how long the upstream may think about it.
    pub(crate) fn into_parts(self, live: &Live) -> (Request<Upload>, Asked, Duration) {
        let patience = if takes_long(self.asked.operation) {
            live.limits.upstream_long_answer
        } else {
            live.limits.upstream_answer
        };
        (self.request, self.asked, patience)
    }
}

/// Whether the upstream may take minutes over its answer.
fn takes_long(operation: Operation) -> bool {
    is_late(operation) || operation == Operation::DeleteObjects
}

/// Where a request goes upwards.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) method: &'a Method,
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
}

/// Completes `headers` with the upstream's signature of now, and gives what the chunks of the body are signed with; nothing
/// when the host cannot be written down.
pub(crate) fn sign_upwards(
    target: Target<'_>,
    headers: &mut HeaderMap,
    payload: Payload,
    live: &Live,
) -> Option<Chain> {
    // A body may have taken its time, and the upstream compares clocks.
    let now = (live.clock.wall)();
    let Target { method, host, path, query } = target;
    headers.insert(header::HOST, HeaderValue::try_from(host).ok()?);
    headers.insert("x-amz-date", amz_date::header_value(now));
    headers.insert("x-amz-content-sha256", payload.header_value());
    let wire = Wire { method, path, query, headers, host_bucket: None };
    let (authorization, chain) = live.signer.sign(wire, &payload, now);
    headers.insert(header::AUTHORIZATION, authorization);
    Some(chain)
}

fn upstream_path(head: &Head, addressing: Addressing) -> String {
    let key = head.key().map(encode_path);
    let in_path = match addressing {
        Addressing::Path => head.bucket(),
        Addressing::Virtual => None,
    };
    match (in_path, key) {
        (None, key) => format!("/{}", key.unwrap_or_default()),
        (Some(bucket), None) => format!("/{bucket}"),
        (Some(bucket), Some(key)) => format!("/{bucket}/{key}"),
    }
}

/// What is copied, as the upstream is told it, whatever the client's spelling.
fn written(source: &CopySource) -> Option<HeaderValue> {
    let CopySource { bucket, key, version } = source;
    HeaderValue::try_from(encode_copy_source(bucket, key, version.as_deref())).ok()
}

pub(crate) fn upstream_query(parameters: &[(&'static str, String)]) -> String {
    let pairs =
        parameters.iter().map(|(name, value)| format!("{name}={}", encode_query_value(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn unwritable(operation: Operation) -> Refusal {
    UpstreamFault::Answer { operation: operation.name() }.into()
}
