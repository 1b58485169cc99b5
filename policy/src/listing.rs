//! Listings: which buckets a caller sees, and which keys they may list.

use std::sync::Arc;

use crate::{
    action::Action,
    compile::Policy,
    condition::Context,
    decide::{Subject, decide},
    document::Effect,
    requirement::Requirement,
    resource::Resource,
    text::Text,
};

/// Whether a list of buckets shows `bucket` to `subject`.
///
/// Who may do `fs:ListRepositories` on `*` sees every bucket. Others see those on which, or on
/// anything in which, a statement allows them something and on which none denies
/// `fs:ListRepositories` or `fs:ReadRepository`.
pub fn shows_bucket(subject: &Subject<'_>, bucket: &str, context: &Context<'_>) -> bool {
    shows_all_buckets(subject, context) || reaches_bucket(subject, bucket, context)
}

/// Whether a list of buckets shows every bucket to `subject`: they may do `fs:ListRepositories` on
/// `*`.
pub fn shows_all_buckets(subject: &Subject<'_>, context: &Context<'_>) -> bool {
    let all = Requirement::new(Action::LIST_REPOSITORIES, Resource::All);
    decide(subject, &all, context).is_allow()
}

fn reaches_bucket(subject: &Subject<'_>, bucket: &str, context: &Context<'_>) -> bool {
    let hides = |policy: &Arc<Policy>, action| {
        let denied = policy.first(Effect::Deny, action, Text::bucket(bucket), |rule, scope| {
            scope.includes_bucket(bucket, subject.user) && rule.holds(context, subject.user)
        });
        denied.is_some()
    };
    let is_hidden = |policy| HIDING.iter().any(|action| hides(policy, *action));
    !subject.policies.iter().any(is_hidden)
        && subject
            .policies
            .iter()
            .any(|policy| policy.reaches_bucket(bucket, subject.user, context))
}

/// The actions whose deny hides a bucket.
pub(crate) const HIDING: &[Action] = &[Action::LIST_REPOSITORIES, Action::READ_REPOSITORY];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        decide::Decision,
        document::{Document, Statement},
        requirement::Target,
        texts::texts,
    };

    const IN_LAKE: &str = "arn:lakefs:fs:::repository/lake/object/";

    fn policy(statements: &[(Effect, &str, &str)]) -> Arc<Policy> {
        let statement = |(effect, action, resource): &(Effect, &str, &str)| Statement {
            action: vec![(*action).to_owned()],
            effect: *effect,
            resource: vec![(*resource).to_owned()],
            condition: crate::document::Conditions::new(),
        };
        Arc::new(
            Policy::compile(
                "P",
                &Document { statement: statements.iter().map(statement).collect() },
            )
            .unwrap(),
        )
    }

    fn list(statements: &[(Effect, &str, &str)], bucket: &str, prefix: &str) -> &'static str {
        let requirement = Requirement::new(Action::LIST_OBJECTS, Target::listing(bucket, prefix));
        match decide(
            &Subject { user: "alice", policies: &[policy(statements)] },
            &requirement,
            &Context::default(),
        ) {
            Decision::Allow { .. } => "allow",
            Decision::Deny { .. } => "deny",
            Decision::NoAllow => "no allow",
        }
    }

    fn lists(resource: &str, prefix: &str) -> bool {
        list(&[(Effect::Allow, "fs:ListObjects", resource)], "lake", prefix) == "allow"
    }

    fn shows(statements: &[(Effect, &str, &str)], bucket: &str) -> bool {
        shows_bucket(
            &Subject { user: "alice", policies: &[policy(statements)] },
            bucket,
            &Context::default(),
        )
    }

    #[test]
    fn the_bucket_lists_under_every_prefix() {
        for prefix in ["", "a", "team-a/", "*"] {
            assert!(lists("arn:lakefs:fs:::repository/lake", prefix));
            assert!(lists("*", prefix));
        }
        assert!(!lists("arn:lakefs:fs:::repository/lak", ""));
    }

    #[test]
    fn an_object_pattern_lists_what_it_covers_and_no_more() {
        let team = format!("{IN_LAKE}team-a/*");
        for prefix in ["team-a/", "team-a/b", "team-a/b/c/"] {
            assert!(lists(&team, prefix), "{prefix}");
        }
        for prefix in ["", "team", "team-a", "team-b/", "Team-a/", "team-?/", "*"] {
            assert!(!lists(&team, prefix), "{prefix}");
        }
    }

    #[test]
    fn a_pattern_that_leaves_keys_out_does_not_list() {
        for end in ["a/?*", "a/*.csv", "a/", "a/????", "a/*b"] {
            assert!(!lists(&format!("{IN_LAKE}{end}"), "a/"), "{end}");
        }
        assert!(lists(&format!("{IN_LAKE}*/?*"), "a/b"));
        assert!(lists(&format!("{IN_LAKE}${{user}}/*"), "alice/"));
        assert!(!lists(&format!("{IN_LAKE}${{user}}/*"), "bob/"));
    }

    #[test]
    fn under_the_empty_prefix_every_key_has_a_character() {
        assert!(lists(&format!("{IN_LAKE}*"), ""));
        assert!(lists(&format!("{IN_LAKE}?*"), ""));
        assert!(!lists(&format!("{IN_LAKE}??*"), ""));
        assert_eq!(
            list(
                &[(Effect::Allow, "fs:*", "*"), (Effect::Deny, "fs:*", &format!("{IN_LAKE}?*"))],
                "lake",
                ""
            ),
            "deny"
        );
    }

    #[test]
    fn a_deny_refuses_a_listing_of_only_what_it_covers() {
        let denied = format!("{IN_LAKE}secret/*");
        let rules = [(Effect::Allow, "fs:*", "*"), (Effect::Deny, "fs:*", denied.as_str())];
        assert_eq!(list(&rules, "lake", "secret/"), "deny");
        assert_eq!(list(&rules, "lake", "secret/a"), "deny");
        assert_eq!(list(&rules, "lake", "secret"), "allow");
        assert_eq!(list(&rules, "lake", ""), "allow");
        assert_eq!(list(&rules, "pond", "secret/"), "allow");
    }

    #[test]
    fn a_deny_on_the_bucket_refuses_every_listing() {
        let rules = [
            (Effect::Allow, "fs:*", "*"),
            (Effect::Deny, "fs:ListObjects", "arn:lakefs:fs:::repository/lake"),
        ];
        assert_eq!(list(&rules, "lake", "a/"), "deny");
        assert_eq!(list(&rules, "pond", "a/"), "allow");
    }

    #[test]
    fn another_action_on_the_objects_lists_nothing() {
        let keys = format!("{IN_LAKE}team-a/*");
        assert_eq!(list(&[(Effect::Allow, "fs:ReadObject", &keys)], "lake", "team-a/"), "no allow");
    }

    fn shows_all(statements: &[(Effect, &str, &str)]) -> bool {
        shows_all_buckets(
            &Subject { user: "alice", policies: &[policy(statements)] },
            &Context::default(),
        )
    }

    #[test]
    fn leave_to_list_all_buckets_shows_each() {
        let all = [(Effect::Allow, "fs:ListRepositories", "*")];
        assert!(shows(&all, "lake"));
        assert!(shows_all(&all));
    }

    #[test]
    fn leave_for_every_bucket_by_pattern_is_no_leave_to_list_all() {
        for action in ["fs:ListRepositories", "fs:*"] {
            assert!(
                !shows_all(&[(Effect::Allow, action, "arn:lakefs:fs:::repository/*")]),
                "{action}"
            );
        }
        assert!(!shows_all(&[(Effect::Allow, "fs:ReadObject", "*")]));
        let nobody = Subject { user: "alice", policies: &[] };
        assert!(!shows_all_buckets(&nobody, &Context::default()));
    }

    #[test]
    fn only_a_deny_of_listing_takes_leave_to_list_all_away() {
        let rules = [(Effect::Allow, "fs:*", "*"), (Effect::Deny, "fs:ReadRepository", "*")];
        assert!(shows_all(&rules));
        let rules = [(Effect::Allow, "fs:*", "*"), (Effect::Deny, "fs:ListRepositories", "*")];
        assert!(!shows_all(&rules));
        assert!(!shows(&rules, "lake"));
    }

    #[test]
    fn a_bucket_is_shown_to_whom_something_in_it_is_allowed() {
        let rules =
            [(Effect::Allow, "fs:ReadObject", "arn:lakefs:fs:::repository/lake/object/team-a/*")];
        assert!(shows(&rules, "lake"));
        for bucket in ["lak", "lake2", "pond", "*"] {
            assert!(!shows(&rules, bucket), "{bucket}");
        }
        assert!(shows(
            &[(Effect::Allow, "fs:ReadRepository", "arn:lakefs:fs:::repository/lake")],
            "lake"
        ));
        assert!(shows(
            &[(Effect::Allow, "fs:ReadObject", "arn:lakefs:fs:::repository/t*/object/x")],
            "team"
        ));
    }

    #[test]
    fn a_deny_on_the_bucket_hides_it() {
        for denied in ["fs:ListRepositories", "fs:ReadRepository", "fs:*"] {
            let rules = [
                (Effect::Allow, "fs:ReadObject", "arn:lakefs:fs:::*"),
                (Effect::Deny, denied, "arn:lakefs:fs:::repository/lake"),
            ];
            assert!(!shows(&rules, "lake"), "{denied}");
            assert!(shows(&rules, "pond"), "{denied}");
        }
        let rules = [
            (Effect::Allow, "fs:ReadObject", "arn:lakefs:fs:::*"),
            (Effect::Deny, "fs:*", "arn:lakefs:fs:::repository/lake/object/*"),
        ];
        assert!(shows(&rules, "lake"), "a deny on the objects alone does not");
    }

    #[test]
    fn leave_for_identities_or_configuration_shows_no_bucket() {
        assert!(!shows(
            &[(Effect::Allow, "auth:*", "*"), (Effect::Allow, "fs:ReadConfig", "*")],
            "lake"
        ));
    }

    proptest! {
        #[test]
        fn a_listing_is_allowed_exactly_when_the_bucket_or_every_key_under_the_prefix_is(
            resource in prop_oneof!["repository/[b*?]{1,2}", "repository/b/object/[ab*?]{0,4}", "[r*?]{1,2}[b/*?]{0,3}"],
            prefix in "[ab]{0,3}",
        ) {
            let policies = [policy(&[(Effect::Allow, "fs:ListObjects", &format!("arn:lakefs:fs:::{resource}"))])];
            let subject = Subject { user: "alice", policies: &policies };
            let is_allowed = |target: Target| {
                decide(&subject, &Requirement { action: Action::LIST_OBJECTS, target }, &Context::default()).is_allow()
            };
            let keys = texts(&prefix, 5, &["a", "b", "z"]);
            let every_key = keys.iter().filter(|key| !key.is_empty()).all(|key| is_allowed(Resource::object("b", key).into()));
            let bucket = is_allowed(Resource::bucket("b").into());
            prop_assert_eq!(is_allowed(Target::listing("b", &prefix)), bucket || every_key);
        }
    }
}
