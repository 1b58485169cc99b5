//! Conditions as propositions that hold of a request or not, whatever they say: what a comparison of
//! policies takes them for.

use std::{collections::BTreeSet, fmt};

use crate::condition::Condition;

/// One operator applied to one key, of which nothing else is known than whether it holds.
///
/// Conditions that are the same in other words are the same proposition: values in any spelling and order, with the
/// user's name or with the variable for it. A negated operator denies what the one that it negates says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Proposition {
    operator: &'static str,
    // Whether it holds without the key.
    if_exists: bool,
    key: &'static str,
    values: BTreeSet<Box<str>>,
}

#[cfg(test)]
impl Proposition {
    /// Some proposition of `key`.
    pub(crate) fn named(key: &'static str) -> Self {
        Self { operator: BOOL, if_exists: false, key, values: BTreeSet::new() }
    }
}

impl fmt::Display for Proposition {
    /// `IpAddress SourceIp 10.0.0.0/8`; several values are separated by `|`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = if self.if_exists { "IfExists" } else { "" };
        write!(f, "{}{suffix} {}", self.operator, self.key)?;
        for (index, value) in self.values.iter().enumerate() {
            write!(f, "{}{value}", if index == 0 { " " } else { "|" })?;
        }
        Ok(())
    }
}

/// A proposition, taken to hold or not to hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Assumption {
    /// The proposition.
    pub proposition: Proposition,
    /// Whether it holds.
    pub holds: bool,
}

impl Assumption {
    /// What `condition` needs of a request by `user`; absent when it holds of every one.
    pub(crate) fn of(condition: &Condition, user: &str) -> Option<Self> {
        let operator = condition.operator();
        let (name, key, values) =
            (operator.positive(), condition.key().name(), condition.values(user));
        let is_either = FLAGS.iter().all(|flag| values.contains(*flag));
        match name {
            NULL if is_either => None,
            NULL => Some(Self::absent(key, values.contains("true"))),
            // Whichever it is, there is one.
            BOOL if is_either && operator.holds_without_value() => None,
            BOOL if is_either => Some(Self::absent(key, false)),
            _ => {
                let holds = !operator.is_negated();
                let if_exists = operator.holds_without_value() == holds;
                Some(Self {
                    proposition: Proposition { operator: name, if_exists, key, values },
                    holds,
                })
            }
        }
    }

    fn absent(key: &'static str, holds: bool) -> Self {
        let values = ["true".into()].into();
        Self { proposition: Proposition { operator: NULL, if_exists: false, key, values }, holds }
    }
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.holds { "" } else { "not " }, self.proposition)
    }
}

const NULL: &str = "Null";
const BOOL: &str = "Bool";
const FLAGS: [&str; 2] = ["true", "false"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{compile::Policy, document::Document};

    /// What the conditions need, when alice asks.
    fn needs(conditions: &str) -> Vec<String> {
        let json = format!(
            r#"{{"statement":[{{"effect":"allow","action":"fs:*","resource":"*","condition":{conditions}}}]}}"#
        );
        let document: Document = serde_json::from_str(&json).unwrap();
        let policy = Policy::compile("P", &document).unwrap();
        let conditions = policy.rules()[0].conditions();
        let assumptions =
            conditions.iter().filter_map(|condition| Assumption::of(condition, "alice"));
        assumptions.map(|assumption| assumption.to_string()).collect()
    }

    #[test]
    fn a_negated_operator_denies_the_same_proposition() {
        for (conditions, expected) in [
            (r#"{"IpAddress":{"SourceIp":"10.0.0.0/8"}}"#, "IpAddress SourceIp 10.0.0.0/8"),
            (r#"{"NotIpAddress":{"SourceIp":"10.0.0.0/8"}}"#, "not IpAddress SourceIp 10.0.0.0/8"),
            (r#"{"StringNotLike":{"UserAgent":["b","a"]}}"#, "not StringLike UserAgent a|b"),
            (r#"{"Null":{"Prefix":"false"}}"#, "not Null Prefix true"),
        ] {
            assert_eq!(needs(conditions), [expected]);
        }
    }

    #[test]
    fn what_is_said_of_an_absent_key_tells_propositions_apart() {
        for (operator, expected) in [
            ("StringLike", "StringLike Prefix a"),
            ("ForAnyValue:StringLike", "StringLike Prefix a"),
            ("StringLikeIfExists", "StringLikeIfExists Prefix a"),
            ("ForAllValues:StringLike", "StringLikeIfExists Prefix a"),
            ("StringNotLike", "not StringLike Prefix a"),
            ("StringNotLikeIfExists", "not StringLike Prefix a"),
            ("ForAnyValue:StringNotLike", "not StringLikeIfExists Prefix a"),
        ] {
            assert_eq!(needs(&format!(r#"{{"{operator}":{{"Prefix":"a"}}}}"#)), [expected]);
        }
    }

    #[test]
    fn what_is_the_same_in_other_words_is_the_same_proposition() {
        for (one, other) in [
            (r#"{"Null":{"Prefix":"true"}}"#, r#"{"Null":{"s3:prefix":"TRUE"}}"#),
            (r#"{"Bool":{"SecureTransport":"true"}}"#, r#"{"Bool":{"SecureTransport":"True"}}"#),
            (
                r#"{"Bool":{"SecureTransport":["true","false"]}}"#,
                r#"{"Null":{"SecureTransport":"false"}}"#,
            ),
            (
                r#"{"IpAddress":{"SourceIp":"10.0.0.0/8"}}"#,
                r#"{"IpAddress":{"AWS:sourceip":["10.1.2.3/8"]}}"#,
            ),
            (
                r#"{"IpAddress":{"SourceIp":["::1","10.0.0.1"]}}"#,
                r#"{"IpAddress":{"SourceIp":["10.0.0.1/32","::1"]}}"#,
            ),
            (r#"{"StringEquals":{"Prefix":"${user}"}}"#, r#"{"StringEquals":{"Prefix":"alice"}}"#),
            (
                r#"{"StringEqualsIgnoreCase":{"UserAgent":"Curl"}}"#,
                r#"{"StringEqualsIgnoreCase":{"UserAgent":"cURL"}}"#,
            ),
            (r#"{"StringLike":{"Prefix":"a?*"}}"#, r#"{"StringLike":{"Prefix":"a*?"}}"#),
            (
                r#"{"NumericLessThan":{"CurrentTime":"1.50"}}"#,
                r#"{"NumericLessThan":{"CurrentTime":"01.5"}}"#,
            ),
            (
                r#"{"DateLessThan":{"CurrentTime":"2026-01-31"}}"#,
                r#"{"DateLessThan":{"CurrentTime":"2026-01-31T02:00:00+02:00"}}"#,
            ),
        ] {
            assert_eq!(needs(one), needs(other));
        }
        for (one, other) in [
            (r#"{"StringEquals":{"Prefix":"A"}}"#, r#"{"StringEquals":{"Prefix":"a"}}"#),
            (r#"{"StringEquals":{"Prefix":"a*"}}"#, r#"{"StringLike":{"Prefix":"a*"}}"#),
            (
                r#"{"NumericLessThan":{"CurrentTime":"1"}}"#,
                r#"{"NumericLessThanEquals":{"CurrentTime":"1"}}"#,
            ),
            (
                r#"{"DateLessThan":{"CurrentTime":"0"}}"#,
                r#"{"DateLessThan":{"CurrentTime":"1970-01-01T00:00:00.5Z"}}"#,
            ),
        ] {
            assert_ne!(needs(one), needs(other));
        }
    }

    #[test]
    fn what_holds_of_every_request_needs_nothing() {
        for conditions in [
            r#"{"Null":{"Prefix":["true","false"]}}"#,
            r#"{"BoolIfExists":{"SecureTransport":["true","false"]}}"#,
        ] {
            assert_eq!(needs(conditions), [""; 0]);
        }
    }
}
