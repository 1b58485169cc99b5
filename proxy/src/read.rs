//! The fourth step: the operations that are decided, or rewritten, by their body.

use bytes::Bytes;
use policy::Operation;

use crate::{authenticate::Authentic, live::Live, refusal::Refusal, xml};

/// Reads the body of the few operations that need it, at most `limits.document_bytes_max`, verified
/// before it is parsed; every other request passes untouched.
///
/// # Errors
///
/// [`Refusal::DocumentTooLong`], [`Refusal::Document`], or what refuses any body.
pub(crate) async fn read(authentic: Authentic, live: &Live) -> Result<Authentic, Refusal> {
    if authentic.recognised().operation != Operation::CreateBucket {
        return Ok(authentic);
    }
    authentic.read_document(&live.limits, |document| in_upstream_region(document, live)).await
}

/// The client asks for the region it knows; the bucket is made in the upstream's.
fn in_upstream_region(document: &[u8], live: &Live) -> Result<Bytes, Refusal> {
    xml::check_bucket_configuration(document)?;
    Ok(xml::bucket_configuration(&live.upstream_region))
}
