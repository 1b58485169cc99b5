//! Documents of `DeleteObjects` that are none: each is refused in S3's words, and nothing of it goes up.

use crate::harness::{
    deletion::{content_md5, deleted, deletes_all, document, draft, keys, send},
    http::assert_refused,
    recorder::Recorder,
    sign::Draft,
    site::{admin, nobody},
    world::Watched,
};

#[test]
fn b23_a_document_that_is_not_plainly_one_is_refused() {
    let world = Watched::new();
    let good = keys(&["a"]);
    let bare = good.replace(" xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"", "");
    let laugh = |n: u32| format!("<!ENTITY l{n} \"&l{};&l{};\">", n - 1, n - 1);
    let laughs = (1..30).map(laugh).collect::<Vec<_>>().concat();
    let with = |dtd: &str, key: &str| {
        format!("<!DOCTYPE Delete [{dtd}]>{}", bare.replace(">a<", &format!(">{key}<")))
    };
    for (what, document) in [
        ("nothing", String::new()),
        ("no XML", "a".to_owned()),
        ("billion laughs", with(&format!("<!ENTITY l0 \"l\">{laughs}"), "&l29;")),
        ("external entity", with("<!ENTITY x SYSTEM \"file:///etc/passwd\">", "&x;")),
        ("external entity over HTTP", with("<!ENTITY x SYSTEM \"http://127.0.0.1/\">", "&x;")),
        ("parameter entity", with("<!ENTITY % x SYSTEM \"http://127.0.0.1/\">%x;", "a")),
        ("DTD", with("", "a")),
        ("entity without a DTD", bare.replace(">a<", ">&nbsp;<")),
        (
            "a million elements",
            format!("<Delete>{}</Delete>", "<a/>".repeat(1_000_000)).replace("<a/>", "<Key/>"),
        ),
        ("depth of ten thousand", format!("<Delete>{}", "<Object>".repeat(10_000))),
        ("nested keys", bare.replace(">a<", "><Key>a</Key><")),
        ("key twice", bare.replace("<Key>a</Key>", "<Key>a</Key><Key>b</Key>")),
        (
            "quiet twice",
            bare.replace("</Delete>", "<Quiet>true</Quiet><Quiet>true</Quiet></Delete>"),
        ),
        ("quiet of no kind", bare.replace("</Delete>", "<Quiet>yes</Quiet></Delete>")),
        ("wrong namespace", good.replace("2006-03-01", "2007-03-01")),
        ("namespace of nothing", bare.replace("<Delete>", "<Delete xmlns=\"\">")),
        ("prefix", bare.replace("Delete>", "x:Delete>")),
        ("wrong root", bare.replace("Delete>", "Delet>")),
        ("trailing junk", format!("{good}junk")),
        ("second root", format!("{good}{good}")),
        ("text between", bare.replace("<Object>", "x<Object>")),
        ("attribute", bare.replace("<Key>", "<Key a=\"b\">")),
        ("not ended", good.replace("</Delete>", "")),
        ("UTF-16, it says", format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?>{good}")),
        ("XML 1.1", format!("<?xml version=\"1.1\"?>{}", bare.replace(">a<", ">&#1;<"))),
        ("what XML cannot hold", bare.replace(">a<", ">&#1;<")),
        ("what XML cannot hold, raw", bare.replace(">a<", ">\u{1}<")),
        ("no object", document(&[])),
        ("an object that is none", document(&[""])),
        ("empty key", keys(&[""])),
        ("empty version", document(&["<Key>a</Key><VersionId></VersionId>"])),
        ("1 001 objects", keys(&["a"; 1001])),
    ] {
        let response = send(&world, &admin(), &document);
        assert_refused(&response, 400, "MalformedXML", what);
    }
    let utf_16: Vec<u8> = good.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let latin_1 = bare.replace(">a<", ">\u{fffd}<").replace('\u{fffd}', "\u{e9}");
    let latin_1: Vec<u8> = latin_1.chars().map(|c| u8::try_from(c).unwrap()).collect();
    for (what, body) in [("UTF-16", utf_16), ("Latin 1", latin_1)] {
        let draft = draft(&admin(), &body).header("content-md5", content_md5(&body));
        assert_refused(&world.gateway.send(&draft, &body), 400, "MalformedXML", what);
    }
    world.assert_nothing_went_up();
}

#[test]
fn b23_an_element_that_is_not_known_is_refused_by_its_name_and_never_dropped() {
    let world = Watched::new();
    for name in ["ETag", "Size", "LastModifiedTime", "Invented"] {
        let document = document(&[&format!("<Key>a</Key><{name}>1</{name}>")]);
        let response = send(&world, &admin(), &document);
        assert_refused(&response, 501, "NotImplemented", name);
        assert!(response.message().contains(&format!("`{name}`")), "{}", response.message());
    }
    let response = send(&world, &admin(), &keys(&["k".repeat(1025)]));
    assert_refused(&response, 400, "KeyTooLongError", "1 025 bytes");
    world.assert_nothing_went_up();
}

#[test]
fn b23_a_document_of_64_mib_is_refused_before_it_is_read() {
    let world = Watched::new();
    let draft = draft(&admin(), b"").header("content-md5", content_md5(b""));
    let mut signed = draft.sign(world.gateway.s3);
    "67108864".clone_into(signed.value("content-length"));
    signed.add("expect", "100-continue");
    let mut connection = world.gateway.connect();
    connection.send(&signed.head());
    assert_refused(&connection.response(), 400, "MaxMessageLengthExceeded", "64 MiB");
    world.assert_nothing_went_up();
}

#[test]
fn b06_a_thousand_of_the_longest_keys_and_versions_fit_into_the_defaults() {
    let world = deletes_all();
    let key = "&quot;".repeat(1024);
    let object = format!("<Key>{key}</Key><VersionId>{}</VersionId>", "v".repeat(1024));
    let document = document(&vec![object.as_str(); 1000]);
    let response = send(&world, &nobody(), &document);
    assert_eq!(response.status(), 200, "{}", response.text());
    assert_eq!(response.text().matches("<Error>").count(), 1000);
    world.assert_nothing_went_up();
}

#[test]
fn what_is_only_announced_takes_no_room_from_others() {
    let world = Watched::ready(Recorder::answering(deleted), |site| {
        site.configure("drain:", "limits: {held_bytes_max: 131072}\ndrain:");
        site.apply();
        site
    });
    // More than there is room for, from somebody who may do nothing.
    let announced: Vec<_> = (0..8)
        .flat_map(|_| ["/lake?delete", "/new-bucket"])
        .map(|target| {
            let method = if target == "/new-bucket" { "PUT" } else { "POST" };
            let draft = Draft::new(&nobody(), method, target);
            let draft = draft.header("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
            let head = draft.header("content-length", "32000").sign(world.gateway.s3).head();
            let mut connection = world.gateway.connect();
            connection.send(&head);
            connection
        })
        .collect();
    let response = send(&world, &admin(), &keys(&["team-a/a"]));
    assert_eq!(response.status(), 200, "{}", response.text());
    let tags = Draft::put(&admin(), "/lake/a?tagging", b"<Tagging><TagSet/></Tagging>");
    let response = tags.send(world.gateway.s3, b"<Tagging><TagSet/></Tagging>");
    assert_eq!(response.status(), 200, "{}", response.text());
    drop(announced);
}
