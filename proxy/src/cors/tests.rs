//! Rules against requests: by table, and against the definition of a pattern.

use proptest::prelude::*;

use super::*;

#[test]
fn an_origin_is_exact_or_has_one_star() {
    for (pattern, origin, matches) in [
        ("*", "https://app.example.com", true),
        ("*", "null", true),
        ("https://app.example.com", "https://app.example.com", true),
        ("https://app.example.com", "http://app.example.com", false),
        ("https://app.example.com", "https://app.example.com:8443", false),
        ("https://app.example.com", "https://app.example.com.evil.org", false),
        ("https://app.example.com", "https://APP.example.com", false),
        ("https://app.example.com", "", false),
        ("https://*.example.com", "https://a.example.com", true),
        ("https://*.example.com", "https://a.b.example.com", true),
        ("https://*.example.com", "https://example.com", false),
        ("https://*.example.com", "https://a.example.com.evil.org", false),
        ("https://*.example.com", "http://a.example.com", false),
        ("http://localhost:*", "http://localhost:5173", true),
        ("http://localhost:*", "http://localhost", false),
        ("https://*", "https://anything.example", true),
        ("https://*", "http://anything.example", false),
        ("https://*", "null", false),
        ("https://aba*aba", "https://aba", false),
    ] {
        let found = OriginPattern::parse(pattern).unwrap().0.matches(origin);
        assert_eq!(found, matches, "{pattern} {origin}");
    }
}

#[test]
fn what_no_browser_sends_as_its_origin_is_no_origin() {
    for text in [
        "",
        "null",
        "app.example.com",
        "*.example.com",
        "://app.example.com",
        "https://",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://app.example.com?x",
        "https://user@app.example.com",
        "https://app.example.com, https://b.example.com",
        "https://app.example.com\r\nx: y",
        "https://App.example.com",
        "HTTPS://app.example.com",
        "https://bücher.example",
        "https://app.example.com:443",
        "http://app.example.com:80",
        "https://*.*.example.com",
        "**",
    ] {
        assert!(OriginPattern::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_star_that_stands_for_part_of_a_hosts_name_is_loose() {
    for (text, loose) in [
        ("*", false),
        ("https://app.example.com", false),
        ("https://*", false),
        ("https://*.example.com", false),
        ("https://app-*.example.com", false),
        ("http://localhost:*", false),
        ("*://app.example.com", false),
        ("https://*example.com", true),
        ("https://app.example.*", true),
        ("https://app.example.com*", true),
    ] {
        assert_eq!(OriginPattern::parse(text).unwrap().is_loose(), loose, "{text}");
    }
}

#[test]
fn a_header_is_exact_or_has_one_star_in_any_case() {
    for (pattern, name, takes) in [
        ("*", "authorization", true),
        ("Authorization", "authorization", true),
        ("authorization", "AUTHORIZATION", true),
        ("x-amz-*", "X-Amz-Date", true),
        ("X-AMZ-*", "x-amz-", true),
        ("x-amz-*", "x-am", false),
        ("*-type", "Content-Type", true),
        ("content-*5", "content-md5", true),
        ("content-*5", "content-type", false),
        ("authorization", "authorization2", false),
    ] {
        let pattern = HeaderPattern::parse(pattern).unwrap();
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        assert_eq!(pattern.0.matches(name.as_str()), takes, "{pattern:?} {name}");
    }
    for text in ["", "a b", "a,b", "a:b", "x-*-*", "ä", "a\r\nb"] {
        assert!(HeaderPattern::parse(text).is_err(), "{text}");
    }
}

#[test]
fn the_first_rule_that_matches_a_preflight_counts() {
    let cors = Cors::new(vec![
        CorsRule {
            expose: vec![header::ETAG, HeaderName::from_static("x-amz-version-id")],
            max_age: Some(Duration::from_mins(10)),
            ..rule(&["https://app.example.com"], &["GET", "PUT"], &["authorization", "x-amz-*"])
        },
        rule(&["https://app.example.com", "https://*.example.com"], &["PUT"], &["*"]),
        rule(&["*"], &["GET"], &[]),
    ]);
    let first = "access-control-allow-origin: https://app.example.com\n\
                 access-control-allow-methods: GET, PUT\n\
                 access-control-allow-headers: authorization, x-amz-date\n\
                 access-control-expose-headers: etag, x-amz-version-id\n\
                 access-control-max-age: 600\n";
    let second = "access-control-allow-origin: https://app.example.com\n\
                  access-control-allow-methods: PUT\n\
                  access-control-allow-headers: authorization, x-other\n";
    let third = "access-control-allow-origin: *\naccess-control-allow-methods: GET\n";
    for (origin, method, wanted, granted) in [
        ("https://app.example.com", "PUT", "Authorization,X-Amz-Date", Some(first)),
        ("https://app.example.com", "PUT", "authorization, x-other", Some(second)),
        ("https://b.example.com", "GET", "", Some(third)),
        ("null", "GET", "", Some(third)),
        ("https://b.example.com", "GET", "authorization", None),
        ("https://app.example.com", "GET", "x-other", None),
        ("https://app.example.com", "DELETE", "", None),
        ("https://app.example.com", "put", "", None),
        ("https://app.example.com", "PATCH", "", None),
        ("https://elsewhere.org", "PUT", "", None),
        ("https://app.example.com", "PUT", "not a header", None),
    ] {
        let said = cors.preflight(&asking(origin, method, wanted), 100);
        let what = format!("{origin} {method} {wanted}");
        match granted {
            Some(granted) => assert_eq!(lines(&said.unwrap()), granted, "{what}"),
            None => assert_eq!(said.unwrap_err(), PreflightFault::NotAllowed, "{what}"),
        }
    }
}

#[test]
fn a_preflight_says_who_asks_for_what_once() {
    let cors = Cors::new(vec![rule(&["*"], &["GET"], &["*"])]);
    let whole = asking("https://a.example", "GET", "x-a");
    assert!(cors.preflight(&whole, 100).is_ok());
    assert_eq!(Cors::default().preflight(&whole, 100), Err(PreflightFault::NoRules));
    for (name, fault) in [
        (header::ORIGIN, PreflightFault::NoOrigin),
        (header::ACCESS_CONTROL_REQUEST_METHOD, PreflightFault::NoMethod),
    ] {
        let mut without = whole.clone();
        let value = without.remove(&name).unwrap();
        assert_eq!(cors.preflight(&without, 100), Err(fault), "{name}");
        let mut twice = whole.clone();
        twice.append(&name, value);
        assert_eq!(cors.preflight(&twice, 100), Err(fault), "{name}");
    }
}

#[test]
fn a_preflight_asks_for_no_more_headers_than_a_request_may_have() {
    let cors = Cors::new(vec![rule(&["*"], &["GET"], &["*"])]);
    let mut asked = asking("https://a.example", "GET", "x-a, ,x-b");
    assert!(cors.preflight(&asked, 3).is_ok());
    asked.append(header::ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static("x-c,x-d"));
    assert_eq!(cors.preflight(&asked, 3), Err(PreflightFault::NotAllowed));
    let granted = lines(&cors.preflight(&asked, 4).unwrap());
    assert!(granted.contains("access-control-allow-headers: x-a, x-b, x-c, x-d\n"), "{granted}");
}

#[test]
fn an_answer_is_shared_with_the_origin_that_a_rule_has_for_its_method() {
    let cors = Cors::new(vec![
        CorsRule { expose: vec![header::ETAG], ..rule(&["https://a.example"], &["GET"], &[]) },
        rule(&["*"], &["HEAD"], &[]),
    ]);
    let vary = "vary: Origin, Access-Control-Request-Headers, Access-Control-Request-Method\n";
    for (origin, method, said) in [
        (
            Some("https://a.example"),
            Method::GET,
            "access-control-allow-origin: https://a.example\naccess-control-expose-headers: etag\n",
        ),
        (Some("https://a.example"), Method::HEAD, "access-control-allow-origin: *\n"),
        (Some("https://a.example"), Method::PUT, ""),
        (Some("https://a.example"), Method::OPTIONS, ""),
        (Some("https://b.example"), Method::GET, ""),
        (None, Method::GET, ""),
    ] {
        let mut headers = HeaderMap::new();
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        let mut answer = HeaderMap::new();
        cors.sharing(&method, &headers).put(&mut answer);
        assert_eq!(lines(&answer), format!("{vary}{said}"), "{origin:?} {method}");
        let mut answer = HeaderMap::new();
        Cors::default().sharing(&method, &headers).put(&mut answer);
        assert!(answer.is_empty(), "{answer:?}");
    }
}

#[test]
fn what_else_an_answer_varies_by_stays() {
    let mut answer = HeaderMap::new();
    answer.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    let cors = Cors::new(vec![rule(&["*"], &["GET"], &[])]);
    cors.sharing(&Method::GET, &HeaderMap::new()).put(&mut answer);
    assert_eq!(answer.get_all(header::VARY).iter().count(), 2);
}

proptest! {
    #[test]
    fn a_pattern_matches_exactly_what_its_star_can_be_written_out_to(
        pattern in "[ab]{0,3}\\*?[ab]{0,3}",
        text in "[ab]{0,7}",
    ) {
        let written_out = (0..=text.len()).any(|from| {
            (from..=text.len()).any(|to| pattern.replacen('*', text.get(from..to).unwrap(), 1) == text)
        });
        prop_assert_eq!(Glob::parse(&pattern).unwrap().matches(&text), written_out);
    }

    #[test]
    fn b19_an_origin_is_told_to_no_page_of_another_and_never_with_credentials(
        origins in proptest::collection::vec("(https://[ab]{1,2}\\.example|https://\\*\\.example|\\*)", 1..3),
        origin in "(https://[abc]{1,3}\\.(example|org)|null|\\*)",
        method in "(GET|PUT|HEAD|OPTIONS)",
        wanted in "(x-a|x-a,authorization)?",
    ) {
        let texts: Vec<_> = origins.iter().map(String::as_str).collect();
        let cors = Cors::new(vec![rule(&texts, &["GET", "PUT"], &["x-*"])]);
        let asked = asking(&origin, &method, &wanted);
        let is_named = origins.iter().any(|pattern| {
            pattern == "*" || *pattern == origin
                || (pattern.contains('*') && origin.starts_with("https://") && origin.ends_with(".example"))
        });
        let may = is_named && matches!(&*method, "GET" | "PUT");
        let mut answer = HeaderMap::new();
        cors.sharing(&Method::from_bytes(method.as_bytes()).unwrap(), &asked).put(&mut answer);
        let preflight = cors.preflight(&asked, 100).ok();
        prop_assert_eq!(preflight.is_some(), may && !wanted.contains("authorization"));
        for said in preflight.into_iter().chain([answer]) {
            let told = said.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).map(|told| told.to_str().unwrap());
            prop_assert!(!said.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
            prop_assert_eq!(told.is_some(), may);
            if let Some(told) = told {
                let is_everybodys = told == "*" && texts.contains(&"*");
                prop_assert!(told == origin || is_everybodys, "{}", told);
            }
        }
    }
}

fn rule(origins: &[&str], methods: &[&str], headers: &[&str]) -> CorsRule {
    CorsRule {
        origins: origins.iter().map(|text| OriginPattern::parse(text).unwrap()).collect(),
        methods: methods.iter().map(|text| text.parse().unwrap()).collect(),
        headers: headers.iter().map(|text| HeaderPattern::parse(text).unwrap()).collect(),
        expose: Vec::new(),
        max_age: None,
    }
}

fn asking(origin: &str, method: &str, wanted: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (header::ORIGIN, origin),
        (header::ACCESS_CONTROL_REQUEST_METHOD, method),
        (header::ACCESS_CONTROL_REQUEST_HEADERS, wanted),
    ] {
        headers.insert(name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn lines(headers: &HeaderMap) -> String {
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        format!("{name}: {}\n", value.to_str().unwrap())
    };
    headers.iter().map(line).collect()
}
