//! Comparisons of policies: what is told of them, and that it is right.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should panic")]

mod enumeration;
#[path = "../../src/texts.rs"]
mod texts;

use std::{net::IpAddr, sync::Arc};

use policy::{
    Context, Difference, Document, Policy, Requirement, Right, Subject, When, Witness, decide,
    diff, shows_bucket,
};

/// The value of `${user}`.
const USER: &str = "ab";

/// Policies of one user.
struct Held(Vec<Arc<Policy>>);

impl Held {
    fn new(documents: &[Document]) -> Self {
        let compile = |document| Arc::new(Policy::compile("P", document).unwrap());
        Self(documents.iter().map(compile).collect())
    }

    fn of(json: &str) -> Self {
        Self::new(&[serde_json::from_str(&format!(r#"{{"statement":[{json}]}}"#)).unwrap()])
    }

    fn allows(&self, requirement: &Requirement, source: &str) -> bool {
        decide(&self.subject(), requirement, &context(source)).is_allow()
    }

    fn shows(&self, bucket: &str, source: &str) -> bool {
        shows_bucket(&self.subject(), bucket, &context(source))
    }

    /// Whether the witness may be done, or is shown.
    fn grants(&self, witness: &Witness, source: &str) -> bool {
        match witness {
            Witness::Request(requirement) => self.allows(requirement, source),
            Witness::Bucket(bucket) => {
                let bucket = bucket.to_string();
                self.shows(bucket.strip_prefix("arn:lakefs:fs:::repository/").unwrap(), source)
            }
        }
    }

    fn subject(&self) -> Subject<'_> {
        Subject { user: USER, policies: &self.0 }
    }
}

fn context(source: &str) -> Context<'static> {
    Context { source_ip: Some(address(source)), ..Context::default() }
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn compare(old: &Held, new: &Held) -> Vec<Difference> {
    let differences = diff(USER, &old.0, &new.0).unwrap();
    for difference in &differences {
        let is_of_it = match (&difference.right, &difference.witness) {
            (Right::Act(actions) | Right::List(actions), Witness::Request(requirement)) => {
                actions.contains(&requirement.action)
            }
            (Right::See, Witness::Bucket(_)) => true,
            (Right::Act(_) | Right::List(_), Witness::Bucket(_))
            | (Right::See, Witness::Request(_)) => false,
        };
        assert!(is_of_it, "{difference:?}");
    }
    differences
}

/// What the differences are, each in one line.
fn told(old: &str, new: &str) -> Vec<String> {
    let tell = |difference: &Difference| {
        let Difference { when, witness, .. } = difference;
        let when = match when {
            When::Always => String::new(),
            When::Cases(_) | When::Perhaps => format!(" {when}"),
        };
        format!("{difference}{when}: {witness}").replace("arn:lakefs:fs:::repository/", "")
    };
    compare(&Held::of(old), &Held::of(new)).iter().map(tell).collect()
}

/// The same without the sight of buckets.
fn told_but_sight(old: &str, new: &str) -> Vec<String> {
    let mut lines = told(old, new);
    lines.retain(|line| !line.contains("sight in ListBuckets"));
    lines
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
        (allow("lake/object/home/${user}/*"), allow("lake/object/home/ab/*")),
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
fn actions_fold_to_patterns_and_those_that_list_are_told_apart() {
    let reads = statement("allow", r#"["fs:Read*","fs:ListObjects"]"#, "lake/*");
    let all = statement("allow", r#""fs:*""#, "lake/*");
    assert_eq!(
        told(&deny("*"), &reads),
        [
            "gained fs:Read* on lake/*: fs:ReadObject on lake/object/x",
            "gained fs:ListObjects under lake/*: fs:ListObjects under lake/object/",
            "gained sight in ListBuckets of lake: lake",
        ]
    );
    assert_eq!(
        told(&deny("*"), &all),
        [
            "gained fs:* on lake/*: fs:ReadObject on lake/object/x",
            "gained fs:ListObjects, fs:ListObjectVersions under lake/*: fs:ListObjects under lake/object/",
            "gained sight in ListBuckets of lake: lake",
        ]
    );
}

#[test]
fn a_listing_that_a_deny_refuses_as_a_whole_only_is_told() {
    let list = |path: &str| statement("deny", r#""fs:ListObjects""#, path);
    let all = statement("allow", r#""fs:*""#, "lake*");
    let old = format!("{all},{}", list("lake/object/secret/*"));
    let new = format!("{all},{},{}", list("lake/object/secret/"), list("lake/object/secret/?*"));
    assert_eq!(
        told(&old, &new),
        ["gained fs:ListObjects under lake/object/secret/*, except lake/object/secret/*?: \
             fs:ListObjects under lake/object/secret/"]
    );
    let open = format!("{all},{}", list("lake/object/*?"));
    assert_eq!(told(&open, &format!("{all},{}", list("lake/object/*"))), [""; 0]);
    assert_eq!(
        told(&open, &all),
        ["gained fs:ListObjects under lake/object/*?: fs:ListObjects under lake/object/"]
    );
}

#[test]
fn the_name_of_a_bucket_ends_where_its_objects_begin() {
    let list = |path: &str| statement("allow", r#""fs:ListObjects""#, path);
    let old = format!("{},{}", list("*a"), list("b/object/x"));
    assert_eq!(
        told(&old, &format!("{old},{}", list("b/object/a/object/*"))),
        [
            "gained fs:ListObjects under b/object/a/object/*: fs:ListObjects under b/object/a/object/"
        ]
    );
}

#[test]
fn a_bucket_that_leaves_the_list_of_buckets_is_told() {
    let old = allow("lake/*");
    let hide = |action: &str| statement("deny", action, "lake");
    for action in [r#""fs:ListRepositories""#, r#""fs:ReadRepository""#] {
        assert_eq!(
            told(&old, &format!("{old},{}", hide(action))),
            ["lost sight in ListBuckets of lake: lake"]
        );
    }
    let all = statement("allow", r#""fs:ListRepositories""#, "*");
    let shown = format!("{old},{all},{}", hide(r#""fs:ReadRepository""#));
    assert_eq!(told(&format!("{old},{all}"), &shown), [""; 0]);
    assert_eq!(
        told(&shown, &old),
        [
            "lost fs:ListRepositories on *: fs:ListRepositories on *",
            "lost sight in ListBuckets of *, except lake: xxx",
        ]
    );
}

#[test]
fn a_condition_is_a_proposition_that_holds_or_not() {
    let (plain, office) = (allow("lake/object/*"), r#"{"IpAddress":{"SourceIp":"10.0.0.0/8"}}"#);
    assert_eq!(
        told(&plain, &with(&plain, office)),
        [
            "lost fs:ReadObject on lake/object/* if not IpAddress SourceIp 10.0.0.0/8: fs:ReadObject on lake/object/x",
            "lost sight in ListBuckets of lake if not IpAddress SourceIp 10.0.0.0/8: lake",
        ]
    );
    let elsewhere = with(&deny("*"), r#"{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#);
    assert_eq!(told_but_sight(&format!("{plain},{elsewhere}"), &with(&plain, office)), [""; 0]);
}

#[test]
fn conditions_that_are_the_same_in_other_words_are_no_difference() {
    for (one, other) in [
        (r#"{"Null":{"Prefix":"true"}}"#, r#"{"Null":{"Prefix":"TRUE"}}"#),
        (r#"{"Bool":{"SecureTransport":"true"}}"#, r#"{"Bool":{"SecureTransport":"True"}}"#),
        (
            r#"{"IpAddress":{"SourceIp":"10.0.0.0/8"}}"#,
            r#"{"IpAddress":{"SourceIp":"10.1.2.3/8"}}"#,
        ),
        (r#"{"StringEquals":{"Prefix":"${user}"}}"#, r#"{"StringEquals":{"Prefix":"ab"}}"#),
        (r#"{"Null":{"Prefix":["true","false"]}}"#, "{}"),
    ] {
        let all = allow("lake/object/*");
        assert_eq!(told(&with(&all, one), &with(&all, other)), [""; 0], "{one}");
    }
    let never = r#"{"IpAddress":{"SourceIp":"::1"},"NotIpAddress":{"SourceIp":"::1"}}"#;
    assert_eq!(told(&with(&allow("*"), never), &deny("a")), [""; 0]);
}

fn conditioned(path: &str, index: usize) -> String {
    with(&allow(path), &format!(r#"{{"IpAddress":{{"SourceIp":"10.0.0.{index}"}}}}"#))
}

#[test]
fn where_many_conditions_meet_a_difference_is_told_as_a_perhaps() {
    let paths = (0..9).map(|index| conditioned(&format!("lake/object/{index}*"), index));
    let old = paths.collect::<Vec<_>>().join(",");
    assert_eq!(told(&old, &old), [""; 0]);
    let found = told(&old, &format!("{old},{}", deny("lake/object/*")));
    assert_eq!(found.len(), 9, "{found:#?}");
    assert_eq!(
        found[0],
        "lost fs:ReadObject on lake/object/0* if IpAddress SourceIp 10.0.0.0/32: fs:ReadObject on lake/object/0x"
    );
    let paths = (0..9).map(|index| conditioned(&format!("lake/object/*{index}"), index));
    let old = paths.collect::<Vec<_>>().join(",");
    let found = told(&old, &allow("lake/object/*0"));
    assert!(
        found[0].starts_with("gained fs:ReadObject on lake/object/*0 if not IpAddress"),
        "{found:#?}"
    );
    let found = told(&old, &format!("{old},{}", deny("lake/object/?")));
    assert!(found[0].contains(" if IpAddress SourceIp 10.0.0.0/32: "), "{found:#?}");
    let paths = (0..9).map(|index| conditioned(&format!("lake/object/*{index}*"), index));
    let old = paths.collect::<Vec<_>>().join(",");
    let found = told_but_sight(&old, &allow("lake/object/*0*"));
    assert!(
        found[0].starts_with("gained fs:ReadObject on lake/object/*0* perhaps: "),
        "{found:#?}"
    );
}

/// `count` statements, and as many with one more `other`.
fn compared(statements: impl Iterator<Item = String>, other: &str) -> Vec<String> {
    let old = statements.collect::<Vec<_>>().join(",");
    told(&old, &format!("{old},{other}"))
}

#[test]
fn a_thousand_statements_are_compared() {
    let teams = (0..1_000).map(|index| allow(&format!("lake/object/team-{index:04}/*")));
    let denied = (0..300).map(|index| deny(&format!("lake/object/team-{index:04}/secret/*")));
    assert_eq!(
        compared(teams.chain(denied), &allow("lake/object/more/*")),
        ["gained fs:ReadObject on lake/object/more/*: fs:ReadObject on lake/object/more/x"]
    );
}

#[test]
fn ten_thousand_statements_are_compared_one_of_them_changed() {
    let teams = |end| {
        let team = move |index| allow(&format!("lake/object/team-{index:05}/*"));
        (0..end).map(team).collect::<Vec<_>>().join(",")
    };
    assert_eq!(
        told(&teams(10_000), &teams(9_999)),
        [
            "lost fs:ReadObject on lake/object/team-09999/*: fs:ReadObject on lake/object/team-09999/x"
        ]
    );
}

#[test]
fn many_statements_under_a_few_conditions_are_compared() {
    let old = (0..400).map(|index| conditioned(&format!("lake/object/{index:03}/*"), index % 8));
    let found = told_but_sight(&old.collect::<Vec<_>>().join(","), &deny("*"));
    assert_eq!(found.len(), 400);
    assert_eq!(
        found[1],
        "lost fs:ReadObject on lake/object/001/* if IpAddress SourceIp 10.0.0.1/32: \
         fs:ReadObject on lake/object/001/x"
    );
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
    assert_eq!(told_but_sight(&old, &allow("*")).len(), 101);
}

#[test]
fn a_difference_in_too_many_cases_is_told_as_a_perhaps_and_no_other_is() {
    let parts = (0..40).map(|index| conditioned(&format!("lake/object/{index:02}/*"), index % 8));
    let old = parts.collect::<Vec<_>>().join(",");
    let wider = conditioned("lake/object/*", 8);
    assert_eq!(
        told_but_sight(&old, &format!("{old},{},{wider}", allow("lake/object/x/*"))),
        [
            "gained fs:ReadObject on lake/object/x/*: fs:ReadObject on lake/object/x/x",
            "gained fs:ReadObject on lake/object/* perhaps: there are too many conditions to tell \
             apart: fs:ReadObject on lake/object/x",
        ]
    );
}
