//! Where the parts of a document stand in its text.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Location, Spanned};

/// The places of everything in a document. Of its text only keys are kept, and the values of those called `id`.
#[derive(Debug)]
pub(crate) struct Places(Spanned<Node>);

impl Places {
    /// The places in `text`; absent when it is not read.
    pub(crate) fn of(text: &str) -> Option<Self> {
        super::read(text, "").ok().map(Self)
    }

    /// Where the value at `path` begins, such as `users[0].groups[1]`: `line 5, column 9`. Where the document has no
    /// such value, the nearest one that holds it counts.
    pub(crate) fn find(&self, path: &str) -> String {
        let mut node = &self.0;
        let mut rest = path;
        while let Some((below, after)) = node.value.step(rest) {
            (node, rest) = (below, after);
        }
        words(&node.referenced)
    }

    /// The id of the entry of a list that `path` leads into, such as `users[0].groups[1]`: people look for `alice`, not
    /// for `users[0]`.
    pub(crate) fn id(&self, path: &str) -> Option<&str> {
        let (list, _) = path.split_once('[')?;
        let (entry, _) = self.0.value.get(list)?.value.step(path.get(list.len()..)?)?;
        match &entry.value.get("id")?.value {
            Node::Id(id) => Some(id),
            Node::Map(_) | Node::List(_) | Node::Leaf => None,
        }
    }
}

/// A place as people read it.
pub(super) fn words(location: &Location) -> String {
    format!("line {}, column {}", location.line(), location.column())
}

#[derive(Debug)]
enum Node {
    Map(Vec<(String, Spanned<Node>)>),
    List(Vec<Spanned<Node>>),
    /// The text under a key that is `id`.
    Id(String),
    Leaf,
}

impl Node {
    /// The value of this key.
    fn get(&self, key: &str) -> Option<&Spanned<Self>> {
        let Self::Map(entries) = self else { return None };
        entries.iter().find_map(|(other, below)| (other == key).then_some(below))
    }

    /// The value that the first step of `path` leads to, and the rest of the path.
    fn step<'p>(&self, path: &'p str) -> Option<(&Spanned<Self>, &'p str)> {
        match self {
            Self::Map(entries) => {
                let path = path.strip_prefix('.').unwrap_or(path);
                let reached = entries.iter().filter_map(|(key, below)| {
                    let rest = path.strip_prefix(key.as_str())?;
                    (rest.is_empty() || rest.starts_with(['.', '['])).then_some((below, rest))
                });
                // A key may hold what parts steps: the longest one is meant.
                reached.min_by_key(|(_, rest)| rest.len())
            }
            Self::List(entries) => {
                let (index, rest) = path.strip_prefix('[')?.split_once(']')?;
                Some((entries.get(index.parse::<usize>().ok()?)?, rest))
            }
            Self::Id(_) | Self::Leaf => None,
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Nodes { keeps_text: false })
    }
}

/// What stands under a key that is `id`.
struct Id(Node);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Nodes { keeps_text: true }).map(Self)
    }
}

struct Nodes {
    keeps_text: bool,
}

impl<'de> Visitor<'de> for Nodes {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Option<String>>()? {
            // The operator `Null` of conditions, without quotes.
            let key = key.unwrap_or_else(|| "Null".to_owned());
            let below = if key == "id" {
                let Spanned { value: Id(value), referenced, defined } = map.next_value()?;
                Spanned { value, referenced, defined }
            } else {
                map.next_value()?
            };
            entries.push((key, below));
        }
        Ok(Node::Map(entries))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element()? {
            entries.push(entry);
        }
        Ok(Node::List(entries))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Node, E> {
        Ok(if self.keeps_text { Node::Id(text.to_owned()) } else { Node::Leaf })
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        Ok(Node::Leaf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"policies:
  - id: A
    statement:
      - action: ["fs:*", 7, true, null]
        condition:
          StringLike:
            a.b: [x]
            a: [y]
          Null: {Prefix: "true"}
"#;

    #[test]
    fn a_value_is_found_by_its_path() {
        let places = Places::of(TEXT).unwrap();
        for (path, place) in [
            ("policies", "line 2, column 3"),
            ("policies[0].id", "line 2, column 9"),
            ("policies[0].statement[0].action[1]", "line 4, column 26"),
            ("policies[0].statement[0].condition.StringLike.a.b[0]", "line 7, column 19"),
            ("policies[0].statement[0].condition.StringLike.a[0]", "line 8, column 17"),
            ("policies[0].statement[0].condition.Null.Prefix", "line 9, column 26"),
        ] {
            assert_eq!(places.find(path), place, "{path}");
        }
    }

    #[test]
    fn what_is_not_there_is_told_by_what_should_hold_it() {
        let places = Places::of(TEXT).unwrap();
        let of_action = places.find("policies[0].statement[0].action");
        assert_eq!(places.find("policies[0].statement[0].action[9]"), of_action);
        assert_eq!(places.find("policies[0].name"), places.find("policies[0]"));
    }

    #[test]
    fn an_entry_is_known_by_its_id() {
        let places = Places::of(TEXT).unwrap();
        assert_eq!(places.id("policies[0].statement[0].action[1]"), Some("A"));
        for path in ["policies", "policies[1]", "users[0]", "policies[0", ""] {
            assert_eq!(places.id(path), None, "{path}");
        }
    }

    #[test]
    fn json_has_places_as_well() {
        let places =
            Places::of("{\n  \"statement\": [\n    {\"effect\": \"allow\"}\n  ]\n}").unwrap();
        assert_eq!(places.find("statement[0].effect"), "line 3, column 16");
    }
}
