//! Which statements may say something of a request: found by what stands in its path, without
//! asking each.
//!
//! A pattern matches only where each of its literals stands. So every resource of a statement is
//! filed under one of its literals, the one that the fewest others have, and one automaton that
//! knows all of these reads a path once, wherever in a pattern they stand. What has no literal is
//! looked at always. The index only proposes: what it gives is asked then, so that it decides how
//! long an answer takes and never which one it is.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

use aho_corasick::{
    Anchored, PatternID,
    automaton::Automaton,
    nfa::contiguous::{Builder, NFA},
};

use crate::{
    action::{ACTIONS, Action},
    action_set::ActionSet,
    text::Text,
};

/// A resource of a statement: the places of both in what holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) rule: u16,
    pub(crate) scope: u16,
}

/// What is to be filed.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) place: Place,
    /// The actions that its statement names.
    pub(crate) actions: &'a ActionSet,
    /// What stands in every text that it may match.
    pub(crate) literals: Vec<&'a str>,
}

/// Resources by the action and by the text.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    named: ActionSet,
    /// By an action's place in [`ACTIONS`]; empty when there is one shelf for all.
    shelf_of: Box<[u8]>,
    shelves: Box<[Shelf]>,
}

impl Index {
    /// Files `entries`, which come in the order of their places.
    pub(crate) fn new(entries: &[Entry<'_>]) -> Self {
        let mut named = ActionSet::default();
        for entry in entries {
            named.extend(*entry.actions);
        }
        let all: Vec<_> = entries.iter().collect();
        if all.len() <= FEW {
            return Self { named, shelf_of: Box::default(), shelves: [Shelf::new(&all)].into() };
        }
        // Actions that the same statements name share a shelf.
        let sets: BTreeSet<_> = entries.iter().map(|entry| entry.actions).collect();
        let mut kinds: BTreeMap<Vec<bool>, Vec<Action>> = BTreeMap::new();
        for action in ACTIONS {
            let kind = sets.iter().map(|set| set.contains(*action)).collect();
            kinds.entry(kind).or_default().push(*action);
        }
        let mut shelf_of = vec![0; ACTIONS.len()];
        let mut filed = Vec::with_capacity(kinds.len());
        for (shelf, actions) in (0_u8..).zip(kinds.values()) {
            for action in actions {
                if let Some(of) = shelf_of.get_mut(usize::from(action.index())) {
                    *of = shelf;
                }
            }
            let has = |entry: &&&Entry<'_>| {
                actions.first().is_some_and(|action| entry.actions.contains(*action))
            };
            filed.push(all.iter().filter(has).copied().collect::<Vec<_>>());
        }
        if filed.iter().map(Vec::len).sum::<usize>() > all.len().saturating_mul(COPIES_MAX) {
            return Self { named, shelf_of: Box::default(), shelves: [Shelf::new(&all)].into() };
        }
        let shelves = filed.iter().map(|entries| Shelf::new(entries)).collect();
        Self { named, shelf_of: shelf_of.into(), shelves }
    }

    /// The first statement with a resource that `accepts` takes, of those that name `action`. All
    /// that could be taken must have its literals in `text`.
    pub(crate) fn first(
        &self,
        action: Action,
        text: Text<'_>,
        accepts: impl FnMut(Place) -> bool,
    ) -> Option<u16> {
        if !self.named.contains(action) {
            return None;
        }
        let number = self.shelf_of.get(usize::from(action.index())).map_or(0, |number| *number);
        self.shelves.get(usize::from(number))?.first(text, accepts)
    }
}

/// Resources by the text.
#[derive(Clone, Debug)]
pub(crate) struct Shelf {
    always: Box<[Place]>,
    filed: Option<Box<Filed>>,
}

impl Shelf {
    /// Files `entries`, which come in the order of their places. A few are as well looked at one by
    /// one.
    pub(crate) fn new(entries: &[&Entry<'_>]) -> Self {
        let mut filed = BTreeMap::new();
        let mut always = Vec::new();
        if entries.len() > FEW {
            let mut uses: HashMap<&[u8], usize> = HashMap::new();
            for literal in entries.iter().flat_map(|entry| literals(entry)) {
                let uses = uses.entry(literal).or_default();
                *uses = uses.saturating_add(1);
            }
            let rank = |literal: &&[u8]| (uses.get(literal).copied(), Reverse(literal.len()));
            for entry in entries {
                match literals(entry).min_by_key(rank) {
                    Some(rarest) => {
                        filed.entry(rarest).or_insert_with(Vec::new).push(entry.place);
                    }
                    None => always.push(entry.place),
                }
            }
        }
        let filed = Filed::new(&filed).map(Box::new);
        if filed.is_none() {
            always = entries.iter().map(|entry| entry.place).collect();
        }
        Self { always: always.into(), filed }
    }

    /// The first statement with a resource that `accepts` takes. All that could be taken must have
    /// its literals in `text`.
    pub(crate) fn first(
        &self,
        text: Text<'_>,
        mut accepts: impl FnMut(Place) -> bool,
    ) -> Option<u16> {
        let mut first = None;
        let mut look = |places: &[Place]| {
            let earlier = |place: &&Place| first.is_none_or(|first| place.rule < first);
            let found = places.iter().take_while(earlier).find(|place| accepts(**place));
            first = found.map(|place| place.rule).or(first);
        };
        look(&self.always);
        if let Some(filed) = &self.filed {
            filed.propose(text, look);
        }
        first
    }
}

/// Resources by one of their literals.
#[derive(Clone)]
struct Filed {
    automaton: NFA,
    /// By the number of the literal: where in `places` its own end.
    ends: Box<[usize]>,
    places: Box<[Place]>,
}

impl Filed {
    /// Absent when there is nothing to file, or no automaton can be made of it.
    fn new(filed: &BTreeMap<&[u8], Vec<Place>>) -> Option<Self> {
        if filed.is_empty() {
            return None;
        }
        let automaton = Builder::new().prefilter(false).build(filed.keys()).ok()?;
        let mut places = Vec::new();
        let mut ends = Vec::with_capacity(filed.len());
        for of in filed.values() {
            places.extend(of);
            ends.push(places.len());
        }
        Some(Self { automaton, ends: ends.into(), places: places.into() })
    }

    /// Gives to `look` the places of each literal that stands in `text`.
    ///
    /// The first literals are given once, however often they stand there. What comes behind them is
    /// given each time, until as many places were given as there are: then all are, and that is it.
    fn propose(&self, text: Text<'_>, mut look: impl FnMut(&[Place])) {
        let Ok(mut state) = self.automaton.start_state(Anchored::No) else {
            return self.propose_all(look);
        };
        let mut seen = [PatternID::MAX; SEEN_MAX];
        let mut seen_count = 0_usize;
        let mut given = 0_usize;
        for byte in text.left().into_iter().flat_map(str::bytes) {
            state = self.automaton.next_state(Anchored::No, state, byte);
            if !self.automaton.is_match(state) {
                continue;
            }
            for index in 0..self.automaton.match_len(state) {
                let literal = self.automaton.match_pattern(state, index);
                if seen.iter().take(seen_count).any(|seen| *seen == literal) {
                    continue;
                }
                let places = self.places_of(literal);
                if let Some(next) = seen.get_mut(seen_count) {
                    *next = literal;
                    seen_count = seen_count.saturating_add(1);
                } else {
                    given = given.saturating_add(places.len());
                }
                if given > self.places.len() {
                    return self.propose_all(look);
                }
                look(places);
            }
        }
    }

    fn propose_all(&self, mut look: impl FnMut(&[Place])) {
        for literal in (0..self.ends.len()).filter_map(|number| PatternID::new(number).ok()) {
            look(self.places_of(literal));
        }
    }

    fn places_of(&self, literal: PatternID) -> &[Place] {
        let number = literal.as_usize();
        let start =
            number.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end);
        self.ends.get(number).and_then(|end| self.places.get(start..*end)).unwrap_or_default()
    }
}

impl fmt::Debug for Filed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filed").field("literals", &self.ends.len()).finish_non_exhaustive()
    }
}

/// The literals of an entry, long ones in parts: the automaton grows with what it is given.
fn literals<'a>(entry: &'a Entry<'_>) -> impl Iterator<Item = &'a [u8]> {
    entry.literals.iter().flat_map(|literal| literal.as_bytes().chunks(LITERAL_BYTES_MAX))
}

/// Up to how many resources are looked at one by one: sooner done than by an automaton, and smaller.
const FEW: usize = 4;

/// How often a resource may be filed, on average: once for each kind of action.
const COPIES_MAX: usize = 8;

/// How long a literal is in the automaton.
const LITERAL_BYTES_MAX: usize = 64;

/// How many literals that stand in one text are kept in mind.
const SEEN_MAX: usize = 32;

#[cfg(test)]
mod tests;
