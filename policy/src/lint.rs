//! What a document without a fault says in vain, or says wider than people mean.

use std::{collections::BTreeSet, fmt};

use crate::{
    action::{ACTIONS, Action},
    action_set::ActionSet,
    area::Area,
    compile::{Policy, Rule, Scope},
    document::{Conditions, Document, Effect, Statement},
    fault::Fault,
    overlap::Paths,
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
    /// A statement of the document denies all that this one allows. In a list of buckets it still shows those that it
    /// reaches.
    Denied {
        /// Its place.
        by: usize,
    },
    /// An action is done to nothing that the statement's resources name.
    Idle {
        /// The action as it is written.
        action: String,
        /// What it is done to, in words.
        done_to: &'static str,
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

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shadowed { by } => write!(f, "statement[{by}] says all of this already"),
            Self::Denied { by } => write!(f, "statement[{by}] denies all that this allows"),
            Self::Idle { action, done_to } => {
                write!(f, "`{action}` does nothing on these resources: it is done to {done_to}")
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
    let said: Vec<Said<'_>> = document.statement.iter().zip(policy.rules()).map(Said::by).collect();
    let mut warnings = Vec::new();
    for (index, one) in said.iter().enumerate() {
        let mut warn = |step: String, lint: Lint| {
            let path = format!("statement[{index}]{step}");
            warnings.push(Warning { statement: index, path, lint });
        };
        if let Some(by) = shadow(index, one, &said) {
            warn(String::new(), Lint::Shadowed { by });
        }
        if let Some(by) = denial(one, &said) {
            warn(String::new(), Lint::Denied { by });
        }
        for (place, source) in one.statement.action.iter().enumerate() {
            let Ok(actions) = ActionSet::parse(source) else { continue };
            let step = || format!(".action[{place}]");
            if let Some(done_to) = idle(actions, one.rule.scopes()) {
                warn(step(), Lint::Idle { action: source.clone(), done_to });
            }
            if one.rule.effect == Effect::Allow
                && source.contains(['*', '?'])
                && members(actions).any(changes_identities)
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

/// The statement that says all that `one`, at `index`, says; of two that say the same, the first.
fn shadow(index: usize, one: &Said<'_>, all: &[Said<'_>]) -> Option<usize> {
    all.iter().enumerate().position(|(place, other)| {
        place != index
            && other.rule.effect == one.rule.effect
            && other.covers(one)
            && (place < index || !one.covers(other))
    })
}

fn denial(one: &Said<'_>, all: &[Said<'_>]) -> Option<usize> {
    let is_allow = one.rule.effect == Effect::Allow;
    all.iter().position(|other| is_allow && other.rule.effect == Effect::Deny && other.covers(one))
}

/// What `actions` are done to, when nothing of it is in `scopes`.
fn idle(actions: ActionSet, scopes: &[Scope]) -> Option<&'static str> {
    let is_done = |action| scopes.iter().any(|scope| Touch::of(action).is_in(scope));
    if members(actions).any(is_done) {
        return None;
    }
    members(actions).next().map(|action| Touch::of(action).words())
}

/// The first action of an allow that changes identities, and the resource by which it may be done to all of them.
fn everybody(one: &Said<'_>) -> Option<(Action, String)> {
    if one.rule.effect == Effect::Deny {
        return None;
    }
    let action = members(*one.rule.actions()).find(|action| changes_identities(*action))?;
    let everyone = ["user/", "group/", "policy/"].map(Paths::named);
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

fn members(actions: ActionSet) -> impl Iterator<Item = Action> {
    ACTIONS.iter().copied().filter(move |action| actions.contains(*action))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        condition::Context,
        decide::{Decision, Subject, decide},
        listing::shows_bucket,
        requirement::{Requirement, Target},
        resource::Resource,
    };

    fn document(statements: &[&str]) -> Document {
        serde_json::from_str(&format!(r#"{{"statement":[{}]}}"#, statements.join(","))).unwrap()
    }

    fn statement(effect: &str, action: &str, resource: &str) -> String {
        format!(r#"{{"effect":"{effect}","action":["{action}"],"resource":"{resource}"}}"#)
    }

    fn warnings(statements: &[(&str, &str, &str)]) -> Vec<String> {
        let texts: Vec<_> = statements.iter().map(|(e, a, r)| statement(e, a, r)).collect();
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        lint(&document(&texts)).unwrap().iter().map(Warning::to_string).collect()
    }

    const TEAM: &str = "arn:lakefs:fs:::repository/lake/object/team-a/*";

    #[test]
    fn a_statement_that_another_says_already_is_told_of_once() {
        let found = warnings(&[("allow", "fs:ReadObject", TEAM), ("allow", "fs:Read*", "*")]);
        assert_eq!(found, ["statement[0]: statement[1] says all of this already"]);
        let twice = [("deny", "fs:ReadObject", TEAM), ("deny", "fs:ReadObject", TEAM)];
        assert_eq!(warnings(&twice), ["statement[1]: statement[0] says all of this already"]);
    }

    #[test]
    fn a_statement_that_says_more_of_anything_is_not_told_of() {
        for other in [
            ("allow", "fs:ReadObject", "arn:lakefs:fs:::repository/lake/object/team-?/*"),
            ("allow", "fs:*Object", TEAM),
            ("deny", "fs:ReadObject", "arn:lakefs:fs:::repository/lake/object/team-a/x"),
        ] {
            let found = warnings(&[("allow", "fs:ReadObject", TEAM), other]);
            assert!(found.iter().all(|warning| !warning.starts_with("statement[1]")), "{found:?}");
        }
    }

    #[test]
    fn an_allow_that_is_always_denied_is_told_of() {
        let found =
            warnings(&[("allow", "fs:ReadObject", TEAM), ("deny", "fs:*", "arn:lakefs:fs:::*")]);
        assert_eq!(found, ["statement[0]: statement[1] denies all that this allows"]);
    }

    #[test]
    fn a_condition_more_makes_a_statement_narrower_and_another_one_makes_it_another() {
        let with = |effect: &str, condition: &str| {
            format!(
                r#"{{"effect":"{effect}","action":["fs:ReadObject"],"resource":"{TEAM}","condition":{condition}}}"#
            )
        };
        let near = r#"{"IpAddress":{"SourceIp":["10.0.0.0/8","::1"]}}"#;
        let near_too = r#"{"IpAddress":{"SourceIp":["::1","10.0.0.0/8"]}}"#;
        let far = r#"{"NotIpAddress":{"SourceIp":["10.0.0.0/8","::1"]}}"#;
        for (one, other, is_covered) in
            [("{}", near, true), (near, near_too, true), (near, "{}", false), (near, far, false)]
        {
            let found = lint(&document(&[&with("deny", one), &with("allow", other)])).unwrap();
            assert_eq!(found.len(), usize::from(is_covered), "{one} {other}: {found:?}");
        }
    }

    #[test]
    fn an_action_that_none_of_the_resources_takes_is_told_of() {
        for (action, resource) in [
            ("fs:ReadObject", "arn:lakefs:auth:::user/*"),
            ("fs:ReadObject", "arn:lakefs:fs:::repository/lake"),
            ("fs:ListObjects", "arn:lakefs:fs:::repository/lake/object/x"),
            ("fs:ReadRepository", TEAM),
            ("fs:ReadBucket*", TEAM),
            ("fs:ReadConfig", "arn:lakefs:fs:::*"),
            ("auth:ReadUser", "arn:lakefs:auth:::group/*"),
            ("fs:ReadBranch", "arn:lakefs:auth:::*"),
        ] {
            let [warning] = &warnings(&[("allow", action, resource)])[..] else {
                panic!("{action} {resource}")
            };
            let start = format!("statement[0].action[0]: `{action}` does nothing");
            assert!(warning.starts_with(&start), "{warning}");
        }
    }

    #[test]
    fn an_action_that_one_of_the_resources_may_take_is_not_told_of() {
        for (action, resource) in [
            ("fs:ReadObject", "arn:lakefs:fs:::*"),
            ("fs:ReadObject", "arn:lakefs:fs:::repository/*"),
            ("fs:ListObjects", TEAM),
            ("fs:ListObjects", "arn:lakefs:fs:::repository/lake"),
            ("fs:Read*", "arn:lakefs:fs:::repository/lake"),
            ("fs:ListRepositories", "arn:lakefs:fs:::repository/lake"),
            ("fs:ReadConfig", "*"),
            ("auth:ReadUser", "arn:lakefs:auth:::user/${user}"),
            ("branches:*", "arn:lakefs:fs:::repository/lake"),
            ("catalog:*", "arn:lakefs:catalog:::namespace/a"),
        ] {
            assert_eq!(warnings(&[("allow", action, resource)]), [""; 0], "{action} {resource}");
        }
    }

    #[test]
    fn wildcards_over_identities_are_told_of_where_they_allow() {
        let found = warnings(&[("allow", "auth:*", "*")]);
        assert!(found[0].starts_with("statement[0].action[0]: `auth:*` allows"), "{found:?}");
        assert!(found[1].starts_with("statement[0].resource: `*` allows `auth:"), "{found:?}");
        for (effect, action, resource) in [
            ("deny", "auth:*", "*"),
            ("allow", "auth:ListUsers", "*"),
            ("allow", "auth:Read*", "*"),
            ("allow", "auth:CreateCredentials", "arn:lakefs:auth:::user/${user}"),
        ] {
            assert_eq!(warnings(&[(effect, action, resource)]), [""; 0], "{action} {resource}");
        }
    }

    #[test]
    fn a_document_with_a_fault_is_refused() {
        let faults = lint(&document(&[&statement("allow", "fs:ReadObjekt", "*")])).unwrap_err();
        assert_eq!(faults[0].path, "statement[0].action[0]");
    }

    fn written() -> impl Strategy<Value = (bool, &'static str, String)> {
        let actions = [
            "fs:ReadObject",
            "fs:*Object",
            "fs:ListObjects",
            "fs:ReadRepository",
            "fs:*",
            "auth:ReadUser",
        ];
        let resources = prop_oneof![
            Just("*".to_owned()),
            "arn:lakefs:fs:::repository/[b*?]{1,2}(/object/([ab*?]|\\$\\{user\\}){0,3})?",
            "arn:lakefs:auth:::(user/)?([a*?]|\\$\\{user\\}){1,2}",
        ];
        (any::<bool>(), proptest::sample::select(actions.to_vec()), resources)
    }

    fn requirement() -> impl Strategy<Value = Requirement> {
        let actions =
            [Action::READ_OBJECT, Action::LIST_OBJECTS, Action::READ_REPOSITORY, Action::READ_USER];
        let target = prop_oneof![
            "[ab]{1,3}".prop_map(|key| Target::from(Resource::object("b", &key))),
            "[ab]{0,2}".prop_map(|prefix| Target::listing("b", &prefix)),
            Just(Resource::bucket("b").into()),
            Just(Resource::user("a").into()),
            Just(Resource::All.into()),
        ];
        (proptest::sample::select(actions.to_vec()), target)
            .prop_map(|(action, target)| Requirement { action, target })
    }

    fn decided(document: &Document, requirement: &Requirement) -> &'static str {
        let policies = [Arc::new(Policy::compile("P", document).unwrap())];
        let subject = Subject { user: "a", policies: &policies };
        match decide(&subject, requirement, &Context::default()) {
            Decision::Allow { .. } => "allow",
            Decision::Deny { .. } => "deny",
            Decision::NoAllow => "no allow",
        }
    }

    proptest! {
        #[test]
        fn what_is_told_of_as_said_in_vain_changes_no_decision(
            statements in proptest::collection::vec(written(), 1..5),
            requirements in proptest::collection::vec(requirement(), 1..20),
        ) {
            let texts: Vec<_> = statements
                .iter()
                .map(|(denies, action, resource)| statement(if *denies { "deny" } else { "allow" }, action, resource))
                .collect();
            let texts: Vec<_> = texts.iter().map(String::as_str).collect();
            let whole = document(&texts);
            for warning in lint(&whole).unwrap() {
                if !matches!(warning.lint, Lint::Shadowed { .. } | Lint::Denied { .. }) {
                    continue;
                }
                let mut less = whole.clone();
                less.statement.remove(warning.statement);
                for requirement in &requirements {
                    prop_assert_eq!(decided(&whole, requirement), decided(&less, requirement), "{} {}", &warning, requirement);
                }
                if matches!(warning.lint, Lint::Shadowed { .. }) {
                    let shows = |document: &Document| {
                        let policies = [Arc::new(Policy::compile("P", document).unwrap())];
                        shows_bucket(&Subject { user: "a", policies: &policies }, "b", &Context::default())
                    };
                    prop_assert_eq!(shows(&whole), shows(&less), "{}", &warning);
                }
            }
        }

        #[test]
        fn an_action_that_is_told_of_as_idle_decides_nothing_that_is_asked_of_it(
            (_, action, resource) in written(), key in "[ab]{1,2}", prefix in "[ab]{0,2}",
        ) {
            let document = document(&[&statement("allow", action, &resource)]);
            let is_idle = lint(&document).unwrap().iter().any(|warning| matches!(warning.lint, Lint::Idle { .. }));
            let asked = [
                Requirement::new(Action::READ_OBJECT, Resource::object("b", &key)),
                Requirement::new(Action::WRITE_OBJECT, Resource::object("b", &key)),
                Requirement::new(Action::LIST_OBJECTS, Target::listing("b", &prefix)),
                Requirement::new(Action::READ_REPOSITORY, Resource::bucket("b")),
                Requirement::new(Action::READ_USER, Resource::user("a")),
            ];
            if is_idle {
                for requirement in &asked {
                    prop_assert_eq!(decided(&document, requirement), "no allow", "{}", requirement);
                }
            }
        }
    }
}
