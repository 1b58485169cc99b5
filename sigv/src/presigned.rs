//! Presigned URLs: what in a query is authentication, what is a header, and the grammar of version 4.
//!
//! Source: Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters".

use http::{HeaderMap, HeaderName, HeaderValue};
use time::{Duration, OffsetDateTime};

use crate::amz_date;
use crate::authorization::{ALGORITHM, Authorization};
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
    /// The version that a query is presigned with which has the parameter `name`, decoded.
    ///
    /// Names are compared without regard to case, as no other parameter of S3 is near them: a name that only
    /// some hop takes for authentication is then still seen here.
    pub fn told_by(name: &str) -> Option<Self> {
        let is_one_of = |known: &[&str]| known.iter().any(|known| name.eq_ignore_ascii_case(known));
        if is_one_of(&PARAMETERS) || is_one_of(&[DATE]) {
            return Some(Self::Version4);
        }
        is_one_of(&[ACCESS_KEY_ID, SIGNATURE]).then_some(Self::Version2)
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
            let unfit = |_| SignatureError::UnfitParameter { name: name.clone() };
            let value = HeaderValue::from_str(&value)
                .or_else(|_| HeaderValue::from_bytes(value.as_bytes()))
                .map_err(unfit)?;
            if hoisted.insert(header, value).is_some() {
                return Err(SignatureError::DuplicateParameter { name });
            }
        }
        *parameters = kept;
        for (name, value) in &hoisted {
            let is_same = || headers.get_all(name).iter().eq([value]);
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
        if only(parameters, algorithm)? != ALGORITHM {
            return Err(malformed("X-Amz-Algorithm must be AWS4-HMAC-SHA256"));
        }
        let authorization = Authorization::assemble(
            Form::Query,
            only(parameters, credential)?,
            only(parameters, signed_headers)?,
            only(parameters, signature)?,
        )?;
        let signed_at =
            amz_date::parse(only(parameters, DATE)?).ok_or(SignatureError::MalformedDate)?;
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
const LIFETIME_S: std::ops::RangeInclusive<i64> = 1..=604_800;
