//! The part of an object that is copied.

use std::fmt;

/// Some bytes of an object, the first and the last among them, counted from 0. It has one byte at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    first: u64,
    last: u64,
}

impl ByteRange {
    /// Reads `bytes=first-last`, the one form that `x-amz-copy-source-range` has: both ends are there, in digits, and
    /// the first is not behind the last. Absent for anything else.
    ///
    /// Source: Amazon S3 API Reference, `UploadPartCopy`.
    pub fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
        let (first, last) = (number(first)?, number(last)?);
        (first <= last).then_some(Self { first, last })
    }

    /// Its first byte.
    pub fn first(self) -> u64 {
        self.first
    }

    /// Its last byte.
    pub fn last(self) -> u64 {
        self.last
    }
}

impl fmt::Display for ByteRange {
    /// As [`ByteRange::parse`] reads it, without zeros before a number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bytes={}-{}", self.first, self.last)
    }
}

fn number(text: &str) -> Option<u64> {
    // `u64` would take a sign.
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn b05_a_range_has_two_ends_in_digits_the_first_not_behind_the_last() {
        for (text, first, last) in [
            ("bytes=0-0", 0, 0),
            ("bytes=5-8", 5, 8),
            ("bytes=007-08", 7, 8),
            ("bytes=0-18446744073709551615", 0, u64::MAX),
        ] {
            let range = ByteRange::parse(text).unwrap();
            assert_eq!((range.first(), range.last()), (first, last), "{text}");
        }
        for text in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=-5",
            "bytes=5-",
            "bytes=8-5",
            "bytes=1-2,4-5",
            "bytes=1-2-3",
            "bytes=+1-2",
            "bytes=1-+2",
            "bytes= 1-2",
            "bytes=1-2 ",
            "bytes =1-2",
            "Bytes=1-2",
            "1-2",
            "bytes=0x1-2",
            "bytes=١-٢",
            "bytes=0-18446744073709551616",
        ] {
            assert_eq!(ByteRange::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn b05_a_range_is_read_as_it_is_written(first in any::<u64>(), last in any::<u64>()) {
            let range = ByteRange::parse(&format!("bytes={first}-{last}"));
            prop_assert_eq!(range.is_some(), first <= last);
            if let Some(range) = range {
                prop_assert_eq!(range.to_string(), format!("bytes={first}-{last}"));
                prop_assert_eq!(ByteRange::parse(&range.to_string()), Some(range));
            }
        }
    }
}
