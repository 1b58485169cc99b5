//! What is kept under which key, and in what form.
//!
//! | key | value |
//! |---|---|
//! | `meta/format`, `meta/seal` | the format's number; a known text, sealed |
//! | `user/{uid}`, `group/{uid}`, `policy/{uid}` | the record |
//! | `user-name/{name}`, `group-name/{name}`, `policy-name/{name}` | the uid |
//! | `credential/{access key id}` | the record, its secret sealed for this key |
//! | `user-credential/{uid}/{access key id}` | nothing: the credentials of a user |

use std::fmt::Write;

use policy::Document;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sigv::AccessKeyId;
use time::OffsetDateTime;

use crate::{Kind, Status, StoreError};

/// What a thing is, whatever its name: 128 random bits that are never used again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Uid(Box<str>);

impl Uid {
    pub(crate) fn random() -> Result<Self, StoreError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(StoreError::unavailable)?;
        let mut text = String::with_capacity(32);
        for byte in bytes {
            write!(text, "{byte:02x}").map_err(StoreError::unavailable)?;
        }
        Ok(Self(text.into()))
    }

    /// Where the record of the thing is.
    pub(crate) fn key(&self, kind: Kind) -> String {
        format!("{kind}/{}", self.0)
    }

    /// Where the user's credentials are listed.
    pub(crate) fn credentials_prefix(&self) -> String {
        format!("user-credential/{}/", self.0)
    }

    pub(crate) fn credential_key(&self, id: &AccessKeyId) -> String {
        format!("user-credential/{}/{id}", self.0)
    }
}

/// A record that a name leads to.
pub(crate) trait Named: Serialize + DeserializeOwned + Send + Sync {
    const KIND: Kind;
}

/// A user, with memberships and attachments.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserRecord {
    pub(crate) name: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created: OffsetDateTime,
    pub(crate) enabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) friendly_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) external_id: Option<String>,
    pub(crate) groups: Vec<Uid>,
    pub(crate) policies: Vec<Uid>,
}

impl Named for UserRecord {
    const KIND: Kind = Kind::User;
}

/// A group, with attachments. Its members know of it, not it of them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupRecord {
    pub(crate) name: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created: OffsetDateTime,
    pub(crate) policies: Vec<Uid>,
}

impl Named for GroupRecord {
    const KIND: Kind = Kind::Group;
}

/// A policy, as it was written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyRecord {
    pub(crate) name: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created: OffsetDateTime,
    pub(crate) document: Document,
}

impl Named for PolicyRecord {
    const KIND: Kind = Kind::Policy;
}

/// An access key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialRecord {
    pub(crate) user: Uid,
    /// Sealed for this record's key.
    pub(crate) secret: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created: OffsetDateTime,
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) expires: Option<OffsetDateTime>,
    pub(crate) status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
}

/// Where the uid of a thing of that name is.
pub(crate) fn name_key(kind: Kind, name: &str) -> String {
    format!("{kind}-name/{name}")
}

/// Where the record of an access key is.
pub(crate) fn credential_key(id: &AccessKeyId) -> String {
    format!("credential/{id}")
}

/// A record as it is kept.
pub(crate) fn encode(record: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(record).map_err(StoreError::unavailable)
}

/// Reads what is kept at `key`.
///
/// # Errors
///
/// [`StoreError::Corrupt`], naming the key.
pub(crate) fn decode<R: DeserializeOwned>(key: &str, value: &[u8]) -> Result<R, StoreError> {
    serde_json::from_slice(value).map_err(|fault| StoreError::corrupt(format!("`{key}`: {fault}")))
}
