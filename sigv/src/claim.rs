//! What a request says about who signed it, and whether that is true.

use std::fmt;

use http::HeaderMap;
use http::header::{DATE, HOST};
use time::{Duration, OffsetDateTime};

use crate::amz_date;
use crate::authorization::Authorization;
use crate::body::Chain;
use crate::canonical;
use crate::credential::{AccessKeyId, SecretKey};
use crate::error::SignatureError;
use crate::hash::{self, Hash};
use crate::mechanism;
use crate::payload::{self, Payload};
use crate::v4::SigningKey;
use crate::wire::Wire;

/// What a signature must satisfy beyond being right.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The regions that a scope may name; none means any.
    pub regions: &'a [String],
    /// How far the time of signing may be from now, either way. AWS allows 15 minutes.
    pub max_skew: Duration,
}

/// A claim to have signed a request: all that can be checked without the secret holds, the signature is still to be
/// verified.
///
/// Its `Debug` form leaves the signature out.
#[derive(Clone)]
pub struct Claim {
    access_key_id: AccessKeyId,
    region: Box<str>,
    signed_headers: Box<str>,
    signature: Hash,
    signed_at: OffsetDateTime,
    payload: Payload,
}

impl Claim {
    /// Reads the claim in `wire`, and checks it against `rules` at the time `now`.
    ///
    /// # Errors
    ///
    /// Any [`SignatureError`] but [`SignatureError::Mismatch`].
    pub fn parse(
        wire: Wire<'_>,
        rules: &Rules<'_>,
        now: OffsetDateTime,
    ) -> Result<Self, SignatureError> {
        let authorization = Authorization::parse(mechanism::authorization(wire)?)?;
        check_region(authorization.region, rules.regions)?;
        let access_key_id = AccessKeyId::parse(authorization.access_key_id)
            .map_err(|_| SignatureError::MalformedAccessKeyId)?;
        check_headers(wire.headers, authorization.signed_headers)?;
        if wire.headers.contains_key(SECURITY_TOKEN) || mechanism::has_token_parameter(wire.query) {
            return Err(SignatureError::SecurityToken);
        }
        let signed_at = signed_at(wire.headers)?;
        if authorization.date != signed_at.date() {
            return Err(SignatureError::WrongDate);
        }
        check_skew(signed_at, rules.max_skew, now)?;
        Ok(Self {
            access_key_id,
            region: authorization.region.into(),
            signed_headers: authorization.signed_headers.into(),
            signature: authorization.signature,
            signed_at,
            payload: Payload::of(wire.headers)?,
        })
    }

    /// Who claims to have signed the request.
    pub fn access_key_id(&self) -> &AccessKeyId {
        &self.access_key_id
    }

    /// What was signed of the body.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The region in the credential scope.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// When the request was signed, by the signer's clock, in UTC.
    pub fn signed_at(&self) -> OffsetDateTime {
        self.signed_at
    }

    /// Verifies the signature of `wire`, the request that the claim was read from.
    ///
    /// # Errors
    ///
    /// [`SignatureError::Mismatch`] when `secret` does not give the signature.
    pub fn verify(&self, wire: Wire<'_>, secret: &SecretKey) -> Result<(), SignatureError> {
        self.verify_with(wire, &self.signing_key(secret))
    }

    /// The key that [`Self::verify_with`] needs, for a caller that keeps it for the day.
    pub fn signing_key(&self, secret: &SecretKey) -> SigningKey {
        SigningKey::derive(secret, self.signed_at.date(), &self.region)
    }

    /// As [`Self::verify`], with a key already derived for the day of [`Self::signed_at`] and for [`Self::region`].
    ///
    /// # Errors
    ///
    /// [`SignatureError::Mismatch`] when `key` does not give the signature.
    pub fn verify_with(&self, wire: Wire<'_>, key: &SigningKey) -> Result<(), SignatureError> {
        let request = canonical::request(wire, &self.signed_headers, &self.payload.text())?;
        let signature = key.sign(&request, self.signed_at, &self.region);
        if hash::same(&signature, &self.signature) { Ok(()) } else { Err(SignatureError::Mismatch) }
    }

    /// What the chunks of the request's body are signed with, by the `key` of [`Self::verify_with`].
    ///
    /// The chain begins with the claimed signature: it says something only of a claim that was verified, which is
    /// when that signature was compared with the right one.
    pub fn chain(&self, key: &SigningKey) -> Chain {
        Chain::new(key.clone(), self.signed_at, &self.region, self.signature)
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("access_key_id", &self.access_key_id)
            .field("region", &self.region)
            .field("signed_headers", &self.signed_headers)
            .field("signed_at", &self.signed_at)
            .field("payload", &self.payload)
            .finish_non_exhaustive()
    }
}

fn check_region(region: &str, regions: &[String]) -> Result<(), SignatureError> {
    match regions.first() {
        Some(expected) if !regions.iter().any(|allowed| allowed == region) => {
            Err(SignatureError::WrongRegion {
                region: region.to_owned(),
                expected: expected.clone(),
            })
        }
        _ => Ok(()),
    }
}

/// Checks that what must be signed is, that what was signed is there, and that nothing we read is there twice.
fn check_headers(headers: &HeaderMap, signed_headers: &str) -> Result<(), SignatureError> {
    let is_signed = |name: &str| signed_headers.split(';').any(|signed| signed == name);
    let mut unsigned: Vec<&str> = headers
        .keys()
        .map(http::HeaderName::as_str)
        .filter(|name| name.starts_with("x-amz-") && !is_signed(name))
        .collect();
    if !is_signed(HOST.as_str()) {
        unsigned.push(HOST.as_str());
    }
    if !unsigned.is_empty() {
        unsigned.sort_unstable();
        return Err(SignatureError::UnsignedHeaders { names: unsigned.join(", ") });
    }
    if let Some(name) = signed_headers.split(';').find(|name| !headers.contains_key(*name)) {
        return Err(SignatureError::AbsentHeader { name: name.to_owned() });
    }
    match SINGLE.iter().find(|name| headers.get_all(**name).iter().nth(1).is_some()) {
        Some(name) => Err(SignatureError::DuplicateHeader { name }),
        None => Ok(()),
    }
}

/// When the request says it was signed: `x-amz-date`, else `Date`.
fn signed_at(headers: &HeaderMap) -> Result<OffsetDateTime, SignatureError> {
    let parsed = match (headers.get(AMZ_DATE), headers.get(DATE)) {
        (Some(value), _) => value.to_str().ok().and_then(amz_date::parse),
        (None, Some(value)) => value.to_str().ok().and_then(amz_date::parse_http),
        (None, None) => return Err(SignatureError::MissingDate),
    };
    parsed.ok_or(SignatureError::MalformedDate)
}

fn check_skew(
    signed_at: OffsetDateTime,
    max_skew: Duration,
    now: OffsetDateTime,
) -> Result<(), SignatureError> {
    let skew_s = now.unix_timestamp().abs_diff(signed_at.unix_timestamp());
    let max_skew_s = u64::try_from(max_skew.whole_seconds()).unwrap_or(0);
    if skew_s > max_skew_s { Err(SignatureError::Skewed { signed_at, max_skew }) } else { Ok(()) }
}

const AMZ_DATE: &str = "x-amz-date";
const SECURITY_TOKEN: &str = "x-amz-security-token";

/// Headers that are read here and have one value.
const SINGLE: &[&str] = &["host", "date", AMZ_DATE, payload::HEADER];
