//! Signature Version 2: its grammar in a header and in a query, the text that is signed, and what it leaves out.
//!
//! It covers the method, the bucket and the key, `content-md5`, `content-type`, the date, every `x-amz-*` header, and the
//! parameters of [`COVERED`]; nothing else of the query.
//!
//! Source: Amazon S3 User Guide, "Signing and authenticating REST requests"; botocore's `HmacV1Auth` for the list of
//! parameters and for how a bucket alone is written.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, DATE};
use time::OffsetDateTime;

use crate::encode::decode_pairs;
use crate::error::SignatureError;
use crate::hash;
use crate::presigned::{ACCESS_KEY_ID, EXPIRES, SIGNATURE, check_end, single};
use crate::wire::Wire;

/// A signature of version 2: an HMAC-SHA-1 code.
pub(crate) type Code = [u8; 20];

/// An `Authorization` header, or the parameters that stand for it, taken apart.
#[derive(Debug)]
pub(crate) struct Version2<'a> {
    pub(crate) access_key_id: &'a str,
    pub(crate) signature: Code,
    /// The `Expires` of a presigned URL, as it is signed.
    expires: Option<&'a str>,
}

impl<'a> Version2<'a> {
    /// Reads what follows the scheme in an `Authorization` header: `AwsAccessKeyId:signature`.
    pub(crate) fn parse(text: &'a str) -> Result<Self, SignatureError> {
        let (access_key_id, signature) =
            text.trim().split_once(':').ok_or(SignatureError::MalformedVersion2)?;
        Ok(Self { access_key_id, signature: code(signature)?, expires: None })
    }

    /// Reads the parameters of a presigned URL out of all `parameters`, names and values decoded once, and checks that
    /// it has not ended at `now`.
    pub(crate) fn read(
        parameters: &'a [(String, String)],
        now: OffsetDateTime,
    ) -> Result<Self, SignatureError> {
        let only = |name| single(parameters, name)?.ok_or(SignatureError::IncompleteVersion2);
        let access_key_id = only(ACCESS_KEY_ID)?;
        let expires = only(EXPIRES)?;
        let signature = only(SIGNATURE)?;
        check_end(parse_expiry(expires)?, now)?;
        Ok(Self { access_key_id, signature: code(signature)?, expires: Some(expires) })
    }

    /// What may have been signed of `wire`, whose headers, with those that stood in the query, are `headers`.
    ///
    /// A bucket alone is `/lake` on the wire, and `/lake/` to some who sign it, botocore among them; both say the same.
    ///
    /// # Errors
    ///
    /// [`SignatureError::AmbiguousParameter`], so that no two queries have one text.
    pub(crate) fn texts(
        &self,
        wire: Wire<'_>,
        headers: &HeaderMap,
    ) -> Result<Vec<Box<[u8]>>, SignatureError> {
        let path = if wire.path.is_empty() { "/" } else { wire.path };
        let resource = match wire.host_bucket {
            Some(bucket) => format!("/{bucket}{path}"),
            None => path.to_owned(),
        };
        let head = self.head(wire, headers);
        let parameters = covered_parameters(wire.query)?;
        let texts = readings(resource).into_iter();
        Ok(texts
            .map(|resource| [&head, resource.as_bytes(), parameters.as_bytes()].concat().into())
            .collect())
    }

    /// All that stands before the resource.
    fn head(&self, wire: Wire<'_>, headers: &HeaderMap) -> Vec<u8> {
        let mut out = Vec::with_capacity(CAPACITY);
        let line = |out: &mut Vec<u8>, value: &[u8]| {
            out.extend_from_slice(value);
            out.push(b'\n');
        };
        let value =
            |name: &str| headers.get(name).map_or(&b""[..], |value| trimmed(value.as_bytes()));
        line(&mut out, wire.method.as_str().as_bytes());
        line(&mut out, value("content-md5"));
        line(&mut out, value(CONTENT_TYPE.as_str()));
        match self.expires {
            Some(expires) => line(&mut out, expires.as_bytes()),
            None if headers.contains_key(AMZ_DATE) => line(&mut out, b""),
            None => line(&mut out, value(DATE.as_str())),
        }
        let mut names: Vec<&str> = headers.keys().map(http::HeaderName::as_str).collect();
        names.retain(|name| name.starts_with("x-amz-"));
        names.sort_unstable();
        for name in names {
            let values = headers.get_all(name).iter().map(|value| trimmed(value.as_bytes()));
            let values: Vec<&[u8]> = values.collect();
            out.extend_from_slice(name.as_bytes());
            out.push(b':');
            line(&mut out, &values.join(&b","[..]));
        }
        out
    }
}

/// Whether the signature covers the query parameter `name`, decoded.
pub(crate) fn covers(name: &str) -> bool {
    COVERED.contains(&name)
}

/// Whether `secret` gives `signature` for one of `texts`.
pub(crate) fn verifies(texts: &[Box<[u8]>], signature: &Code, secret: &[u8]) -> bool {
    texts.iter().any(|text| hash::same(&hash::hmac_sha1(secret, text), signature))
}

/// The covered parameters of a raw query as they are signed: sorted by name, values decoded, an empty value left out.
///
/// Names are decoded too, so that none is taken for another parameter's by whoever reads the query.
///
/// Decoded values are signed with `&` and `=` between, so that one that holds both could stand for several parameters.
fn covered_parameters(query: &str) -> Result<String, SignatureError> {
    let mut pairs: Vec<_> = decode_pairs(query).filter(|(name, _)| covers(name)).collect();
    pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut out = String::new();
    for (name, value) in pairs {
        out.push(if out.is_empty() { '?' } else { '&' });
        out.push_str(&name);
        if value.split('&').skip(1).any(begins_as_covered) {
            return Err(SignatureError::AmbiguousParameter { name: name.into_owned() });
        }
        if !value.is_empty() {
            out.push('=');
            out.push_str(&value);
        }
    }
    Ok(out)
}

fn begins_as_covered(text: &str) -> bool {
    covers(text.split_once('=').map_or(text, |(name, _)| name))
}

/// The resource, and that of the same bucket with or without a last slash.
fn readings(resource: String) -> Vec<String> {
    let bucket = resource.trim_start_matches('/').trim_end_matches('/');
    if bucket.is_empty() || bucket.contains('/') {
        return vec![resource];
    }
    let bare = format!("/{bucket}");
    let slashed = format!("/{bucket}/");
    if resource == bare || resource == slashed { vec![slashed, bare] } else { vec![resource] }
}

/// A header's value without the blanks around it; those inside it stay.
fn trimmed(value: &[u8]) -> &[u8] {
    value.trim_ascii()
}

/// Reads a signature; one that is none matches nothing.
pub(crate) fn code(text: &str) -> Result<Code, SignatureError> {
    let bytes = STANDARD.decode(text).map_err(|_| SignatureError::Mismatch)?;
    bytes.try_into().map_err(|_| SignatureError::Mismatch)
}

/// Reads `Expires`: seconds since 1970.
fn parse_expiry(text: &str) -> Result<OffsetDateTime, SignatureError> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|_| is_number);
    seconds
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .ok_or(SignatureError::MalformedVersion2Expiry)
}

/// The scheme of the header.
pub(crate) const SCHEME: &str = "AWS";

const AMZ_DATE: &str = "x-amz-date";

/// The parameters that are signed: botocore's list.
const COVERED: [&str; 35] = [
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// Room for most requests, so that the buffer is allocated once.
const CAPACITY: usize = 512;

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Method};

    use super::*;

    fn texts(path: &str, query: &str, headers: &[(&'static str, &'static str)]) -> Vec<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        let wire = Wire { method: &Method::GET, path, query, headers: &map, host_bucket: None };
        let version2 = Version2 { access_key_id: "AKIAALICE", signature: [0; 20], expires: None };
        let texts = version2.texts(wire, &map).unwrap().into_iter();
        texts.map(|text| String::from_utf8(text.into()).unwrap()).collect()
    }

    #[test]
    fn text_is_that_of_the_s3_documentation() {
        let date = ("date", "Tue, 27 Mar 2007 19:36:42 +0000");
        assert_eq!(
            texts("/awsexamplebucket1/photos/puppy.jpg", "", &[date]),
            ["GET\n\n\nTue, 27 Mar 2007 19:36:42 +0000\n/awsexamplebucket1/photos/puppy.jpg"]
        );
    }

    #[test]
    fn headers_of_amazons_are_sorted_joined_and_trimmed() {
        let headers = [
            ("date", "x"),
            ("x-amz-meta-b", " two  words "),
            ("content-type", "text/plain"),
            ("x-amz-acl", "private"),
            ("x-amz-meta-b", "again"),
            ("content-md5", "c2ln"),
        ];
        assert_eq!(
            texts("/lake/a", "", &headers),
            ["GET\nc2ln\ntext/plain\nx\nx-amz-acl:private\nx-amz-meta-b:two  words,again\n/lake/a"]
        );
    }

    #[test]
    fn date_gives_way_to_that_of_amazons() {
        let headers = [("date", "x"), ("x-amz-date", "y")];
        assert_eq!(texts("/lake/a", "", &headers), ["GET\n\n\n\nx-amz-date:y\n/lake/a"]);
    }

    #[test]
    fn bucket_alone_is_signed_with_or_without_its_slash() {
        for path in ["/lake", "/lake/"] {
            assert_eq!(texts(path, "", &[]), ["GET\n\n\n\n/lake/", "GET\n\n\n\n/lake"]);
        }
        for path in ["/", "//", "/lake/a", "/lake/a/", "//lake", "/lake//"] {
            assert_eq!(texts(path, "", &[]), [format!("GET\n\n\n\n{path}")]);
        }
    }

    #[test]
    fn bucket_of_the_host_stands_before_the_path() {
        let headers = HeaderMap::new();
        let of = |path| {
            let host_bucket = Some("lake");
            let wire =
                Wire { method: &Method::GET, path, query: "", headers: &headers, host_bucket };
            let version2 = Version2 { access_key_id: "a", signature: [0; 20], expires: Some("9") };
            let texts = version2.texts(wire, &headers).unwrap().into_iter();
            texts.map(|text| String::from_utf8(text.into()).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(of("/own/a"), ["GET\n\n\n9\n/lake/own/a"]);
        assert_eq!(of("/"), ["GET\n\n\n9\n/lake/", "GET\n\n\n9\n/lake"]);
    }

    #[test]
    fn covered_parameters_are_sorted_and_decoded_and_others_left_out() {
        for (query, signed) in [
            ("", ""),
            ("prefix=a&list-type=2", ""),
            ("uploads", "?uploads"),
            ("uploads=", "?uploads"),
            ("versionId=a%2Bb+c&acl", "?acl&versionId=a+b c"),
            ("%61cl", "?acl"),
            ("ACL&Acl", ""),
            (
                "response-content-type=text%2Fplain&partNumber=1",
                "?partNumber=1&response-content-type=text/plain",
            ),
        ] {
            assert_eq!(covered_parameters(query).as_deref(), Ok(signed), "{query}");
        }
    }

    #[test]
    fn a01_value_that_reads_as_further_parameters_is_refused() {
        let name = "response-content-disposition";
        for value in [
            "x%26versionId%3D1",
            "x%26acl",
            "filename%3D%22a%26versionId%3Dv%22",
            "a%26b%26uploads%26c",
            "%26acl",
        ] {
            let ambiguous = SignatureError::AmbiguousParameter { name: name.to_owned() };
            let refused = covered_parameters(&format!("{name}={value}")).unwrap_err();
            assert_eq!((refused.status(), refused.code()), (400, "InvalidArgument"));
            assert_eq!(refused, ambiguous, "{value}");
        }
        for value in
            ["filename%3D%22a%26b.txt%22", "a%3Dversionid%26", "versionId%3D1", "%26aclx%26xacl"]
        {
            assert!(covered_parameters(&format!("{name}={value}")).is_ok(), "{value}");
        }
    }

    #[test]
    fn header_is_an_id_and_a_signature() {
        let read = Version2::parse("AKIAALICE:qgk2+6Sv9/oM7G3qLEjTH1a1l1g=").unwrap();
        assert_eq!((read.access_key_id, read.signature[0]), ("AKIAALICE", 0xaa));
        for text in ["", "AKIAALICE", "AKIAALICE qgk2+6Sv9/oM7G3qLEjTH1a1l1g="] {
            let refused = Version2::parse(text).unwrap_err();
            assert_eq!(refused, SignatureError::MalformedVersion2, "{text}");
        }
        for signature in
            ["", "c2ln", "qgk2+6Sv9/oM7G3qLEjTH1a1l1g", "qgk2+6Sv9/oM7G3qLEjTH1a1l1h=", "\u{f6}"]
        {
            let refused = Version2::parse(&format!("AKIAALICE:{signature}")).unwrap_err();
            assert_eq!(refused, SignatureError::Mismatch, "{signature}");
        }
    }

    #[test]
    fn expiry_is_seconds_since_1970() {
        assert_eq!(parse_expiry("1141889120").unwrap().unix_timestamp(), 1_141_889_120);
        for text in ["", "-1", "+1", "1e9", " 1", "1.0", "9999999999999999", "99999999999999999999"]
        {
            let refused = parse_expiry(text).unwrap_err();
            assert_eq!(refused, SignatureError::MalformedVersion2Expiry, "{text}");
        }
    }
}
