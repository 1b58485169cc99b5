//! What actions are done to: which of a statement's resources an action can have anything to do with.

use crate::{action::Action, compile::Scope, overlap::Paths, resource::Kind};

/// What an action is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touch {
    /// No single thing: `*`.
    All,
    /// Something of this kind; of buckets, a list of them asks about each.
    One(Kind),
    /// A bucket, or every key under a prefix.
    Listing,
    /// An identity of some kind.
    Identity,
    /// A bucket or something in it, of a kind that is lakeFS's affair.
    Fs,
    /// Nobody knows here.
    Any,
}

impl Touch {
    /// What `action` is done to.
    pub(crate) fn of(action: Action) -> Self {
        let name = action.name();
        match action {
            Action::READ_CONFIG
            | Action::LIST_USERS
            | Action::LIST_GROUPS
            | Action::LIST_POLICIES => Self::All,
            Action::READ_REPOSITORY
            | Action::CREATE_REPOSITORY
            | Action::DELETE_REPOSITORY
            | Action::LIST_BRANCHES => Self::One(Kind::Bucket),
            Action::READ_OBJECT | Action::WRITE_OBJECT | Action::DELETE_OBJECT => {
                Self::One(Kind::Object)
            }
            Action::LIST_OBJECTS | Action::LIST_OBJECT_VERSIONS => Self::Listing,
            Action::READ_OBJECT_VERSION
            | Action::DELETE_OBJECT_VERSION
            | Action::READ_OBJECT_TAGS
            | Action::WRITE_OBJECT_TAGS
            | Action::READ_OBJECT_ACL
            | Action::WRITE_OBJECT_ACL
            | Action::READ_OBJECT_RETENTION
            | Action::WRITE_OBJECT_RETENTION
            | Action::READ_OBJECT_LEGAL_HOLD
            | Action::WRITE_OBJECT_LEGAL_HOLD
            | Action::BYPASS_GOVERNANCE_RETENTION
            | Action::WRITE_OBJECT_REDIRECT
            | Action::WRITE_OBJECT_ENCRYPTION_KEY
            | Action::RESTORE_OBJECT => Self::One(Kind::Object),
            Action::READ_USER
            | Action::CREATE_USER
            | Action::DELETE_USER
            | Action::READ_CREDENTIALS
            | Action::CREATE_CREDENTIALS
            | Action::DELETE_CREDENTIALS
            | Action::LIST_CREDENTIALS
            | Action::CREATE_USER_EXTERNAL_PRINCIPAL
            | Action::DELETE_USER_EXTERNAL_PRINCIPAL => Self::One(Kind::User),
            Action::READ_GROUP
            | Action::CREATE_GROUP
            | Action::DELETE_GROUP
            | Action::ADD_GROUP_MEMBER
            | Action::REMOVE_GROUP_MEMBER => Self::One(Kind::Group),
            Action::READ_POLICY
            | Action::CREATE_POLICY
            | Action::UPDATE_POLICY
            | Action::DELETE_POLICY => Self::One(Kind::Policy),
            _ if name.starts_with("fs:ReadBucket") || name.starts_with("fs:WriteBucket") => {
                Self::One(Kind::Bucket)
            }
            _ => match action.service() {
                "auth" => Self::Identity,
                "fs" => Self::Fs,
                _ => Self::Any,
            },
        }
    }

    /// Whether anything that `scope` stands for may be such a thing. It may say so of what is none; it never denies it
    /// of what is one.
    pub(crate) fn is_in(self, scope: &Scope) -> bool {
        let Scope::Arn { service, path } = scope else { return true };
        match self {
            Self::All => false,
            Self::One(kind) => {
                *service == kind.service() && Paths::of_pattern(path).meet(&Paths::of(kind))
            }
            Self::Listing => {
                Self::One(Kind::Bucket).is_in(scope)
                    || (path.is_open() && Self::One(Kind::Object).is_in(scope))
            }
            Self::Identity => *service == "auth",
            Self::Fs => *service == "fs",
            Self::Any => true,
        }
    }

    /// How such a thing is named, in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::All => "no single thing, which only `*` names",
            Self::One(Kind::Bucket) => "buckets, such as `arn:lakefs:fs:::repository/lake`",
            Self::One(Kind::Object) => {
                "objects, such as `arn:lakefs:fs:::repository/lake/object/*`"
            }
            Self::Listing => {
                "buckets, or all keys under a prefix, such as `arn:lakefs:fs:::repository/lake/object/team-a/*`"
            }
            Self::One(Kind::User) => "users, such as `arn:lakefs:auth:::user/alice`",
            Self::One(Kind::Group) => "groups, such as `arn:lakefs:auth:::group/team-a`",
            Self::One(Kind::Policy) => "policies, such as `arn:lakefs:auth:::policy/TeamA`",
            Self::Identity => "what begins with `arn:lakefs:auth:::`",
            Self::Fs => "what begins with `arn:lakefs:fs:::`",
            Self::Any => "anything",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        operation::{Level, Need},
        operations::OPERATIONS,
    };

    #[test]
    fn every_need_of_an_operation_is_on_what_its_action_is_done_to() {
        for row in OPERATIONS.iter().map(|operation| operation.row()) {
            let named = match row.level {
                Level::Service => Touch::All,
                Level::Bucket => Touch::One(Kind::Bucket),
                Level::Object => Touch::One(Kind::Object),
            };
            for need in row.needs {
                let expected = match *need {
                    Need::One(action) | Need::IfVersion(action) => vec![(action, named)],
                    Need::Version { current, version } | Need::Source { current, version } => {
                        vec![(current, named), (version, named)]
                    }
                    Need::Each { current, version } => {
                        vec![
                            (current, Touch::One(Kind::Object)),
                            (version, Touch::One(Kind::Object)),
                        ]
                    }
                    Need::Listing(action) => vec![(action, Touch::Listing)],
                    Need::Folders { top, below } => {
                        vec![(top, Touch::One(Kind::Bucket)), (below, Touch::Listing)]
                    }
                };
                for (action, touch) in expected {
                    assert_eq!(Touch::of(action), touch, "{action} of {}", row.name);
                }
            }
        }
    }
}
