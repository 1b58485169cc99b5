//! What the table of S3 operations is made of.

use std::fmt;

use crate::{action::Action, operations::Operation};

/// One row of the table: how an S3 operation is known from every other, and what becomes of it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The operation.
    pub operation: Operation,
    /// Its name in the S3 API.
    pub name: &'static str,
    /// Its HTTP method.
    pub method: &'static str,
    /// What its URL names.
    pub level: Level,
    /// What a request must carry to be this operation and no other of the same method and level.
    pub marks: &'static [Mark],
    /// Whether it is forwarded.
    pub handling: Handling,
    /// What its caller must be allowed, besides what its headers ask for.
    ///
    /// Empty for `ListBuckets`, whose answer is filtered instead, and for a refused operation that is refused for
    /// good or whose needs do not stand in the head of the request.
    pub needs: &'static [Need],
}

/// What a URL names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The store itself: `/`.
    Service,
    /// A bucket.
    Bucket,
    /// An object in a bucket.
    Object,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Service => "the service",
            Self::Bucket => "a bucket",
            Self::Object => "an object",
        })
    }
}

/// Something in a request that tells its operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A query parameter, whatever its value.
    Parameter(&'static str),
    /// A query parameter of exactly this value.
    Value(&'static str, &'static str),
    /// A header, whatever its value; the name in lower case.
    Header(&'static str),
}

impl Mark {
    /// The query parameter it looks at, if it looks at one.
    pub fn parameter(self) -> Option<&'static str> {
        match self {
            Self::Parameter(name) | Self::Value(name, _) => Some(name),
            Self::Header(_) => None,
        }
    }
}

/// What becomes of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// It is authorized, then sent up.
    Forward,
    /// It is refused by its name.
    Refuse,
    /// Its body says what it is done to, and makes it this operation, which is authorized and sent up.
    Becomes(Operation),
    /// It looks exactly like this newer operation, and is taken for it.
    Alias(Operation),
}

/// Something a caller must be allowed. What the URL names is the bucket or the object, by the row's level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// An action on what the URL names.
    One(Action),
    /// An action on the object: `current` without `versionId`, `version` with it.
    Version {
        /// What reading or deleting the newest version needs.
        current: Action,
        /// What doing so to a named version needs.
        version: Action,
    },
    /// An action on the object that `x-amz-copy-source` names: `current` without a version there, `version` with one.
    Source {
        /// What reading the newest version needs.
        current: Action,
        /// What reading a named version needs.
        version: Action,
    },
    /// An action on the object that only a request for a named version needs, besides its others.
    IfVersion(Action),
    /// The same on each object that the body names, for itself: of what is refused, the others do not suffer.
    Each {
        /// What deleting the newest version needs.
        current: Action,
        /// What deleting a named version needs.
        version: Action,
    },
    /// An action on every key of the bucket under `prefix`.
    Listing(Action),
    /// A listing that may show the top of the bucket only: `top` on the bucket when `delimiter` is exactly `/` and
    /// `prefix` is empty or absent; otherwise `below` on every key under `prefix`.
    Folders {
        /// What seeing the first level of names needs.
        top: Action,
        /// What any other listing needs.
        below: Action,
    },
}
