//! Rules of CORS: what is taken, and where what is wrong with them stands.

use super::*;

#[test]
fn rules_of_cors_are_taken_in_their_order() {
    let text = "cors:
- {origins: ['https://app.example.com', 'https://*.example.com'], methods: [GET, PUT], headers: ['*'],
   expose: [ETag], max_age_s: 600}
- {origins: ['*'], methods: [HEAD]}
";
    let config = config(text);
    let rules: Vec<_> = config.cors.rules().collect();
    let origins: Vec<_> = rules[0].origins.iter().map(proxy::OriginPattern::text).collect();
    assert_eq!(origins, ["https://app.example.com", "https://*.example.com"]);
    assert_eq!(rules[0].expose, ["etag"]);
    assert_eq!(rules[0].max_age, Some(Duration::from_mins(10)));
    assert_eq!((rules.len(), rules[1].max_age), (2, None));
    assert_eq!(config_cors_from("[{origins: ['*'], methods: [GET]}]").unwrap(), 1);
    assert_eq!(config_cors_from("").unwrap(), 0);
    assert!(warnings(text).is_empty());
}

/// How many rules a variable gives.
fn config_cors_from(variable: &str) -> Result<usize, Vec<Fault>> {
    Ok(read_with(BASE, &[("LAKEGATE_CORS", variable)])?.0.cors.rules().count())
}

#[test]
fn every_fault_of_a_rule_of_cors_is_told_with_its_path() {
    let right = "origins: ['*'], methods: [GET]";
    for (rules, told) in [
        ("['*']", "cors: not a list of rules"),
        ("'*'", "cors: not a list of rules"),
        ("[{methods: [GET]}]", "cors[0].origins: missing, or empty: the rule would match nothing"),
        (
            "[{origins: ['*'], methods: []}]",
            "cors[0].methods: missing, or empty: the rule would match nothing",
        ),
        (
            "[{origins: ['*'], methods: [PATCH]}]",
            "cors[0].methods[0]: not one of: GET, PUT, POST, DELETE, HEAD",
        ),
        (
            "[{origins: ['*'], methods: [GET, put]}]",
            "cors[0].methods[1]: not one of: GET, PUT, POST, DELETE, HEAD",
        ),
        ("[{origins: '*', methods: [GET]}]", "cors[0].origins: not a list of texts"),
        ("[{origins: [5], methods: [GET]}]", "cors[0].origins[0]: not a text"),
        (
            "[{origins: ['*', app.example.com], methods: [GET]}]",
            "cors[0].origins[1]: not an origin: a scheme and a host, as in `https://app.example.com`",
        ),
        (
            "[{origins: ['https://*.*'], methods: [GET]}]",
            "cors[0].origins[0]: it holds more than one `*`",
        ),
        (
            &format!("[{{{right}}}, {{{right}, headers: [x-a, 'a b']}}]"),
            "cors[1].headers[1]: not the name of a header",
        ),
        (
            &format!("[{{{right}, expose: ['*']}}]"),
            "cors[0].expose[0]: no `*` here: each header is named",
        ),
        (
            &format!("[{{{right}, max_age_s: 86401}}]"),
            "cors[0].max_age_s: not a whole number from 0 to 86400",
        ),
        (
            &format!("[{{{right}, max_age_s: -1}}]"),
            "cors[0].max_age_s: not a whole number from 0 to 86400",
        ),
        (
            &format!("[{{{right}, orgins: []}}]"),
            "cors[0].orgins: unknown key; the nearest known one is `origins`",
        ),
        (
            &format!("[{}]", vec![format!("{{{right}}}"); 101].join(",")),
            "cors: more than 100 rules",
        ),
        (
            &format!("[{{origins: [{}], methods: [GET]}}]", vec!["'*'"; 101].join(",")),
            "cors[0].origins: more than 100 entries",
        ),
    ] {
        assert_eq!(faults(&format!("cors: {rules}\n")), [format!("lakegate.yaml: {told}")]);
        let told_of_variable = printed(config_cors_from(rules).map(|_| ()));
        assert_eq!(told_of_variable, [format!("LAKEGATE_CORS: {told}")]);
    }
}

#[test]
fn an_origin_that_matches_hosts_of_others_is_warned_of() {
    let rule = |origin: &str| format!("cors: [{{origins: ['*', '{origin}'], methods: [GET]}}]\n");
    for origin in ["https://*example.com", "https://example.*"] {
        let warnings = warnings(&rule(origin));
        let [warning] = &*warnings else { panic!("{origin}: {warnings:?}") };
        assert!(warning.starts_with("lakegate.yaml: cors[0].origins[1]: "), "{warning}");
    }
    assert!(warnings(&rule("https://*.example.com")).is_empty());
}
