//! The operators of conditions: one table, what may stand around their names, and what they say of a
//! key that is absent.

use std::{cmp::Ordering, fmt};

use super::key::Key;
use crate::{fault::Reason, nearest::nearest};

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(super) comparison: Comparison,
    pub(super) sense: Sense,
}

/// What is compared, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Text(Likeness),
    Number(Order),
    Date(Order),
    Flag,
    Network,
    /// Whether there is a value at all.
    Absence,
}

/// How a text is like another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    Exact,
    AnyCase,
    Pattern,
}

/// On which side of a limit a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    At,
    Below,
    UpTo,
    Above,
    From,
}

impl Order {
    /// Whether a value that compares so with the limit is on this side.
    pub(super) fn admits(self, ordering: Ordering) -> bool {
        match self {
            Self::At => ordering.is_eq(),
            Self::Below => ordering.is_lt(),
            Self::UpTo => ordering.is_le(),
            Self::Above => ordering.is_gt(),
            Self::From => ordering.is_ge(),
        }
    }
}

/// Whether one of the values has to match, or none may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    Positive,
    Negated,
}

/// An operator as a document names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operator {
    quantifier: Quantifier,
    row: &'static Row,
    suffix: Suffix,
}

/// How many of a key's values have to satisfy the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantifier {
    Plain,
    ForAnyValue,
    ForAllValues,
}

/// What the operator says of a key that is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Suffix {
    Plain,
    IfExists,
}

impl Operator {
    /// Reads the name of an operator, case and all.
    ///
    /// # Errors
    ///
    /// [`Reason::UnknownOperator`] with the nearest name.
    pub(crate) fn parse(source: &str) -> Result<Self, Reason> {
        Self::all().find(|operator| operator.is_called(source)).ok_or_else(|| {
            let within = OPERATORS.iter().find(|row| is_within(row.name, source));
            let nearest = match within {
                Some(row) => row.name.to_owned(),
                None => nearest(source, Self::all().map(|operator| operator.to_string())),
            };
            Reason::UnknownOperator { found: source.to_owned(), nearest }
        })
    }

    pub(super) fn comparison(self) -> Comparison {
        self.row.comparison
    }

    /// Whether none of the values may match.
    pub(crate) fn is_negated(self) -> bool {
        self.row.sense == Sense::Negated
    }

    /// The operator that compares the same and of which one of the values has to match: its name alone.
    pub(crate) fn positive(self) -> &'static str {
        let is_positive =
            |row: &&Row| row.comparison == self.row.comparison && row.sense == Sense::Positive;
        OPERATORS.iter().find(is_positive).unwrap_or(self.row).name
    }

    /// What it says of a key that the request does not have, as at AWS: a set without values satisfies
    /// `ForAllValues` and not `ForAnyValue`; otherwise a negated operator holds and a positive one does not.
    pub(crate) fn holds_without_value(self) -> bool {
        match (self.suffix, self.quantifier) {
            (Suffix::IfExists, _) | (_, Quantifier::ForAllValues) => true,
            (Suffix::Plain, Quantifier::ForAnyValue) => false,
            (Suffix::Plain, Quantifier::Plain) => self.is_negated(),
        }
    }

    /// Checks that the operator can be asked of `key`.
    ///
    /// # Errors
    ///
    /// [`Reason::WrongKey`] when its values could never be of the operator's kind.
    pub(super) fn check_key(self, key: Key) -> Result<(), Reason> {
        let only = match self.row.comparison {
            Comparison::Network => Key::SourceIp,
            Comparison::Flag => Key::SecureTransport,
            Comparison::Text(_)
            | Comparison::Number(_)
            | Comparison::Date(_)
            | Comparison::Absence => return Ok(()),
        };
        if key == only { Ok(()) } else { Err(Reason::WrongKey { operator: self, key, only }) }
    }

    fn all() -> impl Iterator<Item = Self> {
        let forms = |row: &'static Row| {
            FORMS
                .iter()
                .map(move |(quantifier, suffix)| Self {
                    quantifier: *quantifier,
                    row,
                    suffix: *suffix,
                })
                .take(if row.comparison == Comparison::Absence { 1 } else { FORMS.len() })
        };
        OPERATORS.iter().flat_map(forms)
    }

    fn is_called(self, source: &str) -> bool {
        strip(source, (self.quantifier, self.suffix)) == Some(self.row.name)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.quantifier.text(), self.row.name, self.suffix.text())
    }
}

impl Quantifier {
    fn text(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::ForAnyValue => "ForAnyValue:",
            Self::ForAllValues => "ForAllValues:",
        }
    }
}

impl Suffix {
    fn text(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::IfExists => "IfExists",
        }
    }
}

fn strip(source: &str, (quantifier, suffix): (Quantifier, Suffix)) -> Option<&str> {
    source.strip_prefix(quantifier.text())?.strip_suffix(suffix.text())
}

/// Whether `source` is `name` in some form, which need not be one that this operator has.
fn is_within(name: &str, source: &str) -> bool {
    FORMS.iter().any(|form| strip(source, *form) == Some(name))
}

/// Every form an operator may have; the first is the one of all operators.
const FORMS: [(Quantifier, Suffix); 6] = [
    (Quantifier::Plain, Suffix::Plain),
    (Quantifier::Plain, Suffix::IfExists),
    (Quantifier::ForAnyValue, Suffix::Plain),
    (Quantifier::ForAnyValue, Suffix::IfExists),
    (Quantifier::ForAllValues, Suffix::Plain),
    (Quantifier::ForAllValues, Suffix::IfExists),
];

const fn row(name: &'static str, comparison: Comparison, sense: Sense) -> Row {
    Row { name, comparison, sense }
}

/// Every operator.
///
/// Source: AWS IAM User Guide, "IAM JSON policy elements: Condition operators".
#[rustfmt::skip]
static OPERATORS: &[Row] = &[
    row("StringEquals",              Comparison::Text(Likeness::Exact),   Sense::Positive),
    row("StringNotEquals",           Comparison::Text(Likeness::Exact),   Sense::Negated),
    row("StringEqualsIgnoreCase",    Comparison::Text(Likeness::AnyCase), Sense::Positive),
    row("StringNotEqualsIgnoreCase", Comparison::Text(Likeness::AnyCase), Sense::Negated),
    row("StringLike",                Comparison::Text(Likeness::Pattern), Sense::Positive),
    row("StringNotLike",             Comparison::Text(Likeness::Pattern), Sense::Negated),
    row("NumericEquals",             Comparison::Number(Order::At),       Sense::Positive),
    row("NumericNotEquals",          Comparison::Number(Order::At),       Sense::Negated),
    row("NumericLessThan",           Comparison::Number(Order::Below),    Sense::Positive),
    row("NumericLessThanEquals",     Comparison::Number(Order::UpTo),     Sense::Positive),
    row("NumericGreaterThan",        Comparison::Number(Order::Above),    Sense::Positive),
    row("NumericGreaterThanEquals",  Comparison::Number(Order::From),     Sense::Positive),
    row("DateEquals",                Comparison::Date(Order::At),         Sense::Positive),
    row("DateNotEquals",             Comparison::Date(Order::At),         Sense::Negated),
    row("DateLessThan",              Comparison::Date(Order::Below),      Sense::Positive),
    row("DateLessThanEquals",        Comparison::Date(Order::UpTo),       Sense::Positive),
    row("DateGreaterThan",           Comparison::Date(Order::Above),      Sense::Positive),
    row("DateGreaterThanEquals",     Comparison::Date(Order::From),       Sense::Positive),
    row("Bool",                      Comparison::Flag,                    Sense::Positive),
    row("IpAddress",                 Comparison::Network,                 Sense::Positive),
    row("NotIpAddress",              Comparison::Network,                 Sense::Negated),
    row("Null",                      Comparison::Absence,                 Sense::Positive),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_is_read_as_it_is_written() {
        let names: Vec<_> = Operator::all().map(|operator| operator.to_string()).collect();
        assert_eq!(names.len(), 21 * 6 + 1);
        for (name, operator) in names.iter().zip(Operator::all()) {
            assert_eq!(Operator::parse(name), Ok(operator), "{name}");
        }
    }

    #[test]
    fn h06_an_unknown_operator_is_refused_with_the_nearest_known_one() {
        for (found, nearest) in [
            ("stringEquals", "StringEquals"),
            ("StringLikeIfExist", "StringLikeIfExists"),
            ("ForAnyValues:StringLike", "ForAnyValue:StringLike"),
            ("forAllValues:StringNotLike", "ForAllValues:StringNotLike"),
            ("ForAllValues:ForAnyValue:StringLike", "ForAllValues:StringLike"),
            ("NullIfExists", "Null"),
            ("ForAnyValue:Null", "Null"),
            ("Boolean", "Bool"),
            ("IPAddress", "IpAddress"),
            ("", "Bool"),
        ] {
            let reason =
                Reason::UnknownOperator { found: found.to_owned(), nearest: nearest.to_owned() };
            assert_eq!(Operator::parse(found), Err(reason), "{found}");
        }
    }
}
