//! Decimal numbers, compared exactly whatever their length.

use std::{cmp::Ordering, fmt};

/// A decimal number: `-?digits[.digits]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal<'a> {
    // INVARIANT: `whole` has no leading zero, `fraction` no trailing one, and zero is not negative.
    is_negative: bool,
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    /// Reads a number; absent when `text` is none.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        if !(is_digits(whole) && is_digits(fraction)) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let is_zero = whole.is_empty() && fraction.is_empty();
        Some(Self { is_negative: text.starts_with('-') && !is_zero, whole, fraction })
    }

    fn size(self, other: Self) -> Ordering {
        let whole = self.whole.len().cmp(&other.whole.len()).then(self.whole.cmp(other.whole));
        whole.then(self.fraction.cmp(other.fraction))
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (false, false) => self.size(*other),
            (true, true) => other.size(*self),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal<'_> {
    /// In the one spelling that has no zero in vain.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_negative { "-" } else { "" };
        let whole = if self.whole.is_empty() { "0" } else { self.whole };
        let point = if self.fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{}", self.fraction)
    }
}

/// A number that a document keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    is_negative: bool,
    whole: Box<str>,
    fraction: Box<str>,
}

impl Number {
    /// Reads a number; absent when `text` is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let Decimal { is_negative, whole, fraction } = Decimal::parse(text)?;
        Some(Self { is_negative, whole: whole.into(), fraction: fraction.into() })
    }

    pub(super) fn as_decimal(&self) -> Decimal<'_> {
        let Self { is_negative, whole, fraction } = self;
        Decimal { is_negative: *is_negative, whole, fraction }
    }
}

/// Whether it is one ASCII digit or more, and nothing else.
pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal<'_> {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn h10_numbers_are_compared_exactly_whatever_their_size() {
        // Each is less than the next.
        let ascending = [
            "-100000000000000000000000000000000000000000",
            "-9007199254740993",
            "-9007199254740992.5",
            "-10",
            "-9.99",
            "-1.05",
            "-1",
            "-0.000000000000000000000000000000000000000001",
            "0",
            "0.000000000000000000000000000000000000000001",
            "0.1",
            "0.10000000000000000000000000000000000000001",
            "1.05",
            "1.5",
            "2",
            "10",
            "9007199254740992",
            "9007199254740993",
            "18446744073709551616",
            "340282366920938463463374607431768211456",
            "340282366920938463463374607431768211456.5",
        ];
        for (index, less) in ascending.iter().enumerate() {
            for (other, more) in ascending.iter().enumerate() {
                assert_eq!(decimal(less).cmp(&decimal(more)), index.cmp(&other), "{less} {more}");
            }
        }
    }

    #[test]
    fn h10_one_number_has_many_spellings() {
        for (one, other) in
            [("0", "-0"), ("0", "-0.00"), ("1", "001"), ("1", "1.000"), ("-1.50", "-01.5")]
        {
            assert_eq!(decimal(one), decimal(other), "{one} {other}");
            assert_eq!(Number::parse(one), Number::parse(other), "{one} {other}");
            assert_eq!(decimal(&decimal(other).to_string()), decimal(one), "{one} {other}");
        }
    }

    #[test]
    fn h10_what_is_no_decimal_number_is_refused() {
        for text in [
            "", "-", "+1", "--1", ".5", "5.", "-.5", ".", "1.2.3", "1e3", "0x10", " 1", "1 ",
            "1,5", "1_000", "NaN", "inf", "\u{661}",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn h10_decimals_agree_with_integers_of_the_same_scale(one in -100_000_i64..100_000, other in -100_000_i64..100_000) {
            let write = |number: i64| {
                let sign = if number < 0 { "-" } else { "" };
                format!("{sign}{}.{:03}", number.abs() / 1_000, number.abs() % 1_000)
            };
            prop_assert_eq!(decimal(&write(one)).cmp(&decimal(&write(other))), one.cmp(&other));
        }
    }
}
