//! What a change of policies newly allows or denies somebody, in patterns, with witnesses.

use std::{collections::HashMap, fmt, sync::Arc};

use crate::{
    action::Action,
    action_set::ActionSet,
    claims::groups,
    compare::{Comparison, Finding},
    compile::Policy,
    proposition::Assumption,
    region::Region,
    search::{Search, Space, TooEntangled},
    touch::Touch,
    witness::{Witness, witness},
};

/// What is allowed on one side alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// On which side.
    pub change: Change,
    /// What may be done.
    pub right: Right,
    /// With what: all of it is allowed on one side alone.
    pub region: Region,
    /// Under which conditions.
    pub when: When,
    /// One request that shows it.
    pub witness: Witness,
}

impl fmt::Display for Difference {
    /// `gained fs:ReadObject on arn:lakefs:fs:::repository/lake/object/*`, without the conditions and the witness.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.change, self.right, self.region)
    }
}

/// What somebody may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Right {
    /// To do these actions, in the order of [`crate::ACTIONS`], with single resources.
    Act(Vec<Action>),
    /// To list by these actions. A pattern is for the listings of each bucket that it matches, and for those under each
    /// prefix of which it matches every key.
    List(Vec<Action>),
    /// To see buckets in the list of all.
    See,
}

impl fmt::Display for Right {
    /// Actions are written as they could stand in a document: `fs:*` for all of a service, `fs:Read*` for all that
    /// begin so. Those that list have lines of their own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Act(actions) => write!(f, "{} on", patterns(actions).join(", ")),
            Self::List(actions) => {
                let names: Vec<_> = actions.iter().map(|action| action.name()).collect();
                write!(f, "{} under", names.join(", "))
            }
            Self::See => f.write_str("sight in ListBuckets of"),
        }
    }
}

/// Patterns of `actions`, in which the actions that list are told with all others.
fn patterns(actions: &[Action]) -> Vec<String> {
    let listing = |action: &Action| Touch::of(*action) == Touch::Listing;
    let lists = crate::ACTIONS.iter().filter(|action| listing(action));
    let all: ActionSet = actions.iter().chain(lists).copied().collect();
    let mut patterns = all.patterns();
    patterns.retain(|pattern| Action::parse(pattern).is_none_or(|action| !listing(&action)));
    patterns
}

/// On which side something is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// On the new one.
    Gained,
    /// On the old one.
    Lost,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gained => "gained",
            Self::Lost => "lost",
        })
    }
}

/// Under which conditions there is a difference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// Under all.
    Always,
    /// In these cases, each of which is the conditions that it needs.
    Cases(Vec<Vec<Assumption>>),
    /// Under some or none: there is too much to tell apart, as when more than [`crate::PROPOSITIONS_MAX`] conditions
    /// meet.
    Perhaps,
}

impl When {
    /// Whether it is said that all of its cases are cases of `other`.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Always) | (Self::Perhaps, Self::Perhaps) => true,
            (Self::Always | Self::Perhaps, _) | (Self::Cases(_), Self::Perhaps) => false,
            (Self::Cases(cases), Self::Cases(others)) => cases.iter().all(|case| {
                let is_wider =
                    |wider: &Vec<Assumption>| wider.iter().all(|need| case.contains(need));
                others.iter().any(is_wider)
            }),
        }
    }
}

impl fmt::Display for When {
    /// `if A and not B, or if C`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("always"),
            Self::Perhaps => f.write_str("perhaps: there are too many conditions to tell apart"),
            Self::Cases(cases) => {
                let needs = |case: &Vec<Assumption>| {
                    case.iter().map(Assumption::to_string).collect::<Vec<_>>().join(" and ")
                };
                let cases: Vec<_> = cases.iter().map(needs).collect();
                write!(f, "if {}", cases.join(", or if "))
            }
        }
    }
}

/// What `user` may do under the policies `new` and not under `old`, then the reverse: with single resources, with
/// listings, and which buckets they see.
///
/// The differences together are exact, and all of them, if each condition may hold or not whatever the others do: what
/// two conditions say of each other is not looked at.
///
/// # Errors
///
/// [`TooEntangled`] when the patterns would take too long to compare.
pub fn diff(
    user: &str,
    old: &[Arc<Policy>],
    new: &[Arc<Policy>],
) -> Result<Vec<Difference>, TooEntangled> {
    let mut search = Search::default();
    let mut differences = Vec::new();
    for space in [Space::Resources, Space::Listings, Space::Buckets] {
        let mut places: HashMap<Finding, usize> = HashMap::new();
        let mut found: Vec<(Finding, ActionSet)> = Vec::new();
        for group in groups(space, user, old, new) {
            for finding in Comparison::new(space, &group.claims).findings(&mut search)? {
                let place = *places.entry(finding).or_insert_with_key(|finding| {
                    found.push((finding.clone(), ActionSet::default()));
                    found.len().saturating_sub(1)
                });
                if let Some((_, actions)) = found.get_mut(place) {
                    actions.extend(group.actions);
                }
            }
        }
        for (Finding { change, region, when }, actions) in found {
            let Some(witness) = witness(&actions, &region, &mut search)? else { continue };
            let actions = actions.iter().collect();
            let right = match space {
                Space::Resources => Right::Act(actions),
                Space::Listings => Right::List(actions),
                Space::Buckets => Right::See,
            };
            differences.push(Difference { change, right, region, when, witness });
        }
    }
    differences.sort_by_key(|difference| difference.change == Change::Lost);
    Ok(differences)
}
