//! Which actions widen the rights of whoever may do them.

use crate::{action::Action, resource::Kind};

/// Ways to more rights that belong together.
pub(crate) struct Power {
    pub(crate) ways: &'static [Way],
    /// What whoever has all of them can do.
    pub(crate) what: &'static str,
}

/// One way to more rights.
pub(crate) struct Way {
    pub(crate) action: Action,
    /// What the action has to be allowed on.
    pub(crate) on: &'static [On],
    /// An action without which this one gives nothing.
    pub(crate) beside: Option<Action>,
    pub(crate) what: &'static str,
}

/// What an action is done to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum On {
    /// Anything of this kind.
    Any(Kind),
    /// Any user but the holder.
    OtherUser,
}

impl On {
    /// The kind of what it is done to.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Any(kind) => kind,
            Self::OtherUser => Kind::User,
        }
    }
}

/// Every way there is.
pub(crate) const POWERS: &[Power] = &[
    Power {
        ways: IDENTITIES,
        what: "its holder can change identities and so give themselves every right",
    },
    Power { ways: STORE, what: "its holder can open the store to others, behind this gateway" },
];

const IDENTITIES: &[Way] = &[
    way(
        Action::ATTACH_POLICY,
        &[On::Any(Kind::User), On::Any(Kind::Group)],
        "its holder can attach any policy to themselves or to a group of theirs",
    ),
    Way {
        beside: Some(Action::ATTACH_POLICY),
        ..way(
            Action::CREATE_POLICY,
            &[On::Any(Kind::Policy)],
            "its holder can write a policy that allows anything, and attach it",
        )
    },
    way(
        Action::UPDATE_POLICY,
        &[On::Any(Kind::Policy)],
        "its holder can change a policy of theirs to allow anything",
    ),
    way(
        Action::DELETE_POLICY,
        &[On::Any(Kind::Policy)],
        "its holder can delete a policy that denies them something",
    ),
    way(
        Action::DETACH_POLICY,
        &[On::Any(Kind::User), On::Any(Kind::Group)],
        "its holder can detach a policy that denies them something",
    ),
    way(
        Action::ADD_GROUP_MEMBER,
        &[On::Any(Kind::Group)],
        "its holder can join a group and have its policies",
    ),
    way(
        Action::REMOVE_GROUP_MEMBER,
        &[On::Any(Kind::Group)],
        "its holder can leave a group whose policies deny them something",
    ),
    way(
        Action::DELETE_GROUP,
        &[On::Any(Kind::Group)],
        "its holder can delete a group whose policies deny them something",
    ),
    way(
        Action::CREATE_CREDENTIALS,
        &[On::OtherUser],
        "its holder can make an access key of another user and act as them",
    ),
    way(
        Action::CREATE_USER_EXTERNAL_PRINCIPAL,
        &[On::OtherUser],
        "its holder can tie an AWS role of theirs to another user and act as them",
    ),
];

const STORE: &[Way] = &[
    way(
        Action::WRITE_BUCKET_POLICY,
        &[On::Any(Kind::Bucket)],
        "its holder can write a bucket policy by which the store lets others in, behind this gateway",
    ),
    way(
        Action::WRITE_BUCKET_ACL,
        &[On::Any(Kind::Bucket)],
        "its holder can give rights on a bucket at the store, behind this gateway",
    ),
    way(
        Action::WRITE_OBJECT_ACL,
        &[On::Any(Kind::Object)],
        "its holder can give rights on an object at the store, behind this gateway",
    ),
    way(
        Action::WRITE_BUCKET_PUBLIC_ACCESS_BLOCK,
        &[On::Any(Kind::Bucket)],
        "its holder can lift what keeps the public out of a bucket at the store",
    ),
    way(
        Action::WRITE_BUCKET_REPLICATION,
        &[On::Any(Kind::Bucket)],
        "its holder can have the store copy objects to where they may read them",
    ),
    way(
        Action::WRITE_BUCKET_OWNERSHIP_CONTROLS,
        &[On::Any(Kind::Bucket)],
        "its holder can have the store heed ACLs, by which it lets others in, behind this gateway",
    ),
    way(
        Action::WRITE_BUCKET_INVENTORY,
        &[On::Any(Kind::Bucket)],
        "its holder can have the store write lists of all keys to where they may read them",
    ),
    way(
        Action::WRITE_BUCKET_LOGGING,
        &[On::Any(Kind::Bucket)],
        "its holder can have the store write who asked for which keys to where they may read it",
    ),
    way(
        Action::WRITE_BUCKET_NOTIFICATION,
        &[On::Any(Kind::Bucket)],
        "its holder can have the store tell others of keys as they are written",
    ),
    way(
        Action::WRITE_BUCKET_LIFECYCLE,
        &[On::Any(Kind::Bucket)],
        "its holder can have the store delete objects that they may not delete",
    ),
];

const fn way(action: Action, on: &'static [On], what: &'static str) -> Way {
    Way { action, on, beside: None, what }
}
