//! What we ask the upstream ourselves: a `GET` of a bucket, or of the list of all.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use policy::Operation;
use sigv::Payload;

use crate::{
    answer::Download,
    endpoint::Addressing,
    live::Live,
    sign::{Target, sign_upwards},
    upload::Upload,
    upstream::{SendFault, Upstream, UpstreamFault},
    xml,
};

/// What is asked.
#[derive(Debug)]
pub(crate) struct OwnRequest {
    /// What it is, for whoever reads of its failure.
    pub(crate) operation: Operation,
    pub(crate) bucket: Option<String>,
    /// Encoded.
    pub(crate) query: String,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct OwnAnswer {
    pub(crate) status: StatusCode,
    /// The body; absent if it is longer than it may be.
    pub(crate) document: Option<Bytes>,
    /// The code of an S3 error.
    pub(crate) code: Option<String>,
}

/// Asks the upstream, and reads at most `bytes_max` of its answer.
///
/// # Errors
///
/// What kept it from answering; [`UpstreamFault::Credential`] when it refuses ours.
pub(crate) async fn ask(
    request: OwnRequest,
    bytes_max: usize,
    live: &Live,
    upstream: &Arc<Upstream>,
) -> Result<OwnAnswer, UpstreamFault> {
    let OwnRequest { operation, bucket, query } = request;
    let broken = || UpstreamFault::Answer { operation: operation.name() };
    let host = live.endpoint.host_of(bucket.as_deref()).ok_or_else(broken)?;
    let path = match (live.endpoint.addressing, &bucket) {
        (Addressing::Path, Some(bucket)) => format!("/{bucket}"),
        (Addressing::Path, None) | (Addressing::Virtual, _) => "/".to_owned(),
    };
    let mut headers = HeaderMap::new();
    let target = Target { method: &Method::GET, host: &host, path: &path, query: &query };
    sign_upwards(target, &mut headers, Payload::empty(), live).ok_or_else(broken)?;
    let target = if query.is_empty() { path } else { format!("{path}?{query}") };
    let mut request = Request::new(Upload::Document(Bytes::new()));
    *request.uri_mut() = target.parse().map_err(|_| broken())?;
    *request.headers_mut() = headers;
    let sent = upstream.send(request, live.limits.upstream_answer).await;
    let (response, lease) = sent.map_err(|fault| match fault {
        SendFault::Upstream(fault) => fault,
        SendFault::Upload(_) => broken(),
    })?;
    let status = response.status();
    let download = Download::new(response.into_body(), lease, live.limits.body_idle);
    let document = download.collect(bytes_max).await.map_err(|_| broken())?;
    let read =
        if status.is_success() { None } else { document.as_deref().and_then(xml::read_error) };
    match read.map(|(code, _)| code) {
        Some(code) if UpstreamFault::refuses_us(&code) => Err(UpstreamFault::Credential { code }),
        code => Ok(OwnAnswer { status, document, code }),
    }
}
