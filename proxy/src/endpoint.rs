//! Where the upstream is.

use std::{fmt, net::SocketAddr};

/// An address that speaks plain HTTP/1.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// A name or an address, an IPv6 address in brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl Endpoint {
    /// What `Host` says: the port only where it is not HTTP's own.
    pub(crate) fn authority(&self) -> String {
        match self.port {
            80 => self.host.clone(),
            port => format!("{}:{port}", self.host),
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
        Self { host, port: address.port() }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}", self.host, self.port)
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
        assert_eq!(Endpoint { host: "minio".into(), port: 80 }.authority(), "minio");
    }
}
