//! Conditions, as documents write them and decisions follow them.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should panic")]

mod absent;
mod edges;
mod faults;
mod values;

use std::sync::Arc;

use policy::{Action, Context, Document, Policy, Requirement, Resource, Subject, decide};

/// Whether a statement with this condition applies to a request; an allow and a deny have to agree.
fn applies(condition: &str, context: &Context<'_>) -> bool {
    let policy = |effect, condition| {
        Arc::new(Policy::compile(effect, &document(condition, effect)).unwrap())
    };
    let is_allowed = |policies: &[Arc<Policy>]| {
        let requirement = Requirement::new(Action::LIST_OBJECTS, Resource::bucket("lake"));
        decide(&Subject { user: "alice", policies }, &requirement, context).is_allow()
    };
    let allows = is_allowed(&[policy("allow", condition)]);
    let denies = !is_allowed(&[policy("allow", "{}"), policy("deny", condition)]);
    assert_eq!(allows, denies, "{condition} {context:?}");
    allows
}

fn compile(condition: &str) -> Result<Policy, Vec<String>> {
    Policy::compile("P", &document(condition, "deny"))
        .map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

fn document(condition: &str, effect: &str) -> Document {
    let json = format!(
        r#"{{"statement":[{{"effect":"{effect}","action":"fs:*","resource":"*","condition":{condition}}}]}}"#
    );
    serde_json::from_str(&json).unwrap()
}
