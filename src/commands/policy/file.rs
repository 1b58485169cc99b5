//! Files with policies: of identities, as `apply` takes them, or a lakeFS policy alone.

use std::path::Path;

use policy::Draft;
use serde::Deserialize;
use store::{Identities, PolicyEntry};

use crate::{config::Fault, identities::IdentitiesFile};

/// A file with policies, read.
pub(crate) struct PolicyFile {
    file: IdentitiesFile,
    identities: Identities,
    form: Form,
}

/// What the file as a whole is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Identities,
    Policy,
}

/// A policy as lakeFS writes one. Its name may be absent: then it is the file's.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bare {
    id: Option<String>,
    statement: Vec<Draft>,
}

impl Form {
    /// What a file with these keys is meant to be, though not all be right with it.
    fn of(keys: &[String]) -> Self {
        let has = |wanted: &[&str]| {
            keys.iter().any(|key| wanted.iter().any(|wanted| key.eq_ignore_ascii_case(wanted)))
        };
        let is_policy = has(&["id", "statement"]) && !has(&["policies", "groups", "users"]);
        if is_policy { Self::Policy } else { Self::Identities }
    }
}

impl Bare {
    /// The policy as identities say it. Without an id it has the name of the file at `path`, less its ending.
    fn named(self, path: &Path) -> Identities {
        let stem = || path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let entry = PolicyEntry { id: self.id.unwrap_or_else(stem), statement: self.statement };
        Identities { policies: Some(vec![entry]), groups: None, users: None }
    }
}

impl PolicyFile {
    /// Reads the file at `path`, YAML or JSON.
    ///
    /// # Errors
    ///
    /// What is wrong, with its place.
    pub(crate) fn read(path: &Path) -> Result<Self, Fault> {
        let file = IdentitiesFile::open(path)?;
        let form = Form::of(&file.keys());
        let identities = match form {
            Form::Identities => file.read()?,
            Form::Policy => file.read::<Bare>()?.named(path),
        };
        Ok(Self { file, identities, form })
    }

    /// `file`, of which `identities` were read otherwise.
    pub(crate) fn of(file: IdentitiesFile, identities: Identities) -> Self {
        Self { file, identities, form: Form::Identities }
    }

    /// What it says.
    pub(crate) fn identities(&self) -> Identities {
        self.identities.clone()
    }

    /// What the paths of the policy at `index` begin with in this file.
    pub(crate) fn path_of_policy(&self, index: usize) -> String {
        match self.form {
            Form::Identities => format!("policies[{index}]."),
            Form::Policy => String::new(),
        }
    }

    /// Where in which file the value at `path` stands: `people.yaml: line 3, column 5`.
    pub(crate) fn place_of(&self, path: &str) -> String {
        self.file.place_of(path)
    }

    /// `fault` with its line and column in the file.
    pub(crate) fn place(&self, fault: policy::Fault) -> Fault {
        self.file.place(fault)
    }
}
