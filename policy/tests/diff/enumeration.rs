//! Comparisons held against what `decide` and the list of buckets say of everything in a small world.

use std::collections::HashMap;

use policy::{
    Action, Assumption, Change, Difference, Document, Effect, Requirement, Resource, Right,
    Statement, Target, When,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::{Held, address, compare, texts::texts};

// Two facts of which every valuation has an address.
const OFFICE: [&str; 2] = ["10.0.0.0/8", "192.168.0.0/16"];
const HOME: [&str; 2] = ["10.0.0.0/8", "172.16.0.0/12"];
const SOURCES: [&str; 4] = ["10.0.0.1", "192.168.0.1", "172.16.0.1", "8.8.8.8"];

/// Documents whose statements are about `resource`.
fn documents_of(
    resource: impl Strategy<Value = String> + 'static,
    actions: &'static [&'static str],
) -> impl Strategy<Value = Vec<Document>> {
    let condition = (select(vec!["IpAddress", "NotIpAddress"]), select(vec![OFFICE, HOME]));
    let statement = (
        select(vec![Effect::Allow, Effect::Allow, Effect::Deny]),
        select(actions),
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

/// Documents about paths of no meaning.
fn documents() -> impl Strategy<Value = Vec<Document>> {
    let resource = prop_oneof![
        1 => Just("*".to_owned()),
        7 => "[ab*?]{1,4}".prop_map(|path| format!("arn:lakefs:fs:::{path}")),
        1 => "[ab*?]{1,2}".prop_map(|path| format!("arn:lakefs:auth:::{path}")),
    ];
    documents_of(resource, &["fs:ReadObject", "fs:WriteObject", "fs:*"])
}

/// Documents about buckets and what is in them.
fn documents_of_buckets() -> impl Strategy<Value = Vec<Document>> {
    let path = prop_oneof![
        2 => "repository/([ab*?]|\\$\\{user\\}){1,2}",
        5 => "repository/([ab*?]|\\$\\{user\\}){1,2}/object/([ab/*?]|\\$\\{user\\}){0,3}",
        2 => "repository/[a*]/object/[*?]{1,2}",
        1 => "repository/[*?][ab]",
        1 => "[r*?][/ab*?]{0,3}",
        1 => "repository[/*?]{1,2}[/ab*?]{0,3}",
    ];
    let resource = prop_oneof![
        1 => Just("*".to_owned()),
        8 => path.prop_map(|path| format!("arn:lakefs:fs:::{path}")),
    ];
    let actions = &[
        "fs:ReadObject",
        "fs:ListObjects",
        "fs:ListObjects",
        "fs:List*",
        "fs:ReadRepository",
        "fs:ListRepositories",
        "fs:*",
        "auth:ReadUser",
    ];
    documents_of(resource, actions)
}

// All that a document of such statements can tell apart, and some more.
fn resources() -> Vec<Resource> {
    let paths = texts("", 5, &["a", "b", "z"]);
    let arns = paths.iter().filter(|path| !path.is_empty()).flat_map(|path| {
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

/// Whether a pattern speaks of a listing, by the definition that `decide` has of it.
fn lists(pattern: &str, listing: &Target) -> bool {
    let statement = Statement {
        effect: Effect::Allow,
        action: vec!["fs:ListObjects".to_owned()],
        resource: vec![pattern.to_owned()],
        condition: policy::Conditions::new(),
    };
    let held = Held::new(&[Document { statement: vec![statement] }]);
    held.allows(&Requirement::new(Action::LIST_OBJECTS, listing.clone()), SOURCES[0])
}

fn includes(difference: &Difference, matches: impl Fn(&str) -> bool) -> bool {
    let (within, except) = (difference.region.within(), difference.region.except());
    within.iter().all(|pattern| matches(pattern)) && !except.iter().any(|pattern| matches(pattern))
}

fn holds(when: &When, source: &str) -> bool {
    let assumption = |Assumption { proposition, holds }: &Assumption| {
        let second = if proposition.to_string().contains(HOME[1]) { HOME[1] } else { OFFICE[1] };
        let network =
            |text: &str| text.parse::<policy::Network>().unwrap().contains(address(source));
        (network(OFFICE[0]) || network(second)) == *holds
    };
    match when {
        When::Always => true,
        When::Cases(cases) => cases.iter().any(|case| case.iter().all(assumption)),
        // Two conditions are few.
        When::Perhaps => false,
    }
}

/// That exactly what changes from `was` to `is`, from each source, is told by the differences of which `speaks` says
/// that they speak of it.
fn check(
    differences: &[Difference],
    speaks: impl Fn(&Difference) -> bool,
    was: impl Fn(&str) -> bool,
    is: impl Fn(&str) -> bool,
) -> Result<(), TestCaseError> {
    let speaking: Vec<_> = differences.iter().filter(|difference| speaks(difference)).collect();
    for source in SOURCES {
        let change = match (was(source), is(source)) {
            (false, true) => Some(Change::Gained),
            (true, false) => Some(Change::Lost),
            (true, true) | (false, false) => None,
        };
        for possible in [Change::Gained, Change::Lost] {
            let is_told = speaking
                .iter()
                .any(|difference| difference.change == possible && holds(&difference.when, source));
            prop_assert_eq!(
                is_told,
                change == Some(possible),
                "from {}: {:#?}",
                source,
                differences
            );
        }
    }
    Ok(())
}

fn check_requirement(
    requirement: &Requirement,
    (old, new): (&Held, &Held),
    differences: &[Difference],
    matches: impl Fn(&str) -> bool,
) -> Result<(), TestCaseError> {
    let speaks = |difference: &Difference| {
        let actions = match &difference.right {
            Right::Act(actions) | Right::List(actions) => actions,
            Right::See => return false,
        };
        actions.contains(&requirement.action) && includes(difference, &matches)
    };
    let (was, is) = (
        |source: &str| old.allows(requirement, source),
        |source: &str| new.allows(requirement, source),
    );
    check(differences, speaks, was, is)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn differences_are_exactly_those_of_enumeration(old in documents(), new in documents()) {
        let (old, new) = (Held::new(&old), Held::new(&new));
        let differences = compare(&old, &new);
        for action in [Action::READ_OBJECT, Action::WRITE_OBJECT, Action::READ_REPOSITORY, Action::READ_USER] {
            for resource in resources() {
                let requirement = Requirement::new(action, resource.clone());
                check_requirement(&requirement, (&old, &new), &differences, |pattern| matches(pattern, &resource))?;
            }
        }
    }

    #[test]
    fn differences_in_buckets_are_exactly_those_of_enumeration(old in documents_of_buckets(), new in documents_of_buckets()) {
        let (old, new) = (Held::new(&old), Held::new(&new));
        let differences = compare(&old, &new);
        let sides = (&old, &new);
        for bucket in texts("", 2, &["a", "b", "z"]).iter().filter(|bucket| !bucket.is_empty()) {
            let resource = Resource::bucket(bucket);
            for action in [Action::READ_REPOSITORY, Action::LIST_BRANCHES] {
                let requirement = Requirement::new(action, resource.clone());
                check_requirement(&requirement, sides, &differences, |pattern| matches(pattern, &resource))?;
            }
            let sees = |difference: &Difference| {
                difference.right == Right::See && includes(difference, |pattern| matches(pattern, &resource))
            };
            check(&differences, sees, |source| old.shows(bucket, source), |source| new.shows(bucket, source))?;
            // What follows the bucket may look like a bucket with an object once more.
            let again = ["a/object/", "b/object/z"].map(str::to_owned);
            for key in texts("", 2, &["a", "b", "/", "z"]).into_iter().chain(again) {
                let object = Resource::object(bucket, &key);
                let requirement = Requirement::new(Action::READ_OBJECT, object.clone());
                check_requirement(&requirement, sides, &differences, |pattern| matches(pattern, &object))?;
                let listing = Target::listing(bucket, &key);
                let known: HashMap<String, bool> = differences
                    .iter()
                    .flat_map(|difference| [difference.region.within(), difference.region.except()])
                    .flatten()
                    .map(|pattern| (pattern.clone(), lists(&pattern, &listing)))
                    .collect();
                for action in [Action::LIST_OBJECTS, Action::LIST_OBJECT_VERSIONS] {
                    let requirement = Requirement::new(action, listing.clone());
                    check_requirement(&requirement, sides, &differences, |pattern| known[pattern])?;
                }
            }
        }
    }

    #[test]
    fn every_witness_is_a_difference(old in prop_oneof![documents(), documents_of_buckets()], new in prop_oneof![documents(), documents_of_buckets()]) {
        let (old, new) = (Held::new(&old), Held::new(&new));
        for difference in compare(&old, &new) {
            let sources: Vec<_> = SOURCES.into_iter().filter(|source| holds(&difference.when, source)).collect();
            prop_assert!(!sources.is_empty());
            for source in sources {
                let (was, is) = (old.grants(&difference.witness, source), new.grants(&difference.witness, source));
                prop_assert_eq!((was, is), (difference.change == Change::Lost, difference.change == Change::Gained));
            }
        }
    }

    #[test]
    fn what_is_compared_with_itself_is_no_difference(old in documents_of_buckets()) {
        let held = Held::new(&old);
        prop_assert_eq!(compare(&held, &held), []);
    }
}
