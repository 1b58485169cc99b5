//! Why a signature was refused, with AWS's code and status for each.

use std::borrow::Cow;

use thiserror::Error;
use time::{Duration, OffsetDateTime};

/// Why a request's signature was refused. `Display` is for operators; clients see [`Self::code`], [`Self::status`] and
/// [`Self::message`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The request carries no authentication at all.
    #[error("request is anonymous")]
    Anonymous,
    /// The request is authenticated in a form of AWS's that is not implemented.
    #[error("{form} is not implemented")]
    UnsupportedForm {
        /// The form's name.
        form: &'static str,
    },
    /// The body is framed in a mode that is not implemented.
    #[error("payload mode {mode} is not implemented")]
    UnsupportedPayload {
        /// The value of `x-amz-content-sha256`.
        mode: &'static str,
    },
    /// The `Authorization` header is of a scheme that S3 does not have.
    #[error("authorization scheme is not AWS's")]
    UnsupportedScheme,
    /// The request is authenticated in more than one way.
    #[error("more than one mechanism of authentication")]
    ManyMechanisms,
    /// A part of the `Authorization` header stands there twice.
    #[error("authorization has `{name}` twice")]
    DuplicateParameter {
        /// The part's name.
        name: &'static str,
    },
    /// A header that authentication reads stands in the request twice.
    #[error("header `{name}` stands twice")]
    DuplicateHeader {
        /// The header's name.
        name: &'static str,
    },
    /// The `Authorization` header does not follow its grammar.
    #[error("authorization header is malformed: {reason}")]
    MalformedAuthorization {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The access key id has a form that was never issued.
    #[error("access key id has a form that is never issued")]
    MalformedAccessKeyId,
    /// The credential scope is of another region.
    #[error("scope is of region `{region}`, not `{expected}`")]
    WrongRegion {
        /// The region in the scope.
        region: String,
        /// The first region that would do.
        expected: String,
    },
    /// The credential scope is of another service.
    #[error("scope is of another service than s3")]
    WrongService,
    /// The credential scope is of `s3express`, the service of directory buckets.
    #[error("scope is of s3express: directory buckets are not implemented")]
    DirectoryBuckets,
    /// The credential scope does not end in `aws4_request`.
    #[error("scope does not end in aws4_request")]
    WrongTerminator,
    /// The credential scope is of another day than the request.
    #[error("scope is of another day than the request")]
    WrongDate,
    /// Headers that must be signed are not.
    #[error("headers are not signed: {names}")]
    UnsignedHeaders {
        /// Their names, with `, ` between.
        names: String,
    },
    /// A header that was signed is not there.
    #[error("signed header `{name}` is absent")]
    AbsentHeader {
        /// Its name.
        name: String,
    },
    /// The request has neither `x-amz-date` nor `Date`.
    #[error("request has no date")]
    MissingDate,
    /// The request's date cannot be read.
    #[error("date of the request cannot be read")]
    MalformedDate,
    /// The request was signed too long ago, or too far ahead.
    #[error("signed at {signed_at}, more than {max_skew} away")]
    Skewed {
        /// When it was signed.
        signed_at: OffsetDateTime,
        /// How far that may be from now, either way.
        max_skew: Duration,
    },
    /// The request has no `x-amz-content-sha256`.
    #[error("x-amz-content-sha256 is absent")]
    MissingPayloadHash,
    /// `x-amz-content-sha256` is neither a hash nor a known mode.
    #[error("x-amz-content-sha256 is neither a hash nor a mode")]
    MalformedPayloadHash,
    /// The request carries a session token, and no session was ever issued.
    #[error("session token was never issued")]
    SecurityToken,
    /// The signature is not the one this secret gives.
    #[error("signature does not match")]
    Mismatch,
}

impl SignatureError {
    /// The code of S3's error document.
    pub fn code(&self) -> &'static str {
        self.reply().1
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.reply().0
    }

    /// The message of S3's error document, as AWS words it where it does.
    pub fn message(&self) -> Cow<'static, str> {
        match self {
            Self::Anonymous => "Access Denied".into(),
            Self::UnsupportedForm { form } => format!("{form} is not implemented").into(),
            Self::UnsupportedPayload { mode } => format!("The payload mode {mode} is not implemented").into(),
            Self::UnsupportedScheme => "Unsupported Authorization Type".into(),
            Self::ManyMechanisms => ONE_MECHANISM.into(),
            Self::DuplicateParameter { name } => {
                format!("Only one auth mechanism allowed; {name} was specified more than once").into()
            }
            Self::DuplicateHeader { name } => format!("The header {name} was specified more than once").into(),
            Self::MalformedAuthorization { reason } => {
                format!("The authorization header is malformed; {reason}").into()
            }
            Self::MalformedAccessKeyId => "The AWS Access Key Id you provided does not exist in our records.".into(),
            Self::WrongRegion { region, expected } => {
                format!("The authorization header is malformed; the region '{region}' is wrong; expecting '{expected}'")
                    .into()
            }
            Self::WrongService => "The authorization header is malformed; incorrect service. This endpoint belongs to \"s3\".".into(),
            Self::DirectoryBuckets => {
                "directory buckets (ListDirectoryBuckets, CreateSession) are not implemented".into()
            }
            Self::WrongTerminator => {
                "The authorization header is malformed; the Credential must end in \"aws4_request\".".into()
            }
            Self::WrongDate => "The authorization header is malformed; the date in the Credential is not the day of the request.".into(),
            Self::UnsignedHeaders { names } => {
                format!("There were headers present in the request which were not signed: {names}").into()
            }
            Self::MissingDate | Self::MalformedDate => {
                "AWS authentication requires a valid Date or x-amz-date header".into()
            }
            Self::Skewed { .. } => {
                "The difference between the request time and the current time is too large.".into()
            }
            Self::MissingPayloadHash => "Missing required header for this request: x-amz-content-sha256".into(),
            Self::MalformedPayloadHash => {
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD or a valid sha256 value.".into()
            }
            Self::SecurityToken => "The provided token is malformed or otherwise invalid.".into(),
            Self::AbsentHeader { .. } | Self::Mismatch => {
                "The request signature we calculated does not match the signature you provided. Check your key and signing method.".into()
            }
        }
    }

    fn reply(&self) -> (u16, &'static str) {
        match self {
            Self::Anonymous => (403, "AccessDenied"),
            Self::UnsupportedForm { .. } => (501, "NotImplemented"),
            Self::UnsupportedPayload { .. } => (501, "NotImplemented"),
            Self::UnsupportedScheme => (400, "InvalidArgument"),
            Self::ManyMechanisms => (400, "InvalidArgument"),
            Self::DuplicateParameter { .. } => (400, "InvalidArgument"),
            Self::DuplicateHeader { .. } => (400, "InvalidArgument"),
            Self::MalformedAuthorization { .. } => (400, "AuthorizationHeaderMalformed"),
            Self::MalformedAccessKeyId => (403, "InvalidAccessKeyId"),
            Self::WrongRegion { .. } => (400, "AuthorizationHeaderMalformed"),
            Self::WrongService => (400, "AuthorizationHeaderMalformed"),
            Self::DirectoryBuckets => (501, "NotImplemented"),
            Self::WrongTerminator => (400, "AuthorizationHeaderMalformed"),
            Self::WrongDate => (400, "AuthorizationHeaderMalformed"),
            Self::UnsignedHeaders { .. } => (403, "AccessDenied"),
            Self::AbsentHeader { .. } => (403, "SignatureDoesNotMatch"),
            Self::MissingDate => (403, "AccessDenied"),
            Self::MalformedDate => (403, "AccessDenied"),
            Self::Skewed { .. } => (403, "RequestTimeTooSkewed"),
            Self::MissingPayloadHash => (400, "InvalidRequest"),
            Self::MalformedPayloadHash => (400, "InvalidArgument"),
            Self::SecurityToken => (400, "InvalidToken"),
            Self::Mismatch => (403, "SignatureDoesNotMatch"),
        }
    }
}

const ONE_MECHANISM: &str = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query \
     string parameter or the Authorization header should be specified";
