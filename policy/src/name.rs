//! Names of users, groups and policies: which ones may exist.

use std::fmt;

use thiserror::Error;

use crate::likeness::{self, is_invisible};

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
    /// It begins or ends with white space, which no screen shows.
    #[error("the name of a {kind} must not begin or end with white space: `{}`", name.escape_debug())]
    Space {
        /// What it should have named.
        kind: Kind,
        /// The whole name.
        name: String,
    },
    /// It could be taken for a preset, which it is not.
    #[error("`{}` could be taken for the preset {kind} `{preset}`: take another name", name.escape_default())]
    LikePreset {
        /// What it should have named.
        kind: Kind,
        /// The whole name.
        name: String,
        /// The preset's name.
        preset: &'static str,
    },
}

/// Whether `name` may be the name of a new `kind`.
///
/// # Errors
///
/// [`NameError`] for the empty name, `.`, `..`, and a name with one of `* ? $ { } / % \`, a control
/// character or an invisible one, with white space at an end, or one that differs from the preset of
/// its kind that it looks like.
pub fn check(kind: Kind, name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty(kind));
    }
    if matches!(name, "." | "..") {
        return Err(NameError::Dots { kind, name: name.to_owned() });
    }
    let is_refused = |character: &char| {
        character.is_control() || is_invisible(*character) || REFUSED.contains(character)
    };
    if let Some(found) = name.chars().find(is_refused) {
        return Err(NameError::Character { kind, name: name.to_owned(), found });
    }
    if name.trim() != name {
        return Err(NameError::Space { kind, name: name.to_owned() });
    }
    match likeness::preset(kind, name).filter(|preset| *preset != name) {
        Some(preset) => Err(NameError::LikePreset { kind, name: name.to_owned(), preset }),
        None => Ok(()),
    }
}

fn show(character: char) -> String {
    match character {
        _ if character.is_control() => "a control character".to_owned(),
        _ if is_invisible(character) => "an invisible character".to_owned(),
        _ => format!("`{character}`"),
    }
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
    fn h18_names_that_do_not_look_like_what_they_are_are_refused() {
        for name in [
            "root ",
            " root",
            "root\u{a0}",
            "root\u{3000}",
            "ro\u{200b}ot",
            "\u{feff}root",
            "root\u{202e}",
            "ro\u{ad}ot",
            "root\u{2028}",
        ] {
            for kind in [Kind::User, Kind::Group, Kind::Policy] {
                check(kind, name).unwrap_err();
            }
        }
    }

    #[test]
    fn h18_a_name_that_could_be_taken_for_a_preset_is_refused() {
        let refusal = |kind, name: &str| {
            let error = check(kind, name).unwrap_err();
            let NameError::LikePreset { preset, .. } = error else { panic!("{name}: {error}") };
            preset
        };
        for name in [
            "admins",
            "ADMINS",
            "Adm\u{ed}ns",
            "Admi\u{301}ns",
            "Admın\u{17f}",
            "\u{ff21}dmins",
            "\u{410}dmins",
        ] {
            assert_eq!(refusal(Kind::Group, name), "Admins");
        }
        assert_eq!(refusal(Kind::Group, "superusers"), "SuperUsers");
        assert_eq!(refusal(Kind::Policy, "authfullaccess"), "AuthFullAccess");
        assert_eq!(refusal(Kind::Policy, "FSReadÀll"), "FSReadAll");
        assert_eq!(refusal(Kind::Policy, "FSReadAII"), "FSReadAll");
        assert_eq!(refusal(Kind::Group, "V1ewers"), "Viewers");
        assert_eq!(refusal(Kind::Group, "Deve1opers"), "Developers");
    }

    #[test]
    fn h18_presets_keep_their_names_and_names_unlike_them_are_taken() {
        for (kind, name) in [
            (Kind::Group, "Admins"),
            (Kind::Policy, "FSReadAll"),
            (Kind::Group, "Root"),
            (Kind::Group, "Admins of the lake"),
            (Kind::Group, "Админы"),
            (Kind::Group, "Administrators"),
            (Kind::Policy, "TeamA"),
            (Kind::User, "admins"),
        ] {
            check(kind, name).unwrap();
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
        assert_eq!(
            message("a\u{200b}b"),
            "the name of a group must not hold an invisible character: `a\\u{200b}b`"
        );
        assert_eq!(
            message("a "),
            "the name of a group must not begin or end with white space: `a `"
        );
        assert_eq!(
            message("admins"),
            "`admins` could be taken for the preset group `Admins`: take another name"
        );
    }
}
