//! What a resource of a statement stands for, held against another without a path at hand.

use crate::{compile::Scope, overlap::Paths};

/// What a resource of a statement stands for, for whichever user.
pub(crate) enum Area {
    /// Everything there is.
    Everything,
    /// Some of the paths of one service.
    Paths {
        /// The service.
        service: &'static str,
        /// The paths.
        paths: Paths,
    },
}

impl Area {
    /// What `scope` stands for.
    pub(crate) fn of(scope: &Scope) -> Self {
        match scope {
            Scope::Everything => Self::Everything,
            Scope::Arn { service, path } => Self::Paths { service, paths: Paths::of_pattern(path) },
        }
    }

    /// Whether all of `other` is in it. It may deny it of what is; it never says so of what is not.
    pub(crate) fn includes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everything, _) => true,
            (Self::Paths { .. }, Self::Everything) => false,
            (
                Self::Paths { service, paths },
                Self::Paths { service: other_service, paths: other },
            ) => service == other_service && paths.cover(other),
        }
    }
}
