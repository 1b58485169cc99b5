//! What one side of a comparison allows and the other does not, where conditions are settled.

use std::sync::Arc;

use crate::{
    glob::Glob,
    heads::Heads,
    region::Region,
    search::{Search, Space, TooEntangled},
};

/// Patterns that apply, each once.
#[derive(Debug)]
pub(crate) struct Globs {
    globs: Vec<Arc<Glob>>,
    heads: Heads,
}

impl Globs {
    /// `globs` in their order.
    pub(crate) fn new(globs: Vec<Arc<Glob>>) -> Self {
        Self { heads: Heads::new(globs.iter().map(Arc::as_ref)), globs }
    }

    /// Those that may meet all of `within`.
    fn meeting(&self, within: &[&Glob]) -> Vec<&Arc<Glob>> {
        self.heads.meeting(within).into_iter().filter_map(|place| self.globs.get(place)).collect()
    }
}

/// What applies, where `within` is allowed by one side unless it is denied there.
#[derive(Debug)]
pub(crate) struct Excess<'a> {
    /// What all of it is within.
    pub(crate) within: &'a [Arc<Glob>],
    /// What the side denies.
    pub(crate) denies: Globs,
    /// What the other side allows,
    pub(crate) other_allows: Globs,
    /// unless it is denied there.
    pub(crate) other_denies: Globs,
}

impl Excess<'_> {
    /// What is allowed by the one side alone: exactly the regions together, none of which is empty.
    pub(crate) fn regions(
        &self,
        space: Space,
        search: &mut Search,
    ) -> Result<Vec<Region>, TooEntangled> {
        let mut finder = Finder { space, search };
        let within: Vec<&Glob> = self.within.iter().map(Arc::as_ref).collect();
        let denied = self.denies.meeting(&within);
        if !finder.exists(&within, &denied)? {
            return Ok(Vec::new());
        }
        let allowed = self.other_allows.meeting(&within);
        let lost = [&denied[..], &self.other_denies.meeting(&within)].concat();
        let mut is_kept = false;
        for glob in &allowed {
            is_kept = is_kept || finder.exists(&[&within[..], &[&***glob]].concat(), &lost)?;
        }
        if !is_kept {
            return Ok(vec![finder.region(&within, self.within, &denied)?]);
        }
        let mut regions = Vec::new();
        let never = [&denied[..], &allowed].concat();
        if finder.exists(&within, &never)? {
            regions.push(finder.region(&within, self.within, &never)?);
        }
        let mut taken = Vec::new();
        for glob in self.other_denies.meeting(&within) {
            if self.is_taken(glob, &within, &[], &mut finder)? {
                taken.push(glob);
            }
        }
        let needed =
            needed(&taken, |glob, others| self.is_taken(glob, &within, others, &mut finder))?;
        for glob in needed {
            let mut narrowed = self.within.to_vec();
            narrowed.push(Arc::clone(glob));
            let narrowed = needed_within(narrowed, space, finder.search)?;
            let within: Vec<&Glob> = narrowed.iter().map(Arc::as_ref).collect();
            regions.push(finder.region(&within, &narrowed, &self.denies.meeting(&within))?);
        }
        Ok(regions)
    }

    /// Whether `taken` takes something away from the other side that this one has `within`, and that none of `beside`
    /// takes as well.
    fn is_taken(
        &self,
        taken: &Glob,
        within: &[&Glob],
        beside: &[&Arc<Glob>],
        finder: &mut Finder<'_>,
    ) -> Result<bool, TooEntangled> {
        let within = [within, &[taken]].concat();
        let never = [&self.denies.meeting(&within)[..], beside].concat();
        if !finder.exists(&within, &never)? {
            return Ok(false);
        }
        for allowed in self.other_allows.meeting(&within) {
            if finder.exists(&[&within[..], &[&**allowed]].concat(), &never)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

struct Finder<'s> {
    space: Space,
    search: &'s mut Search,
}

impl Finder<'_> {
    fn exists(&mut self, within: &[&Glob], without: &[&Arc<Glob>]) -> Result<bool, TooEntangled> {
        let without: Vec<&Glob> = without.iter().map(|glob| &***glob).collect();
        self.search.exists(self.space, within, &without)
    }

    /// What is within all of `within`, except what is in `except`, of which only what is needed is named.
    fn region(
        &mut self,
        within: &[&Glob],
        owned: &[Arc<Glob>],
        except: &[&Arc<Glob>],
    ) -> Result<Region, TooEntangled> {
        let mut met: Vec<&Arc<Glob>> = Vec::new();
        for glob in except {
            let meets = self.exists(&[within, &[&***glob]].concat(), &[])?;
            if meets && !met.contains(glob) {
                met.push(glob);
            }
        }
        let except =
            needed(&met, |glob, others| self.exists(&[within, &[&**glob]].concat(), others))?;
        let except = except.into_iter().cloned().collect();
        Ok(Region { space: self.space, within: owned.to_vec(), except })
    }
}

/// Those of `globs` that have less than the rest together; of two that have the same, the first.
///
/// # Errors
///
/// [`TooEntangled`] when the limit of `search` is reached.
pub(crate) fn needed_within(
    mut globs: Vec<Arc<Glob>>,
    space: Space,
    search: &mut Search,
) -> Result<Vec<Arc<Glob>>, TooEntangled> {
    for index in (0..globs.len()).rev() {
        let rest = globs.iter().enumerate().filter(|(other, _)| *other != index);
        let rest: Vec<&Glob> = rest.map(|(_, glob)| glob.as_ref()).collect();
        let Some(glob) = globs.get(index).filter(|_| !rest.is_empty()) else { break };
        if !search.exists(space, &rest, &[glob])? {
            globs.remove(index);
        }
    }
    Ok(globs)
}

/// Those of `globs` that have something besides the others; of two that have the same, the first.
fn needed<'a>(
    globs: &[&'a Arc<Glob>],
    mut has_besides: impl FnMut(&'a Arc<Glob>, &[&'a Arc<Glob>]) -> Result<bool, TooEntangled>,
) -> Result<Vec<&'a Arc<Glob>>, TooEntangled> {
    let heads = Heads::new(globs.iter().map(|glob| &***glob));
    let mut needed: Vec<Option<&Arc<Glob>>> = globs.iter().copied().map(Some).collect();
    for (index, glob) in globs.iter().enumerate().rev() {
        let near = heads.meeting(&[&***glob]).into_iter().filter(|other| *other != index);
        let others: Vec<_> =
            near.filter_map(|other| needed.get(other).copied().flatten()).collect();
        if !has_besides(glob, &others)?
            && let Some(place) = needed.get_mut(index)
        {
            *place = None;
        }
    }
    Ok(needed.into_iter().flatten().collect())
}
