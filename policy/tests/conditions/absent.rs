//! Keys that a request does not have, and sets of none, one and another value.

use policy::Context;
use time::macros::datetime;

use crate::applies;

#[test]
fn h04_an_absent_key_meets_each_operator_as_at_aws() {
    for (operator, values, row) in OPERATORS {
        // Of a positive operator, and of a negated one: alone, `IfExists`, `ForAnyValue:` without
        // and with it, `ForAllValues:` without and with it.
        let expected = match row {
            Sense::Positive => [false, true, false, true, true, true],
            Sense::Negated => [true, true, false, true, true, true],
        };
        let forms = FORMS.iter().zip(expected);
        for ((before, after), holds) in forms {
            let name = format!("{before}{operator}{after}");
            for key in keys_of(operator) {
                let condition = format!(r#"{{"{name}":{{"{key}":{values}}}}}"#);
                assert_eq!(applies(&condition, &Context::default()), holds, "{condition}");
            }
        }
    }
    for key in KEYS {
        for (values, absent, present) in [
            (r#""true""#, true, false),
            (r#""False""#, false, true),
            (r#"["true","false"]"#, true, true),
        ] {
            let condition = format!(r#"{{"Null":{{"{key}":{values}}}}}"#);
            assert_eq!(applies(&condition, &Context::default()), absent, "{condition}");
            assert_eq!(applies(&condition, &whole()), present, "{condition}");
        }
    }
}

#[test]
fn h04_a_key_that_is_there_is_compared_whatever_stands_behind_the_operator() {
    for (operator, values, sense) in OPERATORS {
        for (before, after) in FORMS {
            let key = keys_of(operator)[0];
            let condition = format!(r#"{{"{before}{operator}{after}":{{"{key}":{values}}}}}"#);
            // None of the values is one of the context's.
            assert_eq!(applies(&condition, &whole()), *sense == Sense::Negated, "{condition}");
        }
    }
}

#[test]
fn h05_set_operators_hold_of_none_one_and_the_other_value_as_at_aws() {
    let addressed =
        |text: &str| Context { source_ip: Some(text.parse().unwrap()), ..Context::default() };
    let asked = |text| Context { prefix: Some(text), ..Context::default() };
    for (operator, key, values, [none, within, outside]) in [
        ("ForAnyValue:StringEquals", "Prefix", r#"["a","b"]"#, [false, true, false]),
        ("ForAnyValue:StringNotEquals", "Prefix", r#"["a","b"]"#, [false, false, true]),
        ("ForAllValues:StringEquals", "Prefix", r#"["a","b"]"#, [true, true, false]),
        ("ForAllValues:StringNotEquals", "Prefix", r#"["a","b"]"#, [true, false, true]),
        ("ForAnyValue:StringLike", "Prefix", r#"["b*","a*"]"#, [false, true, false]),
        ("ForAnyValue:StringNotLike", "Prefix", r#"["b*","a*"]"#, [false, false, true]),
        ("ForAllValues:StringLike", "Prefix", r#"["b*","a*"]"#, [true, true, false]),
        ("ForAllValues:StringNotLike", "Prefix", r#"["b*","a*"]"#, [true, false, true]),
        ("ForAnyValue:StringNotEqualsIgnoreCase", "Prefix", r#"["A"]"#, [false, false, true]),
        ("ForAllValues:StringNotEqualsIgnoreCase", "Prefix", r#"["A"]"#, [true, false, true]),
        ("ForAnyValue:StringNotEqualsIfExists", "Prefix", r#"["a"]"#, [true, false, true]),
        ("ForAllValues:StringEqualsIfExists", "Prefix", r#"["a"]"#, [true, true, false]),
    ] {
        let condition = format!(r#"{{"{operator}":{{"{key}":{values}}}}}"#);
        assert_eq!(applies(&condition, &Context::default()), none, "{condition}");
        assert_eq!(applies(&condition, &asked("a")), within, "{condition}");
        assert_eq!(applies(&condition, &asked("c")), outside, "{condition}");
    }
    for (operator, [none, within, outside]) in [
        ("ForAnyValue:IpAddress", [false, true, false]),
        ("ForAnyValue:NotIpAddress", [false, false, true]),
        ("ForAllValues:IpAddress", [true, true, false]),
        ("ForAllValues:NotIpAddress", [true, false, true]),
    ] {
        let condition = format!(r#"{{"{operator}":{{"SourceIp":["10.0.0.0/8","::/0"]}}}}"#);
        assert_eq!(applies(&condition, &Context::default()), none, "{condition}");
        assert_eq!(applies(&condition, &addressed("::ffff:10.1.1.1")), within, "{condition}");
        assert_eq!(applies(&condition, &addressed("11.0.0.1")), outside, "{condition}");
    }
}

/// A request of which everything is known.
fn whole() -> Context<'static> {
    Context {
        source_ip: Some("10.0.0.1".parse().unwrap()),
        prefix: Some("p"),
        delimiter: Some("/"),
        secure_transport: Some(true),
        current_time: Some(datetime!(2026-01-31 12:00 UTC)),
        user_agent: Some("curl"),
    }
}

fn keys_of(operator: &str) -> &'static [&'static str] {
    match operator {
        "Bool" => &["SecureTransport"],
        "IpAddress" | "NotIpAddress" => &["SourceIp"],
        _ => KEYS,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sense {
    Positive,
    Negated,
}

const KEYS: &[&str] =
    &["SourceIp", "Prefix", "Delimiter", "SecureTransport", "CurrentTime", "UserAgent"];

/// What may stand before and behind an operator.
const FORMS: &[(&str, &str)] = &[
    ("", ""),
    ("", "IfExists"),
    ("ForAnyValue:", ""),
    ("ForAnyValue:", "IfExists"),
    ("ForAllValues:", ""),
    ("ForAllValues:", "IfExists"),
];

/// Every operator but `Null`, with values that match nothing of [`whole`].
#[rustfmt::skip]
const OPERATORS: &[(&str, &str, Sense)] = &[
    ("StringEquals",              r#"["x","y"]"#,                     Sense::Positive),
    ("StringNotEquals",           r#"["x","y"]"#,                     Sense::Negated),
    ("StringEqualsIgnoreCase",    r#"["x","y"]"#,                     Sense::Positive),
    ("StringNotEqualsIgnoreCase", r#"["x","y"]"#,                     Sense::Negated),
    ("StringLike",                r#"["x*","?y"]"#,                   Sense::Positive),
    ("StringNotLike",             r#"["x*","?y"]"#,                   Sense::Negated),
    ("NumericEquals",             r#"["0","1"]"#,                     Sense::Positive),
    ("NumericNotEquals",          r#"["0","1"]"#,                     Sense::Negated),
    ("NumericLessThan",           r#"["0","1"]"#,                     Sense::Positive),
    ("NumericLessThanEquals",     r#"["0","1"]"#,                     Sense::Positive),
    ("NumericGreaterThan",        r#"["99999999999"]"#,               Sense::Positive),
    ("NumericGreaterThanEquals",  r#"["99999999999"]"#,               Sense::Positive),
    ("DateEquals",                r#"["2000-01-01","2001-01-01"]"#,   Sense::Positive),
    ("DateNotEquals",             r#"["2000-01-01","2001-01-01"]"#,   Sense::Negated),
    ("DateLessThan",              r#"["2000-01-01","2001-01-01"]"#,   Sense::Positive),
    ("DateLessThanEquals",        r#"["2000-01-01","2001-01-01"]"#,   Sense::Positive),
    ("DateGreaterThan",           r#"["2100-01-01"]"#,                Sense::Positive),
    ("DateGreaterThanEquals",     r#"["2100-01-01"]"#,                Sense::Positive),
    ("Bool",                      r#"["false"]"#,                     Sense::Positive),
    ("IpAddress",                 r#"["192.168.0.0/16","::/0"]"#,     Sense::Positive),
    ("NotIpAddress",              r#"["192.168.0.0/16","::/0"]"#,     Sense::Negated),
];
