//! What is wrong with a document, in words for whoever wrote it.

use serde_saphyr::{Error, MessageFormatter, UserMessageFormatter};

/// Why `error` refuses a document: nothing of its text but names.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "another crate's errors: those that people run into have words of ours"
)]
pub(super) fn of(error: &Error) -> String {
    match error {
        Error::Unexpected { expected: "sequence start", .. } => "a list belongs here".to_owned(),
        Error::Unexpected { expected: "mapping start", .. } => {
            "keys with values belong here".to_owned()
        }
        Error::Unexpected { expected: "scalar" | "string scalar", .. } => {
            "a text belongs here".to_owned()
        }
        Error::NullIntoString { .. } => "nothing stands here, and a text belongs here".to_owned(),
        Error::InvalidBooleanStrict { .. } => "`true` or `false` belongs here".to_owned(),
        Error::MultipleDocuments { .. } => {
            "another document begins here: a file holds one".to_owned()
        }
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            format!("`{}` stands here twice", key.escape_debug())
        }
        Error::SerdeInvalidType { unexpected, expected, .. } => {
            format!("{} stands here, and {expected} belongs here", found(unexpected))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            let known: Vec<_> = expected.iter().map(|name| format!("`{name}`")).collect();
            format!("`{}` is not known here: write {}", variant.escape_debug(), known.join(" or "))
        }
        _ => {
            let told = UserMessageFormatter.format_message(error).into_owned();
            if told.starts_with("while scanning an anchor or alias") {
                return "`*` and `&` are signs of YAML: write a text that begins so in quotes"
                    .to_owned();
            }
            told
        }
    }
}

/// What stands there instead of what belongs there.
fn found(unexpected: &str) -> &str {
    match unexpected {
        "unit value" => "nothing",
        "map" => "a map",
        "sequence" => "a list",
        other => other,
    }
}
