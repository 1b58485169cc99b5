//! Presigned URLs: the signature, and all that it is made of, in the query.
//!
//! Source: Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters".

use std::fmt;

use http::{HeaderMap, HeaderValue, Method, header};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::amz_date;
use crate::authorization::{ALGORITHM, SERVICE, TERMINATOR};
use crate::canonical;
use crate::encode::encode_query_value;
use crate::presigned::LIFETIME_S;
use crate::wire::Wire;

/// How long a presigned URL lives: 1 s to 604 800 s (seven days), in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry(i64);

impl Expiry {
    /// Takes a duration; what it has beyond whole seconds is cut off.
    ///
    /// # Errors
    ///
    /// [`ExpiryError`] when that is not in the range above.
    pub fn new(duration: Duration) -> Result<Self, ExpiryError> {
        let seconds = duration.whole_seconds();
        if LIFETIME_S.contains(&seconds) { Ok(Self(seconds)) } else { Err(ExpiryError) }
    }
}

impl fmt::Display for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A duration is no lifetime of a presigned URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a presigned URL lives 1 second to 7 days")]
pub struct ExpiryError;

/// A request that whoever has its URL may send.
///
/// Its `Debug` form leaves the query and the session token out.
#[derive(Clone, Copy)]
pub struct Presignable<'a> {
    /// The method.
    pub method: &'a Method,
    /// The value of `Host`, as the client is going to send it: with the port, unless it is the scheme's own.
    pub host: &'a HeaderValue,
    /// The path with its escapes.
    pub path: &'a str,
    /// Further parameters as they would stand in a URL; none of them is one of a signature's.
    pub query: &'a str,
    /// How long the URL lives.
    pub expiry: Expiry,
    /// The token of the session that the credential belongs to.
    pub session_token: Option<&'a str>,
}

impl fmt::Debug for Presignable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presignable")
            .field("method", self.method)
            .field("host", self.host)
            .field("path", &self.path)
            .field("expiry", &self.expiry)
            .finish_non_exhaustive()
    }
}

impl Presignable<'_> {
    /// The whole query but for its signature, in canonical form.
    pub(crate) fn unsigned_query(
        &self,
        access_key_id: &str,
        region: &str,
        at: OffsetDateTime,
    ) -> String {
        let stamp = amz_date::format(at);
        let (date, _) = stamp.split_once('T').unwrap_or_default();
        let credential = format!("{access_key_id}/{date}/{region}/{SERVICE}/{TERMINATOR}");
        let mut query = format!(
            "{}&X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={}&X-Amz-Date={stamp}\
             &X-Amz-Expires={}&X-Amz-SignedHeaders={SIGNED_HEADERS}",
            self.query,
            encode_query_value(&credential),
            self.expiry,
        );
        if let Some(token) = self.session_token {
            query.push_str("&X-Amz-Security-Token=");
            query.push_str(&encode_query_value(token));
        }
        canonical::query(&query)
    }

    /// The canonical request with `query`.
    #[expect(clippy::expect_used, reason = "the one header that is signed is there")]
    pub(crate) fn canonical_request(&self, query: &str) -> Vec<u8> {
        let headers = HeaderMap::from_iter([(header::HOST, self.host.clone())]);
        let wire = Wire {
            method: self.method,
            path: self.path,
            query,
            headers: &headers,
            host_bucket: None,
        };
        canonical::request(wire, SIGNED_HEADERS, "UNSIGNED-PAYLOAD").expect("`host` is there")
    }
}

/// What a client sends in any case; any other header is its own affair.
const SIGNED_HEADERS: &str = "host";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_lives_one_second_to_seven_days() {
        for (duration, text) in [
            (Duration::seconds(1), "1"),
            (Duration::milliseconds(1_999), "1"),
            (Duration::minutes(15), "900"),
            (Duration::days(7), "604800"),
        ] {
            assert_eq!(Expiry::new(duration).unwrap().to_string(), text);
        }
        for duration in [
            Duration::ZERO,
            Duration::milliseconds(999),
            Duration::seconds(-1),
            Duration::seconds(604_801),
            Duration::MIN,
            Duration::MAX,
        ] {
            assert_eq!(Expiry::new(duration), Err(ExpiryError), "{duration}");
        }
    }

    #[test]
    fn nothing_secret_prints() {
        let request = Presignable {
            method: &Method::GET,
            host: &HeaderValue::from_static("garage"),
            path: "/lake/key",
            query: "a=hidden",
            expiry: Expiry::new(Duration::days(7)).unwrap(),
            session_token: Some("hidden"),
        };
        let printed = format!("{request:?}");
        assert!(printed.contains("/lake/key") && !printed.contains("hidden"), "{printed}");
    }
}
