//! Several files as one, and where each entry of it stands.

use store::{Change, Identities, Prune, Snapshot, StoreError};

use super::{directory::Written, file::PolicyFile};
use crate::{commands::of_policy, config::Fault};

/// What files say together. Credentials are passed over.
pub(crate) struct Together<'f> {
    files: &'f [PolicyFile],
    identities: Identities,
    policies: Vec<Origin>,
    groups: Vec<Origin>,
    users: Vec<Origin>,
}

/// Where an entry of a list was written.
#[derive(Clone, Copy, Debug)]
struct Origin {
    /// The file's place in the list of files.
    file: usize,
    /// The entry's place in that file's list.
    index: usize,
}

impl<'f> Together<'f> {
    /// What `files` say, one after the other.
    pub(crate) fn of(files: &'f [PolicyFile]) -> Self {
        let (mut policies, mut groups, mut users) = (Vec::new(), Vec::new(), Vec::new());
        let mut together = Self {
            files,
            identities: Identities::default(),
            policies: Vec::new(),
            groups: Vec::new(),
            users: Vec::new(),
        };
        for (file, read) in files.iter().map(PolicyFile::identities).enumerate() {
            append(&mut policies, &mut together.policies, read.policies, file);
            append(&mut groups, &mut together.groups, read.groups, file);
            append(&mut users, &mut together.users, read.users, file);
        }
        for user in &mut users {
            user.credentials = None;
        }
        let (policies, groups, users) = (Some(policies), Some(groups), Some(users));
        together.identities = Identities { policies, groups, users };
        together
    }

    /// What it takes to make `held` be as the files say.
    ///
    /// # Errors
    ///
    /// Everything that is wrong in the files, each with its place.
    pub(crate) fn changes(&self, held: &Snapshot) -> Result<Vec<Change>, Vec<Fault>> {
        store::diff(held, &self.identities, Prune::Keep).map_err(|error| match error {
            StoreError::Invalid { faults } => {
                faults.into_iter().map(|fault| self.place(fault)).collect()
            }
            other => vec![unplaced(other.to_string())],
        })
    }

    /// The names of the policies of all files, each with where it was written.
    pub(crate) fn written(&self) -> impl Iterator<Item = (&str, Written)> {
        let entries = self.identities.policies.iter().flatten().zip(&self.policies);
        entries.filter_map(|(entry, origin)| {
            let path = self.files.get(origin.file)?.path_of_policy(origin.index);
            Some((entry.id.as_str(), Written { file: origin.file, path }))
        })
    }

    /// `fault`, whose path is one in all files together, with its place in its own file.
    fn place(&self, fault: policy::Fault) -> Fault {
        let Some((file, path)) = self.own(&fault.path) else {
            return unplaced(fault.to_string());
        };
        file.place(policy::Fault { path, reason: fault.reason })
    }

    /// The file that `path` leads into, and the path in it.
    fn own(&self, path: &str) -> Option<(&PolicyFile, String)> {
        let (list, rest) = path.split_once('[')?;
        let (index, rest) = rest.split_once(']')?;
        let origins = match list {
            "policies" => &self.policies,
            "groups" => &self.groups,
            "users" => &self.users,
            _ => return None,
        };
        let Origin { file, index } = *origins.get(index.parse::<usize>().ok()?)?;
        let file = self.files.get(file)?;
        let path = if list == "policies" {
            format!("{}{}", file.path_of_policy(index), rest.strip_prefix('.').unwrap_or(rest))
        } else {
            format!("{list}[{index}]{rest}")
        };
        Some((file, path))
    }
}

fn append<T>(all: &mut Vec<T>, origins: &mut Vec<Origin>, more: Option<Vec<T>>, file: usize) {
    for (index, entry) in more.into_iter().flatten().enumerate() {
        all.push(entry);
        origins.push(Origin { file, index });
    }
}

/// What no file is to blame for.
fn unplaced(reason: String) -> Fault {
    of_policy("policies", policy::Fault { path: String::new(), reason })
}
