//! Finds the one way in which a request is authenticated.

use http::header::AUTHORIZATION;

use crate::authorization::{ALGORITHM, ASYMMETRIC, VERSION_4A};
use crate::encode::decode_pairs;
use crate::error::{Form, SignatureError};
use crate::presigned::Presigned;
use crate::version2;
use crate::wire::Wire;

/// How a request says who signed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism<'a> {
    /// Version 4 in the `Authorization` header: what follows its scheme.
    Version4(&'a str),
    /// Version 2 in the `Authorization` header: what follows its scheme.
    Version2(&'a str),
    /// Parameters of a presigned URL.
    Presigned(Presigned),
}

impl<'a> Mechanism<'a> {
    /// The only mechanism in `wire`.
    ///
    /// # Errors
    ///
    /// [`SignatureError::Anonymous`] when there is none, [`SignatureError::ManyMechanisms`] when there is more than one,
    /// [`SignatureError::UnsupportedForm`] or [`SignatureError::UnsupportedScheme`] when it is none of ours.
    pub(crate) fn of(wire: Wire<'a>) -> Result<Self, SignatureError> {
        let mut values = wire.headers.get_all(AUTHORIZATION).iter();
        let names = decode_pairs(wire.query).map(|(name, _)| name);
        match (values.next(), Presigned::of(names)?) {
            (None, None) => Err(SignatureError::Anonymous),
            (None, Some(form)) => Ok(Self::Presigned(form)),
            (Some(_), Some(_)) => Err(SignatureError::ManyMechanisms),
            (Some(_), None) if values.next().is_some() => Err(SignatureError::ManyMechanisms),
            (Some(value), None) => Self::of_header(value.to_str().map_err(|_| NOT_ASCII)?),
        }
    }

    fn of_header(text: &'a str) -> Result<Self, SignatureError> {
        let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
        match scheme {
            ALGORITHM => Ok(Self::Version4(rest)),
            version2::SCHEME => Ok(Self::Version2(rest)),
            ASYMMETRIC => Err(SignatureError::UnsupportedForm { form: VERSION_4A }),
            _ => Err(SignatureError::UnsupportedScheme),
        }
    }
}

const NOT_ASCII: SignatureError =
    SignatureError::MalformedAuthorization { form: Form::Header, reason: "it is not ASCII" };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_of_ours_are_told_apart() {
        let of = Mechanism::of_header;
        assert_eq!(
            of("AWS4-HMAC-SHA256 Credential=a, x"),
            Ok(Mechanism::Version4("Credential=a, x"))
        );
        assert_eq!(of("AWS4-HMAC-SHA256"), Ok(Mechanism::Version4("")));
        assert_eq!(of("AWS AKIAALICE:c2ln"), Ok(Mechanism::Version2("AKIAALICE:c2ln")));
    }

    #[test]
    fn other_schemes_are_refused_and_known_ones_named() {
        let refused = |text| Mechanism::of_header(text).unwrap_err();
        let asymmetric =
            refused("AWS4-ECDSA-P256-SHA256 Credential=AKIAALICE/20130524/s3/aws4_request");
        assert_eq!(asymmetric, SignatureError::UnsupportedForm { form: "Signature Version 4A" });
        assert_eq!((asymmetric.status(), asymmetric.code()), (501, "NotImplemented"));
        for scheme in [
            "Bearer x",
            "Basic QTpC",
            "aws4-hmac-sha256 x",
            "AWS4-HMAC-SHA2567 x",
            "",
            "AWS4-HMAC-SHA256\tx",
            "aws AKIAALICE:c2ln",
        ] {
            let refused = refused(scheme);
            assert_eq!(refused, SignatureError::UnsupportedScheme, "{scheme}");
            assert_eq!((refused.status(), refused.code()), (400, "InvalidArgument"));
        }
    }
}
