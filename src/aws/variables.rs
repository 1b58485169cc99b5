//! The variables of the AWS CLI.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf};

use sigv::SecretKey;

use super::{Credential, Found, fault};
use crate::config::Fault;

/// The variables that begin with `AWS_`, and `HOME`, read once, at start. One that is empty is not set.
///
/// Values may be secrets, so that it has no `Debug`.
pub(crate) struct Variables(BTreeMap<String, OsString>);

impl Variables {
    /// The process's own.
    pub(crate) fn of_process() -> Self {
        Self::from_pairs(std::env::vars_os())
    }

    /// What is the AWS CLI's among `pairs`.
    pub(crate) fn from_pairs<T: Into<OsString>>(pairs: impl IntoIterator<Item = (T, T)>) -> Self {
        let pairs = pairs.into_iter().filter_map(|(name, value)| {
            let (name, value) = (name.into().into_string().ok()?, value.into());
            let is_ours = name.starts_with("AWS_") || name == "HOME";
            (is_ours && !value.is_empty()).then_some((name, value))
        });
        Self(pairs.collect())
    }

    /// The first of `names` that is set.
    pub(super) fn first(&self, names: &[&'static str]) -> Result<Option<Found>, Fault> {
        let Some((name, value)) = names.iter().find_map(|name| Some((*name, self.0.get(*name)?)))
        else {
            return Ok(None);
        };
        match value.to_str() {
            Some(text) => Ok(Some(Found::new(name, text))),
            None => Err(fault(name, "not UTF-8")),
        }
    }

    /// The access key, if its public half is set.
    pub(super) fn credential(&self) -> Result<Option<Credential>, Fault> {
        let Some(access_key_id) = self.first(&["AWS_ACCESS_KEY_ID"])? else { return Ok(None) };
        let Some(secret) = self.first(&["AWS_SECRET_ACCESS_KEY"])? else {
            return Err(fault("AWS_SECRET_ACCESS_KEY", "missing; AWS_ACCESS_KEY_ID is set"));
        };
        let secret = SecretKey::new(secret.text.as_bytes());
        let session_token = self.first(&["AWS_SESSION_TOKEN"])?;
        Ok(Some(Credential { access_key_id, secret, session_token }))
    }

    /// The file that `name` says, or the one called so in `.aws` at home.
    pub(super) fn file(&self, name: &str, at_home: &str) -> Option<PathBuf> {
        let home = self.0.get("HOME").map(PathBuf::from);
        match self.0.get(name).map(PathBuf::from) {
            Some(path) => match path.strip_prefix("~") {
                Ok(rest) => home.map(|home| home.join(rest)),
                Err(_) => Some(path),
            },
            None => home.map(|home| home.join(".aws").join(at_home)),
        }
    }
}
