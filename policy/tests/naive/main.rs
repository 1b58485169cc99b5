//! The engine against a naive evaluator, which follows the documents word by word and shares no code with it.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    reason = "a test that is wrong should panic, and a run by hand says what it came to"
)]

mod cases;
mod conditions;
mod dice;
mod evaluator;
mod facts;
mod glob;
mod listings;
mod properties;
#[path = "../../src/texts.rs"]
mod texts;
mod values;

use std::{collections::BTreeMap, sync::Arc};

use policy::{
    Action, Context, Decision, Document, Policy, Requirement, Resource, Subject, Target, decide,
    shows_bucket,
};
use time::OffsetDateTime;

use crate::{
    cases::Case,
    conditions::Facts,
    dice::Dice,
    evaluator::{Asked, decided, deciding},
    values::Instant,
};

#[test]
fn h14_the_engine_decides_and_shows_what_the_documents_say() {
    let (seed, count) = run();
    let mut tally = Tally::default();
    for world in 0..count.div_ceil(CASES) {
        let mut dice = Dice::of(seed, world);
        let policies = cases::policies(&mut dice);
        let compiled: Vec<_> = policies.iter().map(compile).collect();
        for _ in 0..CASES {
            let case = cases::case(&mut dice, &policies);
            tally.compare(&case, &compiled, &format!("seed {seed}, policies {world}"));
        }
    }
    println!("seed {seed}: {count} cases agree: {:?}", tally.outcomes);
    tally.check(count);
}

/// What the cases came to.
#[derive(Debug, Default)]
struct Tally {
    /// How often each outcome came for each kind of target.
    outcomes: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    /// How often each operator decided, by not holding and by holding.
    operators: BTreeMap<String, [u64; 2]>,
}

impl Tally {
    /// Decides one case twice.
    ///
    /// # Panics
    ///
    /// When the two differ.
    fn compare(&mut self, case: &Case<'_>, compiled: &[Arc<Policy>], place: &str) {
        let Case { asker, action, target, bucket } = case;
        let subject = Subject { user: asker.user, policies: compiled };
        let context = context(&asker.facts);
        let judged = asker.judge(action, target);
        let (ours, theirs) =
            (decided(&judged), decide(&subject, &requirement(action, target), &context));
        assert!(ours == theirs, "{place}: {ours}, but the engine says {theirs}: {case:#?}");
        let is_shown = asker.is_shown(bucket);
        assert!(
            shows_bucket(&subject, bucket, &context) == is_shown,
            "{place}: {bucket} is shown: {is_shown}, but the engine says otherwise: {case:#?}"
        );
        self.count(kind(target), outcome(ours));
        self.count("bucket", if is_shown { "shown" } else { "hidden" });
        for (operator, holds) in deciding(&judged) {
            self.operators.entry(operator.to_owned()).or_default()[usize::from(holds)] += 1;
        }
    }

    fn count(&mut self, kind: &'static str, outcome: &'static str) {
        *self.outcomes.entry(kind).or_default().entry(outcome).or_default() += 1;
    }

    /// Says what the cases were worth.
    ///
    /// # Panics
    ///
    /// When an outcome is rare, or an operator decided nothing, or over many cases in one way only.
    fn check(&self, count: u64) {
        for (kind, outcomes) in &self.outcomes {
            let all: u64 = outcomes.values().sum();
            let wanted = if *kind == "bucket" { 2 } else { 3 };
            assert_eq!(outcomes.len(), wanted, "{kind}: {outcomes:?}");
            for (outcome, times) in outcomes {
                assert!(times * 10 > all, "{kind}: {outcome} is {times} of {all}");
            }
        }
        for name in facts::names() {
            let decided = self.operators.get(&name).copied().unwrap_or_default();
            // A rare one needs its time to decide in both ways.
            let wanted = if count < 100_000 { 1 } else { 2 };
            let ways = decided.iter().filter(|times| **times > 0).count();
            assert!(ways >= wanted, "{name} decided {decided:?}");
        }
    }
}

/// A policy of its document.
fn compile((name, document): &(String, Document)) -> Arc<Policy> {
    let compiled = Policy::compile(name, document);
    Arc::new(compiled.unwrap_or_else(|faults| panic!("{document:#?}: {faults:?}")))
}

fn requirement(action: &str, target: &Asked) -> Requirement {
    let action = Action::parse(action).expect("an action");
    match target {
        Asked::One(resource) => {
            Requirement::new(action, Resource::parse(resource).expect("a resource"))
        }
        Asked::Listing { bucket, prefix } => {
            Requirement::new(action, Target::listing(bucket, prefix))
        }
    }
}

fn context(facts: &Facts) -> Context<'_> {
    let time = |Instant(nanoseconds)| OffsetDateTime::from_unix_timestamp_nanos(nanoseconds);
    Context {
        source_ip: facts.source_ip,
        prefix: facts.prefix.as_deref(),
        delimiter: facts.delimiter.as_deref(),
        secure_transport: facts.secure_transport,
        current_time: facts.current_time.map(|instant| time(instant).expect("a time")),
        user_agent: facts.user_agent.as_deref(),
    }
}

fn kind(target: &Asked) -> &'static str {
    match target {
        Asked::One(resource) if resource == "*" => "all",
        Asked::One(_) => "one",
        Asked::Listing { .. } => "listing",
    }
}

fn outcome(decision: Decision<'_>) -> &'static str {
    match decision {
        Decision::Allow { .. } => "allow",
        Decision::Deny { .. } => "deny",
        Decision::NoAllow => "no allow",
    }
}

/// The seed of this run, and how many cases there are in it.
fn run() -> (u64, u64) {
    (number("LAKEGATE_POLICY_SEED", 6), number("LAKEGATE_POLICY_CASES", COUNT))
}

/// A number from the environment, for runs by hand by `tests/policy-cases`.
#[expect(clippy::disallowed_methods, reason = "a run by hand says how long it shall be")]
fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// How many cases there are in every run.
const COUNT: u64 = if cfg!(debug_assertions) { 10_000 } else { 100_000 };
/// How many requests are made of one set of policies.
const CASES: u64 = 10;
