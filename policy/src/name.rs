//! Names of users, groups and policies: which ones may exist.

use std::fmt;

use thiserror::Error;

/// What a name belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A user.
    User,
    /// A group.
    Group,
    /// A policy.
    Policy,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Policy => "policy",
        })
    }
}

/// Why a name may not exist.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// It has no characters.
    #[error("the name of a {0} must not be empty")]
    Empty(Kind),
    /// It is `.` or `..`, which a URL's path swallows.
    #[error("`{name}` cannot be the name of a {kind}")]
    Dots {
        /// What it should have named.
        kind: Kind,
        /// `.` or `..`.
        name: String,
    },
    /// It holds a character that means something in a pattern, a variable or a URL, or a control
    /// character.
    #[error("the name of a {kind} must not hold {}: `{}`", show(*found), name.escape_default())]
    Character {
        /// What it should have named.
        kind: Kind,
        /// The whole name.
        name: String,
        /// The first character that is refused.
        found: char,
    },
}

/// Whether `name` may be the name of a new `kind`.
///
/// # Errors
///
/// [`NameError`] for the empty name, `.`, `..`, and a name with one of `* ? $ { } / % \` or a
/// control character.
pub fn check(kind: Kind, name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty(kind));
    }
    if matches!(name, "." | "..") {
        return Err(NameError::Dots { kind, name: name.to_owned() });
    }
    match name.chars().find(|character| character.is_control() || REFUSED.contains(character)) {
        Some(found) => Err(NameError::Character { kind, name: name.to_owned(), found }),
        None => Ok(()),
    }
}

fn show(character: char) -> String {
    if character.is_control() { "a control character".to_owned() } else { format!("`{character}`") }
}

const REFUSED: &[char] = &['*', '?', '$', '{', '}', '/', '%', '\\'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h01_names_that_could_be_patterns_variables_or_paths_are_refused() {
        for name in [
            "", ".", "..", "*", "?", "a*", "${user}", "a{b", "a}b", "a/b", "50%", "a\\b", "a\0",
            "a\nb", "a\u{85}b", "\u{7f}",
        ] {
            check(Kind::User, name).unwrap_err();
        }
    }

    #[test]
    fn names_that_people_have_are_taken() {
        for name in [
            "alice",
            "jane.doe@example.com",
            "a:b",
            "CN=Jane Doe,OU=Lake",
            "Jürgen",
            "user+tag",
            "...",
            "[a]",
        ] {
            check(Kind::User, name).unwrap();
        }
    }

    #[test]
    fn a_refusal_names_the_character_and_hides_control_characters() {
        let message = |name| check(Kind::Group, name).unwrap_err().to_string();
        assert_eq!(message("a*b"), "the name of a group must not hold `*`: `a*b`");
        assert_eq!(
            message("a\nb"),
            "the name of a group must not hold a control character: `a\\nb`"
        );
    }
}
