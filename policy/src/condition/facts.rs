//! What is known of a request, as people write it down.

use std::net::IpAddr;

use thiserror::Error;
use time::OffsetDateTime;

use super::{context::Context, date, key::Key};

/// What is known of a request, by the keys of conditions: a [`Context`] that owns its texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    source_ip: Option<IpAddr>,
    prefix: Option<String>,
    delimiter: Option<String>,
    secure_transport: Option<bool>,
    current_time: Option<OffsetDateTime>,
    user_agent: Option<String>,
}

/// Why a fact is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FactError {
    /// No condition asks for such a key.
    #[error("{0}")]
    UnknownKey(String),
    /// The key has a value already, perhaps under another spelling.
    #[error("`{0}` is said twice")]
    Twice(&'static str),
    /// A request cannot have such a value.
    #[error("`{value}` is no value of `{key}`: write {wanted}")]
    BadValue {
        /// The key.
        key: &'static str,
        /// The value.
        value: String,
        /// What is taken, in words.
        wanted: &'static str,
    },
}

impl Facts {
    /// Notes that `key`, in any spelling that conditions take, has this value.
    ///
    /// # Errors
    ///
    /// [`FactError`] for a key that there is not or that has a value, and for a value that is none of it: `SourceIp`
    /// takes an address, `SecureTransport` takes `true` and `false`, `CurrentTime` takes what a date in a condition
    /// may be.
    pub fn note(&mut self, key: &str, value: &str) -> Result<(), FactError> {
        let key = Key::parse(key).map_err(|reason| FactError::UnknownKey(reason.to_string()))?;
        let bad = |wanted| FactError::BadValue { key: key.name(), value: value.to_owned(), wanted };
        if key.value(&self.context()).is_some() {
            return Err(FactError::Twice(key.name()));
        }
        match key {
            Key::SourceIp => {
                let address = value.parse().map_err(|_| bad("an IP address"))?;
                self.source_ip = Some(address);
            }
            Key::Prefix => self.prefix = Some(value.to_owned()),
            Key::Delimiter => self.delimiter = Some(value.to_owned()),
            Key::SecureTransport => {
                let flag = value.parse().map_err(|_| bad("`true` or `false`"))?;
                self.secure_transport = Some(flag);
            }
            Key::CurrentTime => {
                let moment = date::parse(value)
                    .ok_or_else(|| bad("a time, such as `2026-01-31T12:00:00Z`"))?;
                // Conditions speak of seconds, in texts and in numbers.
                self.current_time = Some(moment.truncate_to_second());
            }
            Key::UserAgent => self.user_agent = Some(value.to_owned()),
        }
        Ok(())
    }

    /// The text of `key`'s value, as string operators compare it; absent for a key that has none.
    pub fn text(&self, key: &str) -> Option<String> {
        let key = Key::parse(key).ok()?;
        key.value(&self.context()).map(|value| value.with_text(str::to_owned))
    }

    /// The same for decisions.
    pub fn context(&self) -> Context<'_> {
        Context {
            source_ip: self.source_ip,
            prefix: self.prefix.as_deref(),
            delimiter: self.delimiter.as_deref(),
            secure_transport: self.secure_transport,
            current_time: self.current_time,
            user_agent: self.user_agent.as_deref(),
        }
    }

    /// Notes the prefix that a listing asks for.
    pub(crate) fn set_prefix(&mut self, prefix: &str) {
        self.prefix = Some(prefix.to_owned());
    }
}

impl From<Context<'_>> for Facts {
    fn from(context: Context<'_>) -> Self {
        Self {
            source_ip: context.source_ip,
            prefix: context.prefix.map(str::to_owned),
            delimiter: context.delimiter.map(str::to_owned),
            secure_transport: context.secure_transport,
            current_time: context.current_time,
            user_agent: context.user_agent.map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_noted_under_every_spelling_and_told_as_conditions_compare_them() {
        for (key, value, text) in [
            ("SourceIp", "::ffff:10.0.0.1", "10.0.0.1"),
            ("aws:securetransport", "true", "true"),
            ("s3:prefix", "team-a/", "team-a/"),
            ("Delimiter", "", ""),
            ("aws:CurrentTime", "2026-01-31T13:00:00.5+01:00", "2026-01-31T12:00:00Z"),
            ("CURRENTTIME", "2026-01-31", "2026-01-31T00:00:00Z"),
            ("UserAgent", "curl/8", "curl/8"),
        ] {
            let mut facts = Facts::default();
            facts.note(key, value).unwrap();
            assert_eq!(facts.text(key).as_deref(), Some(text), "{key}");
            assert_ne!(facts.context(), Context::default(), "{key}");
        }
    }

    #[test]
    fn what_no_request_can_have_is_refused() {
        for (key, value) in [
            ("SourceIp", "10.0.0.0/8"),
            ("SourceIp", "lake"),
            ("SecureTransport", "yes"),
            ("CurrentTime", "noon"),
        ] {
            let error = Facts::default().note(key, value).unwrap_err();
            assert!(matches!(error, FactError::BadValue { .. }), "{key} {value}");
        }
        let unknown = Facts::default().note("VpcId", "v").unwrap_err();
        assert!(unknown.to_string().contains("`VpcId`"), "{unknown}");
    }

    #[test]
    fn a_fact_is_noted_once() {
        let mut facts = Facts::default();
        facts.note("prefix", "a").unwrap();
        assert_eq!(facts.note("s3:Prefix", "a"), Err(FactError::Twice("Prefix")));
    }
}
