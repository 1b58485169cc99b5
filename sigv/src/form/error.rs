//! Why a form was refused, with S3's code and status for each reason.

use std::borrow::Cow;

use thiserror::Error;

/// Why an upload by a form was refused. `Display` is for operators, and has the value of no field; clients see [`Self::code`], [`Self::status`] and
/// [`Self::message`], in which all is their own.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FormError {
    /// The request is not a `multipart/form-data` with a boundary.
    #[error("request is no multipart/form-data with a boundary")]
    Enclosure,
    /// The parts of the form are not well-formed, or not told apart in one way only.
    #[error("form is malformed: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The form ended within its fields.
    #[error("form was cut off within its fields")]
    Cut,
    /// The fields before the file are too long, as they came or with the file's name in them.
    #[error("fields of the form are longer than {max} bytes")]
    TooLong {
        /// How long they may be, in bytes.
        max: usize,
    },
    /// The fields make more headers than a request may have.
    #[error("fields of the form are more than {max} headers")]
    TooManyHeaders {
        /// How many they may be.
        max: usize,
    },
    /// No part of the form is the file.
    #[error("form has no file")]
    NoFile,
    /// A field is there more than once.
    #[error("field `{name}` is there more than once")]
    DuplicateField {
        /// Its name, in lower case.
        name: String,
    },
    /// A field that has to be there is not.
    #[error("field `{name}` is missing")]
    MissingField {
        /// Its name.
        name: &'static str,
    },
    /// The field `bucket` names another bucket than the URL.
    #[error("field `bucket` names another bucket than the URL")]
    OtherBucket,
    /// The policy is not base64, or has no time to expire at.
    #[error("policy document cannot be read: {reason}")]
    PolicyDocument {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The policy is not a JSON document with an expiration and conditions.
    #[error("policy document cannot be read at line {line}, column {column}")]
    PolicyJson {
        /// Where in the document, from 1.
        line: usize,
        /// Where in the line, in bytes.
        column: usize,
        /// What is wrong there, which can quote the document.
        reason: String,
    },
    /// The time of the policy is over.
    #[error("policy has expired")]
    Expired,
    /// A condition of the policy does not hold.
    #[error("policy condition failed: {operator} of `{field}`")]
    Condition {
        /// `eq` or `starts-with`.
        operator: &'static str,
        /// The field that it is about, its name in lower case.
        field: String,
        /// What the policy wants of its value; absent where that is a key.
        wanted: Option<String>,
    },
    /// Fields that no condition is about.
    #[error("no condition is about: {names}")]
    ExtraFields {
        /// Their names, with `, ` between.
        names: String,
    },
    /// The file is longer than the policy allows.
    #[error("file is longer than {max} bytes")]
    TooLarge {
        /// How long it may be, in bytes.
        max: u64,
    },
    /// The file is shorter than the policy allows.
    #[error("file is shorter than {min} bytes")]
    TooSmall {
        /// How long it has to be, in bytes.
        min: u64,
    },
}

impl FormError {
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
            Self::Enclosure => {
                "At least one of the pre-conditions you specified did not hold: Bucket POST must be of the enclosure-type \
                 multipart/form-data"
                    .into()
            }
            Self::Malformed { reason } => {
                format!("The body of your POST request is not well-formed multipart/form-data: {reason}").into()
            }
            Self::Cut => "The body of your POST request is not well-formed multipart/form-data: it ends too early".into(),
            Self::TooLong { max } => format!(
                "Your POST request fields preceding the upload file were too large: they may have {max} bytes together"
            )
            .into(),
            Self::TooManyHeaders { max } => {
                format!("Your POST request fields are too many: they may be {max} headers.").into()
            }
            Self::NoFile => "POST requires exactly one file upload per request.".into(),
            Self::DuplicateField { name } => format!("The form has the field `{name}` more than once.").into(),
            Self::MissingField { name } => format!(
                "Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields."
            )
            .into(),
            Self::OtherBucket => "The field `bucket` names another bucket than the URL.".into(),
            Self::PolicyDocument { reason } => format!("Invalid Policy: {reason}").into(),
            Self::PolicyJson { reason, .. } => format!("Invalid Policy: {reason}").into(),
            Self::Expired => "Invalid according to Policy: Policy expired.".into(),
            Self::Condition { operator, field, wanted } => {
                let wanted = wanted.as_ref().map_or(String::new(), |wanted| format!(", \"{wanted}\""));
                format!(
                    "Invalid according to Policy: Policy Condition failed: [\"{operator}\", \"${field}\"{wanted}]"
                )
                .into()
            }
            Self::ExtraFields { names } => {
                format!("Invalid according to Policy: Extra input fields: {names}").into()
            }
            Self::TooLarge { .. } => "Your proposed upload exceeds the maximum allowed size".into(),
            Self::TooSmall { .. } => "Your proposed upload is smaller than the minimum allowed size".into(),
        }
    }

    fn reply(&self) -> (u16, &'static str) {
        match self {
            Self::Enclosure => (412, "PreconditionFailed"),
            Self::Malformed { .. } => (400, "MalformedPOSTRequest"),
            Self::Cut => (400, "MalformedPOSTRequest"),
            Self::TooLong { .. } => (400, "MaxPostPreDataLengthExceededError"),
            Self::TooManyHeaders { .. } => (431, "RequestHeaderSectionTooLarge"),
            Self::NoFile => (400, "InvalidArgument"),
            Self::DuplicateField { .. } => (400, "InvalidArgument"),
            Self::MissingField { .. } => (400, "InvalidArgument"),
            Self::OtherBucket => (400, "InvalidArgument"),
            Self::PolicyDocument { .. } => (400, "InvalidPolicyDocument"),
            Self::PolicyJson { .. } => (400, "InvalidPolicyDocument"),
            Self::Expired => (403, "AccessDenied"),
            Self::Condition { .. } => (403, "AccessDenied"),
            Self::ExtraFields { .. } => (403, "AccessDenied"),
            Self::TooLarge { .. } => (400, "EntityTooLarge"),
            Self::TooSmall { .. } => (400, "EntityTooSmall"),
        }
    }
}
