//! How far a text leads in a pattern: the pattern as a small automaton that stands at several of its symbols at once.

use crate::glob::Symbol;

/// A pattern and the places in it where some text can have led, in order.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    symbols: &'a [Symbol],
    places: Vec<usize>,
}

impl<'a> Cursor<'a> {
    /// Before any text.
    pub(crate) fn new(symbols: &'a [Symbol]) -> Self {
        Self::at(symbols, [0])
    }

    // What a place before a `*` leads to, the `*` leads to as well: such places are left out.
    fn at(symbols: &'a [Symbol], places: impl IntoIterator<Item = usize>) -> Self {
        let mut reached: Vec<usize> = Vec::new();
        for place in places {
            let mut place = place;
            reached.push(place);
            while symbols.get(place).is_some_and(|symbol| symbol.is_run()) {
                place = place.saturating_add(1);
                reached.push(place);
            }
        }
        reached.sort_unstable();
        reached.dedup();
        let is_any = |place: &usize| symbols.get(*place) == Some(&Symbol::Any);
        if let Some(last) = reached.iter().rposition(is_any) {
            reached.drain(..last);
        }
        Self { symbols, places: reached }
    }

    /// After one more character.
    pub(crate) fn after(&self, character: char) -> Self {
        let step = |place: &usize| {
            let symbol = self.symbols.get(*place)?;
            let next = if symbol.is_run() { Some(*place) } else { place.checked_add(1) };
            next.filter(|_| symbol.takes(character))
        };
        Self::at(self.symbols, self.places.iter().filter_map(step))
    }

    /// The places, none of which is there when the text does not fit.
    pub(crate) fn places(&self) -> &[usize] {
        &self.places
    }

    /// What is left of the pattern, at every place.
    pub(crate) fn rests(&self) -> impl Iterator<Item = &'a [Symbol]> {
        self.places.iter().filter_map(|place| self.symbols.get(*place..))
    }

    /// The characters that it tells from others.
    pub(crate) fn named(&self) -> impl Iterator<Item = char> {
        self.places.iter().filter_map(|place| self.symbols.get(*place)?.named())
    }

    /// Whether it takes none but the characters that it names.
    pub(crate) fn is_literal(&self) -> bool {
        self.places.iter().all(|place| {
            self.symbols.get(*place).is_none_or(|symbol| matches!(symbol, Symbol::Exactly(_)))
        })
    }

    /// Whether the pattern matches the text.
    pub(crate) fn is_at_end(&self) -> bool {
        self.places.last() == Some(&self.symbols.len())
    }

    /// Whether the pattern matches the text, whatever else follows.
    pub(crate) fn takes_all(&self) -> bool {
        self.is_at_end() && self.symbols.last() == Some(&Symbol::Any)
    }
}
