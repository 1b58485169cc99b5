//! Why a request was refused, and how S3 says so.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use policy::{XmlFault, xml_text};
use sigv::{BodyError, FormError, SignatureError};
use store::StoreError;
use thiserror::Error;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    audit::Outcome, cors::PreflightFault, parse::Malformed, upstream::UpstreamFault,
    verified::UploadFault,
};

/// Why a request was refused. `Display` is for operators; clients see [`Self::code`],
/// [`Self::status`] and [`Self::message`].
#[derive(Debug, Error)]
pub(crate) enum Refusal {
    #[error("malformed request: {0}")]
    Malformed(#[from] Malformed),
    #[error("operation refused: {0}")]
    Unrecognised(#[from] policy::Unrecognised),
    #[error("preflight refused: {0}")]
    Preflight(#[from] PreflightFault),
    #[error("signature refused: {0}")]
    Signature(#[from] SignatureError),
    /// The access key id is unknown, disabled or expired, or its user is: one answer for all.
    #[error("access key refused")]
    AccessKey,
    /// Its name is no label of DNS, and the upstream is told of buckets in `Host`.
    #[error("the bucket's name cannot stand in a host's: upstream.addressing is virtual")]
    BucketInHost,
    /// A key of the client's own would be sent without TLS.
    #[error("a key of the client's own, and no TLS: {leg}")]
    KeyInClear { leg: &'static str },
    #[error("form refused: {0}")]
    Form(#[from] FormError),
    #[error("the form is to be answered by a redirect to what is no absolute URL")]
    Redirect,
    #[error("the continuation token is none of ours")]
    ContinuationToken,
    #[error("the operation takes no body")]
    BodyNotTaken,
    #[error("body refused: {0}")]
    Body(#[from] BodyError),
    #[error(
        "the signature does not cover the body, which has more than {limit} bytes, and there is no TLS"
    )]
    UnsignedBody { limit: u64 },
    #[error("the client stopped sending")]
    ClientStalled,
    #[error("the client went away")]
    ClientGone,
    #[error("no room for what is held: limits.held_bytes_max is taken")]
    Crowded,
    #[error("{name} is not implemented with this upstream.body")]
    ChecksumNotImplemented { name: String },
    #[error("the body is longer than any object")]
    EntityTooLarge,
    #[error("the request document is longer than {limit} bytes")]
    DocumentTooLong { limit: usize },
    #[error("request document refused: {0}")]
    Document(#[from] XmlFault),
    #[error("a bucket in a region that is not signed for here: `{region}`")]
    Location { region: String },
    #[error("`{user}` lacks {action} on {resource}")]
    NotAllowed { user: Box<str>, action: policy::Action, resource: String, why: &'static str },
    #[error("store failed")]
    Store(#[from] StoreError),
    #[error("upstream failed: {0}")]
    Upstream(#[from] UpstreamFault),
}

impl Refusal {
    /// The S3 error code.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Malformed(malformed) => malformed.code(),
            Self::Unrecognised(unrecognised) => unrecognised.code(),
            Self::Preflight(fault) => fault.code(),
            Self::Signature(error) => error.code(),
            Self::AccessKey => "InvalidAccessKeyId",
            Self::BucketInHost => "InvalidBucketName",
            Self::KeyInClear { .. } => "InvalidRequest",
            Self::Form(error) => error.code(),
            Self::Redirect => "InvalidArgument",
            Self::ContinuationToken => "InvalidArgument",
            Self::BodyNotTaken => "InvalidRequest",
            Self::Body(error) => error.code(),
            Self::UnsignedBody { .. } => "InvalidRequest",
            Self::ClientStalled => "RequestTimeout",
            Self::ClientGone => "IncompleteBody",
            Self::Crowded => "SlowDown",
            Self::ChecksumNotImplemented { .. } => "NotImplemented",
            Self::EntityTooLarge => "EntityTooLarge",
            Self::DocumentTooLong { .. } => "MaxMessageLengthExceeded",
            Self::Document(fault) => fault.code(),
            Self::Location { .. } => "IllegalLocationConstraintException",
            Self::NotAllowed { .. } => "AccessDenied",
            Self::Store(_) => "ServiceUnavailable",
            Self::Upstream(fault) => fault.code(),
        }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        let status = match self {
            Self::Malformed(malformed) => malformed.status(),
            Self::Unrecognised(unrecognised) => unrecognised.status(),
            Self::Signature(error) => error.status(),
            Self::Body(error) => error.status(),
            Self::Form(error) => error.status(),
            Self::BucketInHost
            | Self::KeyInClear { .. }
            | Self::Redirect
            | Self::ContinuationToken
            | Self::BodyNotTaken
            | Self::Location { .. }
            | Self::UnsignedBody { .. }
            | Self::ClientStalled
            | Self::ClientGone
            | Self::EntityTooLarge
            | Self::DocumentTooLong { .. } => 400,
            Self::Document(fault) => fault.status(),
            Self::Preflight(fault) => fault.status(),
            Self::AccessKey | Self::NotAllowed { .. } => 403,
            Self::ChecksumNotImplemented { .. } => 501,
            Self::Crowded | Self::Store(_) => 503,
            Self::Upstream(fault) => fault.status(),
        };
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What the client is told: what was wrong and what to do, nothing of other users or of our inside.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Malformed(malformed) => malformed.to_string(),
            Self::Unrecognised(unrecognised) => unrecognised.to_string(),
            Self::Preflight(fault) => fault.to_string(),
            Self::Signature(error) => error.message().into_owned(),
            Self::AccessKey => {
                "The AWS Access Key Id you provided does not exist in our records.".into()
            }
            Self::BucketInHost => {
                "The specified bucket is not valid: behind this endpoint its name \
                 has to be a host's, of lower-case letters, digits, `-` and `.`."
                    .into()
            }
            Self::KeyInClear { leg } => format!(
                "Requests specifying Server Side Encryption with Customer provided keys must be \
                 made over a secure connection: {leg} has no TLS."
            ),
            Self::Form(error) => error.message().into(),
            Self::Redirect => {
                "The field success_action_redirect must be an absolute URL of http or https.".into()
            }
            Self::ContinuationToken => "The continuation token provided is incorrect.".into(),
            Self::BodyNotTaken => "This operation takes no request body.".into(),
            Self::Body(error) => error.message().into(),
            Self::UnsignedBody { limit } => {
                format!(
                    "Without TLS, a body of more than {limit} bytes must be covered by the \
                     signature: sign its hash or its chunks, or use TLS."
                )
            }
            Self::ClientStalled => "Your socket connection to the server was not read from or \
                 written to within the timeout period."
                .into(),
            Self::ClientGone => {
                "You did not provide the number of bytes specified by the Content-Length HTTP \
                 header."
                    .into()
            }
            Self::Crowded => {
                "Please reduce your request rate: other uploads take all the memory there is \
                 for signed chunks and documents."
                    .into()
            }
            Self::ChecksumNotImplemented { name } => {
                format!("The header {name} is not implemented by this endpoint.")
            }
            Self::EntityTooLarge => {
                "Your proposed upload exceeds the maximum allowed object size.".into()
            }
            Self::DocumentTooLong { limit } => {
                format!("Your request was too big: this document may have {limit} bytes.")
            }
            Self::Document(fault) => fault.to_string(),
            Self::Location { region } => {
                format!("The {region} location constraint is none of this endpoint's regions.")
            }
            Self::NotAllowed { user, action, resource, why } => {
                format!("User {user} is not authorized to perform {action} on {resource}: {why}.")
            }
            Self::Store(_) => {
                "The identities cannot be read at the moment. Please try again.".into()
            }
            Self::Upstream(_) => {
                "The store behind this endpoint cannot answer at the moment. Please try again."
                    .into()
            }
        }
    }

    /// What the audit trail calls it.
    pub(crate) fn outcome(&self) -> Outcome {
        if matches!(self, Self::Upstream(_)) { Outcome::UpstreamError } else { Outcome::Refused }
    }

    /// Whether the operator has to hear of it beyond the audit line.
    fn log(&self, request_id: &str) {
        match self {
            Self::Store(error) => {
                tracing::error!(request_id, error = %error, cause = ?std::error::Error::source(error), "store failed");
            }
            Self::Upstream(fault) => fault.log(request_id),
            Self::Malformed(_)
            | Self::Unrecognised(_)
            | Self::Preflight(_)
            | Self::Signature(_)
            | Self::AccessKey
            | Self::BucketInHost
            | Self::KeyInClear { .. }
            | Self::Form(_)
            | Self::Redirect
            | Self::ContinuationToken
            | Self::BodyNotTaken
            | Self::Body(_)
            | Self::UnsignedBody { .. }
            | Self::ClientStalled
            | Self::ClientGone
            | Self::Crowded
            | Self::ChecksumNotImplemented { .. }
            | Self::EntityTooLarge
            | Self::DocumentTooLong { .. }
            | Self::Document(_)
            | Self::Location { .. }
            | Self::NotAllowed { .. } => {
                tracing::debug!(request_id, refusal = ?self.to_string(), "refused");
            }
        }
    }

    /// The S3 answer: an `<Error>` document with the request's id. `resource` is the path as the
    /// client sent it, `now` the server's time, which a client with a wrong clock corrects itself by.
    pub(crate) fn answer(
        &self,
        resource: &str,
        request_id: &str,
        now: OffsetDateTime,
    ) -> Response<Bytes> {
        self.log(request_id);
        let extra =
            if let Self::Signature(error) = self { corrections(error, now) } else { String::new() };
        let document = error_document(self.code(), &self.message(), &extra, resource, request_id);
        let mut response = Response::new(Bytes::from(document));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        if self.status() == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<UploadFault> for Refusal {
    fn from(fault: UploadFault) -> Self {
        match fault {
            UploadFault::Refused(error) => Self::Body(error),
            UploadFault::Stalled => Self::ClientStalled,
            UploadFault::Gone => Self::ClientGone,
            UploadFault::Crowded => Self::Crowded,
        }
    }
}

/// The elements by which a client corrects itself: what the clocks are, or the region.
fn corrections(error: &SignatureError, now: OffsetDateTime) -> String {
    let text = |at: OffsetDateTime| at.format(&Rfc3339).unwrap_or_default();
    let server = format!("<ServerTime>{}</ServerTime>", text(now));
    if let SignatureError::Skewed { signed_at, max_skew } = error {
        let at = text(*signed_at);
        let skew = max_skew.whole_milliseconds();
        format!(
            "<RequestTime>{at}</RequestTime>{server}\
             <MaxAllowedSkewMilliseconds>{skew}</MaxAllowedSkewMilliseconds>"
        )
    } else if let SignatureError::Expired { at } = error {
        format!("<Expires>{}</Expires>{server}", text(*at))
    } else if let SignatureError::NotYetValid { from } = error {
        format!("<RequestTime>{}</RequestTime>{server}", text(*from))
    } else if let SignatureError::WrongRegion { expected, .. } = error {
        format!("<Region>{}</Region>", xml_text(expected))
    } else {
        String::new()
    }
}

/// S3's `<Error>` document. `extra` is further elements, already XML.
pub(crate) fn error_document(
    code: &str,
    message: &str,
    extra: &str,
    resource: &str,
    request_id: &str,
) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>\
         {extra}<Resource>{}</Resource><RequestId>{}</RequestId></Error>",
        xml_text(code),
        xml_text(message),
        xml_text(resource),
        xml_text(request_id),
    )
}
