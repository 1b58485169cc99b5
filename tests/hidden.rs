//! What a caller may not see: lists stay under their prefix, and a refusal tells nothing of what is there.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::harness::{
    Key,
    http::{Response, assert_refused},
    sign::Draft,
    site::{Site, admin, alice, nobody, viewer},
    versitygw::VersityGw,
    world::{Stored, Watched},
};

#[test]
fn b13_no_marker_token_or_parameter_leads_out_of_the_prefix() {
    let world = stored();
    let whole = ask(&world, &admin(), "?list-type=2&max-keys=3");
    let foreign = whole.element("NextContinuationToken").unwrap();
    let others = [
        "",
        "a",
        "priv/x",
        "team-a/",
        "team-a/2",
        "team-a/zz",
        "team-b/",
        "zz",
        "team-a/../priv/",
        "/",
        "ä",
    ];
    let tokens = [foreign.as_str(), "team-b/1", "priv/x", "cHJpdi94"];
    let mut listed = 0;
    for delimiter in [None, Some("/"), Some("a"), Some("team-"), Some("a/")] {
        for encoding in ["", "&encoding-type=url"] {
            for size in ["", "&max-keys=1", "&max-keys=2"] {
                let delimiter =
                    delimiter.map(|delimiter| format!("&delimiter={}", encoded(delimiter)));
                let more = format!("{}{encoding}{size}", delimiter.unwrap_or_default());
                let first = format!("prefix=team-a%2F{more}");
                let markers = others.map(|marker| format!("?{first}&marker={}", encoded(marker)));
                let starts = others.map(|start| {
                    format!("?list-type=2&{first}&fetch-owner=true&start-after={}", encoded(start))
                });
                let tokens = tokens.map(|token| {
                    format!("?list-type=2&{first}&continuation-token={}", encoded(token))
                });
                for query in markers.iter().chain(&starts).chain(&tokens) {
                    listed += assert_stays_under_team_a(&ask(&world, &alice(), query), query);
                }
            }
        }
    }
    assert!(listed > 500, "{listed} keys and prefixes were listed, which shows little");
}

#[test]
fn b13_every_page_of_a_list_stays_under_the_prefix() {
    let world = stored();
    for (start, next, resume) in [
        ("?prefix=team-a%2F&max-keys=2", "NextMarker", "marker"),
        ("?prefix=team-a%2F&max-keys=2&delimiter=%2F", "NextMarker", "marker"),
        ("?list-type=2&prefix=team-a%2F&max-keys=2", "NextContinuationToken", "continuation-token"),
    ] {
        let (mut query, mut seen) = (start.to_owned(), 0);
        for page in 0.. {
            assert!(page < 10, "{start} does not end");
            let response = ask(&world, &alice(), &query);
            seen += assert_stays_under_team_a(&response, &query);
            let last = texts(&response.text(), "Key").last().cloned();
            if response.element("IsTruncated").as_deref() != Some("true") {
                break;
            }
            // Without a delimiter S3 gives no marker in version 1: the last key is one.
            let next = response.element(next).or(last).unwrap();
            query = format!("{start}&{resume}={}", encoded(&next));
        }
        assert!(seen >= 4, "{start}: {seen}");
    }
}

#[test]
fn b13_a_prefix_is_read_once_and_no_parameter_stands_for_it() {
    let world = Watched::new();
    for query in [
        "?prefix=team-a%252F",
        "?prefix=team-a%252F&encoding-type=url",
        "?list-type=2&prefix=team-a%252F&encoding-type=url",
        "?list-type=2&prefix=team-a",
        "?list-type=2&prefix=Team-a%2F",
        "?list-type=2&prefix=team-a%5C",
        "?list-type=2&prefix=%2Fteam-a%2F..%2F",
        "?list-type=2&prefix=&start-after=team-a%2F",
        "?list-type=2&start-after=team-a%2F",
        "?list-type=2&continuation-token=team-a%2F",
        "?list-type=2&delimiter=team-a%2F",
        "?marker=team-a%2F",
        "?marker=team-a%2F&delimiter=%2F",
        "?fetch-owner=true&list-type=2",
    ] {
        let target = format!("/lake{query}");
        let response = Draft::new(&alice(), "GET", &target).send(world.gateway.s3, b"");
        assert_refused(&response, 403, "AccessDenied", query);
    }
    for query in [
        "?prefix=team-a%2F&prefix=priv%2F",
        "?prefix=priv%2F&prefix=team-a%2F",
        "?prefix=team-a%2F&start-after=x",
        "?prefix=team-a%2F&continuation-token=x",
        "?list-type=2&prefix=team-a%2F&marker=x",
        "?prefix=team-a%2F&encoding-type=base64",
    ] {
        let target = format!("/lake{query}");
        let response = Draft::new(&alice(), "GET", &target).send(world.gateway.s3, b"");
        assert_refused(&response, 400, "InvalidArgument", query);
    }
    world.assert_nothing_went_up();
}

#[test]
fn b13_what_a_list_is_decided_by_is_what_goes_up() {
    let world = Watched::new();
    for (query, up) in [
        ("?prefix=team-a/&marker=priv/x", "prefix=team-a%2F&marker=priv%2Fx"),
        ("?prefix=team-a%2f%2B+%20%C3%B6", "prefix=team-a%2F%2B%20%20%C3%B6"),
        (
            "?encoding-type=url&list-type=2&prefix=team%2Da%2F%2525&start-after=%26prefix%3Dpriv%2F",
            "encoding-type=url&list-type=2&prefix=team-a%2F%2525&start-after=%26prefix%3Dpriv%2F",
        ),
        (
            "?list-type=2&prefix=team-a/&continuation-token=1%2B2%2F3%3D%3D&fetch-owner=true",
            "list-type=2&prefix=team-a%2F&continuation-token=1%2B2%2F3%3D%3D&fetch-owner=true",
        ),
    ] {
        let target = format!("/lake{query}");
        Draft::new(&alice(), "GET", &target).send(world.gateway.s3, b"");
        let requests = world.recorder.requests();
        assert_eq!(requests.last().unwrap().head.word(1), format!("/lake?{up}"), "{query}");
    }
}

#[test]
fn b14_what_may_not_be_seen_looks_the_same_whether_it_is_there_or_not() {
    let world = stored();
    let status = |key: &Key, method, target: &str| send(&world, key, method, target).status();
    // The store itself tells them apart.
    assert_eq!((status(&admin(), "HEAD", "/pond"), status(&admin(), "HEAD", "/dune")), (200, 404));
    let absent = (status(&admin(), "GET", "/pond/x"), status(&admin(), "GET", "/pond/y"));
    assert_eq!(absent, (200, 404));
    for key in [nobody(), alice()] {
        for (method, rest) in BUCKETS {
            let seen = [format!("/pond{rest}"), format!("/dune{rest}")];
            assert_same_refusal(&world, &key, method, &seen, ["pond", "dune"]);
        }
        for (method, query) in OBJECTS {
            for [one, other] in
                [["/pond/x", "/pond/y"], ["/pond/x", "/dune/x"], ["/lake/priv/x", "/lake/priv/y"]]
            {
                let name = |target: &str| target.trim_start_matches('/').to_owned();
                let names = [name(one), name(other)];
                let seen = [one, other].map(|target| format!("{target}{query}"));
                assert_same_refusal(&world, &key, method, &seen, [&names[0], &names[1]]);
            }
        }
    }
    assert!(world.store.has("pond", "x") && !world.store.has("dune", ""));
}

#[test]
fn b14_who_reads_everything_and_may_make_and_delete_nothing_learns_nothing_by_trying() {
    let world = stored();
    for method in ["PUT", "DELETE"] {
        let targets = ["/pond".to_owned(), "/dune".to_owned()];
        assert_same_refusal(&world, &viewer(), method, &targets, ["pond", "dune"]);
    }
    // What may be seen is told as the store tells it.
    let read = |target| send(&world, &viewer(), "GET", target);
    assert_refused(&read("/dune?list-type=2&prefix=a"), 404, "NoSuchBucket", "no bucket");
    assert_refused(&read("/pond/y"), 404, "NoSuchKey", "no key");
}

#[test]
fn b15_a_condition_on_a_write_tells_nothing_to_who_may_not_write() {
    let world = stored();
    for key in [viewer(), nobody(), alice()] {
        for (method, condition) in
            [("PUT", "if-match"), ("PUT", "if-none-match"), ("DELETE", "if-match")]
        {
            for value in ["*", "\"x\""] {
                for target in ["/pond/x", "/pond/y", "/dune/x"] {
                    let draft = Draft::new(&key, method, target).header(condition, value);
                    let draft = draft.header("content-length", "0");
                    let what = format!("{} {method} {target} {condition}: {value}", key.id);
                    let response = draft.send(world.gateway.s3, b"");
                    assert_refused(&response, 403, "AccessDenied", &what);
                }
            }
        }
    }
    assert!(world.store.has("pond", "x"));
}

#[test]
fn b15_a_condition_tells_nothing_to_who_did_not_sign() {
    let world = stored();
    for method in ["GET", "HEAD"] {
        for target in ["/pond/x", "/pond/y", "/dune/x"] {
            for (name, value) in [
                ("if-none-match", "*"),
                ("if-match", "\"x\""),
                ("if-modified-since", "Wed, 01 Jan 2025 00:00:00 GMT"),
                ("if-unmodified-since", "Wed, 01 Jan 2025 00:00:00 GMT"),
            ] {
                let mut request = Draft::new(&admin(), method, target).unsigned(world.gateway.s3);
                request.add(name, value);
                let response = request.send(world.gateway.s3, b"");
                assert_eq!(response.status(), 403, "{method} {target} {name}");
            }
        }
    }
}

/// Asserts that `key` is refused both in the same words, but for the names in them; a `HEAD` has none.
#[track_caller]
fn assert_same_refusal(
    world: &Stored,
    key: &Key,
    method: &'static str,
    targets: &[String; 2],
    names: [&str; 2],
) {
    let told = [0, 1].map(|at| {
        let response = send(world, key, method, &targets[at]);
        assert_eq!(response.status(), 403, "{} {method} {}", key.id, targets[at]);
        let id = response.head.header("x-amz-request-id").unwrap().to_owned();
        let of_request =
            |name: &str| matches!(name, "x-amz-request-id" | "date" | "content-length");
        let mut headers = response.head.headers.clone();
        headers.retain(|(name, _)| !of_request(name));
        let name = names[at];
        let in_resource = name.replacen('/', "/object/", 1);
        let text = response.text().replace(&id, "ID").replace(name, "NAME");
        (headers, text.replace(&in_resource, "NAME"))
    });
    assert_eq!(told[0], told[1], "{} {method} {targets:?}", key.id);
}

/// A store with keys in and out of what alice may list.
fn stored() -> Stored {
    let store = VersityGw::start();
    store.make_bucket("pond");
    let world = Stored::before(store, |site: Site| site);
    for target in KEYS {
        let put = world.gateway.send(&Draft::put(&admin(), target, b"x"), b"x");
        assert_eq!(put.status(), 200, "{target}");
    }
    world
}

fn ask(world: &Stored, key: &Key, query: &str) -> Response {
    send(world, key, "GET", &format!("/lake{query}"))
}

fn send(world: &Stored, key: &Key, method: &'static str, target: &str) -> Response {
    let draft = Draft::new(key, method, target).header("content-length", "0");
    draft.send(world.gateway.s3, b"")
}

/// Asserts that the store answers no key and no folder but those below `team-a/`; gives how many there are. A store
/// may refuse a token that it did not give.
#[track_caller]
fn assert_stays_under_team_a(response: &Response, query: &str) -> usize {
    if response.status() == 400 {
        assert!(query.contains("token"), "{query}: {}", response.text());
        return 0;
    }
    assert_eq!(response.status(), 200, "{query}: {}", response.text());
    let text = response.text();
    let folders: String = texts(&text, "CommonPrefixes").concat();
    let mut names = [texts(&text, "Key"), texts(&folders, "Prefix")].concat();
    let listed = names.len();
    names.extend(texts(&text, "NextMarker"));
    for name in &names {
        let name = percent_decode_str(name).decode_utf8().unwrap();
        assert!(name.starts_with("team-a/"), "{query}: {name} in {text}");
    }
    listed
}

/// What stands in each element of this name.
fn texts(text: &str, name: &str) -> Vec<String> {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    let after = text.split(&start).skip(1);
    after.filter_map(|rest| rest.split_once(&end)).map(|(content, _)| content.to_owned()).collect()
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

const KEYS: [&str; 11] = [
    "/lake/a",
    "/lake/priv/x",
    "/lake/team-a/1",
    "/lake/team-a/2",
    "/lake/team-a/deep/1",
    "/lake/team-a/deep/2",
    "/lake/team-a/%C3%B6%2B",
    "/lake/team-a2",
    "/lake/team-b/1",
    "/lake/zz",
    "/pond/x",
];

const BUCKETS: [(&str, &str); 8] = [
    ("HEAD", ""),
    ("GET", ""),
    ("GET", "?list-type=2"),
    ("GET", "?list-type=2&delimiter=%2F"),
    ("GET", "?list-type=2&prefix=a"),
    ("GET", "?location"),
    ("PUT", ""),
    ("DELETE", ""),
];

const OBJECTS: [(&str, &str); 8] = [
    ("HEAD", ""),
    ("GET", ""),
    ("GET", "?versionId=1"),
    ("GET", "?uploadId=1"),
    ("PUT", ""),
    ("PUT", "?partNumber=1&uploadId=1"),
    ("POST", "?uploads"),
    ("DELETE", ""),
];
