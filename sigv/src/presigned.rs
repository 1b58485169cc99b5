//! Presigned URLs: what in a query is authentication, what is a header, and the grammar of version 4.
//!
//! Source: Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters".

use http::{HeaderMap, HeaderName, HeaderValue};
use time::{Duration, OffsetDateTime};

use crate::amz_date;
use crate::authorization::{ALGORITHM, ASYMMETRIC, Authorization, VERSION_4A};
use crate::error::{Form, SignatureError};

/// The version of a presigned URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presigned {
    /// `X-Amz-Algorithm=AWS4-HMAC-SHA256` and what belongs to it.
    Version4,
    /// `AWSAccessKeyId`, `Expires` and `Signature`.
    Version2,
}

impl Presigned {
    /// The version that a query is presigned with, by the names of its parameters, decoded; absent when it is not.
    ///
    /// Names are compared without regard to case, as no other parameter of S3 is near them: a name that only
    /// some hop takes for authentication is then still seen here.
    ///
    /// # Errors
    ///
    /// [`SignatureError::ManyMechanisms`] when there are parameters of both versions.
    pub fn of<N: AsRef<str>>(
        names: impl IntoIterator<Item = N>,
    ) -> Result<Option<Self>, SignatureError> {
        let mut found = None;
        for name in names {
            match (found, Self::told_by(name.as_ref())) {
                (_, None) => {}
                (None, form) => found = form,
                (Some(one), Some(other)) if one == other => {}
                (Some(_), Some(_)) => return Err(SignatureError::ManyMechanisms),
            }
        }
        Ok(found)
    }

    /// Moves out of `parameters`, names and values decoded once, those that are headers: a parameter `x-amz-*` of a
    /// presigned URL *is* that header, and so are `content-type` and `content-md5` of version 2. What says
    /// who signed stays.
    ///
    /// # Errors
    ///
    /// [`SignatureError::DuplicateHeader`] for one that is in `headers` too, where version 2 lets both say the same;
    /// [`SignatureError::DuplicateParameter`], [`SignatureError::UnfitParameter`];
    /// [`SignatureError::MalformedAuthorization`] for a parameter of authentication in another spelling.
    pub fn hoist(
        self,
        parameters: &mut Vec<(String, String)>,
        headers: &mut HeaderMap,
    ) -> Result<(), SignatureError> {
        let mut hoisted = HeaderMap::new();
        let mut kept = Vec::with_capacity(parameters.len());
        for (name, value) in parameters.drain(..) {
            let Some(header) = self.header(&name)? else {
                kept.push((name, value));
                continue;
            };
            // The blanks around a header's value are not part of it.
            let value = HeaderValue::from_bytes(value.trim_matches([' ', '\t']).as_bytes());
            let value = value.map_err(|_| SignatureError::UnfitParameter { name: name.clone() })?;
            if hoisted.insert(header, value).is_some() {
                return Err(SignatureError::DuplicateParameter { name });
            }
        }
        *parameters = kept;
        for (name, value) in &hoisted {
            let is_same = || {
                let values =
                    headers.get_all(name).iter().map(|value| value.as_bytes().trim_ascii());
                values.eq([value.as_bytes()])
            };
            match (headers.contains_key(name), self) {
                (false, _) => {}
                (true, Self::Version2) if is_same() => {}
                (true, _) => {
                    return Err(SignatureError::DuplicateHeader { name: name.to_string() });
                }
            }
        }
        headers.extend(hoisted);
        Ok(())
    }

    fn told_by(name: &str) -> Option<Self> {
        let is_one_of = |known: &[&str]| known.iter().any(|known| name.eq_ignore_ascii_case(known));
        if is_one_of(&PARAMETERS) || is_one_of(&[DATE]) {
            return Some(Self::Version4);
        }
        is_one_of(&[ACCESS_KEY_ID, SIGNATURE]).then_some(Self::Version2)
    }

    /// The header that the parameter `name` is, if it is one.
    fn header(self, name: &str) -> Result<Option<HeaderName>, SignatureError> {
        let lower = name.to_ascii_lowercase();
        let is_header = match self {
            Self::Version4 => {
                if let Some(known) =
                    PARAMETERS.iter().find(|known| known.eq_ignore_ascii_case(name))
                {
                    return if *known == name { Ok(None) } else { Err(MISSPELT) };
                }
                lower.starts_with("x-amz-")
            }
            Self::Version2 => {
                lower.starts_with("x-amz-") || matches!(name, "content-type" | "content-md5")
            }
        };
        if !is_header {
            return Ok(None);
        }
        let header = HeaderName::try_from(lower);
        header.map(Some).map_err(|_| SignatureError::UnfitParameter { name: name.to_owned() })
    }
}

/// The parameters that stand for the `Authorization` header of version 4, taken apart.
#[derive(Debug)]
pub(crate) struct Query<'a> {
    pub(crate) authorization: Authorization<'a>,
    pub(crate) signed_at: OffsetDateTime,
    pub(crate) lifetime: Duration,
}

impl<'a> Query<'a> {
    /// Reads them from all `parameters`, names and values decoded once.
    pub(crate) fn read(parameters: &'a [(String, String)]) -> Result<Self, SignatureError> {
        let [algorithm, credential, expires, signed_headers, signature] = PARAMETERS;
        match only(parameters, algorithm)? {
            ALGORITHM => {}
            ASYMMETRIC => return Err(SignatureError::UnsupportedForm { form: VERSION_4A }),
            _ => return Err(malformed("X-Amz-Algorithm must be AWS4-HMAC-SHA256")),
        }
        let authorization = Authorization::assemble(
            Form::Query,
            only(parameters, credential)?,
            only(parameters, signed_headers)?,
            only(parameters, signature)?,
        )?;
        let signed_at = amz_date::parse(only(parameters, DATE)?).ok_or(malformed(
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
        ))?;
        let lifetime = parse_expiry(only(parameters, expires)?)?;
        Ok(Self { authorization, signed_at, lifetime })
    }

    /// Checks that it is used in its time: not more than `max_skew` before it was signed, and not after its end.
    pub(crate) fn check_time(
        &self,
        max_skew: Duration,
        now: OffsetDateTime,
    ) -> Result<(), SignatureError> {
        if self.signed_at.saturating_sub(max_skew).unix_timestamp() > now.unix_timestamp() {
            return Err(SignatureError::NotYetValid { from: self.signed_at });
        }
        check_end(self.signed_at.saturating_add(self.lifetime), now)
    }
}

/// Checks that the second that begins at `end`, the last that counts, is not over.
pub(crate) fn check_end(end: OffsetDateTime, now: OffsetDateTime) -> Result<(), SignatureError> {
    if end.unix_timestamp() < now.unix_timestamp() {
        return Err(SignatureError::Expired { at: end });
    }
    Ok(())
}

/// Reads `X-Amz-Expires`: how long a presigned URL lives, 1 s to 604 800 s (seven days).
fn parse_expiry(text: &str) -> Result<Duration, SignatureError> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|seconds| is_number && LIFETIME_S.contains(seconds));
    seconds.map(Duration::seconds).ok_or(SignatureError::MalformedExpiry)
}

/// The value of the parameter of exactly this name, which has to be there once.
fn only<'a>(
    parameters: &'a [(String, String)],
    name: &'static str,
) -> Result<&'a str, SignatureError> {
    single(parameters, name)?.ok_or(malformed(
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, \
         X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters",
    ))
}

/// The value of the parameter of exactly this name, if it is there; twice it cannot be.
pub(crate) fn single<'a>(
    parameters: &'a [(String, String)],
    name: &str,
) -> Result<Option<&'a str>, SignatureError> {
    let mut values = parameters.iter().filter(|(other, _)| other == name);
    let value = values.next().map(|(_, value)| value.as_str());
    match values.next() {
        None => Ok(value),
        Some((name, _)) => Err(SignatureError::DuplicateParameter { name: name.clone() }),
    }
}

const fn malformed(reason: &'static str) -> SignatureError {
    SignatureError::MalformedAuthorization { form: Form::Query, reason }
}

/// The parameters of version 4 that are no headers.
const PARAMETERS: [&str; 5] =
    ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Expires", "X-Amz-SignedHeaders", V4_SIGNATURE];

/// The one parameter that a signature of version 4 does not cover.
pub(crate) const V4_SIGNATURE: &str = "X-Amz-Signature";

/// The parameter that is the date header.
const DATE: &str = "X-Amz-Date";

/// The parameters of version 2.
pub(crate) const ACCESS_KEY_ID: &str = "AWSAccessKeyId";
pub(crate) const SIGNATURE: &str = "Signature";
pub(crate) const EXPIRES: &str = "Expires";

const MISSPELT: SignatureError =
    malformed("X-Amz-Algorithm and the others are to be spelled as AWS spells them");

/// How long a presigned URL of version 4 may live, in seconds.
pub(crate) const LIFETIME_S: std::ops::RangeInclusive<i64> = 1..=604_800;

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(query: &[(&str, &str)]) -> Vec<(String, String)> {
        query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn version_is_told_by_any_parameter_of_it_in_any_case() {
        for name in ["X-Amz-Algorithm", "x-amz-signature", "X-AMZ-DATE", "X-Amz-Expires"] {
            assert_eq!(Presigned::of([name]), Ok(Some(Presigned::Version4)), "{name}");
        }
        for name in ["AWSAccessKeyId", "awsaccesskeyid", "Signature"] {
            assert_eq!(Presigned::of(["prefix", name]), Ok(Some(Presigned::Version2)), "{name}");
        }
        for name in ["Expires", "X-Amz-Acl", "x-id", "X-Amz-Security-Token", ""] {
            assert_eq!(Presigned::of([name]), Ok(None), "{name}");
        }
    }

    #[test]
    fn a07_parameters_of_both_versions_are_refused() {
        let refused = Presigned::of(["Signature", "X-Amz-Date"]);
        assert_eq!(refused, Err(SignatureError::ManyMechanisms));
    }

    #[test]
    fn parameters_that_are_headers_move_there_and_the_rest_stays() {
        let mut parameters = pairs(&[
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
            ("X-Amz-Acl", "private"),
            ("x-amz-meta-a", " b ö\t"),
            ("prefix", "x-amz-"),
            ("content-type", "text/plain"),
            ("X-Amz-Date", "20130524T000000Z"),
        ]);
        let mut headers = HeaderMap::new();
        Presigned::Version4.hoist(&mut parameters, &mut headers).unwrap();
        let kept: Vec<_> = parameters.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(kept, ["X-Amz-Algorithm", "prefix", "content-type"]);
        assert_eq!(headers["x-amz-acl"], "private");
        assert_eq!(headers["x-amz-meta-a"].as_bytes(), "b ö".as_bytes());
        assert_eq!(headers["x-amz-date"], "20130524T000000Z");

        let mut parameters = pairs(&[("content-type", "text/plain"), ("Expires", "1")]);
        let mut headers = HeaderMap::new();
        Presigned::Version2.hoist(&mut parameters, &mut headers).unwrap();
        assert_eq!((parameters, headers.len()), (pairs(&[("Expires", "1")]), 1));
    }

    #[test]
    fn header_that_is_a_parameter_too_is_refused_or_the_same() {
        let hoisted = |form: Presigned, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-amz-acl", HeaderValue::from_static("private"));
            let mut parameters = pairs(&[("x-amz-acl", value)]);
            form.hoist(&mut parameters, &mut headers).map(|()| headers.len())
        };
        let twice = SignatureError::DuplicateHeader { name: "x-amz-acl".to_owned() };
        assert_eq!(hoisted(Presigned::Version4, "private"), Err(twice.clone()));
        assert_eq!(hoisted(Presigned::Version2, "public-read"), Err(twice));
        assert_eq!(hoisted(Presigned::Version2, "private"), Ok(1));
        assert_eq!(hoisted(Presigned::Version2, " \tprivate "), Ok(1));
    }

    #[test]
    fn parameter_that_is_there_twice_or_cannot_be_a_header_is_refused() {
        let refused = |query: &[(&str, &str)]| {
            let mut parameters = pairs(query);
            Presigned::Version4.hoist(&mut parameters, &mut HeaderMap::new()).unwrap_err()
        };
        let twice = refused(&[("x-amz-acl", "private"), ("X-Amz-Acl", "private")]);
        assert_eq!(twice, SignatureError::DuplicateParameter { name: "X-Amz-Acl".to_owned() });
        for (name, value) in [("x-amz-acl", "a\r\nb"), ("x-amz-a b", "c"), ("x-amz-a:", "")] {
            let unfit = refused(&[(name, value)]);
            assert_eq!(unfit, SignatureError::UnfitParameter { name: name.to_owned() });
            assert_eq!((unfit.status(), unfit.code()), (400, "InvalidArgument"));
        }
        assert_eq!(refused(&[("x-amz-signature", "00")]), MISSPELT);
    }

    #[test]
    fn a03_lifetime_is_digits_from_1_to_604800() {
        for (text, seconds) in [("1", 1), ("604800", 604_800), ("0060", 60)] {
            assert_eq!(parse_expiry(text), Ok(Duration::seconds(seconds)));
        }
        for text in ["", "0", "-1", "604801", "1e3", " 60", "60 ", "+60", "99999999999999999999"] {
            assert_eq!(parse_expiry(text), Err(SignatureError::MalformedExpiry), "{text}");
        }
    }
}
