//! Conditions: what must hold of a request, besides its action and resource, for a statement to
//! apply.

use std::net::IpAddr;

use crate::{
    document::Conditions,
    fault::{Faults, Reason},
};

/// What is known of a request besides what it does; what is absent is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Where the request came from: `SourceIp`.
    pub source_ip: Option<IpAddr>,
}

/// The operators a condition may use.
pub(crate) static OPERATORS: &[&str] = &["IpAddress", "NotIpAddress"];

/// The keys a condition may ask for.
pub(crate) static KEYS: &[&str] = &["SourceIp", "aws:SourceIp"];

/// How many values one key may have.
const VALUES_MAX: usize = 1_000;

/// One operator applied to one key.
///
/// When the key is absent a positive operator does not hold and a negated one does, as at AWS.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    negated: bool,
    networks: Box<[Network]>,
}

impl Condition {
    /// Compiles all of a statement's conditions; what is wrong with them is noted.
    pub(crate) fn compile_all(conditions: &Conditions, faults: &mut Faults) -> Vec<Self> {
        let mut compiled = Vec::new();
        for (operator, keys) in conditions {
            faults.within(format_args!(".{operator}"), |faults| {
                let negated = faults.keep(negation(operator))?;
                if keys.is_empty() {
                    faults.note(&Reason::Missing("key"));
                }
                for (key, values) in keys {
                    let condition = faults.within(format_args!(".{key}"), |faults| {
                        Self::compile(negated, key, values, faults)
                    });
                    compiled.extend(condition);
                }
                Some(())
            });
        }
        compiled
    }

    /// Whether it holds of this request.
    pub(crate) fn holds(&self, context: &Context) -> bool {
        let matches = context
            .source_ip
            .is_some_and(|address| self.networks.iter().any(|network| network.contains(address)));
        matches != self.negated
    }

    fn compile(negated: bool, key: &str, values: &[String], faults: &mut Faults) -> Option<Self> {
        if !KEYS.contains(&key) {
            faults.note(&Reason::UnknownKey { found: key.to_owned() });
            return None;
        }
        faults.count(values, "value", VALUES_MAX)?;
        let mut networks = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            let network = faults
                .within(format_args!("[{index}]"), |faults| faults.keep(Network::parse(value)));
            networks.extend(network);
        }
        Some(Self { negated, networks: networks.into() })
    }
}

fn negation(operator: &str) -> Result<bool, Reason> {
    match operator {
        "IpAddress" => Ok(false),
        "NotIpAddress" => Ok(true),
        _ => Err(Reason::UnknownOperator { found: operator.to_owned() }),
    }
}

/// A range of addresses. IPv4 and IPv6 are apart, and an IPv4 address mapped into IPv6 is IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Network {
    V4 { address: u32, mask: u32 },
    V6 { address: u128, mask: u128 },
}

impl Network {
    // The host's bits are masked off. A mapped IPv4 network counts its prefix in IPv6.
    fn parse(text: &str) -> Result<Self, Reason> {
        let malformed = || Reason::MalformedNetwork(text.to_owned());
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

    fn v4(address: u32, length: u32) -> Option<Self> {
        let mask = u32::MAX.checked_shl(u32::BITS.checked_sub(length)?).unwrap_or(0);
        Some(Self::V4 { address: address & mask, mask })
    }

    fn v6(address: u128, length: u32) -> Option<Self> {
        let mask = u128::MAX.checked_shl(u128::BITS.checked_sub(length)?).unwrap_or(0);
        Some(Self::V6 { address: address & mask, mask })
    }

    fn contains(self, candidate: IpAddr) -> bool {
        match (self, candidate.to_canonical()) {
            (Self::V4 { address, mask }, IpAddr::V4(candidate)) => {
                candidate.to_bits() & mask == address
            }
            (Self::V6 { address, mask }, IpAddr::V6(candidate)) => {
                candidate.to_bits() & mask == address
            }
            (Self::V4 { .. }, IpAddr::V6(_)) | (Self::V6 { .. }, IpAddr::V4(_)) => false,
        }
    }
}

fn parse_length(text: &str) -> Option<u32> {
    // `parse` alone would take a sign.
    text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        Network::parse(network).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn h10_host_bits_are_masked() {
        assert_eq!(Network::parse("10.1.2.3/8"), Network::parse("10.0.0.0/8"));
        assert_eq!(Network::parse("2001:db8::1/32"), Network::parse("2001:db8::/32"));
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
            assert_eq!(
                Network::parse(text),
                Err(Reason::MalformedNetwork(text.to_owned())),
                "{text}"
            );
        }
    }

    #[test]
    fn h04_without_a_source_a_positive_operator_does_not_hold_and_a_negated_one_does() {
        for (negated, holds) in [(false, false), (true, true)] {
            let condition =
                Condition { negated, networks: [Network::parse("0.0.0.0/0").unwrap()].into() };
            assert_eq!(condition.holds(&Context::default()), holds);
        }
    }

    #[test]
    fn one_value_is_enough_for_a_positive_operator_and_too_much_for_a_negated_one() {
        let networks: Box<[_]> =
            ["10.0.0.0/8", "192.168.0.0/16"].map(|text| Network::parse(text).unwrap()).into();
        let holds = |negated, address: &str| {
            Condition { negated, networks: networks.clone() }
                .holds(&Context { source_ip: Some(address.parse().unwrap()) })
        };
        assert!(holds(false, "192.168.1.1") && !holds(true, "192.168.1.1"));
        assert!(!holds(false, "172.16.0.1") && holds(true, "172.16.0.1"));
    }
}
