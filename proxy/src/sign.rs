//! The sixth step: a new request, generated from what was authorized, under the upstream's credential.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use policy::{Context, Operation, shows_all_buckets};
use sigv::{Encoder, Payload, Wire, amz_date, encode_path, encode_query_value, hash};
use store::Caller;
use time::OffsetDateTime;

use crate::{
    authenticate::Content,
    authorize::Permitted,
    body::{Progress, Upload},
    live::Live,
    parse::Head,
    refusal::Refusal,
    upstream::UpstreamFault,
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
    pub(crate) progress: Arc<Progress>,
}

/// Generates the upstream's request: bucket and key encoded by the one encoder, the parameters and
/// headers that the tables copy, and no byte of the client's own head.
///
/// # Errors
///
/// [`Refusal::Upstream`] when the request cannot be written down, which no permitted one should cause.
pub(crate) fn sign(
    permitted: Permitted,
    live: &Live,
    now: OffsetDateTime,
) -> Result<Signed, Refusal> {
    let (head, recognised, caller, payload, content) = permitted.into_request().into_parts();
    let operation = recognised.operation;
    let upload = encode(content, &payload);
    let path = upstream_path(&head);
    let query = upstream_query(&parameters(operation, recognised.parameters, &head, &caller));
    let mut headers = recognised.headers;
    let payload = upstream_payload(&upload);
    let host = HeaderValue::from_str(&live.endpoint.authority());
    headers.insert(header::HOST, host.map_err(|_| unwritable(operation))?);
    headers.insert("x-amz-date", amz_date::header_value(now));
    headers.insert("x-amz-content-sha256", payload.header_value());
    let wire = Wire { method: head.method(), path: &path, query: &query, headers: &headers };
    let (authorization, _chain) = live.signer.sign(wire, &payload, now);
    headers.insert(header::AUTHORIZATION, authorization);
    if head.method() == Method::PUT || head.method() == Method::POST {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(upload.wire_length()));
    }
    let target = if query.is_empty() { path } else { format!("{path}?{query}") };
    let asked = Asked { operation, caller, progress: upload.progress(), head };
    let mut request = Request::new(upload);
    *request.method_mut() = asked.head.method().clone();
    *request.uri_mut() = target.parse().map_err(|_| unwritable(operation))?;
    *request.headers_mut() = headers;
    Ok(Signed { request, asked })
}

impl Signed {
    /// The request, its terms, and how long the upstream may think about it.
    pub(crate) fn into_parts(self, live: &Live) -> (Request<Upload>, Asked, Duration) {
        let patience = if self.asked.operation == Operation::CompleteMultipartUpload {
            live.limits.upstream_long_answer
        } else {
            live.limits.upstream_answer
        };
        (self.request, self.asked, patience)
    }
}

fn encode(content: Content, payload: &Payload) -> Upload {
    match content {
        Content::Document(document) => Upload::Document(document),
        Content::Streamed(verified) if verified.length() == 0 => Upload::Document(Bytes::new()),
        Content::Streamed(verified) => {
            Upload::Streamed { encoder: Encoder::plain(payload), verified }
        }
    }
}

fn upstream_payload(upload: &Upload) -> Payload {
    match upload {
        Upload::Document(document) => Payload::Hash(hash::sha256(document)),
        Upload::Streamed { encoder, .. } => *encoder.payload(),
    }
}

fn upstream_path(head: &Head) -> String {
    let bucket = head.bucket().unwrap_or_default();
    match head.key() {
        None => format!("/{bucket}"),
        Some(key) => format!("/{bucket}/{}", encode_path(key)),
    }
}

/// What goes up of the parameters. Who may see some buckets only gets them on one page: the store's
/// pages, and the tokens between them, are made of all buckets.
fn parameters(
    operation: Operation,
    mut parameters: Vec<(&'static str, String)>,
    head: &Head,
    caller: &Caller,
) -> Vec<(&'static str, String)> {
    let context = Context { source_ip: Some(head.peer()) };
    if operation == Operation::ListBuckets && !shows_all_buckets(&caller.subject(), &context) {
        parameters.retain(|(name, _)| !PAGING.contains(name));
    }
    parameters
}

fn upstream_query(parameters: &[(&'static str, String)]) -> String {
    let pairs =
        parameters.iter().map(|(name, value)| format!("{name}={}", encode_query_value(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn unwritable(operation: Operation) -> Refusal {
    UpstreamFault::Answer { operation: operation.name() }.into()
}

/// The parameters that cut a list of buckets into pages.
const PAGING: [&str; 2] = ["continuation-token", "max-buckets"];
