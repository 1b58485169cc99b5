//! Lists of buckets for who may know of some: in pages of their own, whatever the store's.

use crate::harness::{
    buckets::{document, names},
    http::{Response, assert_refused},
    recorder::{Answer, Recorder, Request},
    sign::Draft,
    site::{Site, admin, nobody},
    versitygw::VersityGw,
    world::{Stored, Watched},
};

#[test]
fn b14_clients_page_through_what_they_may_see_and_learn_of_nothing_else() {
    let store = VersityGw::start();
    for bucket in OWN.iter().chain(&OTHERS) {
        store.make_bucket(bucket);
    }
    let world = Stored::before(store, with_own);
    let client = world.gateway.client(&nobody());
    client.script("buckets", &OWN);
    let own: Vec<_> = OWN.iter().map(|name| format!("\"{name}\"")).collect();
    for size in ["1", "2", "3", "100"] {
        let query = ["s3api", "list-buckets", "--query", "Buckets[].Name", "--output", "json"];
        let listed = client.aws(&[&query[..], &["--page-size", size]].concat());
        let listed: Vec<_> =
            listed.split(['[', ']', ',', ' ', '\n']).filter(|name| !name.is_empty()).collect();
        assert_eq!(listed, own, "{size}");
    }
    let listed =
        client.aws(&["s3api", "list-buckets", "--max-items", "2", "--query", "Buckets[].Name"]);
    assert!(listed.contains(OWN[1]) && !listed.contains(OWN[2]), "{listed}");
    let listed = client.aws(&["s3", "ls"]);
    let listed: Vec<_> = listed.lines().filter_map(|line| line.rsplit(' ').next()).collect();
    assert_eq!(listed, OWN);
    world.gateway.client(&admin()).script("buckets", &["--all", "lake"]);
}

#[test]
fn b14_all_pages_of_the_store_are_read_and_none_of_its_tokens_comes_down() {
    let world = Watched::ready(Recorder::answering(pages), with_own);
    let first = list(&world, "?max-buckets=2");
    assert_eq!(names(&first), ["own-a", "own-b"]);
    assert_eq!(first.element("ContinuationToken").as_deref(), Some("own-b"));
    let last = list(&world, "?max-buckets=2&continuation-token=own-b");
    assert_eq!((names(&last), last.element("ContinuationToken")), (vec!["own-c".to_owned()], None));
    let whole = list(&world, "");
    assert_eq!(names(&whole), ["own-a", "own-b", "own-c"]);
    assert_eq!(names(&list(&world, "?continuation-token=other-b")), ["own-a", "own-b", "own-c"]);
    assert_eq!(names(&list(&world, "?prefix=own-b")), ["own-b"]);
    for response in [&first, &last, &whole] {
        assert!(!response.text().contains("other"), "{}", response.text());
    }
    let up: Vec<_> = world.seen().iter().map(|request| request.head.word(1).to_owned()).collect();
    let paged = ["/?max-buckets=10000", "/?max-buckets=10000&continuation-token=other-c"];
    let unpaged = ["/", "/?continuation-token=other-c"];
    assert_eq!(up[..4], [paged, paged].concat());
    assert_eq!(up[4..8], [unpaged, unpaged].concat());
    assert_eq!(up[8..], ["/?prefix=own-b", "/?prefix=own-b&continuation-token=other-c"]);
}

#[test]
fn who_may_see_every_bucket_gets_the_pages_of_the_store() {
    let world = Watched::ready(Recorder::answering(pages), with_own);
    let response = list_as(&world, "?max-buckets=4&prefix=o");
    assert_eq!(names(&response), ["own-b", "other-b", "own-a", "other-c"]);
    assert_eq!(response.element("ContinuationToken").as_deref(), Some("other-c"));
    let response = list_as(&world, "?continuation-token=other-c");
    assert_eq!(names(&response), ["other-a", "own-c"]);
    let up: Vec<_> = world.seen().iter().map(|request| request.head.word(1).to_owned()).collect();
    assert_eq!(up, ["/?max-buckets=4&prefix=o", "/?continuation-token=other-c"]);
}

#[test]
fn what_is_no_page_of_buckets_is_refused() {
    let world = Watched::ready(Recorder::answering(pages), with_own);
    for query in [
        "?max-buckets=0",
        "?max-buckets=10001",
        "?max-buckets=-1",
        "?max-buckets=1&max-buckets=2",
        "?continuation-token=no%2Fbucket",
        "?continuation-token=eyJhIjoxfQ%3D%3D",
        "?continuation-token=%00%00%00",
    ] {
        let response = list(&world, query);
        assert_refused(&response, 400, "InvalidArgument", query);
    }
    world.assert_nothing_went_up();
}

#[test]
fn the_region_of_buckets_is_ours_in_the_question_and_in_the_answer() {
    let world = Watched::ready(Recorder::answering(pages), |site| {
        site.configure("auth:\n", "auth:\n  regions: [us-east-1, eu-west-1]\n");
        site.configure("  region: us-east-1\n", "  region: behind-1\n");
        with_own(site)
    });
    for (key, shown) in [(nobody(), 3), (admin(), 4)] {
        let of = |region: &str| {
            let target = format!("/?bucket-region={region}");
            Draft::new(&key, "GET", &target).send(world.gateway.s3, b"")
        };
        let ours = of("us-east-1");
        assert_eq!((ours.status(), names(&ours).len()), (200, shown), "{}", ours.text());
        assert_eq!(ours.element("BucketRegion").as_deref(), Some("us-east-1"));
        assert!(!ours.text().contains("behind"), "{}", ours.text());
        for region in ["behind-1", "eu-west-1"] {
            let other = of(region);
            assert_eq!((other.status(), names(&other).len()), (200, 0), "{}", other.text());
            assert_eq!(other.element("ContinuationToken"), None, "{}", other.text());
        }
    }
    for request in world.seen() {
        let target = request.head.word(1);
        assert!(target == "/" || target.starts_with("/?bucket-region=behind-1"), "{target}");
    }
}

#[test]
fn b14_pages_of_a_store_that_cannot_be_read_to_their_end_are_no_answer() {
    for (what, last) in [
        (
            "its token again",
            Answer::ok(document("", "<ContinuationToken>other-c</ContinuationToken>").as_bytes()),
        ),
        ("a refusal", Answer::refusal(503, "SlowDown")),
        ("no list", Answer::ok(b"<Buckets><Bucket><Name>other-d</Name></Bucket>")),
        ("too much", Answer::pattern(1, 9 << 20)),
    ] {
        let recorder = Recorder::answering(move |request| {
            if request.head.word(1).contains("token") { last.clone() } else { pages(request) }
        });
        let world = Watched::ready(recorder, with_own);
        let response = list(&world, "");
        assert_refused(&response, 502, "InternalError", what);
        assert!(!response.text().contains("o-"), "{what}");
    }
}

#[test]
fn a_list_in_pages_is_one_request_with_one_line() {
    let world = Watched::ready(Recorder::answering(pages), with_own);
    let response = list(&world, "?max-buckets=1");
    let id = response.head.header("x-amz-request-id").unwrap().to_owned();
    world.gateway.wait_for_audit("the list", |record| record["request_id"] == *id);
    world.seen();
    let records = world.gateway.audit();
    let of =
        |operation: &str| records.iter().filter(|record| record["operation"] == operation).count();
    assert_eq!(of("ListBuckets"), 1, "{records:#?}");
}

/// The store's buckets on two pages, in no order; the token between is the name of one.
fn pages(request: &Request) -> Answer {
    let text = if request.head.word(1).contains("continuation-token=other-c") {
        document("other-a own-c", "")
    } else if request.head.word(1).starts_with("/?") || request.head.word(1) == "/" {
        let token = "<ContinuationToken>other-c</ContinuationToken>";
        document("own-b other-b own-a other-c", token)
    } else {
        String::new()
    };
    Answer::ok(text.as_bytes())
}

/// As who may see what begins with `own-`.
fn list(world: &Watched, query: &str) -> Response {
    Draft::new(&nobody(), "GET", &format!("/{query}")).send(world.gateway.s3, b"")
}

fn list_as(world: &Watched, query: &str) -> Response {
    Draft::new(&admin(), "GET", &format!("/{query}")).send(world.gateway.s3, b"")
}

/// The user `nobody` may read what is below `x/` in each bucket whose name begins with `own-`.
fn with_own(site: Site) -> Site {
    site.write("identities.yaml", OWN_POLICY);
    site.apply();
    site
}

const OWN: [&str; 7] = ["own-a", "own-b", "own-c", "own-d", "own-e", "own-f", "own-g"];

const OTHERS: [&str; 5] = ["a-first", "own", "own-", "owned", "z-last"];

const OWN_POLICY: &str = "
policies:
- {id: Own, statement: [{action: 'fs:ReadObject', effect: allow, resource: 'arn:lakefs:fs:::repository/own-?/object/x/*'}]}
users:
- {id: nobody, policies: [Own]}
";
