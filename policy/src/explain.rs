//! Why something is decided as it is: the statements that decided, and those that nearly did.

use std::cmp::Reverse;

use crate::{
    action::Action,
    compile::{Rule, Scope},
    condition::{Condition, Context},
    decide::{Cause, Decision, Subject, decide},
    document::Effect,
    requirement::{Requirement, Target},
    resource::Resource,
    text::Text,
};

/// Why a requirement is decided as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// What [`decide`] says.
    pub decision: Decision<'a>,
    /// Every statement that denies it.
    pub denied_by: Vec<Cause<'a>>,
    /// Every statement that allows it; a single deny is stronger than all of them.
    pub allowed_by: Vec<Cause<'a>>,
    /// Where no statement allows it, those that would if one thing of them were different, the nearest first.
    pub misses: Vec<Miss<'a>>,
}

/// A statement that would allow something if one thing of it were different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss<'a> {
    /// The statement.
    pub by: Cause<'a>,
    /// What would have to be different.
    pub differs: Mismatch,
}

/// The one thing in which a statement differs from what would allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// These of its conditions do not hold, by their places when they are gone through operator by operator and key by
    /// key, both in the order of their names.
    Conditions(Vec<usize>),
    /// None of its resources is the one that is asked for.
    Resource {
        /// How the resource that agrees for longest begins, as far as it agrees: part of an ARN's path, empty when not
        /// even its service is right.
        agrees: String,
        /// Whether the resource names some of the keys that a listing shows, but not all of them.
        is_part: bool,
    },
    /// It does not name the action.
    Action {
        /// The one of its actions whose name is nearest.
        nearest: Action,
    },
}

/// Tells why `subject` may do what `requirement` says, or may not. The decision is that of [`decide`].
pub fn explain<'a>(
    subject: &Subject<'a>,
    requirement: &Requirement,
    context: &Context<'_>,
) -> Explanation<'a> {
    let (mut denied_by, mut allowed_by, mut misses) = (Vec::new(), Vec::new(), Vec::new());
    for policy in subject.policies {
        for (statement, rule) in policy.rules().iter().enumerate() {
            let by = Cause { policy: policy.name(), statement };
            let found = differences(rule, requirement, subject.user, context);
            let mut found = found.into_iter();
            match (found.next(), found.next(), rule.effect) {
                (None, _, Effect::Allow) => allowed_by.push(by),
                (None, _, Effect::Deny) => denied_by.push(by),
                (Some(differs), None, Effect::Allow) => misses.push(Miss { by, differs }),
                (Some(_), ..) => {}
            }
        }
    }
    if !allowed_by.is_empty() {
        misses.clear();
    }
    misses.sort_by_key(|miss| distance(&miss.differs, requirement));
    Explanation { decision: decide(subject, requirement, context), denied_by, allowed_by, misses }
}

/// Everything in which `rule` differs from one that applies; nothing when it does.
fn differences(
    rule: &Rule,
    requirement: &Requirement,
    user: &str,
    context: &Context<'_>,
) -> Vec<Mismatch> {
    let Requirement { action, target } = requirement;
    let mut found = Vec::new();
    if !rule.actions().contains(*action) {
        let nearest =
            rule.actions().iter().min_by_key(|other| far(*other, *action)).unwrap_or(*action);
        found.push(Mismatch::Action { nearest });
    }
    if !rule.scopes().iter().any(|scope| scope.includes(target, user)) {
        let agreements = rule.scopes().iter().map(|scope| agreement(scope, target, user));
        let (agrees, is_part) =
            agreements.max_by_key(|(agrees, is_part)| (*is_part, agrees.len())).unwrap_or_default();
        found.push(Mismatch::Resource { agrees, is_part });
    }
    let failing = |(index, condition): (usize, &Condition)| {
        (!condition.holds(context, user)).then_some(index)
    };
    let failing: Vec<_> = rule.conditions().iter().enumerate().filter_map(failing).collect();
    if !failing.is_empty() {
        found.push(Mismatch::Conditions(failing));
    }
    found
}

/// How far `scope` agrees with `target`, and whether it names part of what is listed.
fn agreement(scope: &Scope, target: &Target, user: &str) -> (String, bool) {
    let none = (String::new(), false);
    let Scope::Arn { service, path: pattern } = scope else { return none };
    let (path, is_listing) = match target {
        Target::One(Resource::Arn { service: asked, path }) if asked == service => {
            (path.to_string(), false)
        }
        Target::One(_) => return none,
        Target::Listing { .. } if *service != "fs" => return none,
        Target::Listing { bucket, prefix } => {
            (format!("repository/{bucket}/object/{prefix}"), true)
        }
    };
    let ends = path.char_indices().map(|(end, _)| end).chain([path.len()]);
    let starts = ends.filter_map(|end| path.get(..end));
    let longest = starts.take_while(|start| pattern.reaches(Text::of(start), user)).last();
    let agrees = longest.unwrap_or_default().to_owned();
    let is_part = is_listing && agrees == path;
    (agrees, is_part)
}

/// By what misses are ordered: conditions differ from request to request, resources are the next that people get wrong.
fn distance(differs: &Mismatch, requirement: &Requirement) -> (usize, Reverse<usize>) {
    match differs {
        Mismatch::Conditions(failing) => (failing.len(), Reverse(0)),
        Mismatch::Resource { agrees, .. } => (FAR, Reverse(agrees.len())),
        Mismatch::Action { nearest } => {
            let near = FAR.saturating_sub(far(*nearest, requirement.action));
            (FAR.saturating_add(1), Reverse(near))
        }
    }
}

fn far(one: Action, other: Action) -> usize {
    strsim::damerau_levenshtein(one.name(), other.name())
}

/// More than any statement has conditions, and than any name has characters.
const FAR: usize = 1_000_000;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::{compile::Policy, document::Document};

    fn policy(name: &str, statements: &[String]) -> Arc<Policy> {
        let json = format!(r#"{{"statement":[{}]}}"#, statements.join(","));
        let document: Document = serde_json::from_str(&json).unwrap();
        Arc::new(Policy::compile(name, &document).unwrap())
    }

    fn statement(effect: &str, action: &str, resource: &str, condition: &str) -> String {
        format!(
            r#"{{"effect":"{effect}","action":["{action}"],"resource":"{resource}","condition":{condition}}}"#
        )
    }

    fn read(key: &str) -> Requirement {
        Requirement::new(Action::READ_OBJECT, Resource::object("lake", key))
    }

    fn misses(statements: &[String], requirement: &Requirement) -> Vec<(usize, Mismatch)> {
        let policies = [policy("P", statements)];
        let subject = Subject { user: "alice", policies: &policies };
        let explanation = explain(&subject, requirement, &Context::default());
        assert_eq!(explanation.decision, Decision::NoAllow);
        explanation.misses.into_iter().map(|miss| (miss.by.statement, miss.differs)).collect()
    }

    const TEAM: &str = "arn:lakefs:fs:::repository/lake/object/team-a/*";

    #[test]
    fn every_statement_that_decides_is_named() {
        let policies = [
            policy(
                "All",
                &[
                    statement("allow", "fs:*", "*", "{}"),
                    statement("allow", "fs:Read*", TEAM, "{}"),
                ],
            ),
            policy("But", &[statement("deny", "fs:ReadObject", TEAM, "{}")]),
        ];
        let subject = Subject { user: "alice", policies: &policies };
        let explanation = explain(&subject, &read("team-a/x"), &Context::default());
        let named = |causes: &[Cause<'_>]| causes.iter().map(Cause::to_string).collect::<Vec<_>>();
        assert_eq!(named(&explanation.denied_by), ["But statement[0]"]);
        assert_eq!(named(&explanation.allowed_by), ["All statement[0]", "All statement[1]"]);
        assert!(matches!(explanation.decision, Decision::Deny { .. }));
        assert_eq!(explanation.misses, []);
    }

    #[test]
    fn a_miss_is_a_statement_of_which_one_thing_differs_and_the_nearest_comes_first() {
        let near = r#"{"Bool":{"SecureTransport":["true"]},"IpAddress":{"SourceIp":["10.0.0.0/8"]},"Null":{"Prefix":["true"]}}"#;
        let found = misses(
            &[
                statement("allow", "fs:WriteObject", TEAM, "{}"),
                statement(
                    "allow",
                    "fs:ReadObject",
                    "arn:lakefs:fs:::repository/lake/object/team-b/*",
                    "{}",
                ),
                statement("allow", "fs:ReadObject", "arn:lakefs:fs:::repository/pond/*", "{}"),
                statement("allow", "fs:Read*", TEAM, near),
                statement("allow", "fs:WriteObject", "arn:lakefs:fs:::repository/pond/*", "{}"),
                statement("deny", "fs:WriteObject", TEAM, "{}"),
            ],
            &read("team-a/x"),
        );
        let resource =
            |agrees: &str| Mismatch::Resource { agrees: agrees.to_owned(), is_part: false };
        assert_eq!(
            found,
            [
                (3, Mismatch::Conditions(vec![0, 1])),
                (1, resource("repository/lake/object/team-")),
                (2, resource("repository/")),
                (0, Mismatch::Action { nearest: Action::WRITE_OBJECT }),
            ]
        );
    }

    #[test]
    fn a_listing_of_more_than_a_statement_names_is_told_as_part() {
        let requirement = Requirement::new(Action::LIST_OBJECTS, Target::listing("lake", "team-"));
        let found = misses(&[statement("allow", "fs:ListObjects", TEAM, "{}")], &requirement);
        let agrees = "repository/lake/object/team-".to_owned();
        assert_eq!(found, [(0, Mismatch::Resource { agrees, is_part: true })]);
    }

    #[test]
    fn another_service_agrees_in_nothing() {
        let elsewhere = statement("allow", "fs:ReadObject", "arn:lakefs:auth:::user/*", "{}");
        let found = misses(&[elsewhere], &read("x"));
        assert_eq!(found, [(0, Mismatch::Resource { agrees: String::new(), is_part: false })]);
    }

    fn written() -> impl Strategy<Value = String> {
        let actions = vec!["fs:ReadObject", "fs:*Object", "fs:ListObjects", "fs:*"];
        let conditions = vec![
            "{}",
            r#"{"IpAddress":{"SourceIp":["10.0.0.0/8"]}}"#,
            r#"{"NotIpAddress":{"SourceIp":["10.0.0.0/8"]}}"#,
            r#"{"StringLike":{"Prefix":["a*"]},"Null":{"SourceIp":["false"]}}"#,
        ];
        let resource = prop_oneof![
            Just("*".to_owned()),
            "arn:lakefs:fs:::repository/[b*?](/object/([ab*?]|\\$\\{user\\}){0,3})?",
        ];
        let pick = |from: Vec<&'static str>| proptest::sample::select(from);
        (pick(vec!["allow", "deny"]), pick(actions), resource, pick(conditions)).prop_map(
            |(effect, action, resource, condition)| statement(effect, action, &resource, condition),
        )
    }

    fn requirement() -> impl Strategy<Value = Requirement> {
        let target = prop_oneof![
            "[ab]{1,3}".prop_map(|key| Target::from(Resource::object("b", &key))),
            "[ab]{0,2}".prop_map(|prefix| Target::listing("b", &prefix)),
            Just(Resource::bucket("b").into()),
        ];
        (proptest::sample::select(vec![Action::READ_OBJECT, Action::LIST_OBJECTS]), target)
            .prop_map(|(action, target)| Requirement { action, target })
    }

    proptest! {
        #[test]
        fn an_explanation_never_contradicts_the_decision(
            one in proptest::collection::vec(written(), 1..4), two in proptest::collection::vec(written(), 1..4),
            requirement in requirement(), address in prop_oneof![Just(None), Just(Some("10.1.1.1")), Just(Some("::1"))],
        ) {
            let policies = [policy("One", &one), policy("Two", &two)];
            let subject = Subject { user: "a", policies: &policies };
            let source_ip = address.map(|address| address.parse().unwrap());
            let context = Context { source_ip, ..Context::default() }.under(&requirement.target);
            let Explanation { decision, denied_by, allowed_by, misses } = explain(&subject, &requirement, &context);
            prop_assert_eq!(decision, decide(&subject, &requirement, &context));
            match decision {
                Decision::Deny { by } => prop_assert!(denied_by.contains(&by)),
                Decision::Allow { by } => prop_assert!(denied_by.is_empty() && allowed_by.contains(&by)),
                Decision::NoAllow => prop_assert!(denied_by.is_empty() && allowed_by.is_empty()),
            }
            prop_assert!(allowed_by.is_empty() || misses.is_empty());
            // Each alone decides as it is told to.
            for (causes, effect) in [(&denied_by, "deny"), (&allowed_by, "allow")] {
                for Cause { policy: name, statement } in causes {
                    let text = &(if *name == "One" { &one } else { &two })[*statement];
                    let alone = [policy("Alone", std::slice::from_ref(text))];
                    let decision = decide(&Subject { user: "a", policies: &alone }, &requirement, &context);
                    prop_assert!(text.contains(effect) && decision != Decision::NoAllow);
                }
            }
        }
    }
}
