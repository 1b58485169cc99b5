//! The comparison of what two sides claim of the same actions.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use crate::{
    cases::{PROPOSITIONS_MAX, Valuations, cases},
    claims::{Claim, Force, Sides},
    diff::{Change, When},
    excess::{Excess, Globs, needed_within},
    glob::Glob,
    heads::Heads,
    proposition::{Assumption, Proposition},
    region::Region,
    search::{Search, Space, TooEntangled},
};

/// A part of a difference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Finding {
    pub(crate) change: Change,
    pub(crate) region: Region,
    pub(crate) when: When,
}

/// What two sides claim of some actions, and the differences that come of it.
#[derive(Debug)]
pub(crate) struct Comparison<'a> {
    space: Space,
    claims: &'a [(Claim, Sides)],
    heads: Heads,
}

/// A side of a comparison.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Old,
    New,
}

impl Sides {
    fn has(self, side: Side) -> bool {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }
}

/// What one side may have before the other: what is within all of the globs, which its claim allows.
struct Cell<'a> {
    /// The claim that allows it.
    allow: &'a Claim,
    within: Vec<Arc<Glob>>,
    change: Change,
    this: Side,
    other: Side,
}

/// A claim that may matter, of which conditions it needs in a valuation.
struct Relevant<'a> {
    claim: &'a Claim,
    sides: Sides,
    care: u32,
    values: u32,
}

impl Relevant<'_> {
    fn applies(&self, valuation: u32) -> bool {
        valuation & self.care == self.values
    }
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(space: Space, claims: &'a [(Claim, Sides)]) -> Self {
        let heads = Heads::new(claims.iter().map(|(claim, _)| &*claim.glob));
        Self { space, claims, heads }
    }

    /// All differences: what is gained, then what is lost.
    pub(crate) fn findings(&self, search: &mut Search) -> Result<Vec<Finding>, TooEntangled> {
        let mut all = Vec::new();
        for change in [Change::Gained, Change::Lost] {
            let mut found: Vec<Finding> = Vec::new();
            for mut cell in self.cells(change) {
                cell.within = needed_within(cell.within, self.space, search)?;
                found.extend(self.findings_in(&cell, search)?);
            }
            // What is said twice is still right.
            all.extend(search.share(|search| needed(&found, search)).unwrap_or(found));
        }
        Ok(all)
    }

    /// Where there can be a difference: in what a new allow matches, and in what an allow and a new deny of the other
    /// side match.
    fn cells(&self, change: Change) -> Vec<Cell<'a>> {
        let (this, other) = match change {
            Change::Gained => (Side::New, Side::Old),
            Change::Lost => (Side::Old, Side::New),
        };
        let cell = |allow: &'a Claim, more: Option<&Claim>| {
            let more = more.map(|claim| &claim.glob).filter(|glob| **glob != allow.glob);
            let within = [&allow.glob].into_iter().chain(more).cloned().collect();
            Cell { allow, within, change, this, other }
        };
        let mut cells = Vec::new();
        for (place, (claim, sides)) in self.claims.iter().enumerate() {
            let is_of_one = |side| sides.has(side) && sides.old != sides.new;
            match claim.force {
                Force::Allow | Force::AllowAll if is_of_one(this) => {
                    cells.push((place, place, cell(claim, None)));
                }
                Force::Deny | Force::DenyAll if is_of_one(other) => {
                    for met in self.heads.meeting(&[&claim.glob]) {
                        let Some((allow, sides)) = self.claims.get(met) else { continue };
                        let is_allow = matches!(allow.force, Force::Allow | Force::AllowAll);
                        if is_allow && sides.old && sides.new {
                            cells.push((met, place, cell(allow, Some(claim))));
                        }
                    }
                }
                Force::Allow | Force::AllowAll | Force::Deny | Force::DenyAll => {}
            }
        }
        cells.sort_by_key(|(allow, more, _)| (*allow, *more));
        cells.into_iter().map(|(_, _, cell)| cell).collect()
    }

    fn findings_in(
        &self,
        cell: &Cell<'_>,
        search: &mut Search,
    ) -> Result<Vec<Finding>, TooEntangled> {
        let claims = self.meeting(cell, search)?;
        let propositions: BTreeSet<&Proposition> = claims
            .iter()
            .flat_map(|(claim, _)| claim.needs.iter().map(|need| &need.proposition))
            .collect();
        let propositions: Vec<&Proposition> = propositions.into_iter().collect();
        if propositions.is_empty() {
            let regions = self.exact(cell, &claims, &propositions, search)?;
            return Ok(findings(cell, &propositions, regions));
        }
        if propositions.len() <= PROPOSITIONS_MAX
            && let Ok(regions) =
                search.share(|search| self.exact(cell, &claims, &propositions, search))
        {
            return Ok(findings(cell, &propositions, regions));
        }
        self.generous(cell, &claims, search)
    }

    /// The claims that match something in `cell`.
    fn meeting(
        &self,
        cell: &Cell<'_>,
        search: &mut Search,
    ) -> Result<Vec<(&'a Claim, Sides)>, TooEntangled> {
        let within: Vec<&Glob> = cell.within.iter().map(Arc::as_ref).collect();
        if !search.exists(self.space, &within, &[])? {
            return Ok(Vec::new());
        }
        let mut claims = Vec::new();
        for place in self.heads.meeting(&within) {
            let Some((claim, sides)) = self.claims.get(place) else { continue };
            let both = [&within[..], &[&*claim.glob]].concat();
            if cell.within.contains(&claim.glob) || search.exists(self.space, &both, &[])? {
                claims.push((claim, *sides));
            }
        }
        Ok(claims)
    }

    /// Each side's conditions as they suit the difference.
    fn generous(
        &self,
        cell: &Cell<'_>,
        claims: &[(&Claim, Sides)],
        search: &mut Search,
    ) -> Result<Vec<Finding>, TooEntangled> {
        let allows = |claim: &Claim| matches!(claim.force, Force::Allow | Force::AllowAll);
        let most = |claim: &Claim| allows(claim) || claim.needs.is_empty();
        let least = |claim: &Claim| !allows(claim) || claim.needs.is_empty();
        let of = |side, applies: &dyn Fn(&Claim) -> bool| -> Vec<&Claim> {
            let ours = claims.iter().filter(|(claim, sides)| sides.has(side) && applies(claim));
            ours.map(|(claim, _)| *claim).collect()
        };
        let regions = self.regions(cell, &of(cell.this, &most), &of(cell.other, &least), search)?;
        let finding = |region| Finding { change: cell.change, region, when: When::Perhaps };
        Ok(regions.into_iter().map(finding).collect())
    }

    /// The regions under every valuation of the conditions, each with those valuations.
    ///
    /// It is too much if they differ from valuation to valuation in more ways than anybody would read.
    fn exact(
        &self,
        cell: &Cell<'_>,
        claims: &[(&Claim, Sides)],
        propositions: &[&Proposition],
        search: &mut Search,
    ) -> Result<Vec<(Region, Valuations)>, TooEntangled> {
        let claims: Vec<_> =
            claims.iter().map(|(claim, sides)| relevant(claim, *sides, propositions)).collect();
        let mut known: HashMap<Vec<bool>, Vec<Region>> = HashMap::new();
        let mut ways: HashSet<Vec<Region>> = HashSet::new();
        let mut places: HashMap<Region, usize> = HashMap::new();
        let mut found: Vec<(Region, Valuations)> = Vec::new();
        for valuation in Valuations::each(propositions.len()) {
            let applying: Vec<bool> = claims.iter().map(|claim| claim.applies(valuation)).collect();
            let regions = if let Some(regions) = known.get(&applying) {
                regions.clone()
            } else {
                let of = |side| -> Vec<&Claim> {
                    let ours = claims
                        .iter()
                        .filter(|claim| claim.sides.has(side) && claim.applies(valuation));
                    ours.map(|claim| claim.claim).collect()
                };
                let regions = self.regions(cell, &of(cell.this), &of(cell.other), search)?;
                known.insert(applying, regions.clone());
                ways.insert(regions.clone());
                if ways.len() > WAYS_MAX {
                    return Err(TooEntangled);
                }
                regions
            };
            for region in regions {
                let place = *places.entry(region).or_insert_with_key(|region| {
                    found.push((region.clone(), Valuations::default()));
                    found.len().saturating_sub(1)
                });
                if let Some((_, valuations)) = found.get_mut(place) {
                    valuations.insert(valuation);
                }
            }
        }
        Ok(found)
    }

    /// What of `cell` is allowed by the claims of `this` side and not by those of the `other`.
    fn regions(
        &self,
        cell: &Cell<'_>,
        this: &[&Claim],
        other: &[&Claim],
        search: &mut Search,
    ) -> Result<Vec<Region>, TooEntangled> {
        let (this, other) = (Applying::of(this), Applying::of(other));
        if !this.allows.contains(&cell.allow.glob) {
            return Ok(Vec::new());
        }
        let excess = Excess {
            within: &cell.within,
            denies: Globs::new(this.denies),
            other_allows: Globs::new(other.allows),
            other_denies: Globs::new(other.denies),
        };
        excess.regions(self.space, search)
    }
}

/// `regions` as they are told.
fn findings(
    cell: &Cell<'_>,
    propositions: &[&Proposition],
    regions: Vec<(Region, Valuations)>,
) -> Vec<Finding> {
    let finding = |(region, valuations)| {
        let cases = cases(propositions, valuations);
        let when = if cases.iter().any(Vec::is_empty) { When::Always } else { When::Cases(cases) };
        Finding { change: cell.change, region, when }
    };
    regions.into_iter().map(finding).collect()
}

/// The patterns of the claims that apply on a side, each once.
#[derive(Default)]
struct Applying {
    allows: Vec<Arc<Glob>>,
    denies: Vec<Arc<Glob>>,
}

impl Applying {
    fn of(claims: &[&Claim]) -> Self {
        let of = |force| -> Vec<Arc<Glob>> {
            let mut seen: BTreeSet<*const Glob> = BTreeSet::new();
            let ours = claims.iter().filter(|claim| claim.force == force).map(|claim| &claim.glob);
            ours.filter(|glob| seen.insert(Arc::as_ptr(glob))).cloned().collect()
        };
        let all = of(Force::AllowAll);
        if !all.is_empty() && of(Force::DenyAll).is_empty() {
            return Self { allows: all, denies: Vec::new() };
        }
        Self { allows: of(Force::Allow), denies: of(Force::Deny) }
    }
}

fn relevant<'a>(claim: &'a Claim, sides: Sides, propositions: &[&Proposition]) -> Relevant<'a> {
    let mut relevant = Relevant { claim, sides, care: 0, values: 0 };
    let bits = (0..).map(|index| 1_u32.wrapping_shl(index));
    for (bit, proposition) in bits.zip(propositions) {
        let needs = |holds| {
            let need = Assumption { proposition: (*proposition).clone(), holds };
            claim.needs.contains(&need)
        };
        if needs(true) {
            relevant.care |= bit;
            relevant.values |= bit;
        } else if needs(false) {
            relevant.care |= bit;
        }
    }
    relevant
}

/// Those of `found` that say something besides the others; of two that say the same, the first.
fn needed(found: &[Finding], search: &mut Search) -> Result<Vec<Finding>, TooEntangled> {
    let first = |finding: &'_ Finding| finding.region.within.first().cloned();
    let globs: Vec<Arc<Glob>> = found.iter().filter_map(first).collect();
    let heads = Heads::new(globs.iter().map(Arc::as_ref));
    let mut kept = vec![true; found.len()];
    for (index, finding) in found.iter().enumerate().rev() {
        let within: Vec<&Glob> = finding.region.within.iter().map(Arc::as_ref).collect();
        for place in heads.meeting(&within) {
            let is_other = place != index && kept.get(place) == Some(&true);
            let Some(other) = found.get(place).filter(|_| is_other) else { continue };
            if finding.when.is_within(&other.when)
                && finding.region.is_within(&other.region, search)?
            {
                if let Some(kept) = kept.get_mut(index) {
                    *kept = false;
                }
                break;
            }
        }
    }
    let found = found.iter().zip(kept).filter(|(_, is_kept)| *is_kept);
    Ok(found.map(|(finding, _)| finding.clone()).collect())
}

/// In how many ways one part of a difference may differ from one valuation to another.
const WAYS_MAX: usize = 32;
