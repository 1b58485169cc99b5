//! lakeFS's own documents, as its documentation and its setup have them: they load as they stand, and decide what is
//! said of them there.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its documents should panic")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use policy::{
    Action, Context, Decision, Document, Policy, Requirement, Resource, Statement, Subject, Target,
    decide, presets, shows_bucket,
};
use serde::Deserialize;

/// Policies and groups that one of lakeFS's documents describes.
#[derive(Debug, Deserialize)]
struct Set {
    policies: BTreeMap<String, Vec<Statement>>,
    groups: BTreeMap<String, Vec<String>>,
}

#[test]
fn every_document_loads_as_it_stands_and_is_written_back_the_same() {
    let mut loaded = 0;
    for set in ["older", "newer"] {
        for entry in fs::read_dir(folder().join(set)).unwrap() {
            let path = entry.unwrap().path();
            let document: Document = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            Policy::compile("P", &document).unwrap();
            let written = serde_json::to_string(&document).unwrap();
            assert_eq!(serde_json::from_str::<Document>(&written).unwrap(), document, "{path:?}");
            loaded += 1;
        }
    }
    assert_eq!(loaded, 17);
}

#[test]
fn full_access_is_to_all_of_the_store_and_nothing_of_identities() {
    for set in ["older", "newer"] {
        let held = [document(set, "FSFullAccess")];
        for allowed in [
            "fs:ReadObject arn:lakefs:fs:::repository/lake/object/a/b",
            "fs:DeleteRepository arn:lakefs:fs:::repository/lake",
            "fs:ListRepositories *",
            "fs:AttachStorageNamespace arn:lakefs:fs:::namespace/s3://lake",
            "fs:ReadConfig *",
        ] {
            assert!(allows(&held, allowed), "{allowed}");
        }
        assert!(!allows(&held, "auth:ReadUser arn:lakefs:auth:::user/alice"));
        assert!(!allows(&held, "ci:ReadAction arn:lakefs:fs:::repository/lake"));
    }
}

#[test]
fn reading_all_changes_nothing() {
    for set in ["older", "newer"] {
        let held = [document(set, "FSReadAll")];
        assert!(allows(&held, "fs:ReadObject arn:lakefs:fs:::repository/lake/object/a"));
        assert!(allows(&held, "fs:ListObjects arn:lakefs:fs:::repository/lake"));
        assert!(lists(&held, "lake", "a/"));
        assert!(allows(&held, "fs:ListRepositories *"));
        for refused in [
            "fs:WriteObject arn:lakefs:fs:::repository/lake/object/a",
            "fs:DeleteObject arn:lakefs:fs:::repository/lake/object/a",
            "fs:CreateBranch arn:lakefs:fs:::repository/lake/branch/main",
            "fs:CreateRepository arn:lakefs:fs:::repository/lake",
        ] {
            assert!(!allows(&held, refused), "{refused}");
        }
    }
}

#[test]
fn reading_and_writing_all_makes_no_repositories() {
    for set in ["older", "newer"] {
        let held = [document(set, "FSReadWriteAll")];
        for allowed in [
            "fs:ReadObject arn:lakefs:fs:::repository/lake/object/a",
            "fs:WriteObject arn:lakefs:fs:::repository/lake/object/a",
            "fs:DeleteObject arn:lakefs:fs:::repository/lake/object/a",
            "fs:CreateCommit arn:lakefs:fs:::repository/lake/branch/main",
            "fs:ListRepositories *",
        ] {
            assert!(allows(&held, allowed), "{set}: {allowed}");
        }
        for refused in ["fs:CreateRepository", "fs:DeleteRepository", "fs:UpdateRepository"] {
            assert!(!allows(&held, &format!("{refused} arn:lakefs:fs:::repository/lake")));
        }
        // What the newer one adds to the older.
        for added in [
            "fs:CreateTag arn:lakefs:fs:::repository/lake/tag/v1",
            "fs:CreateMetaRange arn:lakefs:fs:::repository/lake",
            "fs:ReadConfig *",
        ] {
            assert_eq!(allows(&held, added), set == "newer", "{added}");
        }
    }
}

#[test]
fn leave_for_identities_is_for_all_of_them_or_for_ones_own_credentials() {
    for set in ["older", "newer"] {
        let all = [document(set, "AuthFullAccess")];
        let own = [document(set, "AuthManageOwnCredentials")];
        assert!(allows(&all, "auth:ListUsers *"));
        assert!(allows(&all, "auth:AttachPolicy arn:lakefs:auth:::group/team"));
        assert!(!allows(&all, "fs:ReadObject arn:lakefs:fs:::repository/lake/object/a"));
        for action in ["Create", "Delete", "List", "Read"] {
            let credentials =
                |user| format!("auth:{action}Credentials arn:lakefs:auth:::user/{user}");
            assert!(allows(&own, &credentials("alice")));
            assert!(!allows(&own, &credentials("bob")));
            assert!(allows(&all, &credentials("bob")));
        }
        assert!(!allows(&own, "auth:DeleteUser arn:lakefs:auth:::user/alice"));
    }
}

#[test]
fn managing_repositories_is_reading_or_setting_what_guards_them() {
    for set in ["older", "newer"] {
        let full = [document(set, "RepoManagementFullAccess")];
        let read = [document(set, "RepoManagementReadAll")];
        for (action, reads) in [
            ("ci:ReadAction", true),
            ("retention:GetGarbageCollectionRules", true),
            ("retention:SetGarbageCollectionRules", false),
            ("retention:PrepareGarbageCollectionCommits", false),
        ] {
            let asked = format!("{action} arn:lakefs:fs:::repository/lake");
            assert!(allows(&full, &asked), "{asked}");
            assert_eq!(allows(&read, &asked), reads, "{asked}");
        }
        assert!(!allows(&full, "fs:ReadRepository arn:lakefs:fs:::repository/lake"));
    }
    let export = [document("older", "ExportSetConfiguration")];
    assert!(allows(&export, "fs:ExportConfig arn:lakefs:fs:::repository/lake"));
    assert!(!allows(&export, "fs:ReadConfig *"));
}

#[test]
fn reading_and_writing_one_repository_reaches_no_other() {
    for set in ["older", "newer"] {
        let text = fs::read_to_string(path(set, "RepositoryReadWrite")).unwrap();
        let held = [compile(
            "P",
            &serde_json::from_str(&text.replace("<repository-name>", "lake")).unwrap(),
        )];
        for allowed in [
            "fs:ReadRepository arn:lakefs:fs:::repository/lake",
            "fs:ListBranches arn:lakefs:fs:::repository/lake",
            "fs:CreateBranch arn:lakefs:fs:::repository/lake/branch/dev",
            "fs:WriteObject arn:lakefs:fs:::repository/lake/object/a/b",
            "fs:DeleteTag arn:lakefs:fs:::repository/lake/tag/v1",
            "fs:ReadConfig *",
        ] {
            assert!(allows(&held, allowed), "{allowed}");
        }
        for refused in [
            "fs:DeleteRepository arn:lakefs:fs:::repository/lake",
            "fs:ReadRepository arn:lakefs:fs:::repository/lake2",
            "fs:ReadObject arn:lakefs:fs:::repository/lake2/object/a",
            "fs:ListRepositories *",
        ] {
            assert!(!allows(&held, refused), "{refused}");
        }
        assert!(lists(&held, "lake", "") && !lists(&held, "pond", ""));
        assert!(sees(&held, "lake") && !sees(&held, "pond"));
    }
}

#[test]
fn the_groups_of_every_set_may_do_what_their_names_say() {
    for (name, set) in sets() {
        let held = |group: &str| {
            let policies = set.groups[group].iter();
            let compiled = policies.map(|policy| {
                let statement = set.policies[policy].clone();
                compile(policy, &Document { statement })
            });
            compiled.collect::<Vec<_>>()
        };
        for (group, writes, manages) in [
            ("Admins", true, true),
            ("SuperUsers", true, false),
            ("Developers", true, false),
            ("Viewers", false, false),
        ] {
            let held = held(group);
            let may = |asked| allows(&held, asked);
            assert!(
                may("fs:ReadObject arn:lakefs:fs:::repository/lake/object/a"),
                "{name} {group}"
            );
            assert!(may("auth:CreateCredentials arn:lakefs:auth:::user/alice"), "{name} {group}");
            let write = "fs:WriteObject arn:lakefs:fs:::repository/lake/object/a";
            assert_eq!(may(write), writes, "{name} {group}");
            assert_eq!(
                may("auth:CreateUser arn:lakefs:auth:::user/bob"),
                manages,
                "{name} {group}"
            );
            let delete = "fs:DeleteRepository arn:lakefs:fs:::repository/lake";
            assert_eq!(may(delete), matches!(group, "Admins" | "SuperUsers"), "{name} {group}");
            let table = "catalog:ReadTable arn:lakefs:catalog:::table/t";
            assert_eq!(may(table), name == "current", "{name} {group}");
        }
    }
}

#[test]
fn the_sets_are_what_the_documents_say() {
    let sets = sets();
    for set in ["older", "newer"] {
        for (name, statement) in &sets[set].policies {
            let document: Document =
                serde_json::from_slice(&fs::read(path(set, name)).unwrap()).unwrap();
            assert_eq!(document.statement, *statement, "{set} {name}");
        }
    }
}

#[test]
fn the_presets_are_the_newer_documents_but_for_managing_repositories() {
    let (older, newer) = (&sets()["older"], &sets()["newer"]);
    for preset in presets::POLICIES {
        let statement = match preset.name {
            "RepoManagementFullAccess" | "RepoManagementReadAll" => continue,
            "ExportSetConfiguration" => &older.policies[preset.name],
            name => &newer.policies[name],
        };
        assert_eq!(preset.document().statement, *statement, "{}", preset.name);
    }
    for preset in presets::GROUPS {
        let set = if preset.name == "Admins" { older } else { newer };
        assert_eq!(preset.policies, set.groups[preset.name], "{}", preset.name);
    }
}

/// Whether alice, who holds these, may do `action resource`.
fn allows(held: &[Arc<Policy>], asked: &str) -> bool {
    let (action, resource) = asked.split_once(' ').unwrap();
    decision(held, action, Resource::parse(resource).unwrap().into()).is_allow()
}

fn lists(held: &[Arc<Policy>], bucket: &str, prefix: &str) -> bool {
    decision(held, "fs:ListObjects", Target::listing(bucket, prefix)).is_allow()
}

fn sees(held: &[Arc<Policy>], bucket: &str) -> bool {
    shows_bucket(&Subject { user: "alice", policies: held }, bucket, &Context::default())
}

fn decision<'a>(held: &'a [Arc<Policy>], action: &str, target: Target) -> Decision<'a> {
    let requirement = Requirement::new(Action::parse(action).unwrap(), target);
    decide(&Subject { user: "alice", policies: held }, &requirement, &Context::default())
}

fn document(set: &str, name: &str) -> Arc<Policy> {
    compile(name, &serde_json::from_slice(&fs::read(path(set, name)).unwrap()).unwrap())
}

fn compile(name: &str, document: &Document) -> Arc<Policy> {
    Arc::new(Policy::compile(name, document).unwrap())
}

fn sets() -> BTreeMap<String, Set> {
    serde_json::from_slice(&fs::read(folder().join("presets.json")).unwrap()).unwrap()
}

fn path(set: &str, name: &str) -> PathBuf {
    folder().join(set).join(format!("{name}.json"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents")
}
