//! AWS's percent encoding: the one encoder of keys and parameters, and the readers of raw paths and queries.

use std::borrow::Cow;

use percent_encoding::{
    AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode_byte, utf8_percent_encode,
};

/// Writes a decoded path, so that it reads back as the same bytes: `/` stays, and so do `A-Z a-z 0-9 - . _ ~`.
pub fn encode_path(path: &str) -> String {
    utf8_percent_encode(path, RESERVED_IN_PATH).to_string()
}

/// Writes a decoded name or value of a query: only `A-Z a-z 0-9 - . _ ~` stay.
pub fn encode_query_value(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Writes a copy source, as `x-amz-copy-source` has it: `/{bucket}/{key}[?versionId={version}]`, each part encoded so that
/// it reads back as the same bytes, also where a `+` would be read as a space.
pub fn encode_copy_source(bucket: &str, key: &str, version: Option<&str>) -> String {
    let path = format!("/{}/{}", encode_path(bucket), encode_path(key));
    match version {
        None => path,
        Some(version) => format!("{path}?versionId={}", encode_query_value(version)),
    }
}

/// Appends the canonical form of a raw path: escapes upper-cased, escapes of unreserved characters decoded, all else
/// as it was sent (`+` stays `+`, `%2F` is not `/`).
pub(crate) fn push_canonical_path(out: &mut String, raw: &str) {
    for part in parts(raw) {
        match part {
            Part::Plain(text) => out.push_str(text),
            Part::Escape(byte) => push_byte(out, byte),
        }
    }
}

/// Appends the canonical form of a raw name or value of a query: decoded once, `+` as a space, and encoded.
pub(crate) fn push_canonical_query(out: &mut String, raw: &str) {
    for part in parts(raw) {
        match part {
            Part::Plain(text) => {
                for byte in text.bytes() {
                    push_byte(out, if byte == b'+' { b' ' } else { byte });
                }
            }
            Part::Escape(byte) => push_byte(out, byte),
        }
    }
}

/// The names and values of a raw query, decoded once, `+` as a space; a name without `=` has an empty value. What is not
/// UTF-8 is replaced: no name or value that is read here has such a thing in it.
pub(crate) fn decode_pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

fn decode(raw: &str) -> Cow<'_, str> {
    if raw.contains('+') {
        let spaced = raw.replace('+', " ");
        return percent_decode_str(&spaced).decode_utf8_lossy().into_owned().into();
    }
    percent_decode_str(raw).decode_utf8_lossy()
}

/// A piece of raw, percent-encoded text.
enum Part<'a> {
    /// Text without escapes, or a `%` that begins none.
    Plain(&'a str),
    /// The byte that an escape stands for.
    Escape(u8),
}

/// Splits raw text at its escapes.
fn parts(raw: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = raw;
    std::iter::from_fn(move || {
        let part;
        (part, rest) = match rest.find('%') {
            None if rest.is_empty() => return None,
            None => (Part::Plain(rest), ""),
            Some(0) => match escape(rest) {
                Some((byte, after)) => (Part::Escape(byte), after),
                None => (Part::Plain("%"), rest.strip_prefix('%').unwrap_or_default()),
            },
            Some(at) => {
                let (plain, after) = rest.split_at(at);
                (Part::Plain(plain), after)
            }
        };
        Some(part)
    })
}

/// Reads the escape that `text` begins with.
fn escape(text: &str) -> Option<(u8, &str)> {
    let digits = text.strip_prefix('%')?;
    let (pair, after) = digits.split_at_checked(2)?;
    if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    Some((u8::from_str_radix(pair, 16).ok()?, after))
}

fn push_byte(out: &mut String, byte: u8) {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
        out.push(char::from(byte));
    } else {
        out.push_str(percent_encode_byte(byte));
    }
}

/// RFC 3986's unreserved characters are all that stays.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

#[cfg(test)]
mod tests {
    use super::*;

    fn path(raw: &str) -> String {
        let mut out = String::new();
        push_canonical_path(&mut out, raw);
        out
    }

    fn query(raw: &str) -> String {
        let mut out = String::new();
        push_canonical_query(&mut out, raw);
        out
    }

    #[test]
    fn key_is_encoded_with_its_slashes_kept() {
        assert_eq!(encode_path("a b/ö+=%2F//../~"), "a%20b/%C3%B6%2B%3D%252F//../~");
    }

    #[test]
    fn query_value_is_encoded_with_its_slashes() {
        assert_eq!(encode_query_value("a b/c+d&e=f"), "a%20b%2Fc%2Bd%26e%3Df");
    }

    #[test]
    fn b04_a_copy_source_is_written_so_that_it_has_one_reading() {
        for (key, version, written) in [
            ("a", None, "/lake/a"),
            ("/a//b/", None, "/lake//a//b/"),
            ("../a", None, "/lake/../a"),
            ("a b+c", None, "/lake/a%20b%2Bc"),
            ("a?versionId=v", None, "/lake/a%3FversionId%3Dv"),
            ("a?versionId=v", Some("w"), "/lake/a%3FversionId%3Dv?versionId=w"),
            ("a%3F", Some("null"), "/lake/a%253F?versionId=null"),
            ("ö", Some("a/b+c&d=?"), "/lake/%C3%B6?versionId=a%2Fb%2Bc%26d%3D%3F"),
        ] {
            assert_eq!(encode_copy_source("lake", key, version), written);
        }
    }

    #[test]
    fn path_keeps_what_was_sent_but_for_the_spelling_of_escapes() {
        assert_eq!(path("/a+b/%2f%2F/%7e%41//../x(y)"), "/a+b/%2F%2F/~A//../x(y)");
        assert_eq!(path("/%c3%b6/ö"), "/%C3%B6/ö");
    }

    #[test]
    fn path_is_decoded_once_at_most() {
        assert_eq!(path("/%252e%252e%252f"), "/%252e%252e%252f");
        assert_eq!(path("/%2541"), "/%2541");
    }

    #[test]
    fn percent_sign_without_digits_is_plain() {
        assert_eq!(path("/%/%z1/%1/%+1/%%41/%ö/%"), "/%/%z1/%1/%+1/%A/%ö/%");
        assert_eq!(query("%zz%"), "%25zz%25");
    }

    #[test]
    fn query_is_decoded_once_and_encoded() {
        assert_eq!(query("a+b%20c%2bd/~%7E"), "a%20b%20c%2Bd%2F~~");
        assert_eq!(query("ö%2541"), "%C3%B6%2541");
    }
}
