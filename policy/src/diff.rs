//! What a change of policies newly allows or denies somebody, in patterns, with witnesses.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fmt,
};

use crate::{
    action::{ACTIONS, Action},
    action_set::ActionSet,
    compile::Policy,
    document::{Document, Effect},
    fact::{Fact, Literal, cases},
    fault::Fault,
    language::{Glob, Search, TooEntangled},
    region::{Region, Side, beyond},
    requirement::Requirement,
    witness::witness,
};

/// How many conditions are told apart for one action; beyond that, [`When::Perhaps`].
pub const FACTS_MAX: usize = 8;

/// What is compared of a policy.
#[derive(Clone, Debug)]
pub struct Outline {
    policy: Policy,
    // Of each statement.
    conditions: Box<[BTreeSet<Literal>]>,
}

impl Outline {
    /// The outline of a document.
    ///
    /// # Errors
    ///
    /// What is wrong with the document, as [`Policy::compile`] says.
    pub fn of(document: &Document) -> Result<Self, Vec<Fault>> {
        let literals =
            document.statement.iter().map(|statement| Literal::all_of(&statement.condition));
        let conditions = literals.collect();
        Ok(Self { policy: Policy::compile("", document)?, conditions })
    }

    fn statements(&self, user: &str) -> impl Iterator<Item = Statement<'_>> {
        self.policy.rules().iter().zip(&self.conditions).map(move |(rule, needs)| Statement {
            effect: rule.effect,
            actions: *rule.actions(),
            globs: rule.scopes().iter().map(|scope| Glob::new(scope, user)).collect(),
            needs,
        })
    }
}

/// Resources on which some actions are allowed on one side alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// On which side.
    pub change: Change,
    /// The actions, in the order of [`ACTIONS`].
    pub actions: Vec<Action>,
    /// The resources: on every one of them each of the actions is allowed on one side alone.
    pub region: Region,
    /// Under which conditions.
    pub when: When,
    /// One of the actions on one of the resources.
    pub witness: Requirement,
}

impl Difference {
    /// The actions as they could stand in a document: `fs:*` for all of a service, `fs:Read*` for
    /// all that begin so.
    pub fn action_patterns(&self) -> Vec<String> {
        self.actions.iter().copied().collect::<ActionSet>().patterns()
    }
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
    Cases(Vec<Vec<Literal>>),
    /// Under some or none: there are more than [`FACTS_MAX`] conditions to tell apart.
    Perhaps,
}

impl fmt::Display for When {
    /// `if A and not B, or if C`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("always"),
            Self::Perhaps => write!(f, "perhaps: there are more than {FACTS_MAX} conditions"),
            Self::Cases(cases) => {
                let literals = |case: &Vec<Literal>| {
                    case.iter().map(Literal::to_string).collect::<Vec<_>>().join(" and ")
                };
                let cases: Vec<_> = cases.iter().map(literals).collect();
                write!(f, "if {}", cases.join(", or if "))
            }
        }
    }
}

/// What `user` may do under the policies `new` and not under `old`, and the reverse.
///
/// The differences together are exact, and all of them, for single resources, if each condition may
/// hold or not whatever the others do: what two conditions say of each other is not looked at.
/// Listings follow the resources that they show, and are not compared on their own.
///
/// # Errors
///
/// [`TooEntangled`] when the patterns would take too long to compare.
pub fn diff(
    user: &str,
    old: &[&Outline],
    new: &[&Outline],
) -> Result<Vec<Difference>, TooEntangled> {
    let (old, new) = (statements(old, user), statements(new, user));
    let mut search = Search::default();
    let mut found: Vec<(Finding, ActionSet)> = Vec::new();
    for (group, actions) in groups(&old, &new) {
        for finding in group.findings(&mut search)? {
            match found.iter_mut().find(|(known, _)| *known == finding) {
                Some((_, known)) => known.extend(actions),
                None => found.push((finding, actions)),
            }
        }
    }
    let mut differences = Vec::with_capacity(found.len());
    for (Finding { change, region, when }, actions) in found {
        let witness = witness(&actions, &region, &mut search)?;
        let actions = actions.iter().collect();
        differences.extend(witness.map(|witness| Difference {
            change,
            actions,
            region,
            when,
            witness,
        }));
    }
    Ok(differences)
}

fn statements<'a>(outlines: &[&'a Outline], user: &str) -> Vec<Statement<'a>> {
    outlines.iter().flat_map(|outline| outline.statements(user)).collect()
}

/// One statement, for a known caller.
struct Statement<'a> {
    effect: Effect,
    actions: ActionSet,
    globs: Vec<Glob>,
    needs: &'a BTreeSet<Literal>,
}

type Saying<'a> = (Effect, &'a [Glob], &'a BTreeSet<Literal>);

/// The statements that speak of the same actions.
#[derive(PartialEq, Eq, Hash)]
struct Group<T> {
    old: Vec<T>,
    new: Vec<T>,
}

/// The actions by what is said of them; those of which both sides say the same are left out.
fn groups<'a>(
    old: &'a [Statement<'a>],
    new: &'a [Statement<'a>],
) -> Vec<(Group<&'a Statement<'a>>, ActionSet)> {
    let concerning = |side: &[Statement<'_>], action: Action| -> Vec<usize> {
        (0_usize..)
            .zip(side)
            .filter(|(_, statement)| statement.actions.contains(action))
            .map(|(index, _)| index)
            .collect()
    };
    let resolve = |side: &'a [Statement<'a>], indices: &[usize]| -> Vec<&'a Statement<'a>> {
        indices.iter().filter_map(|index| side.get(*index)).collect()
    };
    let mut places: HashMap<Group<usize>, usize> = HashMap::new();
    let mut groups: Vec<(Group<&Statement<'_>>, ActionSet)> = Vec::new();
    for action in ACTIONS {
        let indices = Group { old: concerning(old, *action), new: concerning(new, *action) };
        if let Some(place) = places.get(&indices) {
            if let Some((_, actions)) = groups.get_mut(*place) {
                actions.insert(*action);
            }
            continue;
        }
        let group = Group { old: resolve(old, &indices.old), new: resolve(new, &indices.new) };
        places.insert(indices, groups.len());
        groups.push((group, [*action].into_iter().collect()));
    }
    groups.retain(|(group, _)| group.is_changed());
    groups
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Finding {
    change: Change,
    region: Region,
    when: When,
}

impl Group<&Statement<'_>> {
    fn is_changed(&self) -> bool {
        fn says<'a>(side: &'a [&Statement<'_>]) -> HashSet<Saying<'a>> {
            side.iter()
                .map(|statement| (statement.effect, &*statement.globs, statement.needs))
                .collect()
        }
        says(&self.old) != says(&self.new)
    }

    fn findings(&self, search: &mut Search) -> Result<Vec<Finding>, TooEntangled> {
        let statements = self.old.iter().chain(&self.new);
        let facts: BTreeSet<&Fact> = statements
            .flat_map(|statement| statement.needs.iter().map(|literal| &literal.fact))
            .collect();
        let facts: Vec<Fact> = facts.into_iter().cloned().collect();
        if facts.len() > FACTS_MAX { self.generous(search) } else { self.exact(&facts, search) }
    }

    /// Each side's conditions as they suit the difference.
    fn generous(&self, search: &mut Search) -> Result<Vec<Finding>, TooEntangled> {
        let most = |statement: &&Statement<'_>| {
            statement.effect == Effect::Allow || statement.needs.is_empty()
        };
        let least = |statement: &&Statement<'_>| {
            statement.effect == Effect::Deny || statement.needs.is_empty()
        };
        let regions = self.regions(most, least, search)?;
        let finding = |(change, region)| Finding { change, region, when: When::Perhaps };
        Ok(regions.into_iter().map(finding).collect())
    }

    /// What one side allows by the statements that `this` lets apply, and the other does not by
    /// those that `other` does.
    fn regions(
        &self,
        this: impl Fn(&&Statement<'_>) -> bool,
        other: impl Fn(&&Statement<'_>) -> bool,
        search: &mut Search,
    ) -> Result<Vec<(Change, Region)>, TooEntangled> {
        let gained = beyond(&side(&self.new, &this), &side(&self.old, &other), search)?;
        let lost = beyond(&side(&self.old, &this), &side(&self.new, &other), search)?;
        let gained = gained.into_iter().map(|region| (Change::Gained, region));
        Ok(gained.chain(lost.into_iter().map(|region| (Change::Lost, region))).collect())
    }

    /// Every valuation of the conditions, one after the other.
    fn exact(&self, facts: &[Fact], search: &mut Search) -> Result<Vec<Finding>, TooEntangled> {
        let mut known: HashMap<Group<bool>, Vec<(Change, Region)>> = HashMap::new();
        let mut found: Vec<((Change, Region), HashSet<u32>)> = Vec::new();
        let count = 1_u32 << facts.len().min(FACTS_MAX);
        for valuation in 0..count {
            let holds = |literal: &Literal| {
                let bit = (0_u32..).zip(facts).find(|(_, fact)| **fact == literal.fact);
                bit.is_some_and(|(bit, _)| (valuation >> bit & 1 == 1) == literal.holds)
            };
            let applies = |statement: &&Statement<'_>| statement.needs.iter().all(holds);
            let applying = Group {
                old: self.old.iter().map(applies).collect(),
                new: self.new.iter().map(applies).collect(),
            };
            let regions = if let Some(regions) = known.get(&applying) {
                regions.clone()
            } else {
                let regions = self.regions(applies, applies, search)?;
                known.insert(applying, regions.clone());
                regions
            };
            for region in regions {
                match found.iter_mut().find(|(known, _)| *known == region) {
                    Some((_, valuations)) => _ = valuations.insert(valuation),
                    None => found.push((region, [valuation].into())),
                }
            }
        }
        let finding = |((change, region), valuations): ((Change, Region), HashSet<u32>)| {
            let cases = cases(facts, |valuation| valuations.contains(&valuation));
            let when =
                if cases.iter().any(Vec::is_empty) { When::Always } else { When::Cases(cases) };
            Finding { change, region, when }
        };
        Ok(found.into_iter().map(finding).collect())
    }
}

fn side<'a>(
    statements: &[&'a Statement<'_>],
    applies: impl Fn(&&Statement<'_>) -> bool,
) -> Side<'a> {
    let mut side = Side::default();
    for statement in statements.iter().copied().filter(|statement| applies(statement)) {
        let globs = match statement.effect {
            Effect::Allow => &mut side.allows,
            Effect::Deny => &mut side.denies,
        };
        for glob in &statement.globs {
            if !globs.contains(&glob) {
                globs.push(glob);
            }
        }
    }
    side
}
