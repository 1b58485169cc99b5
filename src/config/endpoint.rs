//! Where a server is, and how a URL names it.

use std::{
    fmt,
    net::{Ipv6Addr, SocketAddr},
};

use http::Uri;
use proxy::{Scheme, host_of};

/// A host and a port, and whether TLS is spoken there. It prints as a URL without a path, and without the port that the
/// scheme has anyway.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(super) scheme: Scheme,
    /// A name or an address, an IPv6 address in brackets.
    pub(super) host: String,
    pub(super) port: u16,
}

impl Address {
    /// That of a listener.
    pub(crate) fn of(scheme: Scheme, address: SocketAddr) -> Self {
        Self { scheme, host: host_of(address.ip()), port: address.port() }
    }

    /// What clients of a URL with it send as `Host`.
    pub(crate) fn host_and_port(&self) -> String {
        self.scheme.authority(&self.host, self.port)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host_and_port())
    }
}

/// Reads `http://host`, `https://host`, and either with `:port`.
///
/// # Errors
///
/// What is wrong with it, in words that do not repeat `text`, which may hold a password.
pub(crate) fn parse(text: &str) -> Result<Address, &'static str> {
    if text.contains('#') || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(NOT_AN_ENDPOINT);
    }
    let uri: Uri = text.parse().map_err(|_| NOT_AN_ENDPOINT)?;
    let scheme = match uri.scheme_str() {
        Some("http") => Scheme::Http,
        Some("https") => Scheme::Https,
        Some(_) | None => return Err(NOT_AN_ENDPOINT),
    };
    let authority = uri.authority().ok_or(NOT_AN_ENDPOINT)?;
    if authority.as_str().contains('@') {
        return Err("it holds a user name; credentials have a place of their own");
    }
    if uri.query().is_some() || !matches!(uri.path(), "" | "/") {
        return Err("it holds a path or a query; only a scheme, a host and a port stand here");
    }
    if !is_host(authority.host()) {
        return Err(NOT_AN_ENDPOINT);
    }
    let port = match authority.as_str().strip_prefix(authority.host()) {
        Some("") => scheme.port(),
        Some(rest) => rest
            .strip_prefix(':')
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
            .filter(|port| *port != 0)
            .ok_or("its port is not a number from 1 to 65535")?,
        None => return Err(NOT_AN_ENDPOINT),
    };
    Ok(Address { scheme, host: authority.host().to_ascii_lowercase(), port })
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

const NOT_AN_ENDPOINT: &str = "not of the form `http://host:port` or `https://host:port`";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_host_and_a_port() {
        use Scheme::{Http, Https};
        for (text, scheme, host, port) in [
            ("http://minio.internal:9000", Http, "minio.internal", 9000),
            ("http://minio", Http, "minio", 80),
            ("http://127.0.0.1:7070/", Http, "127.0.0.1", 7070),
            ("http://[::1]:7070", Http, "[::1]", 7070),
            ("HTTP://Minio:9000", Http, "minio", 9000),
            ("https://minio:9000", Https, "minio", 9000),
            ("HTTPS://minio", Https, "minio", 443),
            ("https://[::1]/", Https, "[::1]", 443),
        ] {
            assert_eq!(parse(text), Ok(Address { scheme, host: host.into(), port }), "{text}");
        }
    }

    #[test]
    fn an_address_prints_as_clients_would_have_it() {
        for (text, url, host) in [
            ("HTTP://Minio:80/", "http://minio", "minio"),
            ("http://minio:443", "http://minio:443", "minio:443"),
            ("https://minio:443", "https://minio", "minio"),
            ("https://[::1]:8080", "https://[::1]:8080", "[::1]:8080"),
        ] {
            let address = parse(text).unwrap();
            assert_eq!((address.to_string(), address.host_and_port()), (url.into(), host.into()));
        }
        let listener = Address::of(Scheme::Https, "[::1]:443".parse().unwrap());
        assert_eq!(listener.to_string(), "https://[::1]");
        let listener = Address::of(Scheme::Http, "127.0.0.1:8080".parse().unwrap());
        assert_eq!(listener.to_string(), "http://127.0.0.1:8080");
    }

    #[test]
    fn an_endpoint_holds_nothing_else() {
        for (text, reason) in [
            ("", NOT_AN_ENDPOINT),
            ("minio:9000", NOT_AN_ENDPOINT),
            ("minio", NOT_AN_ENDPOINT),
            ("/bucket", NOT_AN_ENDPOINT),
            ("ftp://minio:9000", NOT_AN_ENDPOINT),
            ("http://", NOT_AN_ENDPOINT),
            ("http://mi nio:9000", NOT_AN_ENDPOINT),
            ("http://minio:9000#a", NOT_AN_ENDPOINT),
            ("http://[::g]:9000", NOT_AN_ENDPOINT),
            ("https://", NOT_AN_ENDPOINT),
        ] {
            assert_eq!(parse(text), Err(reason), "{text}");
        }
        for text in [
            "http://u:p@minio:9000",
            "http://minio:9000/x",
            "http://minio:9000?x",
            "http://minio:0",
            "http://minio:65536",
            "http://minio:",
            "http://minio:+80",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
