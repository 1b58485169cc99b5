//! What cannot be read is refused, with its place.

use crate::compile;

#[test]
fn h06_a_deny_whose_condition_cannot_be_read_is_never_stored() {
    for (condition, faults) in [
        (
            r#"{"IpAddress":{"SourceIp":["10.0.0.0/8","10.0.0.0/33"]}}"#,
            "IpAddress.SourceIp[1]: `10.0.0.0/33` is neither an IP address nor a CIDR, such as `10.0.0.0/8`",
        ),
        (
            r#"{"NumericLessThan":{"CurrentTime":"1e9"}}"#,
            "NumericLessThan.CurrentTime[0]: `1e9` is not a decimal number, such as `-12` or `0.5`",
        ),
        (
            r#"{"DateGreaterThan":{"aws:CurrentTime":"2016-12-31T23:59:60Z"}}"#,
            "DateGreaterThan.aws:CurrentTime[0]: `2016-12-31T23:59:60Z` is not a date of the years 1 to 9999, such as `2026-01-31T12:00:00Z`, `2026-01-31T12:00:00+02:00`, `2026-01-31` or seconds since 1970",
        ),
        (
            r#"{"Bool":{"SecureTransport":"yes"}}"#,
            "Bool.SecureTransport[0]: `yes` is neither `true` nor `false`",
        ),
        (r#"{"Null":{"Prefix":""}}"#, "Null.Prefix[0]: `` is neither `true` nor `false`"),
        (
            r#"{"StringLike":{"Prefix":"home/${aws:username}/*"}}"#,
            "StringLike.Prefix[0]: unknown variable `${aws:username}`; known is `${user}`",
        ),
        (
            r#"{"StringEquals":{"Prefix":"home/${user"}}"#,
            "StringEquals.Prefix[0]: a variable without its closing `}`",
        ),
        (
            r#"{"Bool":{"Prefix":"true"}}"#,
            "Bool.Prefix: `Bool` cannot be asked of `Prefix`, only of `SecureTransport`",
        ),
        (
            r#"{"ForAnyValue:NotIpAddressIfExists":{"UserAgent":"::1"}}"#,
            "ForAnyValue:NotIpAddressIfExists.UserAgent: `ForAnyValue:NotIpAddressIfExists` cannot be asked of `UserAgent`, only of `SourceIp`",
        ),
        (
            r#"{"StringLike":{"Prefix":"a","s3:prefix":"b"}}"#,
            "StringLike.s3:prefix: `Prefix` stands here twice, in two spellings: write all values under one",
        ),
        (r#"{"StringLike":{}}"#, "StringLike: at least one key is needed"),
        (r#"{"StringLike":{"Prefix":[]}}"#, "StringLike.Prefix: at least one value is needed"),
        (
            r#"{"stringlike":{"Prefix":"a"}}"#,
            "stringlike: unknown operator `stringlike`; the nearest known one is `StringLike`; docs/compatibility.md lists all",
        ),
        (
            r#"{"StringLike":{"aws:Prefixes":"a"}}"#,
            "StringLike.aws:Prefixes: unknown key `aws:Prefixes`; the nearest known one is `Prefix`; known are `SourceIp`, `Prefix`, `Delimiter`, `SecureTransport`, `CurrentTime`, `UserAgent`, also with `aws:` or `s3:` before them",
        ),
    ] {
        assert_eq!(
            compile(condition).unwrap_err(),
            [format!("statement[0].condition.{faults}")],
            "{condition}"
        );
    }
}

#[test]
fn h06_every_fault_of_a_condition_is_told_with_its_place() {
    let condition = r#"{"DateEquals":{"CurrentTime":["now","2026-01-01","never"]},"Nil":{"Prefix":"true"},"StringLike":{"Prefx":"a","UserAgent":"${x}"}}"#;
    let faults = compile(condition).unwrap_err();
    let places: Vec<_> = faults.iter().map(|fault| fault.split(": ").next().unwrap()).collect();
    assert_eq!(
        places,
        [
            "statement[0].condition.DateEquals.CurrentTime[0]",
            "statement[0].condition.DateEquals.CurrentTime[2]",
            "statement[0].condition.Nil",
            "statement[0].condition.StringLike.Prefx",
            "statement[0].condition.StringLike.UserAgent[0]",
        ]
    );
}

#[test]
fn h11_a_condition_has_limits() {
    let values = |count: usize, bytes: usize| {
        let list = vec![format!("{:?}", "a".repeat(bytes)); count].join(",");
        compile(&format!(r#"{{"StringLike":{{"Prefix":[{list}]}}}}"#)).map(drop)
    };
    assert_eq!(values(1_000, 1), Ok(()));
    assert_eq!(
        values(1_001, 1),
        Err(vec![
            "statement[0].condition.StringLike.Prefix: values are limited to 1000".to_owned()
        ])
    );
    assert_eq!(values(1, 2_048), Ok(()));
    assert_eq!(
        values(1, 2_049),
        Err(vec![
            "statement[0].condition.StringLike.Prefix[0]: this is longer than 2048 bytes"
                .to_owned()
        ])
    );
}
