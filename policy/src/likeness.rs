//! Names that look like others.

use crate::{name::Kind, presets};

/// The preset of `kind` that somebody who reads `name` could take it for: it differs by nothing, by case, by digits
/// that look like letters, or by accents and letters of other scripts in a few places.
pub(crate) fn preset(kind: Kind, name: &str) -> Option<&'static str> {
    let alike = |preset: &&'static str| is_like(name, preset);
    match kind {
        Kind::Policy => presets::POLICIES.iter().map(|preset| preset.name).find(alike),
        Kind::Group => presets::GROUPS.iter().map(|preset| preset.name).find(alike),
        Kind::User => None,
    }
}

/// Whether a screen shows nothing in its place.
///
/// Source: Unicode, `Default_Ignorable_Code_Point`, with the separators of lines and paragraphs and the marks of
/// interlinear annotation.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

// A letter that is no ASCII one, even without its case and marks, can pass for any that stands in its place, as `í` does
// for `i`, and a Cyrillic `А` for `A`. Where most of a name is such letters, it is another word.
fn is_like(name: &str, preset: &str) -> bool {
    let letters: Vec<char> = plain(name).collect();
    let foreign = letters.iter().filter(|letter| !letter.is_ascii()).count();
    letters.len() == preset.len()
        && foreign.saturating_mul(2) < letters.len()
        && letters
            .iter()
            .zip(plain(preset))
            .all(|(letter, own)| *letter == own || !letter.is_ascii())
}

/// The letters of `name` without case, width and marks; what looks like `i` or `o` is one.
fn plain(name: &str) -> impl Iterator<Item = char> {
    name.chars()
        .map(narrow)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .filter(|letter| !is_mark(*letter))
        .map(|letter| match letter {
            'l' | '1' | '|' => 'i',
            '0' => 'o',
            _ => letter,
        })
}

/// The ASCII character of a full-width one.
fn narrow(character: char) -> char {
    if !('\u{ff01}'..='\u{ff5e}').contains(&character) {
        return character;
    }
    u32::from(character).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(character)
}

/// Whether it is put on the letter before it.
fn is_mark(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe20}'..='\u{fe2f}'
    )
}
