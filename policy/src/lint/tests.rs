//! What is told of documents, and that nothing is told that is not so.

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
    assert_eq!(found, ["statement[0]: statement[1] denies all that this allows: it does nothing"]);
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
    let resource = |number: usize| format!("arn:lakefs:fs:::repository/*/object/team-{number}/*");
    let many: Vec<_> =
        (0..2_000).map(|number| statement("allow", "fs:ReadObject", &resource(number))).collect();
    let mut texts: Vec<_> = many.iter().map(String::as_str).collect();
    let last = statement("deny", "fs:*", &resource(7));
    texts.push(&last);
    let found = lint(&document(&texts)).unwrap();
    let [warning] = &found[..] else { panic!("{found:?}") };
    assert!(matches!(warning, Warning { statement: 7, lint: Lint::Denied { by: 2_000, .. }, .. }));
}

#[test]
fn patterns_that_take_too_long_to_compare_are_not_told_of() {
    let path = |place: usize| format!("{}b*{}", "a*".repeat(place), "a*".repeat(200 - place));
    let resource = |place: usize| format!("arn:lakefs:fs:::repository/lake/object/{}", path(place));
    let with_twins = |count: usize| {
        let twins = [("allow", "fs:ReadObject", "arn:lakefs:fs:::repository/lake/object/?ca*b*a*");
            2]
            .map(|(e, a, r)| statement(e, a, r));
        let many = (0..count).map(|place| statement("allow", "fs:ReadObject", &resource(place)));
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

fn written() -> impl Strategy<Value = (bool, &'static str, String, &'static str)> {
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
    let conditions = [
        "{}",
        "{}",
        r#"{"IpAddress":{"SourceIp":["10.0.0.0/8"]}}"#,
        r#"{"NotIpAddress":{"SourceIp":"10.0.0.0/8"}}"#,
        r#"{"IpAddress":{"SourceIp":"10.0.0.0/8"},"StringLike":{"UserAgent":"a*"}}"#,
    ];
    let conditions = proptest::sample::select(conditions.to_vec());
    (any::<bool>(), proptest::sample::select(actions.to_vec()), resources, conditions)
}

fn said((denies, action, resource, condition): &(bool, &str, String, &str)) -> String {
    let effect = if *denies { "deny" } else { "allow" };
    format!(
        r#"{{"effect":"{effect}","action":["{action}"],"resource":"{resource}","condition":{condition}}}"#
    )
}

/// Requests that are near and far, by one program and by another.
fn contexts() -> [Context<'static>; 3] {
    let from = |address: &str, user_agent| Context {
        source_ip: Some(address.parse().unwrap()),
        user_agent: Some(user_agent),
        ..Context::default()
    };
    [Context::default(), from("10.1.1.1", "aws-cli"), from("11.1.1.1", "curl")]
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

fn decided(document: &Document, requirement: &Requirement) -> [&'static str; 3] {
    let policies = [Arc::new(Policy::compile("P", document).unwrap())];
    let subject = Subject { user: "a", policies: &policies };
    contexts().map(|context| match decide(&subject, requirement, &context) {
        Decision::Allow { .. } => "allow",
        Decision::Deny { .. } => "deny",
        Decision::NoAllow => "no allow",
    })
}

fn shows(document: &Document) -> [bool; 3] {
    let policies = [Arc::new(Policy::compile("P", document).unwrap())];
    let subject = Subject { user: "a", policies: &policies };
    contexts().map(|context| shows_bucket(&subject, "b", &context))
}

proptest! {
    #[test]
    fn what_is_told_of_as_said_in_vain_changes_no_decision(
        statements in proptest::collection::vec(written(), 1..5),
        requirements in proptest::collection::vec(requirement(), 1..20),
    ) {
        let texts: Vec<_> = statements.iter().map(said).collect();
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
                prop_assert_eq!(shows(&whole), shows(&less), "{}", &warning);
            }
        }
    }

    #[test]
    fn an_action_that_is_told_of_as_idle_decides_nothing_that_is_asked_of_it(
        (_, action, resource, condition) in written(), key in "[ab]{1,2}", prefix in "[ab]{0,2}",
    ) {
        let document = document(&[&said(&(false, action, resource, condition))]);
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
            prop_assert_eq!(shows(&document), [false; 3]);
        }
        if but.is_some() {
            for requirement in &asked {
                prop_assert_eq!(decided(&document, requirement), ["no allow"; 3], "{}", requirement);
            }
        }
    }
}
