//! Keys that a store may read as paths.

use std::sync::Arc;

use policy::{
    Action, Context, Decision, Document, Policy, Requirement, Resource, Subject, Target, decide,
};
use proptest::prelude::*;

use crate::needs;

#[test]
fn b01_who_may_use_a_prefix_does_not_leave_it_by_a_path_that_a_store_cleans() {
    let team = policy(
        r#"{"statement":[{"effect":"allow","action":"fs:*",
            "resource":"arn:lakefs:fs:::repository/lake/object/team-a/*"}]}"#,
    );
    for url in ["team-a/x", "team-a/b//x", "team-a/./x", "team-a/b/../x", "team-a/../team-a/x"] {
        for request in object_requests(&format!("lake/{url}")) {
            assert_eq!(outcome(&team, &request, &[]), "allow", "{request}");
        }
    }
    for url in [
        "team-a/../team-b/z",
        "team-a//../team-b/z",
        "team-a/./../team-b/z",
        "team-a/..",
        "team-a/../",
        "team-a/b/../../team-ab",
        "team-a/../../other/secret",
        "team-a/../../../other/secret",
        "team-a/../..",
        "./team-b/z",
        "//team-a/x",
    ] {
        for request in object_requests(&format!("lake/{url}")) {
            assert_eq!(outcome(&team, &request, &[]), "no allow", "{request}");
        }
    }
    for (prefix, expected) in [
        ("team-a/", "allow"),
        ("team-a/b//", "allow"),
        ("team-a/../team-a/", "allow"),
        ("team-a/../", "no allow"),
        ("team-a/../team-b/", "no allow"),
        ("team-a/../../other/", "no allow"),
        ("team-a/../..", "no allow"),
    ] {
        for query in ["", "&list-type=2", "&delimiter=/"] {
            let request = format!("GET /lake?prefix={prefix}{query}");
            assert_eq!(outcome(&team, &request, &[]), expected, "{request}");
        }
    }
}

#[test]
fn b01_a_deny_holds_for_every_path_that_a_store_cleans_into_it() {
    let all_but = policy(
        r#"{"statement":[{"effect":"allow","action":"fs:*","resource":"*"},
            {"effect":"deny","action":"fs:*","resource":["arn:lakefs:fs:::repository/lake/object/priv/*",
                "arn:lakefs:fs:::repository/vault/*"]}]}"#,
    );
    for url in [
        "priv/x",
        "a/../priv/x",
        "//priv/x",
        "/./priv/x",
        "./priv//x",
        "../lake/priv/x",
        "../vault/x",
        "a/../../../vault/x",
        "priv/../x",
    ] {
        for request in object_requests(&format!("lake/{url}")) {
            assert_eq!(outcome(&all_but, &request, &[]), "deny", "{request}");
        }
        let request = format!("GET /lake?prefix={url}");
        assert_eq!(outcome(&all_but, &request, &[]), "deny", "{request}");
    }
    for url in ["a/../b", "//b", "..", "../../b", "priv", "a/../privy/x"] {
        for request in object_requests(&format!("lake/{url}")) {
            assert_eq!(outcome(&all_but, &request, &[]), "allow", "{request}");
        }
    }
}

#[test]
fn b01_what_a_header_needs_is_needed_under_both_readings() {
    let required = |key| {
        let object = || Resource::object("lake", key);
        [
            Requirement::new(Action::WRITE_OBJECT, object()),
            Requirement::new(Action::WRITE_OBJECT_TAGS, object()),
        ]
    };
    let [write, tag] = required("a//b");
    let [write_cleaned, tag_cleaned] = required("a/b");
    assert_eq!(
        needs("PUT /lake/a//b", &[("x-amz-tagging", "a=b")]),
        [write, write_cleaned, tag, tag_cleaned]
    );
}

proptest! {
    #[test]
    fn b01_a_key_that_no_store_cleans_needs_its_action_once(
        key in "[ab.ö* ]{0,2}[abö]([.]{0,2}/[.]{0,2}[ab*]{1,2}){0,3}/?",
    ) {
        let read = Requirement::new(Action::READ_OBJECT, Resource::object("lake", &key));
        prop_assert_eq!(needs(&format!("GET /lake/{key}"), &[]), [read]);
        let list = Requirement::new(Action::LIST_OBJECTS, Target::listing("lake", &key));
        prop_assert_eq!(needs(&format!("GET /lake?prefix={key}"), &[]), [list]);
    }
}

fn object_requests(url: &str) -> [String; 9] {
    [
        format!("GET /{url}"),
        format!("GET /{url}?versionId=1"),
        format!("HEAD /{url}"),
        format!("PUT /{url}"),
        format!("DELETE /{url}"),
        format!("POST /{url}?uploads"),
        format!("PUT /{url}?uploadId=u&partNumber=1"),
        format!("POST /{url}?uploadId=u"),
        format!("DELETE /{url}?uploadId=u"),
    ]
}

fn policy(document: &str) -> [Arc<Policy>; 1] {
    let document: Document = serde_json::from_str(document).unwrap();
    [Arc::new(Policy::compile("P", &document).unwrap())]
}

/// What is decided about all that `request` needs: a deny, else a want of leave, else leave.
fn outcome(policies: &[Arc<Policy>], request: &str, headers: &[(&str, &str)]) -> &'static str {
    let subject = Subject { user: "alice", policies };
    let mut outcome = "allow";
    for requirement in needs(request, headers) {
        match decide(&subject, &requirement, &Context::default()) {
            Decision::Allow { .. } => {}
            Decision::Deny { .. } => return "deny",
            Decision::NoAllow => outcome = "no allow",
        }
    }
    outcome
}
