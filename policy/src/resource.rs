//! Resources: what a request touches, and the ARN that names it.

use std::fmt;

use crate::action::SERVICES;

/// What a request touches. It is plain text and never a pattern: a `*` in a key is a star.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// No single thing, written `*`: what listing all users or all buckets touches.
    All,
    /// One thing, named by `arn:lakefs:<service>:::<path>`.
    Arn {
        /// One of [`SERVICES`].
        service: &'static str,
        /// All that follows the service, such as `repository/lake/object/a/b`.
        path: Box<str>,
    },
}

impl Resource {
    /// A bucket: `arn:lakefs:fs:::repository/{bucket}`.
    pub fn bucket(bucket: &str) -> Self {
        Self::fs(format!("repository/{bucket}"))
    }

    /// An object: `arn:lakefs:fs:::repository/{bucket}/object/{key}`, the key byte for byte.
    pub fn object(bucket: &str, key: &str) -> Self {
        Self::fs(format!("repository/{bucket}/object/{key}"))
    }

    /// A user: `arn:lakefs:auth:::user/{user}`.
    pub fn user(user: &str) -> Self {
        Self::auth(format!("user/{user}"))
    }

    /// A group: `arn:lakefs:auth:::group/{group}`.
    pub fn group(group: &str) -> Self {
        Self::auth(format!("group/{group}"))
    }

    /// A policy: `arn:lakefs:auth:::policy/{policy}`.
    pub fn policy(policy: &str) -> Self {
        Self::auth(format!("policy/{policy}"))
    }

    /// Reads `*` or an ARN as [`fmt::Display`] prints it; absent when `text` names no resource.
    ///
    /// The region of an ARN is ignored, as in lakeFS. Wildcards are not looked for: they are plain
    /// text here.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        let arn = Arn::split(text)?;
        let service = SERVICES.iter().copied().find(|service| *service == arn.service)?;
        (arn.account.is_empty() && !arn.path.is_empty())
            .then(|| Self::Arn { service, path: arn.path.into() })
    }

    /// The bucket, and the key in it where it is an object; absent when it is neither.
    pub(crate) fn bucket_and_key(&self) -> Option<(&str, Option<&str>)> {
        let Self::Arn { service: "fs", path } = self else { return None };
        let rest = path.strip_prefix("repository/")?;
        let (bucket, key) =
            rest.split_once("/object/").map_or((rest, None), |(bucket, key)| (bucket, Some(key)));
        (!bucket.contains('/')).then_some((bucket, key))
    }

    /// What has this path in the service that holds buckets.
    pub(crate) fn fs(path: String) -> Self {
        Self::Arn { service: "fs", path: path.into() }
    }

    fn auth(path: String) -> Self {
        Self::Arn { service: "auth", path: path.into() }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Arn { service, path } => write!(f, "arn:lakefs:{service}:::{path}"),
        }
    }
}

/// Resources whose paths have one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bucket,
    Object,
    User,
    Group,
    Policy,
}

impl Kind {
    /// The service in their ARNs.
    pub(crate) fn service(self) -> &'static str {
        match self {
            Self::Bucket | Self::Object => "fs",
            Self::User | Self::Group | Self::Policy => "auth",
        }
    }
}

/// The parts of an ARN's text, not yet judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arn<'a> {
    pub(crate) service: &'a str,
    pub(crate) account: &'a str,
    pub(crate) path: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits `arn:lakefs:<service>:<region>:<account>:<path>` at its first five colons; the path
    /// may hold more.
    pub(crate) fn split(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:lakefs:")?.splitn(4, ':');
        let service = parts.next()?;
        let _region = parts.next()?;
        Some(Self { service, account: parts.next()?, path: parts.next()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_named_by_its_key_byte_for_byte() {
        let object = Resource::object("lake", "a//../*:ö+ ");
        assert_eq!(object.to_string(), "arn:lakefs:fs:::repository/lake/object/a//../*:ö+ ");
        assert_eq!(Resource::parse(&object.to_string()), Some(object));
    }

    #[test]
    fn a_bucket_and_an_object_are_told_by_their_paths() {
        for (resource, told) in [
            (Resource::bucket("lake"), Some(("lake", None))),
            (Resource::object("lake", "a/object/b"), Some(("lake", Some("a/object/b")))),
            (Resource::object("lake", ""), Some(("lake", Some("")))),
            (Resource::fs("repository/lake/tag/a".to_owned()), None),
            (Resource::fs("repository/lake/x/object/a".to_owned()), None),
            (Resource::fs("lake".to_owned()), None),
            (Resource::auth("repository/lake".to_owned()), None),
            (Resource::All, None),
        ] {
            assert_eq!(resource.bucket_and_key(), told, "{resource}");
        }
    }

    #[test]
    fn what_names_no_resource_is_not_parsed() {
        for text in [
            "",
            "lake",
            "arn:aws:s3:::lake",
            "arn:lakefs:fs::x",
            "arn:lakefs:fs:::",
            "arn:lakefs:s3:::x",
            "arn:lakefs:fs::1:x",
        ] {
            assert_eq!(Resource::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_region_of_an_arn_is_ignored() {
        assert_eq!(Resource::parse("arn:lakefs:auth:eu::user/a"), Some(Resource::user("a")));
    }
}
