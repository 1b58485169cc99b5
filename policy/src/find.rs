//! Which statement of a policy speaks of a request first.

use crate::{
    action::Action,
    compile::{ENTRIES_MAX, Policy, Rule, STATEMENTS_MAX, Scope},
    condition::Context,
    document::Effect,
    index::{Entry, Index, Place, Shelf},
    text::Text,
};

/// Where the statements of a policy are found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    allows: Index,
    denies: Index,
    /// What allows something that may be in a bucket, by what the paths of the bucket begin with.
    pub(crate) reaching: Shelf,
}

impl Found {
    pub(crate) fn new(rules: &[Rule]) -> Self {
        let of = |effect| Index::new(&entries(rules, effect, Scope::literals));
        let mut reaching = entries(rules, Effect::Allow, Scope::head);
        reaching.retain(|entry| entry.actions.concerns_buckets());
        Self {
            allows: of(Effect::Allow),
            denies: of(Effect::Deny),
            reaching: Shelf::new(&reaching.iter().collect::<Vec<_>>()),
        }
    }
}

impl Policy {
    /// The first statement of `effect` that names `action` and has a resource that `accepts` takes.
    ///
    /// All that could be taken must have its literals in `text`.
    pub(crate) fn first(
        &self,
        effect: Effect,
        action: Action,
        text: Text<'_>,
        accepts: impl Fn(&Rule, &Scope) -> bool,
    ) -> Option<usize> {
        let accepts =
            |rule: &Rule, scope: &Scope| rule.actions().contains(action) && accepts(rule, scope);
        self.index(effect).first(action, text, |place| self.at(place, accepts)).map(usize::from)
    }

    /// The first statement of `effect` that `accepts` takes by its place, of those that may include
    /// all that `scope` stands for and name `action`.
    ///
    /// What includes all that a pattern matches has its literals within those of the pattern.
    pub(crate) fn first_around(
        &self,
        effect: Effect,
        action: Action,
        scope: &Scope,
        accepts: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let text = scope.literals().join(NO_LITERAL);
        let accepts = |place: Place| accepts(usize::from(place.rule));
        self.index(effect).first(action, Text::of(&text), accepts).map(usize::from)
    }

    fn index(&self, effect: Effect) -> &Index {
        match effect {
            Effect::Allow => &self.found.allows,
            Effect::Deny => &self.found.denies,
        }
    }

    /// Whether a statement allows something on `bucket` or in it.
    pub(crate) fn reaches_bucket(&self, bucket: &str, user: &str, context: &Context<'_>) -> bool {
        let accepts = |rule: &Rule, scope: &Scope| {
            scope.reaches_bucket(bucket, user) && rule.holds(context, user)
        };
        self.found.reaching.first(Text::within(bucket), |place| self.at(place, accepts)).is_some()
    }

    pub(crate) fn at(&self, place: Place, accepts: impl Fn(&Rule, &Scope) -> bool) -> bool {
        self.rules().get(usize::from(place.rule)).is_some_and(|rule| {
            rule.scopes().get(usize::from(place.scope)).is_some_and(|scope| accepts(rule, scope))
        })
    }
}

/// The resources of all statements of `effect`, each with the texts to find it by.
fn entries<'a>(
    rules: &'a [Rule],
    effect: Effect,
    literals: fn(&'a Scope) -> Vec<&'a str>,
) -> Vec<Entry<'a>> {
    let rules = (0..).zip(rules).filter(|(_, rule)| rule.effect == effect);
    let scopes = rules.flat_map(|(rule, of)| {
        (0..).zip(of.scopes()).map(move |(scope, found)| Entry {
            place: Place { rule, scope },
            actions: of.actions(),
            literals: literals(found),
        })
    });
    scopes.collect()
}

/// Stands between the literals of a pattern. Where it is part of a literal, more is asked.
const NO_LITERAL: &str = "\0";

// A place has two bytes for each.
const _: () = assert!(STATEMENTS_MAX < 1 << 16 && ENTRIES_MAX < 1 << 16);
