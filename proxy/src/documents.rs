//! Documents on their way up: whole, verified, and held against what none may say.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use policy::{DOCUMENTS, Operation, check_restore_request, read_bucket_configuration};
use sigv::{Algorithm, Checksum};

use crate::{framing::CHECKSUM, live::Live, refusal::Refusal, verified::Verified, xml};

/// A document as it goes up.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) bytes: Bytes,
    pub(crate) checksums: Checksums,
}

/// What is told of a document besides its hash.
#[derive(Debug)]
pub(crate) enum Checksums {
    /// What its sender's head tells, and these, which came after it and are right.
    Sent(Vec<Checksum>),
    /// This alone: what its sender's head tells is of another document.
    Anew(Checksum),
}

/// Whether its body is a document that is read once its caller has leave.
pub(crate) fn has_document(operation: Operation) -> bool {
    operation == Operation::CreateBucket || DOCUMENTS.contains(&operation)
}

/// Whether its document names the account behind, by the name that its answers give it.
pub(crate) fn names_owner(operation: Operation) -> bool {
    matches!(operation, Operation::PutBucketAcl | Operation::PutObjectAcl)
}

/// Reads the document of `operation`, at most `limits.document_bytes_max`, as there is room for it.
///
/// # Errors
///
/// What refuses any body; [`Refusal::DocumentTooLong`]; [`Refusal::Crowded`]; [`Refusal::Document`] for what the
/// operation may not ask for.
pub(crate) async fn read(
    verified: Box<Verified>,
    operation: Operation,
    live: &Live,
) -> Result<Document, Refusal> {
    let (bytes, checksums) = verified.collect(&live.held, &live.limits).await?;
    if operation == Operation::CreateBucket {
        return Ok(Document::ours(in_upstream_region(&bytes, live)?));
    }
    if operation == Operation::RestoreObject {
        check_restore_request(&bytes)?;
    }
    if names_owner(operation)
        && let Some(bytes) = xml::name_owner(&bytes, live.signer.access_key_id())?
    {
        return Ok(Document::anew(bytes));
    }
    Ok(Document { bytes, checksums: Checksums::Sent(checksums) })
}

/// The client asks for a region that it signs for; the bucket is made in the upstream's.
fn in_upstream_region(document: &[u8], live: &Live) -> Result<Bytes, Refusal> {
    let region = read_bucket_configuration(document)?;
    let is_ours = |region: &String| live.regions.is_empty() || live.regions.contains(region);
    if let Some(region) = region.filter(|region| !is_ours(region)) {
        return Err(Refusal::Location { region });
    }
    Ok(xml::bucket_configuration(&live.upstream_region))
}

impl Document {
    /// One that nothing is told of.
    pub(crate) fn ours(bytes: Bytes) -> Self {
        Self { bytes, checksums: Checksums::Sent(Vec::new()) }
    }

    /// One that was written here, in the place of another or of none, and goes up with a checksum.
    pub(crate) fn anew(bytes: Bytes) -> Self {
        let checksums = Checksums::Anew(Checksum::of(Algorithm::Sha256, &bytes));
        Self { bytes, checksums }
    }

    /// Its checksums that are to go up; of another document none stays in `headers`.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) -> &[Checksum] {
        let checksum = match &self.checksums {
            Checksums::Sent(checksums) => return checksums,
            Checksums::Anew(checksum) => checksum,
        };
        headers.remove(CONTENT_MD5);
        let names: Vec<_> = headers.keys().cloned().collect();
        for name in names.iter().filter(|name| name.as_str().starts_with(CHECKSUM)) {
            headers.remove(name);
        }
        let algorithm = HeaderValue::from_static(checksum.algorithm().name());
        headers.insert("x-amz-sdk-checksum-algorithm", algorithm);
        std::slice::from_ref(checksum)
    }
}

const CONTENT_MD5: header::HeaderName = header::HeaderName::from_static("content-md5");
