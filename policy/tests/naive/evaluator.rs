//! Decisions straight from documents, word by word, at whatever cost.

use policy::{ACTIONS, Cause, Decision, Document, Effect, Statement};

use crate::{
    conditions::{Condition, Facts},
    glob::{matches, matches_all_beyond, matches_all_under, matches_some_under, parts},
};

/// Who asks, what they hold, and what is known of their request.
#[derive(Clone, Debug)]
pub(crate) struct Asker<'a> {
    pub(crate) user: &'a str,
    pub(crate) policies: &'a [(String, Document)],
    pub(crate) facts: Facts,
}

/// What an action is done to.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// `*`, or an ARN.
    One(String),
    /// The keys of a bucket under a prefix.
    Listing { bucket: String, prefix: String },
}

/// What one statement makes of a request.
#[derive(Clone, Debug)]
pub(crate) struct Judged<'a> {
    pub(crate) by: Cause<'a>,
    pub(crate) effect: Effect,
    /// Whether it speaks of the action on the target, conditions apart.
    pub(crate) speaks: bool,
    /// Each operator of its conditions, and whether it holds, where it speaks of that.
    pub(crate) conditions: Vec<(&'a str, bool)>,
}

impl<'a> Asker<'a> {
    /// What every statement makes of `action` on `target`.
    pub(crate) fn judge(&self, action: &str, target: &Asked) -> Vec<Judged<'a>> {
        let speaks = |statement: &Statement| {
            does(statement, action) && statement.resource.iter().any(|it| self.includes(it, target))
        };
        let judge = |(by, statement): (Cause<'a>, &'a Statement)| {
            let speaks = speaks(statement);
            let conditions = if speaks { self.conditions(statement) } else { Vec::new() };
            Judged { by, effect: statement.effect, speaks, conditions }
        };
        self.statements().map(judge).collect()
    }

    /// Whether a list of buckets shows `bucket`.
    ///
    /// It does to who may do `fs:ListRepositories` on `*`. To others it does when something is allowed on it or on
    /// anything in it, and neither `fs:ListRepositories` nor `fs:ReadRepository` is denied on it.
    pub(crate) fn is_shown(&self, bucket: &str) -> bool {
        let all = self.judge("fs:ListRepositories", &Asked::One("*".to_owned()));
        if decided(&all).is_allow() {
            return true;
        }
        let itself = Asked::One(format!("arn:lakefs:fs:::repository/{bucket}"));
        let hides = |action| {
            let mut judged = self.judge(action, &itself).into_iter();
            judged.any(|it| it.effect == Effect::Deny && it.applies())
        };
        let reaches = |statement: &Statement| {
            statement.effect == Effect::Allow
                && statement.resource.iter().any(|it| self.reaches(it, bucket))
                && ACTIONS.iter().any(|it| is_of_buckets(it.name()) && does(statement, it.name()))
                && self.conditions(statement).iter().all(|(_, holds)| *holds)
        };
        self.statements().any(|(_, statement)| reaches(statement))
            && !hides("fs:ListRepositories")
            && !hides("fs:ReadRepository")
    }

    fn statements(&self) -> impl Iterator<Item = (Cause<'a>, &'a Statement)> + use<'a> {
        self.policies.iter().flat_map(|(policy, document)| {
            let statements = document.statement.iter().enumerate();
            statements.map(move |(statement, it)| (Cause { policy, statement }, it))
        })
    }

    fn conditions<'b>(&self, statement: &'b Statement) -> Vec<(&'b str, bool)> {
        Condition::all(&statement.condition)
            .map(|it| (it.operator, it.holds(&self.facts, self.user)))
            .collect()
    }

    /// Whether a resource of a statement stands for `target`.
    fn includes(&self, resource: &str, target: &Asked) -> bool {
        if resource == "*" {
            return true;
        }
        let (service, pattern) = split(resource);
        let pattern = parts(pattern, self.user);
        match target {
            Asked::One(target) if target == "*" => false,
            Asked::One(target) => {
                let (asked, path) = split(target);
                service == asked && matches(&pattern, &path.chars().collect::<Vec<_>>())
            }
            Asked::Listing { bucket, prefix } => {
                let bucket = format!("repository/{bucket}");
                let keys = format!("{bucket}/object/{prefix}");
                // No key is empty.
                let covers = match prefix.as_str() {
                    "" => matches_all_beyond(&pattern, &keys),
                    _ => matches_all_under(&pattern, &keys),
                };
                let is_bucket = matches(&pattern, &bucket.chars().collect::<Vec<_>>());
                service == "fs" && (is_bucket || covers)
            }
        }
    }

    /// Whether a resource of a statement stands for `bucket` or something in it.
    fn reaches(&self, resource: &str, bucket: &str) -> bool {
        if resource == "*" {
            return true;
        }
        let (service, pattern) = split(resource);
        let pattern = parts(pattern, self.user);
        let bucket = format!("repository/{bucket}");
        service == "fs"
            && (matches(&pattern, &bucket.chars().collect::<Vec<_>>())
                || matches_some_under(&pattern, &format!("{bucket}/")))
    }
}

impl Judged<'_> {
    pub(crate) fn applies(&self) -> bool {
        self.speaks && self.conditions.iter().all(|(_, holds)| *holds)
    }
}

/// A deny wins, then the first allow counts, and else there is none.
pub(crate) fn decided<'a>(judged: &[Judged<'a>]) -> Decision<'a> {
    let first = |effect| judged.iter().find(|it| it.effect == effect && it.applies());
    match (first(Effect::Deny), first(Effect::Allow)) {
        (Some(deny), _) => Decision::Deny { by: deny.by },
        (None, Some(allow)) => Decision::Allow { by: allow.by },
        (None, None) => Decision::NoAllow,
    }
}

/// The operators without whose answer something else would have been decided.
pub(crate) fn deciding<'a>(judged: &[Judged<'a>]) -> Vec<(&'a str, bool)> {
    let mut found = Vec::new();
    let mut other = judged.to_vec();
    for (at, it) in judged.iter().enumerate().filter(|(_, it)| it.speaks) {
        for (condition, (operator, holds)) in it.conditions.iter().enumerate() {
            other[at].conditions[condition].1 = !holds;
            if decided(&other) != decided(judged) {
                found.push((*operator, *holds));
            }
            other[at].conditions[condition].1 = *holds;
        }
    }
    found
}

/// Whether a statement speaks of `action`.
fn does(statement: &Statement, action: &str) -> bool {
    let action: Vec<_> = action.chars().collect();
    statement.action.iter().any(|pattern| matches(&parts(pattern, ""), &action))
}

/// Whether an action is done to a bucket or to something in one: not to identities or catalogs, nor to storage outside
/// of any.
fn is_of_buckets(action: &str) -> bool {
    !["auth:", "catalog:"].iter().any(|service| action.starts_with(service))
        && !["fs:ReadConfig", "fs:AttachStorageNamespace", "fs:ImportFromStorage"].contains(&action)
}

/// The service and the path of an ARN; its region says nothing.
fn split(arn: &str) -> (&str, &str) {
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    match parts[..] {
        ["arn", "lakefs", service, _region, "", path] => (service, path),
        _ => panic!("no ARN: {arn}"),
    }
}
