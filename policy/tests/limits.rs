//! Documents at their edges: how large, how deep, in what encoding, in what spelling.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its documents should panic")]

use std::sync::Arc;

use policy::{
    ACTIONS, Action, Context, Document, ENTRY_BYTES_MAX, Policy, Requirement, Resource,
    STATEMENTS_MAX, Subject, Target, decide,
};

#[test]
fn h11_a_document_of_a_mebibyte_decides_by_its_last_statement_as_well() {
    let key = "k".repeat(1_000);
    let mut statements: Vec<_> = (0..1_100)
        .map(|at| statement("allow", "\"fs:ReadObject\"", &format!("\"{LAKE}{key}{at}\"")))
        .collect();
    statements.push(statement("deny", "\"fs:ReadObject\"", &format!("\"{LAKE}{key}7\"")));
    let json = document(&statements);
    assert!(json.len() > 1 << 20, "{} bytes", json.len());
    let policies = [compile(&json)];
    assert!(reads(&policies, &format!("{key}8")));
    assert!(!reads(&policies, &format!("{key}7")));
    assert!(!reads(&policies, &format!("{key}1100")));
}

#[test]
fn h11_a_document_of_as_many_statements_as_it_may_have_decides_by_each() {
    let statements: Vec<_> = (0..STATEMENTS_MAX)
        .map(|at| statement("allow", "\"fs:ReadObject\"", &format!("\"{LAKE}{at}\"")))
        .collect();
    let policies = [compile(&document(&statements))];
    let last = STATEMENTS_MAX - 1;
    assert!(reads(&policies, "0") && reads(&policies, &last.to_string()));
    assert!(!reads(&policies, &STATEMENTS_MAX.to_string()) && !reads(&policies, "00"));
}

#[test]
fn h11_a_resource_has_2048_bytes_at_most_whatever_its_characters() {
    let faults = |path: &str| faults(&statement("deny", "\"fs:*\"", &format!("\"{path}\"")));
    let longest = format!("{LAKE}{}", "ö".repeat((ENTRY_BYTES_MAX - LAKE.len()) / 2));
    assert!(faults(&longest).is_empty());
    assert_eq!(
        faults(&format!("{longest}öö")),
        ["statement[0].resource: this is longer than 2048 bytes"]
    );
}

#[test]
fn h11_nesting_without_end_is_refused_and_costs_no_stack() {
    for (open, close) in [("[", "]"), ("{\"statement\":", "}"), ("{\"a\":[", "]}")] {
        for depth in [200, 200_000] {
            let nested = format!("{}{}", open.repeat(depth), close.repeat(depth));
            serde_json::from_str::<Document>(&nested).unwrap_err();
            let within = statement("deny", &nested, "\"*\"");
            serde_json::from_str::<Document>(&document(&[within])).unwrap_err();
        }
    }
}

#[test]
fn h11_a_document_is_json_in_utf_8_and_nothing_beside_it() {
    let plain = document(&[statement("deny", "\"fs:*\"", "\"*\"")]);
    compile(&plain);
    compile(&format!(" \r\n\t{plain}\n"));
    let utf_16: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin_1 = plain.replace("fs:*", "fs:\u{1}").into_bytes();
    let latin_1 = latin_1.iter().map(|byte| if *byte == 1 { 0xf6 } else { *byte }).collect();
    let texts = [
        format!("\u{feff}{plain}"),
        format!("/* all */ {plain}"),
        plain.replace('{', "{ // all\n"),
        plain.replace("]}", "],}"),
        plain.replace('"', "'"),
        format!("{plain} {plain}"),
        plain.trim_end_matches('}').to_owned(),
        format!("{plain}\0"),
        String::new(),
    ];
    for bytes in texts.map(String::into_bytes).into_iter().chain([utf_16, latin_1]) {
        let read = serde_json::from_slice::<Document>(&bytes);
        assert!(read.is_err(), "{}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn h08_actions_have_the_case_they_are_written_in_and_patterns_only_behind_their_service() {
    let faults = |action: &str| faults(&statement("deny", &format!("\"{action}\""), "\"*\""));
    for action in ["fs:*Object", "fs:?eadObject", "fs:*", "fs:Read*", "fs:ReadObject", "fs:**"] {
        assert!(faults(action).is_empty(), "{action}");
    }
    for action in [
        "FS:readobject",
        "fs:readobject",
        "fs:*object",
        "Fs:*",
        "*",
        "*:*",
        "f*:ReadObject",
        "fs:Write",
    ] {
        assert_eq!(faults(action).len(), 1, "{action}");
    }
    let policies = [compile(&document(&[statement("allow", "\"fs:*Object\"", "\"*\"")]))];
    let subject = Subject { user: "alice", policies: &policies };
    for action in ACTIONS {
        let requirement = Requirement::new(*action, Resource::bucket("lake"));
        let is_allowed = decide(&subject, &requirement, &Context::default()).is_allow();
        let is_named = action.name().starts_with("fs:") && action.name().ends_with("Object");
        assert_eq!(is_allowed, is_named, "{action}");
    }
}

#[test]
fn h09_keys_that_look_alike_are_different_for_a_listing_as_for_an_object() {
    let alike =
        ["Key", "key ", " key", "key/", "/key", "k\u{435}y", "key\0", "ke\u{301}y", "%6Bey"];
    for (written, others) in [("key", &alike[..]), ("\u{e9}", &["e\u{301}", "\u{c9}", "e"])] {
        let resources = format!("[\"{LAKE}{written}\", \"{LAKE}{written}*\"]");
        let policies = [compile(&document(&[statement("allow", "\"fs:*\"", &resources)]))];
        assert!(reads(&policies, written) && lists(&policies, written));
        for other in others.iter().filter(|other| !other.starts_with(written)) {
            assert!(!reads(&policies, other) && !lists(&policies, other), "{other:?}");
        }
        let policies = [compile(&document(&[statement(
            "allow",
            "\"fs:*\"",
            &format!("\"{LAKE}{written}\""),
        )]))];
        for other in others {
            assert!(!reads(&policies, other), "{other:?}");
        }
    }
}

#[test]
fn h12_every_form_of_a_statement_decides_the_same() {
    let (one, two) = (format!("{LAKE}a"), format!("{LAKE}b"));
    let list = format!(r#"["{one}","{two}"]"#);
    let in_a_string = serde_json::to_string(&list).unwrap();
    for resources in [&list, &in_a_string] {
        for actions in
            [r#""fs:ReadObject""#, r#"["fs:ReadObject"]"#, r#"["fs:Read*","fs:ReadObject"]"#]
        {
            let policies = [compile(&document(&[statement("allow", actions, resources)]))];
            assert!(reads(&policies, "a") && reads(&policies, "b"), "{actions} {resources}");
            assert!(!reads(&policies, "c"), "{actions} {resources}");
        }
    }
    // A list within a list, or behind a blank, is no other way to write one.
    for resource in [r#"[["*"]]"#, r#"" [\"*\"]""#, r#"["[\"*\"]"]"#, r#""[]""#, "[]", "null", "1"]
    {
        let json = document(&[statement("allow", "\"fs:*\"", resource)]);
        let read = serde_json::from_str::<Document>(&json).ok();
        assert!(read.is_none_or(|it| Policy::compile("P", &it).is_err()), "{resource}");
    }
}

fn statement(effect: &str, action: &str, resource: &str) -> String {
    format!(r#"{{"effect":"{effect}","action":{action},"resource":{resource}}}"#)
}

fn document(statements: &[String]) -> String {
    format!(r#"{{"statement":[{}]}}"#, statements.join(","))
}

fn compile(json: &str) -> Arc<Policy> {
    Arc::new(Policy::compile("P", &serde_json::from_str(json).unwrap()).unwrap())
}

fn faults(statement: &str) -> Vec<String> {
    let document = serde_json::from_str(&document(&[statement.to_owned()])).unwrap();
    let faults = Policy::compile("P", &document).err().unwrap_or_default();
    faults.iter().map(ToString::to_string).collect()
}

fn reads(policies: &[Arc<Policy>], key: &str) -> bool {
    may(policies, Action::READ_OBJECT, Resource::object("lake", key).into())
}

fn lists(policies: &[Arc<Policy>], prefix: &str) -> bool {
    may(policies, Action::LIST_OBJECTS, Target::listing("lake", prefix))
}

fn may(policies: &[Arc<Policy>], action: Action, target: Target) -> bool {
    let requirement = Requirement::new(action, target);
    decide(&Subject { user: "alice", policies }, &requirement, &Context::default()).is_allow()
}

const LAKE: &str = "arn:lakefs:fs:::repository/lake/object/";
