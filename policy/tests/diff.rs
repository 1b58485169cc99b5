//! Comparisons of policies, held against what `decide` says of every request of a small world.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should panic")]

use std::{net::IpAddr, sync::Arc};

use policy::{
    Action, Change, Context, Difference, Document, Effect, Literal, Outline, Policy, Requirement,
    Resource, Statement, Subject, When, decide, diff,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

/// Policies, as they are decided by and as they are compared.
struct Held {
    policies: Vec<Arc<Policy>>,
    outlines: Vec<Outline>,
}

impl Held {
    fn new(documents: &[Document]) -> Self {
        let compile = |document| Arc::new(Policy::compile("P", document).unwrap());
        let outline = |document| Outline::of(document).unwrap();
        Self {
            policies: documents.iter().map(compile).collect(),
            outlines: documents.iter().map(outline).collect(),
        }
    }

    fn of(json: &str) -> Self {
        Self::new(&[serde_json::from_str(&format!(r#"{{"statement":[{json}]}}"#)).unwrap()])
    }

    fn allows(&self, requirement: &Requirement, source: &str) -> bool {
        let context = Context { source_ip: Some(address(source)), ..Context::default() };
        decide(&Subject { user: USER, policies: &self.policies }, requirement, &context).is_allow()
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn compare(old: &Held, new: &Held) -> Vec<Difference> {
    let outlines = |held: &'_ Held| held.outlines.clone();
    let (old, new) = (outlines(old), outlines(new));
    let differences =
        diff(USER, &old.iter().collect::<Vec<_>>(), &new.iter().collect::<Vec<_>>()).unwrap();
    for difference in &differences {
        assert!(difference.actions.contains(&difference.witness.action), "{difference:?}");
    }
    differences
}

/// What the differences are, each in one line.
fn told(old: &str, new: &str) -> Vec<String> {
    let tell = |difference: &Difference| {
        let Difference { change, region, when, witness, .. } = difference;
        let actions = difference.action_patterns().join(", ");
        let when = match when {
            When::Always => String::new(),
            When::Cases(_) | When::Perhaps => format!(" {when}"),
        };
        format!("{change} {actions} on {region}{when}: {witness}")
            .replace("arn:lakefs:fs:::repository/", "")
    };
    compare(&Held::of(old), &Held::of(new)).iter().map(tell).collect()
}

fn statement(effect: &str, action: &str, path: &str) -> String {
    let resource =
        if path == "*" { path.to_owned() } else { format!("arn:lakefs:fs:::repository/{path}") };
    format!(r#"{{"effect":"{effect}","action":{action},"resource":"{resource}"}}"#)
}

fn allow(path: &str) -> String {
    statement("allow", r#""fs:ReadObject""#, path)
}

fn deny(path: &str) -> String {
    statement("deny", r#""fs:ReadObject""#, path)
}

fn with(statement: &str, condition: &str) -> String {
    statement.replacen('{', &format!(r#"{{"condition":{condition},"#), 1)
}

#[test]
fn what_is_the_same_is_no_difference_however_it_is_written() {
    let (all, some) = (allow("lake/*"), allow("lake/object/*"));
    for (old, new) in [
        (all.clone(), all.clone()),
        (all.clone(), format!("{some},{all}")),
        (format!("{all},{}", deny("lake/a/*")), format!("{},{all}", deny("lake/a/*"))),
        (deny("lake/*"), deny("other/*")),
        (allow("lake/object/home/${user}/*"), allow("lake/object/home/alice/*")),
    ] {
        assert_eq!(told(&old, &new), [""; 0], "{old} {new}");
    }
}

#[test]
fn an_allow_that_is_added_is_gained_with_a_witness_that_somebody_could_send() {
    let old = allow("lake/object/team-a/*");
    let new = format!(
        "{old},{}",
        statement("allow", r#"["fs:ReadObject","fs:ReadObjectVersion"]"#, "lake/object/team-b/*")
    );
    assert_eq!(
        told(&old, &new),
        [
            "gained fs:ReadObject, fs:ReadObjectVersion on lake/object/team-b/*: fs:ReadObject on lake/object/team-b/x"
        ]
    );
}

#[test]
fn a_wider_allow_is_gained_except_for_what_was_there() {
    assert_eq!(
        told(&allow("lake/object/team-a/*"), &allow("lake/object/*")),
        [
            "gained fs:ReadObject on lake/object/*, except lake/object/team-a/*: fs:ReadObject on lake/object/x"
        ]
    );
}

#[test]
fn a_deny_that_is_added_is_lost_where_something_was_allowed() {
    let (old, secret) = (allow("lake/*"), deny("lake/object/secret/*"));
    let new = format!("{old},{secret},{}", deny("other/*"));
    assert_eq!(
        told(&old, &new),
        ["lost fs:ReadObject on lake/object/secret/*: fs:ReadObject on lake/object/secret/x"]
    );
    assert_eq!(
        told(&new, &old),
        ["gained fs:ReadObject on lake/object/secret/*: fs:ReadObject on lake/object/secret/x"]
    );
}

#[test]
fn two_patterns_that_only_cross_are_both_told() {
    let old = allow("lake/object/*");
    assert_eq!(
        told(&old, &format!("{old},{}", deny("*.key"))),
        ["lost fs:ReadObject on lake/object/* within *.key: fs:ReadObject on lake/object/.key"]
    );
}

#[test]
fn actions_fold_to_patterns() {
    let reads = statement("allow", r#"["fs:Read*","fs:ListObjects"]"#, "lake/*");
    let all = statement("allow", r#""fs:*""#, "lake/*");
    assert_eq!(
        told(&deny("*"), &reads),
        ["gained fs:Read*, fs:ListObjects on lake/*: fs:ReadObject on lake/object/x"]
    );
    assert_eq!(told(&deny("*"), &all), ["gained fs:* on lake/*: fs:ReadObject on lake/object/x"]);
}

#[test]
fn a_condition_is_a_fact_that_holds_or_not() {
    let (plain, office) = (allow("lake/object/*"), r#"{"IpAddress":{"SourceIp":"10.0.0.0/8"}}"#);
    assert_eq!(
        told(&plain, &with(&plain, office)),
        [
            "lost fs:ReadObject on lake/object/* if not IpAddress SourceIp 10.0.0.0/8: fs:ReadObject on lake/object/x"
        ]
    );
    let elsewhere = with(&deny("*"), r#"{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#);
    assert_eq!(told(&format!("{plain},{elsewhere}"), &with(&plain, office)), [""; 0]);
}

#[test]
fn beyond_a_few_conditions_a_difference_is_told_as_a_perhaps() {
    let conditioned = |index: usize| {
        let condition = format!(r#"{{"IpAddress":{{"SourceIp":"10.0.0.{index}"}}}}"#);
        with(&allow(&format!("lake/object/{index}/*")), &condition)
    };
    let old = (0..9).map(conditioned).collect::<Vec<_>>().join(",");
    assert_eq!(told(&old, &old), [""; 0]);
    let found = told(&old, &allow("lake/object/0/*"));
    assert!(found[0].starts_with("gained fs:ReadObject on lake/object/0/* perhaps: "), "{found:?}");
    assert_eq!(found.len(), 9);
}

#[test]
fn many_statements_are_compared() {
    let team = |index: usize| allow(&format!("lake/object/team-{index}/*"));
    let denied = |index: usize| deny(&format!("lake/object/team-{index}/secret/*"));
    let old: Vec<_> = (0..300).map(team).chain((0..100).map(denied)).collect();
    let new: Vec<_> = (1..301).map(team).chain((1..101).map(denied)).collect();
    let (old, new) = (old.join(","), new.join(","));
    assert_eq!(
        told(&old, &new),
        [
            "gained fs:ReadObject on lake/object/team-300/*: fs:ReadObject on lake/object/team-300/x",
            "lost fs:ReadObject on lake/object/team-0/*, except lake/object/team-0/secret/*: \
             fs:ReadObject on lake/object/team-0/x",
            "lost fs:ReadObject on lake/object/team-100/secret/*: \
             fs:ReadObject on lake/object/team-100/secret/x",
        ]
    );
    assert_eq!(told(&old, &allow("*")).len(), 101);
}

// Two facts of which every valuation has an address.
const OFFICE: [&str; 2] = ["10.0.0.0/8", "192.168.0.0/16"];
const HOME: [&str; 2] = ["10.0.0.0/8", "172.16.0.0/12"];
const SOURCES: [&str; 4] = ["10.0.0.1", "192.168.0.1", "172.16.0.1", "8.8.8.8"];
const USER: &str = "alice";

fn documents() -> impl Strategy<Value = Vec<Document>> {
    let condition = (select(vec!["IpAddress", "NotIpAddress"]), select(vec![OFFICE, HOME]));
    let resource = prop_oneof![
        1 => Just("*".to_owned()),
        7 => "[ab*?]{1,4}".prop_map(|path| format!("arn:lakefs:fs:::{path}")),
        1 => "[ab*?]{1,2}".prop_map(|path| format!("arn:lakefs:auth:::{path}")),
    ];
    let statement = (
        select(vec![Effect::Allow, Effect::Allow, Effect::Deny]),
        select(vec!["fs:ReadObject", "fs:WriteObject", "fs:*"]),
        vec(resource, 1..3),
        option::weighted(0.3, condition),
    );
    let statement = statement.prop_map(|(effect, action, resource, condition)| Statement {
        effect,
        action: vec![action.to_owned()],
        resource,
        condition: condition
            .map(|(operator, values)| {
                let values = values.map(str::to_owned).to_vec();
                (operator.to_owned(), [("SourceIp".to_owned(), values)].into())
            })
            .into_iter()
            .collect(),
    });
    vec(vec(statement, 1..4).prop_map(|statement| Document { statement }), 0..3)
}

// All that a document of such statements can tell apart, and some more.
fn resources() -> Vec<Resource> {
    let mut paths = Vec::new();
    let mut longest = vec![String::new()];
    for _ in 0..5 {
        longest = longest
            .iter()
            .flat_map(|path| ['a', 'b', 'z'].map(|letter| format!("{path}{letter}")))
            .collect();
        paths.extend(longest.iter().cloned());
    }
    let arns = paths.iter().flat_map(|path| {
        let services: &[&'static str] =
            if path.len() < 4 { &["fs", "auth", "ci"] } else { &["fs"] };
        services.iter().map(|service| Resource::Arn { service, path: path.as_str().into() })
    });
    [Resource::All].into_iter().chain(arns).collect()
}

// The definition of a pattern, word by word.
fn matches(pattern: &str, resource: &Resource) -> bool {
    fn naive(pattern: &[u8], text: &[u8]) -> bool {
        let tail = text.split_first();
        match pattern.split_first() {
            None => tail.is_none(),
            Some((b'*', rest)) => {
                naive(rest, text) || tail.is_some_and(|(_, tail)| naive(pattern, tail))
            }
            Some((literal, rest)) => tail.is_some_and(|(first, tail)| {
                (literal == first || *literal == b'?') && naive(rest, tail)
            }),
        }
    }
    pattern == "*" || naive(pattern.as_bytes(), resource.to_string().as_bytes())
}

fn includes(difference: &Difference, resource: &Resource) -> bool {
    let (within, except) = (difference.region.within(), difference.region.except());
    within.iter().all(|pattern| matches(pattern, resource))
        && !except.iter().any(|pattern| matches(pattern, resource))
}

fn holds(when: &When, source: &str) -> bool {
    let literal = |Literal { fact, holds }: &Literal| {
        let second = if fact.to_string().contains(HOME[1]) { HOME[1] } else { OFFICE[1] };
        let network =
            |text: &str| text.parse::<policy::Network>().unwrap().contains(address(source));
        (network(OFFICE[0]) || network(second)) == *holds
    };
    match when {
        When::Always => true,
        When::Cases(cases) => cases.iter().any(|case| case.iter().all(literal)),
        // Two conditions are few.
        When::Perhaps => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn differences_are_exactly_those_of_enumeration(old in documents(), new in documents()) {
        let (old, new) = (Held::new(&old), Held::new(&new));
        let differences = compare(&old, &new);
        let resources = resources();
        for action in [Action::READ_OBJECT, Action::WRITE_OBJECT, Action::READ_REPOSITORY, Action::READ_USER] {
            for resource in &resources {
                let requirement = Requirement::new(action, resource.clone());
                for source in SOURCES {
                    let change = match (old.allows(&requirement, source), new.allows(&requirement, source)) {
                        (false, true) => Some(Change::Gained),
                        (true, false) => Some(Change::Lost),
                        (true, true) | (false, false) => None,
                    };
                    for possible in [Change::Gained, Change::Lost] {
                        let is_told = differences.iter().any(|difference| {
                            difference.change == possible
                                && difference.actions.contains(&action)
                                && holds(&difference.when, source)
                                && includes(difference, resource)
                        });
                        prop_assert_eq!(is_told, change == Some(possible), "{:?} from {}: {:#?}", requirement, source, differences);
                    }
                }
            }
        }
    }

    #[test]
    fn every_witness_is_a_difference(old in documents(), new in documents()) {
        let (old, new) = (Held::new(&old), Held::new(&new));
        for difference in compare(&old, &new) {
            let sources: Vec<_> = SOURCES.into_iter().filter(|source| holds(&difference.when, source)).collect();
            prop_assert!(!sources.is_empty());
            for source in sources {
                let (was, is) = (old.allows(&difference.witness, source), new.allows(&difference.witness, source));
                prop_assert_eq!((was, is), (difference.change == Change::Lost, difference.change == Change::Gained));
            }
        }
    }
}
