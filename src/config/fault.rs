//! What is wrong with a configuration, and where.

use std::fmt;

/// One thing that is wrong: `lakegate.yaml: upstream.endpoint: missing`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The file, or the environment variable.
    pub(crate) origin: String,
    /// The key, or the line and column; empty where the file as a whole is meant.
    pub(crate) place: String,
    /// What is wrong. It never holds a secret.
    pub(crate) reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            write!(f, "{}: {}", self.origin, self.reason)
        } else {
            write!(f, "{}: {}: {}", self.origin, self.place, self.reason)
        }
    }
}
