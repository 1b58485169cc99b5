//! The canonical request: the text over which Signature Version 4 is made.
//!
//! Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header".

use http::HeaderMap;

use crate::encode::{push_canonical_path, push_canonical_query};
use crate::error::SignatureError;
use crate::presigned::V4_SIGNATURE;
use crate::wire::Wire;

/// The canonical request of `wire`, in one buffer.
///
/// `signed_headers` is lower-case names, sorted, with `;` between; `payload` the value of `x-amz-content-sha256`.
///
/// # Errors
///
/// [`SignatureError::AbsentHeader`] when `wire` lacks a signed header.
pub(crate) fn request(
    wire: Wire<'_>,
    signed_headers: &str,
    payload: &str,
) -> Result<Vec<u8>, SignatureError> {
    let mut out = String::with_capacity(CAPACITY);
    out.push_str(wire.method.as_str());
    out.push('\n');
    if wire.path.is_empty() {
        out.push('/');
    }
    push_canonical_path(&mut out, wire.path);
    out.push('\n');
    push_query(&mut out, wire.query);
    out.push('\n');
    // Header values need not be UTF-8: from here on the text is bytes.
    let mut out = out.into_bytes();
    for name in signed_headers.split(';') {
        push_header(&mut out, wire.headers, name)?;
    }
    for part in ["\n", signed_headers, "\n", payload] {
        out.extend_from_slice(part.as_bytes());
    }
    Ok(out)
}

/// The canonical form of a raw query.
pub(crate) fn query(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    push_query(&mut out, raw);
    out
}

/// Appends every pair of a raw query, decoded once, encoded, and sorted by name, then value; the signature itself, of a
/// presigned URL, is not among them.
fn push_query(out: &mut String, query: &str) {
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(pair)
        .filter(|(name, _)| name != V4_SIGNATURE)
        .collect();
    pairs.sort_unstable();
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
}

/// The canonical name and value of a raw pair; one without `=` has an empty value.
fn pair(raw: &str) -> (String, String) {
    let (raw_name, raw_value) = raw.split_once('=').unwrap_or((raw, ""));
    let (mut name, mut value) =
        (String::with_capacity(raw_name.len()), String::with_capacity(raw_value.len()));
    push_canonical_query(&mut name, raw_name);
    push_canonical_query(&mut value, raw_value);
    (name, value)
}

/// Appends the line of header `name`: all its values with `,` between.
fn push_header(out: &mut Vec<u8>, headers: &HeaderMap, name: &str) -> Result<(), SignatureError> {
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else {
        return Err(SignatureError::AbsentHeader { name: name.to_owned() });
    };
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    push_value(out, first.as_bytes());
    for value in values {
        out.push(b',');
        push_value(out, value.as_bytes());
    }
    out.push(b'\n');
    Ok(())
}

/// Appends a header's value, trimmed, each run of blanks as one space.
///
/// A tab is a blank, as it is to the signers of Python, Java and JavaScript.
fn push_value(out: &mut Vec<u8>, value: &[u8]) {
    let words = value.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}

/// Room for most requests, so that the buffer is allocated once.
const CAPACITY: usize = 1024;

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Method};

    use super::*;

    fn header(values: &[&'static [u8]]) -> Vec<u8> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("x-amz-meta-a", HeaderValue::from_bytes(value).unwrap());
        }
        let mut out = Vec::new();
        push_header(&mut out, &headers, "x-amz-meta-a").unwrap();
        out
    }

    #[test]
    fn request_is_that_of_the_s3_documentation() {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("examplebucket.s3.amazonaws.com"));
        headers.insert("x-amz-date", HeaderValue::from_static("20130524T000000Z"));
        let wire = Wire {
            method: &Method::GET,
            path: "",
            query: "prefix=J&max-keys=2",
            headers: &headers,
            host_bucket: None,
        };
        let request = request(wire, "host;x-amz-date", "UNSIGNED-PAYLOAD").unwrap();
        let expected = "GET\n/\nmax-keys=2&prefix=J\nhost:examplebucket.s3.amazonaws.com\n\
                        x-amz-date:20130524T000000Z\n\nhost;x-amz-date\nUNSIGNED-PAYLOAD";
        assert_eq!(String::from_utf8(request).unwrap(), expected);
    }

    #[test]
    fn query_is_sorted_by_name_then_value() {
        assert_eq!(query("b=2&a=3&a=1&a-b=0&B=1"), "B=1&a=1&a=3&a-b=0&b=2");
    }

    #[test]
    fn name_without_value_has_an_empty_one() {
        assert_eq!(query("lifecycle"), "lifecycle=");
        assert_eq!(query("a&&=b&a=b=c"), "=b&a=&a=b%3Dc");
        assert_eq!(query(""), "");
    }

    #[test]
    fn order_is_that_of_the_encoded_text() {
        assert_eq!(query("~=1&%C3%B6=2&a=3&%20=4"), "%20=4&%C3%B6=2&a=3&~=1");
    }

    #[test]
    fn a22_header_is_trimmed_joined_and_single_spaced() {
        assert_eq!(header(&[b"  a   b\t\tc  "]), b"x-amz-meta-a:a b c\n");
        assert_eq!(header(&[b"b", b" a ", b""]), b"x-amz-meta-a:b,a,\n");
        assert_eq!(header(&[b"\"a  b\""]), b"x-amz-meta-a:\"a b\"\n");
        assert_eq!(header(&[b""]), b"x-amz-meta-a:\n");
        assert_eq!(header(&[b"\xc3\xb6 \xff"]), b"x-amz-meta-a:\xc3\xb6 \xff\n");
    }

    #[test]
    fn absent_header_is_no_empty_header() {
        let headers = HeaderMap::new();
        let wire = Wire {
            method: &Method::GET,
            path: "/",
            query: "",
            headers: &headers,
            host_bucket: None,
        };
        let refused = request(wire, "host", "UNSIGNED-PAYLOAD").unwrap_err();
        assert_eq!(refused, SignatureError::AbsentHeader { name: "host".to_owned() });
    }
}
