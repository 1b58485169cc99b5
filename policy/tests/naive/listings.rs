//! The two rules about lists, by trying every key: several patterns, denies and `${user}` together.

use policy::{Context, Document, Effect, Statement, Subject, decide, shows_bucket};
use proptest::{collection::vec, prelude::*};

use crate::{
    compile,
    evaluator::Asked,
    glob::{matches, parts},
    outcome, requirement,
    texts::texts,
};

proptest! {
    #[test]
    fn a_listing_is_decided_by_the_statements_on_its_bucket_or_on_every_key_under_its_prefix(
        statements in vec(statement(), 1..5), user in "[ab*?]{1,2}", prefix in "[ab]{0,2}",
    ) {
        let keys: Vec<_> = texts(&prefix, 4, &["a", "b", "z"]).into_iter().filter(|key| !key.is_empty()).collect();
        let speaks = |statement: &Statement| statement.resource.iter().any(|resource| {
            let is_named = |path: &str| names(resource, path, &user);
            is_named("repository/b")
                || keys.iter().all(|key| is_named(&format!("repository/b/object/{key}")))
        });
        let speaks = |effect| statements.iter().any(|it| it.effect == effect && speaks(it));
        let expected = match (speaks(Effect::Deny), speaks(Effect::Allow)) {
            (true, _) => "deny",
            (false, true) => "allow",
            (false, false) => "no allow",
        };
        let policies = [compile(&("P".to_owned(), Document { statement: statements.clone() }))];
        let listing = Asked::Listing { bucket: "b".to_owned(), prefix };
        let subject = Subject { user: &user, policies: &policies };
        let decision = decide(&subject, &requirement("fs:ListObjects", &listing), &Context::default());
        prop_assert_eq!(outcome(decision), expected);
    }

    #[test]
    fn a_bucket_is_shown_when_it_or_something_in_it_is_allowed_and_it_is_not_denied(
        statements in vec(statement(), 1..5), user in "[ab*?]",
    ) {
        let inside = texts("repository/b/object/", 3, &["a", "b", "z", &user]);
        let reaches = |resource: &String| {
            names(resource, "repository/b", &user)
                || names(resource, "repository/b/", &user)
                || inside.iter().any(|path| names(resource, path, &user))
        };
        let of = |effect| statements.iter().filter(move |it| it.effect == effect);
        let hides = of(Effect::Deny).any(|it| it.resource.iter().any(|it| names(it, "repository/b", &user)));
        let all = |effect| of(effect).any(|it| it.resource.iter().any(|it| it == "*"));
        let shows_all = all(Effect::Allow) && !all(Effect::Deny);
        let is_reached = of(Effect::Allow).any(|it| it.resource.iter().any(reaches));
        // Who may list all buckets sees this one too.
        let expected = shows_all || (is_reached && !hides);
        let policies = [compile(&("P".to_owned(), Document { statement: statements.clone() }))];
        let subject = Subject { user: &user, policies: &policies };
        prop_assert_eq!(shows_bucket(&subject, "b", &Context::default()), expected);
    }
}

fn statement() -> impl Strategy<Value = Statement> {
    let piece = prop_oneof![
        3 => Just("*"), 2 => Just("?"), 2 => Just("a"), 2 => Just("b"), 1 => Just("${user}")
    ];
    let piece = move |sizes| vec(piece.clone(), sizes).prop_map(|pieces| pieces.concat());
    let resource = prop_oneof![
        1 => Just("*".to_owned()),
        2 => piece(1..3).prop_map(|bucket| format!("arn:lakefs:fs:::repository/{bucket}")),
        1 => piece(1..4).prop_map(|path| format!("arn:lakefs:fs:::{path}")),
        4 => piece(0..4).prop_map(|key| format!("arn:lakefs:fs:::repository/b/object/{key}")),
        2 => (piece(1..2), piece(0..4))
            .prop_map(|(bucket, key)| format!("arn:lakefs:fs:::repository/{bucket}/object/{key}")),
        1 => piece(0..3).prop_map(|path| format!("arn:lakefs:auth:::{path}*")),
    ];
    (any::<bool>(), vec(resource, 1..3)).prop_map(|(denies, resource)| Statement {
        action: vec!["fs:List*".to_owned()],
        effect: if denies { Effect::Deny } else { Effect::Allow },
        resource,
        condition: [].into(),
    })
}

/// Whether a resource of a document stands for a path of the service `fs`.
fn names(resource: &str, path: &str, user: &str) -> bool {
    resource == "*"
        || resource.strip_prefix("arn:lakefs:fs:::").is_some_and(|pattern| {
            matches(&parts(pattern, user), &path.chars().collect::<Vec<_>>())
        })
}
