//! What a document without a fault says in vain, or says wider than people mean.

use std::{cell::Cell, collections::BTreeSet, fmt};

use crate::{
    action::Action,
    action_set::ActionSet,
    area::Area,
    compile::{Policy, Rule, Scope},
    document::{Conditions, Document, Effect, Statement},
    fault::Fault,
    overlap::Paths,
    resource::Kind,
    touch::Touch,
};

/// Something in a document to look at again. It prints as `statement[1]: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The statement's place in the document, from 0.
    pub statement: usize,
    /// The place in the document, such as `statement[1].action[0]`.
    pub path: String,
    /// What is to be looked at.
    pub lint: Lint,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.lint)
    }
}

/// What is to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lint {
    /// Another statement of the document, of the same effect, says all that this one says.
    Shadowed {
        /// Its place.
        by: usize,
    },
    /// A statement of the document denies all that this one allows.
    Denied {
        /// Its place.
        by: usize,
        /// What is left of it.
        but: Rest,
    },
    /// An action is done to nothing that the statement's resources name.
    Idle {
        /// The action as it is written.
        action: String,
        /// What it is done to, in words.
        done_to: &'static str,
        /// What it does all the same.
        but: Rest,
    },
    /// Actions on identities are allowed by a wildcard.
    AnyAction {
        /// The action as it is written.
        action: String,
    },
    /// An action that changes identities is allowed on all of them.
    AnyIdentity {
        /// The first such action.
        action: Action,
        /// The resource as it is written.
        resource: String,
    },
}

/// What a statement does that allows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Nothing.
    Nothing,
    /// At most it shows buckets in the answer to `ListBuckets`, where one is shown when something in it is allowed.
    ShowsBuckets,
}

impl fmt::Display for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "",
            Self::ShowsBuckets => " but, at most, show buckets in a list of buckets",
        })
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shadowed { by } => write!(f, "statement[{by}] says all of this already"),
            Self::Denied { by, but } => {
                write!(f, "statement[{by}] denies all that this allows: it does nothing{but}")
            }
            Self::Idle { action, done_to, but } => {
                write!(
                    f,
                    "`{action}` does nothing on these resources{but}: it is done to {done_to}"
                )
            }
            Self::AnyAction { action } => {
                write!(f, "`{action}` allows to change identities: name the actions that are meant")
            }
            Self::AnyIdentity { action, resource } => write!(
                f,
                "`{resource}` allows `{action}` on everybody: name the users, groups or policies that are meant"
            ),
        }
    }
}

/// Everything in `document` to look at again, statement by statement.
///
/// A statement that is told to be shadowed or denied is so for every request: whether one pattern covers another is
/// found out piece by piece, which misses some that do and never takes one for covering that does not. Only pairs of
/// statements are looked at, not what several say together.
///
/// # Errors
///
/// The faults of a document that is refused, as [`Policy::compile`] tells them.
pub fn lint(document: &Document) -> Result<Vec<Warning>, Vec<Fault>> {
    let policy = Policy::compile("", document)?;
    let said = document.statement.iter().zip(policy.rules()).map(Said::by).collect();
    let statements = Statements { policy: &policy, said, left: Cell::new(PAIRS_MAX) };
    let mut warnings = Vec::new();
    for (index, one) in statements.said.iter().enumerate() {
        let mut warn = |step: String, lint: Lint| {
            let path = format!("statement[{index}]{step}");
            warnings.push(Warning { statement: index, path, lint });
        };
        if let Some(by) = statements.shadow(index, one) {
            warn(String::new(), Lint::Shadowed { by });
        }
        if let Some(by) = statements.denial(one) {
            warn(String::new(), Lint::Denied { by, but: rest(*one.rule.actions(), one.rule) });
        }
        for (place, source) in one.statement.action.iter().enumerate() {
            let Ok(actions) = ActionSet::parse(source) else { continue };
            let step = || format!(".action[{place}]");
            if let Some(done_to) = idle(actions, one.rule.scopes()) {
                let but = rest(actions, one.rule);
                warn(step(), Lint::Idle { action: source.clone(), done_to, but });
            }
            if one.rule.effect == Effect::Allow
                && source.contains(['*', '?'])
                && actions.iter().any(changes_identities)
            {
                warn(step(), Lint::AnyAction { action: source.clone() });
            }
        }
        if let Some((action, resource)) = everybody(one) {
            warn(".resource".to_owned(), Lint::AnyIdentity { action, resource });
        }
    }
    Ok(warnings)
}

/// What one statement says.
struct Said<'a> {
    statement: &'a Statement,
    rule: &'a Rule,
    areas: Vec<Area>,
}

impl<'a> Said<'a> {
    fn by((statement, rule): (&'a Statement, &'a Rule)) -> Self {
        Self { statement, rule, areas: rule.scopes().iter().map(Area::of).collect() }
    }

    /// How many characters its resources have.
    fn size(&self) -> usize {
        self.statement.resource.iter().map(String::len).sum()
    }

    /// Whether it applies wherever `other` does.
    fn covers(&self, other: &Self) -> bool {
        self.rule.actions().covers(other.rule.actions())
            && holds_with(&self.statement.condition, &other.statement.condition)
            && other.areas.iter().all(|area| self.areas.iter().any(|own| own.includes(area)))
    }
}

/// Whether `wide` holds wherever `narrow` does: all that it asks is asked there as well.
fn holds_with(wide: &Conditions, narrow: &Conditions) -> bool {
    wide.iter().all(|(operator, keys)| {
        let asked = narrow.get(operator);
        keys.iter().all(|(key, values)| {
            let other = asked.and_then(|keys| keys.get(key));
            other.is_some_and(|other| {
                values.iter().collect::<BTreeSet<_>>() == other.iter().collect::<BTreeSet<_>>()
            })
        })
    })
}

/// The statements of a document, held against each other.
struct Statements<'a> {
    policy: &'a Policy,
    said: Vec<Said<'a>>,
    /// How many pairs of characters may still be compared.
    left: Cell<usize>,
}

impl Statements<'_> {
    /// The statement that says all that `one`, at `index`, says; of two that say the same, the first.
    fn shadow(&self, index: usize, one: &Said<'_>) -> Option<usize> {
        self.around(one, one.rule.effect, |place, other| {
            place != index && self.covers(other, one) && (place < index || !self.covers(one, other))
        })
    }

    /// The statement that denies all that `one` allows.
    fn denial(&self, one: &Said<'_>) -> Option<usize> {
        match one.rule.effect {
            Effect::Allow => self.around(one, Effect::Deny, |_, other| self.covers(other, one)),
            Effect::Deny => None,
        }
    }

    fn around(
        &self,
        one: &Said<'_>,
        effect: Effect,
        accepts: impl Fn(usize, &Said<'_>) -> bool,
    ) -> Option<usize> {
        let (action, scope) = (one.rule.actions().iter().next()?, one.rule.scopes().first()?);
        self.policy.first_around(effect, action, scope, |place| {
            self.said.get(place).is_some_and(|other| accepts(place, other))
        })
    }

    /// Whether `wide` is found to apply wherever `narrow` does.
    fn covers(&self, wide: &Said<'_>, narrow: &Said<'_>) -> bool {
        let Some(left) = self.left.get().checked_sub(wide.size().saturating_mul(narrow.size()))
        else {
            return false;
        };
        self.left.set(left);
        wide.covers(narrow)
    }
}

/// What `actions` are done to, when nothing of it is in `scopes`.
fn idle(actions: ActionSet, scopes: &[Scope]) -> Option<&'static str> {
    let is_done = |action| scopes.iter().any(|scope| Touch::of(action).is_in(scope));
    if actions.iter().any(is_done) {
        return None;
    }
    actions.iter().next().map(|action| Touch::of(action).words())
}

/// What `actions` of `rule` do even where they allow nothing.
fn rest(actions: ActionSet, rule: &Rule) -> Rest {
    let reached = Paths::reached_buckets();
    let shows = |scope: &Scope| match scope {
        Scope::Everything => true,
        Scope::Arn { service, path } => {
            let path = Paths::of_pattern(path);
            *service == "fs" && reached.iter().any(|buckets| path.meet(buckets))
        }
    };
    match rule.effect {
        Effect::Allow if actions.concerns_buckets() && rule.scopes().iter().any(shows) => {
            Rest::ShowsBuckets
        }
        Effect::Allow | Effect::Deny => Rest::Nothing,
    }
}

/// The first action of an allow that changes identities, and the resource by which it may be done to all of them.
fn everybody(one: &Said<'_>) -> Option<(Action, String)> {
    if one.rule.effect == Effect::Deny {
        return None;
    }
    let action = one.rule.actions().iter().find(|action| changes_identities(*action))?;
    let everyone = [Kind::User, Kind::Group, Kind::Policy].map(Paths::of);
    let index = one.areas.iter().position(|area| match area {
        Area::Everything => true,
        Area::Paths { service, paths } => {
            *service == "auth" && everyone.iter().all(|kind| paths.cover(kind))
        }
    })?;
    Some((action, one.statement.resource.get(index)?.clone()))
}

fn changes_identities(action: Action) -> bool {
    let reads = ["auth:Read", "auth:List"];
    action.service() == "auth" && !reads.iter().any(|start| action.name().starts_with(start))
}

/// How many pairs of characters are compared in one document. Beyond that, a statement counts as covering no other.
const PAIRS_MAX: usize = 50_000_000;

#[cfg(test)]
mod tests;
