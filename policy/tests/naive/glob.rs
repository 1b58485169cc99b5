//! Wildcards by their definition: `*` is any run of characters, `?` is one, all else is itself.

use std::collections::BTreeSet;

/// One part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Itself(char),
    One,
    Run,
}

/// The parts of `pattern`, with `user` for `${user}`, whose characters are themselves.
pub(crate) fn parts(pattern: &str, user: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for (index, plain) in pattern.split("${user}").enumerate() {
        if index > 0 {
            parts.extend(user.chars().map(Part::Itself));
        }
        parts.extend(plain.chars().map(|character| match character {
            '*' => Part::Run,
            '?' => Part::One,
            itself => Part::Itself(itself),
        }));
    }
    parts
}

/// Whether all of `text` matches.
pub(crate) fn matches(parts: &[Part], text: &[char]) -> bool {
    match parts.split_first() {
        None => text.is_empty(),
        Some((Part::Run, rest)) => {
            matches(rest, text) || text.split_first().is_some_and(|(_, text)| matches(parts, text))
        }
        Some((part, rest)) => text
            .split_first()
            .is_some_and(|(next, text)| takes(*part, *next) && matches(rest, text)),
    }
}

/// Whether every text that begins with `prefix` matches, `prefix` itself included.
///
/// It walks through the sets of places in the pattern at which a text may stand: there are finitely many, and every
/// character that the pattern does not name leads on as any other such does. So it stops, having seen every text.
pub(crate) fn matches_all_under(parts: &[Part], prefix: &str) -> bool {
    walk(parts, vec![after(parts, prefix)], |at| is_end(parts, at))
}

/// Whether every text that begins with `prefix` and goes on matches.
pub(crate) fn matches_all_beyond(parts: &[Part], prefix: &str) -> bool {
    let at = after(parts, prefix);
    let onward = letters(parts).iter().map(|letter| step(parts, at, *letter)).collect();
    walk(parts, onward, |at| is_end(parts, at))
}

/// Whether some text that begins with `prefix` matches, `prefix` itself included.
pub(crate) fn matches_some_under(parts: &[Part], prefix: &str) -> bool {
    !walk(parts, vec![after(parts, prefix)], |at| !is_end(parts, at))
}

/// Whether `holds` is true of every set of places that a text can lead to from those in `waiting`.
fn walk(parts: &[Part], mut waiting: Vec<Places>, holds: impl Fn(Places) -> bool) -> bool {
    let letters = letters(parts);
    let mut seen = BTreeSet::new();
    while let Some(at) = waiting.pop() {
        if !holds(at) {
            return false;
        }
        if seen.insert(at) {
            waiting.extend(letters.iter().map(|letter| step(parts, at, *letter)));
        }
    }
    true
}

/// The places in a pattern at which a text may stand, a bit each; the pattern's length is its end.
type Places = u128;

fn is_end(parts: &[Part], at: Places) -> bool {
    at >> parts.len() & 1 == 1
}

fn after(parts: &[Part], text: &str) -> Places {
    assert!(parts.len() < 128, "a pattern that is too long to be judged here");
    text.chars().fold(skip(parts, 1), |at, next| step(parts, at, next))
}

fn step(parts: &[Part], at: Places, next: char) -> Places {
    let mut onward = 0;
    for (place, part) in parts.iter().enumerate().filter(|(place, _)| at >> place & 1 == 1) {
        match part {
            Part::Run => onward |= 1 << place,
            part if takes(*part, next) => onward |= 2 << place,
            Part::Itself(_) | Part::One => {}
        }
    }
    skip(parts, onward)
}

/// A run may also be of nothing.
fn skip(parts: &[Part], mut at: Places) -> Places {
    for (place, _) in parts.iter().enumerate().filter(|(_, part)| **part == Part::Run) {
        at |= (at >> place & 1) << (place + 1);
    }
    at
}

fn takes(part: Part, next: char) -> bool {
    match part {
        Part::Itself(itself) => itself == next,
        Part::One | Part::Run => true,
    }
}

/// Every character that the pattern names, and one that it does not, which stands for all such.
fn letters(parts: &[Part]) -> Vec<char> {
    let mut letters = Vec::new();
    for part in parts {
        if let Part::Itself(letter) = part
            && !letters.contains(letter)
        {
            letters.push(*letter);
        }
    }
    letters.extend(('z'..=char::MAX).find(|letter| !letters.contains(letter)));
    letters
}
