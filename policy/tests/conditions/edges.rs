//! Numbers, dates and addresses at their edges.

use policy::Context;
use time::macros::datetime;

use crate::{applies, compile};

#[test]
fn h10_a_number_is_compared_exactly_at_its_edge() {
    let number = |text| Context { user_agent: Some(text), ..Context::default() };
    for (operator, [below, at, above]) in [
        ("NumericEquals", [false, true, false]),
        ("NumericNotEquals", [true, false, true]),
        ("NumericLessThan", [true, false, false]),
        ("NumericLessThanEquals", [true, true, false]),
        ("NumericGreaterThan", [false, false, true]),
        ("NumericGreaterThanEquals", [false, true, true]),
    ] {
        let condition = format!(r#"{{"{operator}":{{"UserAgent":"9007199254740993"}}}}"#);
        for (value, holds) in [
            ("9007199254740992", below),
            ("9007199254740992.9999999999999999999999", below),
            ("-9007199254740994", below),
            ("9007199254740993", at),
            ("09007199254740993.000", at),
            ("9007199254740993.0000000000000000000001", above),
            ("9007199254740994", above),
        ] {
            assert_eq!(applies(&condition, &number(value)), holds, "{condition} {value}");
        }
        for value in ["", "many", "1e3", "+9007199254740993", " 9007199254740993", "NaN"] {
            let holds = operator == "NumericNotEquals";
            assert_eq!(applies(&condition, &number(value)), holds, "{condition} {value}");
        }
    }
}

#[test]
fn h10_a_date_is_compared_exactly_at_its_edge() {
    let at = |moment| Context { current_time: Some(moment), ..Context::default() };
    for (operator, [before, same, after]) in [
        ("DateEquals", [false, true, false]),
        ("DateNotEquals", [true, false, true]),
        ("DateLessThan", [true, false, false]),
        ("DateLessThanEquals", [true, true, false]),
        ("DateGreaterThan", [false, false, true]),
        ("DateGreaterThanEquals", [false, true, true]),
    ] {
        for spelled in [
            "2026-03-29T01:00:00Z",
            "2026-03-29T03:00:00+02:00",
            "2026-03-28T20:00:00-05:00",
            "1774746000",
        ] {
            let condition = format!(r#"{{"{operator}":{{"CurrentTime":"{spelled}"}}}}"#);
            for (moment, holds) in [
                (datetime!(2026-03-29 00:59:59.999_999_999 UTC), before),
                (datetime!(0001-01-01 00:00 UTC), before),
                (datetime!(2026-03-29 01:00 UTC), same),
                (datetime!(2026-03-29 02:00 +01:00), same),
                (datetime!(2026-03-29 01:00:00.000_000_001 UTC), after),
                (datetime!(9999-12-31 23:59:59 UTC), after),
            ] {
                assert_eq!(applies(&condition, &at(moment)), holds, "{condition} {moment}");
            }
        }
    }
}

#[test]
fn h10_an_address_is_compared_at_the_edges_of_networks() {
    let from =
        |text: &str| Context { source_ip: Some(text.parse().unwrap()), ..Context::default() };
    for (network, address, is_inside) in [
        ("0.0.0.0/0", "255.255.255.255", true),
        ("0.0.0.0/0", "::ffff:1.2.3.4", true),
        ("0.0.0.0/0", "::1", false),
        ("::/0", "ffff::1", true),
        ("::/0", "1.2.3.4", false),
        ("::/0", "::ffff:1.2.3.4", false),
        ("10.1.2.3/31", "10.1.2.2", true),
        ("10.1.2.3/31", "10.1.2.4", false),
        ("::ffff:10.0.0.0/104", "10.255.255.255", true),
        ("10.1.2.3", "10.1.2.3", true),
    ] {
        for (operator, holds) in [("IpAddress", is_inside), ("NotIpAddress", !is_inside)] {
            let condition = format!(r#"{{"{operator}":{{"SourceIp":"{network}"}}}}"#);
            assert_eq!(applies(&condition, &from(address)), holds, "{condition} {address}");
        }
    }
    for network in
        ["fe80::1%eth0", "fe80::%1/64", "10.0.0.0/33", "10.0.0.0/08x", "::/129", "10.0.0"]
    {
        let condition = format!(r#"{{"NotIpAddress":{{"SourceIp":"{network}"}}}}"#);
        assert_eq!(compile(&condition).unwrap_err().len(), 1, "{condition}");
    }
}
