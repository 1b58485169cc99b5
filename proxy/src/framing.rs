//! How bodies go up: the one table of `upstream.body`, and what follows from it for the head.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use policy::Operation;
use sigv::{Algorithm, Checksum, Declared, Framing, Payload};

use crate::{
    documents::{has_document, names_owner},
    refusal::Refusal,
};

/// What the upstream is sent, whatever the client sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyMode {
    /// What the client sent: plain, an unsigned trailer, or signed chunks.
    AsReceived,
    /// Signed chunks.
    Signed,
    /// Chunks without signatures, and a checksum in the trailer.
    Trailer,
    /// The bytes alone, under the client's hash where it gave one.
    Plain,
}

impl fmt::Display for BodyMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AsReceived => "as received",
            Self::Signed => "in signed chunks",
            Self::Trailer => "in chunks with a trailer",
            Self::Plain => "plain",
        })
    }
}

/// What the upstream takes, and what is left to it.
#[derive(Debug, Clone, Copy)]
pub struct UpstreamBody {
    /// The framing of bodies.
    pub mode: BodyMode,
    /// The upstream compares the hash of a plain signed body, so that it need not be computed here.
    pub verifies_hash: bool,
}

impl UpstreamBody {
    /// What is checked here of a body: everything that the client's framing or a header declares that
    /// does not go up, and nothing that is left to the upstream.
    ///
    /// # Errors
    ///
    /// [`Refusal::Body`] for a malformed checksum in `headers`, and [`Refusal::ChecksumNotImplemented`] for one that
    /// cannot be checked here and would not go up.
    pub(crate) fn checked(
        self,
        declared: Declared,
        operation: Operation,
        headers: &HeaderMap,
    ) -> Result<Declared, Refusal> {
        if operation == Operation::CompleteMultipartUpload {
            // Its checksums are the object's, not the document's.
            return Ok(declared.leaving_checksums_to_store());
        }
        if is_written_anew(operation) {
            // What goes up is another document, so that the checksums of this one stay here.
            refuse_foreign_checksums(headers)?;
            let declared = if needs_checksum(operation) {
                declared.requiring_checksum(headers)
            } else {
                declared.checking_everything(headers)
            };
            return Ok(declared?);
        }
        if !is_object(operation) {
            return Ok(declared);
        }
        let goes_plain = matches!(self.mode, BodyMode::AsReceived | BodyMode::Plain);
        // A body of no bytes goes up as ours, under our hash.
        let declared = if self.verifies_hash && goes_plain && declared.length() > 0 {
            declared.leaving_hash_to_store()
        } else {
            declared
        };
        if self.mode == BodyMode::Trailer || self.withholds_checksums(operation) {
            refuse_foreign_checksums(headers)?;
            Ok(declared.checking_checksums(headers)?)
        } else {
            Ok(declared)
        }
    }

    /// How a body goes up. `first_chunk` is the size of the client's first signed chunk, in bytes.
    pub(crate) fn framing(
        self,
        declared: &Declared,
        operation: Operation,
        first_chunk: Option<usize>,
    ) -> Framing {
        let payload = declared.payload();
        let plain = match payload {
            Payload::Hash(_) | Payload::Unsigned => Framing::Plain(payload),
            Payload::UnsignedTrailer | Payload::SignedChunks | Payload::SignedChunksTrailer => {
                Framing::Plain(Payload::Unsigned)
            }
        };
        if !is_object(operation) {
            return plain;
        }
        let signed = Framing::SignedChunks {
            chunk_bytes: chunk_bytes(declared.length(), first_chunk),
            trailer: declared.trailer(),
        };
        let checksum = declared.checksum().map(Checksum::algorithm);
        let trailer = Framing::UnsignedTrailer(declared.trailer().or(checksum).unwrap_or(OURS));
        match (self.mode, payload) {
            (BodyMode::Plain, _) => plain,
            (BodyMode::Signed, _) => signed,
            (BodyMode::Trailer, _) => trailer,
            (BodyMode::AsReceived, Payload::Hash(_) | Payload::Unsigned) => plain,
            (BodyMode::AsReceived, Payload::UnsignedTrailer) => trailer,
            (BodyMode::AsReceived, Payload::SignedChunks | Payload::SignedChunksTrailer) => signed,
        }
    }

    /// Makes the head say what goes up: framing, trailer, and no checksum that the body does not bring.
    ///
    /// `verified` are the checksums of a body that is here already.
    pub(crate) fn describe(
        self,
        headers: &mut HeaderMap,
        framing: Framing,
        decoded: u64,
        operation: Operation,
        verified: &[Checksum],
    ) {
        if self.withholds_checksums(operation) {
            let is_checksum = |name: &&HeaderName| name.as_str().starts_with(CHECKSUM);
            let names: Vec<_> = headers.keys().filter(is_checksum).cloned().collect();
            for name in names {
                headers.remove(name);
            }
        } else if is_object(operation) || has_document(operation) || needs_checksum(operation) {
            for checksum in verified {
                if let Ok(value) = HeaderValue::from_str(&checksum.text()) {
                    headers.insert(checksum.algorithm().header(), value);
                }
            }
        }
        if framing.is_framed() {
            // No `Content-Encoding: aws-chunked`: `x-amz-content-sha256` tells, and some stores would keep it.
            headers.insert("x-amz-decoded-content-length", HeaderValue::from(decoded));
        }
        if let Some(algorithm) = framing.trailer() {
            headers.remove(algorithm.header());
            headers.insert("x-amz-trailer", HeaderValue::from_static(algorithm.header()));
        }
        let has_checksum = headers.keys().any(|name| name.as_str().starts_with(CHECKSUM));
        if !has_checksum && framing.trailer().is_none() {
            // S3 refuses the name of an algorithm where its checksum does not follow.
            headers.remove("x-amz-sdk-checksum-algorithm");
        }
    }

    /// Whether checksums stay here: a part whose checksum comes after it cannot have one in its head,
    /// and an upload whose parts have none must not be one of checksums.
    fn withholds_checksums(self, operation: Operation) -> bool {
        let is_multipart = matches!(
            operation,
            Operation::CompleteMultipartUpload
                | Operation::CreateMultipartUpload
                | Operation::UploadPart
        );
        self.mode == BodyMode::Plain && is_multipart
    }
}

/// Whether its body becomes an object, or a part of one; any other body is a document, which stores
/// take as it is.
pub(crate) fn is_object(operation: Operation) -> bool {
    matches!(operation, Operation::PutObject | Operation::UploadPart)
}

/// Whether another document may go up in the place of its own.
fn is_written_anew(operation: Operation) -> bool {
    operation == Operation::CreateBucket || needs_checksum(operation) || names_owner(operation)
}

/// Refuses checksums that do not go up and cannot be checked here.
fn refuse_foreign_checksums(headers: &HeaderMap) -> Result<(), Refusal> {
    match foreign_checksum(headers) {
        Some(name) => Err(Refusal::ChecksumNotImplemented { name: name.to_owned() }),
        None => Ok(()),
    }
}

/// Whether S3 takes its document only with a checksum or `Content-MD5`.
pub(crate) fn needs_checksum(operation: Operation) -> bool {
    operation == Operation::DeleteObjects
}

/// The header of a checksum whose algorithm is not ours.
fn foreign_checksum(headers: &HeaderMap) -> Option<&str> {
    let is_foreign = |name: &&str| {
        let said = name.strip_prefix(CHECKSUM);
        said.is_some_and(|said| !matches!(said, "algorithm" | "mode" | "type"))
            && Algorithm::of_header(name).is_none()
    };
    headers.keys().map(HeaderName::as_str).find(is_foreign)
}

/// The size of our signed chunks: the client's where a store would take it, so that its chunks go
/// through whole.
fn chunk_bytes(length: u64, first_chunk: Option<usize>) -> usize {
    first_chunk
        .filter(|bytes| *bytes >= CHUNK_BYTES_MIN || u64::try_from(*bytes).ok() == Some(length))
        .filter(|bytes| *bytes <= CHUNK_BYTES_MAX)
        .unwrap_or(CHUNK_BYTES)
}

/// The checksum of a trailer for which the client gave none: what S3 itself computes then.
const OURS: Algorithm = Algorithm::Crc64Nvme;

/// Signed chunks that we cut ourselves, in bytes.
const CHUNK_BYTES: usize = 64 * 1024;

/// S3 refuses smaller chunks, but for the last.
const CHUNK_BYTES_MIN: usize = 8 * 1024;

/// Larger chunks of a client are cut, since a chunk of ours may have to be gathered.
const CHUNK_BYTES_MAX: usize = 1024 * 1024;

/// What the headers of checksums begin with.
pub(crate) const CHECKSUM: &str = "x-amz-checksum-";
