//! What a request says about who signed it, and what would prove it.

use std::borrow::Cow;
use std::fmt;

use http::HeaderMap;
use http::header::{DATE, HOST};
use time::{Duration, OffsetDateTime};

use crate::amz_date;
use crate::authorization::Authorization;
use crate::body::Chain;
use crate::canonical;
use crate::credential::{AccessKeyId, SecretKey};
use crate::encode::decode_pairs;
use crate::error::{Form, SignatureError};
use crate::hash::{self, Hash};
use crate::mechanism::Mechanism;
use crate::payload::{self, Payload};
use crate::presigned::{Presigned, Query};
use crate::v4::SigningKey;
use crate::version2::{self, Version2};
use crate::wire::Wire;

/// What a signature must satisfy beyond being right.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The regions that a scope may name; none means any.
    pub regions: &'a [String],
    /// How far the time of signing may be from now, either way. AWS allows 15 minutes.
    pub max_skew: Duration,
    /// Whether version 2 is taken at all.
    pub version_2: bool,
}

/// A claim to have signed a request: all that can be checked without the secret holds, the signature is still to be
/// verified.
///
/// Its `Debug` form leaves the signature out.
#[derive(Clone)]
pub struct Claim {
    access_key_id: AccessKeyId,
    mechanism: &'static str,
    payload: Payload,
    proof: Proof,
}

/// A signature, and what it has to be of.
#[derive(Clone)]
pub(crate) enum Proof {
    Version4 {
        scope: Scope,
        signed_at: OffsetDateTime,
        request: Hash,
        signature: Hash,
    },
    /// The same of a text by itself.
    Text4 {
        scope: Scope,
        text: Box<[u8]>,
        signature: Hash,
    },
    Version2 {
        texts: Vec<Box<[u8]>>,
        signature: version2::Code,
    },
}

/// What a signing key of version 4 is derived for, besides the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) date: time::Date,
    pub(crate) region: Box<str>,
}

impl Claim {
    /// Reads the claim in `wire`, and checks it against `rules` at the time `now`.
    ///
    /// # Errors
    ///
    /// Any [`SignatureError`]; [`SignatureError::Mismatch`] only for a signature of version 2 that cannot be one.
    pub fn parse(
        wire: Wire<'_>,
        rules: &Rules<'_>,
        now: OffsetDateTime,
    ) -> Result<Self, SignatureError> {
        match Mechanism::of(wire)? {
            Mechanism::Version4(text) => Self::in_header(wire, text, rules, now),
            Mechanism::Presigned(Presigned::Version4) => Self::in_query(wire, rules, now),
            Mechanism::Version2(_) | Mechanism::Presigned(Presigned::Version2)
                if !rules.version_2 =>
            {
                Err(SignatureError::Version2Refused)
            }
            Mechanism::Version2(text) => Self::in_header_2(wire, text, rules, now),
            Mechanism::Presigned(Presigned::Version2) => Self::in_query_2(wire, now),
        }
    }

    /// Who claims to have signed the request.
    pub fn access_key_id(&self) -> &AccessKeyId {
        &self.access_key_id
    }

    /// How the request says who signed it: `v4`, `v4-presigned`, `v4-form`, `v2`, `v2-presigned` or `v2-form`.
    pub fn mechanism(&self) -> &'static str {
        self.mechanism
    }

    /// What was signed of the body.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// Whether the signature covers the query parameter `name`, decoded.
    pub fn covers(&self, name: &str) -> bool {
        match &self.proof {
            Proof::Version4 { .. } => true,
            Proof::Text4 { .. } => false,
            Proof::Version2 { .. } => version2::covers(name),
        }
    }

    /// Verifies the signature.
    ///
    /// # Errors
    ///
    /// [`SignatureError::Mismatch`] when `secret` does not give the signature.
    pub fn verify(&self, secret: &SecretKey) -> Result<(), SignatureError> {
        let verifies = match &self.proof {
            Proof::Version4 { scope, .. } | Proof::Text4 { scope, .. } => {
                self.verifies_with(&scope.key(secret))
            }
            Proof::Version2 { texts, signature } => {
                version2::verifies(texts, signature, secret.expose())
            }
        };
        if verifies { Ok(()) } else { Err(SignatureError::Mismatch) }
    }

    /// What the chunks of the request's body are signed with: of version 4 only.
    ///
    /// The chain begins with the claimed signature: it says something only of a claim that was verified, which is
    /// when that signature was compared with the right one.
    pub fn chain(&self, secret: &SecretKey) -> Option<Chain> {
        self.scope().and_then(|scope| self.chain_with(scope.key(secret)))
    }

    /// What the key of [`Self::verifies_with`] is derived for.
    pub(crate) fn scope(&self) -> Option<&Scope> {
        match &self.proof {
            Proof::Version4 { scope, .. } | Proof::Text4 { scope, .. } => Some(scope),
            Proof::Version2 { .. } => None,
        }
    }

    /// Whether `key`, which was derived for [`Self::scope`], gives the signature.
    pub(crate) fn verifies_with(&self, key: &SigningKey) -> bool {
        match &self.proof {
            Proof::Version4 { scope, signed_at, request, signature } => {
                hash::same(&key.sign(request, *signed_at, &scope.region), signature)
            }
            Proof::Text4 { text, signature, .. } => hash::same(&key.code(&[text]), signature),
            Proof::Version2 { .. } => false,
        }
    }

    pub(crate) fn chain_with(&self, key: SigningKey) -> Option<Chain> {
        match &self.proof {
            Proof::Version4 { scope, signed_at, signature, .. } => {
                Some(Chain::new(key, *signed_at, &scope.region, *signature))
            }
            Proof::Text4 { .. } | Proof::Version2 { .. } => None,
        }
    }

    /// A claim that was read elsewhere.
    pub(crate) fn new(
        access_key_id: AccessKeyId,
        mechanism: &'static str,
        payload: Payload,
        proof: Proof,
    ) -> Self {
        Self { access_key_id, mechanism, payload, proof }
    }

    fn in_header(
        wire: Wire<'_>,
        text: &str,
        rules: &Rules<'_>,
        now: OffsetDateTime,
    ) -> Result<Self, SignatureError> {
        let authorization = Authorization::parse(text)?;
        check_region(Form::Header, authorization.region, rules.regions)?;
        let access_key_id = parse_id(authorization.access_key_id)?;
        check_signed(wire.headers, authorization.signed_headers)?;
        check_single(wire.headers, SINGLE)?;
        check_token(wire.headers)?;
        check_token_parameter(wire.query)?;
        let signed_at = signed_at(wire.headers)?;
        if authorization.date != signed_at.date() {
            return Err(SignatureError::WrongDate { form: Form::Header });
        }
        check_skew(signed_at, rules.max_skew, now)?;
        let payload = Payload::of(wire.headers)?;
        let proof = proof(wire, &authorization, signed_at, payload)?;
        Ok(Self { access_key_id, mechanism: "v4", payload, proof })
    }

    fn in_query(
        wire: Wire<'_>,
        rules: &Rules<'_>,
        now: OffsetDateTime,
    ) -> Result<Self, SignatureError> {
        let parameters = owned_pairs(wire.query);
        let query = Query::read(&parameters)?;
        let Query { authorization, signed_at, .. } = &query;
        check_region(Form::Query, authorization.region, rules.regions)?;
        let access_key_id = parse_id(authorization.access_key_id)?;
        check_signed(wire.headers, authorization.signed_headers)?;
        check_single(wire.headers, SINGLE)?;
        let headers = with_hoisted(wire, Presigned::Version4)?;
        check_token(&headers)?;
        if authorization.date != signed_at.date() {
            return Err(SignatureError::WrongDate { form: Form::Query });
        }
        query.check_time(rules.max_skew, now)?;
        let payload = Payload::of_optional(&headers)?;
        let proof = proof(wire, authorization, *signed_at, payload)?;
        Ok(Self { access_key_id, mechanism: "v4-presigned", payload, proof })
    }

    fn in_header_2(
        wire: Wire<'_>,
        text: &str,
        rules: &Rules<'_>,
        now: OffsetDateTime,
    ) -> Result<Self, SignatureError> {
        let version2 = Version2::parse(text)?;
        check_single(wire.headers, SINGLE_2)?;
        check_token_parameter(wire.query)?;
        check_skew(signed_at_2(wire.headers)?, rules.max_skew, now)?;
        Self::of_version_2(&version2, "v2", wire, wire.headers)
    }

    fn in_query_2(wire: Wire<'_>, now: OffsetDateTime) -> Result<Self, SignatureError> {
        let parameters = owned_pairs(wire.query);
        let version2 = Version2::read(&parameters, now)?;
        check_single(wire.headers, SINGLE_2)?;
        let headers = with_hoisted(wire, Presigned::Version2)?;
        Self::of_version_2(&version2, "v2-presigned", wire, &headers)
    }

    /// What both forms of version 2 have in common; `headers` are those of `wire`, with those that stood in its query.
    fn of_version_2(
        version2: &Version2<'_>,
        mechanism: &'static str,
        wire: Wire<'_>,
        headers: &HeaderMap,
    ) -> Result<Self, SignatureError> {
        let access_key_id = parse_id(version2.access_key_id)?;
        check_token(headers)?;
        let payload = payload_2(headers)?;
        let texts = version2.texts(wire, headers)?;
        let proof = Proof::Version2 { texts, signature: version2.signature };
        Ok(Self { access_key_id, mechanism, payload, proof })
    }
}

impl Scope {
    /// The key of `secret` for this day and region.
    pub(crate) fn key(&self, secret: &SecretKey) -> SigningKey {
        SigningKey::derive(secret, self.date, &self.region)
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("access_key_id", &self.access_key_id)
            .field("mechanism", &self.mechanism)
            .field("scope", &self.scope())
            .field("payload", &self.payload)
            .finish_non_exhaustive()
    }
}

/// What `authorization` claims to be the signature of.
fn proof(
    wire: Wire<'_>,
    authorization: &Authorization<'_>,
    signed_at: OffsetDateTime,
    payload: Payload,
) -> Result<Proof, SignatureError> {
    let request = canonical::request(wire, authorization.signed_headers, &payload.text())?;
    Ok(Proof::Version4 {
        scope: Scope { date: authorization.date, region: authorization.region.into() },
        signed_at,
        request: hash::sha256(&request),
        signature: authorization.signature,
    })
}

/// The headers of `wire` with those that stand in its query.
fn with_hoisted(wire: Wire<'_>, form: Presigned) -> Result<HeaderMap, SignatureError> {
    let mut parameters = owned_pairs(wire.query);
    let mut headers = wire.headers.clone();
    form.hoist(&mut parameters, &mut headers)?;
    Ok(headers)
}

fn owned_pairs(query: &str) -> Vec<(String, String)> {
    let owned =
        |(name, value): (Cow<'_, str>, Cow<'_, str>)| (name.into_owned(), value.into_owned());
    decode_pairs(query).map(owned).collect()
}

pub(crate) fn parse_id(text: &str) -> Result<AccessKeyId, SignatureError> {
    AccessKeyId::parse(text).map_err(|_| SignatureError::MalformedAccessKeyId)
}

pub(crate) fn check_region(
    form: Form,
    region: &str,
    regions: &[String],
) -> Result<(), SignatureError> {
    match regions.first() {
        Some(expected) if !regions.iter().any(|allowed| allowed == region) => {
            Err(SignatureError::WrongRegion {
                form,
                region: region.to_owned(),
                expected: expected.clone(),
            })
        }
        _ => Ok(()),
    }
}

/// Checks that what must be signed is, and that what was signed is there.
fn check_signed(headers: &HeaderMap, signed_headers: &str) -> Result<(), SignatureError> {
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
    match signed_headers.split(';').find(|name| !headers.contains_key(*name)) {
        Some(name) => Err(SignatureError::AbsentHeader { name: name.to_owned() }),
        None => Ok(()),
    }
}

/// Checks that none of `names` is there twice.
fn check_single(headers: &HeaderMap, names: &[&str]) -> Result<(), SignatureError> {
    match names.iter().find(|name| headers.get_all(**name).iter().nth(1).is_some()) {
        Some(name) => Err(SignatureError::DuplicateHeader { name: (*name).to_owned() }),
        None => Ok(()),
    }
}

/// Refuses every session token, as no session was ever issued.
fn check_token(headers: &HeaderMap) -> Result<(), SignatureError> {
    if headers.contains_key(SECURITY_TOKEN) { Err(SignatureError::SecurityToken) } else { Ok(()) }
}

/// The same where the query of a request that is signed in its header names one.
pub(crate) fn check_token_parameter(query: &str) -> Result<(), SignatureError> {
    if decode_pairs(query).any(|(name, _)| name.eq_ignore_ascii_case(SECURITY_TOKEN)) {
        return Err(SignatureError::SecurityToken);
    }
    Ok(())
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

/// The same of version 2, whose `x-amz-date` may have either form.
fn signed_at_2(headers: &HeaderMap) -> Result<OffsetDateTime, SignatureError> {
    let value =
        headers.get(AMZ_DATE).or_else(|| headers.get(DATE)).ok_or(SignatureError::MissingDate)?;
    let parsed = value.to_str().ok().and_then(|text| amz_date::parse_http(text.trim()));
    parsed.ok_or(SignatureError::MalformedDate)
}

/// What version 2 says about the body, which has no signatures for chunks.
fn payload_2(headers: &HeaderMap) -> Result<Payload, SignatureError> {
    let payload = Payload::of_optional(headers)?;
    if payload.is_signed_in_chunks() {
        return Err(SignatureError::UnsupportedForm {
            form: "A body in signed chunks with Signature Version 2",
        });
    }
    Ok(payload)
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

/// The same of version 2, which signs these by themselves.
const SINGLE_2: &[&str] =
    &["host", "date", AMZ_DATE, payload::HEADER, "content-md5", "content-type"];
