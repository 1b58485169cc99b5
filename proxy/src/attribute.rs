//! Before the first step: whose request it is, and what a proxy added to it.

use std::net::IpAddr;

use http::{HeaderName, Request, header, request::Parts};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;

use crate::{parse::Malformed, peer::Peer, trusted_proxies::TrustedProxies};

/// A request with the address of its client, as its client sent it.
#[derive(Debug)]
pub(crate) struct Attributed {
    request: Request<Incoming>,
    client: IpAddr,
}

/// Finds the client of a request that `peer` brought, and takes off what a CDN puts on unsigned. Nothing that
/// `peer` says counts unless it is believed.
///
/// # Errors
///
/// [`Malformed::ForwardedFor`] when a trusted proxy names no address.
pub(crate) fn attribute(
    request: Request<Incoming>,
    peer: Peer,
    proxies: &TrustedProxies,
) -> Result<Attributed, Malformed> {
    if !peer.is_believed(proxies) {
        return Ok(Attributed { request, client: peer.address() });
    }
    let client = proxies.client(peer.address(), request.headers())?;
    let (mut head, body) = request.into_parts();
    if !is_signed(&head, &CLOUDFRONT_ID) {
        head.headers.remove(CLOUDFRONT_ID);
    }
    Ok(Attributed { request: Request::from_parts(head, body), client })
}

impl Attributed {
    pub(crate) fn client(&self) -> IpAddr {
        self.client
    }

    pub(crate) fn into_parts(self) -> (Request<Incoming>, IpAddr) {
        (self.request, self.client)
    }
}

/// Whether the signature says that it covers the header `name`: in `Authorization`, or in a presigned URL.
fn is_signed(head: &Parts, name: &HeaderName) -> bool {
    let is_in = |list: &str| list.split(';').any(|signed| signed == name.as_str());
    let authorizations = head.headers.get_all(header::AUTHORIZATION).iter();
    let mut in_head = authorizations.filter_map(|value| value.to_str().ok());
    let mut in_query = head.uri.query().unwrap_or_default().split('&');
    in_head.any(|value| {
        let mut parts = value.split([',', ' ']);
        parts.any(|part| part.strip_prefix("SignedHeaders=").is_some_and(is_in))
    }) || in_query.any(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let list = percent_decode_str(value).decode_utf8_lossy();
        percent_decode_str(key).eq(b"X-Amz-SignedHeaders".iter().copied()) && is_in(&list)
    })
}

/// Amazon's CDN adds its own id to a request that is already signed; it is no part of S3.
const CLOUDFRONT_ID: HeaderName = HeaderName::from_static("x-amz-cf-id");

#[cfg(test)]
mod tests {
    use super::*;

    fn is_signed_in(target: &str, authorization: &str) -> bool {
        let request = Request::get(target).header("authorization", authorization);
        is_signed(&request.body(()).unwrap().into_parts().0, &CLOUDFRONT_ID)
    }

    #[test]
    fn a05_a_header_is_signed_where_the_signature_names_it() {
        let in_head = |names: &str| {
            let start = "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/s3/aws4_request";
            let target = "/lake?prefix=x-amz-cf-id";
            is_signed_in(target, &format!("{start}, SignedHeaders={names}, Signature=0"))
                && is_signed_in(target, &format!("{start},SignedHeaders={names},Signature=0"))
        };
        assert!(in_head("host;x-amz-cf-id;x-amz-date") && in_head("x-amz-cf-id"));
        assert!(!in_head("host;x-amz-date") && !in_head("host;x-amz-cf-id-more"));

        let in_query = |query: &str| is_signed_in(&format!("/lake?{query}"), "");
        assert!(in_query("X-Amz-SignedHeaders=host%3Bx-amz-cf-id&X-Amz-Expires=1"));
        assert!(in_query("a&X-Amz-SignedHeaders=host;x-amz-cf-id"));
        assert!(in_query("X%2DAmz-SignedHeaders=x%2Damz-cf-id"));
        assert!(!in_query("X-Amz-SignedHeaders=host&prefix=x-amz-cf-id"));
        assert!(!in_query("prefix=SignedHeaders=x-amz-cf-id&x-amz-cf-id=1"));
    }
}
