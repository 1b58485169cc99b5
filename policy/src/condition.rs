//! Conditions: what must hold of a request, besides its action and resource, for a statement to
//! apply.

use std::net::IpAddr;

use time::OffsetDateTime;

use crate::{
    document::Conditions,
    fault::{Faults, Reason},
    network::Network,
};

/// What is known of a request besides what it does; what is absent is not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context<'a> {
    /// Where the request came from: `SourceIp`.
    pub source_ip: Option<IpAddr>,
    /// The prefix a listing asks for, as it was sent: `Prefix`.
    pub prefix: Option<&'a str>,
    /// The delimiter a listing asks for, as it was sent: `Delimiter`.
    pub delimiter: Option<&'a str>,
    /// Whether the client's connection is TLS: `SecureTransport`.
    pub secure_transport: Option<bool>,
    /// When the request is decided: `CurrentTime`.
    pub current_time: Option<OffsetDateTime>,
    /// What the client calls itself: `UserAgent`.
    pub user_agent: Option<&'a str>,
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
    pub(crate) fn holds(&self, context: &Context<'_>) -> bool {
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
            let network = faults.within(format_args!("[{index}]"), |faults| {
                faults.keep(value.parse::<Network>().map_err(Reason::from))
            });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h04_without_a_source_a_positive_operator_does_not_hold_and_a_negated_one_does() {
        for (negated, holds) in [(false, false), (true, true)] {
            let condition = Condition { negated, networks: ["0.0.0.0/0".parse().unwrap()].into() };
            assert_eq!(condition.holds(&Context::default()), holds);
        }
    }

    #[test]
    fn one_value_is_enough_for_a_positive_operator_and_too_much_for_a_negated_one() {
        let networks: Box<[_]> =
            ["10.0.0.0/8", "192.168.0.0/16"].map(|text| text.parse().unwrap()).into();
        let holds = |negated, address: &str| {
            Condition { negated, networks: networks.clone() }
                .holds(&Context { source_ip: Some(address.parse().unwrap()), ..Context::default() })
        };
        assert!(holds(false, "192.168.1.1") && !holds(true, "192.168.1.1"));
        assert!(!holds(false, "172.16.0.1") && holds(true, "172.16.0.1"));
    }
}
