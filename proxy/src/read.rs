//! The fourth step: the operation that is decided by its body.

use bytes::Bytes;
use policy::{Deletion, PerObject};

use crate::{authenticate::Authentic, live::Live, refusal::Refusal};

/// A request of which everything is known that decides it.
#[derive(Debug)]
pub(crate) struct Read {
    request: Authentic,
    scope: Scope,
}

/// What a request is decided for.
#[derive(Debug)]
pub(crate) enum Scope {
    /// What its head names: all of it, or nothing.
    Whole,
    /// The objects that its body names, each for itself.
    Objects(Named),
}

/// The objects that a body names, and what each of them needs.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) deletion: Deletion,
    pub(crate) per_object: PerObject,
    /// What they were read from, with the room that it takes.
    pub(crate) document: Bytes,
}

/// Reads the body of the operation that is decided by it, at most `limits.document_bytes_max`, verified
/// before it is parsed; every other request passes untouched.
///
/// # Errors
///
/// [`Refusal::DocumentTooLong`], [`Refusal::Document`], [`Refusal::Crowded`], or what refuses any body.
pub(crate) async fn read(authentic: Authentic, live: &Live) -> Result<Read, Refusal> {
    if let Some(per_object) = authentic.recognised().per_object.clone() {
        let (request, document) = authentic.take_document(live).await?;
        let deletion = Deletion::parse(&document)?;
        let scope = Scope::Objects(Named { deletion, per_object, document });
        return Ok(Read { request, scope });
    }
    Ok(Read { request: authentic, scope: Scope::Whole })
}

impl Read {
    pub(crate) fn into_parts(self) -> (Authentic, Scope) {
        (self.request, self.scope)
    }
}
