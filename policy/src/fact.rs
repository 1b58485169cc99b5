//! Conditions as facts that a request has or has not, whatever they say: what a comparison of
//! policies takes them for.

use std::{collections::BTreeSet, fmt};

use crate::{condition::Key, document::Conditions};

/// One operator applied to one key, of which nothing else is known than whether it holds.
///
/// A negated operator is the same fact as the one that it negates, where it holds exactly when that
/// one does not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fact {
    operator: Box<str>,
    key: Box<str>,
    values: BTreeSet<Box<str>>,
}

impl fmt::Display for Fact {
    /// `IpAddress SourceIp 10.0.0.0/8`; several values are separated by `|`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.operator, self.key)?;
        for (index, value) in self.values.iter().enumerate() {
            write!(f, "{}{value}", if index == 0 { " " } else { "|" })?;
        }
        Ok(())
    }
}

/// Whether a fact holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Literal {
    /// The fact.
    pub fact: Fact,
    /// Whether it holds.
    pub holds: bool,
}

impl Literal {
    /// What `conditions` need, all of it.
    pub(crate) fn all_of(conditions: &Conditions) -> BTreeSet<Self> {
        let keys = |(operator, keys)| std::iter::repeat(operator).zip(keys);
        conditions
            .iter()
            .flat_map(keys)
            .map(|(operator, (key, values))| Self::of(operator, key, values))
            .collect()
    }

    fn of(operator: &str, key: &str, values: &[String]) -> Self {
        let (operator, holds) = match NEGATIONS.iter().find(|(negated, _)| *negated == operator) {
            Some((_, positive)) => (*positive, false),
            None => (operator, true),
        };
        let mut values: BTreeSet<Box<str>> =
            values.iter().map(|value| value.as_str().into()).collect();
        // Present is not absent.
        let is_present =
            operator == "Null" && values.iter().all(|value| value.eq_ignore_ascii_case("false"));
        if is_present {
            values = ["true".into()].into();
        }
        let holds = holds && !is_present;
        Self {
            fact: Fact {
                operator: operator.into(),
                key: Key::parse(key).map_or_else(|_| key.into(), |key| key.name().into()),
                values,
            },
            holds,
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.holds { "" } else { "not " }, self.fact)
    }
}

/// The cases in which exactly those valuations hold for which `is_in` says so. A valuation has a
/// bit for each of `facts`.
///
/// Each case is the literals that it needs; no case is needed without the others.
pub(crate) fn cases(facts: &[Fact], is_in: impl Fn(u32) -> bool) -> Vec<Vec<Literal>> {
    let count = u32::try_from(facts.len()).unwrap_or(u32::MAX);
    let all = 0..1_u32.checked_shl(count).unwrap_or(0);
    // Fewer literals first: they say more.
    let mut cares: Vec<u32> = all.clone().collect();
    cares.sort_by_key(|care| care.count_ones());
    let mut uncovered: BTreeSet<u32> = all.clone().filter(|valuation| is_in(*valuation)).collect();
    let mut cubes: Vec<(u32, u32)> = Vec::new();
    for care in cares {
        for values in all.clone().filter(|values| values & !care == 0) {
            let members = || all.clone().filter(move |valuation| valuation & care == values);
            let is_new = || members().any(|valuation| uncovered.contains(&valuation));
            if is_new() && members().all(&is_in) {
                uncovered.retain(|valuation| valuation & care != values);
                cubes.push((care, values));
            }
        }
    }
    // A later case may cover all that an earlier one was chosen for.
    for index in (0..cubes.len()).rev() {
        let others: Vec<_> = cubes
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index)
            .map(|(_, cube)| *cube)
            .collect();
        let covers =
            |valuation: u32| others.iter().any(|(care, values)| valuation & care == *values);
        if all.clone().filter(|valuation| is_in(*valuation)).all(covers) {
            cubes = others;
        }
    }
    let literals = |(care, values): (u32, u32)| {
        let bits = facts.iter().enumerate().map(|(index, fact)| {
            let bit =
                u32::try_from(index).ok().and_then(|index| 1_u32.checked_shl(index)).unwrap_or(0);
            (bit, fact)
        });
        bits.filter(|(bit, _)| care & bit != 0)
            .map(|(bit, fact)| Literal { fact: fact.clone(), holds: values & bit != 0 })
            .collect()
    };
    cubes.into_iter().map(literals).collect()
}

/// Operators that hold exactly when another does not, also without the key.
const NEGATIONS: &[(&str, &str)] = &[
    ("NotIpAddress", "IpAddress"),
    ("StringNotEquals", "StringEquals"),
    ("StringNotEqualsIgnoreCase", "StringEqualsIgnoreCase"),
    ("StringNotLike", "StringLike"),
    ("NumericNotEquals", "NumericEquals"),
    ("DateNotEquals", "DateEquals"),
];

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn literals(json: &str) -> Vec<String> {
        let statement =
            format!(r#"{{"effect":"allow","action":"fs:*","resource":"*","condition":{json}}}"#);
        let statement: crate::Statement = serde_json::from_str(&statement).unwrap();
        Literal::all_of(&statement.condition).iter().map(Literal::to_string).collect()
    }

    #[test]
    fn a_negated_operator_is_the_same_fact() {
        assert_eq!(
            literals(
                r#"{"IpAddress":{"SourceIp":"10.0.0.0/8"},"StringNotLike":{"UserAgent":["b","a"]}}"#
            ),
            ["IpAddress SourceIp 10.0.0.0/8", "not StringLike UserAgent a|b"]
        );
        assert_eq!(literals(r#"{"Null":{"Prefix":"false"}}"#), ["not Null Prefix true"]);
    }

    #[test]
    fn a_negated_operator_that_also_holds_without_the_key_is_another_fact() {
        assert_eq!(
            literals(r#"{"StringNotLikeIfExists":{"Prefix":"a"}}"#),
            ["StringNotLikeIfExists Prefix a"]
        );
    }

    #[test]
    fn a_key_is_the_same_in_every_spelling() {
        assert_eq!(
            literals(r#"{"IpAddress":{"AWS:sourceip":["::1"]}}"#),
            literals(r#"{"IpAddress":{"SourceIp":"::1"}}"#)
        );
    }

    proptest! {
        #[test]
        fn cases_hold_exactly_for_the_valuations_and_none_is_idle(wanted in vec(any::<bool>(), 16)) {
            let facts: Vec<Fact> = ["a", "b", "c", "d"].iter().map(|key| Fact { operator: "Bool".into(), key: (*key).into(), values: BTreeSet::new() }).collect();
            let wants = |valuation: u32| wanted[usize::try_from(valuation).unwrap()];
            let cases = cases(&facts, wants);
            let is_in = |cases: &[Vec<Literal>], valuation: u32| cases.iter().any(|case| case.iter().all(|literal| {
                let bit = facts.iter().position(|fact| *fact == literal.fact).unwrap();
                (valuation >> bit & 1 == 1) == literal.holds
            }));
            for valuation in 0..16 {
                prop_assert_eq!(is_in(&cases, valuation), wants(valuation));
            }
            for idle in 0..cases.len() {
                let mut fewer = cases.clone();
                fewer.remove(idle);
                prop_assert!((0..16).any(|valuation| is_in(&fewer, valuation) != wants(valuation)));
            }
        }
    }
}
