//! What one set of resources has that another has not, said in the patterns of the two.

use std::fmt;

use crate::{
    language::{Glob, Search, TooEntangled},
    resource::Resource,
};

/// Resources: what some patterns have in common, except what others match.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Region {
    within: Vec<Glob>,
    except: Vec<Glob>,
}

impl Region {
    /// The patterns that a resource matches, every one of them, as they could stand in a document;
    /// the name of the user is in the place of `${user}`.
    pub fn within(&self) -> Vec<String> {
        self.within.iter().map(Glob::to_string).collect()
    }

    /// The patterns of which it matches none.
    pub fn except(&self) -> Vec<String> {
        self.except.iter().map(Glob::to_string).collect()
    }

    /// A resource of it that is also within `shape` and not within `without`, if there is one. It
    /// is good to read if it can be.
    pub(crate) fn sample(
        &self,
        shape: &[Glob],
        without: &[Glob],
        search: &mut Search,
    ) -> Result<Option<Resource>, TooEntangled> {
        let without: Vec<_> = self.except.iter().chain(without).collect();
        let filled: Vec<_> = self.within.iter().map(Glob::filled).collect();
        for within in [&filled, &self.within] {
            let within: Vec<_> = within.iter().chain(shape).collect();
            if let Some(found) = search.find(&within, &without)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Whether it has [`Resource::All`].
    pub(crate) fn has_all(&self) -> bool {
        self.within.iter().all(Glob::is_everything) && !self.except.iter().any(Glob::is_everything)
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

/// The patterns of the statements that apply on one side.
#[derive(Debug, Default)]
pub(crate) struct Side<'a> {
    /// What is allowed,
    pub(crate) allows: Vec<&'a Glob>,
    /// unless it is denied.
    pub(crate) denies: Vec<&'a Glob>,
}

/// What `this` side allows and `other` does not: exactly the regions together.
///
/// Each is an allow of `this` side, narrowed where that is needed, and each has a resource.
pub(crate) fn beyond(
    this: &Side<'_>,
    other: &Side<'_>,
    search: &mut Search,
) -> Result<Vec<Region>, TooEntangled> {
    let mut between = Between { this, other, search };
    let mut differing = Vec::new();
    for allow in &this.allows {
        if between.differs(allow, &[])? {
            differing.push(*allow);
        }
    }
    let mut regions = Vec::new();
    for allow in needed(differing, |allow, others| between.differs(allow, others))? {
        between.narrow(allow, &mut regions)?;
    }
    Ok(regions)
}

struct Between<'a, 's> {
    this: &'s Side<'a>,
    other: &'s Side<'a>,
    search: &'s mut Search,
}

impl<'a> Between<'a, '_> {
    /// Whether some resource that `allow` and none of `beside` matches is allowed by this side
    /// alone.
    fn differs(&mut self, allow: &Glob, beside: &[&Glob]) -> Result<bool, TooEntangled> {
        let never = [&self.this.denies, &self.other.allows, beside].concat();
        if self.search.exists(&[allow], &never)? {
            return Ok(true);
        }
        for denied in &self.other.denies {
            if self.is_denied_there(allow, denied, beside)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether `denied` takes something away from the other side that `allow` gives this one, and
    /// that none of `beside` matches.
    fn is_denied_there(
        &mut self,
        allow: &Glob,
        denied: &Glob,
        beside: &[&Glob],
    ) -> Result<bool, TooEntangled> {
        let never = [&self.this.denies, beside].concat();
        if !self.search.exists(&[allow, denied], &never)? {
            return Ok(false);
        }
        for allowed in &self.other.allows {
            if self.search.exists(&[allow, denied, allowed], &never)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds what `allow` gives to this side alone.
    fn narrow(&mut self, allow: &'a Glob, regions: &mut Vec<Region>) -> Result<(), TooEntangled> {
        let Side { allows, denies } = self.other;
        let lost = [&self.this.denies[..], denies].concat();
        let mut is_whole = true;
        for allowed in allows {
            is_whole &= !self.search.exists(&[allow, allowed], &lost)?;
        }
        if is_whole {
            regions.push(self.region(&[allow], &self.this.denies)?);
            return Ok(());
        }
        let never = [&self.this.denies[..], allows].concat();
        if self.search.exists(&[allow], &never)? {
            regions.push(self.region(&[allow], &never)?);
        }
        let mut within = Vec::new();
        for denied in denies {
            if self.is_denied_there(allow, denied, &[])? {
                within.push(*denied);
            }
        }
        for denied in needed(within, |denied, others| self.is_denied_there(allow, denied, others))?
        {
            let within = if !self.search.exists(&[allow], &[denied])? {
                vec![allow]
            } else if !self.search.exists(&[denied], &[allow])? {
                vec![denied]
            } else {
                vec![allow, denied]
            };
            regions.push(self.region(&within, &self.this.denies)?);
        }
        Ok(())
    }

    /// What is within all of `within`, except what is in `except`, of which only what is needed is
    /// named.
    fn region(&mut self, within: &[&Glob], except: &[&'a Glob]) -> Result<Region, TooEntangled> {
        let meets = |glob: &Glob, others: &[&Glob], search: &mut Search| {
            search.exists(&[within, &[glob]].concat(), others)
        };
        let mut met = Vec::new();
        for glob in except {
            if meets(glob, &[], self.search)? {
                met.push(*glob);
            }
        }
        let except = needed(met, |glob, others| meets(glob, others, self.search))?;
        let owned = |globs: &[&Glob]| globs.iter().map(|glob| (*glob).clone()).collect();
        Ok(Region { within: owned(within), except: owned(&except) })
    }
}

/// Those of `globs` that have something besides the others; of two that have the same, the first.
fn needed(
    mut globs: Vec<&Glob>,
    mut has_besides: impl FnMut(&Glob, &[&Glob]) -> Result<bool, TooEntangled>,
) -> Result<Vec<&Glob>, TooEntangled> {
    for index in (0..globs.len()).rev() {
        let mut others = globs.clone();
        let glob = others.remove(index);
        if !has_besides(glob, &others)? {
            globs = others;
        }
    }
    Ok(globs)
}
