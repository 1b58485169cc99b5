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

/// How many pairs of characters are compared in one document. Beyond that, a statement counts as covering no other.
const PAIRS_MAX: usize = 50_000_000;

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
        assert_eq!(
            found,
            [
                "statement[0]: statement[1] denies all that this allows: it does nothing but, at most, show buckets in a list of buckets"
            ]
        );
        let user = "arn:lakefs:auth:::user/a";
        let found = warnings(&[("allow", "auth:ReadUser", user), ("deny", "auth:*", "*")]);
        assert_eq!(
            found,
            ["statement[0]: statement[1] denies all that this allows: it does nothing"]
        );
    }

    #[test]
    fn what_may_still_show_a_bucket_is_told_as_such() {
        let buckets = " but, at most, show buckets in a list of buckets";
        for (action, resource, shows) in [
            ("fs:ReadObject", "arn:lakefs:fs:::repository/lake", true),
            ("fs:ListObjects", "arn:lakefs:fs:::repository/lake/object/x", true),
            ("fs:ReadRepository", TEAM, true),
            ("fs:ReadObject", "arn:lakefs:auth:::user/*", false),
            ("fs:ReadConfig", "arn:lakefs:fs:::*", false),
        ] {
            let found = warnings(&[("allow", action, resource)]);
            assert_eq!(found[0].contains(buckets), shows, "{found:?}");
        }
    }

    #[test]
    fn documents_of_many_statements_are_read_through() {
        let resource =
            |number: usize| format!("arn:lakefs:fs:::repository/*/object/team-{number}/*");
        let many: Vec<_> = (0..2_000)
            .map(|number| statement("allow", "fs:ReadObject", &resource(number)))
            .collect();
        let mut texts: Vec<_> = many.iter().map(String::as_str).collect();
        let last = statement("deny", "fs:*", &resource(7));
        texts.push(&last);
        let found = lint(&document(&texts)).unwrap();
        let [warning] = &found[..] else { panic!("{found:?}") };
        assert!(matches!(
            warning,
            Warning { statement: 7, lint: Lint::Denied { by: 2_000, .. }, .. }
        ));
    }

    #[test]
    fn patterns_that_take_too_long_to_compare_are_not_told_of() {
        let path = |place: usize| format!("{}b*{}", "a*".repeat(place), "a*".repeat(200 - place));
        let resource =
            |place: usize| format!("arn:lakefs:fs:::repository/lake/object/{}", path(place));
        let with_twins = |count: usize| {
            let twins =
                [("allow", "fs:ReadObject", "arn:lakefs:fs:::repository/lake/object/?ca*b*a*"); 2]
                    .map(|(e, a, r)| statement(e, a, r));
            let many =
                (0..count).map(|place| statement("allow", "fs:ReadObject", &resource(place)));
            let texts: Vec<_> = many.chain(twins).collect();
            lint(&document(&texts.iter().map(String::as_str).collect::<Vec<_>>())).unwrap()
        };
        assert_eq!(with_twins(5).len(), 1);
        assert_eq!(with_twins(100).len(), 0);
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
                if !matches!(warning.lint, Lint::Denied { but: Rest::ShowsBuckets, .. }) {
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
            let warnings = lint(&document).unwrap();
            let but = warnings.iter().find_map(|warning| match warning.lint {
                Lint::Idle { but, .. } => Some(but),
                Lint::Shadowed { .. } | Lint::Denied { .. } | Lint::AnyAction { .. } | Lint::AnyIdentity { .. } => None,
            });
            let asked = [
                Requirement::new(Action::READ_OBJECT, Resource::object("b", &key)),
                Requirement::new(Action::WRITE_OBJECT, Resource::object("b", &key)),
                Requirement::new(Action::LIST_OBJECTS, Target::listing("b", &prefix)),
                Requirement::new(Action::READ_REPOSITORY, Resource::bucket("b")),
                Requirement::new(Action::READ_USER, Resource::user("a")),
            ];
            if but == Some(Rest::Nothing) {
                let policies = [Arc::new(Policy::compile("P", &document).unwrap())];
                let subject = Subject { user: "a", policies: &policies };
                prop_assert!(!shows_bucket(&subject, "b", &Context::default()));
            }
            if but.is_some() {
                for requirement in &asked {
                    prop_assert_eq!(decided(&document, requirement), "no allow", "{}", requirement);
                }
            }
        }
    }
}
