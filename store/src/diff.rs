//! What it takes to make the store be as a file says.

use std::collections::BTreeSet;

use policy::Fault;
use sigv::{AccessKeyId, hash};

use crate::founding::is_preset;
use crate::identities::{CredentialEntry, GroupEntry, Identities, PolicyEntry, UserEntry};
use crate::names::check_name;
use crate::{
    Change, Credential, CredentialSettings, Kind, Snapshot, StoreError, User, UserSettings,
};

/// What becomes of what the file does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prune {
    /// It stays.
    Keep,
    /// It goes: in the lists that the file has, and with the presets excepted.
    Delete,
}

/// The changes that make `held` be as `wanted` says, in an order in which each finds what it refers to;
/// none when it is so already. What an entry does not mention stays as it is.
///
/// # Errors
///
/// [`StoreError::Invalid`] with everything that is wrong with `wanted`: then nothing may be written.
pub fn diff(held: &Snapshot, wanted: &Identities, prune: Prune) -> Result<Vec<Change>, StoreError> {
    let mut difference = Difference {
        held,
        prune,
        leaving: BTreeSet::new(),
        changes: Vec::new(),
        faults: Vec::new(),
    };
    let mut deletions = Vec::new();

    let policies = wanted.policies.as_deref();
    let (policy_names, gone) =
        difference.names(Kind::Policy, policies, held.policies.keys(), |p| &p.id);
    deletions.push(gone.into_iter().map(|name| Change::DeletePolicy { name }).collect());
    for (index, entry) in policies.unwrap_or_default().iter().enumerate() {
        difference.policy(&format!("policies[{index}]"), entry);
    }

    let groups = wanted.groups.as_deref();
    let (group_names, gone) = difference.names(Kind::Group, groups, held.groups.keys(), |g| &g.id);
    deletions.push(gone.into_iter().map(|name| Change::DeleteGroup { name }).collect());
    for (index, entry) in groups.unwrap_or_default().iter().enumerate() {
        difference.group(&format!("groups[{index}]"), entry, &policy_names);
    }

    let users = wanted.users.as_deref();
    let (_, gone) = difference.names(Kind::User, users, held.users.keys(), |u| &u.id);
    difference.leaving = gone.iter().cloned().collect();
    let deleted = gone.iter().cloned().map(|name| Change::DeleteUser { name });
    deletions.push(deleted.collect::<Vec<_>>());
    for (index, entry) in users.unwrap_or_default().iter().enumerate() {
        difference.user(&format!("users[{index}]"), entry, &group_names, &policy_names);
    }

    difference.faults.extend(wanted.credential_faults());
    let mut ids = BTreeSet::new();
    let mut credentials = Vec::new();
    for (index, entry) in users.unwrap_or_default().iter().enumerate() {
        let Some(entries) = &entry.credentials else { continue };
        let mut own = BTreeSet::new();
        for (place, credential) in entries.iter().enumerate() {
            let path = format!("users[{index}].credentials[{place}]");
            own.extend(difference.credential(&path, &entry.id, credential, &mut ids));
        }
        if prune == Prune::Delete {
            credentials.extend(difference.credentials_but(&entry.id, &own));
        }
    }
    // What moved to another user is deleted already.
    let left = gone.iter().flat_map(|name| difference.credentials_but(name, &ids));
    deletions.push(left.chain(credentials).collect());

    if !difference.faults.is_empty() {
        return Err(StoreError::Invalid { faults: difference.faults });
    }
    // What refers goes before what it refers to.
    difference.changes.extend(deletions.into_iter().rev().flatten());
    Ok(difference.changes)
}

/// A difference in the making.
struct Difference<'a> {
    held: &'a Snapshot,
    prune: Prune,
    /// The users that go.
    leaving: BTreeSet<String>,
    changes: Vec<Change>,
    faults: Vec<Fault>,
}

impl Difference<'_> {
    fn fault(&mut self, path: impl Into<String>, reason: impl Into<String>) {
        self.faults.push(Fault { path: path.into(), reason: reason.into() });
    }

    fn note<const N: usize>(&mut self, checks: [Result<(), Fault>; N]) {
        self.faults.extend(checks.into_iter().filter_map(Result::err));
    }

    /// The names that there will be, and those that go.
    fn names<'n, E>(
        &mut self,
        kind: Kind,
        entries: Option<&'n [E]>,
        held: impl Iterator<Item = &'n String>,
        id: impl Fn(&'n E) -> &'n String,
    ) -> (BTreeSet<&'n str>, Vec<String>) {
        let mut names = BTreeSet::new();
        let list = match kind {
            Kind::User => "users",
            Kind::Group => "groups",
            Kind::Policy => "policies",
            Kind::Credential => "credentials",
        };
        for (index, entry) in entries.unwrap_or_default().iter().enumerate() {
            let path = format!("{list}[{index}].id");
            let name = id(entry);
            self.note([check_name(kind, &path, name)]);
            if !names.insert(name.as_str()) {
                self.fault(path, format!("{kind} `{name}` stands here twice"));
            }
        }
        let mut gone = Vec::new();
        for name in held {
            if self.prune == Prune::Delete
                && entries.is_some()
                && !names.contains(name.as_str())
                && !is_preset(kind, name)
            {
                gone.push(name.clone());
            } else {
                names.insert(name);
            }
        }
        (names, gone)
    }

    fn policy(&mut self, path: &str, entry: &PolicyEntry) {
        let document = match entry.document() {
            Ok(document) => document,
            Err(faults) => {
                for fault in faults {
                    self.fault(format!("{path}.{}", fault.path), fault.reason);
                }
                return;
            }
        };
        let name = entry.id.clone();
        match self.held.policies.get(&name) {
            None => self.changes.push(Change::CreatePolicy { name, document }),
            Some(held) if *held != document => {
                self.changes.push(Change::UpdatePolicy { name, document });
            }
            Some(_) => {}
        }
    }

    fn group(&mut self, path: &str, entry: &GroupEntry, policies: &BTreeSet<&str>) {
        self.refer(&format!("{path}.policies"), Kind::Policy, entry.policies.as_ref(), policies);
        let name = entry.id.clone();
        let wanted = entry.policies.clone();
        match self.held.groups.get(&name) {
            None => {
                let policies = wanted.unwrap_or_default();
                self.changes.push(Change::CreateGroup { name, policies });
            }
            Some(held) => {
                if let Some(policies) = wanted
                    && differ(&held.policies, &policies)
                {
                    self.changes.push(Change::UpdateGroup { name, policies });
                }
            }
        }
    }

    fn user(
        &mut self,
        path: &str,
        entry: &UserEntry,
        groups: &BTreeSet<&str>,
        policies: &BTreeSet<&str>,
    ) {
        self.refer(&format!("{path}.groups"), Kind::Group, entry.groups.as_ref(), groups);
        self.refer(&format!("{path}.policies"), Kind::Policy, entry.policies.as_ref(), policies);
        let settings = entry.settings();
        self.note(settings.checks(&format!("{path}.")));
        let name = entry.id.clone();
        match self.held.users.get(&name) {
            None => self.changes.push(Change::CreateUser { name, settings }),
            Some(held) if changes_user(held, &settings) => {
                self.changes.push(Change::UpdateUser { name, settings });
            }
            Some(_) => {}
        }
    }

    /// Gives the id, where it is one. What is wrong with the entry by itself is noted already.
    fn credential(
        &mut self,
        path: &str,
        user: &str,
        entry: &CredentialEntry,
        ids: &mut BTreeSet<AccessKeyId>,
    ) -> Option<AccessKeyId> {
        let id = AccessKeyId::parse(&entry.access_key_id).ok()?;
        ids.insert(id.clone());
        let settings = entry.settings();
        let name = user.to_owned();
        let mut held = self.held.credentials.get(&id);
        if let Some(mover) = held.filter(|held| self.leaving.contains(&held.user)) {
            // It has to be free before it is another user's, who gets it as a new one.
            let user = mover.user.clone();
            self.changes.push(Change::DeleteCredential { user, id: id.clone() });
            held = None;
        }
        if entry.is_unresolved() {
            self.fault(path, "its secret was not resolved");
        } else if held.is_none() && settings.secret.is_none() {
            self.fault(
                path,
                "a new credential needs `secret_access_key`, `secret_access_key_file` or `secret_access_key_sealed`",
            );
        }
        match held {
            None => {
                let id = id.clone();
                self.changes.push(Change::CreateCredential { user: name, id, settings });
            }
            Some(held) if held.user != user => self.fault(
                format!("{path}.access_key_id"),
                format!("credential `{id}` belongs to user `{}`", held.user),
            ),
            Some(held) if changes_credential(held, &settings) => {
                let id = id.clone();
                self.changes.push(Change::UpdateCredential { user: name, id, settings });
            }
            Some(_) => {}
        }
        Some(id)
    }

    /// The deletions of all credentials of `user` but these.
    fn credentials_but(&self, user: &str, own: &BTreeSet<AccessKeyId>) -> Vec<Change> {
        self.held
            .credentials
            .iter()
            .filter(|(id, held)| held.user == user && !own.contains(*id))
            .map(|(id, _)| Change::DeleteCredential { user: user.to_owned(), id: id.clone() })
            .collect()
    }

    /// Every name of `list` must be known.
    fn refer(
        &mut self,
        path: &str,
        kind: Kind,
        list: Option<&Vec<String>>,
        known: &BTreeSet<&str>,
    ) {
        for (index, name) in list.into_iter().flatten().enumerate() {
            if !known.contains(name.as_str()) {
                self.fault(format!("{path}[{index}]"), format!("no {kind} `{name}`"));
            }
        }
    }
}

fn differ(held: &BTreeSet<String>, wanted: &[String]) -> bool {
    wanted.iter().collect::<BTreeSet<_>>() != held.iter().collect()
}

fn changes_user(held: &User, wanted: &UserSettings) -> bool {
    wanted.enabled.is_some_and(|enabled| enabled != held.enabled)
        || changes_text(held.email.as_ref(), wanted.email.as_ref())
        || changes_text(held.friendly_name.as_ref(), wanted.friendly_name.as_ref())
        || changes_text(held.source.as_ref(), wanted.source.as_ref())
        || changes_text(held.external_id.as_ref(), wanted.external_id.as_ref())
        || wanted.groups.as_ref().is_some_and(|groups| differ(&held.groups, groups))
        || wanted.policies.as_ref().is_some_and(|policies| differ(&held.policies, policies))
}

fn changes_credential(held: &Credential, wanted: &CredentialSettings) -> bool {
    let secret = wanted.secret.as_ref();
    secret.is_some_and(|secret| !hash::same(held.secret.expose(), secret.expose()))
        || wanted.status.is_some_and(|status| status != held.status)
        || wanted.expires.is_some_and(|expires| held.expires != expires.at())
        || changes_text(held.description.as_ref(), wanted.description.as_ref())
}

/// Whether setting `wanted` would change `held`; the empty text stands for none.
fn changes_text(held: Option<&String>, wanted: Option<&String>) -> bool {
    wanted.is_some_and(|wanted| held.map_or("", String::as_str) != wanted)
}
