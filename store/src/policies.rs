//! The verbs of policies.

use policy::{Document, Policy};
use time::OffsetDateTime;

use crate::names::{all, check_name};
use crate::records::PolicyRecord;
use crate::{Kind, Store, StoreError};

impl Store {
    /// Makes a policy, attached to nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Exists`]; [`StoreError::Invalid`] for a name that breaks a rule and for every fault of
    /// the document, with its place in it.
    pub async fn create_policy(
        &self,
        name: &str,
        document: &Document,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        all([check_name(Kind::Policy, "id", name)])?;
        check_document(name, document)?;
        let document = document.clone();
        self.insert(name, &PolicyRecord { name: name.to_owned(), created: now, document }).await
    }

    /// Puts another document in the place of a policy's.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`]; [`StoreError::Invalid`] as [`Self::create_policy`].
    pub async fn update_policy(&self, name: &str, document: &Document) -> Result<(), StoreError> {
        check_document(name, document)?;
        self.replace(name, |policy: &mut PolicyRecord| policy.document.clone_from(document)).await
    }

    /// Deletes a policy. It is attached to nothing any more, also not when its name is used again.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`].
    pub async fn delete_policy(&self, name: &str) -> Result<(), StoreError> {
        self.remove(Kind::Policy, name).await.map(drop)
    }
}

/// No document that cannot be compiled is ever stored.
fn check_document(name: &str, document: &Document) -> Result<(), StoreError> {
    Policy::compile(name, document).map(drop).map_err(|faults| StoreError::Invalid { faults })
}
