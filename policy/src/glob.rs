//! Patterns of a comparison: what one resource of a statement stands for, for a known caller.

use std::fmt;

use crate::{compile::Scope, cursor::Cursor, pattern::Piece};

/// Texts of one kind: paths of resources, of buckets, or of what a listing shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Glob {
    /// The service of the ARNs; absent for everything there is.
    service: Option<&'static str>,
    symbols: Box<[Symbol]>,
    written: Box<str>,
}

/// One character of a pattern, or what stands for some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Symbol {
    /// This character.
    Exactly(char),
    /// Any one character.
    One,
    /// Any run of characters, also of none.
    Any,
    /// Any one character but `/`.
    OneOfName,
    /// Any run of characters but `/`, also of none.
    AnyOfName,
}

impl Symbol {
    /// The symbols of `text`, in which `*` and `?` are wildcards.
    pub(crate) fn parse(text: &str) -> impl Iterator<Item = Self> {
        text.chars().map(|character| match character {
            '*' => Self::Any,
            '?' => Self::One,
            _ => Self::Exactly(character),
        })
    }

    /// Whether it stands for a run of characters.
    pub(crate) fn is_run(self) -> bool {
        match self {
            Self::Any | Self::AnyOfName => true,
            Self::Exactly(_) | Self::One | Self::OneOfName => false,
        }
    }

    /// Whether it can stand for `character`, alone or as one of its run.
    pub(crate) fn takes(self, character: char) -> bool {
        match self {
            Self::Exactly(wanted) => wanted == character,
            Self::One | Self::Any => true,
            Self::OneOfName | Self::AnyOfName => character != '/',
        }
    }

    /// The character that it tells from all others.
    pub(crate) fn named(self) -> Option<char> {
        match self {
            Self::Exactly(character) => Some(character),
            Self::One | Self::Any => None,
            Self::OneOfName | Self::AnyOfName => Some('/'),
        }
    }

    /// The same within a name.
    fn of_name(self) -> Self {
        match self {
            Self::Any => Self::AnyOfName,
            Self::One => Self::OneOfName,
            Self::Exactly(_) | Self::OneOfName | Self::AnyOfName => self,
        }
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(character) => write!(f, "{character}"),
            Self::One | Self::OneOfName => f.write_str("?"),
            Self::Any | Self::AnyOfName => f.write_str("*"),
        }
    }
}

impl Glob {
    /// The resources that `scope` stands for when `user` asks.
    pub(crate) fn of_resources(scope: &Scope, user: &str) -> Self {
        match scope {
            Scope::Everything => {
                Self { service: None, symbols: [Symbol::Any].into(), written: "*".into() }
            }
            Scope::Arn { service, path } => {
                let symbols = path.pieces().iter().flat_map(|piece| match piece {
                    Piece::Any => vec![Symbol::Any],
                    Piece::One => vec![Symbol::One],
                    Piece::Literal(literal) => literal.chars().map(Symbol::Exactly).collect(),
                    Piece::User => user.chars().map(Symbol::Exactly).collect(),
                });
                Self::new(service, symbols.collect())
            }
        }
    }

    /// The listings that `scope` speaks of when `user` asks, by their paths: `repository/{bucket}/object/{prefix}`.
    ///
    /// They are those of the buckets that it matches, and those under a prefix of which it matches every key.
    pub(crate) fn of_listings(scope: &Scope, user: &str) -> Vec<Self> {
        let whole = Self::of_resources(scope, user);
        match whole.service {
            Some(FS) | None if whole.is_open() => vec![whole],
            Some(FS) => {
                let listings = |name: &[Symbol]| Self {
                    symbols: bucket(name.iter().copied().map(Symbol::of_name))
                        .chain(Symbol::parse("/object/*"))
                        .collect(),
                    ..whole.clone()
                };
                whole.names().into_iter().filter(|name| is_name(name)).map(listings).collect()
            }
            Some(_) | None => Vec::new(),
        }
    }

    /// The buckets that `scope` matches when `user` asks, by their paths: `repository/{bucket}`.
    pub(crate) fn of_buckets(scope: &Scope, user: &str) -> Vec<Self> {
        let whole = Self::of_resources(scope, user);
        let names = whole.names().into_iter().filter(|name| is_name(name));
        names.map(|name| Self::new(FS, bucket(name.iter().copied()).collect())).collect()
    }

    /// The buckets that `scope` matches, or anything in which it matches, when `user` asks.
    pub(crate) fn of_reached(scope: &Scope, user: &str) -> Vec<Self> {
        let whole = Self::of_resources(scope, user);
        let mut reached: Vec<Self> = Vec::new();
        for name in whole.names().into_iter().flat_map(reaching) {
            let glob = Self::new(FS, bucket(name.iter().copied()).collect());
            if !name.is_empty() && !reached.contains(&glob) {
                reached.push(glob);
            }
        }
        reached
    }

    /// The ARNs of `service` whose path matches `path`, in which `*` and `?` are wildcards.
    pub(crate) fn of(service: &'static str, path: &str) -> Self {
        Self::new(service, Symbol::parse(path).collect())
    }

    /// The service of its ARNs; absent for everything there is.
    pub(crate) fn service(&self) -> Option<&'static str> {
        self.service
    }

    /// Its symbols.
    pub(crate) fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// Its symbols for what goes on for certain: the character that follows stands for one `?` of its last wildcards.
    pub(crate) fn symbols_before_more(&self) -> &[Symbol] {
        match self.symbols.split_last() {
            Some((Symbol::One, before)) => before,
            _ => &self.symbols,
        }
    }

    /// Whether it stands for everything there is.
    pub(crate) fn is_everything(&self) -> bool {
        self.service.is_none()
    }

    /// The plain text that everything it stands for begins with, the service before it.
    pub(crate) fn head(&self) -> String {
        let Some(service) = self.service else { return String::new() };
        let plain = self.symbols.iter().map_while(|symbol| match symbol {
            Symbol::Exactly(character) => Some(*character),
            Symbol::One | Symbol::Any | Symbol::OneOfName | Symbol::AnyOfName => None,
        });
        service.chars().chain([':']).chain(plain).collect()
    }

    /// The same, but with something in the place of each `*`: not exact, but better to read.
    pub(crate) fn filled(&self) -> Self {
        let fill = |symbol: &Symbol| {
            let one = if *symbol == Symbol::Any { Some(Symbol::One) } else { None };
            one.into_iter().chain([*symbol])
        };
        Self { symbols: self.symbols.iter().flat_map(fill).collect(), ..self.clone() }
    }

    fn new(service: &'static str, symbols: Box<[Symbol]>) -> Self {
        let path: String = symbols.iter().map(Symbol::to_string).collect();
        let written = format!("arn:lakefs:{service}:::{path}").into();
        Self { service: Some(service), symbols, written }
    }

    /// Whether it matches all that begins as it may end.
    fn is_open(&self) -> bool {
        self.symbols.iter().rev().find(|symbol| **symbol != Symbol::One) == Some(&Symbol::Any)
    }

    /// What it may say after `repository/`.
    fn names(&self) -> Vec<&[Symbol]> {
        if self.service.is_some_and(|service| service != FS) {
            return Vec::new();
        }
        let start = Cursor::new(&self.symbols);
        let bucket = REPOSITORY.chars().fold(start, |cursor, character| cursor.after(character));
        let rests: Vec<_> = bucket.rests().collect();
        // What follows a run is said with the run.
        let is_said = |rest: &&[Symbol]| {
            let longer = rests.iter().find(|other| other.len() == rest.len().saturating_add(1));
            !longer.and_then(|longer| longer.first()).is_some_and(|first| first.is_run())
        };
        rests.iter().copied().filter(is_said).collect()
    }
}

impl fmt::Display for Glob {
    /// As it could stand in a document.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

fn bucket(name: impl Iterator<Item = Symbol>) -> impl Iterator<Item = Symbol> {
    Symbol::parse(REPOSITORY).chain(name)
}

fn is_name(symbols: &[Symbol]) -> bool {
    !symbols.is_empty() && !symbols.contains(&Symbol::Exactly('/'))
}

/// The names of which a path can be that begins with the name, or with it and a `/`, and that `symbols` match.
fn reaching(symbols: &[Symbol]) -> Vec<&[Symbol]> {
    let mut reaching = Vec::new();
    for (index, symbol) in symbols.iter().enumerate() {
        match symbol {
            // The run goes on to where the name ends, and beyond.
            Symbol::Any => {
                reaching.extend(symbols.get(..=index));
                return reaching;
            }
            Symbol::Exactly('/') => {
                reaching.extend(symbols.get(..index));
                return reaching;
            }
            // It may be the `/`, or of the name.
            Symbol::One => reaching.extend(symbols.get(..index)),
            Symbol::Exactly(_) | Symbol::OneOfName | Symbol::AnyOfName => {}
        }
    }
    reaching.push(symbols);
    reaching
}

const FS: &str = "fs";
const REPOSITORY: &str = "repository/";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Pattern;

    fn scope(path: &str) -> Scope {
        Scope::Arn { service: FS, path: Pattern::parse(path).unwrap() }
    }

    fn paths(globs: &[Glob]) -> Vec<String> {
        globs.iter().map(|glob| glob.symbols.iter().map(Symbol::to_string).collect()).collect()
    }

    #[test]
    fn a_bucket_is_reached_by_what_is_in_it() {
        for (path, reached, matched) in [
            ("repository/lake", &["repository/lake"][..], &["repository/lake"][..]),
            ("repository/lake/object/a/*", &["repository/lake"], &[]),
            ("repository/l*/object/a", &["repository/l*"], &[]),
            ("repository/l*ke", &["repository/l*"], &["repository/l*ke"]),
            ("repository/a?c", &["repository/a", "repository/a?c"], &["repository/a?c"]),
            ("repository/${user}/*", &["repository/alice"], &[]),
            ("*", &["repository/*"], &["repository/*"]),
            ("*lake", &["repository/*"], &["repository/*lake"]),
            ("user/*", &[], &[]),
            ("repository/", &[], &[]),
        ] {
            assert_eq!(paths(&Glob::of_reached(&scope(path), "alice")), reached, "{path}");
            assert_eq!(paths(&Glob::of_buckets(&scope(path), "alice")), matched, "{path}");
        }
        let auth = Scope::Arn { service: "auth", path: Pattern::parse("*").unwrap() };
        assert!(Glob::of_reached(&auth, "alice").is_empty());
    }

    #[test]
    fn listings_are_those_of_a_bucket_or_of_what_a_pattern_covers() {
        for (path, listings) in [
            ("repository/lake", &["repository/lake/object/*"][..]),
            ("repository/l?ke", &["repository/l?ke/object/*"]),
            ("repository/lake/object/a/*", &["repository/lake/object/a/*"]),
            ("repository/lake/object/a", &[]),
            ("repository/lake/object/*.csv", &[]),
        ] {
            let found = Glob::of_listings(&scope(path), "alice");
            assert_eq!(paths(&found), listings, "{path}");
            let told: Vec<_> = found.iter().map(Glob::to_string).collect();
            assert!(told.iter().all(|told| *told == format!("arn:lakefs:fs:::{path}")), "{told:?}");
        }
        assert_eq!(Glob::of_listings(&Scope::Everything, "alice").len(), 1);
    }
}
