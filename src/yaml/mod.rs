//! YAML that people write: read strictly, with the place of what is wrong.

mod keys;
mod places;
mod words;

use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use serde_saphyr::Options;

pub(crate) use self::{keys::keys, places::Places};
use crate::config::Fault;

/// Reads the one document in `text`; `origin` names it in faults.
///
/// Duplicate keys and unknown tags are refused; `yes` and `no` are texts, and so are `007` and `1_000` where a number is
/// not what is asked for.
///
/// # Errors
///
/// What is wrong, with line, column and the path in the document. Nothing of `text` but names is
/// repeated, as it may hold secrets.
pub(crate) fn read<T: DeserializeOwned>(text: &str, origin: &str) -> Result<T, Fault> {
    let mut path = String::new();
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options(), |document| {
        serde_path_to_error::deserialize(document).map_err(|error| {
            path = known(error.path());
            error.into_inner()
        })
    });
    read.map_err(|error| {
        let error = error.without_snippet();
        let place = error.location().map_or_else(String::new, |location| places::words(&location));
        let mut reason = words::of(error);
        if !path.is_empty() {
            reason = format!("{path}: {reason}");
        }
        Fault { origin: origin.to_owned(), place, reason }
    })
}

/// `path` as far as it has names; nothing for the document itself.
fn known(path: &Path) -> String {
    let mut text = String::new();
    for segment in path {
        let separator = match segment {
            Segment::Seq { .. } => "",
            Segment::Map { .. } | Segment::Enum { .. } if text.is_empty() => "",
            Segment::Map { .. } | Segment::Enum { .. } => ".",
            Segment::Unknown => break,
        };
        text.push_str(separator);
        text.push_str(&segment.to_string());
    }
    text
}

fn options() -> Options {
    serde_saphyr::options! {
        strict_booleans: true,
        reject_unsupported_tags: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_duplicate_key_is_refused_with_its_place_at_any_depth() {
        let fault = read::<Value>("a:\n  b: 1\n  b: 2\n", "x.yaml").unwrap_err();
        assert_eq!(fault.to_string(), "x.yaml: line 3, column 3: a: `b` stands here twice");
    }

    #[test]
    fn a_broken_document_is_refused_without_its_text() {
        for text in ["a: [hunter2", "a: b: hunter2", "a: !x hunter2", "a: 1\n---\nhunter2: 2"] {
            let fault = read::<Value>(text, "x.yaml").unwrap_err();
            assert!(!fault.to_string().contains("hunter2"), "{fault}");
        }
    }

    #[test]
    fn a_fault_is_told_with_its_path_in_the_document() {
        #[derive(Debug, serde::Deserialize)]
        struct Listed {
            #[expect(dead_code, reason = "it is never read successfully")]
            items: Vec<bool>,
        }
        let fault = read::<Listed>("items: [true, 5]", "x.yaml").unwrap_err();
        assert!(fault.to_string().starts_with("x.yaml: line 1, column 15: items[1]: "), "{fault}");
    }

    #[test]
    fn what_is_wrong_is_told_in_plain_words() {
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default)]
        struct Read {
            list: Vec<String>,
            text: String,
            flag: bool,
            effect: Option<policy::Effect>,
            value: Option<policy::Scalar>,
        }
        for (text, told) in [
            ("list: 5", "a list belongs here"),
            ("text: [a]", "a text belongs here"),
            ("text:", "nothing stands here, and a text belongs here"),
            ("- a", "keys with values belong here"),
            ("flag: yes", "`true` or `false` belongs here"),
            ("effect: Allow", "`Allow` is not known here: write `allow` or `deny`"),
            (
                "value: []",
                "a list stands here, and a text, a number, `true` or `false` belongs here",
            ),
            ("text: a\ntext: b", "`text` stands here twice"),
            ("text: a\n---\ntext: b", "another document begins here: a file holds one"),
            ("text: *", "`*` and `&` are signs of YAML: write a text that begins so in quotes"),
        ] {
            let fault = read::<Read>(text, "x.yaml").unwrap_err();
            assert!(fault.to_string().ends_with(told), "{text}: {fault}");
            assert!(!fault.place.is_empty(), "{text}: {fault}");
        }
    }

    #[test]
    fn yes_is_a_text() {
        assert_eq!(read::<Value>("a: yes", "x.yaml"), Ok(json!({"a": "yes"})));
    }
}
