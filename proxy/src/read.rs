//! The fourth step: the operations that are decided, or rewritten, by their body.

use bytes::Bytes;
use policy::{Deletion, Operation, PerObject};

use crate::{authenticate::Authentic, held::Room, live::Live, refusal::Refusal, xml};

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
    /// The memory that they take.
    pub(crate) room: Room,
}

/// Reads the body of the few operations that need it, at most `limits.document_bytes_max`, verified
/// before it is parsed; every other request passes untouched.
///
/// # Errors
///
/// [`Refusal::DocumentTooLong`], [`Refusal::Document`], [`Refusal::Crowded`], or what refuses any body.
pub(crate) async fn read(authentic: Authentic, live: &Live) -> Result<Read, Refusal> {
    if let Some(per_object) = authentic.recognised().per_object.clone() {
        let (request, document, room) = authentic.take_document(live).await?;
        let deletion = Deletion::parse(&document)?;
        let scope = Scope::Objects(Named { deletion, per_object, room });
        return Ok(Read { request, scope });
    }
    if authentic.recognised().operation == Operation::CreateBucket {
        let (request, document, _room) = authentic.take_document(live).await?;
        let request = request.with_document(in_upstream_region(&document, live)?);
        return Ok(Read { request, scope: Scope::Whole });
    }
    Ok(Read { request: authentic, scope: Scope::Whole })
}

impl Read {
    pub(crate) fn into_parts(self) -> (Authentic, Scope) {
        (self.request, self.scope)
    }
}

/// The client asks for the region it knows; the bucket is made in the upstream's.
fn in_upstream_region(document: &[u8], live: &Live) -> Result<Bytes, Refusal> {
    xml::check_bucket_configuration(document)?;
    Ok(xml::bucket_configuration(&live.upstream_region))
}
