//! Who holds which policies, as files or a store say, judged as `apply` judges them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use policy::{Document, Policy};
use store::Snapshot;
use time::OffsetDateTime;

use super::{file::PolicyFile, together::Together};
use crate::{commands::of_policy, config::Fault};

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
        Self::of_files_over(&Snapshot::of_new_store(UNKNOWN), files)
    }

    /// What is wrong with `files` though there are others, which could not be read.
    pub(crate) fn faults_of_some(files: &[PolicyFile]) -> Vec<Fault> {
        Together::of(files).faults_of_some(&Snapshot::of_new_store(UNKNOWN))
    }

    /// What there is after `files` were applied to a store that holds `base`. Credentials are
    /// passed over.
    ///
    /// # Errors
    ///
    /// Everything that is wrong in the files, each with its place, and documents of `base` that
    /// this program does not take.
    pub(crate) fn of_files_over(base: &Snapshot, files: &[PolicyFile]) -> Result<Self, Vec<Fault>> {
        let together = Together::of(files);
        let mut held = base.clone();
        for change in together.changes(base)? {
            held.commit(&change, UNKNOWN);
        }
        let mut directory = Self::of_snapshot(&held)?;
        for (name, written) in together.written() {
            if let Some(held) = directory.policies.get_mut(name) {
                held.written = Some(written);
            }
        }
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
            directory.policies.insert(name.clone(), Held::compile(name, document.clone())?);
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
}

impl Held {
    /// The statement at `index`.
    pub(crate) fn statement(&self, index: usize) -> Option<&policy::Statement> {
        self.document.statement.get(index)
    }

    /// Whether it is a preset, as it was made.
    pub(crate) fn is_preset(&self) -> bool {
        store::is_new_policy(self.policy.name(), &self.document)
    }

    fn compile(name: &str, document: Document) -> Result<Self, Vec<Fault>> {
        match Policy::compile(name, &document) {
            Ok(policy) => Ok(Self { document, policy: Arc::new(policy), written: None }),
            Err(faults) => Err(faults.into_iter().map(|fault| of_policy(name, fault)).collect()),
        }
    }
}

/// When all was made that is in no store.
const UNKNOWN: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
