//! Any text as the source of a copy, or as the range of a part that is copied.

use policy::{ByteRange, CopySource};
use sigv::encode_copy_source;

use super::seeds::Seed;

/// Takes `input` for an `x-amz-copy-source`, and says whether it is one.
///
/// # Panics
///
/// When what goes up for it is another object or version, or could be read in two ways.
pub fn copy_source(input: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(input) else { return false };
    let Ok(source) = CopySource::parse(text) else { return false };
    let CopySource { bucket, key, version } = &source;
    assert!(!key.is_empty() && version.as_ref().is_none_or(|version| !version.is_empty()));
    let header = encode_copy_source(bucket, key, version.as_deref());
    assert!(header.bytes().all(|byte| byte.is_ascii_graphic()), "`{header}` is no header");
    assert!(!header.contains('+'), "`{header}` has a plus, which may be a space");
    assert_eq!(CopySource::parse(&header).as_ref(), Ok(&source), "`{header}` is another");
    assert_eq!(read(&header), Some(source), "`{header}` is another to somebody else");
    true
}

/// Takes `input` for an `x-amz-copy-source-range`, and says whether it is one.
///
/// # Panics
///
/// When it ends before it begins, or what goes up for it is another.
pub fn range(input: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(input) else { return false };
    let Some(range) = ByteRange::parse(text) else { return false };
    assert!(range.first() <= range.last(), "{range} is none");
    assert_eq!(ByteRange::parse(&range.to_string()), Some(range));
    let numbers = text.replace("bytes=", "").replace('-', " ");
    let numbers: Vec<u64> = numbers.split(' ').filter_map(|number| number.parse().ok()).collect();
    assert_eq!(numbers, [range.first(), range.last()], "`{text}` is another");
    true
}

/// A reading of our own spelling that shares nothing with its writer.
fn read(header: &str) -> Option<CopySource> {
    let (path, version) = match header.split_once('?') {
        None => (header, None),
        Some((path, query)) => (path, Some(decoded(query.strip_prefix("versionId=")?)?)),
    };
    let (bucket, key) = path.strip_prefix('/')?.split_once('/')?;
    Some(CopySource { bucket: decoded(bucket)?, key: decoded(key)?, version })
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?
            }
            b'+' => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// What the corpus of both begins with.
pub fn copies() -> Vec<Seed> {
    let source = |name, text: &str| ("copy_source", name, text.as_bytes().to_vec());
    let range = |name, text: &str| ("range", name, text.as_bytes().to_vec());
    vec![
        source("plain", "lake/a/b"),
        source("slash", "/lake/a"),
        source("encoded-slash", "lake%2Fa%2fb"),
        source("version", "lake/a?versionId=v1"),
        source("version-in-key", "lake/a%3FversionId=v?versionId=%3F%26+w"),
        source("double", "lake/%252e%252e%252f"),
        source("dots", "lake/a/.././/b"),
        source("plus", "lake/a+b%2B%20c"),
        source("beyond-ascii", "lake/ö%C3%B6"),
        source("nul", "lake/a%00b"),
        source("stray-percent", "lake/a%zz"),
        source("overlong", "lake/%C0%AF"),
        source("arn", "arn:aws:s3:eu:1:accesspoint/p/object/a"),
        source("no-key", "lake/"),
        source("no-bucket", "//lake/a"),
        source("two-parameters", "lake/a?versionId=v&x"),
        source("blanks", "lake/a  b"),
        source("empty", ""),
        range("one-byte", "bytes=0-0"),
        range("some", "bytes=5-1023"),
        range("zeros", "bytes=0005-0008"),
        range("greatest", "bytes=0-18446744073709551615"),
        range("large", "bytes=5368709120-10737418239"),
        range("beyond", "bytes=0-18446744073709551616"),
        range("backwards", "bytes=8-5"),
        range("open", "bytes=5-"),
        range("suffix", "bytes=-5"),
        range("two", "bytes=0-1,3-4"),
        range("sign", "bytes=+1-2"),
        range("unit", "lines=1-2"),
        range("empty", ""),
    ]
}
