//! Identities as people write them down in a file.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use policy::{Document, Fault, Statement};
use serde::{Deserialize, Deserializer};
use sigv::{AccessKeyId, SecretKey};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{AccessKey, CredentialSettings, Expiry, Status, Store, StoreError, UserSettings};

/// What a file says of identities. Of what it does not mention it says nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identities {
    /// The policies.
    pub policies: Option<Vec<PolicyEntry>>,
    /// The groups.
    pub groups: Option<Vec<GroupEntry>>,
    /// The users.
    pub users: Option<Vec<UserEntry>>,
}

/// A policy in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyEntry {
    /// Its name.
    pub id: String,
    /// Its statements.
    pub statement: Vec<Statement>,
}

impl PolicyEntry {
    /// The document, without the name.
    pub fn document(&self) -> Document {
        Document { statement: self.statement.clone() }
    }
}

/// A group in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupEntry {
    /// Its name.
    pub id: String,
    /// The names of all policies attached to it.
    pub policies: Option<Vec<String>>,
}

/// A user in a file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserEntry {
    /// Its name.
    pub id: String,
    /// Whether its credentials are good.
    pub enabled: Option<bool>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// How screens call it.
    pub friendly_name: Option<String>,
    /// Who vouches for it.
    pub source: Option<String>,
    /// What the source calls it.
    pub external_id: Option<String>,
    /// The names of all groups it is in.
    pub groups: Option<Vec<String>>,
    /// The names of all policies attached to itself.
    pub policies: Option<Vec<String>>,
    /// Its access keys.
    pub credentials: Option<Vec<CredentialEntry>>,
}

impl UserEntry {
    /// What is to be set.
    pub fn settings(&self) -> UserSettings {
        UserSettings {
            enabled: self.enabled,
            email: self.email.clone(),
            friendly_name: self.friendly_name.clone(),
            source: self.source.clone(),
            external_id: self.external_id.clone(),
            groups: self.groups.clone(),
            policies: self.policies.clone(),
        }
    }
}

/// An access key in a file. Its secret stands in one of three forms; one that is stored already needs none.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialEntry {
    /// The public half.
    pub access_key_id: String,
    secret_access_key: Option<Plain>,
    secret_access_key_file: Option<PathBuf>,
    secret_access_key_sealed: Option<String>,
    /// Whether it opens anything.
    pub status: Option<Status>,
    /// From when on it opens nothing; null takes away what was there.
    #[serde(default, deserialize_with = "present")]
    pub expires: Option<Expiry>,
    /// What it is for.
    pub description: Option<String>,
}

impl CredentialEntry {
    /// An entry with nothing but the two halves of `key`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Invalid`] when the secret is no text.
    pub fn new(key: &AccessKey) -> Result<Self, StoreError> {
        let secret = plain("secret_access_key", key.secret.expose())?;
        Ok(Self {
            access_key_id: key.id.to_string(),
            secret_access_key: Some(secret),
            secret_access_key_file: None,
            secret_access_key_sealed: None,
            status: None,
            expires: None,
            description: None,
        })
    }

    /// What is to be set.
    pub fn settings(&self) -> CredentialSettings {
        let secret = self.secret_access_key.as_ref();
        CredentialSettings {
            secret: secret.map(|Plain(text)| SecretKey::new(text.as_bytes())),
            status: self.status,
            expires: self.expires,
            description: self.description.clone(),
        }
    }

    /// Whether the secret is in another form than the plain one.
    pub(crate) fn is_unresolved(&self) -> bool {
        self.secret_access_key_file.is_some() || self.secret_access_key_sealed.is_some()
    }

    /// Brings the secret into its plain form.
    fn resolve(
        &mut self,
        store: &Store,
        path: &str,
        read: &mut impl FnMut(&Path) -> io::Result<Vec<u8>>,
    ) -> Result<(), StoreError> {
        match (
            &self.secret_access_key,
            self.secret_access_key_file.take(),
            self.secret_access_key_sealed.take(),
        ) {
            (_, None, None) => {}
            (None, Some(file), None) => {
                let path = format!("{path}.secret_access_key_file");
                let bytes = read(&file).map(Zeroizing::new).map_err(|fault| {
                    StoreError::invalid(&path, format!("`{}`: {fault}", file.display()))
                })?;
                let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
                let text = text.strip_suffix(b"\r").unwrap_or(text);
                self.secret_access_key = Some(plain(&path, text)?);
            }
            (None, None, Some(sealed)) => {
                let path = format!("{path}.secret_access_key_sealed");
                let invalid =
                    |fault: &dyn fmt::Display| StoreError::invalid(&path, fault.to_string());
                let id =
                    AccessKeyId::parse(&self.access_key_id).map_err(|fault| invalid(&fault))?;
                let secret = store.open_secret(&id, &sealed).map_err(|fault| invalid(&fault))?;
                self.secret_access_key = Some(plain(&path, secret.expose())?);
            }
            (Some(_), ..) | (None, Some(_), Some(_)) => {
                return Err(StoreError::invalid(
                    path,
                    "give one of `secret_access_key`, `secret_access_key_file` and `secret_access_key_sealed`",
                ));
            }
        }
        Ok(())
    }
}

impl Identities {
    /// Brings every secret into its plain form: reads the files by `read`, less one line end, and opens
    /// the sealed ones by the store's key.
    ///
    /// # Errors
    ///
    /// [`StoreError::Invalid`] with every secret that stands in two forms, or cannot be read or opened.
    pub fn resolve(
        &mut self,
        store: &Store,
        mut read: impl FnMut(&Path) -> io::Result<Vec<u8>>,
    ) -> Result<(), StoreError> {
        let mut found: Vec<Fault> = Vec::new();
        for (index, user) in self.users.iter_mut().flatten().enumerate() {
            for (place, entry) in user.credentials.iter_mut().flatten().enumerate() {
                let path = format!("users[{index}].credentials[{place}]");
                match entry.resolve(store, &path, &mut read) {
                    Err(StoreError::Invalid { faults }) => found.extend(faults),
                    done => done?,
                }
            }
        }
        if found.is_empty() { Ok(()) } else { Err(StoreError::Invalid { faults: found }) }
    }
}

/// A secret as it was written. It is wiped when dropped and prints as `Plain(..)`.
#[derive(Clone, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
struct Plain(String);

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plain(..)")
    }
}

/// A value that is there, be it null.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

fn plain(path: &str, bytes: &[u8]) -> Result<Plain, StoreError> {
    std::str::from_utf8(bytes)
        .map(|text| Plain(text.to_owned()))
        .map_err(|_| StoreError::invalid(path, "is no text"))
}
