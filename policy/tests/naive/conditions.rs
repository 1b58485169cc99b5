//! Conditions by their words: what each operator makes of what is known of a request.

use std::{collections::BTreeMap, net::IpAddr};

use crate::{
    glob::{matches, parts},
    values::{self, Instant, Number},
};

/// What is known of a request besides what it does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) source_ip: Option<IpAddr>,
    pub(crate) prefix: Option<String>,
    pub(crate) delimiter: Option<String>,
    pub(crate) secure_transport: Option<bool>,
    pub(crate) current_time: Option<Instant>,
    pub(crate) user_agent: Option<String>,
}

/// The value of one key, as the request has it.
#[derive(Clone, Debug)]
enum Fact {
    Address(IpAddr),
    Text(String),
    Switch(bool),
    Time(Instant),
}

/// What a statement says of one operator and key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Condition<'a> {
    pub(crate) operator: &'a str,
    pub(crate) key: &'a str,
    pub(crate) values: &'a [String],
}

impl<'a> Condition<'a> {
    /// All that stand in a document's statement.
    pub(crate) fn all(
        conditions: &'a BTreeMap<String, BTreeMap<String, Vec<String>>>,
    ) -> impl Iterator<Item = Self> {
        conditions.iter().flat_map(|(operator, keys)| {
            keys.iter().map(move |(key, values)| Self { operator, key, values })
        })
    }

    /// Whether it holds of a request of `user`.
    pub(crate) fn holds(self, facts: &Facts, user: &str) -> bool {
        let fact = facts.get(self.key);
        if self.operator == "Null" {
            let absent = if fact.is_none() { "true" } else { "false" };
            return self.values.iter().any(|value| value == absent);
        }
        let (each, operator) = match self.operator.split_once(':') {
            Some(("ForAllValues", operator)) => (Some(Each::All), operator),
            Some(("ForAnyValue", operator)) => (Some(Each::Any), operator),
            _ => (None, self.operator),
        };
        let (operator, if_exists) = match operator.strip_suffix("IfExists") {
            Some(operator) => (operator, true),
            None => (operator, false),
        };
        let (operator, negated) = positive(operator);
        let holds_of = |fact: &Fact| {
            self.values.iter().any(|value| fact.matches(operator, value, user)) != negated
        };
        match (each, &fact) {
            (_, None) if if_exists => true,
            (_, Some(fact)) => holds_of(fact),
            (Some(Each::All), None) => true,
            (Some(Each::Any), None) => false,
            (None, None) => negated,
        }
    }
}

/// How many of a key's values have to satisfy the operator. Every key here has one at most.
#[derive(Clone, Copy, Debug)]
enum Each {
    All,
    Any,
}

/// The operator that `operator` is, or is the opposite of.
fn positive(operator: &str) -> (&str, bool) {
    match operator {
        "StringNotEquals" => ("StringEquals", true),
        "StringNotEqualsIgnoreCase" => ("StringEqualsIgnoreCase", true),
        "StringNotLike" => ("StringLike", true),
        "NumericNotEquals" => ("NumericEquals", true),
        "DateNotEquals" => ("DateEquals", true),
        "NotIpAddress" => ("IpAddress", true),
        _ => (operator, false),
    }
}

impl Facts {
    fn get(&self, key: &str) -> Option<Fact> {
        let key = key.to_ascii_lowercase();
        let name = key.strip_prefix("aws:").or(key.strip_prefix("s3:")).unwrap_or(&key);
        match name {
            "sourceip" => self.source_ip.map(Fact::Address),
            "prefix" => self.prefix.clone().map(Fact::Text),
            "delimiter" => self.delimiter.clone().map(Fact::Text),
            "securetransport" => self.secure_transport.map(Fact::Switch),
            "currenttime" => self.current_time.map(Fact::Time),
            "useragent" => self.user_agent.clone().map(Fact::Text),
            _ => panic!("a key that no document may have: {key}"),
        }
    }
}

impl Fact {
    /// Whether it is what `value` says, by an operator that is not negated.
    fn matches(&self, operator: &str, value: &str, user: &str) -> bool {
        match operator {
            "StringEquals" => self.text() == value.replace("${user}", user),
            "StringEqualsIgnoreCase" => {
                self.text().eq_ignore_ascii_case(&value.replace("${user}", user))
            }
            "StringLike" => {
                let text: Vec<_> = self.text().chars().collect();
                matches(&parts(value, user), &text)
            }
            "NumericEquals" => self.compares(value, |one, other| one == other),
            "NumericLessThan" => self.compares(value, |one, other| one < other),
            "NumericLessThanEquals" => self.compares(value, |one, other| one <= other),
            "NumericGreaterThan" => self.compares(value, |one, other| one > other),
            "NumericGreaterThanEquals" => self.compares(value, |one, other| one >= other),
            "DateEquals" => self.is_at(value, |one, other| one == other),
            "DateLessThan" => self.is_at(value, |one, other| one < other),
            "DateLessThanEquals" => self.is_at(value, |one, other| one <= other),
            "DateGreaterThan" => self.is_at(value, |one, other| one > other),
            "DateGreaterThanEquals" => self.is_at(value, |one, other| one >= other),
            "Bool" => self.text() == value.to_ascii_lowercase(),
            "IpAddress" => match self {
                Self::Address(address) => values::is_in_network(*address, value),
                Self::Text(_) | Self::Switch(_) | Self::Time(_) => panic!("not an address"),
            },
            _ => panic!("an operator that no document may have: {operator}"),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Address(address) => values::plain(*address).to_string(),
            Self::Text(text) => text.clone(),
            Self::Switch(is_on) => is_on.to_string(),
            Self::Time(instant) => instant.text(),
        }
    }

    fn compares(&self, value: &str, holds: fn(&Number, &Number) -> bool) -> bool {
        let number = match self {
            Self::Time(instant) => Some(instant.seconds()),
            Self::Address(_) | Self::Text(_) | Self::Switch(_) => Number::parse(&self.text()),
        };
        let value = Number::parse(value).expect("a number in the document");
        number.is_some_and(|number| holds(&number, &value))
    }

    fn is_at(&self, value: &str, holds: fn(&Instant, &Instant) -> bool) -> bool {
        let instant = match self {
            Self::Time(instant) => Some(*instant),
            Self::Address(_) | Self::Text(_) | Self::Switch(_) => Instant::parse(&self.text()),
        };
        let value = Instant::parse(value).expect("an instant in the document");
        instant.is_some_and(|instant| holds(&instant, &value))
    }
}
