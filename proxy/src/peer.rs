//! The other end of a connection, and who stands behind it.

use std::net::IpAddr;

use tokio::time::timeout;

use crate::{live::Live, proxy_protocol::Origin, socket::Socket, trusted_proxies::TrustedProxies};

/// Where a connection comes from; IPv4 mapped into IPv6 is IPv4.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    connected: IpAddr,
    origin: Origin,
}

impl Peer {
    /// Who is at the other end of `socket`, which is `connected`: if that is trusted, by its own word. `None` when that word
    /// cannot be understood, does not come, or nobody is served any more.
    pub(crate) async fn of(connected: IpAddr, socket: &mut Socket, live: &Live) -> Option<Self> {
        let connected = connected.to_canonical();
        if !live.trusted_proxies.trusts(connected) {
            return Some(Self { connected, origin: Origin::Peer });
        }
        let header = timeout(live.limits.header_timeout, socket.proxy_header());
        let header = tokio::select! {
            biased;
            header = header => header,
            () = live.drain.is_stopped() => return None,
        };
        match header {
            Ok(Ok(origin)) => Some(Self { connected, origin }),
            Ok(Err(error)) => {
                tracing::debug!(peer = %connected, %error, "connection of a proxy closed");
                None
            }
            Err(_) => {
                tracing::debug!(peer = %connected, "no first bytes of a proxy's connection in time");
                None
            }
        }
    }

    /// The other end of the connection itself.
    pub(crate) fn connected(self) -> IpAddr {
        self.connected
    }

    /// Who it stands for: the client that a PROXY header names, or else itself.
    pub(crate) fn address(self) -> IpAddr {
        match self.origin {
            Origin::Client(address) => address.to_canonical(),
            Origin::Peer | Origin::Unknown => self.connected,
        }
    }

    /// Whether what it says of others counts: it is one of `proxies`, and speaks itself. Of a client that its proxy does
    /// not know, requests are that client's own word.
    pub(crate) fn is_believed(self, proxies: &TrustedProxies) -> bool {
        self.origin != Origin::Unknown && proxies.trusts(self.address())
    }
}
