//! Odd keys: what was authorized is what goes up, byte for byte, whatever it looks like.

use crate::harness::{
    gateway::Gateway,
    moto::Moto,
    pattern::Pattern,
    sign::Draft,
    site::{Site, admin},
    world::{Stored, Watched},
};

#[test]
fn b01_boto3_keeps_every_key_that_a_folder_can_hold_byte_exact() {
    let world = Stored::new();
    let folder = world.store.file("lake", "");
    world.gateway.client(&admin()).script("keys", &["lake", "files", folder.to_str().unwrap()]);
}

#[test]
fn b01_boto3_keeps_every_key_that_s3_allows() {
    let store = Moto::start();
    let site = Site::applied(&store.upstream);
    let gateway = site.serve();
    let client = gateway.client(&admin());
    client.aws(&["s3", "mb", "s3://lake"]);
    client.script("keys", &["lake", "all"]);
}

#[test]
fn b01_the_key_that_goes_up_is_the_key_that_was_asked_for() {
    let world = Watched::new();
    let paths = [
        "/lake/a/../b",
        "/lake/a//b",
        "/lake//a",
        "/lake/./a",
        "/lake/a/.",
        "/lake/..",
        "/lake/../../etc/passwd",
        "/lake/a%2Fb",
        "/lake/a%252Fb",
        "/lake/%252e%252e%252f",
        "/lake/a+b",
        "/lake/a%2Bb",
        "/lake/a%20b",
        "/lake/a=b&c",
        "/lake/a%5Cb",
        "/lake/a;x",
        "/lake/a%3Bx",
        "/lake/trailing%20",
        "/lake/trailing/",
        "/lake/%C3%BC",
        "/lake/a%3Fb%23c",
        "/lake/~!*'()",
    ];
    for path in paths {
        let response = Draft::new(&admin(), "GET", path).send(world.gateway.s3, b"");
        assert_eq!(response.status(), 200, "{path}: {}", response.text());
    }
    let seen = world.seen();
    assert_eq!(seen.len(), paths.len());
    for (path, request) in paths.iter().zip(seen) {
        let target = request.head.word(1).to_owned();
        assert_eq!(decode(&target), decode(path), "{path} went up as {target}");
        let plain =
            target.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte));
        assert!(plain, "{path} went up as {target}, which a store may read in two ways");
    }
}

#[test]
fn b01_another_spelling_of_a_path_is_the_same_key() {
    let world = Watched::new();
    // As sent, and as it is signed: escapes in upper case, none for what needs none.
    let spellings = [
        ("/lake/%2e%2e/x", "/lake/../x"),
        ("/lake/a%2fb", "/lake/a%2Fb"),
        ("/lake/%7E%41", "/lake/~A"),
        ("/lake/%c3%bc", "/lake/%C3%BC"),
    ];
    for (sent, signed) in spellings {
        let mut request = Draft::new(&admin(), "GET", signed).sign(world.gateway.s3);
        request.target = sent.to_owned();
        let response = request.send(world.gateway.s3, b"");
        assert_eq!(response.status(), 200, "{sent}: {}", response.text());
    }
    for ((sent, _), request) in spellings.iter().zip(world.seen()) {
        assert_eq!(decode(request.head.word(1)), decode(sent));
    }
}

#[test]
fn b01_every_byte_of_a_key_arrives() {
    let world = Watched::new();
    let mut asked = Vec::new();
    for seed in 0..40 {
        // Any characters at all, but those that no key may have.
        let noise = Pattern::bytes(seed, 60);
        let key: String = noise
            .chunks(3)
            .map(|c| char::from_u32(u32::from(c[0]) << 8 | u32::from(c[1])).unwrap_or('/'))
            .filter(|character| *character != '\0')
            .collect();
        let path = key.bytes().fold("/lake/".to_owned(), |path, byte| format!("{path}%{byte:02X}"));
        let response = Draft::new(&admin(), "GET", &path).send(world.gateway.s3, b"");
        assert_eq!(response.status(), 200, "{path}: {}", response.text());
        asked.push(path);
    }
    let seen: Vec<Vec<u8>> =
        world.seen().iter().map(|request| decode(request.head.word(1))).collect();
    assert_eq!(seen, asked.iter().map(|path| decode(path)).collect::<Vec<_>>());
}

#[test]
fn b01_a_key_that_s3_does_not_allow_is_refused() {
    let world = Watched::new();
    assert_eq!(status_of(&world.gateway, &format!("/lake/{}", "k".repeat(1_024))), 200);
    assert_eq!(status_of(&world.gateway, &format!("/lake/{}", "k".repeat(1_025))), 400);
    assert_eq!(status_of(&world.gateway, &format!("/lake/{}", "%C3%BC".repeat(513))), 400);
    for path in ["/lake/%C0%AF", "/lake/%FF", "/lake/%ED%A0%80"] {
        assert_eq!(status_of(&world.gateway, path), 400, "{path}");
    }
    assert_eq!(world.seen().len(), 1);
}

#[test]
fn b01_a_path_that_does_not_decode_is_refused() {
    let world = Watched::new();
    for path in ["/lake/a%", "/lake/a%4", "/lake/a%zz"] {
        let mut request = Draft::new(&admin(), "GET", "/lake/a").sign(world.gateway.s3);
        request.target = path.to_owned();
        let status = request.send(world.gateway.s3, b"").status();
        assert!((400..=403).contains(&status), "{path}: {status}");
    }
    world.assert_nothing_went_up();
}

#[test]
fn c05_a_target_or_a_head_that_is_too_long_is_refused() {
    let world = Watched::new();
    let target = format!("/lake?prefix={}", "p".repeat(20_000));
    assert!((400..=431).contains(&status_of(&world.gateway, &target)));
    let mut request = Draft::new(&admin(), "GET", "/lake/a").sign(world.gateway.s3);
    for number in 0..120 {
        request.add(&format!("x-filler-{number}"), "x");
    }
    assert!((400..=431).contains(&request.send(world.gateway.s3, b"").status()));
    world.assert_nothing_went_up();
}

fn status_of(gateway: &Gateway, target: &str) -> u16 {
    Draft::new(&admin(), "GET", target).send(gateway.s3, b"").status()
}

/// Percent-decodes once; a `+` is a `+`.
pub(crate) fn decode(text: &str) -> Vec<u8> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
            decoded.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            decoded.push(byte);
        }
    }
    decoded
}
