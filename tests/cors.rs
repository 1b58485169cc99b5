//! Browsers and pages of other origins: the rules of the configuration against the real program.

use serde_json::Value;

use crate::harness::{
    http::{Response, assert_refused},
    recorder::{Answer, Recorder},
    sign::{Draft, Signed},
    site::{Site, admin, nobody},
    world::Watched,
};

#[test]
fn a_preflight_is_answered_from_the_rules_and_goes_nowhere() {
    let world = world();
    for target in ["/", "/lake", "/lake/a%20b?uploads", "/no-such-bucket/x"] {
        let answer = preflight(&world, target, Some(APP), Some("PUT"), "authorization,x-amz-date");
        assert_eq!((answer.status(), answer.text().as_str()), (200, ""), "{target}");
        for (name, value) in [
            ("access-control-allow-origin", Some(APP)),
            ("access-control-allow-methods", Some("GET, PUT")),
            ("access-control-allow-headers", Some("authorization, x-amz-date")),
            ("access-control-expose-headers", Some("etag")),
            ("access-control-max-age", Some("600")),
            ("access-control-allow-credentials", None),
            ("vary", Some(VARY)),
        ] {
            assert_eq!(answer.head.header(name), value, "{target}: {name}");
        }
    }
    world.assert_nothing_went_up();
    let record = world.gateway.wait_for_audit("a preflight", |record| record["key"] == "a b");
    assert_eq!(record["operation"], "Preflight", "{record}");
    assert_eq!((&record["status"], &record["outcome"]), (&200.into(), &"completed".into()));
    assert_eq!((&record["user"], &record["code"]), (&Value::Null, &Value::Null), "{record}");
}

#[test]
fn a_preflight_that_no_rule_matches_is_refused_without_a_word_for_the_page() {
    let world = world();
    for (origin, method, headers, status, code) in [
        (None, Some("GET"), "", 400, "BadRequest"),
        (Some(APP), None, "", 400, "BadRequest"),
        (Some("https://elsewhere.example"), Some("GET"), "", 403, "AccessForbidden"),
        (Some("null"), Some("GET"), "", 403, "AccessForbidden"),
        (Some(APP), Some("DELETE"), "", 403, "AccessForbidden"),
        (Some(APP), Some("PUT"), "x-other", 403, "AccessForbidden"),
    ] {
        let what = format!("{origin:?} {method:?} {headers}");
        let answer = preflight(&world, "/lake/a", origin, method, headers);
        assert_refused(&answer, status, code, &what);
        assert_says_nothing_of_origins(&answer, &what);
        assert_eq!(answer.head.header("vary"), Some(VARY), "{what}");
    }
    let record =
        world.gateway.wait_for_audit("a refusal", |record| record["code"] == "AccessForbidden");
    assert_eq!((&record["operation"], &record["status"]), (&"Preflight".into(), &403.into()));
    assert_eq!(record["outcome"], "refused", "{record}");
    world.assert_nothing_went_up();
}

#[test]
fn without_rules_a_preflight_is_refused_and_no_answer_varies() {
    let world = Watched::new();
    let answer = preflight(&world, "/lake/a", Some(APP), Some("GET"), "");
    assert_refused(&answer, 403, "AccessForbidden", "no rules");
    let got = get(&world, APP);
    assert_eq!(got.status(), 200);
    for answer in [answer, got] {
        assert_says_nothing_of_origins(&answer, "no rules");
        assert_eq!(answer.head.header("vary"), None);
    }
}

#[test]
fn a_preflight_with_a_body_is_answered_and_its_body_is_no_request() {
    let world = world();
    let mut request = asking("/lake/a", Some(APP), Some("GET"), "");
    let smuggled = b"DELETE /lake/a HTTP/1.1\r\n\r\n";
    request.add("content-length", &smuggled.len().to_string());
    let mut connection = world.gateway.connect();
    let answer = request.send_on(&mut connection, smuggled);
    assert_eq!((answer.status(), answer.head.header("connection")), (200, Some("close")));
    connection.finish();
    assert!(connection.is_closed());
    world.assert_nothing_went_up();
}

#[test]
fn b19_only_pages_of_origins_in_the_rules_read_an_answer_and_never_with_credentials() {
    let world = world();
    for (origin, told) in [
        (APP, Some(APP)),
        ("https://a.b.example.org", Some("https://a.b.example.org")),
        ("https://elsewhere.example", None),
        ("https://app.example.com.elsewhere.example", None),
        ("http://app.example.com", None),
        ("null", None),
    ] {
        let got = get(&world, origin);
        assert_eq!(got.status(), 200, "{origin}");
        assert_eq!(got.head.header("access-control-allow-origin"), told, "{origin}");
        assert_eq!(
            got.head.header("access-control-expose-headers"),
            told.and((origin == APP).then_some("etag")),
            "{origin}"
        );
        assert_eq!(got.head.header("access-control-allow-credentials"), None, "{origin}");
        assert_eq!(got.head.header("vary"), Some(VARY), "{origin}");
    }
    let everybody = Watched::ready(Recorder::start(), |site| {
        with_rules(site, "{origins: ['*'], methods: [GET]}")
    });
    for origin in [APP, "null"] {
        let got = get(&everybody, origin);
        assert_eq!(got.head.header("access-control-allow-origin"), Some("*"), "{origin}");
        assert_eq!(got.head.header("access-control-allow-credentials"), None, "{origin}");
    }
    for request in world.seen() {
        let told = request.head.headers.iter().any(|(_, value)| value.contains("://"));
        assert!(!told && request.head.header("origin").is_none(), "{:?}", request.head);
    }
}

#[test]
fn a_page_can_read_why_it_was_refused() {
    let world = world();
    let signed =
        |key| Draft::new(&key, "GET", "/lake/a").header("origin", APP).sign(world.gateway.s3);
    let mut tampered = signed(admin());
    tampered.add_parameter("versionId=1");
    let unsigned = page("GET", "/lake/a");
    let (malformed, unknown) = (page("GET", "/lake/%FF"), page("PUT", "/lake/a?inventory"));
    for (request, status, code) in [
        (signed(nobody()), 403, "AccessDenied"),
        (tampered, 403, "SignatureDoesNotMatch"),
        (unsigned, 403, "AccessDenied"),
        (malformed, 400, "InvalidURI"),
        (unknown, 400, "InvalidArgument"),
    ] {
        let what = format!("{} {code}", request.target);
        let answer = request.send(world.gateway.s3, b"");
        assert_refused(&answer, status, code, &what);
        assert_eq!(answer.head.header("access-control-allow-origin"), Some(APP), "{what}");
        assert_eq!(answer.head.header("vary"), Some(VARY), "{what}");
    }
    world.assert_nothing_went_up();
}

#[test]
fn b19_what_the_upstream_says_of_origins_does_not_come_down() {
    let recorder = Recorder::answering(|_| Answer {
        headers: vec![
            ("Access-Control-Allow-Origin", "https://elsewhere.example".to_owned()),
            ("Access-Control-Allow-Credentials", "true".to_owned()),
            ("Access-Control-Expose-Headers", "x-amz-request-id".to_owned()),
            ("Access-Control-Max-Age", "1".to_owned()),
            ("Vary", "Accept-Encoding".to_owned()),
        ],
        ..Answer::ok(b"")
    });
    let world = Watched::ready(recorder, |site| with_rules(site, RULES));
    let elsewhere = get(&world, "https://elsewhere.example");
    assert_says_nothing_of_origins(&elsewhere, "elsewhere");
    let varies: Vec<_> = elsewhere.head.headers.iter().filter(|(name, _)| name == "vary").collect();
    assert_eq!(varies.len(), 2, "{varies:?}");
    let ours = get(&world, APP);
    let said: Vec<_> =
        ours.head.headers.iter().filter(|(name, _)| name.starts_with("access-control-")).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(ours.head.header("access-control-allow-origin"), Some(APP));
}

/// A gateway with [`RULES`] before a recording upstream.
fn world() -> Watched {
    Watched::ready(Recorder::start(), |site| with_rules(site, RULES))
}

fn with_rules(site: Site, rules: &str) -> Site {
    site.configure("store:\n", &format!("cors: [{rules}]\nstore:\n"));
    site
}

fn get(world: &Watched, origin: &str) -> Response {
    Draft::new(&admin(), "GET", "/lake/a").header("origin", origin).send(world.gateway.s3, b"")
}

fn preflight(
    world: &Watched,
    target: &str,
    origin: Option<&str>,
    method: Option<&str>,
    headers: &str,
) -> Response {
    asking(target, origin, method, headers).send(world.gateway.s3, b"")
}

/// What a browser asks before a page of `origin` may send such a request.
fn asking(target: &str, origin: Option<&str>, method: Option<&str>, headers: &str) -> Signed {
    let mut request =
        Signed { method: "OPTIONS".to_owned(), target: target.to_owned(), ..Signed::default() };
    request.add("host", "lake.example");
    for (name, value) in [
        ("origin", origin),
        ("access-control-request-method", method),
        ("access-control-request-headers", Some(headers).filter(|headers| !headers.is_empty())),
    ] {
        if let Some(value) = value {
            request.add(name, value);
        }
    }
    request
}

/// A request of a page that nobody signed.
fn page(method: &str, target: &str) -> Signed {
    let mut request =
        Signed { method: method.to_owned(), target: target.to_owned(), ..Signed::default() };
    request.add("host", "lake.example");
    request.add("origin", APP);
    request
}

#[track_caller]
fn assert_says_nothing_of_origins(answer: &Response, what: &str) {
    let said = answer.head.headers.iter().find(|(name, _)| name.starts_with("access-control-"));
    assert_eq!(said, None, "{what}");
}

const APP: &str = "https://app.example.com";

const RULES: &str = "{origins: ['https://app.example.com'], methods: [GET, PUT], \
                     headers: ['authorization', 'x-amz-*'], expose: [ETag], max_age_s: 600}, \
                     {origins: ['https://*.example.org'], methods: [GET]}";

const VARY: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";
