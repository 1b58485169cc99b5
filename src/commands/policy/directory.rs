//! Who holds which policies, as files or a store say, judged as `apply` judges them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use policy::{Document, Policy, presets};
use store::{Group, Identities, Prune, Snapshot, StoreError};
use time::OffsetDateTime;

use super::file::PolicyFile;
use crate::config::Fault;

/// Users, groups and policies, every document compiled. The presets are there, as in every store.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    /// Policies by name.
    pub(crate) policies: BTreeMap<String, Held>,
    /// The names of their policies, by the name of the group.
    pub(crate) groups: BTreeMap<String, BTreeSet<String>>,
    /// Users by name.
    pub(crate) users: BTreeMap<String, Holder>,
}

/// A policy of a directory.
#[derive(Debug)]
pub(crate) struct Held {
    /// Its document.
    pub(crate) document: Document,
    /// The document, compiled.
    pub(crate) policy: Arc<Policy>,
    /// Where it was written, of the files that were read; absent for a preset and for what a store holds.
    pub(crate) written: Option<Written>,
}

/// Where a policy was written.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// The file's place in the list of files.
    pub(crate) file: usize,
    /// The policy's path in it, such as `policies[0].`; empty when the document is all of the file.
    pub(crate) path: String,
}

/// A user of a directory.
#[derive(Debug, Default)]
pub(crate) struct Holder {
    /// Whether its credentials are good.
    pub(crate) is_disabled: bool,
    /// The names of the groups it is in.
    pub(crate) groups: BTreeSet<String>,
    /// The names of the policies attached to itself.
    pub(crate) policies: BTreeSet<String>,
}

/// What a user holds, and how it came by it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holding<'a> {
    /// The policy.
    pub(crate) held: &'a Held,
    /// The group that it is attached to; absent when it is attached to the user.
    pub(crate) group: Option<&'a str>,
}

impl Directory {
    /// What `files` say together, on top of the presets. Credentials are passed over.
    ///
    /// # Errors
    ///
    /// Everything that is wrong in them, each with its place.
    pub(crate) fn of_files(files: &[PolicyFile]) -> Result<Self, Vec<Fault>> {
        Self::of_files_over(&presets(), files)
    }

    /// What there is after `files` were applied to a store that holds `base`. Credentials are
    /// passed over.
    ///
    /// # Errors
    ///
    /// Everything that is wrong in the files, each with its place, and documents of `base` that
    /// this program does not take.
    pub(crate) fn of_files_over(base: &Snapshot, files: &[PolicyFile]) -> Result<Self, Vec<Fault>> {
        let mut wanted = Identities {
            policies: Some(Vec::new()),
            groups: Some(Vec::new()),
            users: Some(Vec::new()),
        };
        let mut starts = Vec::with_capacity(files.len());
        for file in files {
            let read = file.identities();
            starts.push(Starts::of(&wanted));
            append(&mut wanted.policies, read.policies);
            append(&mut wanted.groups, read.groups);
            append(&mut wanted.users, read.users);
        }
        for user in wanted.users.iter_mut().flatten() {
            user.credentials = None;
        }
        match store::diff(base, &wanted, Prune::Keep) {
            Ok(_) => {}
            Err(StoreError::Invalid { faults }) => {
                let place = |fault| place(fault, files, &starts);
                return Err(faults.into_iter().map(place).collect());
            }
            Err(other) => return Err(vec![unplaced(other.to_string())]),
        }
        let mut directory = Self::of_snapshot(base)?;
        directory.add(&wanted, files, &starts)?;
        Ok(directory)
    }

    /// What a store holds.
    ///
    /// # Errors
    ///
    /// A document that this program does not take.
    pub(crate) fn of_snapshot(snapshot: &Snapshot) -> Result<Self, Vec<Fault>> {
        let mut directory = Self::default();
        for (name, document) in &snapshot.policies {
            directory.policies.insert(name.clone(), Held::compile(name, document.clone(), None)?);
        }
        for (name, group) in &snapshot.groups {
            directory.groups.insert(name.clone(), group.policies.clone());
        }
        for (name, user) in &snapshot.users {
            let (groups, policies) = (user.groups.clone(), user.policies.clone());
            let holder = Holder { is_disabled: !user.enabled, groups, policies };
            directory.users.insert(name.clone(), holder);
        }
        Ok(directory)
    }

    /// Everything that `user` holds: what is attached to itself first, then group by group.
    pub(crate) fn holdings<'a>(&'a self, user: &'a Holder) -> Vec<Holding<'a>> {
        let own = user.policies.iter().map(|name| (name, None));
        let by_group = user.groups.iter().flat_map(|group| {
            let policies = self.groups.get(group).into_iter().flatten();
            policies.map(|name| (name, Some(group.as_str())))
        });
        own.chain(by_group)
            .filter_map(|(name, group)| Some(Holding { held: self.policies.get(name)?, group }))
            .collect()
    }

    /// The policies that `user` holds, each once.
    pub(crate) fn policies_of(&self, user: &Holder) -> Vec<Arc<Policy>> {
        let mut seen = BTreeSet::new();
        self.holdings(user)
            .into_iter()
            .filter(|holding| seen.insert(holding.held.policy.name()))
            .map(|holding| Arc::clone(&holding.held.policy))
            .collect()
    }

    fn add(
        &mut self,
        wanted: &Identities,
        files: &[PolicyFile],
        starts: &[Starts],
    ) -> Result<(), Vec<Fault>> {
        for (index, entry) in wanted.policies.iter().flatten().enumerate() {
            let (file, own) = owner(index, starts, |starts| starts.policies);
            let path = files.get(file).map_or_else(String::new, |file| file.path_of_policy(own));
            let written = Written { file, path };
            let held = Held::compile(&entry.id, entry.document(), Some(written))?;
            self.policies.insert(entry.id.clone(), held);
        }
        for entry in wanted.groups.iter().flatten() {
            // What an entry does not mention stays as it is, here as in a store.
            let held = self.groups.entry(entry.id.clone()).or_default();
            if let Some(policies) = &entry.policies {
                *held = policies.iter().cloned().collect();
            }
        }
        for entry in wanted.users.iter().flatten() {
            let holder = self.users.entry(entry.id.clone()).or_default();
            if let Some(enabled) = entry.enabled {
                holder.is_disabled = !enabled;
            }
            if let Some(groups) = &entry.groups {
                holder.groups = groups.iter().cloned().collect();
            }
            if let Some(policies) = &entry.policies {
                holder.policies = policies.iter().cloned().collect();
            }
        }
        Ok(())
    }
}

impl Held {
    /// The statement at `index`.
    pub(crate) fn statement(&self, index: usize) -> Option<&policy::Statement> {
        self.document.statement.get(index)
    }

    /// Whether it is a preset, as it was made.
    pub(crate) fn is_preset(&self) -> bool {
        let name = self.policy.name();
        presets::POLICIES
            .iter()
            .any(|preset| preset.name == name && preset.document() == self.document)
    }

    fn compile(
        name: &str,
        document: Document,
        written: Option<Written>,
    ) -> Result<Self, Vec<Fault>> {
        match Policy::compile(name, &document) {
            Ok(policy) => Ok(Self { document, policy: Arc::new(policy), written }),
            Err(faults) => {
                Err(faults.into_iter().map(|fault| unplaced(format!("{name}: {fault}"))).collect())
            }
        }
    }
}

/// How many entries the files before one have.
#[derive(Clone, Copy, Debug)]
struct Starts {
    policies: usize,
    groups: usize,
    users: usize,
}

impl Starts {
    fn of(before: &Identities) -> Self {
        Self {
            policies: before.policies.as_ref().map_or(0, Vec::len),
            groups: before.groups.as_ref().map_or(0, Vec::len),
            users: before.users.as_ref().map_or(0, Vec::len),
        }
    }
}

/// The file that an entry of all files together comes from, and its index there.
fn owner(index: usize, starts: &[Starts], of: impl Fn(&Starts) -> usize) -> (usize, usize) {
    let mut files = starts.iter().map(of).enumerate();
    let (file, start) = files.rfind(|(_, start)| *start <= index).unwrap_or_default();
    (file, index.saturating_sub(start))
}

/// `fault`, whose path is one in all files together, with its place in its own file.
fn place(mut fault: policy::Fault, files: &[PolicyFile], starts: &[Starts]) -> Fault {
    let found = fault.path.split_once('[').and_then(|(list, rest)| {
        let (index, rest) = rest.split_once(']')?;
        let index = index.parse::<usize>().ok()?;
        let of: fn(&Starts) -> usize = match list {
            "policies" => |starts| starts.policies,
            "groups" => |starts| starts.groups,
            _ => |starts| starts.users,
        };
        let (file, own) = owner(index, starts, of);
        Some((files.get(file)?, list, own, rest))
    });
    match found {
        Some((file, "policies", own, rest)) => {
            let rest = rest.strip_prefix('.').unwrap_or(rest);
            fault.path = format!("{}{rest}", file.path_of_policy(own));
            file.place(fault)
        }
        Some((file, list, own, rest)) => {
            fault.path = format!("{list}[{own}]{rest}");
            file.place(fault)
        }
        None => unplaced(fault.to_string()),
    }
}

fn unplaced(reason: String) -> Fault {
    Fault { origin: "policies".to_owned(), place: String::new(), reason }
}

fn append<T>(all: &mut Option<Vec<T>>, more: Option<Vec<T>>) {
    if let Some(all) = all {
        all.extend(more.into_iter().flatten());
    }
}

/// What a new store holds.
fn presets() -> Snapshot {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Snapshot {
        policies: presets::POLICIES
            .iter()
            .map(|preset| (preset.name.to_owned(), preset.document()))
            .collect(),
        groups: presets::GROUPS
            .iter()
            .map(|preset| {
                let created = OffsetDateTime::UNIX_EPOCH;
                (preset.name.to_owned(), Group { created, policies: names(preset.policies) })
            })
            .collect(),
        ..Snapshot::default()
    }
}
