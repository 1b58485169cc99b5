//! The grammar of an `Authorization` header of Signature Version 4.
//!
//! Source: Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header".

use time::Date;

use crate::amz_date;
use crate::credential::is_region;
use crate::error::SignatureError;
use crate::hash::{self, Hash};

/// An `Authorization` header, taken apart; every part is of the form it must have.
pub(crate) struct Authorization<'a> {
    pub(crate) access_key_id: &'a str,
    pub(crate) date: Date,
    pub(crate) region: &'a str,
    /// Lower-case names, sorted, each once, with `;` between.
    pub(crate) signed_headers: &'a str,
    pub(crate) signature: Hash,
}

impl<'a> Authorization<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, SignatureError> {
        let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
        match scheme {
            ALGORITHM => {}
            "AWS" => return Err(unsupported("Signature Version 2")),
            "AWS4-ECDSA-P256-SHA256" => return Err(unsupported("Signature Version 4A")),
            _ => return Err(SignatureError::UnsupportedScheme),
        }
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for parameter in rest.split(',') {
            let (name, value) =
                parameter.trim().split_once('=').ok_or(malformed("a part has no `=`"))?;
            match name {
                "Credential" => once(&mut credential, value, "Credential")?,
                "SignedHeaders" => once(&mut signed_headers, value, "SignedHeaders")?,
                "Signature" => once(&mut signature, value, "Signature")?,
                _ => {
                    return Err(malformed(
                        "a part is neither Credential, SignedHeaders nor Signature",
                    ));
                }
            }
        }
        let (access_key_id, date, region) =
            scope(credential.ok_or(malformed("Credential is missing"))?)?;
        let signed_headers = signed_headers.ok_or(malformed("SignedHeaders is missing"))?;
        if !is_header_list(signed_headers) {
            return Err(malformed("SignedHeaders must be lower-case, sorted, and each there once"));
        }
        let signature = signature.ok_or(malformed("Signature is missing"))?;
        let signature = hash::parse_hex(signature)
            .ok_or(malformed("Signature must be 64 lower-case hex digits"))?;
        Ok(Self { access_key_id, date, region, signed_headers, signature })
    }
}

/// Takes `id/date/region/s3/aws4_request` apart.
fn scope(credential: &str) -> Result<(&str, Date, &str), SignatureError> {
    let mut parts = credential.rsplitn(5, '/');
    let [Some(terminator), Some(service), Some(region), Some(date), Some(access_key_id)] =
        std::array::from_fn(|_| parts.next())
    else {
        return Err(malformed("the Credential must be id/date/region/s3/aws4_request"));
    };
    if terminator != TERMINATOR {
        return Err(SignatureError::WrongTerminator);
    }
    if service != SERVICE {
        return Err(SignatureError::WrongService);
    }
    if !is_region(region) {
        return Err(malformed("the region in the Credential is not one"));
    }
    let date = amz_date::parse_date(date)
        .ok_or(malformed("the date in the Credential must be YYYYMMDD"))?;
    Ok((access_key_id, date, region))
}

/// Whether `text` is lower-case names, sorted, each once, with `;` between.
fn is_header_list(text: &str) -> bool {
    let is_name =
        |name: &str| !name.is_empty() && !name.bytes().any(|byte| byte.is_ascii_uppercase());
    text.split(';').all(is_name) && text.split(';').is_sorted_by(|one, next| one < next)
}

fn once<'a>(
    slot: &mut Option<&'a str>,
    value: &'a str,
    name: &'static str,
) -> Result<(), SignatureError> {
    match slot.replace(value) {
        Some(_) => Err(SignatureError::DuplicateParameter { name }),
        None => Ok(()),
    }
}

fn malformed(reason: &'static str) -> SignatureError {
    SignatureError::MalformedAuthorization { reason }
}

fn unsupported(form: &'static str) -> SignatureError {
    SignatureError::UnsupportedForm { form }
}

/// The scheme of the header and the first line of what is signed.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The service in every scope.
pub(crate) const SERVICE: &str = "s3";
/// The last part of every scope.
pub(crate) const TERMINATOR: &str = "aws4_request";
