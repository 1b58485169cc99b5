//! The verbs of users.

use policy::Fault;
use time::OffsetDateTime;

use crate::names::{all, check_name, check_text, set_text};
use crate::records::UserRecord;
use crate::{Kind, Store, StoreError};

/// What a user carries, as far as it is to be set: what is absent stays as it is, and an empty text
/// takes away what was there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserSettings {
    /// Whether its credentials are good; a new user is enabled.
    pub enabled: Option<bool>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// How screens call it.
    pub friendly_name: Option<String>,
    /// Who vouches for it: a directory, an identity provider.
    pub source: Option<String>,
    /// What the source calls it.
    pub external_id: Option<String>,
    /// The names of all groups it is in.
    pub groups: Option<Vec<String>>,
    /// The names of all policies attached to itself.
    pub policies: Option<Vec<String>>,
}

impl UserSettings {
    /// Whether the texts are taken; `path` is where they stand, with what parts them from it.
    pub(crate) fn checks(&self, path: &str) -> [Result<(), Fault>; 4] {
        [
            check_text(&format!("{path}email"), self.email.as_ref()),
            check_text(&format!("{path}friendly_name"), self.friendly_name.as_ref()),
            check_text(&format!("{path}source"), self.source.as_ref()),
            check_text(&format!("{path}external_id"), self.external_id.as_ref()),
        ]
    }
}

impl Store {
    /// Makes a user.
    ///
    /// # Errors
    ///
    /// [`StoreError::Exists`]; [`StoreError::Invalid`] for a name or text that breaks a rule and for a
    /// group or policy that there is not.
    pub async fn create_user(
        &self,
        name: &str,
        settings: &UserSettings,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        all([check_name(Kind::User, "id", name)])?;
        let mut record = UserRecord {
            name: name.to_owned(),
            created: now,
            enabled: true,
            email: None,
            friendly_name: None,
            source: None,
            external_id: None,
            groups: Vec::new(),
            policies: Vec::new(),
        };
        self.edit(settings).await?(&mut record);
        self.insert(name, &record).await
    }

    /// Changes what `settings` has.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`]; [`StoreError::Invalid`] as [`Self::create_user`].
    pub async fn update_user(&self, name: &str, settings: &UserSettings) -> Result<(), StoreError> {
        let edit = self.edit(settings).await?;
        self.replace(name, edit).await
    }

    /// Deletes a user. Its credentials are dead at once, and stay so when its name is used again.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`].
    pub async fn delete_user(&self, name: &str) -> Result<(), StoreError> {
        let uid = self.remove(Kind::User, name).await?;
        // What is left of its credentials opens nothing: to sweep it out is mere tidiness.
        drop(self.sweep(&uid).await);
        Ok(())
    }

    /// The change that `settings` asks for, checked, with the names looked up.
    async fn edit(
        &self,
        settings: &UserSettings,
    ) -> Result<impl Fn(&mut UserRecord) + Send + Sync + use<>, StoreError> {
        all(settings.checks(""))?;
        let groups = match &settings.groups {
            Some(names) => Some(self.uids(Kind::Group, names, "groups").await?),
            None => None,
        };
        let policies = match &settings.policies {
            Some(names) => Some(self.uids(Kind::Policy, names, "policies").await?),
            None => None,
        };
        let wanted = settings.clone();
        Ok(move |record: &mut UserRecord| {
            record.enabled = wanted.enabled.unwrap_or(record.enabled);
            set_text(&mut record.email, wanted.email.as_ref());
            set_text(&mut record.friendly_name, wanted.friendly_name.as_ref());
            set_text(&mut record.source, wanted.source.as_ref());
            set_text(&mut record.external_id, wanted.external_id.as_ref());
            if let Some(groups) = &groups {
                record.groups.clone_from(groups);
            }
            if let Some(policies) = &policies {
                record.policies.clone_from(policies);
            }
        })
    }
}
