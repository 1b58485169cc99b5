//! The examples that AWS publishes, with the signatures it gives.
//!
//! Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload in a
//! Single Chunk" and "Authenticating Requests: Using Query Parameters", examples.

use http::{HeaderValue, Method};
use sigv::{Expiry, Payload, Presignable, SecretKey, Signer, hash};
use time::Duration;
use time::macros::datetime;

use crate::request::Request;

#[test]
fn get_object_verifies() {
    verifies(&Example {
        method: Method::GET,
        path: "/test.txt",
        query: "",
        headers: &[("range", "bytes=0-9")],
        body: b"",
        signed_headers: "host;range;x-amz-content-sha256;x-amz-date",
        signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    });
}

#[test]
fn put_object_verifies() {
    verifies(&Example {
        method: Method::PUT,
        path: "/test%24file.text",
        query: "",
        headers: &[
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ],
        body: b"Welcome to Amazon S3.",
        signed_headers: "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    });
}

#[test]
fn get_bucket_lifecycle_verifies() {
    verifies(&Example {
        method: Method::GET,
        path: "/",
        query: "lifecycle",
        headers: &[],
        body: b"",
        signed_headers: "host;x-amz-content-sha256;x-amz-date",
        signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    });
}

#[test]
fn list_objects_verifies() {
    verifies(&Example {
        method: Method::GET,
        path: "/",
        query: "max-keys=2&prefix=J",
        headers: &[],
        body: b"",
        signed_headers: "host;x-amz-content-sha256;x-amz-date",
        signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    });
}

#[test]
fn our_signer_gives_the_published_signature() {
    let at = datetime!(2013-05-24 00:00 UTC);
    let request = Request::new(Method::GET, "/", "lifecycle", &[("host", HOST)]).signed(
        ID,
        &secret(),
        Payload::empty(),
        at,
    );
    assert_eq!(
        request.text("authorization"),
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
         SignedHeaders=host;x-amz-content-sha256;x-amz-date, \
         Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    );
}

#[test]
fn our_presigned_url_is_the_published_one() {
    let signer = Signer::new(ID, secret(), "us-east-1").unwrap();
    let request = Presignable {
        method: &Method::GET,
        host: &HeaderValue::from_static(HOST),
        path: "/test.txt",
        query: "",
        expiry: Expiry::new(Duration::days(1)).unwrap(),
        session_token: None,
    };
    assert_eq!(
        signer.presign(&request, datetime!(2013-05-24 00:00 UTC)),
        "X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
         &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
         &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    );
}

struct Example<'a> {
    method: Method,
    path: &'a str,
    query: &'a str,
    headers: &'a [(&'a str, &'a str)],
    body: &'a [u8],
    signed_headers: &'a str,
    signature: &'a str,
}

fn verifies(example: &Example<'_>) {
    let mut request =
        Request::new(example.method.clone(), example.path, example.query, example.headers);
    let payload = Payload::Hash(hash::sha256(example.body));
    let Example { signed_headers, signature, .. } = example;
    request.set("host", HOST);
    request.set("x-amz-date", "20130524T000000Z");
    request.set("x-amz-content-sha256", &payload.text());
    request.set(
        "authorization",
        &format!(
            "AWS4-HMAC-SHA256 Credential={ID}/20130524/us-east-1/s3/aws4_request,\
             SignedHeaders={signed_headers},Signature={signature}"
        ),
    );
    let claim = request.verify(&secret(), datetime!(2013-05-24 00:00 UTC)).unwrap();
    assert_eq!(claim.access_key_id().as_str(), ID);
    assert_eq!(claim.payload(), &payload);
}

fn secret() -> SecretKey {
    SecretKey::new(*b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
}

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const HOST: &str = "examplebucket.s3.amazonaws.com";
