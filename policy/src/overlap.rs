//! Sets of paths held against each other, without a path at hand: what a pattern may meet, and what it covers for
//! certain.

use crate::{
    pattern::{Pattern, Piece},
    resource::Kind,
};

/// A set of paths, as a sequence of what their characters may be.
#[derive(Clone, Debug, PartialEq, Eq)]
// INVARIANT: in every run of wildcards the one that stands for many comes first, as in a pattern.
pub(crate) struct Paths(Vec<Token>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// This character.
    Character(char),
    /// Any character.
    One,
    /// Any character but `/`.
    OneOfName,
    /// Any characters, or none.
    Run,
    /// Any characters but `/`, or none.
    RunOfName,
    /// The caller's name.
    User,
}

impl Paths {
    /// What `pattern` matches, for whichever user.
    pub(crate) fn of_pattern(pattern: &Pattern) -> Self {
        let mut tokens = Vec::new();
        for piece in pattern.pieces() {
            match piece {
                Piece::Literal(text) => tokens.extend(text.chars().map(Token::Character)),
                Piece::User => tokens.push(Token::User),
                Piece::One => tokens.push(Token::One),
                Piece::Any => tokens.push(Token::Run),
            }
        }
        Self(tokens)
    }

    /// The paths of all resources of `kind`.
    pub(crate) fn of(kind: Kind) -> Self {
        match kind {
            Kind::Bucket => Self::named("repository/"),
            Kind::Object => Self::objects(),
            Kind::User => Self::named("user/"),
            Kind::Group => Self::named("group/"),
            Kind::Policy => Self::named("policy/"),
        }
    }

    /// `start` with a name behind it, as in `user/alice`.
    fn named(start: &str) -> Self {
        Self::empty().then(start).and(&[Token::RunOfName, Token::OneOfName])
    }

    /// `repository/{bucket}/object/{key}`, for every bucket and key.
    fn objects() -> Self {
        Self::named("repository/").then("/object/").and(&[Token::Run, Token::One])
    }

    /// `repository/{bucket}`, and all in it, for every bucket.
    pub(crate) fn reached_buckets() -> [Self; 2] {
        let bucket = || Self::of(Kind::Bucket);
        [bucket(), bucket().then("/").and(&[Token::Run])]
    }

    /// `start` with the caller's own name behind it.
    pub(crate) fn own(start: &str) -> Self {
        Self::empty().then(start).and(&[Token::User])
    }

    /// Whether some path is in both, for some user's name. It may say so of two that have none in common; it never
    /// denies it of two that have.
    pub(crate) fn meet(&self, other: &Self) -> bool {
        is_reached(&self.0, &other.0, |one, other| {
            let (passes_one, passes_other) = (is_run(one), is_run(other));
            let both = matches!((one, other), (Some(one), Some(other)) if share(one, other));
            Steps {
                left: passes_one || (both && passes_other),
                right: passes_other || (both && passes_one),
                both: both && !passes_one && !passes_other,
            }
        })
    }

    /// Whether all of `other` is in this set, whatever the user's name. It may deny it of what is; it never says so of
    /// what is not.
    pub(crate) fn cover(&self, other: &Self) -> bool {
        is_reached(&self.0, &other.0, |one, other| match (one, other) {
            (Some(Token::Run), other) => Steps { left: true, right: other.is_some(), both: false },
            (Some(Token::One), Some(Token::Character(_) | Token::One | Token::OneOfName)) => {
                Steps::BOTH
            }
            (Some(Token::Character(one)), Some(Token::Character(other))) if one == other => {
                Steps::BOTH
            }
            (Some(Token::User), Some(Token::User)) => Steps::BOTH,
            _ => Steps::default(),
        })
    }

    fn empty() -> Self {
        Self(Vec::new())
    }

    fn then(mut self, text: &str) -> Self {
        self.0.extend(text.chars().map(Token::Character));
        self
    }

    fn and(mut self, tokens: &[Token]) -> Self {
        self.0.extend(tokens);
        self
    }
}

/// Where one can go from a pair of places in two sequences.
#[derive(Clone, Copy, Debug, Default)]
struct Steps {
    left: bool,
    right: bool,
    both: bool,
}

impl Steps {
    const BOTH: Self = Self { left: false, right: false, both: true };
}

/// Whether both sequences can be gone through to their ends. Every pair of places is looked at once, and what both begin
/// and end with is passed over.
fn is_reached(
    left: &[Token],
    right: &[Token],
    steps: impl Fn(Option<Token>, Option<Token>) -> Steps,
) -> bool {
    let (mut left, mut right) = (left, right);
    while let ([Token::Character(one), lefts @ ..], [Token::Character(other), rights @ ..]) =
        (left, right)
    {
        if one != other {
            return false;
        }
        (left, right) = (lefts, rights);
    }
    while let ([lefts @ .., Token::Character(one)], [rights @ .., Token::Character(other)]) =
        (left, right)
    {
        if one != other {
            return false;
        }
        (left, right) = (lefts, rights);
    }
    // Whether the place in `right` is reached, for one place in `left` and for the next.
    let mut row = vec![false; right.len().saturating_add(1)];
    if let Some(start) = row.first_mut() {
        *start = true;
    }
    let ends =
        |tokens: &[Token]| tokens.iter().copied().map(Some).chain([None]).collect::<Vec<_>>();
    let rights = ends(right);
    for one in ends(left) {
        let mut next = vec![false; row.len()];
        let mut from_left = false;
        let mut diagonal = false;
        for ((other, here), below) in rights.iter().zip(&mut row).zip(&mut next) {
            *here |= from_left;
            *below |= diagonal;
            let may = if *here { steps(one, *other) } else { Steps::default() };
            (from_left, diagonal) = (may.right, may.both);
            *below |= may.left;
        }
        if one.is_none() {
            return row.last().is_some_and(|reached| *reached);
        }
        row = next;
    }
    false
}

// A user's name is as long as it likes to be, `/` apart; what it is not is not worth knowing here.
fn is_run(token: Option<Token>) -> bool {
    matches!(token, Some(Token::Run | Token::RunOfName | Token::User))
}

fn share(one: Token, other: Token) -> bool {
    let is_of_name = |token| matches!(token, Token::OneOfName | Token::RunOfName | Token::User);
    match (one, other) {
        (Token::Character(one), Token::Character(other)) => one == other,
        (Token::Character(one), other) | (other, Token::Character(one)) => {
            one != '/' || !is_of_name(other)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::Text;

    fn paths(pattern: &str) -> Paths {
        Paths::of_pattern(&Pattern::parse(pattern).unwrap())
    }

    fn matches(pattern: &str, text: &str, user: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(Text::of(text), user)
    }

    #[test]
    fn a_pattern_meets_the_names_that_it_can_match() {
        let users = Paths::named("user/");
        for pattern in ["*", "user/*", "user/a", "*/a", "*r/?", "u*", "${user}/a", "user/${user}"] {
            assert!(users.meet(&paths(pattern)), "{pattern}");
        }
        for pattern in ["group/*", "user/", "user/a/b", "*/", "?", "*/a/*"] {
            assert!(!users.meet(&paths(pattern)), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_of_objects_meets_no_bucket() {
        let (buckets, objects) = (Paths::named("repository/"), Paths::objects());
        for (pattern, is_bucket, is_object) in [
            ("repository/lake", true, false),
            ("repository/lake*", true, true),
            ("repository/lake/object/a/*", false, true),
            ("repository/*/object/*", false, true),
            ("*", true, true),
        ] {
            assert_eq!(buckets.meet(&paths(pattern)), is_bucket, "{pattern}");
            assert_eq!(objects.meet(&paths(pattern)), is_object, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_covers_all_names_of_a_kind() {
        for (pattern, covers) in [
            ("*", true),
            ("user/*", true),
            ("user/?*", true),
            ("user/??*", false),
            ("user/a*", false),
            ("user/${user}", false),
        ] {
            assert_eq!(paths(pattern).cover(&Paths::named("user/")), covers, "{pattern}");
        }
        assert!(paths("repository/*/object/*").cover(&Paths::objects()));
        assert!(!paths("repository/*/object/a*").cover(&Paths::objects()));
        assert!(paths("user/${user}").cover(&Paths::own("user/")));
        assert!(!paths("user/?*").cover(&paths("user/*")));
    }

    const PATTERN: &str = r"(a|/|\*|\?|\$\{user\}){0,5}";
    const TEXT: &str = "[a/]{0,6}";

    proptest! {
        #[test]
        fn a_path_in_both_is_never_denied(
            one in PATTERN, other in PATTERN, text in TEXT, user in "a{1,2}",
        ) {
            if matches(&one, &text, &user) && matches(&other, &text, &user) {
                prop_assert!(paths(&one).meet(&paths(&other)));
            }
        }

        #[test]
        fn what_is_covered_is_never_outside(
            one in PATTERN, other in PATTERN, text in TEXT, user in "a{1,2}",
        ) {
            if paths(&one).cover(&paths(&other)) && matches(&other, &text, &user) {
                prop_assert!(matches(&one, &text, &user));
            }
        }

        #[test]
        fn a_pattern_meets_and_covers_itself_and_all_is_covered_by_a_star(one in PATTERN) {
            prop_assert!(paths(&one).meet(&paths(&one)));
            prop_assert!(paths(&one).cover(&paths(&one)));
            prop_assert!(paths("*").cover(&paths(&one)));
        }
    }
}
