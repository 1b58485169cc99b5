//! The verbs of credentials.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use policy::Fault;
use serde::{Deserialize, Serialize};
use sigv::{AccessKeyId, SecretKey};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::names::{all, check_text, set_text};
use crate::records::{self, CredentialRecord, Uid};
use crate::store::ATTEMPTS_MAX;
use crate::{Batch, Kind, Outcome, Precondition, Store, StoreError};

/// Both halves of a credential, as its holder gets them: once.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// The public half.
    pub id: AccessKeyId,
    /// The secret half.
    pub secret: SecretKey,
}

impl AccessKey {
    /// A new one: an id like `AKIAJ…Q`, which clients take for AWS's, and 240 random bits as 40 characters.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when the system has no random bytes.
    pub fn generate() -> Result<Self, StoreError> {
        let mut bytes = [0; ID_RANDOM];
        getrandom::fill(&mut bytes).map_err(StoreError::unavailable)?;
        let random = bytes.iter().map(|byte| match byte & 31 {
            letter @ 0..=25 => char::from(b'A'.saturating_add(letter)),
            digit => char::from(b'2'.saturating_add(digit.saturating_sub(26))),
        });
        let id: String = ID_PREFIX.chars().chain(random).chain(ID_SUFFIX.chars()).collect();
        let mut secret = Zeroizing::new([0; SECRET_RANDOM]);
        getrandom::fill(secret.as_mut_slice()).map_err(StoreError::unavailable)?;
        let secret = SecretKey::new(STANDARD.encode(secret.as_slice()).into_bytes());
        Ok(Self { id: AccessKeyId::parse(&id).map_err(StoreError::unavailable)?, secret })
    }
}

/// Whether a credential opens anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It does.
    #[default]
    Active,
    /// It does not, but is kept.
    Inactive,
}

/// Until when a credential opens anything. In a file, null stands for [`Self::Never`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "When", into = "When")]
pub enum Expiry {
    /// For good.
    Never,
    /// Until then.
    At(OffsetDateTime),
}

impl Expiry {
    /// The time, if there is one.
    pub fn at(self) -> Option<OffsetDateTime> {
        match self {
            Self::Never => None,
            Self::At(time) => Some(time),
        }
    }
}

/// How an [`Expiry`] is written.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct When(#[serde(with = "time::serde::rfc3339::option")] Option<OffsetDateTime>);

impl From<Expiry> for When {
    fn from(expiry: Expiry) -> Self {
        Self(expiry.at())
    }
}

impl From<When> for Expiry {
    fn from(When(time): When) -> Self {
        time.map_or(Self::Never, Self::At)
    }
}

/// What a credential carries, as far as it is to be set: what is absent stays as it is.
#[derive(Clone, Debug, Default)]
pub struct CredentialSettings {
    /// Another secret.
    pub secret: Option<SecretKey>,
    /// A new one is active.
    pub status: Option<Status>,
    /// From when on it opens nothing; a new one does not expire.
    pub expires: Option<Expiry>,
    /// What it is for; an empty text takes away what was there.
    pub description: Option<String>,
}

impl CredentialSettings {
    /// Whether the texts are taken; `path` is where they stand, with what parts them from it.
    pub(crate) fn checks(&self, path: &str) -> [Result<(), Fault>; 2] {
        [
            check_secret(&format!("{path}secret_access_key"), self.secret.as_ref()),
            check_text(&format!("{path}description"), self.description.as_ref()),
        ]
    }
}

impl Store {
    /// Gives `user` the access key `id`; [`CredentialSettings::secret`] must be there.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] for the user, [`StoreError::Exists`] when any user has that access key,
    /// [`StoreError::Invalid`] for a secret that is absent or not 8 to 256 visible ASCII characters.
    pub async fn create_credential(
        &self,
        user: &str,
        id: &AccessKeyId,
        settings: &CredentialSettings,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        all(settings.checks(""))?;
        let Some(secret) = &settings.secret else {
            return Err(StoreError::invalid(
                "secret_access_key",
                "a new credential needs a secret",
            ));
        };
        let key = records::credential_key(id);
        let secret = self.sealer().seal(&key, secret.expose())?;
        let (uid, named) = self.uid(Kind::User, user).await?;
        let free = self.free(id).await?;
        let record = CredentialRecord {
            user: uid.clone(),
            secret,
            created: now,
            expires: settings.expires.and_then(Expiry::at),
            status: settings.status.unwrap_or_default(),
            description: settings.description.clone().filter(|text| !text.is_empty()),
        };
        let batch = Batch {
            preconditions: vec![
                free,
                Precondition::Version(records::name_key(Kind::User, user), named),
            ],
            puts: vec![(key, records::encode(&record)?), (uid.credential_key(id), Vec::new())],
            ..Batch::default()
        };
        match self.space().commit(batch).await? {
            Outcome::Commit => Ok(()),
            Outcome::Stale => {
                Err(StoreError::Conflict { kind: Kind::Credential, name: id.to_string() })
            }
        }
    }

    /// Changes what `settings` has.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] also when another user has that access key; [`StoreError::Invalid`] as
    /// [`Self::create_credential`].
    pub async fn update_credential(
        &self,
        user: &str,
        id: &AccessKeyId,
        settings: &CredentialSettings,
    ) -> Result<(), StoreError> {
        all(settings.checks(""))?;
        for _ in 0..ATTEMPTS_MAX {
            let (mut record, version) = self.credential(user, id).await?;
            let key = records::credential_key(id);
            if let Some(secret) = &settings.secret {
                record.secret = self.sealer().seal(&key, secret.expose())?;
            }
            record.status = settings.status.unwrap_or(record.status);
            record.expires = settings.expires.map_or(record.expires, Expiry::at);
            set_text(&mut record.description, settings.description.as_ref());
            let batch = Batch {
                preconditions: vec![Precondition::Version(key.clone(), version)],
                puts: vec![(key, records::encode(&record)?)],
                deletes: Vec::new(),
                advances_revision: true,
            };
            if self.space().commit(batch).await? == Outcome::Commit {
                return Ok(());
            }
        }
        Err(StoreError::Conflict { kind: Kind::Credential, name: id.to_string() })
    }

    /// Deletes an access key of a user.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] also when another user has that access key.
    pub async fn delete_credential(&self, user: &str, id: &AccessKeyId) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS_MAX {
            let (record, version) = self.credential(user, id).await?;
            let key = records::credential_key(id);
            let batch = Batch {
                preconditions: vec![Precondition::Version(key.clone(), version)],
                deletes: vec![key, record.user.credential_key(id)],
                puts: Vec::new(),
                advances_revision: true,
            };
            if self.space().commit(batch).await? == Outcome::Commit {
                return Ok(());
            }
        }
        Err(StoreError::Conflict { kind: Kind::Credential, name: id.to_string() })
    }

    /// Removes what is left of the credentials of a user that is no more, two keys at a time.
    pub(crate) async fn sweep(&self, user: &Uid) -> Result<(), StoreError> {
        let prefix = user.credentials_prefix();
        let listed = self.space().scan(prefix.clone()).await?;
        for (listing, _) in listed {
            let mut batch = Batch { deletes: vec![listing.clone()], ..Batch::default() };
            if let Some(id) = listing.strip_prefix(&prefix)
                && let Ok(id) = AccessKeyId::parse(id)
                && let key = records::credential_key(&id)
                && let Some(entry) = self.entry(key.clone()).await?
                && records::decode::<CredentialRecord>(&key, &entry.value)?.user == *user
            {
                batch.preconditions.push(Precondition::Version(key.clone(), entry.version));
                batch.deletes.push(key);
            }
            // Stale: someone else has that access key now.
            let (Outcome::Commit | Outcome::Stale) = self.space().commit(batch).await?;
        }
        Ok(())
    }

    /// The demand under which nobody has that access key.
    ///
    /// What a deleted user left behind belongs to nobody.
    async fn free(&self, id: &AccessKeyId) -> Result<Precondition, StoreError> {
        let key = records::credential_key(id);
        let Some(entry) = self.entry(key.clone()).await? else {
            return Ok(Precondition::Absent(key));
        };
        let record: CredentialRecord = records::decode(&key, &entry.value)?;
        if self.entry(record.user.key(Kind::User)).await?.is_some() {
            return Err(StoreError::Exists { kind: Kind::Credential, name: id.to_string() });
        }
        Ok(Precondition::Version(key, entry.version))
    }

    /// The record of an access key of that user, and its version.
    async fn credential(
        &self,
        user: &str,
        id: &AccessKeyId,
    ) -> Result<(CredentialRecord, u64), StoreError> {
        let (uid, _) = self.uid(Kind::User, user).await?;
        let key = records::credential_key(id);
        if let Some(entry) = self.entry(key.clone()).await? {
            let record: CredentialRecord = records::decode(&key, &entry.value)?;
            if record.user == uid {
                return Ok((record, entry.version));
            }
        }
        Err(StoreError::NotFound { kind: Kind::Credential, name: id.to_string() })
    }
}

/// Refuses a secret that was cut, or that no client could be given.
fn check_secret(path: &str, secret: Option<&SecretKey>) -> Result<(), Fault> {
    let Some(bytes) = secret.map(SecretKey::expose) else { return Ok(()) };
    if (SECRET_MIN..=SECRET_MAX).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic) {
        return Ok(());
    }
    let reason = format!("is not {SECRET_MIN} to {SECRET_MAX} visible ASCII characters");
    Err(Fault { path: path.to_owned(), reason })
}

const ID_PREFIX: &str = "AKIAJ";
const ID_SUFFIX: &str = "Q";

/// Random characters of an id, of 32 letters and digits.
const ID_RANDOM: usize = 14;

/// Random bytes of a secret.
const SECRET_RANDOM: usize = 30;

const SECRET_MIN: usize = 8;
const SECRET_MAX: usize = 256;
