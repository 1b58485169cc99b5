//! What can go wrong with the store.

use std::fmt;
use std::path::PathBuf;

use policy::Fault;
use thiserror::Error;

/// Why the store did not do what was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Reading or writing failed. It may work again later; nobody may be let in or turned away
    /// because of it.
    #[error("the store is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored cannot be what was written.
    #[error("the store is damaged: {what}")]
    Corrupt {
        /// What was found, and where.
        what: String,
    },
    /// There is no store, and none was to be made.
    #[error("there is no store yet")]
    Absent,
    /// Another process has the file open.
    #[error("`{}` is in use by another process: is the gateway running? Stop it first", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The store was written by a newer program.
    #[error("the store has format {found}, this program knows {known}: use a newer one")]
    Newer {
        /// The format that was found.
        found: u64,
        /// The newest format this program reads.
        known: u64,
    },
    /// The sealing key is not the one that the store was made with.
    #[error(
        "the store was sealed with another `auth.encrypt.secret_key` (key id {sealed_with}, the configured one has {configured})"
    )]
    WrongKey {
        /// The id of the key that sealed it.
        sealed_with: String,
        /// The id of the key in use.
        configured: String,
    },
    /// The text for the sealing key is not fit for it.
    #[error("`auth.encrypt.secret_key` is refused: {reason}")]
    UnfitKey {
        /// What is wrong with it, without its bytes.
        reason: &'static str,
    },
    /// No thing of that kind has that name.
    #[error("no {kind} `{name}`")]
    NotFound {
        /// What was looked for.
        kind: Kind,
        /// Its name.
        name: String,
    },
    /// The name is taken.
    #[error("{kind} `{name}` exists already")]
    Exists {
        /// What has the name.
        kind: Kind,
        /// The name.
        name: String,
    },
    /// Others kept changing the same thing.
    #[error("{kind} `{name}` was changed by others meanwhile: try again")]
    Conflict {
        /// What was to be changed.
        kind: Kind,
        /// Its name.
        name: String,
    },
    /// What was to be written breaks a rule.
    #[error("{}", Listed(faults))]
    Invalid {
        /// Every fault found, each with its place.
        faults: Vec<Fault>,
    },
}

impl StoreError {
    /// One fault at `path`.
    pub(crate) fn invalid(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid { faults: vec![Fault { path: path.into(), reason: reason.into() }] }
    }

    /// An unreadable store, with its cause.
    pub(crate) fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(cause.into())
    }

    /// A damaged store, with what was found.
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into() }
    }
}

/// What the store keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person or a program.
    User,
    /// Users with policies in common.
    Group,
    /// A named document.
    Policy,
    /// An access key.
    Credential,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Policy => "policy",
            Self::Credential => "credential",
        })
    }
}

/// Faults in one line.
struct Listed<'a>(&'a [Fault]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            if fault.path.is_empty() {
                f.write_str(&fault.reason)?;
            } else {
                write!(f, "{}: {}", fault.path, fault.reason)?;
            }
        }
        Ok(())
    }
}
