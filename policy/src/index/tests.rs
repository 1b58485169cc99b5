//! That the index only finds, and finds without asking.

use std::{cell::Cell, sync::Arc};

use proptest::{collection::vec, prelude::*, sample::select};

use crate::{
    action::Action,
    compile::{Policy, Rule},
    condition::Context,
    decide::{Cause, Decision, Subject, decide},
    document::{Document, Effect, Statement},
    listing::{shows_all_buckets, shows_bucket},
    requirement::{Requirement, Target},
    resource::Resource,
    text::Text,
};

fn statement(effect: Effect, actions: &[&str], resources: &[String]) -> Statement {
    Statement {
        action: actions.iter().map(|action| (*action).to_owned()).collect(),
        effect,
        resource: resources.to_vec(),
        condition: crate::document::Conditions::new(),
    }
}

fn policy(statement: Vec<Statement>) -> Arc<Policy> {
    Arc::new(Policy::compile("P", &Document { statement }).unwrap())
}

// Every statement of every policy, asked in its turn.
fn rules<'a>(subject: &Subject<'a>) -> impl Iterator<Item = (Cause<'a>, &'a Rule)> {
    subject.policies.iter().flat_map(|policy| {
        let rules = policy.rules().iter().enumerate();
        rules.map(|(statement, rule)| (Cause { policy: policy.name(), statement }, rule))
    })
}

fn one_by_one<'a>(
    subject: &Subject<'a>,
    Requirement { action, target }: &Requirement,
    context: &Context<'_>,
) -> Decision<'a> {
    let first = |effect| {
        let mut rules = rules(subject).filter(|(_, rule)| {
            rule.effect == effect
                && rule.actions().contains(*action)
                && rule.holds(context, subject.user)
        });
        rules.find(|(_, rule)| {
            rule.scopes().iter().any(|scope| scope.includes(target, subject.user))
        })
    };
    match (first(Effect::Deny), first(Effect::Allow)) {
        (Some((by, _)), _) => Decision::Deny { by },
        (None, Some((by, _))) => Decision::Allow { by },
        (None, None) => Decision::NoAllow,
    }
}

fn shows_one_by_one(subject: &Subject<'_>, bucket: &str, context: &Context<'_>) -> bool {
    let speaking = |effect| {
        rules(subject)
            .map(|(_, rule)| rule)
            .filter(move |rule| rule.effect == effect && rule.holds(context, subject.user))
    };
    let hiding = [Action::LIST_REPOSITORIES, Action::READ_REPOSITORY];
    let hides = |rule: &Rule| {
        hiding.iter().any(|action| rule.actions().contains(*action))
            && rule.scopes().iter().any(|scope| scope.includes_bucket(bucket, subject.user))
    };
    let reaches = |rule: &Rule| {
        rule.actions().concerns_buckets()
            && rule.scopes().iter().any(|scope| scope.reaches_bucket(bucket, subject.user))
    };
    shows_all_buckets(subject, context)
        || !speaking(Effect::Deny).any(hides) && speaking(Effect::Allow).any(reaches)
}

fn resource() -> impl Strategy<Value = String> {
    let path = prop_oneof![
        2 => "repository/[ab]{1,3}(/\\*|/object/([ab/]{0,4}|\\$\\{user\\}/)\\*)?",
        2 => "repository/\\*(/object)?/[ab]{1,3}(/\\*)?",
        2 => "repository/[ab*?]{0,3}(/object/[ab*?]{0,4})?",
        1 => "repository/[ab?]{0,2}\\$\\{user\\}[ab?]{0,2}(/[ob*?]{0,3}|/object/[ab]\\$\\{user\\}\\*)?",
        1 => "[r*?]{1,2}(\\$\\{user\\})?[ab/*?]{0,4}",
        1 => "repository/a/object/a{0,40}[*b]",
        1 => "\\*a{0,70}\\*b?",
    ];
    let service = select(&["fs", "fs", "fs", "fs", "auth"]);
    prop_oneof![
        12 => (service, path).prop_map(|(service, path)| format!("arn:lakefs:{service}:::{path}")),
        1 => Just("*".to_owned()),
    ]
}

fn written() -> impl Strategy<Value = Statement> {
    let actions = select(vec![
        &["fs:*"][..],
        &["fs:ReadObject"],
        &["fs:ReadObject", "fs:List*"],
        &["fs:ListObjects"],
        &["fs:ListRepositories"],
        &["fs:ReadRepository", "fs:ReadConfig"],
        &["auth:*", "fs:ReadConfig"],
    ]);
    let effect = prop_oneof![3 => Just(Effect::Allow), 1 => Just(Effect::Deny)];
    let source =
        prop_oneof![3 => Just(None), 1 => Just(Some("10.0.0.0/8")), 1 => Just(Some("11.0.0.0/8"))];
    (effect, actions, vec(resource(), 1..4), source).prop_map(
        |(effect, actions, resources, source)| {
            let mut written = statement(effect, actions, &resources);
            if let Some(network) = source {
                let keys = [("SourceIp".to_owned(), vec![network.to_owned()])].into();
                written.condition = [("IpAddress".to_owned(), keys)].into();
            }
            written
        },
    )
}

fn requirement() -> impl Strategy<Value = Requirement> {
    let bucket = "[ab]{1,3}|a/b|";
    let key = prop_oneof!["[ab/]{0,5}", "a{0,80}", "(a|b|ab)/[ab]{0,3}"];
    let target = prop_oneof![
        1 => Just(Target::One(Resource::All)),
        2 => bucket.prop_map(|bucket| Resource::bucket(&bucket).into()),
        4 => (bucket, key.clone()).prop_map(|(bucket, key)| Resource::object(&bucket, &key).into()),
        4 => (bucket, key).prop_map(|(bucket, prefix)| Target::listing(&bucket, &prefix)),
        1 => "[abr/]{0,4}".prop_map(|path| Target::One(Resource::Arn { service: "auth", path: path.into() })),
    ];
    let action = select(&[
        Action::READ_OBJECT,
        Action::LIST_OBJECTS,
        Action::LIST_REPOSITORIES,
        Action::READ_REPOSITORY,
        Action::WRITE_OBJECT,
        Action::READ_CONFIG,
        Action::READ_USER,
    ]);
    (action, target).prop_map(|(action, target)| Requirement { action, target })
}

proptest! {
    #[test]
    fn h14_what_is_found_decides_as_asking_every_statement_does(
        documents in vec(vec(written(), 1..40), 1..3),
        requirements in vec(requirement(), 20),
        user in select(&["a", "b", "ab", "a/b", "*", ""]),
        source in select(&[None, Some("10.1.1.1"), Some("12.1.1.1")]),
    ) {
        let policies: Vec<_> = documents.into_iter().map(policy).collect();
        let subject = Subject { user, policies: &policies };
        let context = Context { source_ip: source.map(|text| text.parse().unwrap()), ..Context::default() };
        for requirement in &requirements {
            prop_assert_eq!(
                decide(&subject, requirement, &context),
                one_by_one(&subject, requirement, &context),
                "{:?}", requirement
            );
        }
        for bucket in ["a", "b", "ab", "aba", "bbb", "a/b", "*", ""] {
            prop_assert_eq!(
                shows_bucket(&subject, bucket, &context),
                shows_one_by_one(&subject, bucket, &context),
                "{}", bucket
            );
        }
    }
}

// How many statements are asked about reading an object.
fn asked(policy: &Policy, bucket: &str, key: &str) -> usize {
    let asked = Cell::new(0_usize);
    let object = Target::from(Resource::object(bucket, key));
    for effect in [Effect::Deny, Effect::Allow] {
        policy.first(effect, Action::READ_OBJECT, object.text(), |_, scope| {
            asked.update(|asked| asked.saturating_add(1));
            scope.includes(&object, "alice")
        });
    }
    asked.get()
}

fn many(shape: impl Fn(usize) -> String) -> Arc<Policy> {
    let resource = |number| format!("arn:lakefs:fs:::repository/{}", shape(number));
    policy(
        (0..10_000)
            .map(|number| statement(Effect::Allow, &["fs:Read*"], &[resource(number)]))
            .collect(),
    )
}

#[test]
fn h19_of_ten_thousand_statements_hardly_any_is_asked() {
    let shapes: [&dyn Fn(usize) -> String; 6] = [
        &|number| format!("lake-{number}/*"),
        &|number| format!("*/object/team-{number}/*"),
        &|number| format!("l?ke/object/team-{number}/*"),
        &|number| format!("*/object/${{user}}/team-{number}/*"),
        &|number| format!("lake-{number}/object/${{user}}/*"),
        &|number| format!("?*/object/???/team-{number}/?"),
    ];
    for (at, shape) in shapes.iter().enumerate() {
        let policy = many(shape);
        for (bucket, key) in [
            ("lake-77", "alice/a"),
            ("lake-77", "team-77/a"),
            ("lake", "team-77/a"),
            ("lake", "alice/team-77/a"),
            ("lake", "abc/team-77/a"),
            ("lake", "team-10000/a"),
            ("pond", "a"),
        ] {
            let asked = asked(&policy, bucket, key);
            assert!(asked <= 1, "{at}: {asked} statements asked of {bucket} {key}");
        }
    }
}

#[test]
fn h19_statements_of_other_actions_are_not_asked() {
    let mut statements = vec![statement(Effect::Allow, &["auth:*"], &["*".to_owned()]); 5_000];
    statements.extend(vec![statement(Effect::Deny, &["fs:WriteObject"], &["*".to_owned()]); 4_999]);
    statements.push(statement(Effect::Allow, &["fs:Read*"], &["*".to_owned()]));
    assert_eq!(asked(&policy(statements), "lake", "a"), 1);
}

#[test]
fn h19_a_bucket_is_shown_without_asking_of_the_others() {
    let policy = many(|number| format!("lake-{number}/object/*"));
    for (bucket, most) in [("lake-77", 1), ("lake-10000", 0), ("pond", 0)] {
        let asked = Cell::new(0_usize);
        let shown = policy.found.reaching.first(Text::within(bucket), |place| {
            asked.update(|asked| asked.saturating_add(1));
            policy.at(place, |_, scope| scope.reaches_bucket(bucket, "alice"))
        });
        assert_eq!(shown.is_some(), most == 1);
        assert!(asked.get() <= most, "{} of {bucket}", asked.get());
    }
}

#[test]
fn h07_a_statement_is_asked_once_however_often_its_literal_stands_there() {
    let resource = |digit| format!("arn:lakefs:fs:::repository/lake/object/*{digit}*!");
    let statements = ('0'..='9')
        .map(|digit| statement(Effect::Allow, &["fs:Read*"], &[resource(digit)]))
        .collect();
    assert_eq!(asked(&policy(statements), "lake", &"7".repeat(1_024)), 1);
}

#[test]
fn h07_a_key_that_holds_many_literals_makes_none_but_theirs_be_asked() {
    type Numbered = fn(usize) -> String;
    let shapes: [(Numbered, Numbered); 3] = [
        (|number| format!("lake-{number}/*"), |number| format!("repository/lake-{number}/")),
        (|number| format!("lake/object/*-{number}x"), |number| format!("-{number}x")),
        (|number| format!("*/object/*team-{number}/*z"), |number| format!("team-{number}/")),
    ];
    for (at, (shape, literal)) in shapes.iter().enumerate() {
        let key: String = (0..60).map(literal).collect();
        let asked = asked(&many(shape), "lake", &(key + "!"));
        assert!(asked <= 60, "{at}: {asked}");
    }
}

#[test]
fn h07_more_literals_than_are_kept_in_mind_are_asked_three_times_at_most() {
    let resource = |number| format!("arn:lakefs:fs:::*{}*b", "a".repeat(number));
    let statements: Vec<_> = (1..=60)
        .map(|number| statement(Effect::Allow, &["fs:Read*"], &[resource(number)]))
        .collect();
    let key = "a".repeat(1_024);
    assert!(asked(&policy(statements.clone()), "lake", &key) <= 180);
    let mut last = statements;
    last.push(statement(Effect::Allow, &["fs:Read*"], &[resource(60).replace("*b", "*")]));
    let policies = [policy(last)];
    let decision = decide(
        &Subject { user: "alice", policies: &policies },
        &Requirement::new(Action::READ_OBJECT, Resource::object("lake", &key)),
        &Context::default(),
    );
    assert_eq!(decision, Decision::Allow { by: Cause { policy: "P", statement: 60 } });
}
