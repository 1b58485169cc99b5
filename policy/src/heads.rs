//! Many patterns, found by what they begin with.

use std::{collections::BTreeMap, ops::Bound};

use crate::glob::Glob;

/// Where the patterns of a list stand in it, by the plain text that they begin with.
#[derive(Debug, Default)]
pub(crate) struct Heads(BTreeMap<String, Vec<usize>>);

impl Heads {
    /// The heads of `globs`, in their order.
    pub(crate) fn new<'a>(globs: impl Iterator<Item = &'a Glob>) -> Self {
        let mut heads: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, glob) in globs.enumerate() {
            heads.entry(glob.head()).or_default().push(place);
        }
        Self(heads)
    }

    /// The places, in order, of those that may meet all of `globs`: none of the others does.
    pub(crate) fn meeting(&self, globs: &[&Glob]) -> Vec<usize> {
        let heads = globs.iter().map(|glob| glob.head());
        let head = heads.max_by_key(String::len).unwrap_or_default();
        let mut places = self.before(&head);
        let beyond = self.0.range::<str, _>((Bound::Included(head.as_str()), Bound::Unbounded));
        for (_, more) in beyond.take_while(|(other, _)| other.starts_with(&head)) {
            places.extend(more);
        }
        places.sort_unstable();
        places
    }

    /// The places of those whose head is less than all of `head`.
    fn before(&self, head: &str) -> Vec<usize> {
        let starts = head.char_indices().filter_map(|(end, _)| head.get(..end));
        starts.filter_map(|start| self.0.get(start)).flatten().copied().collect()
    }
}
