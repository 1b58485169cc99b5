//! Why a request is not one that is forwarded.

use thiserror::Error;

use crate::{copy_source::CopySourceFault, operation::Level, operations::Operation};

/// Why a request is not one that is forwarded. The texts are for the client: all that they name is its own.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unrecognised {
    /// The method does nothing to what the URL names.
    #[error("the method {method} does nothing to {level}")]
    NoOperation {
        /// The method.
        method: String,
        /// What the URL names.
        level: Level,
    },
    /// The operation is known and refused.
    #[error("{operation} is not implemented")]
    NotImplemented {
        /// The operation.
        operation: Operation,
    },
    /// No operation has such a parameter.
    #[error("the parameter `{name}` is not implemented")]
    UnknownParameter {
        /// Its name.
        name: String,
    },
    /// A parameter is there more than once.
    #[error("the parameter `{name}` is there more than once")]
    DuplicateParameter {
        /// Its name.
        name: String,
    },
    /// A parameter says what it cannot say.
    #[error("the parameter `{name}` cannot have this value")]
    BadValue {
        /// Its name.
        name: &'static str,
    },
    /// A parameter belongs to another operation than the one that the rest of the request asks for.
    #[error("the parameter `{name}` does not belong to {operation}")]
    Contradiction {
        /// The parameter's name.
        name: &'static str,
        /// What the rest of the request asks for.
        operation: Operation,
    },
    /// No operation has such a header.
    #[error("the header `{name}` is not implemented")]
    UnknownHeader {
        /// Its name.
        name: String,
    },
    /// The header is known and refused.
    #[error("the header `{name}` is not accepted")]
    RefusedHeader {
        /// Its name.
        name: String,
    },
    /// A header is there more than once.
    #[error("the header `{name}` is there more than once")]
    DuplicateHeader {
        /// Its name.
        name: String,
    },
    /// A header's value is not UTF-8.
    #[error("the header `{name}` is not UTF-8")]
    BadHeader {
        /// Its name.
        name: String,
    },
    /// A header says what it cannot say.
    #[error("the header `{name}` cannot have this value")]
    BadHeaderValue {
        /// Its name.
        name: &'static str,
    },
    /// The source of a copy is none.
    #[error("the header `x-amz-copy-source` cannot have this value: {0}")]
    Source(#[from] CopySourceFault),
    /// The field of a form is known and refused.
    #[error("the field `{name}` is not accepted")]
    RefusedField {
        /// Its name.
        name: String,
    },
    /// The field of a form is a header, and cannot be one.
    #[error("the field `{name}` cannot be a header")]
    BadField {
        /// Its name.
        name: String,
    },
    /// A header belongs to other operations.
    #[error("the header `{header}` does not belong to {operation}")]
    HeaderNotTaken {
        /// The header's name.
        header: String,
        /// The operation that was asked for.
        operation: Operation,
    },
}

impl Unrecognised {
    /// S3's error code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoOperation { .. } => "MethodNotAllowed",
            Self::NotImplemented { .. } => "NotImplemented",
            Self::UnknownParameter { .. } => "NotImplemented",
            Self::DuplicateParameter { .. } => "InvalidArgument",
            Self::BadValue { .. } => "InvalidArgument",
            Self::Contradiction { .. } => "InvalidArgument",
            Self::UnknownHeader { .. } => "NotImplemented",
            Self::RefusedHeader { .. } => "NotImplemented",
            Self::DuplicateHeader { .. } => "InvalidArgument",
            Self::BadHeader { .. } => "InvalidArgument",
            Self::BadHeaderValue { .. } => "InvalidArgument",
            Self::Source(fault) => fault.code(),
            Self::RefusedField { .. } => "NotImplemented",
            Self::BadField { .. } => "InvalidArgument",
            Self::HeaderNotTaken { .. } => "InvalidArgument",
        }
    }

    /// The HTTP status of [`Self::code`].
    pub fn status(&self) -> u16 {
        match self {
            Self::NoOperation { .. } => 405,
            Self::NotImplemented { .. } => 501,
            Self::UnknownParameter { .. } => 501,
            Self::DuplicateParameter { .. } => 400,
            Self::BadValue { .. } => 400,
            Self::Contradiction { .. } => 400,
            Self::UnknownHeader { .. } => 501,
            Self::RefusedHeader { .. } => 501,
            Self::DuplicateHeader { .. } => 400,
            Self::BadHeader { .. } => 400,
            Self::BadHeaderValue { .. } => 400,
            Self::Source(fault) => fault.status(),
            Self::RefusedField { .. } => 501,
            Self::BadField { .. } => 400,
            Self::HeaderNotTaken { .. } => 400,
        }
    }
}
