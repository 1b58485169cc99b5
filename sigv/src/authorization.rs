//! What Signature Version 4 says about who signed, and when, and where; and the grammar of its `Authorization` header.
//!
//! Source: Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header".

use time::Date;

use crate::amz_date;
use crate::credential::is_region;
use crate::error::{Form, SignatureError};
use crate::hash::{self, Hash};

/// An `Authorization` header, or the parameters that stand for it, taken apart; every part is of the form it must have.
#[derive(Debug)]
pub(crate) struct Authorization<'a> {
    pub(crate) access_key_id: &'a str,
    pub(crate) date: Date,
    pub(crate) region: &'a str,
    /// Lower-case names, sorted, each once, with `;` between.
    pub(crate) signed_headers: &'a str,
    pub(crate) signature: Hash,
}

impl<'a> Authorization<'a> {
    /// Reads what follows the scheme in an `Authorization` header.
    pub(crate) fn parse(text: &'a str) -> Result<Self, SignatureError> {
        let malformed = |reason| malformed(Form::Header, reason);
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for parameter in text.split(',') {
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
        let credential = credential.ok_or(malformed("Credential is missing"))?;
        let signed_headers = signed_headers.ok_or(malformed("SignedHeaders is missing"))?;
        let signature = signature.ok_or(malformed("Signature is missing"))?;
        Self::assemble(Form::Header, credential, signed_headers, signature)
    }

    /// The same of its three parts, wherever they stood.
    pub(crate) fn assemble(
        form: Form,
        credential: &'a str,
        signed_headers: &'a str,
        signature: &str,
    ) -> Result<Self, SignatureError> {
        let (access_key_id, date, region) = scope(form, credential)?;
        if !is_header_list(signed_headers) {
            return Err(malformed(
                form,
                "SignedHeaders must be lower-case, sorted, and each there once",
            ));
        }
        let signature = hash::parse_hex(signature)
            .ok_or(malformed(form, "Signature must be 64 lower-case hex digits"))?;
        Ok(Self { access_key_id, date, region, signed_headers, signature })
    }
}

/// Takes `id/date/region/s3/aws4_request` apart.
pub(crate) fn scope(form: Form, credential: &str) -> Result<(&str, Date, &str), SignatureError> {
    let malformed = |reason| malformed(form, reason);
    let mut parts = credential.rsplitn(5, '/');
    let [Some(terminator), Some(service), Some(region), Some(date), Some(access_key_id)] =
        std::array::from_fn(|_| parts.next())
    else {
        return Err(malformed("the Credential must be id/date/region/s3/aws4_request"));
    };
    if terminator != TERMINATOR {
        return Err(SignatureError::WrongTerminator { form });
    }
    match service {
        SERVICE => {}
        DIRECTORY_SERVICE => return Err(SignatureError::DirectoryBuckets),
        _ => return Err(SignatureError::WrongService { form }),
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
        Some(_) => Err(SignatureError::DuplicateParameter { name: name.to_owned() }),
        None => Ok(()),
    }
}

fn malformed(form: Form, reason: &'static str) -> SignatureError {
    SignatureError::MalformedAuthorization { form, reason }
}

/// The scheme of the header and the first line of what is signed.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The scheme of version 4A, which is not implemented.
pub(crate) const ASYMMETRIC: &str = "AWS4-ECDSA-P256-SHA256";
/// What version 4A is called.
pub(crate) const VERSION_4A: &str = "Signature Version 4A";
/// The service in every scope.
pub(crate) const SERVICE: &str = "s3";
/// The service by which SDKs sign for directory buckets.
const DIRECTORY_SERVICE: &str = "s3express";
/// The last part of every scope.
pub(crate) const TERMINATOR: &str = "aws4_request";

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    const CREDENTIAL: &str = "Credential=AKIAALICE/20130524/us-east-1/s3/aws4_request";
    const HEADERS: &str = "SignedHeaders=host;x-amz-date";
    const SIGNATURE: &str =
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";

    fn refused(text: &str) -> SignatureError {
        Authorization::parse(text).map(|_| ()).unwrap_err()
    }

    /// Asserts that `text` is refused as malformed, for `reason`.
    fn assert_malformed(text: &str, reason: &'static str) {
        let refused = refused(text);
        assert_eq!(
            refused,
            SignatureError::MalformedAuthorization { form: Form::Header, reason },
            "{text}"
        );
        assert_eq!((refused.status(), refused.code()), (400, "AuthorizationHeaderMalformed"));
    }

    #[test]
    fn parts_are_read_in_any_order_and_spacing() {
        for text in [
            format!("{CREDENTIAL}, {HEADERS}, {SIGNATURE}"),
            format!("{CREDENTIAL},{HEADERS},{SIGNATURE}"),
            format!("  {SIGNATURE} ,  {CREDENTIAL} ,{HEADERS}"),
        ] {
            let read = Authorization::parse(&text).unwrap();
            assert_eq!(read.access_key_id, "AKIAALICE");
            assert_eq!(read.date, date!(2013 - 05 - 24));
            assert_eq!(read.region, "us-east-1");
            assert_eq!(read.signed_headers, "host;x-amz-date");
            assert_eq!(read.signature[0], 0xf0);
        }
    }

    #[test]
    fn a07_part_that_stands_twice_is_refused() {
        for (part, name) in
            [(CREDENTIAL, "Credential"), (HEADERS, "SignedHeaders"), (SIGNATURE, "Signature")]
        {
            let text = format!("{CREDENTIAL}, {HEADERS}, {SIGNATURE}, {part}");
            let refused = refused(&text);
            assert_eq!(refused, SignatureError::DuplicateParameter { name: name.to_owned() });
            assert_eq!((refused.status(), refused.code()), (400, "InvalidArgument"));
        }
    }

    #[test]
    fn part_that_is_missing_is_named() {
        for (parts, reason) in [
            (format!("{HEADERS}, {SIGNATURE}"), "Credential is missing"),
            (format!("{CREDENTIAL}, {SIGNATURE}"), "SignedHeaders is missing"),
            (format!("{CREDENTIAL}, {HEADERS}"), "Signature is missing"),
            (format!("{CREDENTIAL}, {HEADERS}, {SIGNATURE},"), "a part has no `=`"),
            (String::new(), "a part has no `=`"),
        ] {
            assert_malformed(&parts, reason);
        }
        assert_malformed("", "a part has no `=`");
    }

    #[test]
    fn part_that_is_unknown_is_refused() {
        for part in ["Extra=1", "signature=00", "=", "Signature =00"] {
            let text = format!("{CREDENTIAL}, {HEADERS}, {SIGNATURE}, {part}");
            assert_malformed(&text, "a part is neither Credential, SignedHeaders nor Signature");
        }
    }

    #[test]
    fn scope_must_have_five_parts_of_the_right_form() {
        for credential in [
            "",
            "AKIAALICE",
            "20130524/us-east-1/s3/aws4_request",
            "AKIAALICE/20130524//s3/aws4_request",
            "AKIAALICE/2013-05-24/us-east-1/s3/aws4_request",
            "AKIAALICE/20130524/us east/s3/aws4_request",
            "AKIAALICE/20131324/us-east-1/s3/aws4_request",
            &format!("AKIAALICE/20130524/{}/s3/aws4_request", "r".repeat(65)),
        ] {
            let text = format!("Credential={credential}, {HEADERS}, {SIGNATURE}");
            assert_eq!(refused(&text).code(), "AuthorizationHeaderMalformed", "{credential}");
        }
    }

    #[test]
    fn signed_headers_must_be_lower_case_sorted_and_single() {
        for list in ["", ";", "host;", ";host", "host;;range", "Host", "range;host", "host;host"] {
            let text = format!("{CREDENTIAL}, SignedHeaders={list}, {SIGNATURE}");
            assert_malformed(
                &text,
                "SignedHeaders must be lower-case, sorted, and each there once",
            );
        }
    }

    #[test]
    fn signature_must_be_64_lower_case_hex_digits() {
        for signature in
            ["", "f0", &"F".repeat(64), &"g".repeat(64), &"0".repeat(63), &"0".repeat(66)]
        {
            let text = format!("{CREDENTIAL}, {HEADERS}, Signature={signature}");
            assert_malformed(&text, "Signature must be 64 lower-case hex digits");
        }
    }
}
