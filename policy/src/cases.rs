//! Sets of valuations, each of which says of some propositions whether they hold, and what is to be said of such a
//! set.

use crate::proposition::{Assumption, Proposition};

/// How many propositions are told apart at one place of a comparison.
pub const PROPOSITIONS_MAX: usize = 8;

/// Some valuations of [`PROPOSITIONS_MAX`] propositions or fewer. A valuation is a number with a bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Valuations([u128; 2]);

impl Valuations {
    /// All valuations of that many propositions, one after the other.
    pub(crate) fn each(propositions: usize) -> std::ops::Range<u32> {
        let count = u32::try_from(propositions.min(PROPOSITIONS_MAX)).unwrap_or_default();
        0..1_u32.checked_shl(count).unwrap_or_default()
    }

    /// Adds `valuation`.
    pub(crate) fn insert(&mut self, valuation: u32) {
        let [low, high] = &mut self.0;
        let half = if valuation < u128::BITS { low } else { high };
        *half |= 1_u128.wrapping_shl(valuation);
    }

    fn collect(valuations: impl Iterator<Item = u32>) -> Self {
        let mut set = Self::default();
        valuations.for_each(|valuation| set.insert(valuation));
        set
    }

    fn is_empty(self) -> bool {
        self == Self::default()
    }

    fn is_within(self, other: Self) -> bool {
        self.without(other).is_empty()
    }

    fn and(self, Self([low, high]): Self) -> Self {
        let [own_low, own_high] = self.0;
        Self([own_low & low, own_high & high])
    }

    fn or(self, Self([low, high]): Self) -> Self {
        let [own_low, own_high] = self.0;
        Self([own_low | low, own_high | high])
    }

    fn without(self, Self([low, high]): Self) -> Self {
        self.and(Self([!low, !high]))
    }
}

/// What some propositions are assumed to be: those in `care`, as in `values`.
#[derive(Clone, Copy)]
struct Case {
    care: u32,
    values: u32,
    members: Valuations,
}

/// The cases in which exactly `wanted` hold.
///
/// Each case is the assumptions that it needs; no case is needed without the others.
pub(crate) fn cases(propositions: &[&Proposition], wanted: Valuations) -> Vec<Vec<Assumption>> {
    let each = Valuations::each(propositions.len());
    let mut cares: Vec<u32> = each.clone().collect();
    // Fewer assumptions first: they say more.
    cares.sort_by_key(|care| care.count_ones());
    let mut uncovered = wanted;
    let mut found: Vec<Case> = Vec::new();
    for case in cares.into_iter().flat_map(|care| valued(care, each.clone())) {
        if uncovered.is_empty() {
            break;
        }
        if case.members.is_within(wanted) && !case.members.and(uncovered).is_empty() {
            uncovered = uncovered.without(case.members);
            found.push(case);
        }
    }
    // A later case may cover all that an earlier one was chosen for.
    for index in (0..found.len()).rev() {
        let others = found.iter().enumerate().filter(|(other, _)| *other != index);
        let covered = others.fold(Valuations::default(), |all, (_, case)| all.or(case.members));
        if wanted.is_within(covered) {
            found.remove(index);
        }
    }
    found.iter().map(|case| case.assumptions(propositions)).collect()
}

/// Every case that says something of the propositions of `care` and of no others.
fn valued(care: u32, each: std::ops::Range<u32>) -> impl Iterator<Item = Case> {
    // Counts through the bits of `care` alone.
    let next = move |values: &u32| {
        let next = values.wrapping_sub(care) & care;
        (next != 0).then_some(next)
    };
    std::iter::successors(Some(0), next).map(move |values| {
        let members = each.clone().filter(|valuation| valuation & care == values);
        Case { care, values, members: Valuations::collect(members) }
    })
}

impl Case {
    fn assumptions(&self, propositions: &[&Proposition]) -> Vec<Assumption> {
        let bits = (0..).map(|index| 1_u32.wrapping_shl(index));
        let named = bits.zip(propositions).filter(|(bit, _)| self.care & bit != 0);
        named
            .map(|(bit, proposition)| Assumption {
                proposition: (*proposition).clone(),
                holds: self.values & bit != 0,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn propositions(count: usize) -> Vec<Proposition> {
        ["a", "b", "c", "d", "e", "f", "g", "h"]
            .iter()
            .take(count)
            .map(|key| Proposition::named(key))
            .collect()
    }

    fn of(count: usize, wanted: &[bool]) -> (Vec<Proposition>, Vec<Vec<Assumption>>) {
        let propositions = propositions(count);
        let valuations = Valuations::each(count)
            .filter(|valuation| wanted[usize::try_from(*valuation).unwrap()]);
        let found =
            cases(&propositions.iter().collect::<Vec<_>>(), Valuations::collect(valuations));
        (propositions, found)
    }

    #[test]
    fn all_and_nothing_are_said_as_such() {
        for count in [0, 1, PROPOSITIONS_MAX] {
            assert_eq!(of(count, &[true; 256]).1, [vec![]]);
            assert_eq!(of(count, &[false; 256]).1, [[]; 0]);
        }
    }

    proptest! {
        #[test]
        fn cases_hold_exactly_for_the_valuations_and_none_is_idle(count in 1..=5_usize, wanted in vec(any::<bool>(), 256)) {
            let (propositions, cases) = of(count, &wanted);
            let is_in = |cases: &[Vec<Assumption>], valuation: u32| cases.iter().any(|case| case.iter().all(|need| {
                let bit = propositions.iter().position(|proposition| *proposition == need.proposition).unwrap();
                (valuation >> bit & 1 == 1) == need.holds
            }));
            let is_wanted = |valuation: u32| wanted[usize::try_from(valuation).unwrap()];
            for valuation in Valuations::each(count) {
                prop_assert_eq!(is_in(&cases, valuation), is_wanted(valuation));
            }
            for idle in 0..cases.len() {
                let mut fewer = cases.clone();
                fewer.remove(idle);
                prop_assert!(Valuations::each(count).any(|valuation| is_in(&fewer, valuation) != is_wanted(valuation)));
            }
        }
    }
}
