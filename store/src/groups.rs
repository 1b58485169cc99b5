//! The verbs of groups.

use time::OffsetDateTime;

use crate::names::{all, check_name};
use crate::records::GroupRecord;
use crate::{Kind, Store, StoreError};

impl Store {
    /// Makes a group with these policies attached and nobody in it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Exists`]; [`StoreError::Invalid`] for a name that breaks a rule and for a policy that
    /// there is not.
    pub async fn create_group(
        &self,
        name: &str,
        policies: &[String],
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        all([check_name(Kind::Group, "id", name)])?;
        let policies = self.uids(Kind::Policy, policies, "policies").await?;
        self.insert(name, &GroupRecord { name: name.to_owned(), created: now, policies }).await
    }

    /// Attaches exactly these policies to a group.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`]; [`StoreError::Invalid`] for a policy that there is not.
    pub async fn update_group(&self, name: &str, policies: &[String]) -> Result<(), StoreError> {
        let policies = self.uids(Kind::Policy, policies, "policies").await?;
        self.replace(name, |group: &mut GroupRecord| group.policies.clone_from(&policies)).await
    }

    /// Deletes a group. Nobody is in it any more, also not when its name is used again.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`].
    pub async fn delete_group(&self, name: &str) -> Result<(), StoreError> {
        self.remove(Kind::Group, name).await.map(drop)
    }
}
