//! The `Host` header, and the bucket that it may name.
//!
//! This is the one place that reads it. What is taken off a name here (capitals, a trailing dot, a
//! port) is taken off for routing alone: the signature covers the header as it was sent.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

use http::{HeaderMap, HeaderValue, header};

use thiserror::Error;

/// Why a request's `Host` cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HostFault {
    /// There is none, or more than one.
    #[error("not exactly one Host")]
    NotOne,
    /// It is neither a name, nor an IPv4 address, nor an IPv6 address in brackets, each with a port or without.
    #[error("no host")]
    Malformed,
    /// A label of the bucket that it names is empty.
    #[error("a bucket with an empty label")]
    Bucket,
}

/// What a `Host` header names, without its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host<'a> {
    /// A name, without one trailing dot, in any case.
    Name(&'a str),
    /// An IP address, which has no names below it.
    Address,
}

impl<'a> Host<'a> {
    /// Reads the one `Host` of a request.
    ///
    /// # Errors
    ///
    /// [`HostFault::NotOne`] when there is none, or more than one; [`HostFault::Malformed`] when it is
    /// neither a name, nor an IPv4 address, nor an IPv6 address in brackets, each with a port or
    /// without.
    pub fn read(headers: &'a HeaderMap) -> Result<Self, HostFault> {
        let mut values = headers.get_all(header::HOST).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(HostFault::NotOne);
        };
        Self::of(value)
    }

    /// Reads the value of a `Host`.
    ///
    /// # Errors
    ///
    /// [`HostFault::Malformed`], as [`Self::read`].
    pub fn of(value: &'a HeaderValue) -> Result<Self, HostFault> {
        let text = std::str::from_utf8(value.as_bytes()).ok();
        text.and_then(Self::parse).ok_or(HostFault::Malformed)
    }

    fn parse(text: &'a str) -> Option<Self> {
        if let Some(bracketed) = text.strip_prefix('[') {
            let (address, rest) = bracketed.split_once(']')?;
            let is_whole = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
            return (is_whole && address.parse::<Ipv6Addr>().is_ok()).then_some(Self::Address);
        }
        let name = match text.split_once(':') {
            Some((name, port)) => is_port(port).then_some(name)?,
            None => text,
        };
        let name = name.strip_suffix('.').unwrap_or(name);
        if name.parse::<Ipv4Addr>().is_ok() {
            return Some(Self::Address);
        }
        let is_name = !name.is_empty() && !name.ends_with('.') && name.bytes().all(is_name_byte);
        is_name.then_some(Self::Name(name))
    }
}

/// A domain of ours: a DNS name in lower case, without a trailing dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain(Box<str>);

impl Domain {
    /// Reads a DNS name.
    ///
    /// # Errors
    ///
    /// What is wrong with `text` and what to write instead, in words that do not repeat it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_bracketed = name.starts_with('[');
        if name.is_empty() {
            Err("empty; write a DNS name, as in `s3.example.com`")
        } else if !name.is_ascii() {
            Err("not ASCII; write the name as DNS has it, as in `xn--bcher-kva.example.com`")
        } else if name.contains("://") {
            Err("it holds a scheme; write the name alone, as in `s3.example.com`")
        } else if name.contains('*') {
            Err("it holds a `*`; write the name alone, as in `s3.example.com`: it stands for all \
                 names below it")
        } else if is_bracketed || name.parse::<Ipv6Addr>().is_ok() || is_numeric(name) {
            Err("an IP address has no names below it; write a DNS name, as in `s3.example.com`")
        } else if name.contains(':') {
            Err("it holds a port; write the name alone, as in `s3.example.com`")
        } else if name.len() <= NAME_BYTES_MAX && name.split('.').all(is_label) {
            Ok(Self(name.to_ascii_lowercase().into()))
        } else {
            Err("not a DNS name: labels of letters, digits and `-`, each of 63 at most, with dots \
                 between, as in `s3.example.com`")
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The domains that name buckets, the longest first.
#[derive(Debug, Clone, Default)]
pub struct Domains(Box<[Domain]>);

impl Domains {
    /// These domains, each once.
    pub fn new(mut domains: Vec<Domain>) -> Self {
        domains.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
        domains.dedup();
        Self(domains.into())
    }

    /// The domains, the longest first.
    pub fn iter(&self) -> impl Iterator<Item = &Domain> {
        self.0.iter()
    }

    /// The bucket that `host` names, in lower case: all that stands before the longest domain that it
    /// ends in. Any other host, a domain itself included, leaves the bucket to the path.
    ///
    /// # Errors
    ///
    /// [`HostFault::Bucket`] when a label of that bucket is empty.
    pub fn bucket_in(&self, host: Host<'_>) -> Result<Option<String>, HostFault> {
        let Host::Name(name) = host else { return Ok(None) };
        let Some(above) = self.0.iter().find_map(|domain| above(name, domain)) else {
            return Ok(None);
        };
        let Some(bucket) = above.strip_suffix('.') else { return Ok(None) };
        if bucket.split('.').any(str::is_empty) {
            return Err(HostFault::Bucket);
        }
        Ok(Some(bucket.to_ascii_lowercase()))
    }
}

/// What stands in `name` before `domain`, the dot between them included; nothing where they are one.
fn above<'a>(name: &'a str, domain: &Domain) -> Option<&'a str> {
    let (above, end) = name.split_at_checked(name.len().checked_sub(domain.0.len())?)?;
    let is_above = above.is_empty() || above.ends_with('.');
    (is_above && end.eq_ignore_ascii_case(&domain.0)).then_some(above)
}

/// Whether `bucket` can stand before `host` in a `Host` header: labels of DNS, in lower case.
pub fn can_stand_before(bucket: &str, host: &str) -> bool {
    let length = bucket.len().saturating_add(host.len()).saturating_add(1);
    length <= NAME_BYTES_MAX
        && bucket.split('.').all(is_label)
        && !bucket.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Whether `host` is an IP address, in brackets or not, or a number that resolvers take for one.
pub fn is_address(host: &str) -> bool {
    host.starts_with('[') || is_numeric(host)
}

/// Whether a name ends in a number, which makes it an IPv4 address or no name at all.
fn is_numeric(name: &str) -> bool {
    let last = name.rsplit('.').find(|label| !label.is_empty());
    last.is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// What names consist of: those of DNS, and `_`, which old buckets have.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._".contains(&byte)
}

fn is_port(text: &str) -> bool {
    (1..=5).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<u16>().is_ok_and(|port| port != 0)
}

/// Source: RFC 1035, section 2.3.4, as it is written with dots.
const NAME_BYTES_MAX: usize = 253;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn domains(names: &[&str]) -> Domains {
        Domains::new(names.iter().map(|name| Domain::parse(name).unwrap()).collect())
    }

    /// The bucket that this header names before `s3.example.com`, `eu.s3.example.com` or `localhost`.
    fn bucket_in(host: &[u8]) -> Result<Option<String>, HostFault> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_bytes(host).unwrap());
        let ours = domains(&["localhost", "s3.example.com", "eu.s3.example.com"]);
        ours.bucket_in(Host::read(&headers)?)
    }

    #[test]
    fn b03_bucket_is_what_stands_before_the_longest_domain() {
        let cases: [(&str, Option<&str>); 29] = [
            ("lake.s3.example.com", Some("lake")),
            ("LAKE.S3.Example.COM", Some("lake")),
            ("lake.s3.example.com.", Some("lake")),
            ("lake.s3.example.com:8080", Some("lake")),
            ("lake.s3.example.com.:8080", Some("lake")),
            ("lake.of.dots.s3.example.com", Some("lake.of.dots")),
            ("lake.eu.s3.example.com", Some("lake")),
            ("my_lake.s3.example.com", Some("my_lake")),
            ("xn--bcher-kva.s3.example.com", Some("xn--bcher-kva")),
            ("127.0.0.1.s3.example.com", Some("127.0.0.1")),
            ("s3.example.com.s3.example.com", Some("s3.example.com")),
            ("lake.localhost", Some("lake")),
            ("s3.example.com", None),
            ("s3.example.com.", None),
            ("S3.EXAMPLE.COM:443", None),
            ("eu.s3.example.com", None),
            ("localhost:8080", None),
            ("lakes3.example.com", None),
            ("lake-s3.example.com", None),
            ("lake.s3.example.org", None),
            ("lake.s3.example.com.evil.org", None),
            ("example.com", None),
            ("com", None),
            ("x", None),
            ("gateway", None),
            ("127.0.0.1", None),
            ("127.0.0.1:8080", None),
            ("[::1]", None),
            ("[2001:db8::7]:8080", None),
        ];
        for (host, bucket) in cases {
            assert_eq!(bucket_in(host.as_bytes()), Ok(bucket.map(str::to_owned)), "{host}");
        }
    }

    #[test]
    fn b03_bucket_with_an_empty_label_is_no_bucket() {
        for host in [".s3.example.com", "a..s3.example.com", "a..b.s3.example.com", "..localhost"] {
            assert_eq!(bucket_in(host.as_bytes()), Err(HostFault::Bucket), "{host}");
        }
    }

    #[test]
    fn b03_host_that_is_neither_name_nor_address_is_refused() {
        let cases: [&[u8]; 34] = [
            b"",
            b".",
            b"..",
            b"a..",
            b":80",
            b"a:",
            b"a:0",
            b"a:65536",
            b"a:000080",
            b"a:+80",
            b"a:-1",
            b"a:8o",
            b"a:80:80",
            b"a b",
            b"a\tb",
            b"a/b",
            b"a\\b",
            b"a@b",
            b"u:p@b",
            b"a?b",
            b"a#b",
            b"a,b",
            b"a%2eb",
            b"a*b",
            b"http://a",
            b"b\xc3\xbccher.s3.example.com",
            b"a\xff",
            b"[::1",
            b"::1",
            b"[::1]x",
            b"[::1]:",
            b"[]",
            b"[127.0.0.1]",
            b"[fe80::1%25eth0]",
        ];
        for host in cases {
            let shown = String::from_utf8_lossy(host);
            assert_eq!(bucket_in(host), Err(HostFault::Malformed), "{shown}");
        }
    }

    #[test]
    fn a06_host_is_there_once() {
        let mut headers = HeaderMap::new();
        assert_eq!(Host::read(&headers), Err(HostFault::NotOne));
        headers.append(header::HOST, HeaderValue::from_static("a"));
        assert_eq!(Host::read(&headers), Ok(Host::Name("a")));
        headers.append(header::HOST, HeaderValue::from_static("a"));
        assert_eq!(Host::read(&headers), Err(HostFault::NotOne));
    }

    #[test]
    fn without_domains_no_host_names_a_bucket() {
        for host in ["lake.s3.example.com", "..a", "localhost"] {
            assert_eq!(Domains::default().bucket_in(Host::parse(host).unwrap()), Ok(None));
        }
    }

    #[test]
    fn domain_is_a_dns_name_in_any_case_and_with_a_trailing_dot_or_without() {
        for (text, name) in [
            ("s3.example.com", "s3.example.com"),
            ("S3.Example.com.", "s3.example.com"),
            ("localhost", "localhost"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("s3-1.4u", "s3-1.4u"),
        ] {
            assert_eq!(Domain::parse(text).map(|domain| domain.to_string()).as_deref(), Ok(name));
        }
    }

    #[test]
    fn what_is_no_domain_is_refused_with_what_to_write() {
        for (text, told) in [
            ("", "empty"),
            (".", "empty"),
            ("bücher.example.com", "not ASCII"),
            ("https://s3.example.com", "a scheme"),
            ("*.s3.example.com", "a `*`"),
            ("127.0.0.1", "an IP address"),
            ("[::1]", "an IP address"),
            ("::1", "an IP address"),
            ("0.0.1", "an IP address"),
            ("s3.example.com:8080", "a port"),
            ("s3.example.com/x", "not a DNS name"),
            (".example.com", "not a DNS name"),
            ("s3..example.com", "not a DNS name"),
            ("s3.example.com..", "not a DNS name"),
            ("-s3.example.com", "not a DNS name"),
            ("s3_1.example.com", "not a DNS name"),
            ("s3 .example.com", "not a DNS name"),
        ] {
            let reason = Domain::parse(text).unwrap_err();
            assert!(reason.contains(told), "{text}: {reason}");
        }
        let label = "l".repeat(64);
        assert!(Domain::parse(&label).is_err() && Domain::parse(label.split_at(1).1).is_ok());
        let long = ["l".repeat(63), "l".repeat(63), "l".repeat(63), "l".repeat(61)].join(".");
        assert!(Domain::parse(&long).is_ok() && Domain::parse(&format!("l{long}")).is_err());
    }

    #[test]
    fn domains_are_there_once_the_longest_first() {
        let ours = domains(&["b.c", "a.b.c", "B.C.", "c"]);
        assert_eq!(ours.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a.b.c", "b.c", "c"]);
    }

    #[test]
    fn bucket_that_is_no_label_of_dns_stands_before_no_host() {
        for (bucket, can) in [
            ("lake", true),
            ("lake.of.dots", true),
            ("1-2", true),
            ("Lake", false),
            ("my_lake", false),
            ("-lake", false),
            ("lake-", false),
            ("a..b", false),
            ("lake.", false),
        ] {
            assert_eq!(can_stand_before(bucket, "minio.internal"), can, "{bucket}");
        }
        let (fits, fits_not) = ("l".repeat(63), "l".repeat(64));
        assert!(can_stand_before(&fits, "minio") && !can_stand_before(&fits_not, "minio"));
        let dots = vec!["l".repeat(63); 4].join(".");
        assert!(!can_stand_before(&dots, "minio"));
    }

    /// Text that is a host, or nearly one.
    fn nearly() -> impl Strategy<Value = Vec<u8>> {
        let parts = prop::sample::select(vec![
            "a",
            "B",
            "-",
            "_",
            ".",
            "..",
            ":",
            "80",
            "65536",
            "[",
            "]",
            "::1",
            "s3.example.com",
            ".s3.example.com",
            "eu.",
            "localhost",
            "127.0.0.1",
            "@",
            "/",
            "?",
            "#",
            "%",
            " ",
            "é",
        ]);
        let of_parts = prop::collection::vec(parts, 0..7).prop_map(|all| all.concat().into_bytes());
        prop_oneof![of_parts, prop::collection::vec(any::<u8>(), 0..24)]
    }

    proptest! {
        #[test]
        fn every_value_is_read_in_one_way_or_refused(value in nearly()) {
            let Ok(text) = std::str::from_utf8(&value) else { return Ok(()) };
            let Some(host) = Host::parse(text) else { return Ok(()) };
            let ours = domains(&["localhost", "s3.example.com", "eu.s3.example.com"]);
            let found = ours.bucket_in(host);
            if let Host::Name(name) = host {
                // As it is spelled otherwise, and nothing of it is lost but what routing does not see.
                for other in [
                    name.to_owned(),
                    name.to_ascii_uppercase(),
                    name.to_ascii_lowercase(),
                    format!("{name}."),
                    format!("{name}:1"),
                    format!("{name}.:65535"),
                ] {
                    let read = Host::parse(&other);
                    prop_assert!(matches!(read, Some(Host::Name(n)) if n.eq_ignore_ascii_case(name)));
                    prop_assert_eq!(&ours.bucket_in(read.unwrap()), &found);
                }
                prop_assert!(text.starts_with(name));
            }
            if let Ok(Some(bucket)) = found {
                prop_assert!(!bucket.is_empty() && !bucket.split('.').any(str::is_empty));
                let again = ours.iter().filter(|domain| {
                    let whole = format!("{bucket}.{domain}");
                    matches!(host, Host::Name(name) if name.eq_ignore_ascii_case(&whole))
                });
                prop_assert_eq!(again.count(), 1);
            }
        }
    }
}
