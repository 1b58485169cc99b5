//! Whom a change of policies concerns, and what they held and hold.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use policy::Policy;

use super::directory::{Directory, Holder};
use crate::config::Fault;

/// Who, or what, is compared.
#[derive(Debug)]
pub(crate) struct Pair<'a> {
    /// `user`, `group` or `policy`.
    pub(crate) kind: &'static str,
    /// The names of those that held and hold the same.
    pub(crate) names: Vec<&'a str>,
    /// What becomes of them; absent where they were and are.
    pub(crate) fate: Option<&'static str>,
    /// The value of `${user}`.
    pub(crate) user: &'a str,
    /// What was held.
    pub(crate) old: Vec<Arc<Policy>>,
    /// What is held.
    pub(crate) new: Vec<Arc<Policy>>,
}

/// All that the change concerns, or `only` this user: every user, every group without one, and every policy that neither
/// has.
///
/// # Errors
///
/// A user that is on neither side.
pub(crate) fn pairs<'a>(
    old: &'a Directory,
    new: &'a Directory,
    only: Option<&str>,
) -> Result<Vec<Pair<'a>>, Fault> {
    let users = either(&old.users, &new.users);
    if let Some(only) = only.filter(|only| !users.contains(only)) {
        let reason = if users.is_empty() {
            "there is no user on either side: leave it out, and policies are compared by their names"
                .to_owned()
        } else {
            format!("there is no user `{only}` on either side")
        };
        return Err(Fault { origin: "--user".to_owned(), place: String::new(), reason });
    }
    let changed = changed(old, new);
    let wanted = users.into_iter().filter(|name| only.is_none_or(|only| *name == only));
    let mut pairs = by_user(wanted, old, new, &changed);
    if only.is_none() {
        let mut seen = BTreeSet::new();
        for side in [old, new] {
            seen.extend(side.users.values().flat_map(|user| &user.groups).map(String::as_str));
        }
        let groups = either(&old.groups, &new.groups);
        let unused = groups.iter().filter(|group| !seen.contains(**group));
        pairs.extend(unused.filter_map(|name| of_group(name, old, new, &changed)));
        pairs.extend(by_policy(old, new));
    }
    Ok(pairs)
}

/// What both sides have, by name.
fn either<'a, T>(old: &'a BTreeMap<String, T>, new: &'a BTreeMap<String, T>) -> BTreeSet<&'a str> {
    old.keys().chain(new.keys()).map(String::as_str).collect()
}

/// The users whom the change concerns. Those of whom the same is to be told are told of together.
fn by_user<'a>(
    names: impl Iterator<Item = &'a str>,
    old: &'a Directory,
    new: &'a Directory,
    changed: &BTreeSet<&str>,
) -> Vec<Pair<'a>> {
    let mut pairs: Vec<Pair<'a>> = Vec::new();
    let mut places = HashMap::new();
    for name in names {
        let fate = fate_of_user(name, old, new);
        let (held, holds) = (names_of(name, old), names_of(name, new));
        if fate.is_none() && held == holds && held.is_disjoint(changed) {
            continue;
        }
        let is_own =
            [(&held, old), (&holds, new)].iter().any(|(names, side)| name_user(names, side));
        let (was, is) = (policies(held.clone(), old), policies(holds.clone(), new));
        let alone = is_own.then_some(name);
        let place = *places.entry((fate, held, holds, alone)).or_insert(pairs.len());
        match pairs.get_mut(place) {
            Some(pair) => pair.names.push(name),
            None => {
                pairs.push(Pair {
                    kind: "user",
                    names: vec![name],
                    fate,
                    user: name,
                    old: was,
                    new: is,
                });
            }
        }
    }
    pairs
}

fn fate_of_user(name: &str, old: &Directory, new: &Directory) -> Option<&'static str> {
    let is_disabled = |holder: &Holder| holder.is_disabled;
    let [was, is] = [old, new].map(|side| side.users.get(name).map(is_disabled));
    match (was, is) {
        (None, _) => Some("appears"),
        (_, None) => Some("disappears"),
        (Some(false), Some(true)) => Some("is disabled"),
        (Some(true), Some(false)) => Some("is enabled"),
        (Some(true), Some(true)) | (Some(false), Some(false)) => None,
    }
}

/// Whether one of these policies says something else to each user.
fn name_user(names: &BTreeSet<&str>, directory: &Directory) -> bool {
    names.iter().filter_map(|name| directory.policies.get(*name)).any(|held| {
        held.document.statement.iter().any(|statement| {
            let values = statement.condition.values().flat_map(|keys| keys.values().flatten());
            statement.resource.iter().chain(values).any(|text| text.contains("${"))
        })
    })
}

/// A group that nobody is in, if the change concerns it.
fn of_group<'a>(
    name: &'a str,
    old: &'a Directory,
    new: &'a Directory,
    changed: &BTreeSet<&str>,
) -> Option<Pair<'a>> {
    let [held, holds] = [old, new].map(|side| -> BTreeSet<&str> {
        side.groups.get(name).into_iter().flatten().map(String::as_str).collect()
    });
    let fate = fate(old.groups.contains_key(name), new.groups.contains_key(name));
    let is_same = held == holds && held.is_disjoint(changed);
    (fate.is_some() || !is_same).then(|| Pair {
        kind: "group",
        names: vec![name],
        fate,
        user: NOBODY,
        old: policies(held, old),
        new: policies(holds, new),
    })
}

/// The names of the policies that `user` can use.
fn names_of<'a>(user: &str, directory: &'a Directory) -> BTreeSet<&'a str> {
    let user = directory.users.get(user).filter(|user| !user.is_disabled);
    let holdings = user.map(|user| directory.holdings(user)).unwrap_or_default();
    holdings.into_iter().map(|holding| holding.held.policy.name()).collect()
}

fn policies<'a>(
    names: impl IntoIterator<Item = &'a str>,
    directory: &Directory,
) -> Vec<Arc<Policy>> {
    let held = names.into_iter().filter_map(|name| directory.policies.get(name));
    held.map(|held| Arc::clone(&held.policy)).collect()
}

/// The names of the policies that are not the same on both sides.
fn changed<'a>(old: &'a Directory, new: &'a Directory) -> BTreeSet<&'a str> {
    let document = |side: &'a Directory, name| side.policies.get(name).map(|held| &held.document);
    let names = old.policies.keys().chain(new.policies.keys());
    names.filter(|name| document(old, *name) != document(new, *name)).map(String::as_str).collect()
}

/// The policies that neither a user nor a group has, if the change concerns them.
fn by_policy<'a>(old: &'a Directory, new: &'a Directory) -> Vec<Pair<'a>> {
    let (was, is) = (unused(old, new), unused(new, old));
    // Two files with one policy each are two versions of it, whatever they are called.
    if let ([was], [is]) = (&was[..], &is[..]) {
        return vec![of_policy(is, policies([*was], old), policies([*is], new))];
    }
    let changed = changed(old, new);
    let names: BTreeSet<&str> =
        was.into_iter().chain(is).filter(|name| changed.contains(name)).collect();
    names
        .into_iter()
        .map(|name| of_policy(name, policies([name], old), policies([name], new)))
        .collect()
}

/// The names of the policies of `directory` that were written down, which the presets were not, and that nobody has on
/// either side.
fn unused<'a>(directory: &'a Directory, other: &Directory) -> Vec<&'a str> {
    let has = |side: &Directory, name: &str| {
        side.users
            .values()
            .map(|user| &user.policies)
            .chain(side.groups.values())
            .any(|held| held.contains(name))
    };
    let written = directory.policies.iter().filter(|(_, held)| held.written.is_some());
    written
        .map(|(name, _)| name.as_str())
        .filter(|name| !has(directory, name) && !has(other, name))
        .collect()
}

fn of_policy(name: &str, old: Vec<Arc<Policy>>, new: Vec<Arc<Policy>>) -> Pair<'_> {
    let fate = fate(!old.is_empty(), !new.is_empty());
    Pair { kind: "policy", names: vec![name], fate, user: NOBODY, old, new }
}

fn fate(was: bool, is: bool) -> Option<&'static str> {
    match (was, is) {
        (false, _) => Some("appears"),
        (true, false) => Some("disappears"),
        (true, true) => None,
    }
}

/// Where nobody is known who asks, the variable stands for itself: a name that nobody has.
const NOBODY: &str = "${user}";
