//! What the corpus of the targets about policies begins with.

use super::seeds::Seed;

/// The inputs of `document`, `arn` and `pattern`.
pub fn policies() -> Vec<Seed> {
    let mut seeds = documents();
    seeds.extend(arns());
    seeds.extend(patterns());
    seeds
}

/// Documents as people write them, and as they should not.
fn documents() -> Vec<Seed> {
    let seed = |name, json: &str| ("document", name, json.as_bytes().to_vec());
    let statement = |name, rest: &str| {
        seed(
            name,
            &format!(r#"{{"statement":[{{"action":["fs:Read*"],"effect":"deny",{rest}}}]}}"#),
        )
    };
    let condition = |name, condition: &str| {
        statement(name, &format!(r#""resource":"*","condition":{condition}"#))
    };
    vec![
        statement("everything", r#""resource":"*""#),
        statement("list", r#""resource":["arn:lakefs:fs:::repository/lake","*"]"#),
        statement(
            "list-in-a-string",
            r#""resource":"[\"arn:lakefs:fs:::repository/lake/*\",\"*\"]""#,
        ),
        statement("list-that-is-none", r#""resource":"[*""#),
        statement("own", r#""resource":"arn:lakefs:fs:::repository/lake/object/${user}/*""#),
        statement("unknown-variable", r#""resource":"arn:lakefs:fs:::repository/${aws:username}""#),
        statement("resource-twice", r#""resource":"*","resource":"*""#),
        statement("unknown-field", r#""resource":"*","principal":"*""#),
        condition("address", r#"{"IpAddress":{"SourceIp":["10.0.0.0/8","::1"]}}"#),
        condition("address-that-is-none", r#"{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/33"}}"#),
        condition("text", r#"{"StringNotLike":{"s3:Prefix":["${user}/*","a?"]}}"#),
        condition("sets", r#"{"ForAllValues:StringEqualsIfExists":{"UserAgent":["boto3/1.40"]}}"#),
        condition("number", r#"{"NumericLessThan":{"CurrentTime":["-1.50","1769860800"]}}"#),
        condition("date", r#"{"DateGreaterThan":{"CurrentTime":"2026-01-31T12:00:00Z"}}"#),
        condition("switch", r#"{"Bool":{"aws:SecureTransport":"false"},"Null":{"Prefix":"true"}}"#),
        condition("no-condition", "null"),
        condition("unknown-operator", r#"{"BinaryEquals":{"SourceIp":["a"]}}"#),
        seed(
            "two",
            r#"{"statement":[
            {"action":"fs:*","effect":"allow","resource":"*"},
            {"action":"fs:Delete*","effect":"deny","resource":"arn:lakefs:fs:::repository/lake/object/keep/*"}]}"#,
        ),
        seed("no-statement", r#"{"statement":[]}"#),
        seed(
            "effect-in-capitals",
            r#"{"statement":[{"action":"fs:*","effect":"Deny","resource":"*"}]}"#,
        ),
        seed(
            "unknown-action",
            r#"{"statement":[{"action":"s3:GetObject","effect":"allow","resource":"*"}]}"#,
        ),
        seed("nested", &"[".repeat(200)),
        seed("mark", "\u{feff}{\"statement\":[]}"),
        seed("comment", r#"{"statement":[]} // all"#),
    ]
}

/// ARNs and what looks like one.
fn arns() -> Vec<Seed> {
    let seed = |name, text: &str| ("arn", name, text.as_bytes().to_vec());
    vec![
        seed("everything", "*"),
        seed("bucket", "arn:lakefs:fs:::repository/lake"),
        seed("object", "arn:lakefs:fs:::repository/lake/object/a/b:c"),
        seed("region", "arn:lakefs:fs:eu-west-1::repository/lake"),
        seed("wildcards", "arn:lakefs:fs:::repository/l?ke/object/*"),
        seed("variable", "arn:lakefs:auth:::user/${user}"),
        seed("unknown-variable", "arn:lakefs:auth:::user/${aws:username}"),
        seed("colons", "arn:lakefs:fs:::::"),
        seed("account", "arn:lakefs:fs::1234:repository/lake"),
        seed("no-path", "arn:lakefs:fs:::"),
        seed("no-service", "arn:lakefs::::a"),
        seed("other-service", "arn:lakefs:s3:::lake"),
        seed("other-partition", "arn:aws:s3:::lake/*"),
        seed("upper-case", "ARN:LAKEFS:FS:::repository/lake"),
        seed("list", r#"["*"]"#),
        seed("empty", ""),
    ]
}

/// A user, a bucket, a pattern and a key each.
fn patterns() -> Vec<Seed> {
    let seed = |name, lines: [&str; 4]| ("pattern", name, lines.join("\n").into_bytes());
    vec![
        seed("bucket", ["alice", "lake", "repository/lake", "a"]),
        seed("keys", ["alice", "lake", "repository/lake/object/team-a/*", "team-a/"]),
        seed("every-key", ["alice", "lake", "repository/lake/object/?*", ""]),
        seed("every-second-key", ["alice", "lake", "repository/lake/object/??*", ""]),
        seed("within", ["alice", "lake", "repository/lake/*", "a"]),
        seed("early-wildcard", ["alice", "lake", "repository/*/object/team-7/*", "team-7/a"]),
        seed("own", ["alice", "lake", "repository/lake/object/${user}/*", "alice/"]),
        seed("user-that-is-a-pattern", ["*", "lake", "repository/lake/object/${user}", "a"]),
        seed("wildcards", ["a", "ab", "rep*?b/*?*/${user}?*", "a/b"]),
        seed("ending", ["a", "b", "*.csv", "a/b.csv"]),
        seed("not-ascii", ["ö", "b", "repository/b/object/?ö*", "öö"]),
        seed("unknown-variable", ["a", "b", "repository/${b}", ""]),
        seed("open-variable", ["a", "b", "repository/${user", ""]),
        seed("nothing", ["a", "b", "", ""]),
        seed("nobody", ["", "b", "*", ""]),
    ]
}
