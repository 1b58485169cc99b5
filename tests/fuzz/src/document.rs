//! Any bytes as a policy document: they are refused, or mean the same however often they are written and read.

use std::sync::Arc;

use policy::{
    ACTIONS, Context, Decision, Document, Policy, Requirement, Resource, Subject, Target, decide,
    shows_bucket,
};

/// Takes `input` for a document, and says whether it is one that has no fault.
///
/// # Panics
///
/// When it is written as another document, or as one that decides otherwise.
pub fn document(input: &[u8]) -> bool {
    let Ok(document) = serde_json::from_slice::<Document>(input) else { return false };
    let written = serde_json::to_vec(&document).expect("a document can be written");
    let again: Document = serde_json::from_slice(&written).expect("and read again");
    assert_eq!(again, document, "written as another");
    match (Policy::compile("P", &document), Policy::compile("P", &again)) {
        (Ok(policy), Ok(again)) => {
            assert_eq!(answers(policy), answers(again), "decides otherwise");
            true
        }
        (Err(faults), Err(again)) => {
            assert_eq!(faults, again, "other faults");
            assert!((1..=100).contains(&faults.len()), "{} faults", faults.len());
            let have_places = faults.iter().all(|fault| fault.path.starts_with("statement"));
            assert!(have_places, "a fault without a place: {faults:?}");
            false
        }
        (one, other) => panic!("judged in two ways: {one:?} and {other:?}"),
    }
}

/// What the policy decides of a few requests, and whether it shows a bucket.
fn answers(policy: Policy) -> Vec<String> {
    let policies = [Arc::new(policy)];
    let targets = [
        Target::One(Resource::All),
        Resource::bucket("lake").into(),
        Resource::object("lake", "a/b").into(),
        Resource::user("alice").into(),
        Target::listing("lake", ""),
        Target::listing("lake", "a/"),
    ];
    let known = Context {
        source_ip: Some([10, 0, 0, 1].into()),
        prefix: Some("a/"),
        delimiter: Some("/"),
        secure_transport: Some(true),
        current_time: Some(time::OffsetDateTime::UNIX_EPOCH),
        user_agent: Some("boto3/1.40"),
    };
    let mut answers = Vec::new();
    for user in ["alice", "lake"] {
        let subject = Subject { user, policies: &policies };
        for context in [&Context::default(), &known] {
            for action in ACTIONS.iter().step_by(9) {
                for target in &targets {
                    let requirement = Requirement::new(*action, target.clone());
                    answers.push(one_answer(&subject, &requirement, context));
                }
            }
            answers.push(shows_bucket(&subject, "lake", context).to_string());
        }
    }
    answers
}

fn one_answer(subject: &Subject<'_>, requirement: &Requirement, context: &Context<'_>) -> String {
    let decision = decide(subject, requirement, context);
    assert_eq!(decision.is_allow(), matches!(decision, Decision::Allow { .. }));
    decision.to_string()
}
