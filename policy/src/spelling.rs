//! How buckets and keys are spelled where S3 has them percent-encoded: in the path of a URL, and in a copy source.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// `text`, percent-decoded once; absent unless each `%` begins an escape and the whole is UTF-8.
///
/// A `+` is a plus.
pub fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !has_whole_escapes(text.as_bytes()) {
        return None;
    }
    percent_decode_str(text).decode_utf8().ok()
}

/// Whether a bucket may have this name: those that S3 has had since its beginning; the store has the last word.
pub fn is_bucket_name(name: &str) -> bool {
    (3..=255).contains(&name.len())
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

/// Whether each `%` begins an escape: a decoder that lets a stray one stand reads another key than
/// a store that does not.
fn has_whole_escapes(text: &[u8]) -> bool {
    text.iter().enumerate().filter(|(_, byte)| **byte == b'%').all(|(at, _)| {
        let digits = text.iter().skip(at).skip(1).take(2);
        digits.clone().count() == 2 && digits.clone().all(u8::is_ascii_hexdigit)
    })
}

/// The longest key, in bytes, decoded.
///
/// Source: Amazon S3 User Guide, "Naming Amazon S3 objects".
pub const KEY_BYTES_MAX: usize = 1024;
