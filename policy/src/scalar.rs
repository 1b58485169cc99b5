//! Values that people write without quotes.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, SeqAccess, Visitor},
};

/// A text, which may stand without quotes also where it reads as a flag or a number: `true`, `5`, `1.5`.
///
/// A number has the text of its decimal digits. One with a fraction, or beyond 64 bits, is refused when it has more than
/// 15 of them, since it may not have been read exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar(pub String);

/// A scalar, or a list of them.
pub(crate) struct Values(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(One)
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Many)
    }
}

struct One;

impl Visitor<'_> for One {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, `true` or `false`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar(text.to_owned()))
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Scalar, E> {
        Ok(Scalar(flag.to_string()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar(number.to_string()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Scalar, E> {
        Ok(Scalar(number.to_string()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Scalar, E> {
        let shortest = format!("{number:e}");
        let digits = shortest.split('e').next().unwrap_or_default();
        if digits.bytes().filter(u8::is_ascii_digit).count() <= EXACT_DIGITS {
            Ok(Scalar(number.to_string()))
        } else {
            Err(E::custom("a number of so many digits is not read exactly: write it in quotes"))
        }
    }
}

struct Many;

impl<'de> Visitor<'de> for Many {
    type Value = Values;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, `true`, `false` or a list of them")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Values, E> {
        One.visit_str(text).map(Values::from)
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Values, E> {
        One.visit_bool(flag).map(Values::from)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Values, E> {
        One.visit_i64(number).map(Values::from)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Values, E> {
        One.visit_u64(number).map(Values::from)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Values, E> {
        One.visit_f64(number).map(Values::from)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Values, A::Error> {
        let mut values = Vec::new();
        while let Some(Scalar(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Values(values))
    }
}

impl From<Scalar> for Values {
    fn from(Scalar(text): Scalar) -> Self {
        Self(vec![text])
    }
}

/// So many decimal digits a 64-bit float always keeps.
///
/// Source: IEEE 754, binary64; `f64::DIGITS`.
const EXACT_DIGITS: usize = 15;
