//! Random conditions, and what is known of random requests: from the same few values, so that they meet.

use policy::Conditions;

use crate::{
    conditions::Facts,
    dice::Dice,
    values::{Instant, plain},
};

/// Every operator, before `IfExists`, `ForAnyValue:` and `ForAllValues:`.
pub(crate) const OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "IpAddress",
    "NotIpAddress",
    "Null",
];

/// What may stand before an operator but `Null`, and behind it.
pub(crate) const AROUND: &[(&str, &str)] = &[
    ("", ""),
    ("", "IfExists"),
    ("ForAnyValue:", ""),
    ("ForAnyValue:", "IfExists"),
    ("ForAllValues:", ""),
    ("ForAllValues:", "IfExists"),
];

/// Every operator with all that may stand around it.
pub(crate) fn names() -> Vec<String> {
    let around = |operator: &'static str| {
        AROUND.iter().filter(move |around| operator != "Null" || **around == AROUND[0])
    };
    let names = |operator: &&'static str| {
        let operator = *operator;
        around(operator).map(move |(before, after)| format!("{before}{operator}{after}"))
    };
    OPERATORS.iter().flat_map(names).collect()
}

/// What a statement may say in `condition`.
pub(crate) fn conditions(dice: &mut Dice) -> Conditions {
    let mut conditions = Conditions::new();
    let operators = if dice.percent(70) { 1 } else { 2 };
    for _ in 0..operators {
        let operator = dice.one_of(OPERATORS);
        let (before, after) = if operator == "Null" { ("", "") } else { dice.one_of(AROUND) };
        let keys = if dice.percent(80) { 1 } else { 2 };
        let mut chosen = Vec::new();
        let mut under = std::collections::BTreeMap::new();
        for _ in 0..keys {
            let key = dice.one_of(keys_of(operator));
            if chosen.contains(&key) {
                continue;
            }
            chosen.push(key);
            under.insert(spelled(dice, key), dice.some(3, |dice| value(dice, operator, key)));
        }
        conditions.insert(format!("{before}{operator}{after}"), under);
    }
    conditions
}

/// What is known of a request; often something is not.
pub(crate) fn facts(dice: &mut Dice) -> Facts {
    fn known<T>(dice: &mut Dice, make: impl FnOnce(&mut Dice) -> T) -> Option<T> {
        (!dice.percent(20)).then(|| make(dice))
    }
    let text =
        |texts: &'static [&'static str]| move |dice: &mut Dice| dice.one_of(texts).to_owned();
    Facts {
        source_ip: known(dice, |dice| dice.one_of(ADDRESSES).parse().expect("an address")),
        prefix: known(dice, text(PREFIXES)),
        delimiter: known(dice, text(DELIMITERS)),
        secure_transport: known(dice, |dice| dice.percent(50)),
        current_time: known(dice, |dice| {
            let instant = Instant::parse(dice.one_of(TIMES)).expect("an instant");
            Instant(instant.0 + dice.one_of(&[0, 0, 0, 1, 500_000_000, 1_000_000_000]))
        }),
        user_agent: known(dice, text(AGENTS)),
    }
}

fn keys_of(operator: &str) -> &'static [&'static str] {
    match operator {
        "IpAddress" | "NotIpAddress" => &["SourceIp"],
        "Bool" => &["SecureTransport"],
        _ if operator.starts_with("Date") => &[
            "CurrentTime",
            "CurrentTime",
            "CurrentTime",
            "UserAgent",
            "SourceIp",
            "SecureTransport",
        ],
        _ if operator.starts_with("Numeric") => {
            &["UserAgent", "UserAgent", "CurrentTime", "Prefix", "Delimiter", "SourceIp"]
        }
        _ => &["SourceIp", "Prefix", "Delimiter", "SecureTransport", "CurrentTime", "UserAgent"],
    }
}

/// A key as people write it: with a prefix or without, in whatever case.
fn spelled(dice: &mut Dice, key: &str) -> String {
    let before = dice.one_of(&["", "", "aws:", "s3:"]);
    match dice.below(6) {
        0 => format!("{before}{key}").to_ascii_lowercase(),
        1 => format!("{before}{key}").to_ascii_uppercase(),
        _ => format!("{before}{key}"),
    }
}

fn value(dice: &mut Dice, operator: &str, key: &str) -> String {
    match operator {
        "Null" => dice.one_of(&["true", "false"]).to_owned(),
        "Bool" => dice.one_of(&["true", "false", "True", "FALSE"]).to_owned(),
        "IpAddress" | "NotIpAddress" => dice.one_of(NETWORKS).to_owned(),
        _ if operator.starts_with("Date") => dice.one_of(DATES).to_owned(),
        _ if operator.starts_with("Numeric") => match key {
            "CurrentTime" => {
                dice.one_of(&["1769860800", "1769860799.5", "0", "1769860801"]).to_owned()
            }
            _ => dice.one_of(NUMBERS).to_owned(),
        },
        _ => text(dice, operator, key),
    }
}

fn text(dice: &mut Dice, operator: &str, key: &str) -> String {
    let text = match key {
        "SourceIp" => plain(dice.one_of(ADDRESSES).parse().expect("an address")).to_string(),
        "Prefix" => dice.one_of(PREFIXES).to_owned(),
        "Delimiter" => dice.one_of(DELIMITERS).to_owned(),
        "SecureTransport" => dice.one_of(&["true", "false"]).to_owned(),
        "CurrentTime" => Instant::parse(dice.one_of(TIMES)).expect("an instant").text(),
        _ => dice.one_of(AGENTS).to_owned(),
    };
    match operator {
        _ if dice.percent(8) => dice.one_of(&["${user}", "${user}/", "a${user}"]).to_owned(),
        "StringLike" | "StringNotLike" => with_wildcard(dice, &text),
        _ => match dice.below(6) {
            0 => text.to_ascii_uppercase(),
            1 => format!("{text}*"),
            _ => text,
        },
    }
}

/// The text with one of its characters made a wildcard, or one more at its end.
fn with_wildcard(dice: &mut Dice, text: &str) -> String {
    let wildcard = dice.one_of(&['*', '?']);
    let at = dice.below(text.chars().count() + 1);
    let mut changed: String = text
        .chars()
        .enumerate()
        .map(|(index, it)| if index == at { wildcard } else { it })
        .collect();
    if at == text.chars().count() {
        changed.push(wildcard);
    }
    changed
}

const ADDRESSES: &[&str] =
    &["10.0.0.1", "10.0.0.129", "11.0.0.1", "::ffff:10.0.0.1", "2001:db8::7", "::1"];
const NETWORKS: &[&str] = &[
    "10.0.0.0/8",
    "10.0.0.1",
    "10.1.2.3/8",
    "10.0.0.128/25",
    "0.0.0.0/0",
    "::/0",
    "::ffff:10.0.0.0/104",
    "::ffff:10.0.0.1",
    "2001:db8::/32",
    "2001:db8::/127",
    "::1/128",
    "11.0.0.0/32",
];
const PREFIXES: &[&str] = &["", "a", "a/", "b", "ab", "*", "10", "alice"];
const DELIMITERS: &[&str] = &["", "/", "?", "10"];
const AGENTS: &[&str] = &[
    "boto3",
    "Boto3",
    "a",
    "a*",
    "ö",
    "true",
    "10",
    "10.50",
    "-1",
    "0",
    "-0.0",
    "1e3",
    " 10",
    "2026-01-31",
    "2026-01-31T12:00:00Z",
    "1769860800",
    "123456789012345678901234567890",
    "0.0000000000000000000001",
];
const NUMBERS: &[&str] = &[
    "10",
    "010",
    "10.0",
    "10.5",
    "-1",
    "0",
    "-0",
    "0.0000000000000000000001",
    "0.0000000000000000000002",
    "123456789012345678901234567890",
    "123456789012345678901234567891",
    "1769860800",
];
const TIMES: &[&str] = &[
    "2026-01-31T12:00:00Z",
    "2026-01-31T11:59:59Z",
    "2026-01-31T00:00:00Z",
    "2024-02-29T23:59:59Z",
    "1970-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "9999-12-31T23:59:58Z",
];
const DATES: &[&str] = &[
    "2026-01-31T12:00:00Z",
    "2026-01-31T13:00:00+01:00",
    "2026-01-31T07:30:00-04:30",
    "1769860800",
    "2026-01-31T12:00:01Z",
    "2026-01-31",
    "2024-03-01",
    "2024-02-29T23:59:59Z",
    "0",
    "1970-01-01",
    "1969-12-31T23:59:59Z",
    "9999-12-31T23:59:59Z",
];
