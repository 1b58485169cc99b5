//! What a document is about, however much is wrong with it.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_saphyr::DuplicateKeyPolicy;

/// The keys of the map that `text` is, as far as it can be read: down to the first fault of its form. Faults of its
/// content are passed over; of what is no map there are none.
pub(crate) fn keys(text: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let options = serde_saphyr::options! { duplicate_keys: DuplicateKeyPolicy::FirstWins };
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options, |document| {
        Keys(&mut keys).deserialize(document)
    });
    // Whoever reads it strictly tells what is wrong.
    drop(read);
    keys
}

struct Keys<'k>(&'k mut Vec<String>);

impl<'de> DeserializeSeed<'de> for Keys<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key()? {
            self.0.push(key);
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_down_to_the_first_fault_of_the_form() {
        for (text, expected) in [
            ("id: a\nstatement: []\n", &["id", "statement"][..]),
            ("id: a\nid: b\nstatement: !x []\n", &["id", "statement"]),
            ("statement:\n  - resource: *\nid: a\n", &["statement"]),
            ("{\"statement\": [{\"effect\": \"allow\",, }]}", &["statement"]),
            ("statement: []\n---\nid: a\n", &["statement"]),
            ("- a", &[]),
            ("a", &[]),
            ("", &[]),
        ] {
            assert_eq!(keys(text), expected, "{text}");
        }
    }
}
