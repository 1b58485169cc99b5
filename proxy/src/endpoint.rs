//! Where the upstream is.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use policy::{can_stand_before, is_address};

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
    /// How buckets are named there.
    pub addressing: Addressing,
}

/// How buckets are named to the upstream. Either way connections go to the endpoint itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressing {
    /// In the path: `/bucket/key`.
    Path,
    /// In `Host`, before the endpoint's own: `bucket.host`.
    Virtual,
}

/// What HTTP is spoken over.
#[derive(Debug, Clone)]
pub enum Transport {
    /// TCP, as `http` says.
    Plain,
    /// TLS, as `https` says, and never anything less.
    Tls(Arc<ClientTls>),
}

/// The scheme of a URL; it prints as that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// The TCP port that a URL need not name.
    pub fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    /// What `Host` says of `host`, an IPv6 address in brackets: the port only where it is not the scheme's own.
    pub fn authority(self, host: &str, port: u16) -> String {
        if port == self.port() { host.to_owned() } else { format!("{host}:{port}") }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

impl Transport {
    fn scheme(&self) -> Scheme {
        match self {
            Self::Plain => Scheme::Http,
            Self::Tls(_) => Scheme::Https,
        }
    }
}

/// How an address is written as a host: of IPv6 in brackets.
pub fn host_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

impl Endpoint {
    /// Whether its host is an IP address, below which no bucket has a name.
    pub fn is_address(&self) -> bool {
        is_address(&self.host)
    }

    /// What `Host` says of a request on `bucket`, or on all; nothing where the bucket belongs there
    /// and its name cannot stand in a host's.
    pub(crate) fn host_of(&self, bucket: Option<&str>) -> Option<String> {
        match (self.addressing, bucket) {
            (Addressing::Path, _) | (Addressing::Virtual, None) => Some(self.authority()),
            (Addressing::Virtual, Some(bucket)) => can_stand_before(bucket, &self.host)
                .then(|| format!("{bucket}.{}", self.authority())),
        }
    }

    /// The endpoint itself, its port only where it is not the scheme's own.
    fn authority(&self) -> String {
        self.transport.scheme().authority(&self.host, self.port)
    }

    /// What a connection is opened to.
    pub(crate) fn dial(&self) -> (&str, u16) {
        let unbracketed = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        (unbracketed.unwrap_or(&self.host), self.port)
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        Self {
            host: host_of(address.ip()),
            port: address.port(),
            transport: Transport::Plain,
            addressing: Addressing::Path,
        }
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
        assert_eq!(minio(80, Addressing::Path).authority(), "minio");
        assert_eq!(minio(443, Addressing::Path).authority(), "minio:443");
    }

    #[test]
    fn bucket_stands_in_host_under_virtual_addressing_alone() {
        let (path, in_host) = (minio(80, Addressing::Path), minio(9000, Addressing::Virtual));
        assert_eq!(path.host_of(Some("Lake")).as_deref(), Some("minio"));
        assert_eq!(in_host.host_of(Some("lake")).as_deref(), Some("lake.minio:9000"));
        assert_eq!(in_host.host_of(None).as_deref(), Some("minio:9000"));
        assert_eq!(in_host.host_of(Some("Lake")), None);
    }

    fn minio(port: u16, addressing: Addressing) -> Endpoint {
        Endpoint { host: "minio".into(), port, transport: Transport::Plain, addressing }
    }
}
