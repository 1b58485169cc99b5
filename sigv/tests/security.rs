//! Attacks on the signature of a request, each the only thing wrong with it.

use http::{HeaderMap, Method};
use sigv::{Claim, Form, Payload, Rules, SecretKey, SignatureError, Verifier, Wire};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::mutation::assert_every_signed_part_counts;
use crate::request::{RULES, Request};

#[test]
fn honest_request_verifies() {
    let claim = honest().verify(&secret(), NOW).unwrap();
    assert_eq!(claim.access_key_id().as_str(), ID);
}

#[test]
fn a01_every_signed_part_counts() {
    assert_every_signed_part_counts(&honest(), &secret());
}

#[test]
fn a01_flipped_digit_anywhere_in_the_signature_is_refused() {
    let signature = honest().text("authorization").rsplit_once('=').unwrap().1.to_owned();
    for (at, given) in signature.char_indices() {
        for digit in "0123456789abcdef".chars().filter(|digit| *digit != given) {
            let mut other = signature.clone();
            other.replace_range(at..=at, &digit.to_string());
            let mut request = honest();
            request.edit_authorization(&signature, &other);
            assert_eq!(refused(&request), SignatureError::Mismatch);
        }
    }
}

#[test]
fn a01_flipped_byte_anywhere_in_the_header_is_refused_or_another_identity() {
    let text = honest().text("authorization").to_owned();
    let id = text.find(ID).unwrap()..text.find(ID).unwrap() + ID.len();
    for at in 0..text.len() {
        for flip in [0x01, 0x02, 0x10, 0x20] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= flip;
            let Ok(value) = http::HeaderValue::from_bytes(&bytes) else { continue };
            let mut request = honest();
            request.headers.insert("authorization", value);
            match request.verify(&secret(), NOW) {
                Err(_) => {}
                // The id is not signed itself: it is another one's, whose secret is another.
                Ok(claim) => {
                    assert!(
                        id.contains(&at) && claim.access_key_id().as_str() != ID,
                        "{at} {flip}"
                    );
                }
            }
        }
    }
}

#[test]
fn a01_secret_of_another_is_refused() {
    let claim = Claim::parse(honest().wire(), &RULES, NOW).unwrap();
    let refused = claim.verify(&SecretKey::new(*b"another secret")).unwrap_err();
    assert_eq!(refused, SignatureError::Mismatch);
    assert_eq!((refused.status(), refused.code()), (403, "SignatureDoesNotMatch"));
}

#[test]
fn a02_skew_counts_both_ways() {
    for (skew, fits) in
        [(-901, false), (901, false), (-900, true), (900, true), (-899, true), (899, true)]
    {
        let now = NOW.saturating_add(Duration::seconds(skew));
        match honest().verify(&secret(), now) {
            Ok(_) => assert!(fits, "{skew}"),
            Err(refused) => {
                assert!(!fits, "{skew}");
                let max_skew = Duration::minutes(15);
                assert_eq!(refused, SignatureError::Skewed { signed_at: NOW, max_skew });
                assert_eq!((refused.status(), refused.code()), (403, "RequestTimeTooSkewed"));
            }
        }
    }
}

#[test]
fn a02_date_header_is_held_to_the_skew_too() {
    let mut request = dated("Sat, 31 Jan 2026 12:00:00 GMT");
    assert!(Claim::parse(request.wire(), &RULES, NOW).is_ok());
    request.set("date", "Sat, 31 Jan 2026 11:44:59 GMT");
    assert_eq!(refused(&request).code(), "RequestTimeTooSkewed");
}

#[test]
fn amz_date_wins_over_date() {
    let mut request = honest();
    request.set("date", "Sat, 31 Jan 1998 12:00:00 GMT");
    request.verify(&secret(), NOW).unwrap();
}

#[test]
fn date_that_is_missing_or_malformed_is_refused() {
    let mut request = dated("Sat, 31 Jan 2026 12:00:00 GMT");
    request.headers.remove("date");
    assert_refused(&request, &SignatureError::MissingDate, (403, "AccessDenied"));
    for date in ["", "yesterday", "\u{f6}", "20260131"] {
        request.set("date", date);
        assert_refused(&request, &SignatureError::MalformedDate, (403, "AccessDenied"));
    }
    for date in [
        "",
        "Sat, 31 Jan 2026 12:00:00 GMT",
        "20260131T120000",
        "20260131T120000Z,20260131T120000Z",
    ] {
        let mut request = honest();
        request.set("x-amz-date", date);
        assert_refused(&request, &SignatureError::MalformedDate, (403, "AccessDenied"));
    }
}

#[test]
fn a04_scope_of_another_day_is_refused() {
    for day in ["20260130", "20260201", "20250131"] {
        let mut request = honest();
        request.edit_authorization("/20260131/", &format!("/{day}/"));
        assert_refused(
            &request,
            &SignatureError::WrongDate { form: Form::Header },
            (400, "AuthorizationHeaderMalformed"),
        );
    }
}

#[test]
fn a04_scope_of_another_region_is_refused_and_ours_named() {
    let regions = ["eu-west-1".to_owned(), "eu-west-2".to_owned()];
    let rules = Rules { regions: &regions, ..RULES };
    let refused = Claim::parse(honest().wire(), &rules, NOW).unwrap_err();
    assert_eq!((refused.status(), refused.code()), (400, "AuthorizationHeaderMalformed"));
    let message = "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'";
    assert_eq!(refused.message(), message);

    let regions = ["eu-west-1".to_owned(), "us-east-1".to_owned()];
    Claim::parse(honest().wire(), &Rules { regions: &regions, ..RULES }, NOW).unwrap();
}

#[test]
fn a04_region_in_the_scope_is_signed() {
    let mut request = honest();
    request.edit_authorization("us-east-1", "us-east-2");
    assert_eq!(refused(&request), SignatureError::Mismatch);
}

#[test]
fn a04_scope_of_another_service_is_refused() {
    for service in ["sts", "S3", "S3express", "s3express2", "s3-outposts", ""] {
        let mut request = honest();
        request.edit_authorization("/s3/", &format!("/{service}/"));
        assert_refused(
            &request,
            &SignatureError::WrongService { form: Form::Header },
            (400, "AuthorizationHeaderMalformed"),
        );
    }
}

#[test]
fn a04_scope_of_directory_buckets_is_refused_by_their_name() {
    let mut request = honest();
    request.edit_authorization("/s3/", "/s3express/");
    assert_refused(&request, &SignatureError::DirectoryBuckets, (501, "NotImplemented"));
    let message = "directory buckets (ListDirectoryBuckets, CreateSession) are not implemented";
    assert_eq!(refused(&request).message(), message);

    request.edit_authorization("/aws4_request", "/aws5_request");
    assert_eq!(refused(&request), SignatureError::WrongTerminator { form: Form::Header });
}

#[test]
fn a04_scope_without_its_terminator_is_refused() {
    for terminator in ["/aws5_request", "/AWS4_REQUEST", "/"] {
        let mut request = honest();
        request.edit_authorization("/aws4_request", terminator);
        assert_refused(
            &request,
            &SignatureError::WrongTerminator { form: Form::Header },
            (400, "AuthorizationHeaderMalformed"),
        );
    }
    let mut request = honest();
    request.edit_authorization("/aws4_request", "");
    assert_eq!(refused(&request).code(), "AuthorizationHeaderMalformed");
}

#[test]
fn a05_amz_header_that_is_not_signed_is_refused() {
    for name in AMZ_HEADERS {
        let mut request = honest();
        request.set(name, "x");
        let unsigned = SignatureError::UnsignedHeaders { names: (*name).to_owned() };
        assert_refused(&request, &unsigned, (403, "AccessDenied"));
        assert!(
            unsigned
                .message()
                .starts_with("There were headers present in the request which were not signed")
        );
        assert!(unsigned.message().ends_with(name));
    }
}

#[test]
fn a05_unsigned_headers_are_all_named() {
    let mut request = honest();
    request.set("x-amz-tagging", "a=b");
    request.set("x-amz-acl", "public-read");
    let names = "x-amz-acl, x-amz-tagging".to_owned();
    assert_eq!(refused(&request), SignatureError::UnsignedHeaders { names });
}

#[test]
fn a05_header_taken_off_the_signed_list_is_refused() {
    for (list, name) in [
        ("host;x-amz-content-sha256", "x-amz-date"),
        ("host;x-amz-date", "x-amz-content-sha256"),
        ("x-amz-content-sha256;x-amz-date", "host"),
    ] {
        let mut request = honest();
        request.edit_authorization("host;x-amz-content-sha256;x-amz-date", list);
        let unsigned = SignatureError::UnsignedHeaders { names: name.to_owned() };
        assert_refused(&request, &unsigned, (403, "AccessDenied"));
    }
}

#[test]
fn a06_host_that_stands_twice_is_refused() {
    let mut request = honest();
    request.append("host", HOST);
    let twice = SignatureError::DuplicateHeader { name: "host".to_owned() };
    assert_refused(&request, &twice, (400, "InvalidArgument"));
}

#[test]
fn header_that_is_signed_but_absent_is_refused() {
    let mut request = honest();
    request.edit_authorization("SignedHeaders=host", "SignedHeaders=cache-control;host");
    let absent = SignatureError::AbsentHeader { name: "cache-control".to_owned() };
    assert_refused(&request, &absent, (403, "SignatureDoesNotMatch"));

    request.set("cache-control", "");
    assert_eq!(refused(&request), SignatureError::Mismatch);
}

#[test]
fn header_we_read_that_stands_twice_is_refused() {
    for name in ["x-amz-date", "x-amz-content-sha256"] {
        let mut request = honest();
        let value = request.text(name).to_owned();
        request.append(name, &value);
        let twice = SignatureError::DuplicateHeader { name: name.to_owned() };
        assert_eq!(refused(&request), twice);
    }
}

#[test]
fn a07_presigned_parameter_beside_the_header_is_refused() {
    for query in [
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "X-Amz-Credential=AKIAOTHER%2F20260131%2Fus-east-1%2Fs3%2Faws4_request",
        "X-Amz-Date=20260131T120000Z",
        "X-Amz-Expires=60",
        "X-Amz-SignedHeaders=host",
        "X-Amz-Signature=00",
        "x-amz-signature=00",
        "X%2DAmz%2DSignature=00",
        "prefix=a&X-Amz-Signature",
        "Signature=00",
        "AWSAccessKeyId=AKIAOTHER&Expires=1",
    ] {
        let mut request = honest();
        query.clone_into(&mut request.query);
        assert_refused(&request, &SignatureError::ManyMechanisms, (400, "InvalidArgument"));
        assert!(
            SignatureError::ManyMechanisms.message().starts_with("Only one auth mechanism allowed")
        );
    }
}

#[test]
fn a07_two_authorization_headers_are_refused() {
    for second in [honest().text("authorization"), "Bearer token", "AWS AKIAOTHER:c2ln", ""] {
        let mut request = honest();
        request.append("authorization", second);
        assert_refused(&request, &SignatureError::ManyMechanisms, (400, "InvalidArgument"));
    }
}

#[test]
fn a07_foreign_scheme_beside_a_presigned_url_is_refused() {
    for scheme in ["Bearer token", "AWS AKIAOTHER:c2ln"] {
        let mut request = honest();
        request.set("authorization", scheme);
        "X-Amz-Signature=00".clone_into(&mut request.query);
        assert_eq!(refused(&request), SignatureError::ManyMechanisms);
    }
}

#[test]
fn a10_anonymous_request_is_refused() {
    for mode in ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"] {
        let mut request = honest();
        request.headers.remove("authorization");
        request.set("x-amz-content-sha256", mode);
        assert_refused(&request, &SignatureError::Anonymous, (403, "AccessDenied"));
    }
    let wire = Wire {
        method: &Method::GET,
        path: "/",
        query: "",
        headers: &HeaderMap::new(),
        host_bucket: None,
    };
    assert_eq!(Claim::parse(wire, &RULES, NOW).unwrap_err(), SignatureError::Anonymous);
}

#[test]
fn payload_header_that_is_missing_or_malformed_is_refused() {
    let mut request = honest();
    request.headers.remove("x-amz-content-sha256");
    request.edit_authorization("x-amz-content-sha256;", "");
    assert_refused(&request, &SignatureError::MissingPayloadHash, (400, "InvalidRequest"));
    for value in ["", "unsigned-payload", "e3b0c442", "STREAMING-"] {
        let mut request = honest();
        request.set("x-amz-content-sha256", value);
        assert_refused(&request, &SignatureError::MalformedPayloadHash, (400, "InvalidArgument"));
    }
}

#[test]
fn a17_hash_in_the_header_is_the_hash_that_was_signed() {
    let mut request = honest();
    request.headers.insert("x-amz-content-sha256", Payload::Hash([0; 32]).header_value());
    assert_eq!(refused(&request), SignatureError::Mismatch);
}

#[test]
fn a19_access_key_id_of_no_form_of_ours_looks_unknown() {
    for id in ["", "a", "*", "(uid=*)", "a/b", &"A".repeat(129), &"A".repeat(4096)] {
        let mut request = honest();
        request.edit_authorization(ID, id);
        assert_refused(
            &request,
            &SignatureError::MalformedAccessKeyId,
            (403, "InvalidAccessKeyId"),
        );
    }
}

#[test]
fn a24_session_token_is_refused_as_none_was_issued() {
    let request = Request::new(
        Method::GET,
        "/lake/a",
        "",
        &[("host", HOST), ("x-amz-security-token", "token")],
    );
    let request = request.signed(ID, &secret(), Payload::Unsigned, NOW);
    assert_refused(&request, &SignatureError::SecurityToken, (400, "InvalidToken"));

    let mut request = honest();
    "x-amz-security-token=token".clone_into(&mut request.query);
    assert_refused(&request, &SignatureError::SecurityToken, (400, "InvalidToken"));
}

#[test]
fn no_signature_is_in_any_debug_output() {
    let request = honest();
    let signature = request.text("authorization").rsplit_once('=').unwrap().1;
    let claim = Claim::parse(request.wire(), &RULES, NOW).unwrap();
    let verifier = Verifier::new(secret());
    verifier.verify(&claim).unwrap();
    let printed = format!("{claim:?} {:?} {verifier:?}", request.wire());
    assert!(!printed.contains(signature) && !printed.contains("not a real secret"), "{printed}");
    assert!(request.headers["authorization"].is_sensitive());
}

fn honest() -> Request {
    Request::new(Method::PUT, "/lake/a%20key", "", &[("host", HOST)]).signed(
        ID,
        &secret(),
        Payload::empty(),
        NOW,
    )
}

/// A request whose time is in `Date` alone; its signature is of no use.
fn dated(date: &str) -> Request {
    let mut request = honest();
    request.headers.remove("x-amz-date");
    request.edit_authorization(";x-amz-date", "");
    request.set("date", date);
    request
}

fn refused(request: &Request) -> SignatureError {
    request.verify(&secret(), NOW).unwrap_err()
}

fn assert_refused(request: &Request, expected: &SignatureError, reply: (u16, &str)) {
    let refused = refused(request);
    assert_eq!(&refused, expected);
    assert_eq!((refused.status(), refused.code()), reply);
}

fn secret() -> SecretKey {
    SecretKey::new(*b"not a real secret")
}

const ID: &str = "AKIAALICE";
const HOST: &str = "127.0.0.1:8080";
const NOW: OffsetDateTime = datetime!(2026-01-31 12:00 UTC);

const AMZ_HEADERS: &[&str] = &[
    "x-amz-acl",
    "x-amz-bypass-governance-retention",
    "x-amz-cf-id",
    "x-amz-checksum-crc32",
    "x-amz-copy-source",
    "x-amz-decoded-content-length",
    "x-amz-grant-read",
    "x-amz-meta-a",
    "x-amz-object-lock-mode",
    "x-amz-security-token",
    "x-amz-server-side-encryption",
    "x-amz-storage-class",
    "x-amz-tagging",
    "x-amz-trailer",
    "x-amz-website-redirect-location",
];
