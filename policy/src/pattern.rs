//! Wildcard patterns over the path of an ARN: `*` is any run of characters, `/` included, `?` is
//! one character, `${user}` is the caller's name as plain text, all else is itself, case and all.

use crate::{fault::Reason, text::Text};

/// A pattern, compiled once and matched without allocating.
///
/// A match costs at most the product of the two lengths, whatever the pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    // INVARIANT: in every run of wildcards there is at most one `Any`, and it comes first.
    pieces: Box<[Piece]>,
}

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// This text.
    Literal(Box<str>),
    /// The caller's name.
    User,
    /// One character.
    One,
    /// Any run of characters.
    Any,
}

impl Pattern {
    /// Compiles `source`.
    ///
    /// # Errors
    ///
    /// [`Reason::UnknownVariable`] for a `${…}` that is not `${user}`, [`Reason::OpenVariable`] for
    /// one without an end.
    pub(crate) fn parse(source: &str) -> Result<Self, Reason> {
        Self::parse_with(source, |next| match next {
            '*' => Some(Piece::Any),
            '?' => Some(Piece::One),
            _ => None,
        })
    }

    /// Compiles `source`, in which `*` and `?` stand for themselves.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`].
    pub(crate) fn parse_plain(source: &str) -> Result<Self, Reason> {
        Self::parse_with(source, |_| None)
    }

    /// Whether a plain one is `text`, each character taken in lower case.
    pub(crate) fn is_in_any_case(&self, text: &str, user: &str) -> bool {
        let written = self.written(user).flat_map(str::chars).flat_map(char::to_lowercase);
        written.eq(text.chars().flat_map(char::to_lowercase))
    }

    /// It as it could be written, the name of `user` in the place of the variable.
    pub(crate) fn text(&self, user: &str) -> String {
        self.written(user).collect()
    }

    fn written<'a>(&'a self, user: &'a str) -> impl Iterator<Item = &'a str> {
        self.pieces.iter().map(move |piece| match piece {
            Piece::Literal(literal) => literal,
            Piece::User => user,
            Piece::One => "?",
            Piece::Any => "*",
        })
    }

    fn parse_with(source: &str, wildcard: fn(char) -> Option<Piece>) -> Result<Self, Reason> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = source;
        while let Some(next) = rest.chars().next() {
            let mut after = rest.chars();
            after.next();
            let piece = match next {
                '$' if after.as_str().starts_with('{') => {
                    let (variable, tail) = rest.split_once('}').ok_or(Reason::OpenVariable)?;
                    if variable != "${user" {
                        return Err(Reason::UnknownVariable(format!("{variable}}}")));
                    }
                    after = tail.chars();
                    Some(Piece::User)
                }
                _ => wildcard(next),
            };
            match piece {
                Some(piece) => {
                    push_literal(&mut pieces, &mut literal);
                    pieces.push(piece);
                }
                None => literal.push(next),
            }
            rest = after.as_str();
        }
        push_literal(&mut pieces, &mut literal);
        Ok(Self { pieces: order_wildcards(pieces).into() })
    }

    /// Its parts, one after the other.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether all of `text` matches.
    pub(crate) fn matches(&self, text: Text<'_>, user: &str) -> bool {
        glob(&self.pieces, text, user)
    }

    /// Whether every text that begins with `prefix` matches, `prefix` itself included.
    ///
    /// It does exactly when `prefix` matches and the pattern ends with wildcards of which one is
    /// `*`. Without that `*`, only finitely many lengths, or only one last character, can follow;
    /// with it, whatever matches goes on matching when more is added.
    pub(crate) fn covers(&self, prefix: Text<'_>, user: &str) -> bool {
        self.is_open() && glob(&self.pieces, prefix, user)
    }

    /// Whether every text that begins with `prefix` and goes on matches.
    ///
    /// The character that follows `prefix` for certain stands for one `?` of the last wildcards.
    pub(crate) fn covers_beyond(&self, prefix: Text<'_>, user: &str) -> bool {
        let pieces = match self.pieces.split_last() {
            Some((Piece::One, rest)) => rest,
            _ => &self.pieces,
        };
        self.is_open() && glob(pieces, prefix, user)
    }

    /// Whether some text that begins with `prefix` matches, `prefix` itself included.
    pub(crate) fn reaches(&self, prefix: Text<'_>, user: &str) -> bool {
        let mut rest = prefix;
        for piece in &self.pieces {
            match step(piece, &mut rest, user) {
                Step::Agrees => {}
                Step::Ends => return true,
                Step::Differs => return false,
            }
            if matches!(piece, Piece::Any) {
                return true;
            }
        }
        rest.is_empty()
    }

    /// The plain parts of it, in their order.
    pub(crate) fn literals(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(Piece::literal)
    }

    /// The plain text that all it matches begins with, if there is any.
    pub(crate) fn head(&self) -> Option<&str> {
        self.pieces.first().and_then(Piece::literal)
    }

    /// Whether it ends with wildcards of which one is `*`: else it covers no prefix.
    //
    // INVARIANT: no caller's name is empty, so that one at the end is no end.
    pub(crate) fn is_open(&self) -> bool {
        self.pieces.iter().rev().find(|piece| !matches!(piece, Piece::One)) == Some(&Piece::Any)
    }
}

impl Piece {
    fn literal(&self) -> Option<&str> {
        match self {
            Self::Literal(literal) => Some(literal),
            Self::User | Self::One | Self::Any => None,
        }
    }
}

/// How one piece meets the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// It matches what comes next, which is now behind.
    Agrees,
    /// The text ended within it, agreeing so far.
    Ends,
    /// It cannot match here.
    Differs,
}

fn step(piece: &Piece, text: &mut Text<'_>, user: &str) -> Step {
    let literal = match piece {
        Piece::Any => return Step::Agrees,
        Piece::One => return if text.next().is_some() { Step::Agrees } else { Step::Ends },
        Piece::Literal(literal) => literal,
        Piece::User => user,
    };
    match text.strip(literal) {
        Some("") => Step::Agrees,
        Some(_) => Step::Ends,
        None => Step::Differs,
    }
}

// After a `*`, the earliest place where what follows matches is as good as any later one, up to the
// next `*`: only the last `*` is ever tried again.
fn glob(pieces: &[Piece], text: Text<'_>, user: &str) -> bool {
    let (mut pieces, mut text) = (pieces, text);
    let mut last_any = None;
    loop {
        let agrees = match pieces.split_first() {
            Some((Piece::Any, [])) => return true,
            Some((Piece::Any, rest)) => {
                last_any = Some((rest, text));
                pieces = rest;
                true
            }
            Some((piece, rest)) => match step(piece, &mut text, user) {
                Step::Agrees => {
                    pieces = rest;
                    true
                }
                // Beginning later leaves still less text.
                Step::Ends => return false,
                Step::Differs => false,
            },
            None if text.is_empty() => return true,
            None => false,
        };
        if agrees {
            continue;
        }
        let Some((after, from)) = &mut last_any else { return false };
        if from.next().is_none() {
            return false;
        }
        if let Some(first) =
            after.first().and_then(Piece::literal).and_then(|literal| literal.chars().next())
            && !from.seek(first)
        {
            return false;
        }
        (pieces, text) = (*after, *from);
    }
}

fn push_literal(pieces: &mut Vec<Piece>, literal: &mut String) {
    if !literal.is_empty() {
        pieces.push(Piece::Literal(std::mem::take(literal).into()));
    }
}

fn order_wildcards(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut ordered = Vec::with_capacity(pieces.len());
    // Where the current run of wildcards begins, and whether it has its `*`.
    let mut run = None;
    for piece in pieces {
        match (&piece, run) {
            (Piece::Any, Some((_, true))) => {}
            (Piece::Any, Some((start, false))) => {
                ordered.insert(start, piece);
                run = Some((start, true));
            }
            (Piece::Any, None) => {
                run = Some((ordered.len(), true));
                ordered.push(piece);
            }
            (Piece::One, Some(_)) => ordered.push(piece),
            (Piece::One, None) => {
                run = Some((ordered.len(), false));
                ordered.push(piece);
            }
            (Piece::Literal(_) | Piece::User, _) => {
                run = None;
                ordered.push(piece);
            }
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::texts::texts;

    /// The last is one that no pattern names.
    const LETTERS: &[&str] = &["a", "b", "z"];

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(Text::of(text), "alice")
    }

    // The definition, word by word.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|skipped| naive(rest, &text[skipped..])),
            Some(('?', rest)) => !text.is_empty() && naive(rest, &text[1..]),
            Some((literal, rest)) => text.first() == Some(literal) && naive(rest, &text[1..]),
        }
    }

    fn naive_matches(pattern: &str, text: &str) -> bool {
        naive(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())
    }

    #[test]
    fn h07_a_star_crosses_segments_and_a_question_mark_is_one_character() {
        assert!(matches("repository/a*", "repository/a/b"));
        assert!(matches("repository/a*", "repository/a"));
        assert!(matches("a?c", "a/c"));
        assert!(matches("a?c", "aöc"));
        assert!(!matches("a?c", "ac"));
        assert!(!matches("*??", "ö"));
        assert!(!matches("a\\*", "a*"));
        assert!(matches("a\\*", "a\\b"));
    }

    #[test]
    fn h07_many_stars_cost_no_more_than_the_product_of_the_lengths() {
        let text = "a".repeat(1_024);
        assert!(matches(&format!("{}a", "*".repeat(64)), &text));
        assert!(!matches(&format!("{}b", "*".repeat(64)), &text));
        assert!(!matches(&format!("{}b", "*a".repeat(64)), &text));
        assert!(!matches(&format!("{}b", "*?".repeat(64)), &text));
        assert!(!matches(&format!("{}b*", "a*".repeat(512)), &text));
    }

    #[test]
    fn h09_texts_are_compared_byte_for_byte() {
        assert!(!matches("Key", "key"));
        assert!(!matches("key/", "key"));
        assert!(!matches("\u{e9}", "e\u{301}"));
    }

    #[test]
    fn h01_the_name_of_a_user_is_plain_text() {
        let own = Pattern::parse("user/${user}").unwrap();
        for name in ["*", "?", "a*", "${user}", "a/b", "a:b", ""] {
            assert!(own.matches(Text::of(&format!("user/{name}")), name));
            assert!(!own.matches(Text::of("user/alice"), name));
        }
    }

    #[test]
    fn h02_a_name_that_holds_a_variable_is_not_expanded_again() {
        let own = Pattern::parse("user/${user}").unwrap();
        assert!(!own.matches(Text::of("user/alice"), "${user}"));
        assert!(
            Pattern::parse("${user}${user}")
                .unwrap()
                .matches(Text::of("${user}${user}"), "${user}")
        );
    }

    #[test]
    fn h03_a_variable_that_is_not_known_is_refused() {
        for (source, variable) in
            [("a/${aws:username}", "${aws:username}"), ("${User}", "${User}"), ("${}", "${}")]
        {
            assert_eq!(Pattern::parse(source), Err(Reason::UnknownVariable(variable.to_owned())));
        }
        assert_eq!(Pattern::parse("user/${user"), Err(Reason::OpenVariable));
        assert!(matches("$user/{}", "$user/{}"));
    }

    #[test]
    fn what_ends_in_a_literal_or_without_a_star_covers_nothing() {
        for pattern in ["a", "a?", "a*b", "*a", "a*${user}"] {
            let pattern = Pattern::parse(pattern).unwrap();
            assert!(!pattern.covers(Text::of("a"), "alice"));
            assert!(!pattern.covers_beyond(Text::of("a"), "alice"));
        }
    }

    proptest! {
        #[test]
        fn h14_the_compiled_pattern_agrees_with_the_definition(pattern in "[abö*?]{0,8}", text in "[abö*?]{0,8}") {
            prop_assert_eq!(matches(&pattern, &text), naive_matches(&pattern, &text));
        }

        #[test]
        fn covering_a_prefix_agrees_with_every_text_under_it(pattern in "[ab*?]{0,5}", prefix in "[ab]{0,4}") {
            let compiled = Pattern::parse(&pattern).unwrap();
            let under = texts("", 6, LETTERS);
            let all = |from: usize| {
                under.iter().filter(|text| text.len() >= from).all(|text| naive_matches(&pattern, &format!("{prefix}{text}")))
            };
            prop_assert_eq!(compiled.covers(Text::of(&prefix), ""), all(0));
            prop_assert_eq!(compiled.covers_beyond(Text::of(&prefix), ""), all(1));
        }

        #[test]
        fn reaching_a_prefix_agrees_with_some_text_under_it(pattern in "[ab*?]{0,5}", prefix in "[ab]{0,4}") {
            let some = texts("", 5, LETTERS).iter().any(|text| naive_matches(&pattern, &format!("{prefix}{text}")));
            prop_assert_eq!(Pattern::parse(&pattern).unwrap().reaches(Text::of(&prefix), ""), some);
        }

        #[test]
        fn any_text_is_a_pattern_or_a_reason(source in ".*", text in ".*", user in ".*") {
            if let Ok(pattern) = Pattern::parse(&source) {
                let matches = pattern.matches(Text::of(&text), &user);
                prop_assert!(pattern.reaches(Text::of(&text), &user) || !matches);
            }
        }
    }
}
