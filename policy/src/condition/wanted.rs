//! The values of a condition, compiled, and whether one of them matches.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use super::{
    date,
    number::{Decimal, Number},
    operator::{Comparison, Likeness, Operator, Order},
    value::Value,
};
use crate::{
    fault::{Faults, Reason},
    network::Network,
    pattern::Pattern,
    text::Text,
};

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Text { likeness: Likeness, patterns: Box<[Pattern]> },
    Number { order: Order, numbers: Box<[Number]> },
    Date { order: Order, moments: Box<[OffsetDateTime]> },
    Flag(Flags),
    Network(Box<[Network]>),
    Absence(Flags),
}

impl Wanted {
    /// Compiles `values`; what is wrong with them is noted.
    pub(super) fn compile(
        operator: Operator,
        values: &[String],
        faults: &mut Faults,
    ) -> Option<Self> {
        Some(match operator.comparison() {
            Comparison::Text(likeness) => {
                let parse = match likeness {
                    Likeness::Pattern => Pattern::parse,
                    Likeness::Exact | Likeness::AnyCase => Pattern::parse_plain,
                };
                Self::Text { likeness, patterns: each(values, faults, parse)?.into() }
            }
            Comparison::Number(order) => {
                let parse = |text: &str| {
                    Number::parse(text).ok_or_else(|| Reason::MalformedNumber(text.to_owned()))
                };
                Self::Number { order, numbers: each(values, faults, parse)?.into() }
            }
            Comparison::Date(order) => {
                let parse = |text: &str| {
                    date::parse(text).ok_or_else(|| Reason::MalformedDate(text.to_owned()))
                };
                Self::Date { order, moments: each(values, faults, parse)?.into() }
            }
            Comparison::Flag => Self::Flag(Flags::of(&each(values, faults, parse_flag)?)),
            Comparison::Network => {
                let parse = |text: &str| text.parse::<Network>().map_err(Reason::from);
                Self::Network(each(values, faults, parse)?.into())
            }
            Comparison::Absence => Self::Absence(Flags::of(&each(values, faults, parse_flag)?)),
        })
    }

    /// Whether `value` matches one of the values.
    pub(super) fn matches(&self, value: Value<'_>, user: &str) -> bool {
        match self {
            Self::Text { likeness, patterns } => value.with_text(|text| {
                patterns.iter().any(|pattern| match likeness {
                    Likeness::Exact | Likeness::Pattern => pattern.matches(Text::of(text), user),
                    Likeness::AnyCase => pattern.is_in_any_case(text, user),
                })
            }),
            Self::Number { order, numbers } => value.with_number(|text| {
                Decimal::parse(text).is_some_and(|value| {
                    numbers.iter().any(|limit| order.admits(value.cmp(&limit.as_decimal())))
                })
            }),
            Self::Date { order, moments } => value
                .moment()
                .is_some_and(|value| moments.iter().any(|limit| order.admits(value.cmp(limit)))),
            Self::Flag(wanted) => matches!(value, Value::Flag(flag) if wanted.contains(flag)),
            Self::Network(networks) => {
                matches!(value, Value::Address(address) if networks.iter().any(|network| network.contains(address)))
            }
            Self::Absence(wanted) => wanted.contains(false),
        }
    }

    /// Its values in one spelling each, the name of `user` in the place of the variable.
    pub(super) fn values(&self, user: &str) -> BTreeSet<Box<str>> {
        match self {
            Self::Text { likeness, patterns } => {
                let texts = patterns.iter().map(|pattern| pattern.text(user));
                match likeness {
                    Likeness::Exact | Likeness::Pattern => texts.map(Into::into).collect(),
                    Likeness::AnyCase => texts
                        .map(|text| text.chars().flat_map(char::to_lowercase).collect())
                        .collect(),
                }
            }
            Self::Number { numbers, .. } => {
                numbers.iter().map(|number| number.as_decimal().to_string().into()).collect()
            }
            Self::Date { moments, .. } => {
                moments.iter().map(|moment| date::text(*moment).into()).collect()
            }
            Self::Flag(flags) | Self::Absence(flags) => [true, false]
                .into_iter()
                .filter(|flag| flags.contains(*flag))
                .map(|flag| flag.to_string().into())
                .collect(),
            Self::Network(networks) => {
                networks.iter().map(|network| network.to_string().into()).collect()
            }
        }
    }

    /// What it says of a key that the request does not have, if that is what it is for.
    pub(super) fn holds_without_value(&self) -> Option<bool> {
        if let Self::Absence(wanted) = self { Some(wanted.contains(true)) } else { None }
    }
}

/// Some of `true` and `false`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flags {
    on: bool,
    off: bool,
}

impl Flags {
    fn of(flags: &[bool]) -> Self {
        Self { on: flags.contains(&true), off: flags.contains(&false) }
    }

    fn contains(self, flag: bool) -> bool {
        if flag { self.on } else { self.off }
    }
}

fn parse_flag(text: &str) -> Result<bool, Reason> {
    if text.eq_ignore_ascii_case("true") {
        Ok(true)
    } else if text.eq_ignore_ascii_case("false") {
        Ok(false)
    } else {
        Err(Reason::MalformedFlag(text.to_owned()))
    }
}

fn each<T>(
    values: &[String],
    faults: &mut Faults,
    parse: impl Fn(&str) -> Result<T, Reason>,
) -> Option<Vec<T>> {
    faults.count(values, "value", VALUES_MAX)?;
    let mut parsed = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        parsed.extend(faults.within(format_args!("[{index}]"), |faults| {
            faults.keep(crate::compile::limit(value).and_then(|()| parse(value)))
        }));
    }
    Some(parsed)
}

/// How many values one key may have.
const VALUES_MAX: usize = 1_000;
