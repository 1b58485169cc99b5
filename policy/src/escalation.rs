//! Which statements let their holder widen their own rights.

use std::{fmt, sync::Arc};

use crate::{
    action::Action,
    area::Area,
    compile::{Policy, Rule},
    document::Effect,
    overlap::Paths,
    powers::{On, POWERS, Way},
};

/// A statement by which whoever holds its policy can come to more than their policies say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Escalation<'a> {
    /// The policy's name.
    pub policy: &'a str,
    /// The statement's place in the policy's document, from 0.
    pub statement: usize,
    /// The action that does it; where all of a kind do, the first of them.
    pub action: Action,
    /// What the holder can do, as a sentence without its full stop.
    pub what: &'static str,
}

impl fmt::Display for Escalation<'_> {
    /// As in `TeamA statement[0]: auth:UpdatePolicy: its holder can …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { policy, statement, action, what } = self;
        write!(f, "{policy} statement[{statement}]: {action}: {what}")
    }
}

/// Every way in which the holder of all of `policies` can widen their own rights, statement by statement.
///
/// Who they are is not known here: a statement on any user or group may be on themselves or on a group of theirs.
/// Conditions are taken to hold in a statement that allows, and not to hold in one that denies. So no way is left out;
/// one that patterns only seem to open may be told of. A statement that opens every way of a kind, as `auth:*` does, is
/// told of once.
pub fn escalations(policies: &[Arc<Policy>]) -> Vec<Escalation<'_>> {
    let holding = Holding::of(policies);
    let mut found = Vec::new();
    for (policy, statement, rule) in rules(policies) {
        for power in POWERS {
            let open: Vec<&Way> =
                power.ways.iter().filter(|way| holding.opens(rule, way)).collect();
            let all = open.len() == power.ways.len();
            let told = if all { open.get(..1).unwrap_or_default() } else { &open };
            found.extend(told.iter().map(|way| {
                let what = if all { power.what } else { way.what };
                Escalation { policy, statement, action: way.action, what }
            }));
        }
    }
    found
}

/// All that one caller holds.
struct Holding<'a> {
    allows: Vec<&'a Rule>,
    denials: Vec<Denial<'a>>,
}

/// What one statement always denies.
struct Denial<'a> {
    rule: &'a Rule,
    areas: Vec<Area>,
}

impl<'a> Holding<'a> {
    fn of(policies: &'a [Arc<Policy>]) -> Self {
        let (allows, denies): (Vec<_>, Vec<_>) =
            rules(policies).map(|(_, _, rule)| rule).partition(|rule| rule.effect == Effect::Allow);
        let denials = denies
            .into_iter()
            .filter(|rule| rule.conditions().is_empty())
            .map(|rule| Denial { rule, areas: rule.scopes().iter().map(Area::of).collect() });
        Self { allows, denials: denials.collect() }
    }

    /// Whether `rule` opens `way`, with the help that it needs from the others.
    fn opens(&self, rule: &Rule, way: &Way) -> bool {
        let is_beside = |action| {
            let mut others = POWERS.iter().flat_map(|power| power.ways);
            others.any(|other| {
                other.action == action && self.allows.iter().any(|rule| self.allows(rule, other))
            })
        };
        self.allows(rule, way) && way.beside.is_none_or(is_beside)
    }

    fn allows(&self, rule: &Rule, way: &Way) -> bool {
        rule.effect == Effect::Allow
            && rule.actions().contains(way.action)
            && rule
                .scopes()
                .iter()
                .map(Area::of)
                .any(|area| way.on.iter().any(|on| area.has(*on) && !self.denies(way, *on, &area)))
    }

    /// Whether a statement denies all that `area` has of `on`.
    fn denies(&self, way: &Way, on: On, area: &Area) -> bool {
        let denials =
            self.denials.iter().filter(|denial| denial.rule.actions().contains(way.action));
        denials.flat_map(|denial| &denial.areas).any(|denied| denied.covers(on, area))
    }
}

impl Area {
    /// Whether it may have one of `on`.
    fn has(&self, on: On) -> bool {
        let Self::Paths { service, paths } = self else { return true };
        let is_own = || matches!(on, On::OtherUser) && Paths::own("user/").cover(paths);
        *service == on.kind().service() && paths.meet(&Paths::of(on.kind())) && !is_own()
    }

    /// Whether it has, for certain, all that `area` has of `on`.
    fn covers(&self, on: On, area: &Self) -> bool {
        let Self::Paths { service, paths } = self else { return true };
        let covers_area =
            || matches!(area, Self::Paths { paths: allowed, .. } if paths.cover(allowed));
        *service == on.kind().service() && (paths.cover(&Paths::of(on.kind())) || covers_area())
    }
}

fn rules(policies: &[Arc<Policy>]) -> impl Iterator<Item = (&str, usize, &Rule)> {
    policies.iter().flat_map(|policy| {
        policy.rules().iter().enumerate().map(|(statement, rule)| (policy.name(), statement, rule))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{document::Document, presets};

    fn policy(name: &str, statements: &[(&str, &str, &str)]) -> Arc<Policy> {
        let statements: Vec<String> = statements
            .iter()
            .map(|(effect, action, resource)| {
                format!(r#"{{"effect":"{effect}","action":["{action}"],"resource":"{resource}"}}"#)
            })
            .collect();
        read(name, &statements.join(","))
    }

    fn read(name: &str, statements: &str) -> Arc<Policy> {
        let document: Document =
            serde_json::from_str(&format!(r#"{{"statement":[{statements}]}}"#)).unwrap();
        Arc::new(Policy::compile(name, &document).unwrap())
    }

    /// The actions told of, for one policy of these statements.
    fn told(statements: &[(&str, &str, &str)]) -> Vec<&'static str> {
        let policies = [policy("P", statements)];
        escalations(&policies).iter().map(|found| found.action.name()).collect()
    }

    const USERS: &str = "arn:lakefs:auth:::user/*";
    const OWN: &str = "arn:lakefs:auth:::user/${user}";
    const GROUPS: &str = "arn:lakefs:auth:::group/*";
    const POLICIES: &str = "arn:lakefs:auth:::policy/*";
    const BUCKETS: &str = "arn:lakefs:fs:::repository/*";

    #[test]
    fn each_action_that_widens_is_told_of_with_its_statement() {
        for (action, resource) in [
            ("auth:AttachPolicy", USERS),
            ("auth:AttachPolicy", OWN),
            ("auth:AttachPolicy", "arn:lakefs:auth:::group/team"),
            ("auth:UpdatePolicy", POLICIES),
            ("auth:DeletePolicy", "*"),
            ("auth:DetachPolicy", OWN),
            ("auth:AddGroupMember", GROUPS),
            ("auth:RemoveGroupMember", GROUPS),
            ("auth:DeleteGroup", GROUPS),
            ("auth:CreateCredentials", USERS),
            ("auth:CreateCredentials", "arn:lakefs:auth:::user/${user}-*"),
            ("auth:CreateUserExternalPrincipal", "arn:lakefs:auth:::user/bob"),
            ("fs:WriteBucketPolicy", BUCKETS),
            ("fs:WriteBucketAcl", "arn:lakefs:fs:::repository/lake"),
            ("fs:WriteObjectAcl", "arn:lakefs:fs:::repository/lake/object/a/*"),
            ("fs:WriteBucketPublicAccessBlock", BUCKETS),
            ("fs:WriteBucketReplication", BUCKETS),
            ("fs:WriteBucketLifecycle", "*"),
        ] {
            let policies =
                [policy("P", &[("allow", "fs:ReadObject", "*"), ("allow", action, resource)])];
            let [found] = &*escalations(&policies) else { panic!("{action} on {resource}") };
            assert_eq!((found.policy, found.statement), ("P", 1), "{action}");
            assert_eq!(found.action.name(), action);
            assert!(
                found
                    .to_string()
                    .starts_with(&format!("P statement[1]: {action}: its holder can "))
            );
        }
    }

    #[test]
    fn what_reaches_nothing_of_that_kind_or_only_the_holder_is_not_told_of() {
        for (action, resource) in [
            ("auth:AttachPolicy", POLICIES),
            ("auth:AttachPolicy", "arn:lakefs:fs:::user/*"),
            ("auth:CreateCredentials", OWN),
            ("auth:CreateUserExternalPrincipal", OWN),
            ("auth:AddGroupMember", USERS),
            ("auth:CreatePolicy", POLICIES),
            ("auth:CreateUser", USERS),
            ("auth:Read*", "*"),
            ("fs:*", "arn:lakefs:fs:::repository/lake/tag/*"),
            ("fs:WriteBucketPolicy", "arn:lakefs:fs:::repository/lake/object/*"),
            ("fs:WriteObject", "*"),
        ] {
            assert_eq!(told(&[("allow", action, resource)]), [""; 0], "{action} on {resource}");
        }
        assert_eq!(told(&[("deny", "auth:*", "*")]), [""; 0]);
    }

    #[test]
    fn leave_to_write_policies_counts_beside_leave_to_attach_them() {
        let write = policy("Write", &[("allow", "auth:CreatePolicy", POLICIES)]);
        let attach = policy("Attach", &[("allow", "auth:AttachPolicy", USERS)]);
        let both = [write, attach];
        let names: Vec<_> = escalations(&both).iter().map(|found| found.policy).collect();
        assert_eq!(names, ["Write", "Attach"]);
        assert_eq!(
            told(&[
                ("allow", "auth:CreatePolicy", POLICIES),
                ("allow", "auth:AttachPolicy", USERS),
                ("deny", "auth:AttachPolicy", "*"),
            ]),
            [""; 0]
        );
    }

    #[test]
    fn all_of_a_kind_is_told_of_once_and_less_than_all_one_by_one() {
        assert_eq!(told(&[("allow", "auth:*", "*")]), ["auth:AttachPolicy"]);
        assert_eq!(told(&[("allow", "fs:*", "*")]), ["fs:WriteBucketPolicy"]);
        assert_eq!(
            told(&[("allow", "auth:*", "*"), ("deny", "auth:A*", "*")]),
            [
                "auth:UpdatePolicy",
                "auth:DeletePolicy",
                "auth:DetachPolicy",
                "auth:RemoveGroupMember",
                "auth:DeleteGroup",
                "auth:CreateCredentials",
                "auth:CreateUserExternalPrincipal",
            ]
        );
    }

    #[test]
    fn what_is_always_denied_is_not_told_of_and_what_is_sometimes_denied_is() {
        for (denied, is_told) in [
            ("*", false),
            ("arn:lakefs:auth:::*", false),
            (GROUPS, false),
            ("arn:lakefs:auth:::group/team-*", false),
            ("arn:lakefs:auth:::group/team-a", true),
            ("arn:lakefs:auth:::group/${user}", true),
            ("arn:lakefs:fs:::*", true),
            (USERS, true),
        ] {
            let found = told(&[
                ("allow", "auth:AddGroupMember", "arn:lakefs:auth:::group/team-*"),
                ("deny", "auth:*", denied),
            ]);
            assert_eq!(!found.is_empty(), is_told, "{denied}");
        }
        let condition = r#"{"effect":"deny","action":"auth:*","resource":"*","condition":{"IpAddress":{"SourceIp":"::1"}}}"#;
        let allow = r#"{"effect":"allow","action":"auth:UpdatePolicy","resource":"*"}"#;
        assert_eq!(escalations(&[read("P", &format!("{allow},{condition}"))]).len(), 1);
    }

    #[test]
    fn a_deny_in_another_policy_of_the_holder_counts() {
        let allow = policy("Allow", &[("allow", "auth:UpdatePolicy", "*")]);
        let deny = policy("Deny", &[("deny", "auth:UpdatePolicy", POLICIES)]);
        assert_eq!(escalations(&[Arc::clone(&allow)]).len(), 1);
        assert_eq!(escalations(&[deny, allow]), []);
    }

    #[test]
    fn of_the_presets_those_that_manage_all_are_told_of_once_each() {
        let policies: Vec<_> = presets::POLICIES
            .iter()
            .map(|preset| Arc::new(Policy::compile(preset.name, &preset.document()).unwrap()))
            .collect();
        let names: Vec<_> = escalations(&policies).iter().map(|found| found.policy).collect();
        assert_eq!(names, ["FSFullAccess", "AuthFullAccess"]);
    }
}
