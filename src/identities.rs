//! Files of identities: how they are read, and where in them something is wrong.

use std::{cell::OnceCell, fs, path::Path};

use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::{
    config::Fault,
    yaml::{self, Places},
};

/// A file of identities. It may hold secrets: nothing of its text but names is repeated.
pub(crate) struct IdentitiesFile {
    origin: String,
    text: Zeroizing<String>,
    places: OnceCell<Option<Places>>,
}

impl IdentitiesFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub(crate) fn open(path: &Path) -> Result<Self, Fault> {
        let origin = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => Ok(Self { origin, text: Zeroizing::new(text), places: OnceCell::new() }),
            Err(error) => {
                let reason = format!("cannot be read: {error}");
                Err(Fault { origin, place: String::new(), reason })
            }
        }
    }

    /// What stands in it; an empty file says nothing.
    ///
    /// # Errors
    ///
    /// What is wrong, with line, column and path.
    pub(crate) fn read<T: DeserializeOwned + Default>(&self) -> Result<T, Fault> {
        if self.text.trim().is_empty() {
            return Ok(T::default());
        }
        yaml::read(&self.text, &self.origin).map_err(|mut fault| {
            if let Some((path, reason)) = fault.reason.split_once(": ")
                && let Some(id) = self.entry(path)
            {
                fault.reason = format!("{path} ({id}): {reason}");
            }
            fault
        })
    }

    /// Where in which file the value at `path` stands: `people.yaml: line 3, column 5`.
    pub(crate) fn place_of(&self, path: &str) -> String {
        format!("{}: {}", self.origin, self.find(path))
    }

    /// `fault` with its line and column in the file.
    pub(crate) fn place(&self, fault: policy::Fault) -> Fault {
        let place = self.find(&fault.path);
        let policy::Fault { path, reason } = fault;
        let reason = match self.entry(&path) {
            Some(id) => format!("{path} ({id}): {reason}"),
            None => format!("{path}: {reason}"),
        };
        Fault { origin: self.origin.clone(), place, reason }
    }

    /// The keys that stand at its top, as far as it can be read.
    pub(crate) fn keys(&self) -> Vec<String> {
        yaml::keys(&self.text)
    }

    fn find(&self, path: &str) -> String {
        self.places().map_or_else(String::new, |places| places.find(path))
    }

    /// Where everything in it stands; absent when it is not read.
    fn places(&self) -> Option<&Places> {
        self.places.get_or_init(|| Places::of(&self.text)).as_ref()
    }

    /// The id of the entry that `path` leads into. What no screen should be sent is escaped.
    fn entry(&self, path: &str) -> Option<String> {
        self.places()?.id(path).map(|id| id.escape_debug().to_string())
    }
}
