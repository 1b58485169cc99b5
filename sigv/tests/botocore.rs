//! botocore, the signer of boto3 and of the AWS CLI, as a judge of our verifier.

use std::path::Path;
use std::process::Command;

use http::Method;
use serde_json::Value;
use sigv::SecretKey;

use crate::mutation::assert_every_signed_part_counts;
use crate::request::Request;

#[test]
fn request_signed_by_botocore_verifies_and_every_part_of_it_counts() {
    let secret = SecretKey::new(*b"FAKE/SECRET+FOR=TESTS-ONLY");
    let mut count = 0;
    for line in run_script("600", "1").lines() {
        let line = serde_json::from_str(line).unwrap();
        let (request, access_key_id) = read(&line);
        let claim = request
            .verify(&secret, request.signed_at().unwrap())
            .unwrap_or_else(|refused| panic!("{refused}: {request:?}"));
        assert_eq!(claim.access_key_id().as_str(), access_key_id);
        assert_every_signed_part_counts(&request, &secret);
        count += 1;
    }
    assert_eq!(count, 600);
}

/// What `botocore_requests.py` prints.
fn run_script(count: &str, seed: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/botocore_requests.py");
    let output = Command::new(python()).arg(script).args([count, seed]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the only way to say which Python has botocore")]
fn python() -> String {
    std::env::var("LAKEGATE_TEST_PYTHON").unwrap_or_else(|_| {
        panic!("LAKEGATE_TEST_PYTHON names no Python that has botocore: run ./tests/all, which installs one")
    })
}

fn read(line: &Value) -> (Request, &str) {
    let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap();
    let headers: Vec<(&str, &str)> = line["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|header| (header[0].as_str().unwrap(), header[1].as_str().unwrap()))
        .collect();
    let method = Method::from_bytes(text("method").as_bytes()).unwrap();
    (Request::new(method, text("path"), text("query"), &headers), text("access_key_id"))
}
