//! What is compared with what.

use std::sync::Arc;

use policy::{Action, Context, Policy, Requirement, Resource, Subject, decide};
use time::macros::datetime;

use crate::{applies, document};

#[test]
fn a_text_is_compared_as_its_operator_says() {
    for (operator, value, matching, other) in [
        ("StringEquals", "a*", &["a*"][..], &["a", "ab", "A*", ""][..]),
        ("StringEqualsIgnoreCase", "Äb?", &["äB?", "Äb?"], &["ab?", "äbc", "äb"]),
        ("StringLike", "a*/?", &["a/b", "ab/c/d"], &["a/", "b/c", "A/b"]),
        ("StringEquals", "", &[""], &["a"]),
        ("StringLike", "", &[""], &["a"]),
        ("StringLike", "*", &["", "a"], &[]),
        (
            "StringLike",
            "home/${user}/*",
            &["home/alice/", "home/alice/x"],
            &["home/bob/", "home/${user}/"],
        ),
        ("StringEquals", "home/${user}/", &["home/alice/"], &["home/bob/", "home/${user}/"]),
        ("StringEqualsIgnoreCase", "${user}", &["Alice", "alice"], &["${user}"]),
    ] {
        let negated = operator.replacen("String", "StringNot", 1);
        let texts = matching.iter().map(|text| (text, true));
        for (text, matches) in texts.chain(other.iter().map(|text| (text, false))) {
            let context = Context { prefix: Some(text), ..Context::default() };
            let condition = |operator| format!(r#"{{"{operator}":{{"Prefix":"{value}"}}}}"#);
            assert_eq!(
                applies(&condition(operator), &context),
                matches,
                "{operator} {value} {text}"
            );
            assert_eq!(
                applies(&condition(&negated), &context),
                !matches,
                "{negated} {value} {text}"
            );
        }
    }
}

#[test]
fn the_name_of_a_user_is_plain_text_in_a_condition() {
    let document = document(r#"{"StringLike":{"Prefix":"home/${user}/*"}}"#, "allow");
    let policies = [Arc::new(Policy::compile("P", &document).unwrap())];
    let requirement = Requirement::new(Action::LIST_OBJECTS, Resource::bucket("lake"));
    let may_list = |user, prefix| {
        let context = Context { prefix: Some(prefix), ..Context::default() };
        decide(&Subject { user, policies: &policies }, &requirement, &context).is_allow()
    };
    assert!(may_list("*", "home/*/x") && !may_list("*", "home/alice/x"));
    assert!(may_list("${user}", "home/${user}/x") && !may_list("${user}", "home/alice/x"));
}

#[test]
fn every_key_has_a_text_a_number_or_a_date() {
    for condition in [
        r#"{"StringEquals":{"SourceIp":"10.0.0.1"}}"#,
        r#"{"StringLike":{"SourceIp":"10.*"}}"#,
        r#"{"StringEquals":{"SecureTransport":"true"}}"#,
        r#"{"Bool":{"SecureTransport":"TRUE"}}"#,
        r#"{"StringEquals":{"CurrentTime":"2026-01-31T12:00:00Z"}}"#,
        r#"{"StringLike":{"CurrentTime":"2026-01-*"}}"#,
        r#"{"NumericEquals":{"CurrentTime":"1769860800"}}"#,
        r#"{"NumericEquals":{"Delimiter":"1.0"}}"#,
        r#"{"DateLessThan":{"Delimiter":"2026-01-31"}}"#,
        r#"{"DateEquals":{"Prefix":"2026-01-31T13:00:00+01:00"}}"#,
        r#"{"NumericNotEquals":{"SecureTransport":"1"}}"#,
        r#"{"DateNotEquals":{"SourceIp":"10"}}"#,
    ] {
        let context = Context {
            source_ip: Some("::ffff:10.0.0.1".parse().unwrap()),
            prefix: Some("2026-01-31T12:00:00Z"),
            delimiter: Some("1"),
            secure_transport: Some(true),
            current_time: Some(datetime!(2026-01-31 13:00 +01:00)),
            user_agent: None,
        };
        assert!(applies(condition, &context), "{condition}");
    }
}

#[test]
fn every_operator_and_every_key_must_hold_with_one_of_its_values() {
    let condition = r#"{"StringLike":{"Prefix":["a/*","b/*"],"Delimiter":"/"},"StringNotLike":{"Prefix":["a/x*","b/x*"]}}"#;
    for (prefix, delimiter, holds) in [
        ("a/1", "/", true),
        ("b/1", "/", true),
        ("c/1", "/", false),
        ("a/1", "", false),
        ("a/x", "/", false),
        ("b/x", "/", false),
    ] {
        let context =
            Context { prefix: Some(prefix), delimiter: Some(delimiter), ..Context::default() };
        assert_eq!(applies(condition, &context), holds, "{prefix} {delimiter}");
    }
}
