//! The algebra of patterns: whether some resource matches these and none of those, and which is the
//! shortest.
//!
//! A pattern is a small automaton that stands at several of its symbols at once. What is asked of
//! several patterns is searched in their product, breadth first.

use std::{collections::HashSet, fmt};

use thiserror::Error;

use crate::{action::SERVICES, compile::Scope, pattern::Piece, resource::Resource};

/// The resources that one resource of a statement stands for, for a known caller.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Glob {
    /// The service of the ARNs; absent for everything there is.
    service: Option<&'static str>,
    symbols: Box<[Symbol]>,
}

/// One character of a pattern, or what stands for some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Symbol {
    /// This character.
    Exactly(char),
    /// Any one character.
    One,
    /// Any run of characters, also of none.
    Any,
}

impl Glob {
    /// What `scope` stands for when `user` asks.
    pub(crate) fn new(scope: &Scope, user: &str) -> Self {
        match scope {
            Scope::Everything => Self { service: None, symbols: [Symbol::Any].into() },
            Scope::Arn { service, path } => {
                let symbols = path.pieces().iter().flat_map(|piece| match piece {
                    Piece::Any => vec![Symbol::Any],
                    Piece::One => vec![Symbol::One],
                    Piece::Literal(literal) => literal.chars().map(Symbol::Exactly).collect(),
                    Piece::User => user.chars().map(Symbol::Exactly).collect(),
                });
                Self { service: Some(service), symbols: symbols.collect() }
            }
        }
    }

    /// The ARNs of `service` whose path matches `path`, in which `*` and `?` are wildcards.
    pub(crate) fn of(service: &'static str, path: &str) -> Self {
        let symbol = |character| match character {
            '*' => Symbol::Any,
            '?' => Symbol::One,
            _ => Symbol::Exactly(character),
        };
        Self { service: Some(service), symbols: path.chars().map(symbol).collect() }
    }

    /// Whether it stands for everything there is.
    pub(crate) fn is_everything(&self) -> bool {
        self.service.is_none()
    }

    /// The same, but with something in the place of each `*`: not exact, but better to read.
    pub(crate) fn filled(&self) -> Self {
        let fill = |symbol: &Symbol| match symbol {
            Symbol::Any => vec![Symbol::One, Symbol::Any],
            Symbol::One | Symbol::Exactly(_) => vec![*symbol],
        };
        Self { service: self.service, symbols: self.symbols.iter().flat_map(fill).collect() }
    }
}

impl fmt::Display for Glob {
    /// As it could stand in a document.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(service) = self.service else { return f.write_str("*") };
        write!(f, "arn:lakefs:{service}:::")?;
        self.symbols.iter().try_for_each(|symbol| match symbol {
            Symbol::Exactly(character) => write!(f, "{character}"),
            Symbol::One => f.write_str("?"),
            Symbol::Any => f.write_str("*"),
        })
    }
}

/// Patterns that are too entangled to be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "the patterns are too entangled to be compared (more than {STEPS_MAX} steps): compare fewer \
     statements at once, or write fewer `*` inside of resources"
)]
pub struct TooEntangled;

/// How far the searches of one comparison may go, all together.
const STEPS_MAX: usize = 500_000;

/// Looks for resources, with a limit to all that it looks at.
#[derive(Debug)]
pub(crate) struct Search {
    left: usize,
}

impl Default for Search {
    fn default() -> Self {
        Self { left: STEPS_MAX }
    }
}

impl Search {
    /// A resource that every one of `within` includes and none of `without`, if there is one: the
    /// shortest, by its first service.
    ///
    /// # Errors
    ///
    /// [`TooEntangled`] when the limit is reached.
    pub(crate) fn find(
        &mut self,
        within: &[&Glob],
        without: &[&Glob],
    ) -> Result<Option<Resource>, TooEntangled> {
        self.step()?;
        if without.iter().any(|glob| within.contains(glob)) {
            return Ok(None);
        }
        for service in services(within, without) {
            let inside = paths(within, service);
            if inside.len() == within.len()
                && let Some(path) = self.path(inside, paths(without, service))?
            {
                return Ok(Some(Resource::Arn { service, path: path.into() }));
            }
        }
        // Only what includes everything includes what is no single thing.
        let all = within.iter().all(|glob| glob.is_everything())
            && !without.iter().any(|glob| glob.is_everything());
        Ok(all.then_some(Resource::All))
    }

    /// Whether [`Self::find`] finds any.
    ///
    /// # Errors
    ///
    /// [`TooEntangled`] when the limit is reached.
    pub(crate) fn exists(
        &mut self,
        within: &[&Glob],
        without: &[&Glob],
    ) -> Result<bool, TooEntangled> {
        self.find(within, without).map(|found| found.is_some())
    }

    // The shortest path that is not empty.
    fn path(
        &mut self,
        within: Vec<Path<'_>>,
        mut without: Vec<Path<'_>>,
    ) -> Result<Option<String>, TooEntangled> {
        let may_meet_all = |path: &Path<'_>| within.iter().all(|wanted| wanted.may_meet(path));
        if !within.iter().all(may_meet_all) {
            return Ok(None);
        }
        without.retain(may_meet_all);
        let start = Node { within, without, text: String::new() };
        let mut seen = HashSet::new();
        let mut level = vec![start];
        while !level.is_empty() {
            let mut next_level = Vec::new();
            for node in level {
                for character in node.choices() {
                    self.step()?;
                    let next = node.after(character);
                    if next.is_hopeless() || !seen.insert(next.places()) {
                        continue;
                    }
                    if next.is_found() {
                        return Ok(Some(next.text));
                    }
                    next_level.push(next);
                }
            }
            level = next_level;
        }
        Ok(None)
    }

    fn step(&mut self) -> Result<(), TooEntangled> {
        self.left = self.left.checked_sub(1).ok_or(TooEntangled)?;
        Ok(())
    }
}

// The services that can make a difference; all that nobody names are alike.
fn services(within: &[&Glob], without: &[&Glob]) -> Vec<&'static str> {
    if let Some(named) = within.iter().find_map(|glob| glob.service) {
        return vec![named];
    }
    let named = |service: &&str| without.iter().any(|glob| glob.service == Some(service));
    let (mut services, others): (Vec<_>, Vec<_>) = SERVICES.iter().copied().partition(named);
    services.extend(others.first());
    services.sort_by_key(|service| SERVICES.iter().position(|known| known == service));
    services
}

fn paths<'a>(globs: &[&'a Glob], service: &str) -> Vec<Path<'a>> {
    let ours = |glob: &&&Glob| glob.service.is_none_or(|named| named == service);
    globs.iter().filter(ours).map(|glob| Path::new(&glob.symbols)).collect()
}

/// The patterns, each as far as `text` leads.
struct Node<'a> {
    within: Vec<Path<'a>>,
    without: Vec<Path<'a>>,
    text: String,
}

impl<'a> Node<'a> {
    /// One character of each kind that the patterns tell apart here, the one that none of them
    /// names first.
    fn choices(&self) -> Vec<char> {
        let mut named: Vec<char> = self.paths().flat_map(Path::expected).collect();
        named.sort_unstable();
        named.dedup();
        let unnamed =
            FILLING.chars().chain('\u{a1}'..=char::MAX).find(|other| !named.contains(other));
        unnamed.into_iter().chain(named).collect()
    }

    fn after(&self, character: char) -> Self {
        let step = |paths: &[Path<'a>]| paths.iter().map(|path| path.after(character)).collect();
        let mut text = self.text.clone();
        text.push(character);
        Self { within: step(&self.within), without: step(&self.without), text }
    }

    fn is_found(&self) -> bool {
        self.within.iter().all(Path::is_at_end) && !self.without.iter().any(Path::is_at_end)
    }

    /// Whether nothing that begins with the text can be found.
    fn is_hopeless(&self) -> bool {
        self.within.iter().any(|path| path.places.is_empty())
            || self.without.iter().any(Path::takes_all)
    }

    fn places(&self) -> Vec<Box<[usize]>> {
        self.paths().map(|path| path.places.as_slice().into()).collect()
    }

    fn paths(&self) -> impl Iterator<Item = &Path<'a>> {
        self.within.iter().chain(&self.without)
    }
}

/// One pattern and the places in it where some text can have led, in order.
#[derive(Clone)]
struct Path<'a> {
    symbols: &'a [Symbol],
    places: Vec<usize>,
}

impl<'a> Path<'a> {
    fn new(symbols: &'a [Symbol]) -> Self {
        Self::at(symbols, [0])
    }

    // What a place before a `*` leads to, the `*` leads to as well: such places are left out.
    fn at(symbols: &'a [Symbol], places: impl IntoIterator<Item = usize>) -> Self {
        let is_any = |place: usize| symbols.get(place) == Some(&Symbol::Any);
        let mut reached: Vec<usize> = Vec::new();
        for place in places {
            let mut place = place;
            reached.push(place);
            while is_any(place) {
                place = place.saturating_add(1);
                reached.push(place);
            }
        }
        reached.sort_unstable();
        reached.dedup();
        if let Some(last) = reached.iter().rposition(|place| is_any(*place)) {
            reached.drain(..last);
        }
        Self { symbols, places: reached }
    }

    fn after(&self, character: char) -> Self {
        let step = |place: &usize| match self.symbols.get(*place)? {
            Symbol::Any => Some(*place),
            Symbol::One => place.checked_add(1),
            Symbol::Exactly(wanted) if *wanted == character => place.checked_add(1),
            Symbol::Exactly(_) => None,
        };
        Self::at(self.symbols, self.places.iter().filter_map(step))
    }

    fn expected(&self) -> impl Iterator<Item = char> {
        self.places.iter().filter_map(|place| match self.symbols.get(*place)? {
            Symbol::Exactly(character) => Some(*character),
            Symbol::One | Symbol::Any => None,
        })
    }

    fn is_at_end(&self) -> bool {
        self.places.last() == Some(&self.symbols.len())
    }

    fn takes_all(&self) -> bool {
        self.is_at_end() && self.symbols.last() == Some(&Symbol::Any)
    }

    /// Whether the characters before the first wildcards do not keep the two apart.
    fn may_meet(&self, other: &Self) -> bool {
        let pairs = self.symbols.iter().zip(other.symbols);
        pairs
            .map_while(|pair| match pair {
                (Symbol::Exactly(one), Symbol::Exactly(another)) => Some(one == another),
                _ => None,
            })
            .all(|equal| equal)
    }
}

/// What stands in the place of a wildcard, the first that is nothing special there.
const FILLING: &str = "xyzabcdefghijklmnopqrstuvw0123456789XYZABCDEFGHIJKLMNOPQRSTUVW-_.";

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::{pattern::Pattern, text::Text};

    fn fs(paths: &[&str]) -> Vec<Glob> {
        paths.iter().map(|path| Glob::of("fs", path)).collect()
    }

    fn find(within: &[Glob], without: &[Glob]) -> Option<String> {
        let (within, without): (Vec<_>, Vec<_>) =
            (within.iter().collect(), without.iter().collect());
        Search::default().find(&within, &without).unwrap().map(|found| found.to_string())
    }

    fn everything() -> Glob {
        Glob::new(&Scope::Everything, "")
    }

    // Every path over `a`, `b` and a letter that no pattern names, up to `length` characters.
    fn paths(length: usize) -> Vec<String> {
        let mut paths = Vec::new();
        let mut longest = vec![String::new()];
        for _ in 0..length {
            longest = longest
                .iter()
                .flat_map(|path| ['a', 'b', 'z'].map(|letter| format!("{path}{letter}")))
                .collect();
            paths.extend(longest.iter().cloned());
        }
        paths
    }

    #[test]
    fn the_shortest_is_found_and_what_nobody_names_is_preferred() {
        assert_eq!(
            find(&fs(&["lake/*"]), &fs(&["lake/", "lake/x"])).unwrap(),
            "arn:lakefs:fs:::lake/y"
        );
        assert_eq!(find(&fs(&["a*", "*b"]), &fs(&["ab"])).unwrap(), "arn:lakefs:fs:::axb");
        assert_eq!(find(&fs(&["a*"]), &fs(&["a?*", "a"])), None);
    }

    #[test]
    fn everything_is_more_than_the_paths_of_all_services() {
        let services: Vec<_> = SERVICES.iter().map(|service| Glob::of(service, "*")).collect();
        assert_eq!(find(&[everything()], &services).unwrap(), "*");
        assert_eq!(find(&[everything()], &services[1..]).unwrap(), "arn:lakefs:fs:::x");
        assert_eq!(find(&[everything()], &services[..6]).unwrap(), "arn:lakefs:catalog:::x");
        assert_eq!(find(&services[..1], &[everything()]), None);
        assert_eq!(find(&services[..2], &[]), None);
    }

    #[test]
    fn a_path_that_is_empty_is_nothing() {
        assert_eq!(find(&fs(&["*"]), &fs(&["?*"])), None);
    }

    #[test]
    fn patterns_that_are_too_entangled_are_told_as_such() {
        let path = format!("*a{}", "?".repeat(24));
        let globs = fs(&[&path, &path.replace('a', "b"), "*c"]);
        let [left, right, end] = &globs[..] else { panic!("three") };
        let mut search = Search::default();
        assert_eq!(search.find(&[end], &[left, right, end]), Ok(None));
        assert_eq!(search.find(&[left, right], &[end, &Glob::of("fs", "*")]), Ok(None));
        assert_eq!(search.find(&[left, right], &[&Glob::of("fs", "*?")]), Err(TooEntangled));
    }

    proptest! {
        #[test]
        fn finding_agrees_with_enumeration(within in vec("[ab*?]{1,4}", 1..3), without in vec("[ab*?]{1,4}", 0..4)) {
            let matches = |pattern: &String, path: &str| Pattern::parse(pattern).unwrap().matches(Text::of(path), "");
            let is_wanted = |path: &str| {
                within.iter().all(|pattern| matches(pattern, path)) && !without.iter().any(|pattern| matches(pattern, path))
            };
            let globs = |patterns: &[String]| patterns.iter().map(|pattern| Glob::of("fs", pattern)).collect::<Vec<_>>();
            let found = find(&globs(&within), &globs(&without));
            let path = found.as_ref().map(|found| found.strip_prefix("arn:lakefs:fs:::").unwrap());
            let first = paths(6).into_iter().find(|path| is_wanted(path));
            let length = path.map(str::len).filter(|length| *length <= 6);
            prop_assert_eq!(length, first.as_ref().map(String::len));
            prop_assert!(path.is_none_or(is_wanted));
        }
    }
}
