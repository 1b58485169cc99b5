//! Whom a change of policies concerns, and what they held and hold.

use std::collections::{BTreeMap, BTreeSet};

use policy::Outline;

use super::directory::{Directory, Holder};
use crate::config::Fault;

/// One side of a change.
#[derive(Debug)]
pub(crate) struct Side {
    directory: Directory,
    /// Of every policy, by name.
    outlines: BTreeMap<String, Outline>,
}

impl Side {
    /// `directory` as a side.
    ///
    /// # Errors
    ///
    /// A document that does not validate.
    pub(crate) fn new(directory: Directory) -> Result<Self, Vec<Fault>> {
        let mut outlines = BTreeMap::new();
        for (name, held) in &directory.policies {
            let outline = Outline::of(&held.document).map_err(|faults| {
                let told = |fault: policy::Fault| Fault {
                    origin: name.clone(),
                    place: fault.path,
                    reason: fault.reason,
                };
                faults.into_iter().map(told).collect::<Vec<_>>()
            })?;
            outlines.insert(name.clone(), outline);
        }
        Ok(Self { directory, outlines })
    }

    /// The names of the policies that `user` can use.
    fn policies_of(&self, user: &str) -> BTreeSet<&str> {
        let user = self.directory.users.get(user).filter(|user| !user.is_disabled);
        let holdings = user.map(|user| self.directory.holdings(user)).unwrap_or_default();
        holdings.into_iter().map(|holding| holding.held.policy.name()).collect()
    }

    fn outlines<'a>(&'a self, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a Outline> {
        names.into_iter().filter_map(|name| self.outlines.get(name)).collect()
    }

    /// The names of the policies that were written down, which the presets were not.
    fn written(&self) -> Vec<&str> {
        let written = self.directory.policies.iter().filter(|(_, held)| held.written.is_some());
        written.map(|(name, _)| name.as_str()).collect()
    }
}

/// Who, or which policy, is compared.
#[derive(Debug)]
pub(crate) struct Pair<'a> {
    /// `user` or `policy`.
    pub(crate) kind: &'static str,
    /// Its name.
    pub(crate) name: &'a str,
    /// What becomes of it; absent where it was and is.
    pub(crate) fate: Option<&'static str>,
    /// The value of `${user}`.
    pub(crate) user: &'a str,
    /// What was held.
    pub(crate) old: Vec<&'a Outline>,
    /// What is held.
    pub(crate) new: Vec<&'a Outline>,
}

/// Every user whom the change concerns, or `only` the one; every policy by its name where there
/// are no users.
///
/// # Errors
///
/// A user that is on neither side.
pub(crate) fn pairs<'a>(
    old: &'a Side,
    new: &'a Side,
    only: Option<&str>,
) -> Result<Vec<Pair<'a>>, Fault> {
    let names = old.directory.users.keys().chain(new.directory.users.keys());
    let names: BTreeSet<&str> = names.map(String::as_str).collect();
    if let Some(only) = only.filter(|only| !names.contains(only)) {
        let reason = if names.is_empty() {
            "there is no user on either side: leave it out, and policies are compared by their names"
                .to_owned()
        } else {
            format!("there is no user `{only}` on either side")
        };
        return Err(Fault { origin: "--user".to_owned(), place: String::new(), reason });
    }
    if names.is_empty() {
        return Ok(by_policy(old, new));
    }
    let changed = changed(old, new);
    let wanted = names.into_iter().filter(|name| only.is_none_or(|only| *name == only));
    Ok(wanted.filter_map(|name| of_user(name, old, new, &changed)).collect())
}

fn of_user<'a>(
    name: &'a str,
    old: &'a Side,
    new: &'a Side,
    changed: &BTreeSet<&str>,
) -> Option<Pair<'a>> {
    let is_disabled = |holder: &Holder| holder.is_disabled;
    let [was, is] = [old, new].map(|side| side.directory.users.get(name).map(is_disabled));
    let fate = match (was, is) {
        (None, _) => Some("appears"),
        (_, None) => Some("disappears"),
        (Some(false), Some(true)) => Some("is disabled"),
        (Some(true), Some(false)) => Some("is enabled"),
        (Some(true), Some(true)) | (Some(false), Some(false)) => None,
    };
    let (held, holds) = (old.policies_of(name), new.policies_of(name));
    let is_same = held == holds && held.is_disjoint(changed);
    (fate.is_some() || !is_same).then(|| Pair {
        kind: "user",
        name,
        fate,
        user: name,
        old: old.outlines(held),
        new: new.outlines(holds),
    })
}

/// The names of the policies that are not the same on both sides.
fn changed<'a>(old: &'a Side, new: &'a Side) -> BTreeSet<&'a str> {
    let document =
        |side: &'a Side, name| side.directory.policies.get(name).map(|held| &held.document);
    let names = old.directory.policies.keys().chain(new.directory.policies.keys());
    names.filter(|name| document(old, *name) != document(new, *name)).map(String::as_str).collect()
}

fn by_policy<'a>(old: &'a Side, new: &'a Side) -> Vec<Pair<'a>> {
    let (was, is) = (old.written(), new.written());
    // Two files with one policy each are two versions of it, whatever they are called.
    if let ([was], [is]) = (&was[..], &is[..]) {
        return vec![of_policy(is, old.outlines([*was]), new.outlines([*is]))];
    }
    let names: BTreeSet<&str> = was.into_iter().chain(is).collect();
    names
        .into_iter()
        .map(|name| of_policy(name, old.outlines([name]), new.outlines([name])))
        .collect()
}

fn of_policy<'a>(name: &'a str, old: Vec<&'a Outline>, new: Vec<&'a Outline>) -> Pair<'a> {
    let fate = match (old.is_empty(), new.is_empty()) {
        (true, _) => Some("appears"),
        (_, true) => Some("disappears"),
        (false, false) => None,
    };
    // The variable stands for itself: a name that nobody has.
    Pair { kind: "policy", name, fate, user: "${user}", old, new }
}
