//! Any pattern of a document: what it matches, covers and reaches is what its definition says.

use std::sync::Arc;

use policy::{
    Action, Context, Document, Effect, Policy, Requirement, Resource, Statement, Subject, Target,
    decide, shows_bucket,
};

use super::glob::{
    Part, matches, matches_all_beyond, matches_all_under, matches_some_under, parts,
};

/// Takes the lines of `input` for a user, a bucket, a pattern and a key, and says whether the pattern is one.
///
/// # Panics
///
/// When it decides of the key, of listing under it, or of showing the bucket otherwise than its definition.
pub fn pattern(input: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(input) else { return false };
    let mut lines = text.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or("");
    let (user, bucket, pattern, key) = (line(), line(), line(), line());
    let path = format!("repository/{bucket}/object/{key}");
    let parts = parts(pattern, user);
    // No user has the empty name. By its definition a match costs the length to the power of the runs, and covering
    // costs two to the power of the single characters behind one.
    let count = |wanted| parts.iter().filter(|part| **part == wanted).count();
    let runs_max = if path.len() > 32 { 3 } else { 6 };
    let is_cheap = count(Part::Run) <= runs_max && count(Part::One) <= 8;
    if user.is_empty() || parts.len() > 100 || path.len() > 100 || !is_cheap {
        return false;
    }
    let Some(policy) = policy(pattern) else {
        let has_variable = pattern.replace("${user}", "").contains("${");
        assert!(pattern.is_empty() || has_variable, "`{pattern}` is refused");
        return false;
    };
    let subject = Subject { user, policies: &[policy] };
    let allows = |action, target: Target| {
        decide(&subject, &Requirement::new(action, target), &Context::default()).is_allow()
    };
    let is_named = |path: &str| matches(&parts, &path.chars().collect::<Vec<_>>());
    let of_bucket = format!("repository/{bucket}");
    assert_eq!(
        allows(Action::READ_OBJECT, Resource::object(bucket, key).into()),
        is_named(&path),
        "`{pattern}` and `{path}`"
    );
    let covers = match key {
        "" => matches_all_beyond(&parts, &path),
        _ => matches_all_under(&parts, &path),
    };
    assert_eq!(
        allows(Action::LIST_OBJECTS, Target::listing(bucket, key)),
        is_named(&of_bucket) || covers,
        "`{pattern}` and what begins with `{path}`"
    );
    assert_eq!(
        shows_bucket(&subject, bucket, &Context::default()),
        is_named(&of_bucket) || matches_some_under(&parts, &format!("{of_bucket}/")),
        "`{pattern}` and the bucket `{bucket}`"
    );
    true
}

fn policy(pattern: &str) -> Option<Arc<Policy>> {
    let statement = Statement {
        action: vec!["fs:*".to_owned()],
        effect: Effect::Allow,
        resource: vec![format!("arn:lakefs:fs:::{pattern}")],
        condition: policy::Conditions::new(),
    };
    Policy::compile("P", &Document { statement: vec![statement] }).ok().map(Arc::new)
}
