//! The seventh step: the upstream's answer, in our words where it speaks of itself.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use hyper::body::Incoming;
use policy::Operation;
use sigv::encode_path;

use crate::{
    answer::{Content, Download},
    audit::Outcome,
    authorize::Grant,
    buckets,
    deletion::{AnswerFault, Permission, Told},
    late::{Late, Wording},
    live::Live,
    messages::message_of,
    parse::Style,
    record::Record,
    refusal::{Refusal, error_document},
    reply::Stored,
    sign::Asked,
    upstream::{Lease, Upstream, UpstreamFault},
    xml,
};

/// Passes the upstream's answer on.
///
/// # Errors
///
/// [`Refusal::Upstream`] when the upstream refuses our credential, redirects, or answers what the
/// operation does not answer.
pub(crate) async fn relay(
    response: Response<Incoming>,
    lease: Lease,
    asked: &Asked,
    live: &Live,
    upstream: &Arc<Upstream>,
    record: &mut Record,
) -> Result<(Response<Content>, Outcome), Refusal> {
    let (mut head, incoming) = response.into_parts();
    let status = head.status;
    let download = Download::new(incoming, lease, patience(asked.operation, live));
    if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
        return Err(UpstreamFault::Redirect { status: status.as_u16() }.into());
    }
    if status.is_success() && !asked.progress.is_complete() {
        // A store that has not seen all of a body cannot have kept it.
        return Err(UpstreamFault::Answer { operation: asked.operation.name() }.into());
    }
    head.headers = passed_on(&head.headers, asked, live);
    if is_error(status) {
        let (content, code) = relay_error(download, status, asked, live, record).await?;
        record.code(&code);
        if !matches!(content, Content::Streamed(_)) {
            reframe(&mut head.headers);
        }
        return Ok((Response::from_parts(head, content), Outcome::UpstreamError));
    }
    if let Some(reply) = asked.head.reply() {
        whole(download, asked, live).await?;
        let (bucket, key) = (asked.head.bucket(), asked.head.key());
        let (bucket, key) = (bucket.unwrap_or_default(), key.unwrap_or_default());
        let stored = Stored { bucket, key, location: &location(asked, live) };
        return Ok((reply.answer(stored, head.headers), Outcome::Completed));
    }
    let content = match &asked.grant {
        Grant::Whole => rewritten(download, status, asked, live).await?,
        Grant::Buckets(listing) => {
            let text = whole(download, asked, live).await?;
            let shown = buckets::show(text, listing, asked, live, upstream).await?;
            Content::Document(hide_owner(&shown, asked, live)?.into())
        }
        Grant::Objects(permission) => {
            let text = whole(download, asked, live).await?;
            match read_objects(permission, &text, asked)? {
                Told::Done(done) => {
                    record.failed(done.failures());
                    Content::Document(permission.answer(&done))
                }
                Told::Late(code) => {
                    return Ok((late_error(&code, asked, record), Outcome::UpstreamError));
                }
            }
        }
    };
    if !matches!(content, Content::Streamed(_)) {
        reframe(&mut head.headers);
    }
    Ok((Response::from_parts(head, content), Outcome::Completed))
}

/// What an answer that is no error carries, with us in the place of the upstream.
async fn rewritten(
    download: Download,
    status: StatusCode,
    asked: &Asked,
    live: &Live,
) -> Result<Content, Refusal> {
    // What is neither an error nor a success has no document: 304.
    let Some(rewrite) = Rewrite::of(asked.operation).filter(|_| status.is_success()) else {
        return Ok(Content::Streamed(download));
    };
    let late = |download, wording| {
        Content::Late(Late::new(download, wording, resource(asked), live.limits.answer_bytes_max))
    };
    Ok(match rewrite {
        Rewrite::Region => {
            whole(download, asked, live).await?;
            Content::Document(xml::location_constraint(live.region()))
        }
        Rewrite::Owner => {
            let text = whole(download, asked, live).await?;
            Content::Document(hide_owner(&text, asked, live)?.into())
        }
        Rewrite::Location => late(download, Wording::At(location(asked, live))),
        Rewrite::Late => late(download, Wording::AsItIs),
    })
}

/// Whether the upstream may take long over its answer, and say only at its end whether it did what was asked.
pub(crate) fn is_late(operation: Operation) -> bool {
    match Rewrite::of(operation) {
        Some(Rewrite::Location | Rewrite::Late) => true,
        Some(Rewrite::Region | Rewrite::Owner) | None => false,
    }
}

/// What an answer says of the upstream and must say of us.
#[derive(Debug, Clone, Copy)]
enum Rewrite {
    /// The region.
    Region,
    /// Owner and initiator.
    Owner,
    /// The object's URL, in an answer that may be long in coming.
    Location,
    /// Nothing, but an error may stand where the result should, in an answer that may be long in coming.
    Late,
}

impl Rewrite {
    fn of(operation: Operation) -> Option<Self> {
        REWRITES.iter().find(|(rewritten, _)| *rewritten == operation).map(|(_, rewrite)| *rewrite)
    }
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

/// The upstream's error with our request id and the client's own path, and nothing else of it.
async fn relay_error(
    download: Download,
    status: StatusCode,
    asked: &Asked,
    live: &Live,
    record: &Record,
) -> Result<(Content, String), Refusal> {
    if asked.head.method() == http::Method::HEAD {
        return Ok((Content::Streamed(download), status.as_u16().to_string()));
    }
    let document = download
        .collect(live.limits.document_bytes_max)
        .await
        .map_err(|_| UpstreamFault::Answer { operation: asked.operation.name() })?;
    let read = document.as_deref().and_then(xml::read_error);
    let (code, message) = read.unwrap_or_else(|| unnamed(status, asked));
    if UpstreamFault::refuses_us(&code) {
        return Err(UpstreamFault::Credential { code }.into());
    }
    tracing::debug!(request_id = record.request_id(), code, ?message, "the upstream refused");
    let error = error_document(&code, message_of(&code), "", &resource(asked), record.request_id());
    Ok((Content::Document(error.into()), code))
}

/// What an answer that is no S3 error says by its status alone.
fn unnamed(status: StatusCode, asked: &Asked) -> (String, String) {
    let code = match status.as_u16() {
        403 => "AccessDenied",
        404 if asked.head.key().is_none() => "NoSuchBucket",
        404 => "NoSuchKey",
        405 => "MethodNotAllowed",
        412 => "PreconditionFailed",
        416 => "InvalidRange",
        501 => "NotImplemented",
        502..=504 => "ServiceUnavailable",
        500..=599 => "InternalError",
        _ => "InvalidRequest",
    };
    (code.into(), String::new())
}

/// How long the answer's body may stay without a byte.
fn patience(operation: Operation, live: &Live) -> Duration {
    if is_late(operation) { live.limits.upstream_long_answer } else { live.limits.body_idle }
}

async fn whole(download: Download, asked: &Asked, live: &Live) -> Result<String, Refusal> {
    let limit = live.limits.answer_bytes_max;
    let answer = || UpstreamFault::Answer { operation: asked.operation.name() };
    let document = download.collect(limit).await.map_err(|_| answer())?;
    let document = document.ok_or(UpstreamFault::AnswerTooLong { limit })?;
    Ok(String::from_utf8(document.into()).map_err(|_| answer())?)
}

/// What the upstream did to the objects that it was sent.
fn read_objects(permission: &Permission, text: &str, asked: &Asked) -> Result<Told, UpstreamFault> {
    permission.read(text).map_err(|fault| match fault {
        AnswerFault::Credential { code } => UpstreamFault::Credential { code },
        AnswerFault::Malformed => UpstreamFault::Answer { operation: asked.operation.name() },
    })
}

/// An error that came behind a status of 200, while nothing of the answer has gone down yet.
fn late_error(code: &str, asked: &Asked, record: &mut Record) -> Response<Content> {
    record.code(code);
    let error = error_document(code, message_of(code), "", &resource(asked), record.request_id());
    let mut response = Response::new(Content::Document(error.into()));
    *response.status_mut() = match code {
        "ServiceUnavailable" | "SlowDown" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    reframe(response.headers_mut());
    response
}

fn hide_owner(text: &str, asked: &Asked, live: &Live) -> Result<String, Refusal> {
    let hidden = xml::hide_owner(text, live.signer.access_key_id())
        .map_err(|_| UpstreamFault::Answer { operation: asked.operation.name() })?;
    Ok(hidden)
}

/// The headers that speak of the object; where one names the upstream's region, it names ours.
///
/// What is not known here stays behind: it may be of the hop, or introduce the upstream itself.
fn passed_on(headers: &HeaderMap, asked: &Asked, live: &Live) -> HeaderMap {
    let known = headers.iter().filter(|(name, _)| is_passed_on(name.as_str()));
    let mut passed: HeaderMap = known.map(|(name, value)| (name.clone(), value.clone())).collect();
    if passed.contains_key(BUCKET_REGION)
        && let Ok(region) = HeaderValue::from_str(live.region())
    {
        passed.insert(BUCKET_REGION, region);
    }
    if asked.operation == Operation::CreateBucket
        && let Ok(location) = HeaderValue::from_str(&location_of_bucket(asked, live))
    {
        passed.insert(header::LOCATION, location);
    }
    passed
}

fn is_passed_on(name: &str) -> bool {
    OF_THE_OBJECT.contains(&name)
        || (name.starts_with("x-amz-") && !OF_THE_UPSTREAM.iter().any(|of| name.starts_with(of)))
}

/// A document of ours has a length of its own.
fn reframe(headers: &mut HeaderMap) {
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::CONTENT_ENCODING);
    headers.remove(header::ETAG);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
}

/// The path of bucket and key, encoded, whatever the client's style.
pub(crate) fn resource(asked: &Asked) -> String {
    let bucket = asked.head.bucket().unwrap_or_default();
    match asked.head.key() {
        None => format!("/{bucket}"),
        Some(key) => format!("/{bucket}/{}", encode_path(key)),
    }
}

/// The URL of bucket and key as this client reaches it.
fn location(asked: &Asked, live: &Live) -> String {
    let scheme = if live.tls.is_some() { "https" } else { "http" };
    let path = match asked.head.style() {
        Style::Path => resource(asked),
        Style::VirtualHost => {
            format!("/{}", asked.head.key().map(encode_path).unwrap_or_default())
        }
    };
    format!("{scheme}://{}{path}", asked.head.host())
}

/// A new bucket as S3 names it: by its path, or by the host that the client called it by.
fn location_of_bucket(asked: &Asked, live: &Live) -> String {
    match asked.head.style() {
        Style::Path => resource(asked),
        Style::VirtualHost => location(asked, live),
    }
}

/// The operations whose answers name the upstream, or an error behind a status that says none; every other passes as it
/// is.
const REWRITES: [(Operation, Rewrite); 11] = [
    (Operation::CompleteMultipartUpload, Rewrite::Location),
    (Operation::CopyObject, Rewrite::Late),
    (Operation::GetBucketAcl, Rewrite::Owner),
    (Operation::GetBucketLocation, Rewrite::Region),
    (Operation::GetObjectAcl, Rewrite::Owner),
    (Operation::ListMultipartUploads, Rewrite::Owner),
    (Operation::ListObjectVersions, Rewrite::Owner),
    (Operation::ListObjects, Rewrite::Owner),
    (Operation::ListObjectsV2, Rewrite::Owner),
    (Operation::ListParts, Rewrite::Owner),
    (Operation::UploadPartCopy, Rewrite::Late),
];

const BUCKET_REGION: &str = "x-amz-bucket-region";

/// Headers of HTTP that S3 uses to speak of an object.
const OF_THE_OBJECT: [&str; 13] = [
    "accept-ranges",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-range",
    "content-type",
    "etag",
    "expires",
    "last-modified",
    "retry-after",
    "vary",
];

/// Beginnings of `x-amz-*` headers by which the upstream, not the object, introduces itself.
const OF_THE_UPSTREAM: [&str; 4] = ["x-amz-cf-", "x-amz-error-", "x-amz-id-", "x-amz-request-id"];
