//! One audit line a request, with all that was required and what came of it; and no secret in any output.

use serde_json::{Value, json};

use crate::harness::{
    Key,
    pattern::Pattern,
    post,
    recorder::Answer,
    sign::Draft,
    site::{admin, identities, viewer},
    world::Watched,
};

#[test]
fn a_request_that_went_up_leaves_one_line() {
    let world = Watched::answering(|_| Answer::ok(b"seven b"));
    let response = Draft::new(&admin(), "GET", "/lake/a%20b").send(world.gateway.s3, b"");
    let record =
        world.gateway.wait_for_audit("the read", |record| record["operation"] == "GetObject");
    for (field, value) in [
        ("user", json!("admin")),
        ("access_key_id", json!(admin().id)),
        ("mechanism", json!("v4")),
        ("bucket", json!("lake")),
        ("key", json!("a b")),
        ("status", json!(200)),
        ("outcome", json!("completed")),
        ("bytes_in", json!(0)),
        ("bytes_out", json!(7)),
        ("request_id", json!(response.head.header("x-amz-request-id").unwrap())),
    ] {
        assert_eq!(record[field], value, "{field} of {record}");
    }
    assert_eq!(
        record["required"],
        json!([{
            "action": "fs:ReadObject",
            "resource": "arn:lakefs:fs:::repository/lake/object/a b",
            "outcome": "allow",
            "by": "FSFullAccess[0]",
        }])
    );
    assert!(record["remote"].as_str().unwrap().starts_with("127.0.0.1"), "{record}");
    assert!(record["time"].as_str().unwrap().starts_with("20"), "{record}");
    assert!(record["duration_ms"].is_number(), "{record}");
}

#[test]
fn a_write_counts_what_came_in() {
    let world = Watched::new();
    Draft::put(&admin(), "/lake/a", b"abc").send(world.gateway.s3, b"abc");
    let record =
        world.gateway.wait_for_audit("the write", |record| record["operation"] == "PutObject");
    assert_eq!((&record["bytes_in"], &record["status"]), (&json!(3), &json!(200)), "{record}");
}

#[test]
fn a_refusal_leaves_one_line_that_says_what_was_missing() {
    let world = Watched::new();
    Draft::put(&viewer(), "/lake/a", b"abc").send(world.gateway.s3, b"abc");
    let record = world.gateway.wait_for_audit("the refusal", |record| record["status"] == 403);
    assert_eq!(record["user"], "viewer", "{record}");
    assert_eq!(record["operation"], "PutObject", "{record}");
    assert_eq!(record["code"], "AccessDenied", "{record}");
    assert_eq!(record["required"][0]["action"], "fs:WriteObject", "{record}");
    assert_eq!(record["required"][0]["outcome"], "no_allow", "{record}");
    assert_eq!(record["outcome"], "refused", "{record}");
}

#[test]
fn what_was_refused_before_anyone_was_known_leaves_a_line_too() {
    let world = Watched::new();
    let stranger = Key::new("TESTUNKNOWN00001", "x");
    Draft::new(&stranger, "GET", "/lake/unknown").send(world.gateway.s3, b"");
    Draft::new(&Key::new(&admin().id, "wrong"), "GET", "/lake/wrong").send(world.gateway.s3, b"");
    Draft::new(&admin(), "GET", "/lake?metadataTable").send(world.gateway.s3, b"");
    for code in ["InvalidAccessKeyId", "SignatureDoesNotMatch", "NotImplemented"] {
        let record = world.gateway.wait_for_audit(code, |record| record["code"] == code);
        assert_ne!(record["request_id"], Value::Null, "{record}");
        assert_eq!(
            record["user"].as_str().filter(|user| !user.is_empty()),
            None,
            "nobody is known: {record}"
        );
    }
}

#[test]
fn requests_and_lines_are_as_many() {
    let world = Watched::new();
    for number in 0..20 {
        let (key, method) = if number % 3 == 0 { (viewer(), "PUT") } else { (admin(), "GET") };
        let target = format!("/lake/{number}");
        Draft::new(&key, method, &target).header("content-length", "0").send(world.gateway.s3, b"");
    }
    for number in 0..20 {
        world
            .gateway
            .wait_for_audit("its line", |record| record["key"] == json!(number.to_string()));
    }
    assert_eq!(world.gateway.audit().len(), 20);
    let mut ids: Vec<String> =
        world.gateway.audit().iter().map(|record| record["request_id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20);
}

#[test]
fn a_client_that_hangs_up_in_the_middle_leaves_a_line() {
    let length = 64 << 20;
    let world = Watched::answering(move |_| Answer::pattern(1, length));
    let mut connection = world.gateway.connect();
    connection.send(&Draft::new(&admin(), "GET", "/lake/big").sign(world.gateway.s3).head());
    assert_eq!(connection.head().status(), 200);
    connection.read_exact(&mut vec![0; 100_000]);
    drop(connection);
    let record = world.gateway.wait_for_audit("the cut", |record| record["key"] == "big");
    assert!(record["bytes_out"].as_u64().unwrap() < length, "{record}");
    assert_eq!(record["outcome"], "aborted", "{record}");
    assert_eq!(world.gateway.audit().len(), 1);
}

#[test]
fn a_client_that_hangs_up_while_it_sends_leaves_a_line() {
    let world = Watched::new();
    let mut connection = world.gateway.connect();
    connection
        .send(&Draft::put(&admin(), "/lake/cut", &vec![1; 1 << 20]).sign(world.gateway.s3).head());
    connection.send(&vec![1; 1 << 19]);
    drop(connection);
    let record = world.gateway.wait_for_audit("the cut", |record| record["key"] == "cut");
    assert_eq!(record["operation"], "PutObject", "{record}");
    assert_ne!(record["outcome"], "completed", "{record}");
    assert!(world.seen().iter().all(|request| !request.complete));
}

#[test]
fn l01_no_secret_and_no_signature_is_printed() {
    let world = Watched::answering(|request| match request.head.word(0) {
        "GET" => Answer::refusal(403, "SignatureDoesNotMatch"),
        _ => Answer::ok(b""),
    });
    drop(world.gateway);
    let gateway = crate::harness::gateway::Gateway::start(
        world.site.lakegate().env("RUST_LOG", "trace").args(["serve", "--config", "lakegate.yaml"]),
    );
    let mut signatures = Vec::new();
    for (key, method, target) in [
        (admin(), "PUT", "/lake/a"),
        (admin(), "GET", "/lake/a"),
        (viewer(), "PUT", "/lake/a"),
        (Key::new(&admin().id, "a-wrong-secret-that-nobody-has"), "PUT", "/lake/a"),
        (Key::new("TESTUNKNOWN00001", "a-wrong-secret-that-nobody-has"), "PUT", "/lake/a"),
        (admin(), "GET", "/lake?policy"),
    ] {
        let mut request =
            Draft::new(&key, method, target).header("content-length", "0").sign(gateway.s3);
        signatures.push(request.value("authorization").rsplit('=').next().unwrap().to_owned());
        request.send(gateway.s3, b"");
    }
    let target = "/lake/a?X-Amz-Signature=feedfacefeedface&X-Amz-Security-Token=canary-token";
    Draft::new(&admin(), "GET", target).send(gateway.s3, b"");
    signatures.extend(["feedfacefeedface".to_owned(), "canary-token".to_owned()]);
    let customer_key = "x-amz-server-side-encryption-customer-key";
    let form = post::Draft::new(&admin(), post::Version::V4, "a")
        .condition(json!({customer_key: "canary-wanted"}))
        .loose(customer_key, "canary-given");
    assert_eq!(form.sign(b"a").send(gateway.s3).status(), 403);
    signatures.extend(["canary-wanted".to_owned(), "canary-given".to_owned()]);
    for request in world.recorder.requests() {
        let authorization = request.head.header("authorization").unwrap().to_owned();
        signatures.push(authorization.rsplit('=').next().unwrap().to_owned());
    }
    // The last lines are out when the program has ended.
    let mut gateway = gateway;
    gateway.signal("TERM");
    assert!(gateway.wait().success());
    let printed = gateway.printed();
    assert!(printed.contains("policy condition failed"), "{printed}");
    let secrets = [admin().secret, viewer().secret, world.recorder.upstream.key.secret.clone()];
    let sealing = world.site.read("secret.key");
    for secret in secrets.iter().chain(&signatures).chain([&sealing]) {
        assert!(!printed.contains(secret.as_str()), "{secret} is in {printed}");
    }
    assert!(identities().contains(&secrets[0]), "the secrets looked for are those in use");
}

#[test]
fn l03_a_key_cannot_forge_a_line() {
    let world = Watched::new();
    let target = "/lake/a%0A%7B%22user%22%3A%22root%22%7D%0D%1B%5B31m%22";
    Draft::new(&admin(), "GET", target)
        .header("user-agent", "\"},{\"user\":\"root\"")
        .send(world.gateway.s3, b"");
    let record =
        world.gateway.wait_for_audit("the line", |record| record["operation"] == "GetObject");
    assert_eq!(record["key"], "a\n{\"user\":\"root\"}\r\u{1b}[31m\"");
    assert_eq!(world.gateway.audit().len(), 1);
    assert!(!world.gateway.printed().contains('\u{1b}'));
}

#[test]
fn large_objects_are_counted_to_the_last_byte() {
    let length = 5_000_000;
    let world = Watched::answering(move |_| Answer::pattern(4, length));
    let response = Draft::new(&admin(), "GET", "/lake/big").send(world.gateway.s3, b"");
    assert_eq!(response.body, Pattern::bytes(4, length));
    let record = world.gateway.wait_for_audit("the read", |record| record["key"] == "big");
    assert_eq!(record["bytes_out"], length, "{record}");
}
