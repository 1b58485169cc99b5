//! The proxies whose word is taken for where a client is, and what they say in `X-Forwarded-For`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::HeaderMap;
use policy::Network;

use crate::parse::Malformed;

/// The proxies that say truly where their clients are; by default there are none.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    /// Every address in `networks`.
    pub fn new(networks: Vec<Network>) -> Self {
        Self(networks)
    }

    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Where a request with `headers` comes from that `peer` brought: `peer` itself, unless it is trusted and says
    /// otherwise. Then it is the first of its `X-Forwarded-For`, from the right, that is not trusted, since
    /// what stands left of it is that one's own word; if all are trusted, the left-most.
    ///
    /// # Errors
    ///
    /// [`Malformed::ForwardedFor`] when an entry that counts is no address.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Result<IpAddr, Malformed> {
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        let entries = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        let mut client = peer;
        for entry in entries {
            if !self.trusts(client) {
                break;
            }
            client = address(entry.trim_ascii()).ok_or(Malformed::ForwardedFor)?;
        }
        Ok(client)
    }
}

/// An IP address, with a port or without; one of IPv6 may stand in brackets, and has to before a port.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let entry = std::str::from_utf8(entry).ok()?;
    if let Ok(address) = entry.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    if let Some(bracketed) = entry.strip_prefix('[') {
        let (address, rest) = bracketed.split_once(']')?;
        let is_whole = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
        let address = address.parse::<Ipv6Addr>().ok().filter(|_| is_whole)?;
        return Some(IpAddr::from(address).to_canonical());
    }
    let (address, port) = entry.rsplit_once(':')?;
    address.parse::<Ipv4Addr>().ok().filter(|_| is_port(port)).map(IpAddr::from)
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|digit| digit.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

const FORWARDED_FOR: &str = "x-forwarded-for";

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn client(peer: &str, lines: &[&str]) -> Result<String, Malformed> {
        let networks = ["127.0.0.0/8", "10.0.0.0/8", "2001:db8:ffff::/48"];
        let proxies = TrustedProxies::new(networks.map(|text| text.parse().unwrap()).into());
        let mut headers = HeaderMap::new();
        for line in lines {
            let line = HeaderValue::from_bytes(line.as_bytes()).unwrap();
            headers.append(FORWARDED_FOR, line);
        }
        proxies.client(peer.parse().unwrap(), &headers).map(|client| client.to_string())
    }

    #[test]
    fn c10_the_client_is_the_right_most_address_that_is_not_trusted() {
        for (lines, found) in [
            (&[][..], "127.0.0.1"),
            (&["203.0.113.7"], "203.0.113.7"),
            (&["203.0.113.7, 198.51.100.1"], "198.51.100.1"),
            (&["203.0.113.7, 10.0.0.1"], "203.0.113.7"),
            (&["198.51.100.1, 203.0.113.7,10.0.0.1 ,\t10.0.0.2"], "203.0.113.7"),
            (&["10.0.0.1, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            (&["10.9.9.9, 10.0.0.1"], "10.9.9.9"),
            (&["198.51.100.1", "203.0.113.7", "10.0.0.1"], "203.0.113.7"),
            (&["203.0.113.7, 10.0.0.1", "10.0.0.2"], "203.0.113.7"),
            (&["2001:db8::7, 2001:db8:ffff::1"], "2001:db8::7"),
            (&["203.0.113.7, ::ffff:10.0.0.1"], "203.0.113.7"),
        ] {
            assert_eq!(client("127.0.0.1", lines).as_deref(), Ok(found), "{lines:?}");
        }
    }

    #[test]
    fn c10_of_who_is_not_trusted_nothing_is_read() {
        for peer in ["192.0.2.1", "::1", "2001:db8::1"] {
            for line in ["203.0.113.7", "127.0.0.1", "nonsense", ""] {
                assert_eq!(client(peer, &[line]).as_deref(), Ok(peer), "{line}");
            }
        }
    }

    #[test]
    fn c10_a_trusted_proxy_is_known_by_its_mapped_address_too() {
        assert_eq!(client("::ffff:127.0.0.1", &["203.0.113.7"]).as_deref(), Ok("203.0.113.7"));
        assert_eq!(client("::ffff:192.0.2.1", &["203.0.113.7"]).as_deref(), Ok("::ffff:192.0.2.1"));
    }

    #[test]
    fn c10_an_address_has_a_port_or_none() {
        for (entry, found) in [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7:5678", "203.0.113.7"),
            ("  203.0.113.7\t", "203.0.113.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:DB8::1]:5678", "2001:db8::1"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("[::ffff:203.0.113.7]:0", "203.0.113.7"),
        ] {
            assert_eq!(client("127.0.0.1", &[entry]).as_deref(), Ok(found), "{entry}");
        }
    }

    #[test]
    fn c10_an_entry_that_is_no_address_is_refused() {
        for entry in [
            "",
            " ",
            "unknown",
            "_hidden",
            "client.example",
            "203.0.113",
            "203.0.113.256",
            "203.0.113.07",
            "203.0.113.7/32",
            "203.0.113.7 198.51.100.1",
            "203.0.113.7;198.51.100.1",
            "\"203.0.113.7\"",
            "for=203.0.113.7",
            "203.0.113.7:",
            "203.0.113.7:65536",
            "203.0.113.7:+1",
            "203.0.113.7:x",
            "203.0.113.7:1:2",
            "[203.0.113.7]",
            "[203.0.113.7]:1",
            "[2001:db8::1",
            "2001:db8::1]",
            "[2001:db8::1]]",
            "[2001:db8::1]:",
            "[2001:db8::1]:65536",
            "[2001:db8::1]5678",
            "[[2001:db8::1]]",
            "[]",
            "2001:db8::1%eth0",
            "[fe80::1%1]:80",
            ":5678",
            "2001:db8:::1",
            "ü",
        ] {
            for line in [entry.to_owned(), format!("203.0.113.7, {entry}, 10.0.0.1")] {
                assert_eq!(client("127.0.0.1", &[&line]), Err(Malformed::ForwardedFor), "{line}");
            }
        }
    }

    #[test]
    fn c10_what_stands_left_of_the_client_is_not_read() {
        for line in ["unknown, 203.0.113.7", ", ü,, 203.0.113.7, 10.0.0.1"] {
            assert_eq!(client("127.0.0.1", &[line]).as_deref(), Ok("203.0.113.7"), "{line}");
        }
    }
}
