//! YAML that people write: read strictly, with the place of what is wrong.

use serde::de::DeserializeOwned;
use serde_saphyr::{MessageFormatter, Options, UserMessageFormatter};

use crate::config::Fault;

/// Reads the one document in `text`; `origin` names it in faults.
///
/// Duplicate keys and unknown tags are refused, `yes` and `no` are texts.
///
/// # Errors
///
/// What is wrong, with line and column. Nothing of `text` but names is repeated, as it may hold secrets.
pub(crate) fn read<T: DeserializeOwned>(text: &str, origin: &str) -> Result<T, Fault> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| {
        let error = error.without_snippet();
        let place = error.location().map_or_else(String::new, |location| {
            format!("line {}, column {}", location.line(), location.column())
        });
        let reason = UserMessageFormatter.format_message(error).into_owned();
        Fault { origin: origin.to_owned(), place, reason }
    })
}

fn options() -> Options {
    serde_saphyr::options! {
        strict_booleans: true,
        reject_unsupported_tags: true,
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
        assert_eq!((fault.origin.as_str(), fault.place.as_str()), ("x.yaml", "line 3, column 3"));
        assert!(fault.reason.contains("`b`") || fault.reason.contains('b'), "{}", fault.reason);
    }

    #[test]
    fn a_broken_document_is_refused_without_its_text() {
        for text in ["a: [hunter2", "a: b: hunter2", "a: !x hunter2", "a: 1\n---\nhunter2: 2"] {
            let fault = read::<Value>(text, "x.yaml").unwrap_err();
            assert!(!fault.to_string().contains("hunter2"), "{fault}");
        }
    }

    #[test]
    fn yes_is_a_text() {
        assert_eq!(read::<Value>("a: yes", "x.yaml"), Ok(json!({"a": "yes"})));
    }
}
