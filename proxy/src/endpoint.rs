//! Where the upstream is.

use std::{fmt, net::SocketAddr, sync::Arc};

use crate::tls::ClientTls;

/// An address that speaks HTTP/1.1.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// A name or an address, an IPv6 address in brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// What HTTP is spoken over.
    pub transport: Transport,
}

/// What HTTP is spoken over.
#[derive(Debug, Clone)]
pub enum Transport {
    /// TCP, as `http` says.
    Plain,
    /// TLS, as `https` says, and never anything less.
    Tls(Arc<ClientTls>),
}

impl Transport {
    fn scheme(&self) -> &'static str {
        match self {
            Self::Plain => "http",
            Self::Tls(_) => "https",
        }
    }

    fn port(&self) -> u16 {
        match self {
            Self::Plain => 80,
            Self::Tls(_) => 443,
        }
    }
}

impl Endpoint {
    /// What `Host` says: the port only where it is not the scheme's own.
    pub(crate) fn authority(&self) -> String {
        if self.port == self.transport.port() {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// What a connection is opened to.
    pub(crate) fn dial(&self) -> (&str, u16) {
        let unbracketed = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        (unbracketed.unwrap_or(&self.host), self.port)
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        let host = match address {
            SocketAddr::V4(address) => address.ip().to_string(),
            SocketAddr::V6(address) => format!("[{}]", address.ip()),
        };
        Self { host, port: address.port(), transport: Transport::Plain }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.transport.scheme(), self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_of_an_ipv6_address_are_for_host_and_not_for_dialling() {
        let endpoint = Endpoint::from(SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 9000)));
        assert_eq!(endpoint.authority(), "[::1]:9000");
        assert_eq!(endpoint.dial(), ("::1", 9000));
    }

    #[test]
    fn port_of_http_is_not_named() {
        let at = |port| Endpoint { host: "minio".into(), port, transport: Transport::Plain };
        assert_eq!(at(80).authority(), "minio");
        assert_eq!(at(443).authority(), "minio:443");
    }
}
