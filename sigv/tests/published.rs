//! The examples that AWS publishes, with the signatures it gives.
//!
//! Sources: Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload in a
//! Single Chunk" and "Authenticating Requests: Using Query Parameters"; Amazon S3 User Guide, "Signing and Authenticating
//! REST Requests". Each signature was computed anew, by HMAC in Python, before it was taken over.

use http::{HeaderValue, Method};
use sigv::{Expiry, Payload, Presignable, SecretKey, Signer, hash};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::mutation::assert_every_signed_part_counts;
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
fn presigned_get_object_verifies() {
    let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256\
                 &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
                 &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
                 &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    let request = Request::new(Method::GET, "/test.txt", query, &[("host", HOST)]);
    let claim = request.verify(&secret(), datetime!(2013-05-24 23:59:59 UTC)).unwrap();
    assert_eq!(claim.access_key_id().as_str(), ID);
    assert_eq!(claim.payload(), &Payload::Unsigned);
    assert_every_signed_part_counts(&request, &secret());
}

#[test]
fn version_2_object_get_verifies() {
    version_2_verifies(&Version2 {
        method: Method::GET,
        bucket: Some("awsexamplebucket1"),
        path: "/photos/puppy.jpg",
        query: "",
        headers: &[("date", "Tue, 27 Mar 2007 19:36:42 +0000")],
        signature: "qgk2+6Sv9/oM7G3qLEjTH1a1l1g=",
        at: datetime!(2007-03-27 19:36:42 UTC),
    });
}

#[test]
fn version_2_object_put_verifies() {
    version_2_verifies(&Version2 {
        method: Method::PUT,
        bucket: Some("awsexamplebucket1"),
        path: "/photos/puppy.jpg",
        query: "",
        headers: &[
            ("content-type", "image/jpeg"),
            ("content-length", "94328"),
            ("date", "Tue, 27 Mar 2007 21:15:45 +0000"),
        ],
        signature: "iqRzw+ileNPu1fhspnRs8nOjjIA=",
        at: datetime!(2007-03-27 21:15:45 UTC),
    });
}

#[test]
fn version_2_list_verifies() {
    version_2_verifies(&Version2 {
        method: Method::GET,
        bucket: Some("awsexamplebucket1"),
        path: "/",
        query: "prefix=photos&max-keys=50&marker=puppy",
        headers: &[("user-agent", "Mozilla/5.0"), ("date", "Tue, 27 Mar 2007 19:42:41 +0000")],
        signature: "m0WP8eCtspQl5Ahe6L1SozdX9YA=",
        at: datetime!(2007-03-27 19:42:41 UTC),
    });
}

#[test]
fn version_2_fetch_of_an_acl_verifies() {
    version_2_verifies(&Version2 {
        method: Method::GET,
        bucket: Some("awsexamplebucket1"),
        path: "/",
        query: "acl",
        headers: &[("date", "Tue, 27 Mar 2007 19:44:46 +0000")],
        signature: "82ZHiFIjc+WbcwFKGUVEQspPn+0=",
        at: datetime!(2007-03-27 19:44:46 UTC),
    });
}

/// The published request has this date as `x-amz-date`, and another as `Date`. Its signature has it in the line of
/// `Date`, which the same document forbids beside an `x-amz-date`; s3cmd judges that case.
#[test]
fn version_2_delete_verifies_with_its_date_where_it_was_signed() {
    version_2_verifies(&Version2 {
        method: Method::DELETE,
        bucket: None,
        path: "/awsexamplebucket1/photos/puppy.jpg",
        query: "",
        headers: &[("user-agent", "dotnet"), ("date", "Tue, 27 Mar 2007 21:20:26 +0000")],
        signature: "XbyTlbQdu9Xw5o8P4iMwPktxQd8=",
        at: datetime!(2007-03-27 21:20:26 UTC),
    });
}

#[test]
fn version_2_upload_to_a_bucket_named_as_a_host_verifies() {
    version_2_verifies(&Version2 {
        method: Method::PUT,
        bucket: Some("static.example.com"),
        path: "/db-backup.dat.gz",
        query: "",
        headers: &[
            ("user-agent", "curl/7.15.5"),
            ("date", "Tue, 27 Mar 2007 21:06:08 +0000"),
            ("x-amz-acl", "public-read"),
            ("content-type", "application/x-download"),
            ("content-md5", "4gJE4saaMU4BqNR0kLY+lw=="),
            ("x-amz-meta-reviewedby", "joe@example.com"),
            ("x-amz-meta-reviewedby", "jane@example.com"),
            ("x-amz-meta-filechecksum", "0x02661779"),
            ("x-amz-meta-checksumalgorithm", "crc32"),
            ("content-disposition", "attachment; filename=database.dat"),
            ("content-encoding", "gzip"),
            ("content-length", "5913339"),
        ],
        signature: "jtBQa0Aq+DkULFI8qrpwIjGEx0E=",
        at: datetime!(2007-03-27 21:06:08 UTC),
    });
}

#[test]
fn version_2_list_of_all_buckets_verifies() {
    version_2_verifies(&Version2 {
        method: Method::GET,
        bucket: None,
        path: "/",
        query: "",
        headers: &[("date", "Wed, 28 Mar 2007 01:29:59 +0000")],
        signature: "qGdzdERIC03wnaRNKh6OqZehG9s=",
        at: datetime!(2007-03-28 01:29:59 UTC),
    });
}

#[test]
fn version_2_unicode_key_verifies_escaped_as_it_was_sent() {
    version_2_verifies(&Version2 {
        method: Method::GET,
        bucket: None,
        path: "/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re",
        query: "",
        headers: &[("date", "Wed, 28 Mar 2007 01:49:49 +0000")],
        signature: "DNEZGsoieTZ92F3bUfSPQcbGmlM=",
        at: datetime!(2007-03-28 01:49:49 UTC),
    });
}

#[test]
fn version_2_url_verifies() {
    let query = "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";
    let request = Request {
        host_bucket: Some("johnsmith".to_owned()),
        ..Request::new(
            Method::GET,
            "/photos/puppy.jpg",
            query,
            &[("host", "johnsmith.s3.amazonaws.com")],
        )
    };
    let claim = request.verify(&secret(), datetime!(2007-03-29 03:40:19 UTC)).unwrap();
    assert_eq!(claim.access_key_id().as_str(), ID);
    assert_every_signed_part_counts(&request, &secret());
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

/// An example of Version 2.
struct Version2<'a> {
    method: Method,
    /// The bucket that `Host` names.
    bucket: Option<&'a str>,
    path: &'a str,
    query: &'a str,
    headers: &'a [(&'a str, &'a str)],
    signature: &'a str,
    at: OffsetDateTime,
}

fn version_2_verifies(example: &Version2<'_>) {
    let Version2 { method, bucket, path, query, headers, signature, at } = example;
    let mut request = Request {
        host_bucket: bucket.map(str::to_owned),
        ..Request::new(method.clone(), path, query, headers)
    };
    let host = bucket.map_or("s3.us-west-1.amazonaws.com".to_owned(), |bucket| {
        format!("{bucket}.us-west-1.s3.amazonaws.com")
    });
    request.set("host", &host);
    request.set("authorization", &format!("AWS {ID}:{signature}"));
    let claim = request.verify(&secret(), *at).unwrap();
    assert_eq!(claim.access_key_id().as_str(), ID);
    assert_eq!(claim.payload(), &Payload::Unsigned);
    assert_every_signed_part_counts(&request, &secret());
}

fn secret() -> SecretKey {
    SecretKey::new(*b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
}

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const HOST: &str = "examplebucket.s3.amazonaws.com";
