//! Why a signature was refused, with AWS's code and status for each.

use std::borrow::Cow;

use thiserror::Error;
use time::{Duration, OffsetDateTime};

/// Where a request says who signed it: AWS has codes of its own for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In its `Authorization` header.
    Header,
    /// In the parameters of a presigned URL.
    Query,
    /// In the fields of an HTML form.
    Fields,
}

impl Form {
    fn malformed(self) -> (u16, &'static str) {
        match self {
            Self::Header => (400, "AuthorizationHeaderMalformed"),
            Self::Query => (400, "AuthorizationQueryParametersError"),
            Self::Fields => (400, "InvalidArgument"),
        }
    }

    /// How AWS begins to say that something in it is wrong.
    fn complaint(self) -> &'static str {
        match self {
            Self::Header => "The authorization header is malformed",
            Self::Query => "Error parsing the X-Amz parameters of the query",
            Self::Fields => "The fields of the form that say who signed it are malformed",
        }
    }
}

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
    /// A part of the `Authorization` header, or a parameter of a presigned URL, stands there twice.
    #[error("authorization has `{name}` twice")]
    DuplicateParameter {
        /// The part's name.
        name: String,
    },
    /// A header that authentication reads stands in the request twice, or in the request and as a parameter of its
    /// presigned URL.
    #[error("header `{name}` stands twice")]
    DuplicateHeader {
        /// The header's name.
        name: String,
    },
    /// A parameter of a presigned URL is a header, and its value cannot be one.
    #[error("parameter `{name}` cannot be a header")]
    UnfitParameter {
        /// The parameter's name.
        name: String,
    },
    /// The `Authorization` header, or the parameters that stand for it, do not follow their grammar.
    #[error("authorization is malformed: {reason}")]
    MalformedAuthorization {
        /// Where it stands.
        form: Form,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An `Authorization` header of version 2 does not follow its grammar.
    #[error("authorization header of version 2 is malformed")]
    MalformedVersion2,
    /// A presigned URL of version 2 lacks one of its three parameters.
    #[error("presigned URL of version 2 lacks a parameter")]
    IncompleteVersion2,
    /// The `Expires` of a presigned URL of version 2 is not a time.
    #[error("`Expires` is not seconds since 1970")]
    MalformedVersion2Expiry,
    /// Version 2 is switched off.
    #[error("version 2 of signatures is switched off")]
    Version2Refused,
    /// A parameter's value reads, as version 2 signs it, as further parameters.
    #[error("version 2 signs the parameter `{name}` as it would sign several")]
    AmbiguousParameter {
        /// The parameter's name.
        name: String,
    },
    /// A parameter tells the operation, and version 2 does not sign it.
    #[error("version 2 does not sign the parameter `{name}`")]
    UnsignedParameter {
        /// The parameter's name.
        name: String,
    },
    /// The access key id has a form that was never issued.
    #[error("access key id has a form that is never issued")]
    MalformedAccessKeyId,
    /// The credential scope is of another region.
    #[error("scope is of region `{region}`, not `{expected}`")]
    WrongRegion {
        /// Where it stands.
        form: Form,
        /// The region in the scope.
        region: String,
        /// The first region that would do.
        expected: String,
    },
    /// The credential scope is of another service.
    #[error("scope is of another service than s3")]
    WrongService {
        /// Where it stands.
        form: Form,
    },
    /// The credential scope is of `s3express`, the service of directory buckets.
    #[error("scope is of s3express: directory buckets are not implemented")]
    DirectoryBuckets,
    /// The credential scope does not end in `aws4_request`.
    #[error("scope does not end in aws4_request")]
    WrongTerminator {
        /// Where it stands.
        form: Form,
    },
    /// The credential scope is of another day than the request.
    #[error("scope is of another day than the request")]
    WrongDate {
        /// Where it stands.
        form: Form,
    },
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
    /// `X-Amz-Expires` is not 1 s to 604 800 s.
    #[error("X-Amz-Expires is not a number from 1 to 604800")]
    MalformedExpiry,
    /// The presigned URL is used too long after it was signed.
    #[error("expired at {at}")]
    Expired {
        /// From when on it does not count.
        at: OffsetDateTime,
    },
    /// The presigned URL is used too long before it was signed.
    #[error("valid from {from} on")]
    NotYetValid {
        /// When it was signed.
        from: OffsetDateTime,
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
            Self::UnfitParameter { name } => format!("The parameter {name} cannot be sent as a header").into(),
            Self::MalformedAuthorization { form, reason } => format!("{}; {reason}", form.complaint()).into(),
            Self::MalformedVersion2 => {
                "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature".into()
            }
            Self::IncompleteVersion2 => {
                "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters".into()
            }
            Self::MalformedVersion2Expiry => "Invalid date (should be seconds since epoch)".into(),
            Self::Version2Refused => {
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256: Signature \
                 Version 2 is switched off here."
                    .into()
            }
            Self::AmbiguousParameter { name } => format!(
                "Signature Version 2 cannot tell the value of {name} from further parameters. Please use AWS4-HMAC-SHA256."
            )
            .into(),
            Self::UnsignedParameter { name } => {
                format!("Signature Version 2 does not sign the parameter {name}. Please use AWS4-HMAC-SHA256.").into()
            }
            Self::MalformedAccessKeyId => "The AWS Access Key Id you provided does not exist in our records.".into(),
            Self::WrongRegion { form, region, expected } => {
                format!("{}; the region '{region}' is wrong; expecting '{expected}'", form.complaint()).into()
            }
            Self::WrongService { form } => {
                format!("{}; incorrect service. This endpoint belongs to \"s3\".", form.complaint()).into()
            }
            Self::DirectoryBuckets => {
                "directory buckets (ListDirectoryBuckets, CreateSession) are not implemented".into()
            }
            Self::WrongTerminator { form } => {
                format!("{}; the Credential must end in \"aws4_request\".", form.complaint()).into()
            }
            Self::WrongDate { form } => {
                format!("{}; the date in the Credential is not the day of the request.", form.complaint()).into()
            }
            Self::UnsignedHeaders { names } => {
                format!("There were headers present in the request which were not signed: {names}").into()
            }
            Self::MissingDate | Self::MalformedDate => {
                "AWS authentication requires a valid Date or x-amz-date header".into()
            }
            Self::Skewed { .. } => {
                "The difference between the request time and the current time is too large.".into()
            }
            Self::MalformedExpiry => "X-Amz-Expires must be a number of seconds from 1 to 604800".into(),
            Self::Expired { .. } => "Request has expired".into(),
            Self::NotYetValid { .. } => "Request is not yet valid".into(),
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
            Self::UnfitParameter { .. } => (400, "InvalidArgument"),
            Self::MalformedAuthorization { form, .. } => form.malformed(),
            Self::MalformedVersion2 => (400, "InvalidArgument"),
            Self::IncompleteVersion2 => (403, "AccessDenied"),
            Self::MalformedVersion2Expiry => (403, "AccessDenied"),
            Self::Version2Refused => (400, "InvalidRequest"),
            Self::AmbiguousParameter { .. } => (400, "InvalidArgument"),
            Self::UnsignedParameter { .. } => (403, "AccessDenied"),
            Self::MalformedAccessKeyId => (403, "InvalidAccessKeyId"),
            Self::WrongRegion { form, .. } => form.malformed(),
            Self::WrongService { form } => form.malformed(),
            Self::DirectoryBuckets => (501, "NotImplemented"),
            Self::WrongTerminator { form } => form.malformed(),
            Self::WrongDate { form } => form.malformed(),
            Self::UnsignedHeaders { .. } => (403, "AccessDenied"),
            Self::AbsentHeader { .. } => (403, "SignatureDoesNotMatch"),
            Self::MissingDate => (403, "AccessDenied"),
            Self::MalformedDate => (403, "AccessDenied"),
            Self::Skewed { .. } => (403, "RequestTimeTooSkewed"),
            Self::MalformedExpiry => (400, "AuthorizationQueryParametersError"),
            Self::Expired { .. } => (403, "AccessDenied"),
            Self::NotYetValid { .. } => (403, "AccessDenied"),
            Self::MissingPayloadHash => (400, "InvalidRequest"),
            Self::MalformedPayloadHash => (400, "InvalidArgument"),
            Self::SecurityToken => (400, "InvalidToken"),
            Self::Mismatch => (403, "SignatureDoesNotMatch"),
        }
    }
}

const ONE_MECHANISM: &str = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query \
     string parameter or the Authorization header should be specified";
