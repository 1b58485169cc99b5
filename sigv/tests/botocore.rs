//! botocore, the signer of boto3 and of the AWS CLI, as a judge of our verifier, by all four mechanisms.

use std::path::Path;
use std::process::Command;

use http::Method;
use serde_json::Value;
use sigv::SecretKey;

use crate::mutation::assert_every_signed_part_counts;
use crate::request::Request;

#[test]
fn version_4_of_botocore_verifies_and_every_part_of_it_counts() {
    assert_verifies("v4");
}

#[test]
fn version_4_url_of_botocore_verifies_and_every_part_of_it_counts() {
    assert_verifies("v4-presigned");
}

#[test]
fn version_2_of_botocore_verifies_and_every_part_of_it_counts() {
    assert_verifies("v2");
}

#[test]
fn version_2_url_of_botocore_verifies_and_every_part_of_it_counts() {
    assert_verifies("v2-presigned");
}

#[test]
fn a22_headers_of_every_shape_verify_as_botocore_signs_them() {
    let lines = run_script(&["headers"]);
    for mechanism in ["v4", "v4-presigned", "v2", "v2-presigned"] {
        let signed = lines.iter().filter(|line| line["mechanism"] == mechanism);
        let mut count = 0;
        for line in signed {
            let request = read(line);
            request
                .verify(&secret(), request.valid_at().unwrap())
                .unwrap_or_else(|refused| panic!("{refused}: {request:?}"));
            count += 1;
        }
        assert!(count >= 28, "{count} of {mechanism}");
    }
}

/// Asserts that what botocore signs by `mechanism` verifies, and does no longer when it is changed.
fn assert_verifies(mechanism: &str) {
    let lines = run_script(&[mechanism, "1500", "1"]);
    assert_eq!(lines.len(), 1500);
    for line in &lines {
        let request = read(line);
        let claim = request
            .verify(&secret(), request.valid_at().unwrap())
            .unwrap_or_else(|refused| panic!("{refused}: {request:?}"));
        assert_eq!(claim.access_key_id().as_str(), line["access_key_id"]);
        assert_eq!(claim.mechanism(), mechanism);
        assert_every_signed_part_counts(&request, &secret());
    }
}

/// What `botocore_requests.py` prints.
fn run_script(args: &[&str]) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/botocore_requests.py");
    let output = Command::new(python()).arg(script).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = String::from_utf8(output.stdout).unwrap();
    output.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[expect(clippy::disallowed_methods, reason = "the only way to say which Python has botocore")]
fn python() -> String {
    std::env::var("LAKEGATE_TEST_PYTHON").unwrap_or_else(|_| {
        panic!("LAKEGATE_TEST_PYTHON names no Python that has botocore: run ./tests/all, which installs one")
    })
}

fn read(line: &Value) -> Request {
    let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap();
    let headers: Vec<(&str, &str)> = line["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|header| (header[0].as_str().unwrap(), header[1].as_str().unwrap()))
        .collect();
    let method = Method::from_bytes(text("method").as_bytes()).unwrap();
    let host_bucket = line["host_bucket"].as_str().map(str::to_owned);
    Request { host_bucket, ..Request::new(method, text("path"), text("query"), &headers) }
}

fn secret() -> SecretKey {
    SecretKey::new(*b"FAKE/SECRET+FOR=TESTS-ONLY")
}
