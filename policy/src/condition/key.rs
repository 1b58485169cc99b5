//! The keys that conditions ask for, and their values in a request.

use std::{fmt, net::IpAddr};

use super::{context::Context, value::Value};
use crate::{fault::Reason, nearest::nearest};

/// What a condition asks of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    SourceIp,
    Prefix,
    Delimiter,
    SecureTransport,
    CurrentTime,
    UserAgent,
}

/// Every key.
pub(crate) static KEYS: &[Key] = &[
    Key::SourceIp,
    Key::Prefix,
    Key::Delimiter,
    Key::SecureTransport,
    Key::CurrentTime,
    Key::UserAgent,
];

impl Key {
    /// Reads a key's name in any case, alone or after `aws:` or `s3:`.
    ///
    /// # Errors
    ///
    /// [`Reason::UnknownKey`] with the nearest name.
    pub(crate) fn parse(source: &str) -> Result<Self, Reason> {
        let bare = match source.split_once(':') {
            Some((space, bare)) if SPACES.iter().any(|known| known.eq_ignore_ascii_case(space)) => {
                bare
            }
            Some(_) | None => source,
        };
        KEYS.iter().copied().find(|key| key.name().eq_ignore_ascii_case(bare)).ok_or_else(|| {
            let nearest = nearest(bare, KEYS.iter().map(|key| key.name()));
            Reason::UnknownKey { found: source.to_owned(), nearest }
        })
    }

    /// Its name, without a prefix.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SourceIp => "SourceIp",
            Self::Prefix => "Prefix",
            Self::Delimiter => "Delimiter",
            Self::SecureTransport => "SecureTransport",
            Self::CurrentTime => "CurrentTime",
            Self::UserAgent => "UserAgent",
        }
    }

    /// Its value in a request; absent when the request has none.
    pub(super) fn value<'a>(self, context: &Context<'a>) -> Option<Value<'a>> {
        match self {
            Self::SourceIp => {
                context.source_ip.as_ref().map(IpAddr::to_canonical).map(Value::Address)
            }
            Self::Prefix => context.prefix.map(Value::Text),
            Self::Delimiter => context.delimiter.map(Value::Text),
            Self::SecureTransport => context.secure_transport.map(Value::Flag),
            Self::CurrentTime => context.current_time.map(Value::Time),
            Self::UserAgent => context.user_agent.map(Value::Text),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What AWS writes before the names of keys, without the `:`.
const SPACES: [&str; 2] = ["aws", "s3"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_in_any_case_and_with_the_prefixes_of_aws() {
        for key in KEYS {
            let name = key.name();
            for spelled in [
                name.to_owned(),
                name.to_uppercase(),
                format!("aws:{name}"),
                format!("AWS:{}", name.to_lowercase()),
                format!("s3:{name}"),
            ] {
                assert_eq!(Key::parse(&spelled), Ok(*key), "{spelled}");
            }
        }
    }

    #[test]
    fn h06_an_unknown_key_is_refused_with_the_nearest_known_one() {
        for (found, nearest) in [
            ("Sourceip4", "SourceIp"),
            ("aws:VpcSourceIp", "SourceIp"),
            ("aws:UserAgents", "UserAgent"),
            ("ec2:SourceIp", "SourceIp"),
            ("aws:s3:Prefix", "Prefix"),
            ("aws:", "Prefix"),
            ("aws:CurrentTimes", "CurrentTime"),
        ] {
            let reason =
                Reason::UnknownKey { found: found.to_owned(), nearest: nearest.to_owned() };
            assert_eq!(Key::parse(found), Err(reason), "{found}");
        }
    }
}
