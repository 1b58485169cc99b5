//! Parts of a space, as patterns that could stand in a document say them.

use std::{fmt, sync::Arc};

use crate::{
    glob::Glob,
    requirement::Target,
    search::{Search, Space, TooEntangled},
};

/// What some patterns have in common, except what others match.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Region {
    pub(crate) space: Space,
    pub(crate) within: Vec<Arc<Glob>>,
    pub(crate) except: Vec<Arc<Glob>>,
}

impl Region {
    /// The patterns that match all of it, as they could stand in a document; the name of the user
    /// is in the place of `${user}`.
    pub fn within(&self) -> Vec<String> {
        self.within.iter().map(ToString::to_string).collect()
    }

    /// The patterns of which none matches any of it.
    pub fn except(&self) -> Vec<String> {
        self.except.iter().map(ToString::to_string).collect()
    }

    /// Something of it that is also within `shape` and not within `without`, if there is any. It
    /// is good to read if it can be.
    pub(crate) fn sample(
        &self,
        shape: &[Glob],
        without: &[Glob],
        search: &mut Search,
    ) -> Result<Option<Target>, TooEntangled> {
        let without: Vec<_> = self.except.iter().map(Arc::as_ref).chain(without).collect();
        let within: Vec<_> = self.within.iter().map(Arc::as_ref).collect();
        match self.space {
            Space::Resources | Space::Buckets => {
                let filled: Vec<_> = within.iter().map(|glob| glob.filled()).collect();
                let within: Vec<_> = filled.iter().chain(shape).collect();
                let found = search.find(self.space, &within, &without)?;
                if found.is_some() {
                    return Ok(found);
                }
            }
            // The shortest prefix reads best.
            Space::Listings => {}
        }
        let within: Vec<_> = within.into_iter().chain(shape).collect();
        search.find(self.space, &within, &without)
    }

    /// Whether all of it is in `other`.
    pub(crate) fn is_within(
        &self,
        other: &Self,
        search: &mut Search,
    ) -> Result<bool, TooEntangled> {
        let within: Vec<_> = self.within.iter().map(Arc::as_ref).collect();
        let except: Vec<_> = self.except.iter().map(Arc::as_ref).collect();
        for glob in &other.within {
            let except: Vec<_> = except.iter().copied().chain([&**glob]).collect();
            if search.exists(self.space, &within, &except)? {
                return Ok(false);
            }
        }
        for glob in &other.except {
            let within: Vec<_> = within.iter().copied().chain([&**glob]).collect();
            if search.exists(self.space, &within, &except)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether it has [`crate::Resource::All`].
    pub(crate) fn has_all(&self) -> bool {
        self.within.iter().all(|glob| glob.is_everything())
            && !self.except.iter().any(|glob| glob.is_everything())
    }
}

impl fmt::Display for Region {
    /// `A within B, except C, D`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.within().join(" within "))?;
        let except = self.except();
        if except.is_empty() { Ok(()) } else { write!(f, ", except {}", except.join(", ")) }
    }
}
