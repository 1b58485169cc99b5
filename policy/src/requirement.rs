//! What a request must be allowed: pairs of an action and what it is done to.

use std::{fmt, slice};

use crate::{action::Action, resource::Resource, text::Text};

/// What an action is done to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// One resource.
    One(Resource),
    /// Every key of a bucket that begins with a prefix, which is what a listing shows.
    Listing {
        /// The bucket's name.
        bucket: Box<str>,
        /// The prefix, byte for byte; empty for the whole bucket.
        prefix: Box<str>,
    },
}

impl Target {
    /// The keys of `bucket` under `prefix`.
    pub fn listing(bucket: &str, prefix: &str) -> Self {
        Self::Listing { bucket: bucket.into(), prefix: prefix.into() }
    }

    /// The text in which every literal of a pattern that includes it stands.
    ///
    /// For a listing that is its prefix, which also holds the path of its bucket.
    pub(crate) fn text(&self) -> Text<'_> {
        match self {
            Self::One(Resource::All) => Text::of(""),
            Self::One(Resource::Arn { path, .. }) => Text::of(path),
            Self::Listing { bucket, prefix } => Text::listing(bucket, prefix),
        }
    }
}

impl From<Resource> for Target {
    fn from(resource: Resource) -> Self {
        Self::One(resource)
    }
}

impl fmt::Display for Target {
    /// The ARN; for a listing that of its bucket, which is where the action is best allowed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(resource) => resource.fmt(f),
            Self::Listing { bucket, .. } => write!(f, "arn:lakefs:fs:::repository/{bucket}"),
        }
    }
}

/// One thing that must be allowed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Requirement {
    /// What is done.
    pub action: Action,
    /// To what.
    pub target: Target,
}

impl Requirement {
    /// `action` on `target`.
    pub fn new(action: Action, target: impl Into<Target>) -> Self {
        Self { action, target: target.into() }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.action, self.target)
    }
}

/// Everything a request must be allowed, all of it: computed once, decided, recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Required(Vec<Requirement>);

impl Required {
    /// The requirements in the order in which they were found.
    pub fn iter(&self) -> slice::Iter<'_, Requirement> {
        self.0.iter()
    }

    /// Adds one more thing that must be allowed.
    pub fn push(&mut self, requirement: Requirement) {
        self.0.push(requirement);
    }

    /// Whether nothing is required.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many things must be allowed.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl From<Vec<Requirement>> for Required {
    fn from(requirements: Vec<Requirement>) -> Self {
        Self(requirements)
    }
}

impl FromIterator<Requirement> for Required {
    fn from_iter<I: IntoIterator<Item = Requirement>>(requirements: I) -> Self {
        Self(requirements.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Required {
    type Item = &'a Requirement;
    type IntoIter = slice::Iter<'a, Requirement>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Required {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, requirement) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{requirement}")?;
        }
        Ok(())
    }
}
