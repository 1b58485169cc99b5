//! The `aws-sigv4` crate, the signer of AWS's SDK for Rust, as a judge of our verifier and of our signer.

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningInstructions, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use http::{HeaderMap, HeaderValue, Method};
use proptest::prelude::*;
use sigv::{
    Expiry, Payload, Presignable, SecretKey, Signer, amz_date, encode_path, encode_query_value,
};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::mutation::assert_every_signed_part_counts;
use crate::request::Request;

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn version_4_of_the_rust_sdk_verifies_and_every_part_of_it_counts(unsigned in unsigned()) {
        let mut request = unsigned.request.clone();
        request.set("authorization", &judge(&unsigned));
        let claim = request.verify(&secret(), unsigned.at).unwrap();
        prop_assert_eq!(claim.payload(), &unsigned.payload);
        assert_every_signed_part_counts(&request, &secret());
    }

    #[test]
    fn version_4_url_of_the_rust_sdk_verifies_and_every_part_of_it_counts(
        unsigned in unsigned(),
        presigning in presigning(),
    ) {
        let (request, payload) = presigned(&unsigned, &presigning);
        let claim = request.verify(&secret(), unsigned.at).unwrap();
        prop_assert_eq!(claim.payload(), &payload);
        assert_every_signed_part_counts(&request, &secret());
    }
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn our_signer_gives_what_the_rust_sdk_gives(unsigned in unsigned()) {
        let mut unsigned = unsigned;
        // It is the judge's to sign and a hop's to touch: our signer leaves it out.
        unsigned.request.headers.remove("range");
        let signer = Signer::new(ID, secret(), unsigned.region).unwrap();
        prop_assert_eq!(ours(&signer, &unsigned), judge(&unsigned));
    }

    #[test]
    fn our_presigned_url_is_what_the_rust_sdk_gives(url in url()) {
        let signer = Signer::new(ID, secret(), "eu-central-2").unwrap();
        let host = HeaderValue::from_static(HOST);
        let request = Presignable {
            method: &url.method,
            host: &host,
            path: &url.path(),
            query: url.query,
            expiry: Expiry::new(Duration::seconds(url.seconds.into())).unwrap(),
            session_token: url.session_token.as_deref(),
        };
        let query = signer.presign(&request, url.at);
        let (signed, signature) = query.rsplit_once('&').unwrap();
        let (mut expected, expected_signature) = presigning_judge(&url);
        expected.extend(url.query.split_terminator('&').map(ToOwned::to_owned));
        expected.sort();
        prop_assert_eq!(signed.split('&').collect::<Vec<_>>(), expected);
        prop_assert_eq!(signature, format!("X-Amz-Signature={expected_signature}"));
    }
}

#[test]
fn a21_raw_semicolons_between_signed_headers_are_as_good_as_escaped_ones() {
    let headers = [("host", HOST), ("x-amz-meta-a", "a"), ("x-amz-meta-b", "b")];
    let unsigned = Unsigned {
        request: Request::new(Method::PUT, "/lake/a", "", &headers),
        payload: Payload::Unsigned,
        region: "us-east-1",
        at: datetime!(2026-01-31 23:59:59 UTC),
    };
    let presigning =
        Presigning { expires_s: 60, hoisted: "", payload: PayloadPlace::Nowhere, is_first: false };
    let (escaped, _) = presigned(&unsigned, &presigning);
    let list = "X-Amz-SignedHeaders=host%3Bx-amz-meta-a%3Bx-amz-meta-b";
    assert!(escaped.query.contains(list), "{escaped:?}");
    escaped.verify(&secret(), unsigned.at).unwrap();
    let mut raw = escaped.clone();
    raw.query = escaped.query.replacen(list, &list.replace("%3B", ";"), 1);
    raw.verify(&secret(), unsigned.at).unwrap();
    assert_every_signed_part_counts(&raw, &secret());
}

#[test]
fn signer_changes_its_key_with_the_day() {
    let mut request = Request::new(Method::GET, "/lake", "", &[("host", HOST)]);
    request.headers.insert("x-amz-content-sha256", Payload::Unsigned.header_value());
    let signer = Signer::new(ID, secret(), "us-east-1").unwrap();
    for at in [
        datetime!(2026-01-31 23:59:59 UTC),
        datetime!(2026-02-01 00:00 UTC),
        datetime!(2026-02-01 00:00:01 UTC),
        datetime!(2026-01-31 23:59:59 UTC),
        datetime!(2026-02-01 01:00 +2),
    ] {
        request.headers.insert("x-amz-date", amz_date::header_value(at));
        let unsigned = Unsigned {
            request: request.clone(),
            payload: Payload::Unsigned,
            region: "us-east-1",
            at,
        };
        assert_eq!(ours(&signer, &unsigned), judge(&unsigned));
    }
}

/// A request that is complete but for its signature.
#[derive(Clone, Debug)]
struct Unsigned {
    request: Request,
    payload: Payload,
    region: &'static str,
    at: OffsetDateTime,
}

/// The `Authorization` header that our signer gives.
fn ours(signer: &Signer, unsigned: &Unsigned) -> String {
    let (value, _) = signer.sign(unsigned.request.wire(), &unsigned.payload, unsigned.at);
    value.to_str().unwrap().to_owned()
}

/// The `Authorization` header that the judge gives.
fn judge(unsigned: &Unsigned) -> String {
    let Unsigned { request, payload, region, at } = unsigned;
    // The judge writes these itself.
    let mut headers = request.headers.clone();
    for name in ["host", "x-amz-date", "x-amz-content-sha256"] {
        headers.remove(name);
    }
    let instructions = signed(&Asked {
        method: &request.method,
        path: &request.path,
        query: &request.query,
        headers: &headers,
        payload: *payload,
        region,
        at: *at,
        session_token: None,
        lifetime: None,
    });
    let header = |wanted: &str| {
        instructions
            .headers()
            .find(|(name, _)| *name == wanted)
            .unwrap_or_else(|| panic!("no {wanted}"))
            .1
            .to_owned()
    };
    assert_eq!(header("x-amz-date"), request.text("x-amz-date"));
    assert_eq!(header("x-amz-content-sha256"), request.text("x-amz-content-sha256"));
    header("authorization")
}

/// What a URL is presigned with.
#[derive(Clone, Debug)]
struct Presigning {
    expires_s: i64,
    /// Headers that stand in the query, each with a `&` behind it.
    hoisted: &'static str,
    payload: PayloadPlace,
    /// Whether what authenticates stands before the other parameters.
    is_first: bool,
}

/// Where a presigned request says its payload mode.
#[derive(Clone, Copy, Debug)]
enum PayloadPlace {
    /// It is `UNSIGNED-PAYLOAD`, then.
    Nowhere,
    Header,
    Parameter,
}

/// The request with a presigned URL, by the judge, and its payload.
fn presigned(unsigned: &Unsigned, presigning: &Presigning) -> (Request, Payload) {
    let mut request = unsigned.request.clone();
    request.headers.remove("x-amz-date");
    request.headers.remove("x-amz-content-sha256");
    request.query.insert_str(0, presigning.hoisted);
    let text = unsigned.payload.text();
    let payload = match presigning.payload {
        PayloadPlace::Nowhere => Payload::Unsigned,
        PayloadPlace::Header => {
            request.set("x-amz-content-sha256", &text);
            unsigned.payload
        }
        PayloadPlace::Parameter => {
            request.query.insert_str(0, &format!("X-Amz-Content-Sha256={text}&"));
            unsigned.payload
        }
    };
    let asked = Asked {
        method: &request.method,
        path: &request.path,
        query: &request.query,
        headers: &request.headers,
        payload,
        region: unsigned.region,
        at: unsigned.at,
        session_token: None,
        lifetime: Some(Duration::seconds(presigning.expires_s)),
    };
    let parameters: Vec<String> = signed(&asked)
        .params()
        .iter()
        .map(|(name, value)| format!("{name}={}", encode_query_value(value)))
        .collect();
    let parameters = parameters.join("&");
    request.query = match request.query.trim_end_matches('&') {
        "" => parameters,
        rest if presigning.is_first => format!("{parameters}&{rest}"),
        rest => format!("{rest}&{parameters}"),
    };
    (request, payload)
}

/// What the judge is asked to sign.
struct Asked<'a> {
    method: &'a Method,
    path: &'a str,
    query: &'a str,
    headers: &'a HeaderMap,
    payload: Payload,
    region: &'a str,
    at: OffsetDateTime,
    session_token: Option<String>,
    /// How long a URL lives; without it the signature stands in a header.
    lifetime: Option<Duration>,
}

/// What the judge adds to a request to sign it.
fn signed(asked: &Asked<'_>) -> SigningInstructions {
    let identity = Credentials::new(ID, SECRET, asked.session_token.clone(), None, "tests").into();
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    if let Some(lifetime) = asked.lifetime {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(lifetime.unsigned_abs());
    }
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(asked.region)
        .name("s3")
        .time(asked.at.into())
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let uri = format!("http://{HOST}{}?{}", asked.path, asked.query);
    let headers = asked.headers.iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let body = match asked.payload {
        Payload::Unsigned => SignableBody::UnsignedPayload,
        Payload::UnsignedTrailer => SignableBody::StreamingUnsignedPayloadTrailer,
        Payload::SignedChunksTrailer => SignableBody::StreamingSignedPayloadTrailer,
        Payload::Hash(_) | Payload::SignedChunks => {
            SignableBody::Precomputed(asked.payload.text().into_owned())
        }
    };
    let signable = SignableRequest::new(asked.method.as_str(), uri, headers, body).unwrap();
    let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
    instructions
}

fn presigning() -> impl Strategy<Value = Presigning> {
    let payload = prop::sample::select(vec![
        PayloadPlace::Nowhere,
        PayloadPlace::Header,
        PayloadPlace::Parameter,
    ]);
    (1..=604_800_i64, prop::sample::select(HOISTED), payload, any::<bool>()).prop_map(
        |(expires_s, hoisted, payload, is_first)| Presigning {
            expires_s,
            hoisted,
            payload,
            is_first,
        },
    )
}

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig { cases: count, failure_persistence: None, ..ProptestConfig::default() }
}

/// A URL to be presigned.
#[derive(Clone, Debug)]
struct Url {
    method: Method,
    key: String,
    query: &'static str,
    seconds: u32,
    session_token: Option<String>,
    at: OffsetDateTime,
}

impl Url {
    fn path(&self) -> String {
        format!("/lake/{}", encode_path(&self.key))
    }
}

/// The parameters that the judge adds to a URL, encoded, and its signature.
fn presigning_judge(url: &Url) -> (Vec<String>, String) {
    let instructions = signed(&Asked {
        method: &url.method,
        path: &url.path(),
        query: url.query,
        headers: &HeaderMap::new(),
        payload: Payload::Unsigned,
        region: "eu-central-2",
        at: url.at,
        session_token: url.session_token.clone(),
        lifetime: Some(Duration::seconds(url.seconds.into())),
    });
    let (signature, others): (Vec<_>, Vec<_>) =
        instructions.params().iter().partition(|(name, _)| *name == "X-Amz-Signature");
    let added = others.iter();
    let added = added.map(|(name, value)| format!("{name}={}", encode_query_value(value)));
    (added.collect(), signature[0].1.to_string())
}

/// URLs of random keys, and of awkward ones.
fn url() -> impl Strategy<Value = Url> {
    let method = prop::sample::select(vec![Method::GET, Method::PUT, Method::DELETE, Method::HEAD]);
    let awkward = prop::collection::vec(prop::sample::select(KEY_PIECES), 1..12)
        .prop_map(|pieces| pieces.concat());
    let key = prop_oneof![any::<String>(), awkward];
    let query = prop::sample::select(vec!["", "versionId=a%2Fb", "B=1&X-Amz-a=&x-id=GetObject"]);
    let session_token = prop::option::of("[ -~]{1,80}");
    let at = (0..4_102_444_800_i64).prop_map(|at| OffsetDateTime::from_unix_timestamp(at).unwrap());
    (method, key, query, 1..=604_800_u32, session_token, at).prop_map(
        |(method, key, query, seconds, session_token, at)| Url {
            method,
            key,
            query,
            seconds,
            session_token,
            at,
        },
    )
}

/// Awkward requests.
fn unsigned() -> impl Strategy<Value = Unsigned> {
    let method = prop::sample::select(vec![
        Method::GET,
        Method::PUT,
        Method::POST,
        Method::DELETE,
        Method::HEAD,
    ]);
    let path = prop::collection::vec(prop::sample::select(PATH_PIECES), 0..12)
        .prop_map(|pieces| pieces.concat());
    let name = prop::collection::vec(prop::sample::select(QUERY_PIECES), 1..4)
        .prop_map(|pieces| pieces.concat());
    let value = prop::option::of(
        prop::collection::vec(prop::sample::select(QUERY_PIECES), 0..6)
            .prop_map(|pieces| pieces.concat()),
    );
    let pair = (name, value)
        .prop_map(|(name, value)| value.map_or(name.clone(), |value| format!("{name}={value}")));
    let query = prop::collection::vec(pair, 0..6).prop_map(|pairs| pairs.join("&"));
    let header = (prop::sample::select(HEADER_NAMES), prop::sample::select(HEADER_VALUES));
    let headers = prop::collection::vec(header, 0..8);
    let payload = prop_oneof![
        Just(Payload::Unsigned),
        Just(Payload::empty()),
        Just(Payload::UnsignedTrailer),
        Just(Payload::SignedChunks),
        Just(Payload::SignedChunksTrailer),
        any::<[u8; 32]>().prop_map(Payload::Hash)
    ];
    let at = (0..4_102_444_800_i64).prop_map(|at| OffsetDateTime::from_unix_timestamp(at).unwrap());
    let region = prop::sample::select(vec!["us-east-1", "eu-central-2", "garage", "X_1.y"]);
    (method, path, query, headers, payload, region, at).prop_map(
        |(method, path, query, headers, payload, region, at)| {
            let mut request = Request::new(method, &format!("/lake/{path}"), &query, &headers);
            request.set("host", HOST);
            request.headers.insert("x-amz-date", amz_date::header_value(at));
            request.headers.insert("x-amz-content-sha256", payload.header_value());
            Unsigned { request, payload, region, at }
        },
    )
}

fn secret() -> SecretKey {
    SecretKey::new(SECRET.as_bytes())
}

const ID: &str = "AKIAFAKEFORTESTS";
const SECRET: &str = "FAKE/SECRET+FOR=TESTS-ONLY";
const HOST: &str = "lake.example.com:8080";

const HOISTED: &[&str] = &[
    "",
    "X-Amz-Tagging=a%3Db%26c%3Dd+e&",
    "x-amz-meta-c=%20d%20&x-id=PutObject&",
    "X-Amz-Storage-Class=STANDARD&x-amz-sdk-checksum-algorithm=CRC32&",
];
const PATH_PIECES: &[&str] = &[
    "a",
    "b.txt",
    "%20",
    "+",
    "=",
    "%3D",
    "%2B",
    "%2F",
    "/",
    "//",
    "..",
    "/../",
    "/./",
    "%25",
    "%252F",
    "%C3%B6",
    "%E2%98%83",
    "~",
    "-_.",
    "!$&'()*,;:@",
    "%21",
    "%00",
    "%5C",
    "%3F",
    "%23",
    "%FF",
];
const KEY_PIECES: &[&str] = &[
    "a",
    "b.txt",
    " ",
    "+",
    "=",
    "%",
    "%2F",
    "%41",
    "/",
    "//",
    "..",
    "/../",
    "?",
    "#",
    "&",
    "\\",
    "\0",
    "\n",
    "~",
    "-_.",
    "!$'()*,;:@",
    "\u{f6}",
    "\u{65e5}\u{672c}",
    "\u{1f600}",
];
const QUERY_PIECES: &[&str] = &[
    "a",
    "B",
    "prefix",
    "uploads",
    "-_.~",
    "+",
    "%20",
    "%2B",
    "%2F",
    "/",
    "%3D",
    "%26",
    "%25",
    "%252F",
    "%C3%B6",
    "%E2%98%83",
    "%e2%98%83",
    "%41",
    "%7E",
    "!$'()*,;:@?",
    "ab",
];
const HEADER_NAMES: &[&str] = &[
    "content-md5",
    "content-type",
    "range",
    "x-amz-acl",
    "x-amz-copy-source",
    "x-amz-meta-a",
    "x-amz-meta-a-b",
    "x-amz-meta-a_b",
    "x-amz-meta-b",
];
const HEADER_VALUES: &[&str] = &[
    "",
    " ",
    "a",
    " a",
    "a ",
    "  a   b    c  ",
    "\"a  b\"",
    "a,b",
    "a, b",
    "a;b=c",
    "bytes=0-9",
    "/lake/a%20b?c=d",
    "=?UTF-8?Q?=C3=B6?=",
];
