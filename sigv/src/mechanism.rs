//! Finds the one way in which a request is authenticated.

use std::borrow::Cow;

use http::header::AUTHORIZATION;
use percent_encoding::percent_decode_str;

use crate::error::SignatureError;
use crate::wire::Wire;

/// The text of the only `Authorization` header, of a request that is authenticated in no other way.
///
/// # Errors
///
/// [`SignatureError::Anonymous`] when there is no authentication, [`SignatureError::UnsupportedForm`] when there is only
/// that of a presigned URL, [`SignatureError::ManyMechanisms`] when there is more than one.
pub(crate) fn authorization(wire: Wire<'_>) -> Result<&str, SignatureError> {
    let mut values = wire.headers.get_all(AUTHORIZATION).iter();
    let value = match (values.next(), presigned_form(wire.query)) {
        (None, None) => return Err(SignatureError::Anonymous),
        (None, Some(form)) => return Err(SignatureError::UnsupportedForm { form }),
        (Some(_), Some(_)) => return Err(SignatureError::ManyMechanisms),
        (Some(value), None) => value,
    };
    if values.next().is_some() {
        return Err(SignatureError::ManyMechanisms);
    }
    value.to_str().map_err(|_| SignatureError::MalformedAuthorization { reason: "it is not ASCII" })
}

/// Whether the query names a session token.
pub(crate) fn has_token_parameter(query: &str) -> bool {
    names(query).any(|name| name.eq_ignore_ascii_case("x-amz-security-token"))
}

/// The form of presigned URL that the query has a parameter of, if any.
///
/// Names are compared without regard to case, as no other parameter of S3 is near them: a name that only
/// some hop takes for authentication is then still seen here.
fn presigned_form(query: &str) -> Option<&'static str> {
    let is_one_of = |known: &[&str]| {
        names(query).any(|name| known.iter().any(|known| name.eq_ignore_ascii_case(known)))
    };
    if is_one_of(V4_PARAMETERS) {
        return Some("Signature Version 4 in a presigned URL");
    }
    is_one_of(V2_PARAMETERS).then_some("Signature Version 2 in a presigned URL")
}

/// The parameters' names, decoded once.
fn names(query: &str) -> impl Iterator<Item = Cow<'_, str>> {
    query.split('&').map(|pair| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        percent_decode_str(name).decode_utf8_lossy()
    })
}

const V4_PARAMETERS: &[&str] = &[
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
];
const V2_PARAMETERS: &[&str] = &["AWSAccessKeyId", "Signature"];
