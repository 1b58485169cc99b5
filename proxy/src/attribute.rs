//! Before the first step: whose request it is.

use std::net::IpAddr;

use http::Request;
use hyper::body::Incoming;

use crate::{parse::Malformed, peer::Peer, trusted_proxies::TrustedProxies};

/// A request with the address of its client.
#[derive(Debug)]
pub(crate) struct Attributed {
    request: Request<Incoming>,
    client: IpAddr,
}

/// Finds the client of a request that `peer` brought. Nothing that `peer` says counts unless it is believed.
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
    Ok(Attributed { request, client })
}

impl Attributed {
    pub(crate) fn client(&self) -> IpAddr {
        self.client
    }

    pub(crate) fn into_parts(self) -> (Request<Incoming>, IpAddr) {
        (self.request, self.client)
    }
}
