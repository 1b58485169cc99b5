//! What is wrong with a document, and where.

use std::{fmt, mem};

use thiserror::Error;

use crate::{
    action::SERVICES,
    condition::{KEYS, Key, Operator},
    network::MalformedNetwork,
};

/// One thing that is wrong with a document. It prints as `statement[0].action[1]: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The place in the document, such as `statement[0].action[1]`.
    pub path: String,
    /// What is wrong there.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

/// The reasons a document is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum Reason {
    #[error("at least one {0} is needed")]
    Missing(&'static str),
    #[error("{what}s are limited to {max}")]
    TooMany { what: &'static str, max: usize },
    #[error("`{0}` is no effect: write `allow` or `deny`")]
    UnknownEffect(String),
    #[error("this is longer than {0} bytes")]
    TooLong(usize),
    #[error("`{0}` is not an action: write `service:Name`, such as `fs:ReadObject` or `fs:*`")]
    MalformedAction(String),
    #[error("unknown service `{found}` of an action; known are {}", list(SERVICES))]
    UnknownActionService { found: String },
    #[error("unknown action `{found}`; the nearest known one is `{nearest}`")]
    UnknownAction { found: String, nearest: String },
    #[error("no action matches `{found}`; the nearest known one is `{nearest}`")]
    MatchesNoAction { found: String, nearest: String },
    #[error("`{0}` is neither `*` nor an ARN, such as `arn:lakefs:fs:::repository/lake/object/*`")]
    MalformedArn(String),
    #[error("`{0}` is not a JSON list of strings")]
    MalformedList(String),
    #[error("unknown service `{found}` of an ARN; known are {}", list(SERVICES))]
    UnknownArnService { found: String },
    #[error("the account `{0}` makes this ARN match nothing: leave it empty")]
    Account(String),
    #[error("unknown variable `{0}`; known is `${{user}}`")]
    UnknownVariable(String),
    #[error("a variable without its closing `}}`")]
    OpenVariable,
    #[error(
        "unknown operator `{found}`; the nearest known one is `{nearest}`; docs/compatibility.md lists all"
    )]
    UnknownOperator { found: String, nearest: String },
    #[error(
        "unknown key `{found}`; the nearest known one is `{nearest}`; known are {}, also with `aws:` or `s3:` before them",
        list(&KEYS.iter().map(|key| key.name()).collect::<Vec<_>>())
    )]
    UnknownKey { found: String, nearest: String },
    #[error("`{0}` stands here twice, in two spellings: write all values under one")]
    DuplicateKey(Key),
    #[error("`{operator}` cannot be asked of `{key}`, only of `{only}`")]
    WrongKey { operator: Operator, key: Key, only: Key },
    #[error("`{0}` is not a decimal number, such as `-12` or `0.5`")]
    MalformedNumber(String),
    #[error(
        "`{0}` is not a date of the years 1 to 9999, such as `2026-01-31T12:00:00Z`, `2026-01-31T12:00:00+02:00`, `2026-01-31` or seconds since 1970"
    )]
    MalformedDate(String),
    #[error("`{0}` is neither `true` nor `false`")]
    MalformedFlag(String),
    #[error(transparent)]
    MalformedNetwork(#[from] MalformedNetwork),
}

/// Collects the faults of a document, each under the place where it was found.
///
/// It stops at [`Self::MAX`], so that a document of nothing but faults costs little to refuse.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    path: String,
    found: Vec<Fault>,
}

impl Faults {
    /// How many faults are told at once.
    const MAX: usize = 100;

    /// Looks at the part of the document that is `step` below this one, unless enough has been
    /// found.
    pub(crate) fn within<T>(
        &mut self,
        step: impl fmt::Display,
        look: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        if self.found.len() >= Self::MAX {
            return None;
        }
        let below = format!("{}{step}", self.path);
        let above = mem::replace(&mut self.path, below);
        let seen = look(self);
        self.path = above;
        seen
    }

    /// Notes `reason` at this place.
    pub(crate) fn note(&mut self, reason: &Reason) {
        self.found.push(Fault { path: self.path.clone(), reason: reason.to_string() });
    }

    /// Gives the value, or notes why there is none.
    pub(crate) fn keep<T>(&mut self, result: Result<T, Reason>) -> Option<T> {
        result.inspect_err(|reason| self.note(reason)).ok()
    }

    /// Notes a list that is empty or longer than `max`; `what` is the word for one entry.
    pub(crate) fn count<T>(&mut self, entries: &[T], what: &'static str, max: usize) -> Option<()> {
        let reason = match entries.len() {
            0 => Reason::Missing(what),
            1.. if entries.len() > max => Reason::TooMany { what, max },
            1.. => return Some(()),
        };
        self.note(&reason);
        None
    }

    /// Everything noted.
    pub(crate) fn into_found(self) -> Vec<Fault> {
        self.found
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
