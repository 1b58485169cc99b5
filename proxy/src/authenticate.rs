//! The third step: who signed the request.

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use policy::{Operation, Recognised};
use sigv::{AccessKeyId, Claim, Decoder, Payload, Rules};
use store::Caller;
use time::OffsetDateTime;

use crate::{
    body::{Progress, Verified},
    identify::Identified,
    limits::Limits,
    live::Live,
    parse::{Head, Length},
    refusal::Refusal,
};

/// A request whose signature holds; its body is inside a decoder, still unread.
#[derive(Debug)]
pub(crate) struct Authentic {
    head: Head,
    recognised: Recognised,
    access_key_id: AccessKeyId,
    caller: Arc<Caller>,
    payload: Payload,
    content: Content,
}

/// What the request carries.
#[derive(Debug)]
pub(crate) enum Content {
    /// The client's body, verified as it is read.
    Streamed(Verified),
    /// A document that was read, verified, understood and written anew.
    Document(Bytes),
}

/// Verifies the signature by the secret of the access key it names, and wraps the body in its decoder.
///
/// # Errors
///
/// [`Refusal::Signature`], [`Refusal::AccessKey`], [`Refusal::Store`]; [`Refusal::LengthMissing`],
/// [`Refusal::BodyNotTaken`] and [`Refusal::Body`] for a body that cannot be right.
pub(crate) async fn authenticate(
    identified: Identified,
    live: &Live,
    now: OffsetDateTime,
) -> Result<Authentic, Refusal> {
    let (parsed, recognised) = identified.into_parts();
    let rules = Rules { regions: &live.regions, max_skew: live.max_skew };
    let claim = Claim::parse(parsed.wire(), &rules, now)?;
    let found = live.callers.find(claim.access_key_id()).await?;
    let caller = found
        .filter(|caller| caller.expires.is_none_or(|expires| now < expires))
        .ok_or(Refusal::AccessKey)?;
    claim.verify(parsed.wire(), &caller.secret)?;
    let declared = declared_length(parsed.method(), recognised.operation, parsed.length())?;
    let payload = *claim.payload();
    let decoder = Decoder::new(&payload, declared)?;
    let (head, incoming) = parsed.split_body();
    let content = Content::Streamed(Verified::new(incoming, decoder, live.limits.body_idle));
    let access_key_id = claim.access_key_id().clone();
    Ok(Authentic { head, recognised, access_key_id, caller, payload, content })
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
            Content::Streamed(body) => Some(body.progress()),
            Content::Document(_) => None,
        }
    }

    pub(crate) fn access_key_id(&self) -> &AccessKeyId {
        &self.access_key_id
    }

    /// Exchanges the body for the document that was made from it.
    pub(crate) async fn read_document<F>(
        mut self,
        limits: &Limits,
        write: F,
    ) -> Result<Self, Refusal>
    where
        F: FnOnce(&[u8]) -> Result<Bytes, Refusal>,
    {
        if let Content::Streamed(body) = self.content {
            let document = body.collect(limits.document_bytes_max, limits.body_idle).await?;
            self.content = Content::Document(write(&document)?);
        }
        Ok(self)
    }

    pub(crate) fn into_parts(self) -> (Head, Recognised, Arc<Caller>, Payload, Content) {
        (self.head, self.recognised, self.caller, self.payload, self.content)
    }
}

/// How many bytes the body has, which the upstream must be told before the first of them.
fn declared_length(method: &Method, operation: Operation, length: Length) -> Result<u64, Refusal> {
    let takes_body = method == Method::PUT || method == Method::POST;
    let is_object = matches!(operation, Operation::PutObject | Operation::UploadPart);
    match length {
        Length::Unknown => Err(Refusal::LengthMissing),
        Length::Absent if is_object => Err(Refusal::LengthMissing),
        Length::Absent => Ok(0),
        Length::Declared(bytes) if bytes > 0 && !takes_body => Err(Refusal::BodyNotTaken),
        Length::Declared(bytes) => Ok(bytes),
    }
}
