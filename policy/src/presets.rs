//! The policies and groups that a new store holds.
//!
//! They are those of the newer lakeFS RBAC documents, with the `branches:` and `pr:` actions of
//! current lakeFS in the two policies for managing repositories, and `ExportSetConfiguration` for
//! the Admins.

use crate::document::{Document, Effect, Statement};

/// A policy that a new store holds.
#[derive(Clone, Copy, Debug)]
pub struct PresetPolicy {
    /// Its name.
    pub name: &'static str,
    // Each statement allows these actions on that resource.
    statements: &'static [(&'static [&'static str], &'static str)],
}

impl PresetPolicy {
    /// Its document.
    pub fn document(&self) -> Document {
        let statement = |(actions, resource): &(&[&str], &str)| Statement {
            action: actions.iter().map(|action| (*action).to_owned()).collect(),
            effect: Effect::Allow,
            resource: vec![(*resource).to_owned()],
            condition: crate::document::Conditions::new(),
        };
        Document { statement: self.statements.iter().map(statement).collect() }
    }
}

/// A group that a new store holds.
#[derive(Clone, Copy, Debug)]
pub struct PresetGroup {
    /// Its name.
    pub name: &'static str,
    /// The names of its policies, each one of [`POLICIES`].
    pub policies: &'static [&'static str],
}

/// The policies of a new store.
pub static POLICIES: &[PresetPolicy] = &[
    PresetPolicy { name: "FSFullAccess", statements: &[(&["fs:*"], "*")] },
    PresetPolicy { name: "FSReadAll", statements: &[(&["fs:List*", "fs:Read*"], "*")] },
    PresetPolicy {
        name: "FSReadWriteAll",
        statements: &[(
            &[
                "fs:Read*",
                "fs:List*",
                "fs:WriteObject",
                "fs:DeleteObject",
                "fs:RevertBranch",
                "fs:CreateBranch",
                "fs:CreateTag",
                "fs:DeleteBranch",
                "fs:DeleteTag",
                "fs:CreateCommit",
                "fs:CreateMetaRange",
            ],
            "*",
        )],
    },
    PresetPolicy { name: "AuthFullAccess", statements: &[(&["auth:*"], "*")] },
    PresetPolicy {
        name: "AuthManageOwnCredentials",
        statements: &[(
            &[
                "auth:CreateCredentials",
                "auth:DeleteCredentials",
                "auth:ListCredentials",
                "auth:ReadCredentials",
            ],
            "arn:lakefs:auth:::user/${user}",
        )],
    },
    PresetPolicy {
        name: "RepoManagementFullAccess",
        statements: &[
            (&["ci:*"], "*"),
            (&["retention:*"], "*"),
            (&["branches:*"], "*"),
            (&["pr:*"], "*"),
        ],
    },
    PresetPolicy {
        name: "RepoManagementReadAll",
        statements: &[
            (&["ci:Read*"], "*"),
            (&["retention:Get*"], "*"),
            (&["branches:Get*"], "*"),
            (&["pr:Read*", "pr:List*"], "*"),
        ],
    },
    PresetPolicy { name: "ExportSetConfiguration", statements: &[(&["fs:ExportConfig"], "*")] },
];

/// The groups of a new store.
pub static GROUPS: &[PresetGroup] = &[
    PresetGroup {
        name: "Admins",
        policies: &[
            "FSFullAccess",
            "AuthFullAccess",
            "RepoManagementFullAccess",
            "ExportSetConfiguration",
        ],
    },
    PresetGroup {
        name: "SuperUsers",
        policies: &["FSFullAccess", "AuthManageOwnCredentials", "RepoManagementReadAll"],
    },
    PresetGroup {
        name: "Developers",
        policies: &["FSReadWriteAll", "AuthManageOwnCredentials", "RepoManagementReadAll"],
    },
    PresetGroup { name: "Viewers", policies: &["FSReadAll", "AuthManageOwnCredentials"] },
];

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        action::{ACTIONS, Action},
        compile::Policy,
        condition::Context,
        decide::{Subject, decide},
        listing::shows_bucket,
        name::{Kind, check},
        requirement::{Requirement, Target},
        resource::Resource,
    };

    fn held(group: &str) -> Vec<Arc<Policy>> {
        let group = GROUPS.iter().find(|preset| preset.name == group).unwrap();
        let compile = |name: &&str| {
            let preset = POLICIES.iter().find(|preset| preset.name == *name).unwrap();
            Arc::new(Policy::compile(name, &preset.document()).unwrap())
        };
        group.policies.iter().map(compile).collect()
    }

    fn may(group: &str, action: Action, target: impl Into<Target>) -> bool {
        let subject = Subject { user: "alice", policies: &held(group) };
        decide(&subject, &Requirement::new(action, target), &Context::default()).is_allow()
    }

    #[test]
    fn every_preset_compiles_and_may_have_its_name() {
        for preset in POLICIES {
            Policy::compile(preset.name, &preset.document()).unwrap();
            check(Kind::Policy, preset.name).unwrap();
        }
        for preset in GROUPS {
            held(preset.name);
            check(Kind::Group, preset.name).unwrap();
        }
    }

    #[test]
    fn viewers_read_and_list_all_of_the_store_and_change_none_of_it() {
        for action in ACTIONS.iter().filter(|action| action.service() == "fs") {
            let reads =
                action.name().starts_with("fs:Read") || action.name().starts_with("fs:List");
            assert_eq!(may("Viewers", *action, Resource::bucket("lake")), reads, "{action}");
        }
        assert!(may("Viewers", Action::READ_BUCKET_POLICY, Resource::bucket("lake")));
        assert!(may("Viewers", Action::LIST_OBJECTS, Target::listing("lake", "a/")));
        assert!(!may("Viewers", Action::WRITE_OBJECT, Resource::object("lake", "a")));
        assert!(!may(
            "Viewers",
            Action::BYPASS_GOVERNANCE_RETENTION,
            Resource::object("lake", "a")
        ));
        let subject = Subject { user: "alice", policies: &held("Viewers") };
        assert!(shows_bucket(&subject, "lake", &Context::default()));
    }

    #[test]
    fn developers_write_objects_but_neither_buckets_nor_what_guards_them() {
        for action in [
            Action::READ_OBJECT,
            Action::WRITE_OBJECT,
            Action::DELETE_OBJECT,
            Action::READ_OBJECT_VERSION,
        ] {
            assert!(may("Developers", action, Resource::object("lake", "a")), "{action}");
        }
        for action in [
            Action::DELETE_OBJECT_VERSION,
            Action::WRITE_OBJECT_ACL,
            Action::BYPASS_GOVERNANCE_RETENTION,
        ] {
            assert!(!may("Developers", action, Resource::object("lake", "a")), "{action}");
        }
        for action in
            [Action::CREATE_REPOSITORY, Action::DELETE_REPOSITORY, Action::WRITE_BUCKET_POLICY]
        {
            assert!(!may("Developers", action, Resource::bucket("lake")), "{action}");
        }
    }

    #[test]
    fn only_admins_manage_others() {
        for (group, manages) in
            [("Admins", true), ("SuperUsers", false), ("Developers", false), ("Viewers", false)]
        {
            assert_eq!(may(group, Action::CREATE_USER, Resource::user("bob")), manages, "{group}");
            assert_eq!(
                may(group, Action::CREATE_CREDENTIALS, Resource::user("bob")),
                manages,
                "{group}"
            );
            assert_eq!(may(group, Action::LIST_USERS, Resource::All), manages, "{group}");
            assert!(may(group, Action::CREATE_CREDENTIALS, Resource::user("alice")), "{group}");
        }
    }

    #[test]
    fn admins_may_do_everything_but_what_belongs_to_the_catalog() {
        for action in ACTIONS {
            assert_eq!(
                may("Admins", *action, Resource::All),
                action.service() != "catalog",
                "{action}"
            );
        }
    }
}
