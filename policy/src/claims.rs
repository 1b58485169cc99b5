//! What the statements of two sides claim, pattern by pattern.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use crate::{
    action::{ACTIONS, Action},
    action_set::ActionSet,
    compile::{Policy, Rule, Scope},
    document::Effect,
    glob::Glob,
    listing::HIDING,
    proposition::Assumption,
    search::Space,
    touch::Touch,
};

/// What a pattern does where the conditions hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Force {
    /// It allows what it matches, unless that is denied.
    Allow,
    /// It denies what it matches.
    Deny,
    /// It allows everything, whatever is denied.
    AllowAll,
    /// Nothing allows everything.
    DenyAll,
}

/// One pattern with what it does, and under which conditions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Claim {
    pub(crate) force: Force,
    pub(crate) glob: Arc<Glob>,
    /// The conditions, all of which must hold.
    pub(crate) needs: Arc<BTreeSet<Assumption>>,
}

/// On which sides something is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sides {
    pub(crate) old: bool,
    pub(crate) new: bool,
}

/// What is claimed of some actions, of all of them the same.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) actions: ActionSet,
    pub(crate) claims: Vec<(Claim, Sides)>,
}

/// What two sides claim in one space, in groups by action: those in which there is a difference.
pub(crate) fn groups(
    space: Space,
    user: &str,
    old: &[Arc<Policy>],
    new: &[Arc<Policy>],
) -> Vec<Group> {
    let mut claims = Claims::default();
    for (policies, side) in [(old, 0), (new, 1)] {
        for rule in policies.iter().flat_map(|policy| policy.rules()) {
            claims.add(rule, space, user, side);
        }
    }
    claims.groups(space)
}

/// Every claim once, with the actions of which each side makes it.
#[derive(Default)]
struct Claims {
    globs: HashSet<Arc<Glob>>,
    places: HashMap<Claim, usize>,
    made: Vec<(Claim, [ActionSet; 2])>,
}

impl Claims {
    fn add(&mut self, rule: &Rule, space: Space, user: &str, side: usize) {
        let conditions = rule.conditions().iter();
        let needs: BTreeSet<Assumption> =
            conditions.filter_map(|condition| Assumption::of(condition, user)).collect();
        // Who needs a thing and its contrary gets neither.
        let is_denied =
            |need: &Assumption| needs.contains(&Assumption { holds: !need.holds, ..need.clone() });
        if needs.iter().any(is_denied) {
            return;
        }
        let needs = Arc::new(needs);
        let named = match space {
            Space::Resources | Space::Listings => *rule.actions(),
            Space::Buckets => actions(space).collect(),
        };
        for scope in rule.scopes() {
            for (force, glob) in said(rule, scope, space, user) {
                let glob = self.shared(glob);
                let claim = Claim { force, glob, needs: Arc::clone(&needs) };
                let place = *self.places.entry(claim.clone()).or_insert_with(|| {
                    self.made.push((claim, Default::default()));
                    self.made.len().saturating_sub(1)
                });
                let actions = self.made.get_mut(place).and_then(|(_, sides)| sides.get_mut(side));
                if let Some(actions) = actions {
                    actions.extend(named);
                }
            }
        }
    }

    /// The one copy of `glob`.
    fn shared(&mut self, glob: Glob) -> Arc<Glob> {
        if let Some(known) = self.globs.get(&glob) {
            return Arc::clone(known);
        }
        let glob = Arc::new(glob);
        self.globs.insert(Arc::clone(&glob));
        glob
    }

    fn groups(&self, space: Space) -> Vec<Group> {
        let mut distinct: Vec<ActionSet> = self.made.iter().flat_map(|(_, sides)| *sides).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let mut places: HashMap<Vec<bool>, usize> = HashMap::new();
        let mut found: Vec<(Action, ActionSet)> = Vec::new();
        for action in actions(space) {
            let kind = distinct.iter().map(|set| set.contains(action)).collect();
            let place = *places.entry(kind).or_insert(found.len());
            match found.get_mut(place) {
                Some((_, actions)) => actions.insert(action),
                None => found.push((action, [action].into_iter().collect())),
            }
        }
        found.into_iter().filter_map(|(action, actions)| self.group(action, actions)).collect()
    }

    /// What is claimed of `action`, for all of `actions`.
    fn group(&self, action: Action, actions: ActionSet) -> Option<Group> {
        let concerning = |(claim, [old, new]): &(Claim, [ActionSet; 2])| {
            let sides = Sides { old: old.contains(action), new: new.contains(action) };
            (sides.old || sides.new).then(|| (claim.clone(), sides))
        };
        let claims: Vec<_> = self.made.iter().filter_map(concerning).collect();
        claims.iter().any(|(_, sides)| sides.old != sides.new).then_some(Group { actions, claims })
    }
}

/// What `rule` says by `scope`, one pattern each.
fn said(rule: &Rule, scope: &Scope, space: Space, user: &str) -> Vec<(Force, Glob)> {
    let force = match rule.effect {
        Effect::Allow => Force::Allow,
        Effect::Deny => Force::Deny,
    };
    let of = |force, globs: Vec<Glob>| globs.into_iter().map(move |glob| (force, glob));
    match space {
        Space::Resources => vec![(force, Glob::of_resources(scope, user))],
        Space::Listings => of(force, Glob::of_listings(scope, user)).collect(),
        Space::Buckets => {
            let lists_all = matches!(scope, Scope::Everything)
                && rule.actions().contains(Action::LIST_REPOSITORIES);
            let all = match rule.effect {
                Effect::Allow => Force::AllowAll,
                Effect::Deny => Force::DenyAll,
            };
            let all = lists_all.then(|| of(all, Glob::of_buckets(scope, user)));
            let hides = HIDING.iter().any(|action| rule.actions().contains(*action));
            let some = match rule.effect {
                Effect::Allow if rule.actions().concerns_buckets() => Glob::of_reached(scope, user),
                Effect::Deny if hides => Glob::of_buckets(scope, user),
                Effect::Allow | Effect::Deny => Vec::new(),
            };
            all.into_iter().flatten().chain(of(force, some)).collect()
        }
    }
}

/// The actions that are done in `space`; those by which buckets are seen are not told apart.
fn actions(space: Space) -> impl Iterator<Item = Action> {
    ACTIONS.iter().copied().filter(move |action| match space {
        Space::Resources => Touch::of(*action) != Touch::Listing,
        Space::Listings => Touch::of(*action) == Touch::Listing,
        Space::Buckets => *action == Action::LIST_REPOSITORIES,
    })
}
