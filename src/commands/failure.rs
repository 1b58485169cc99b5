//! Why a command ends without having done what it was told.

use std::io;

use store::StoreError;

use crate::config::Fault;

/// Why a command came to nothing, by what the program ends with.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A file or the command line is wrong; nothing was changed.
    Wrong(Vec<Fault>),
    /// The store failed; what was printed before was changed.
    Store(StoreError),
    /// Something else failed.
    Io(io::Error),
}

impl Failure {
    /// One thing that is wrong with `origin`, as a whole.
    pub(crate) fn wrong(origin: &str, reason: impl Into<String>) -> Self {
        let (origin, place) = (origin.to_owned(), String::new());
        Self::from(Fault { origin, place, reason: reason.into() })
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Wrong(vec![fault])
    }
}

impl From<Vec<Fault>> for Failure {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Wrong(faults)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// `fault`, found in a policy that stands in no file: its name stands for one.
pub(crate) fn of_policy(name: &str, fault: policy::Fault) -> Fault {
    Fault { origin: name.to_owned(), place: fault.path, reason: fault.reason }
}
