//! What holds of decisions whatever the policies are, conditions and listings included.

use std::sync::Arc;

use policy::{Document, Effect, Policy, Statement, Subject, decide, shows_bucket};

use crate::{
    cases::{self, Case},
    compile, context,
    dice::Dice,
    outcome, requirement, run,
};

#[test]
fn h13_the_order_of_statements_does_not_matter() {
    of_many_cases(|dice, case, given| {
        let mut shuffled = given.to_vec();
        for at in (1..shuffled.len()).rev() {
            shuffled.swap(at, dice.below(at + 1));
        }
        assert_eq!(answer(case, &[&shuffled]), answer(case, &[given]), "{given:#?} {case:#?}");
    });
}

#[test]
fn h13_statements_decide_the_same_in_one_policy_or_in_many() {
    of_many_cases(|dice, case, given| {
        let one = answer(case, &[given]);
        let (head, tail) = given.split_at(dice.below(given.len() + 1));
        assert_eq!(answer(case, &[tail, head]), one, "{given:#?} {case:#?}");
        assert_eq!(answer(case, &[given, given]), one, "{given:#?} {case:#?}");
    });
}

#[test]
fn h13_one_more_deny_never_widens_and_one_more_allow_never_narrows() {
    of_many_cases(|dice, case, given| {
        let more = cases::statement(dice);
        let (before, was_shown) = answer(case, &[given]);
        let (after, is_shown) = answer(case, &[given, std::slice::from_ref(&more)]);
        let fits = match more.effect {
            Effect::Deny => (after == before || after == "deny") && (was_shown || !is_shown),
            Effect::Allow => {
                (after == before || (before, after) == ("no allow", "allow"))
                    && (is_shown || !was_shown)
            }
        };
        assert!(fits, "{before} to {after} by {more:#?}: {given:#?} {case:#?}");
    });
}

/// Checks some statements, as many as two policies may have, and a request that they decide.
fn of_many_cases(check: impl Fn(&mut Dice, &Case<'_>, &[Statement])) {
    let (seed, count) = run();
    for number in 0..count / 20 {
        let mut dice = Dice::of(seed, number);
        let policies = cases::policies(&mut dice);
        let given: Vec<_> =
            policies.iter().flat_map(|(_, document)| document.statement.clone()).collect();
        let case = cases::case(&mut dice, &policies);
        check(&mut dice, &case, &given);
    }
}

/// The outcome for who holds these statements as policies, and whether they see the bucket.
fn answer(case: &Case<'_>, held: &[&[Statement]]) -> (&'static str, bool) {
    let compiled: Vec<Arc<Policy>> = held
        .iter()
        .filter(|statements| !statements.is_empty())
        .map(|statements| compile(&("P".to_owned(), Document { statement: statements.to_vec() })))
        .collect();
    let subject = Subject { user: case.asker.user, policies: &compiled };
    let context = context(&case.asker.facts);
    let decision = decide(&subject, &requirement(case.action, &case.target), &context);
    (outcome(decision), shows_bucket(&subject, case.bucket, &context))
}
