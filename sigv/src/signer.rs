//! Signs requests to the upstream, and URLs for whoever is given them.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, HeaderValue};
use time::{Date, OffsetDateTime, UtcOffset};

use crate::amz_date;
use crate::authorization::{ALGORITHM, SERVICE, TERMINATOR};
use crate::body::Chain;
use crate::canonical;
use crate::credential::{CredentialError, SecretKey, is_region};
use crate::hash;
use crate::payload::Payload;
use crate::presign::Presignable;
use crate::presigned::V4_SIGNATURE;
use crate::v4::SigningKey;
use crate::wire::{Wire, header_value};

/// Signs requests with one credential in one region. It keeps the day's key, so that a signature costs one hash and one
/// code.
///
/// Its `Debug` form has neither the secret nor the key.
pub struct Signer {
    access_key_id: Box<str>,
    secret: SecretKey,
    region: Box<str>,
    key: Mutex<Option<(Date, SigningKey)>>,
}

impl Signer {
    /// A signer for this credential. Its access key id is opaque: any visible ASCII but `,` and `/`.
    ///
    /// # Errors
    ///
    /// [`CredentialError::UpstreamAccessKeyId`] or [`CredentialError::Region`] when one cannot stand in an
    /// `Authorization` header.
    pub fn new(
        access_key_id: &str,
        secret: SecretKey,
        region: &str,
    ) -> Result<Self, CredentialError> {
        let is_opaque = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b',' | b'/');
        if access_key_id.is_empty() || !access_key_id.bytes().all(is_opaque) {
            return Err(CredentialError::UpstreamAccessKeyId);
        }
        if !is_region(region) {
            return Err(CredentialError::Region);
        }
        Ok(Self {
            access_key_id: access_key_id.into(),
            secret,
            region: region.into(),
            key: Mutex::new(None),
        })
    }

    /// The id of the access key that it signs with.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The value of the `Authorization` header for `wire`, marked sensitive, and what the chunks of its body are signed
    /// with.
    ///
    /// It covers exactly `host`, `x-amz-*`, `content-md5` and `content-type`; a hop may touch any other
    /// header. `wire` has to hold `host`, `x-amz-date` of `at` and `x-amz-content-sha256` of `payload` already.
    pub fn sign(
        &self,
        wire: Wire<'_>,
        payload: &Payload,
        at: OffsetDateTime,
    ) -> (HeaderValue, Chain) {
        let at = at.to_offset(UtcOffset::UTC);
        let signed_headers = signed_headers(wire.headers);
        let request = canonical_request(wire, &signed_headers, payload);
        let Self { access_key_id, region, .. } = self;
        let key = self.key(at.date());
        let signature = key.sign(&hash::sha256(&request), at, region);
        let date = amz_date::format_date(at.date());
        let mut value = header_value(format!(
            "{ALGORITHM} Credential={access_key_id}/{date}/{region}/{SERVICE}/{TERMINATOR}, \
             SignedHeaders={signed_headers}, Signature={}",
            hash::hex(&signature)
        ));
        value.set_sensitive(true);
        (value, Chain::new(key, at, region, signature))
    }

    /// The query of the URL by which anybody can send `request` until its expiry has passed after `at`.
    ///
    /// Its parameters are in canonical form and sorted, the signature last. That covers the method, the path, the
    /// parameters and `host`, and says nothing of a body (`UNSIGNED-PAYLOAD`).
    pub fn presign(&self, request: &Presignable<'_>, at: OffsetDateTime) -> String {
        let at = at.to_offset(UtcOffset::UTC);
        let query = request.unsigned_query(&self.access_key_id, &self.region, at);
        let hash = hash::sha256(&request.canonical_request(&query));
        let signature = self.key(at.date()).sign(&hash, at, &self.region);
        format!("{query}&{V4_SIGNATURE}={}", hash::hex(&signature))
    }

    /// The key of `date`, derived when the day is new.
    fn key(&self, date: Date) -> SigningKey {
        let mut kept = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((day, key)) if *day == date => key.clone(),
            _ => {
                let key = SigningKey::derive(&self.secret, date, &self.region);
                *kept = Some((date, key.clone()));
                key
            }
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("access_key_id", &self.access_key_id)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

#[expect(clippy::expect_used, reason = "the names of the signed headers come from the headers")]
fn canonical_request(wire: Wire<'_>, signed_headers: &str, payload: &Payload) -> Vec<u8> {
    canonical::request(wire, signed_headers, &payload.text()).expect("every signed header is there")
}

/// The names of the headers to sign, sorted, with `;` between.
fn signed_headers(headers: &HeaderMap) -> String {
    let is_signed = |name: &&str| {
        name.starts_with("x-amz-") || matches!(*name, "host" | "content-md5" | "content-type")
    };
    let mut names: Vec<&str> =
        headers.keys().map(http::HeaderName::as_str).filter(is_signed).collect();
    names.sort_unstable();
    names.join(";")
}

#[cfg(test)]
mod tests {
    use http::Method;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn signature_covers_only_what_no_hop_may_touch() {
        let mut headers = HeaderMap::new();
        for name in [
            "user-agent",
            "host",
            "x-amz-date",
            "range",
            "content-type",
            "content-md5",
            "date",
            "expect",
        ] {
            headers.insert(name, HeaderValue::from_static("x"));
        }
        headers.insert("content-length", HeaderValue::from_static("0"));
        headers.insert("x-amzn-trace-id", HeaderValue::from_static("x"));
        assert_eq!(signed_headers(&headers), "content-md5;content-type;host;x-amz-date");
    }

    #[test]
    fn signature_is_sensitive_and_nothing_secret_prints() {
        let headers =
            HeaderMap::from_iter([(http::header::HOST, HeaderValue::from_static("garage"))]);
        let wire = Wire {
            method: &Method::GET,
            path: "/",
            query: "",
            headers: &headers,
            host_bucket: None,
        };
        let signer =
            Signer::new("GK$tenant", SecretKey::new(*b"not a real secret"), "garage").unwrap();
        let (value, chain) = signer.sign(wire, &Payload::Unsigned, datetime!(2026-01-31 12:00 UTC));
        assert!(value.is_sensitive());
        assert!(
            value
                .to_str()
                .unwrap()
                .starts_with("AWS4-HMAC-SHA256 Credential=GK$tenant/20260131/garage/s3/")
        );
        assert_eq!(
            format!("{signer:?}"),
            r#"Signer { access_key_id: "GK$tenant", region: "garage", .. }"#
        );
        assert_eq!(format!("{chain:?}"), "Chain(..)");
    }

    #[test]
    fn credential_that_cannot_stand_in_a_header_is_refused() {
        let refused = |id: &str, region: &str| {
            Signer::new(id, SecretKey::new(*b"x"), region).map(|_| ()).unwrap_err()
        };
        for id in ["", "a b", "a,b", "a/b", "a\r\nb", "schlüssel"] {
            assert_eq!(refused(id, "garage"), CredentialError::UpstreamAccessKeyId, "{id}");
        }
        for region in ["", "a b", "a/b", "a\nb", "ü", &"r".repeat(65)] {
            assert_eq!(refused("GK", region), CredentialError::Region, "{region}");
        }
    }
}
