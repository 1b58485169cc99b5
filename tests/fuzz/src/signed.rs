//! Requests whose signature is the input's, in a header or in the query: what verifies is what was signed.

use http::{HeaderMap, HeaderValue, Method};
use sigv::{Claim, Expiry, Payload, Presignable, Rules, SecretKey, Signer, Wire, amz_date};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

/// Takes `input` for an `Authorization` header, and says whether the request verifies.
///
/// # Panics
///
/// When one verifies that does not hold the signature of the request.
pub fn authorization(input: &[u8]) -> bool {
    let Ok(value) = HeaderValue::from_bytes(input) else { return false };
    let mut headers = unsigned();
    headers.insert("authorization", value);
    let holds = |text: &str| String::from_utf8_lossy(input).contains(text);
    match verified("/lake/a", VERSION, &headers) {
        None => false,
        Some("v4") => {
            assert!(holds(signature(&honest_header())), "another signature of version 4");
            true
        }
        Some(mechanism) => {
            assert_eq!(mechanism, "v2");
            assert!(holds(VERSION_2_HEADER), "another signature of version 2");
            true
        }
    }
}

/// Takes `input` for the query of a URL, and says whether the request verifies.
///
/// # Panics
///
/// When one verifies that is not the request that was signed, as far as its version signs it.
pub fn presigned(input: &[u8]) -> bool {
    let Ok(query) = std::str::from_utf8(input) else { return false };
    let headers = HeaderMap::from_iter([(http::header::HOST, HeaderValue::from_static(HOST))]);
    let Some(mechanism) = verified("/lake/a", query, &headers) else { return false };
    let mut pairs = decoded(query);
    let honest = match mechanism {
        "v4-presigned" => honest_query(),
        other => {
            assert_eq!(other, "v2-presigned");
            // A header has no case, and no blanks around its value; version 4 signs the query, in which both count.
            for (name, value) in &mut pairs {
                if name.get(..6).is_some_and(|begin| begin.eq_ignore_ascii_case("x-amz-")) {
                    name.make_ascii_lowercase();
                    *value = value.trim_ascii().to_owned();
                }
            }
            // Whose key it is, is nothing that version 2 signs; nor is a parameter outside its list.
            pairs.retain(|(name, value)| SIGNED_BY_2.contains(&name.as_str()) && !value.is_empty());
            honest_query_2("AKIAALICE")
        }
    };
    let mut expected = decoded(&honest);
    expected.retain(|(name, _)| mechanism == "v4-presigned" || name != "AWSAccessKeyId");
    pairs.sort();
    expected.sort();
    assert_eq!(pairs, expected, "another query than was signed");
    true
}

/// Takes the first line of `input` for an `Authorization` header, the second for a query, and the others for headers, and says
/// whether the request verifies by version 2.
///
/// # Panics
///
/// When it does though what version 2 signs of it, told by the few lines below, is not what was signed, or does not though
/// it is.
pub fn version2(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.split('\n');
    let (authorization, query) = (lines.next().unwrap_or(""), lines.next().unwrap_or(""));
    let mut headers = unsigned();
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { return false };
        let (Ok(name), Ok(value)) = (name.parse::<http::HeaderName>(), value.parse()) else {
            return false;
        };
        headers.append(name, value);
    }
    let Ok(value) = HeaderValue::from_bytes(authorization.as_bytes()) else { return false };
    headers.insert("authorization", value);
    let Some(mechanism) = verified("/lake/a", query, &headers) else { return false };
    if mechanism == "v2" {
        let amazons = |name: &str| name.starts_with("x-amz-");
        let signed = headers.iter().filter(|(name, _)| amazons(name.as_str())).count();
        assert_eq!(signed, 2, "more headers of Amazon's than were signed");
        assert!(
            headers
                .get("content-type")
                .is_none_or(|value| value.as_bytes().trim_ascii().is_empty())
        );
        assert!(
            headers.get("content-md5").is_none_or(|value| value.as_bytes().trim_ascii().is_empty())
        );
        let mut pairs = decoded(query);
        pairs.retain(|(name, _)| SUB_RESOURCES.contains(&name.as_str()));
        assert_eq!(pairs, decoded(VERSION), "another sub-resource than was signed");
    }
    true
}

/// The `Authorization` header of the request that [`authorization`] is about.
pub fn honest_header() -> String {
    let headers = unsigned();
    let (value, _) = signer().sign(wire("/lake/a", VERSION, &headers), &Payload::Unsigned, NOW);
    value.to_str().expect("ASCII").to_owned()
}

/// The `Authorization` header of version 2 of the same.
pub fn honest_header_2(access_key_id: &str) -> String {
    format!("AWS {access_key_id}:{VERSION_2_HEADER}")
}

/// The query of the request that [`presigned`] is about.
pub fn honest_query() -> String {
    let presignable = Presignable {
        method: &Method::GET,
        host: &HeaderValue::from_static(HOST),
        path: "/lake/a",
        query: "versionId=1&x-amz-acl=private",
        expiry: Expiry::new(Duration::hours(1)).expect("an hour"),
        session_token: None,
    };
    signer().presign(&presignable, NOW)
}

/// The same with version 2.
pub fn honest_query_2(access_key_id: &str) -> String {
    format!(
        "versionId=1&x-amz-acl=private&AWSAccessKeyId={access_key_id}&Expires=1769864400&\
         Signature={VERSION_2_QUERY}"
    )
}

/// Names and values, decoded once.
pub fn decoded(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// The mechanism of the request, if it verifies.
fn verified(path: &str, query: &str, headers: &HeaderMap) -> Option<&'static str> {
    let rules = Rules { regions: &[], max_skew: Duration::minutes(15), version_2: true };
    let claim = Claim::parse(wire(path, query, headers), &rules, NOW).ok()?;
    let verified = claim.verify(&secret()).is_ok();
    verified.then(|| claim.mechanism())
}

fn wire<'a>(path: &'a str, query: &'a str, headers: &'a HeaderMap) -> Wire<'a> {
    Wire { method: &Method::GET, path, query, headers, host_bucket: None }
}

fn unsigned() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static(HOST));
    headers.insert("x-amz-date", amz_date::header_value(NOW));
    headers.insert("x-amz-content-sha256", Payload::Unsigned.header_value());
    headers
}

fn signature(header: &str) -> &str {
    header.rsplit_once('=').map_or("", |(_, signature)| signature)
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let digits = digits.filter(|pair| pair.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match (*first, digits.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = after;
            }
            (other, _) => {
                bytes.push(other);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn signer() -> Signer {
    Signer::new("AKIAALICE", secret(), "us-east-1").expect("a signer")
}

fn secret() -> SecretKey {
    SecretKey::new(*b"not a real secret")
}

const NOW: OffsetDateTime = datetime!(2026-01-31 12:00 UTC);
const HOST: &str = "lake.example.com";
const VERSION: &str = "versionId=1";

/// What version 2 gives for the two requests, as botocore's few lines of HMAC-SHA-1 say.
const VERSION_2_HEADER: &str = "iQdzDo9IDpndIzfNhKzDUqK0zSg=";
const VERSION_2_QUERY: &str = "E/n2vuG/bMBgWy5k1wyDIzhL07U=";

/// What of the names in such a query version 2 signs, or is its signature.
const SIGNED_BY_2: [&str; 4] = ["versionId", "x-amz-acl", "Expires", "Signature"];

/// Some of the names that version 2 signs.
const SUB_RESOURCES: [&str; 8] =
    ["acl", "policy", "tagging", "uploadId", "uploads", "partNumber", "versionId", "website"];
