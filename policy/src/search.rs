//! The search for what some patterns match and others do not.
//!
//! What is asked of several patterns is searched in the product of their automata, breadth first, so that the shortest
//! is found.

use std::collections::HashSet;

use thiserror::Error;

use crate::{
    action::SERVICES,
    cursor::Cursor,
    glob::{Glob, Symbol},
    requirement::Target,
    resource::Resource,
};

/// What is searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Space {
    /// Single resources.
    Resources,
    /// Listings: buckets with a prefix each.
    Listings,
    /// Buckets.
    Buckets,
}

/// Patterns that are too entangled to be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "the patterns are too entangled to be compared: compare fewer statements at once, or write fewer `*` inside of \
     resources"
)]
pub struct TooEntangled;

/// Looks for what patterns match, with a limit to all that it looks at.
#[derive(Debug)]
pub(crate) struct Search {
    left: usize,
}

impl Default for Search {
    fn default() -> Self {
        Self { left: WORK_MAX }
    }
}

impl Search {
    /// What every one of `within` includes and none of `without`, if there is any: the shortest, of resources by its
    /// first service.
    ///
    /// # Errors
    ///
    /// [`TooEntangled`] when the limit is reached.
    pub(crate) fn find(
        &mut self,
        space: Space,
        within: &[&Glob],
        without: &[&Glob],
    ) -> Result<Option<Target>, TooEntangled> {
        self.spend(1)?;
        match space {
            Space::Resources => self.resource(within, without).map(|found| found.map(Target::One)),
            Space::Listings => {
                // Under the empty prefix there is always one more character: no key is empty.
                let top = bucket("/object/");
                let top = self.shaped(&top, within, without, Glob::symbols_before_more)?;
                let found = match top {
                    Some(found) => Some(found),
                    None => self.shaped(&bucket("/object/?*"), within, without, Glob::symbols)?,
                };
                Ok(found.and_then(listing))
            }
            Space::Buckets => {
                let found = self.shaped(&bucket(""), within, without, Glob::symbols)?;
                Ok(found.map(|path| Resource::fs(path).into()))
            }
        }
    }

    /// Whether [`Self::find`] finds any.
    ///
    /// # Errors
    ///
    /// [`TooEntangled`] when the limit is reached.
    pub(crate) fn exists(
        &mut self,
        space: Space,
        within: &[&Glob],
        without: &[&Glob],
    ) -> Result<bool, TooEntangled> {
        self.find(space, within, without).map(|found| found.is_some())
    }

    /// What `work` comes to if it does not take more than a small share of the limit.
    ///
    /// # Errors
    ///
    /// [`TooEntangled`] when it does.
    pub(crate) fn share<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, TooEntangled>,
    ) -> Result<T, TooEntangled> {
        let kept = self.left.saturating_sub(SHARE);
        self.left = self.left.min(SHARE);
        let done = work(self);
        self.left = self.left.saturating_add(kept);
        done
    }

    fn resource(
        &mut self,
        within: &[&Glob],
        without: &[&Glob],
    ) -> Result<Option<Resource>, TooEntangled> {
        for service in services(within, without) {
            let is_of = |glob: &&&Glob| glob.service().is_none_or(|named| named == service);
            if !within.iter().all(|glob| is_of(&glob)) {
                continue;
            }
            let inside: Vec<_> = within.iter().map(|glob| glob.symbols()).collect();
            let outside: Vec<_> = without.iter().filter(is_of).map(|glob| glob.symbols()).collect();
            if let Some(path) = self.text(&inside, &outside)? {
                return Ok(Some(Resource::Arn { service, path: path.into() }));
            }
        }
        // Only what includes everything includes what is no single thing.
        let all = within.iter().all(|glob| glob.is_everything())
            && !without.iter().any(|glob| glob.is_everything());
        Ok(all.then_some(Resource::All))
    }

    /// The shortest path of such a shape.
    fn shaped<'a>(
        &mut self,
        shape: &'a [Symbol],
        within: &[&'a Glob],
        without: &[&'a Glob],
        symbols: fn(&'a Glob) -> &'a [Symbol],
    ) -> Result<Option<String>, TooEntangled> {
        let inside: Vec<_> =
            [shape].into_iter().chain(within.iter().map(|glob| symbols(glob))).collect();
        let outside: Vec<_> = without.iter().map(|glob| symbols(glob)).collect();
        self.text(&inside, &outside)
    }

    /// The shortest text that is not empty.
    fn text(
        &mut self,
        within: &[&[Symbol]],
        without: &[&[Symbol]],
    ) -> Result<Option<String>, TooEntangled> {
        for (index, symbols) in within.iter().enumerate() {
            if !self.may_meet(symbols, within.get(..index).unwrap_or_default())? {
                return Ok(None);
            }
        }
        let mut outside = Vec::new();
        for symbols in without {
            if within.contains(symbols) {
                return Ok(None);
            }
            if self.may_meet(symbols, within)? {
                outside.push(Cursor::new(symbols));
            }
        }
        let inside = within.iter().map(|symbols| Cursor::new(symbols)).collect();
        self.walk(Node {
            within: inside,
            without: outside.into_iter().enumerate().collect(),
            trail: None,
        })
    }

    fn walk(&mut self, start: Node<'_>) -> Result<Option<String>, TooEntangled> {
        let mut trails: Vec<(Option<usize>, char)> = Vec::new();
        let mut seen = HashSet::new();
        let mut left = PLACES_MAX;
        let mut level = vec![start];
        while !level.is_empty() {
            let mut next_level = Vec::new();
            for node in level {
                for character in node.choices() {
                    self.spend(node.size())?;
                    let mut next = node.after(character);
                    if next.is_hopeless() {
                        continue;
                    }
                    let places = next.places();
                    left = left.checked_sub(places.len()).ok_or(TooEntangled)?;
                    if !seen.insert(places) {
                        continue;
                    }
                    trails.push((node.trail, character));
                    next.trail = trails.len().checked_sub(1);
                    if next.is_found() {
                        return Ok(Some(text(&trails, next.trail)));
                    }
                    next_level.push(next);
                }
            }
            level = next_level;
        }
        Ok(None)
    }

    /// Whether the characters before the first wildcards do not keep `symbols` from one of `others`.
    fn may_meet(&mut self, symbols: &[Symbol], others: &[&[Symbol]]) -> Result<bool, TooEntangled> {
        for other in others {
            let mut compared = 1_usize;
            let mut agrees = true;
            for pair in symbols.iter().zip(*other) {
                let (Symbol::Exactly(one), Symbol::Exactly(another)) = pair else { break };
                compared = compared.saturating_add(1);
                agrees = one == another;
                if !agrees {
                    break;
                }
            }
            self.spend(compared)?;
            if !agrees {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn spend(&mut self, work: usize) -> Result<(), TooEntangled> {
        let left = self.left.checked_sub(work);
        self.left = left.unwrap_or_default();
        left.map(|_| ()).ok_or(TooEntangled)
    }
}

// The services that can make a difference; all that nobody names are alike.
fn services(within: &[&Glob], without: &[&Glob]) -> Vec<&'static str> {
    if let Some(named) = within.iter().find_map(|glob| glob.service()) {
        return vec![named];
    }
    let named = |service: &&str| without.iter().any(|glob| glob.service() == Some(service));
    let (mut services, others): (Vec<_>, Vec<_>) = SERVICES.iter().copied().partition(named);
    services.extend(others.first());
    services.sort_by_key(|service| SERVICES.iter().position(|known| known == service));
    services
}

/// The listing whose path is `repository/{bucket}/object/{prefix}`.
fn listing(path: String) -> Option<Target> {
    let under = Resource::fs(path);
    let (bucket, prefix) = under.bucket_and_key()?;
    Some(Target::listing(bucket, prefix?))
}

/// The text that a trail of characters came along.
fn text(trails: &[(Option<usize>, char)], end: Option<usize>) -> String {
    let step = |place: Option<usize>| place.and_then(|place| trails.get(place)).copied();
    let characters = std::iter::successors(step(end), |(before, _)| step(*before));
    let backwards: Vec<char> = characters.map(|(_, character)| character).collect();
    backwards.into_iter().rev().collect()
}

/// The patterns, each as far as some text leads.
struct Node<'a> {
    within: Vec<Cursor<'a>>,
    // Those that may still match, each with its place among all.
    without: Vec<(usize, Cursor<'a>)>,
    trail: Option<usize>,
}

impl Node<'_> {
    /// One character of each kind that the patterns tell apart here, the one that none of them
    /// names first.
    fn choices(&self) -> Vec<char> {
        let literal = self.within.iter().find(|cursor| cursor.is_literal());
        let mut named: Vec<char> = match literal {
            Some(cursor) => cursor.named().collect(),
            None => self.cursors().flat_map(Cursor::named).collect(),
        };
        named.sort_unstable();
        named.dedup();
        let mut others = FILLING.chars().chain('\u{a1}'..=char::MAX);
        let unnamed = match literal {
            Some(_) => None,
            None => others.find(|other| !named.contains(other)),
        };
        unnamed.into_iter().chain(named).collect()
    }

    fn after(&self, character: char) -> Self {
        let without = self.without.iter().map(|(place, cursor)| (*place, cursor.after(character)));
        Self {
            within: self.within.iter().map(|cursor| cursor.after(character)).collect(),
            without: without.filter(|(_, cursor)| !cursor.places().is_empty()).collect(),
            trail: self.trail,
        }
    }

    fn is_found(&self) -> bool {
        self.within.iter().all(Cursor::is_at_end)
            && !self.without.iter().any(|(_, cursor)| cursor.is_at_end())
    }

    /// Whether nothing that begins with the text can be found.
    fn is_hopeless(&self) -> bool {
        self.within.iter().any(|cursor| cursor.places().is_empty())
            || self.without.iter().any(|(_, cursor)| cursor.takes_all())
    }

    fn places(&self) -> Box<[usize]> {
        let within = self.within.iter().map(|cursor| (None, cursor));
        let without = self.without.iter().map(|(place, cursor)| (Some(*place), cursor));
        let all = within.chain(without);
        all.flat_map(|(place, cursor)| {
            place.into_iter().chain(cursor.places().iter().copied()).chain([usize::MAX])
        })
        .collect()
    }

    /// What it costs to go one character on.
    fn size(&self) -> usize {
        self.cursors().map(|cursor| cursor.places().len().saturating_mul(STEP)).sum()
    }

    fn cursors(&self) -> impl Iterator<Item = &Cursor<'_>> {
        self.within.iter().chain(self.without.iter().map(|(_, cursor)| cursor))
    }
}

/// What paths of buckets look like that go on with `rest`: there is no `/` in the name of a bucket.
fn bucket(rest: &str) -> Vec<Symbol> {
    let name = [Symbol::OneOfName, Symbol::AnyOfName];
    Symbol::parse("repository/").chain(name).chain(Symbol::parse(rest)).collect()
}

/// How much work a comparison may take: symbols that are compared, and [`STEP`] for each place of each pattern at
/// each character.
const WORK_MAX: usize = 400_000_000;
/// How much of it is spent on one difference before it is told with less care.
const SHARE: usize = WORK_MAX / 20;
/// How many places one search may remember, of all its patterns at all its texts.
const PLACES_MAX: usize = 2_000_000;
const STEP: usize = 4;

/// What stands in the place of a wildcard, the first that is nothing special there.
const FILLING: &str = "xyzabcdefghijklmnopqrstuvw0123456789XYZABCDEFGHIJKLMNOPQRSTUVW-_.";

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::{compile::Scope, pattern::Pattern, text::Text, texts::texts};

    fn fs(paths: &[&str]) -> Vec<Glob> {
        paths.iter().map(|path| Glob::of("fs", path)).collect()
    }

    fn find(within: &[Glob], without: &[Glob]) -> Option<String> {
        let (within, without): (Vec<_>, Vec<_>) =
            (within.iter().collect(), without.iter().collect());
        Search::default()
            .find(Space::Resources, &within, &without)
            .unwrap()
            .map(|found| found.to_string())
    }

    fn everything() -> Glob {
        Glob::of_resources(&Scope::Everything, "")
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
        let mut find = |within: &[&Glob], without: &[&Glob]| {
            search.share(|search| search.find(Space::Resources, within, without))
        };
        assert_eq!(find(&[end], &[left, right, end]), Ok(None));
        assert_eq!(find(&[left, right], &[end, &Glob::of("fs", "*")]), Ok(None));
        let never = Glob::of("fs", "*?");
        assert_eq!(find(&[left, right], &[&never]), Err(TooEntangled));
        assert_eq!(find(&[end], &[&never]), Ok(None), "the rest goes on");
    }

    #[test]
    fn a_listing_is_found_by_what_it_shows_and_the_empty_prefix_first() {
        let find = |within: &str, without: &[&str]| {
            let within = Glob::of("fs", within);
            let without = fs(without);
            let without: Vec<_> = without.iter().collect();
            Search::default().find(Space::Listings, &[&within], &without).unwrap()
        };
        let lake = "repository/lake/object/*";
        assert_eq!(find(lake, &[]), Some(Target::listing("lake", "")));
        assert_eq!(find("repository/lake/object/*?", &[]), Some(Target::listing("lake", "")));
        assert_eq!(find("repository/lake/object/*??", &[]), Some(Target::listing("lake", "xx")));
        assert_eq!(find(lake, &["*/object/*?"]), None);
        assert_eq!(find("repository/*/x/object/*", &[]), Some(Target::listing("x", "x/object/")));
        assert_eq!(find("repository/lake", &[]), None);
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
            let mut paths = texts("", 6, &["a", "b", "z"]).into_iter().filter(|path| !path.is_empty());
            let first = paths.find(|path| is_wanted(path));
            let length = path.map(str::len).filter(|length| *length <= 6);
            prop_assert_eq!(length, first.as_ref().map(String::len));
            prop_assert!(path.is_none_or(is_wanted));
        }
    }
}
