//! Whom a change of policies concerns, and what they held and hold.

use std::{collections::BTreeSet, sync::Arc};

use policy::Policy;

use super::directory::{Directory, Holder};
use crate::config::Fault;

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
    pub(crate) old: Vec<Arc<Policy>>,
    /// What is held.
    pub(crate) new: Vec<Arc<Policy>>,
}

/// Every user whom the change concerns, or `only` the one; every policy by its name where there
/// are no users.
///
/// # Errors
///
/// A user that is on neither side.
pub(crate) fn pairs<'a>(
    old: &'a Directory,
    new: &'a Directory,
    only: Option<&str>,
) -> Result<Vec<Pair<'a>>, Fault> {
    let names = old.users.keys().chain(new.users.keys());
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
    old: &'a Directory,
    new: &'a Directory,
    changed: &BTreeSet<&str>,
) -> Option<Pair<'a>> {
    let is_disabled = |holder: &Holder| holder.is_disabled;
    let [was, is] = [old, new].map(|side| side.users.get(name).map(is_disabled));
    let fate = match (was, is) {
        (None, _) => Some("appears"),
        (_, None) => Some("disappears"),
        (Some(false), Some(true)) => Some("is disabled"),
        (Some(true), Some(false)) => Some("is enabled"),
        (Some(true), Some(true)) | (Some(false), Some(false)) => None,
    };
    let (held, holds) = (names(name, old), names(name, new));
    let is_same = held == holds && held.is_disjoint(changed);
    (fate.is_some() || !is_same).then(|| Pair {
        kind: "user",
        name,
        fate,
        user: name,
        old: policies(held, old),
        new: policies(holds, new),
    })
}

/// The names of the policies that `user` can use.
fn names<'a>(user: &str, directory: &'a Directory) -> BTreeSet<&'a str> {
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

fn by_policy<'a>(old: &'a Directory, new: &'a Directory) -> Vec<Pair<'a>> {
    let (was, is) = (written(old), written(new));
    // Two files with one policy each are two versions of it, whatever they are called.
    if let ([was], [is]) = (&was[..], &is[..]) {
        return vec![of_policy(is, policies([*was], old), policies([*is], new))];
    }
    let names: BTreeSet<&str> = was.into_iter().chain(is).collect();
    names
        .into_iter()
        .map(|name| of_policy(name, policies([name], old), policies([name], new)))
        .collect()
}

/// The names of the policies that were written down, which the presets were not.
fn written(directory: &Directory) -> Vec<&str> {
    let written = directory.policies.iter().filter(|(_, held)| held.written.is_some());
    written.map(|(name, _)| name.as_str()).collect()
}

fn of_policy(name: &str, old: Vec<Arc<Policy>>, new: Vec<Arc<Policy>>) -> Pair<'_> {
    let fate = match (old.is_empty(), new.is_empty()) {
        (true, _) => Some("appears"),
        (_, true) => Some("disappears"),
        (false, false) => None,
    };
    // The variable stands for itself: a name that nobody has.
    Pair { kind: "policy", name, fate, user: "${user}", old, new }
}
