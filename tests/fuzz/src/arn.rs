//! Any text as an ARN: what names a resource is read in one way, and nothing in it is a pattern but in a document.

use std::sync::Arc;

use policy::{
    Action, Context, Document, Effect, Policy, Requirement, Resource, Statement, Subject, decide,
};

/// Takes `input` for a resource, and says whether it is one.
///
/// # Panics
///
/// When it is read again as another, when a document may name what no request can touch, or the other way round, or
/// when a wildcard in what a request touches stands for more than itself.
pub fn arn(input: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(input) else { return false };
    let written = policy(text);
    let Some(resource) = Resource::parse(text) else {
        assert!(written.is_none(), "`{text}` stands for something, and is no resource");
        return false;
    };
    let printed = resource.to_string();
    assert_eq!(Resource::parse(&printed).as_ref(), Some(&resource), "`{printed}`");
    let has_variable = text.contains("${");
    let is_short = text.len() <= policy::ENTRY_BYTES_MAX;
    assert!(written.is_some() || has_variable || !is_short, "`{text}` cannot be written");
    if let Some(written) = written {
        // A pattern stands for its own text, and for no more of it than that when it has no wildcard.
        assert!(has_variable || allows(&written, &resource), "`{text}` is not itself");
    }
    let plain = printed.replace(['*', '?', '$'], "x");
    if plain != printed
        && let Some(plain) = policy(&plain)
    {
        assert!(!allows(&plain, &resource), "a wildcard of `{printed}` stands for another text");
    }
    true
}

/// A policy that allows everything on one resource, if a document may name it.
fn policy(resource: &str) -> Option<Arc<Policy>> {
    let statement = Statement {
        action: vec!["fs:*".to_owned()],
        effect: Effect::Allow,
        resource: vec![resource.to_owned()],
        condition: policy::Conditions::new(),
    };
    Policy::compile("P", &Document { statement: vec![statement] }).ok().map(Arc::new)
}

fn allows(policy: &Arc<Policy>, resource: &Resource) -> bool {
    let subject = Subject { user: "alice", policies: std::slice::from_ref(policy) };
    let requirement = Requirement::new(Action::READ_OBJECT, resource.clone());
    decide(&subject, &requirement, &Context::default()).is_allow()
}
