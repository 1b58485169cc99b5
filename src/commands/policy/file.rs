//! Files with policies: of identities, as `apply` takes them, or a lakeFS policy alone.

use std::path::Path;

use policy::Statement;
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
    #[serde(default)]
    statement: Vec<Statement>,
}

impl PolicyFile {
    /// Reads the file at `path`, YAML or JSON.
    ///
    /// # Errors
    ///
    /// What is wrong, with its place.
    pub(crate) fn read(path: &Path) -> Result<Self, Fault> {
        let file = IdentitiesFile::open(path)?;
        if !file.places().is_some_and(|places| places.has("statement")) {
            let identities = file.read()?;
            return Ok(Self { file, identities, form: Form::Identities });
        }
        let Bare { id, statement } = file.read()?;
        let stem = || path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let entry = PolicyEntry { id: id.unwrap_or_else(stem), statement };
        let identities = Identities { policies: Some(vec![entry]), groups: None, users: None };
        Ok(Self { file, identities, form: Form::Policy })
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

    /// `fault` with its line and column in the file.
    pub(crate) fn place(&self, fault: policy::Fault) -> Fault {
        self.file.place(fault)
    }
}
