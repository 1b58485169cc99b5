//! Ranges of IP addresses.

use std::{fmt, net::IpAddr, str::FromStr};

use thiserror::Error;

/// A range of addresses, written as a CIDR, such as `10.0.0.0/8`, or as one address.
///
/// IPv4 and IPv6 are apart, and an IPv4 address mapped into IPv6 is IPv4. Bits of the host are masked off.
///
/// ```
/// let network: policy::Network = "10.1.2.3/8".parse()?;
/// assert_eq!(network.to_string(), "10.0.0.0/8");
/// assert!(network.contains([10, 255, 0, 1].into()));
/// # Ok::<(), policy::MalformedNetwork>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(Range);

/// A text that is neither an IP address nor a CIDR.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is neither an IP address nor a CIDR, such as `10.0.0.0/8`")]
pub struct MalformedNetwork(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    V4 { address: u32, mask: u32 },
    V6 { address: u128, mask: u128 },
}

impl Network {
    /// Whether `candidate` is one of its addresses.
    pub fn contains(self, candidate: IpAddr) -> bool {
        match (self.0, candidate.to_canonical()) {
            (Range::V4 { address, mask }, IpAddr::V4(candidate)) => {
                candidate.to_bits() & mask == address
            }
            (Range::V6 { address, mask }, IpAddr::V6(candidate)) => {
                candidate.to_bits() & mask == address
            }
            (Range::V4 { .. }, IpAddr::V6(_)) | (Range::V6 { .. }, IpAddr::V4(_)) => false,
        }
    }

    /// How many leading bits its addresses share: 0 to 32 for IPv4, 0 to 128 for IPv6.
    pub fn prefix_length(self) -> u32 {
        match self.0 {
            Range::V4 { mask, .. } => mask.count_ones(),
            Range::V6 { mask, .. } => mask.count_ones(),
        }
    }

    fn v4(address: u32, length: u32) -> Option<Self> {
        let mask = u32::MAX.checked_shl(u32::BITS.checked_sub(length)?).unwrap_or(0);
        Some(Self(Range::V4 { address: address & mask, mask }))
    }

    fn v6(address: u128, length: u32) -> Option<Self> {
        let mask = u128::MAX.checked_shl(u128::BITS.checked_sub(length)?).unwrap_or(0);
        Some(Self(Range::V6 { address: address & mask, mask }))
    }
}

impl FromStr for Network {
    type Err = MalformedNetwork;

    /// Reads a CIDR or an address. A mapped IPv4 network counts its prefix in IPv6: `::ffff:10.0.0.0/104`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || MalformedNetwork(text.to_owned());
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(parse_length(length).ok_or_else(malformed)?)),
            None => (text, None),
        };
        let written: IpAddr = address.parse().map_err(|_| malformed())?;
        match (written, written.to_canonical()) {
            (IpAddr::V4(address), _) => Self::v4(address.to_bits(), length.unwrap_or(32)),
            (IpAddr::V6(_), IpAddr::V4(address)) => length
                .unwrap_or(128)
                .checked_sub(96)
                .and_then(|length| Self::v4(address.to_bits(), length)),
            (IpAddr::V6(address), IpAddr::V6(_)) => {
                Self::v6(address.to_bits(), length.unwrap_or(128))
            }
        }
        .ok_or_else(malformed)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = match self.0 {
            Range::V4 { address, .. } => IpAddr::V4(address.into()),
            Range::V6 { address, .. } => IpAddr::V6(address.into()),
        };
        write!(f, "{address}/{}", self.prefix_length())
    }
}

fn parse_length(text: &str) -> Option<u32> {
    // `parse` alone would take a sign.
    text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Network, MalformedNetwork> {
        text.parse()
    }

    fn contains(network: &str, address: &str) -> bool {
        parse(network).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn h10_host_bits_are_masked() {
        assert_eq!(parse("10.1.2.3/8"), parse("10.0.0.0/8"));
        assert_eq!(parse("2001:db8::1/32"), parse("2001:db8::/32"));
    }

    #[test]
    fn h10_a_mapped_address_is_ipv4_on_either_side() {
        assert!(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(contains("::ffff:10.0.0.0/104", "10.1.2.3"));
        assert!(contains("::ffff:10.1.2.3", "10.1.2.3"));
        assert!(!contains("::ffff:10.0.0.0/104", "11.0.0.0"));
    }

    #[test]
    fn h10_the_widest_networks_hold_their_own_family_only() {
        assert!(contains("0.0.0.0/0", "255.255.255.255"));
        assert!(contains("::/0", "2001:db8::1"));
        assert!(!contains("0.0.0.0/0", "::1"));
        assert!(!contains("::/0", "10.0.0.1"));
        assert!(!contains("::/0", "::ffff:10.0.0.1"));
    }

    #[test]
    fn h10_an_address_alone_is_a_network_of_one() {
        assert!(contains("10.0.0.1", "10.0.0.1"));
        assert!(!contains("10.0.0.1", "10.0.0.2"));
        assert!(contains("::1/128", "::1"));
    }

    #[test]
    fn h10_what_is_no_network_is_refused() {
        for text in [
            "",
            "/",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0/8",
            "10.0.0.0/8/8",
            "010.0.0.0/8",
            "::/129",
            "fe80::1%eth0",
            "::ffff:10.0.0.0/64",
            "10.0.0.0/255.0.0.0",
            " 10.0.0.0/8",
            "10.0.0.0/4294967304",
            "10.0.0.*",
            "localhost",
        ] {
            assert_eq!(parse(text), Err(MalformedNetwork(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_network_is_written_as_it_is_read() {
        for (text, written) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.1.2.3", "10.1.2.3/32"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("2001:db8::1/32", "2001:db8::/32"),
            ("::1", "::1/128"),
        ] {
            let network = parse(text).unwrap();
            assert_eq!(network.to_string(), written, "{text}");
            assert_eq!(parse(written), Ok(network));
        }
    }
}
