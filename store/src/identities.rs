//! Identities as people write them down in a file.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use policy::{Conditions, Document, Draft, Fault};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sigv::{AccessKeyId, SecretKey};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::seal::Sealer;
use crate::{
    AccessKey, Credential, CredentialSettings, Expiry, SecretText, Status, StoreError, UserSettings,
};

/// What a file says of identities. Of what it does not mention it says nothing.
///
/// Of secrets only sealed ones are written back.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identities {
    /// The policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<PolicyEntry>>,
    /// The groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<GroupEntry>>,
    /// The users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<Vec<UserEntry>>,
}

/// A policy in a file, not yet judged.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyEntry {
    /// Its name.
    pub id: String,
    /// Its statements.
    #[serde(serialize_with = "statements")]
    pub statement: Vec<Draft>,
}

impl PolicyEntry {
    /// The document, without the name.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, by its paths in the document.
    pub fn document(&self) -> Result<Document, Vec<Fault>> {
        Document::of_drafts(&self.statement)
    }

    /// An entry that says `document`.
    pub(crate) fn of(name: &str, document: &Document) -> Self {
        Self {
            id: name.to_owned(),
            statement: document.statement.iter().map(Draft::from).collect(),
        }
    }
}

/// A group in a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupEntry {
    /// Its name.
    pub id: String,
    /// The names of all policies attached to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<String>>,
}

/// A user in a file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserEntry {
    /// Its name.
    pub id: String,
    /// Whether its credentials are good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Its e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// How screens call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub friendly_name: Option<String>,
    /// Who vouches for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What the source calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The names of all groups it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// The names of all policies attached to itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<String>>,
    /// Its access keys.
    #[serde(skip_serializing_if = "Option::is_none")]
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
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialEntry {
    /// The public half.
    pub access_key_id: String,
    #[serde(skip_serializing)]
    secret_access_key: Option<Plain>,
    #[serde(skip_serializing)]
    secret_access_key_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_access_key_sealed: Option<String>,
    /// Whether it opens anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// From when on it opens nothing; null takes away what was there.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expiry>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
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

    /// An entry that says all that `held` does of the access key `id`, with its secret sealed.
    pub(crate) fn of(id: &AccessKeyId, held: &Credential) -> Self {
        Self {
            access_key_id: id.to_string(),
            secret_access_key: None,
            secret_access_key_file: None,
            secret_access_key_sealed: Some(held.sealed.clone()),
            status: Some(held.status),
            expires: Some(held.expires.map_or(Expiry::Never, Expiry::At)),
            description: held.description.clone(),
        }
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

    /// What is wrong with it by itself; its secret is judged where it stands in clear.
    fn faults(&self, path: &str) -> Vec<Fault> {
        let fault = |path: String, reason: String| Fault { path, reason };
        let id = AccessKeyId::parse(&self.access_key_id)
            .map_err(|refusal| fault(format!("{path}.access_key_id"), refusal.to_string()));
        let forms = [
            self.secret_access_key.is_some(),
            self.secret_access_key_file.is_some(),
            self.secret_access_key_sealed.is_some(),
        ];
        let is_one = forms.into_iter().filter(|is_there| *is_there).count() <= 1;
        let form = if is_one { Ok(()) } else { Err(fault(path.to_owned(), ONE_FORM.to_owned())) };
        let settings = self.settings().checks(&format!("{path}."));
        let checks = [id.map(drop), form].into_iter().chain(settings);
        checks.filter_map(Result::err).collect()
    }

    /// Brings the secret into its plain form.
    fn resolve(
        &mut self,
        sealer: &Sealer,
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
            (None, None, Some(text)) => {
                let path = format!("{path}.secret_access_key_sealed");
                let invalid =
                    |fault: &dyn fmt::Display| StoreError::invalid(&path, fault.to_string());
                let id =
                    AccessKeyId::parse(&self.access_key_id).map_err(|fault| invalid(&fault))?;
                let secret = match sealer.open_secret(&id, &text) {
                    Err(StoreError::WrongKey { sealed_with, configured }) => {
                        return Err(invalid(&format_args!(
                            "was sealed under another `auth.encrypt.secret_key` (key id \
                             {sealed_with}, the configured one has {configured})"
                        )));
                    }
                    Err(StoreError::Corrupt { .. }) => {
                        return Err(invalid(
                            &"does not open: it was changed, or sealed for another access key",
                        ));
                    }
                    opened => opened?,
                };
                self.secret_access_key = Some(plain(&path, secret.expose())?);
            }
            (Some(_), ..) | (None, Some(_), Some(_)) => {
                return Err(StoreError::invalid(path, ONE_FORM));
            }
        }
        Ok(())
    }
}

impl Identities {
    /// What is wrong with credentials whatever there is in a store, and in the files of secrets: ids that are none or stand
    /// twice, secrets in two forms, texts that are not taken.
    pub fn credential_faults(&self) -> Vec<Fault> {
        let (mut ids, mut found) = (BTreeSet::new(), Vec::new());
        for (index, user) in self.users.iter().flatten().enumerate() {
            for (place, entry) in user.credentials.iter().flatten().enumerate() {
                let path = format!("users[{index}].credentials[{place}]");
                let id = &entry.access_key_id;
                if !ids.insert(id) {
                    let reason = format!("credential `{id}` stands here twice");
                    found.push(Fault { path: format!("{path}.access_key_id"), reason });
                }
                found.extend(entry.faults(&path));
            }
        }
        found
    }

    /// Brings every secret into its plain form: reads the files by `read`, less one line end, and opens
    /// the sealed ones by the key of a store that `secret` is for.
    ///
    /// # Errors
    ///
    /// [`StoreError::Invalid`] with every secret that stands in two forms, or cannot be read or opened.
    pub fn resolve(
        &mut self,
        secret: &SecretText,
        mut read: impl FnMut(&Path) -> io::Result<Vec<u8>>,
    ) -> Result<(), StoreError> {
        let sealer = Sealer::derive(secret)?;
        let mut found: Vec<Fault> = Vec::new();
        for (index, user) in self.users.iter_mut().flatten().enumerate() {
            for (place, entry) in user.credentials.iter_mut().flatten().enumerate() {
                let path = format!("users[{index}].credentials[{place}]");
                match entry.resolve(&sealer, &path, &mut read) {
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

/// Statements as people write them: several resources as a list.
fn statements<S: Serializer>(statements: &[Draft], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(statements.iter().map(|statement| Written {
        action: &statement.action,
        effect: &statement.effect,
        resource: match &*statement.resource {
            [resource] => Resources::One(resource),
            resources => Resources::Many(resources),
        },
        condition: &statement.condition,
    }))
}

/// How a statement is written.
#[derive(Serialize)]
struct Written<'a> {
    action: &'a [String],
    effect: &'a str,
    resource: Resources<'a>,
    #[serde(skip_serializing_if = "Conditions::is_empty")]
    condition: &'a Conditions,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Resources<'a> {
    One(&'a str),
    Many(&'a [String]),
}

const ONE_FORM: &str =
    "give one of `secret_access_key`, `secret_access_key_file` and `secret_access_key_sealed`";

fn plain(path: &str, bytes: &[u8]) -> Result<Plain, StoreError> {
    std::str::from_utf8(bytes)
        .map(|text| Plain(text.to_owned()))
        .map_err(|_| StoreError::invalid(path, "is no text"))
}
