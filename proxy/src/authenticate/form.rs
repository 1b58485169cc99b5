//! Who signed a form: its fields are read first, as they say so, and make the request a `PutObject`.

use bytes::Bytes;
use policy::recognise_form;
use sigv::{
    BodyError, Claim, Declared, Decoder, Fields, FormError, FormReader, PostForm, PostPolicy,
};
use time::OffsetDateTime;
use tokio::time::timeout;

use super::{Authentic, Content, check_may_be_unsigned, rules, verify};
use crate::{
    identify::{Identified, check_keys},
    inflow::Inflow,
    live::Live,
    parse::{Length, check_key},
    refusal::Refusal,
    reply::Reply,
    verified::{UploadFault, Verified},
};

/// Reads the fields, at most `limits.form_fields_bytes_max`; verifies the signature of the policy among them, then all that the
/// policy demands of them, of the bucket and of the file; and wraps the file in its decoder.
///
/// # Errors
///
/// [`Refusal::Form`], [`Refusal::Signature`], [`Refusal::AccessKey`], [`Refusal::Store`]; [`Refusal::Unrecognised`] for what the
/// fields say of the object, [`Refusal::KeyInClear`], [`Refusal::Redirect`], [`Refusal::Malformed`] for the key; what refuses a body.
pub(super) async fn authenticate(
    identified: Identified,
    live: &Live,
    now: OffsetDateTime,
) -> Result<Authentic, Refusal> {
    let (parsed, _) = identified.into_parts();
    let Length::Declared(form_bytes) = parsed.length() else {
        return Err(BodyError::MissingLength.into());
    };
    let reader = FormReader::new(parsed.headers(), live.limits.form_fields_bytes_max)?;
    let (head, incoming) = parsed.split_body(now);
    let mut inflow = Inflow::new(incoming, live.limits.body_idle);
    let reading = timeout(live.limits.body_idle, read_fields(reader, &mut inflow)).await;
    let (form, wire) = reading.map_err(|_| UploadFault::Stalled)??;

    let claim = Claim::in_form(head.wire(), &form.fields, &rules(live), now)?;
    let (caller, _) = verify(&claim, live, now).await?;
    let bucket = head.bucket().unwrap_or_default();
    let demanded = PostPolicy::read(&form.fields)?;
    demanded.check(&form.fields, bucket, now)?;
    let length = form.file_length(form_bytes)?;
    demanded.check_length(length)?;

    let key = key(&form.fields)?;
    let recognised = recognise_form(bucket, &key, form.fields.iter())?;
    let max = live.limits.header_count_max;
    if recognised.headers.len() > max {
        return Err(FormError::TooManyHeaders { max }.into());
    }
    check_keys(&recognised, live)?;
    let reply = Reply::read(&form.fields)?;
    let declared = Declared::read(*claim.payload(), &recognised.headers, Some(length))?;
    check_may_be_unsigned(&declared, live)?;
    let declared = live.body.checked(declared, recognised.operation, &recognised.headers)?;
    let decoder = Decoder::of_file(&declared, &form.delimiter);
    let verified = Verified::new(inflow, wire, declared, decoder);
    let (access_key_id, mechanism) = (claim.access_key_id().clone(), claim.mechanism());
    let head = head.putting(key, reply);
    let content = Content::Streamed(verified.into());
    Ok(Authentic { head, recognised, access_key_id, mechanism, caller, content })
}

/// Reads up to the file; gives what came of that, too.
async fn read_fields(
    mut reader: FormReader,
    inflow: &mut Inflow,
) -> Result<(PostForm, Bytes), Refusal> {
    while let Some(mut wire) = inflow.next().await? {
        if let Some(form) = reader.push(&mut wire)? {
            return Ok((form, wire));
        }
    }
    Err(FormError::Cut.into())
}

/// The key of the object, which has to be there.
fn key(fields: &Fields) -> Result<String, Refusal> {
    let key = fields.get("key").filter(|key| !key.is_empty());
    let key = key.ok_or(FormError::MissingField { name: "key" })?;
    check_key(key)?;
    Ok(key.to_owned())
}
