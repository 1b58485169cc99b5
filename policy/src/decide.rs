//! Decisions: whether a caller may do one thing, and which statement says so.

use std::{fmt, sync::Arc};

use crate::{compile::Policy, condition::Context, document::Effect, requirement::Requirement};

/// Who asks, and everything they hold: their own policies and those of their groups, in any order.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The user's name, the value of `${user}`.
    pub user: &'a str,
    /// Every policy that applies to them.
    pub policies: &'a [Arc<Policy>],
}

/// What the policies say of one requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<'a> {
    /// A statement allows it and none denies it.
    Allow {
        /// The first statement that allows it.
        by: Cause<'a>,
    },
    /// A statement denies it, whatever allows it.
    Deny {
        /// The first statement that denies it.
        by: Cause<'a>,
    },
    /// No statement speaks of it, which refuses it.
    NoAllow,
}

impl Decision<'_> {
    /// Whether it may be done.
    pub fn is_allow(&self) -> bool {
        match self {
            Self::Allow { .. } => true,
            Self::Deny { .. } | Self::NoAllow => false,
        }
    }
}

impl fmt::Display for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allow { by } => write!(f, "allowed by {by}"),
            Self::Deny { by } => write!(f, "denied by {by}"),
            Self::NoAllow => f.write_str("allowed by no policy"),
        }
    }
}

/// The statement that decided. It prints as `FSReadAll statement[0]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause<'a> {
    /// The policy's name.
    pub policy: &'a str,
    /// The statement's place in the policy's document, from 0.
    pub statement: usize,
}

impl fmt::Display for Cause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} statement[{}]", self.policy, self.statement)
    }
}

/// Decides whether `subject` may do what `requirement` says: denied when any statement denies it,
/// else allowed when any allows it, else refused. It cannot fail, and it allocates nothing.
pub fn decide<'a>(
    subject: &Subject<'a>,
    requirement: &Requirement,
    context: &Context<'_>,
) -> Decision<'a> {
    let Requirement { action, target } = requirement;
    let mut decision = Decision::NoAllow;
    for policy in subject.policies {
        let first = |effect| {
            let statement = policy.first(effect, *action, target.text(), |rule, scope| {
                scope.includes(target, subject.user) && rule.holds(context, subject.user)
            })?;
            Some(Cause { policy: policy.name(), statement })
        };
        if let Some(by) = first(Effect::Deny) {
            return Decision::Deny { by };
        }
        if decision == Decision::NoAllow
            && let Some(by) = first(Effect::Allow)
        {
            decision = Decision::Allow { by };
        }
    }
    decision
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{action::Action, document::Document, requirement::Target, resource::Resource};

    const OWN: &str = "arn:lakefs:auth:::user/${user}";

    fn statement(effect: &str, action: &str, resource: &str) -> String {
        format!(r#"{{"effect":"{effect}","action":["{action}"],"resource":"{resource}"}}"#)
    }

    fn policy(name: &str, statements: &[String]) -> Arc<Policy> {
        let json = format!(r#"{{"statement":[{}]}}"#, statements.join(","));
        let document: Document = serde_json::from_str(&json).unwrap();
        Arc::new(Policy::compile(name, &document).unwrap())
    }

    fn is_allowed(
        user: &str,
        policies: &[Arc<Policy>],
        action: Action,
        target: impl Into<Target>,
    ) -> bool {
        decide(&Subject { user, policies }, &Requirement::new(action, target), &Context::default())
            .is_allow()
    }

    fn allows(resource: &str, action: Action, target: impl Into<Target>) -> bool {
        is_allowed(
            "alice",
            &[policy("P", &[statement("allow", action.name(), resource)])],
            action,
            target,
        )
    }

    #[test]
    fn nothing_is_allowed_without_a_statement() {
        let decision = decide(
            &Subject { user: "alice", policies: &[] },
            &Requirement::new(Action::READ_OBJECT, Resource::object("lake", "a")),
            &Context::default(),
        );
        assert_eq!(decision, Decision::NoAllow);
    }

    #[test]
    fn deny_wins_over_allow_in_another_policy_and_is_named() {
        let all = policy("All", &[statement("allow", "fs:*", "*")]);
        let but = policy(
            "But",
            &[
                statement("allow", "fs:*", "*"),
                statement("deny", "fs:Delete*", "arn:lakefs:fs:::repository/lake/object/keep/*"),
            ],
        );
        let subject = Subject { user: "alice", policies: &[all, but] };
        let decision = |key| {
            decide(
                &subject,
                &Requirement::new(Action::DELETE_OBJECT, Resource::object("lake", key)),
                &Context::default(),
            )
        };
        assert_eq!(
            decision("keep/a"),
            Decision::Deny { by: Cause { policy: "But", statement: 1 } }
        );
        assert_eq!(decision("keep"), Decision::Allow { by: Cause { policy: "All", statement: 0 } });
        assert_eq!(decision("keep/a").to_string(), "denied by But statement[1]");
    }

    #[test]
    fn h01_a_user_reaches_no_other_by_their_name() {
        let own = [policy("Own", &[statement("allow", "auth:ReadUser", OWN)])];
        for name in ["*", "?", "a*", "${user}", "a/b", "a:b", ""] {
            assert!(!is_allowed(name, &own, Action::READ_USER, Resource::user("alice")), "{name}");
            assert!(is_allowed(name, &own, Action::READ_USER, Resource::user(name)), "{name}");
        }
    }

    proptest! {
        #[test]
        fn h01_a_users_own_path_is_that_of_nobody_else(
            user in r"[ab*?${}/%\\.]{0,4}|\$\{user\}", other in r"[ab*?${}/%\\.]{0,4}|\$\{user\}",
        ) {
            let own = [policy("Own", &[statement("allow", "auth:ReadUser", OWN)])];
            let reaches = is_allowed(&user, &own, Action::READ_USER, Resource::user(&other));
            prop_assert_eq!(reaches, user == other);
        }
    }

    #[test]
    fn only_a_star_alone_stands_for_all() {
        assert!(allows("*", Action::LIST_USERS, Resource::All));
        for resource in ["arn:lakefs:auth:::*", "arn:lakefs:auth:::user/*"] {
            assert!(!allows(resource, Action::LIST_USERS, Resource::All), "{resource}");
        }
    }

    #[test]
    fn a_bucket_does_not_stand_for_its_objects_nor_they_for_it() {
        let read = Action::READ_OBJECT;
        assert!(!allows("arn:lakefs:fs:::repository/foo", read, Resource::object("foo", "a")));
        assert!(!allows(
            "arn:lakefs:fs:::repository/foo/*",
            Action::READ_REPOSITORY,
            Resource::bucket("foo")
        ));
        assert!(allows("arn:lakefs:fs:::repository/foo/*", read, Resource::object("foo", "a/b")));
        assert!(allows("arn:lakefs:fs:::repository/foo*", read, Resource::object("foobar", "x")));
        assert!(allows("arn:lakefs:fs:::*", read, Resource::object("foo", "a")));
    }

    #[test]
    fn services_are_apart_and_regions_are_not() {
        assert!(!allows("arn:lakefs:auth:::*", Action::READ_OBJECT, Resource::object("foo", "a")));
        assert!(allows(
            "arn:lakefs:fs:eu::repository/foo",
            Action::READ_REPOSITORY,
            Resource::bucket("foo")
        ));
    }

    #[test]
    fn h09_what_is_required_is_never_a_pattern() {
        let resource = "arn:lakefs:fs:::repository/foo/object/secret";
        for key in ["*", "s?cret", "secre*", "Secret", "secret/", "${user}"] {
            assert!(!allows(resource, Action::READ_OBJECT, Resource::object("foo", key)), "{key}");
        }
        assert!(allows(
            "arn:lakefs:fs:::repository/foo/object/?",
            Action::READ_OBJECT,
            Resource::object("foo", "*")
        ));
    }

    #[test]
    fn a_statement_applies_only_where_its_condition_holds() {
        let json = r#"{"statement":[
            {"effect":"allow","action":"fs:*","resource":"*"},
            {"effect":"deny","action":"fs:*","resource":"*","condition":{"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8"]}}}]}"#;
        let policies =
            [Arc::new(Policy::compile("P", &serde_json::from_str(json).unwrap()).unwrap())];
        let is_allowed = |source_ip: Option<&str>| {
            let context = Context {
                source_ip: source_ip.map(|address| address.parse().unwrap()),
                ..Context::default()
            };
            let requirement = Requirement::new(Action::READ_OBJECT, Resource::object("lake", "a"));
            decide(&Subject { user: "alice", policies: &policies }, &requirement, &context)
                .is_allow()
        };
        assert!(is_allowed(Some("10.1.1.1")));
        assert!(!is_allowed(Some("11.1.1.1")));
        assert!(!is_allowed(None), "an unknown source is outside");
    }

    #[test]
    fn h15_what_was_decided_before_decides_nothing() {
        let json = r#"{"statement":[{"effect":"allow","action":"fs:*","resource":"arn:lakefs:fs:::repository/lake/object/${user}/*",
            "condition":{"IpAddress":{"SourceIp":["10.0.0.0/8"]}}}]}"#;
        let before = Arc::new(Policy::compile("P", &serde_json::from_str(json).unwrap()).unwrap());
        let edited = json.replace("allow", "deny");
        let after =
            Arc::new(Policy::compile("P", &serde_json::from_str(&edited).unwrap()).unwrap());
        let requirement =
            Requirement::new(Action::READ_OBJECT, Resource::object("lake", "alice/a"));
        let is_allowed = |user, policies: &[&Arc<Policy>], address: &str| {
            let policies: Vec<_> = policies.iter().map(|policy| Arc::clone(policy)).collect();
            let context =
                Context { source_ip: Some(address.parse().unwrap()), ..Context::default() };
            decide(&Subject { user, policies: &policies }, &requirement, &context).is_allow()
        };
        for _ in 0..3 {
            assert!(is_allowed("alice", &[&before], "10.0.0.1"));
            assert!(!is_allowed("alice", &[&before], "11.0.0.1"), "in another context");
            assert!(!is_allowed("bob", &[&before], "10.0.0.1"), "for another user");
            assert!(!is_allowed("alice", &[&after], "10.0.0.1"), "by a document that was edited");
            assert!(!is_allowed("alice", &[&before, &after], "10.0.0.1"), "with one policy more");
            assert!(!is_allowed("alice", &[], "10.0.0.1"), "without any");
        }
    }

    #[test]
    fn every_operator_and_key_of_a_condition_must_hold() {
        let json = r#"{"statement":[{"effect":"allow","action":"fs:*","resource":"*","condition":{
            "IpAddress":{"SourceIp":["10.0.0.0/8"]},"NotIpAddress":{"SourceIp":["10.0.0.1"]}}}]}"#;
        let policies =
            [Arc::new(Policy::compile("P", &serde_json::from_str(json).unwrap()).unwrap())];
        let is_allowed = |address: &str| {
            let context =
                Context { source_ip: Some(address.parse().unwrap()), ..Context::default() };
            let requirement = Requirement::new(Action::READ_OBJECT, Resource::object("lake", "a"));
            decide(&Subject { user: "alice", policies: &policies }, &requirement, &context)
                .is_allow()
        };
        assert!(is_allowed("10.0.0.2"));
        assert!(!is_allowed("10.0.0.1"));
        assert!(!is_allowed("11.0.0.1"));
    }
}
