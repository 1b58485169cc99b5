//! What a decision costs: nothing of the heap, and no more for statements that cannot match.
//!
//! `tests/bench-policy` runs the long form, for the figures of docs/performance.md. No time is held to a bound.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that cannot set up its world should panic; the long form measures"
)]

use std::{
    env,
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use ::time::OffsetDateTime;
use allocation_counter::measure;
use policy::{
    Action, Context, Decision, Document, Effect, Policy, Requirement, Resource, STATEMENTS_MAX,
    Statement, Subject, Target, decide, presets, shows_bucket,
};

type Shape = fn(usize) -> String;

const SHAPES: [(&str, Shape); 2] = [
    ("`repository/lake-N/*`", |number| format!("repository/lake-{number}/*")),
    ("`repository/*/object/team-N/*`", |number| format!("repository/*/object/team-{number}/*")),
];

#[test]
fn a_decision_allocates_nothing() {
    let mut statements: Vec<_> = (0..1_000)
        .flat_map(|number| SHAPES.map(|(_, shape)| allow(&shape(number))))
        .chain(["repository/?ake/object/${user}/*", "*"].map(allow))
        .collect();
    for (operator, key, value) in CONDITIONS {
        let keys = [((*key).to_owned(), vec![(*value).to_owned()])].into();
        let condition = [((*operator).to_owned(), keys)].into();
        statements.push(Statement { effect: Effect::Deny, condition, ..allow("*") });
    }
    let mut policies: Vec<_> = presets::POLICIES
        .iter()
        .map(|preset| compile(preset.name, preset.document().statement))
        .collect();
    policies.push(compile("Many", statements));
    let subject = Subject { user: "alice", policies: &policies };
    let context = Context {
        source_ip: Some("2001:db8::1".parse().unwrap()),
        prefix: Some("team-7/"),
        delimiter: Some("/"),
        secure_transport: Some(true),
        current_time: Some(OffsetDateTime::UNIX_EPOCH),
        user_agent: Some("aws-cli/2"),
    };
    let keys = ["a", "team-7/a", "alice/a", "team-7/team-8/lake-9/a"];
    let targets = keys.iter().flat_map(|key| {
        ["lake", "lake-7"]
            .map(|bucket| [Resource::object(bucket, key).into(), Target::listing(bucket, key)])
    });
    let requirements: Vec<_> = targets
        .flatten()
        .chain([Resource::All.into(), Resource::bucket("lake").into()])
        .flat_map(|target: Target| {
            [Action::READ_OBJECT, Action::LIST_OBJECTS, Action::READ_USER]
                .map(|action| Requirement::new(action, target.clone()))
        })
        .collect();
    let decided = |requirement| decide(&subject, requirement, &context);
    assert!(requirements.iter().any(|requirement| decided(requirement).is_allow()));
    let allocated = measure(|| {
        for requirement in &requirements {
            black_box(decided(requirement));
        }
        for bucket in ["lake", "lake-7", "pond"] {
            black_box(shows_bucket(&subject, bucket, &context));
        }
    });
    assert_eq!(allocated.count_total, 0);
}

// None holds of the request of the test above, so that each is asked.
const CONDITIONS: &[(&str, &str, &str)] = &[
    ("IpAddress", "SourceIp", "10.0.0.0/8"),
    ("StringEquals", "SourceIp", "10.0.0.1"),
    ("StringEquals", "CurrentTime", "2026-11-25T00:00:00Z"),
    ("StringEqualsIgnoreCase", "UserAgent", "${user}"),
    ("StringLike", "Prefix", "*/${user}/?*"),
    ("StringLike", "SecureTransport", "f*"),
    ("ForAnyValue:StringNotEquals", "Delimiter", "/"),
    ("NumericEquals", "UserAgent", "2"),
    ("NumericGreaterThan", "CurrentTime", "12.5"),
    ("DateGreaterThan", "CurrentTime", "2026-11-25"),
    ("Bool", "SecureTransport", "false"),
    ("Null", "UserAgent", "true"),
];

#[test]
fn h19_statements_decide_the_same_in_large_documents_as_one_by_one() {
    let most = number("LAKEGATE_TEST_STATEMENTS", 1_000);
    eprintln!(
        "| pattern | statements | a decision | one by one | memory a statement | compiled in |"
    );
    for (name, shape) in SHAPES {
        for count in [10, 100, 1_000, 10_000, 100_000] {
            if count > most {
                break;
            }
            let statements: Vec<_> = (0..count).map(|number| allow(&shape(number))).collect();
            let start = Instant::now();
            let (documents, bytes) = weighed(|| documents(&statements, STATEMENTS_MAX));
            let compiled = start.elapsed();
            let singles = documents_of_one(&statements);
            let requirements = requirements(count);
            for requirement in &requirements {
                assert_eq!(
                    found(&documents, requirement),
                    found(&singles, requirement),
                    "{requirement}"
                );
            }
            eprintln!(
                "| {name} | {count} | {:?} | {:?} | {} bytes | {compiled:?} |",
                a_decision(&documents, &requirements),
                a_decision(&singles, &requirements),
                bytes / count
            );
        }
    }
}

#[test]
fn h19_users_of_fifty_policies_each_share_the_documents() {
    let users = number("LAKEGATE_TEST_USERS", 200);
    let shape = |number: usize| {
        let (_, shape) = SHAPES.get(number % 2).unwrap();
        allow(&shape(number))
    };
    let statements: Vec<_> = (0..20_000).map(shape).collect();
    let (pool, pool_bytes) = weighed(|| documents(&statements, 10));
    let (held, held_bytes) = weighed(|| {
        let policy = |user: usize, nth: usize| {
            Arc::clone(pool.get((user * 7_919 + nth * 41) % pool.len()).unwrap())
        };
        (0..users)
            .map(|user| (0..50).map(|nth| policy(user, nth)).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    });
    let requirements = requirements(statements.len());
    let context = Context::default();
    let mut times = Vec::with_capacity(users * 10);
    for (user, policies) in held.iter().enumerate() {
        let subject = Subject { user: "alice", policies };
        for requirement in requirements.iter().cycle().skip(user * 10).take(10) {
            let start = Instant::now();
            let decision = black_box(decide(&subject, black_box(requirement), &context));
            times.push(start.elapsed());
            let mut alone = policies.iter().filter(|policy| {
                let policies = [Arc::clone(policy)];
                decide(&Subject { user: "alice", policies: &policies }, requirement, &context)
                    .is_allow()
            });
            assert_eq!(decision.is_allow(), alone.next().is_some(), "{requirement}");
        }
    }
    times.sort();
    eprintln!(
        "{users} users of 50 policies of 10 statements, {} documents: median {:?}, p99 {:?}; {} KiB of documents, {} KiB of users",
        pool.len(),
        times.get(times.len() / 2).unwrap(),
        times.get(times.len() * 99 / 100).unwrap(),
        pool_bytes >> 10,
        held_bytes >> 10
    );
}

fn allow(path: &str) -> Statement {
    Statement {
        action: vec!["fs:Read*".to_owned(), "fs:List*".to_owned()],
        effect: Effect::Allow,
        resource: vec![format!("arn:lakefs:fs:::{path}")],
        condition: policy::Conditions::new(),
    }
}

fn compile(name: &str, statement: Vec<Statement>) -> Arc<Policy> {
    Arc::new(Policy::compile(name, &Document { statement }).unwrap())
}

// Documents of at most so many statements, each by the number of its first.
fn documents(statements: &[Statement], most: usize) -> Vec<Arc<Policy>> {
    statements
        .chunks(most)
        .enumerate()
        .map(|(at, statements)| compile(&(at * most).to_string(), statements.to_vec()))
        .collect()
}

fn documents_of_one(statements: &[Statement]) -> Vec<Arc<Policy>> {
    documents(statements, 1)
}

// Objects that the first, the last, some or none of so many statements are about.
fn requirements(count: usize) -> Vec<Requirement> {
    let numbers = [0, count / 3, count / 2, count - 1, count, count * 7];
    let objects = numbers.into_iter().flat_map(|number| {
        [
            Resource::object(&format!("lake-{number}"), "2026/11/25/part-00001.parquet"),
            Resource::object("lake", &format!("team-{number}/2026/part-00001.parquet")),
        ]
    });
    objects.map(|object| Requirement::new(Action::READ_OBJECT, object)).collect()
}

// The number of the statement that allows it.
fn found(policies: &[Arc<Policy>], requirement: &Requirement) -> Option<usize> {
    match decide(&Subject { user: "alice", policies }, requirement, &Context::default()) {
        Decision::Allow { by } => Some(by.policy.parse::<usize>().unwrap() + by.statement),
        Decision::Deny { .. } | Decision::NoAllow => None,
    }
}

// The quickest of several rounds, so that what else the machine does counts least.
fn a_decision(policies: &[Arc<Policy>], requirements: &[Requirement]) -> Duration {
    let subject = Subject { user: "alice", policies };
    let context = Context::default();
    let mut repeat = 1;
    let mut round = || {
        let start = Instant::now();
        for requirement in (0..repeat).flat_map(|_| requirements) {
            black_box(decide(&subject, black_box(requirement), &context));
        }
        let took = start.elapsed();
        let each = took / u32::try_from(repeat * requirements.len()).unwrap();
        if took < Duration::from_millis(2) {
            repeat *= 2;
        }
        each
    };
    (0..20).map(|_| round()).min().unwrap()
}

// What `made` makes, and how many bytes of the heap that holds.
fn weighed<T>(made: impl FnOnce() -> T) -> (T, usize) {
    let mut kept = None;
    let counted = measure(|| kept = Some(made()));
    (kept.unwrap(), usize::try_from(counted.bytes_current).unwrap())
}

fn number(name: &str, short: usize) -> usize {
    env::var(name).map_or(short, |text| text.parse().unwrap())
}
