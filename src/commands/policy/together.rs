//! Several files as one, and where each entry of it stands.

use std::collections::{BTreeMap, btree_map::Entry};

use store::{Change, Identities, Prune, Snapshot, StoreError};

use super::{directory::Written, file::PolicyFile};
use crate::{commands::of_policy, config::Fault};

/// What files say together. Of credentials only what is wrong with them is looked at.
pub(crate) struct Together<'f> {
    files: &'f [PolicyFile],
    identities: Identities,
    policies: Vec<Origin>,
    groups: Vec<Origin>,
    users: Vec<Origin>,
    /// Of names and access keys that another file has before: their paths, and the paths of the first.
    elsewhere: BTreeMap<String, String>,
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
            elsewhere: BTreeMap::new(),
        };
        for (file, read) in files.iter().map(PolicyFile::identities).enumerate() {
            append(&mut policies, &mut together.policies, read.policies, file);
            append(&mut groups, &mut together.groups, read.groups, file);
            append(&mut users, &mut together.users, read.users, file);
        }
        let (policies, groups, users) = (Some(policies), Some(groups), Some(users));
        together.identities = Identities { policies, groups, users };
        together.elsewhere = together.elsewhere();
        together
    }

    fn elsewhere(&self) -> BTreeMap<String, String> {
        let mut seen: BTreeMap<(&str, &str), (usize, String)> = BTreeMap::new();
        let mut elsewhere = BTreeMap::new();
        let mut see = |kind, name, file, path: String| match seen.entry((kind, name)) {
            Entry::Vacant(free) => _ = free.insert((file, path)),
            Entry::Occupied(first) => {
                let (other, first) = first.get();
                if *other != file {
                    elsewhere.insert(path, first.clone());
                }
            }
        };
        let Identities { policies, groups, users } = &self.identities;
        for (index, (entry, origin)) in policies.iter().flatten().zip(&self.policies).enumerate() {
            see("policy", &*entry.id, origin.file, format!("policies[{index}].id"));
        }
        for (index, (entry, origin)) in groups.iter().flatten().zip(&self.groups).enumerate() {
            see("group", &entry.id, origin.file, format!("groups[{index}].id"));
        }
        for (index, (entry, origin)) in users.iter().flatten().zip(&self.users).enumerate() {
            see("user", &entry.id, origin.file, format!("users[{index}].id"));
            for (place, entry) in entry.credentials.iter().flatten().enumerate() {
                let path = format!("users[{index}].credentials[{place}].access_key_id");
                see("credential", &entry.access_key_id, origin.file, path);
            }
        }
        elsewhere
    }

    /// What it takes to make `held` be as the files say.
    ///
    /// # Errors
    ///
    /// Everything that is wrong in the files, each with its place.
    pub(crate) fn changes(&self, held: &Snapshot) -> Result<Vec<Change>, Vec<Fault>> {
        self.judged(held)
            .map_err(|faults| faults.into_iter().map(|fault| self.place(fault)).collect())
    }

    /// What is wrong in the files though there are others, which could not be read: what may stand there is not missed.
    pub(crate) fn faults_of_some(&self, held: &Snapshot) -> Vec<Fault> {
        let faults = self.judged(held).err().into_iter().flatten();
        faults.filter(|fault| !refers(&fault.path)).map(|fault| self.place(fault)).collect()
    }

    fn judged(&self, held: &Snapshot) -> Result<Vec<Change>, Vec<policy::Fault>> {
        let of_credentials = self.identities.credential_faults();
        let faults = match store::diff(held, &self.without_credentials(), Prune::Keep) {
            Ok(changes) if of_credentials.is_empty() => return Ok(changes),
            Ok(_) => Vec::new(),
            Err(StoreError::Invalid { faults }) => faults,
            Err(other) => {
                vec![policy::Fault { path: String::new(), reason: other.to_string() }]
            }
        };
        Err(faults.into_iter().chain(of_credentials).collect())
    }

    /// What the files say of all but credentials, which take secrets to be judged.
    fn without_credentials(&self) -> Identities {
        let mut identities = self.identities.clone();
        for user in identities.users.iter_mut().flatten() {
            user.credentials = None;
        }
        identities
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
            return of_policy("policies", fault);
        };
        let reason = match self.elsewhere.get(&fault.path) {
            Some(first) => self.as_well(first),
            None => fault.reason,
        };
        file.place(policy::Fault { path, reason })
    }

    /// What is told of a name that stands at `first` already, in another file.
    fn as_well(&self, first: &str) -> String {
        let place = match self.own(first) {
            Some((file, path)) => file.place_of(&path),
            None => first.to_owned(),
        };
        format!("the same name stands in {place}: which of the two is meant?")
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

/// Whether `path` is that of a name that stands elsewhere, such as `users[0].groups[1]`.
fn refers(path: &str) -> bool {
    let last = path.rsplit_once('.').map(|(_, last)| last);
    last.is_some_and(|last| last.starts_with("groups[") || last.starts_with("policies["))
}
