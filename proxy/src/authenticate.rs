//! The third step: who signed the request.

mod form;

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use policy::{Handling, Mark, Operation, Recognised};
use sigv::{AccessKeyId, Chain, Claim, Declared, Decoder, Rules, SignatureError};
use store::Caller;
use time::OffsetDateTime;

use crate::{
    documents::has_document,
    framing::is_object,
    identify::Identified,
    inflow::Inflow,
    live::Live,
    parse::{Head, Length},
    refusal::Refusal,
    verified::{Progress, Verified},
};

/// A request whose signature holds; its body is inside a decoder, still unread.
#[derive(Debug)]
pub(crate) struct Authentic {
    head: Head,
    recognised: Recognised,
    access_key_id: AccessKeyId,
    mechanism: &'static str,
    caller: Arc<Caller>,
    content: Content,
}

/// What the request carries.
#[derive(Debug)]
pub(crate) enum Content {
    /// The client's body, verified as it is read.
    Streamed(Box<Verified>),
    /// A document that was read, verified, understood and written anew.
    Document(Bytes),
}

/// Verifies the signature by the secret of the access key it names, and wraps the body in its decoder. A form says who
/// signed it in its fields, which are read for that, and becomes another operation by them.
///
/// # Errors
///
/// [`Refusal::Signature`], [`Refusal::AccessKey`], [`Refusal::Store`]; [`Refusal::BodyNotTaken`] and
/// [`Refusal::Body`] for a body that cannot be right, [`Refusal::UnsignedBody`] for one that has to be signed.
pub(crate) async fn authenticate(
    identified: Identified,
    live: &Live,
    now: OffsetDateTime,
) -> Result<Authentic, Refusal> {
    match identified.recognised().operation.row().handling {
        Handling::Becomes(_) => return form::authenticate(identified, live, now).await,
        Handling::Forward | Handling::Refuse | Handling::Alias(_) => {}
    }
    let (parsed, recognised) = identified.into_parts();
    let claim = Claim::parse(parsed.wire(), &rules(live), now)?;
    check_covers_operation(&claim, recognised.operation)?;
    let (caller, chain) = verify(&claim, live, now).await?;
    let operation = recognised.operation;
    let length = wire_length(parsed.method(), operation, parsed.length())?;
    let declared = Declared::read(*claim.payload(), parsed.headers(), length)?;
    // The framing of a body without bytes is no body.
    if declared.length() > 0 && !takes_body(operation) {
        return Err(Refusal::BodyNotTaken);
    }
    check_may_be_unsigned(&declared, live)?;
    let declared = live.body.checked(declared, operation, parsed.headers())?;
    let decoder = Decoder::new(&declared, chain, live.limits.chunks());
    let (head, incoming) = parsed.split_body(now);
    let inflow = Inflow::new(incoming, live.limits.body_idle);
    let verified = Verified::new(inflow, Bytes::new(), declared, decoder);
    let content = Content::Streamed(verified.into());
    let (access_key_id, mechanism) = (claim.access_key_id().clone(), claim.mechanism());
    Ok(Authentic { head, recognised, access_key_id, mechanism, caller, content })
}

impl Authentic {
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    pub(crate) fn recognised(&self) -> &Recognised {
        &self.recognised
    }

    pub(crate) fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    /// How far the client's body has come.
    pub(crate) fn progress(&self) -> Option<Arc<Progress>> {
        match &self.content {
            Content::Streamed(body) => Some(Arc::clone(body.progress())),
            Content::Document(_) => None,
        }
    }

    pub(crate) fn access_key_id(&self) -> &AccessKeyId {
        &self.access_key_id
    }

    /// How the request was signed.
    pub(crate) fn mechanism(&self) -> &'static str {
        self.mechanism
    }

    /// Takes the body off, whole and verified; in its place goes up nothing, or what [`Self::with_document`] says.
    ///
    /// # Errors
    ///
    /// As [`Verified::collect`].
    pub(crate) async fn take_document(self, live: &Live) -> Result<(Self, Bytes), Refusal> {
        let document = match self.content {
            Content::Streamed(body) => body.collect(&live.undecided, &live.limits).await?.0,
            Content::Document(document) => document,
        };
        Ok((Self { content: Content::Document(Bytes::new()), ..self }, document))
    }

    /// The same request with this document for its body.
    pub(crate) fn with_document(self, document: Bytes) -> Self {
        Self { content: Content::Document(document), ..self }
    }

    pub(crate) fn into_parts(self) -> (Head, Recognised, Arc<Caller>, Content) {
        (self.head, self.recognised, self.caller, self.content)
    }
}

/// What signatures must satisfy here.
fn rules(live: &Live) -> Rules<'_> {
    Rules { regions: &live.regions, max_skew: live.max_skew, version_2: live.takes_version_2 }
}

/// Whose claim it is, once its signature holds, and what chunks are signed with.
async fn verify(
    claim: &Claim,
    live: &Live,
    now: OffsetDateTime,
) -> Result<(Arc<Caller>, Option<Chain>), Refusal> {
    let found = live.callers.find(claim.access_key_id()).await?;
    let caller = found
        .filter(|caller| caller.expires.is_none_or(|expires| now < expires))
        .ok_or(Refusal::AccessKey)?;
    let chain = caller.verifier.verify(claim)?;
    Ok((caller, chain))
}

/// Checks that a body which no signature covers may come as it does.
fn check_may_be_unsigned(declared: &Declared, live: &Live) -> Result<(), Refusal> {
    if !declared.payload().is_signed() && declared.length() > live.unsigned_bytes_max {
        return Err(Refusal::UnsignedBody { limit: live.unsigned_bytes_max });
    }
    Ok(())
}

/// Checks that the signature covers the sub-resource that tells the operation: version 2 knows none that is newer than
/// itself, and whoever has a signature of it could put one into its request.
fn check_covers_operation(claim: &Claim, operation: Operation) -> Result<(), Refusal> {
    for mark in operation.row().marks {
        if let Mark::Parameter(name) = mark
            && !claim.covers(name)
        {
            return Err(SignatureError::UnsignedParameter { name: (*name).to_owned() }.into());
        }
    }
    Ok(())
}

/// How many bytes the body has on the wire; `None` where the head does not say it and an object needs it.
fn wire_length(
    method: &Method,
    operation: Operation,
    length: Length,
) -> Result<Option<u64>, Refusal> {
    let may_frame = (method == Method::PUT || method == Method::POST) && !operation.is_copy();
    match length {
        Length::Unknown if may_frame => Ok(None),
        Length::Absent if is_object(operation) => Ok(None),
        Length::Absent | Length::Declared(0) => Ok(Some(0)),
        Length::Declared(bytes) if may_frame => Ok(Some(bytes)),
        Length::Unknown | Length::Declared(_) => Err(Refusal::BodyNotTaken),
    }
}

/// Whether its request has a body.
fn takes_body(operation: Operation) -> bool {
    let is_read = matches!(
        operation,
        Operation::CompleteMultipartUpload | Operation::DeleteObjects | Operation::PostObject
    );
    is_read || is_object(operation) || has_document(operation)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};
    use sigv::Wire;
    use time::macros::datetime;

    use super::*;

    fn claim(authorization: &'static str) -> Claim {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("lake"));
        headers.insert("x-amz-date", HeaderValue::from_static("20260131T120000Z"));
        headers.insert("x-amz-content-sha256", HeaderValue::from_static("UNSIGNED-PAYLOAD"));
        headers.insert("authorization", HeaderValue::from_static(authorization));
        let wire = Wire {
            method: &Method::GET,
            path: "/lake",
            query: "encryption",
            headers: &headers,
            host_bucket: None,
        };
        let rules = Rules { regions: &[], max_skew: time::Duration::minutes(15), version_2: true };
        Claim::parse(wire, &rules, datetime!(2026-01-31 12:00 UTC)).unwrap()
    }

    #[test]
    fn sub_resource_that_version_2_does_not_sign_is_refused() {
        let version_2 = claim("AWS AKIAALICE:qgk2+6Sv9/oM7G3qLEjTH1a1l1g=");
        let version_4 = claim(concat!(
            "AWS4-HMAC-SHA256 Credential=AKIAALICE/20260131/us-east-1/s3/aws4_request, ",
            "SignedHeaders=host;x-amz-content-sha256;x-amz-date, ",
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        ));
        let newer = Operation::GetBucketEncryption;
        let refused = check_covers_operation(&version_2, newer).unwrap_err();
        assert_eq!((refused.status().as_u16(), refused.code()), (403, "AccessDenied"));
        assert!(refused.message().contains("encryption"), "{}", refused.message());
        assert!(check_covers_operation(&version_4, newer).is_ok());
        for operation in [
            Operation::GetBucketAcl,
            Operation::ListObjectsV2,
            Operation::UploadPart,
            Operation::CreateMultipartUpload,
            Operation::GetObject,
        ] {
            assert!(check_covers_operation(&version_2, operation).is_ok(), "{operation}");
        }
    }
}
