//! Statements in short, as people recognise them.

use std::fmt;

use policy::{Conditions, Statement};

/// Prints as `allow fs:ReadObject on arn:… if StringLike Prefix a*`; of long lists the first entries.
pub(crate) struct Short<'a>(pub(crate) &'a Statement);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Statement { action, effect, resource, condition } = self.0;
        write!(f, "{effect} {} on {}", Few(action), Few(resource))?;
        for (index, asked) in asked(condition).enumerate() {
            write!(f, " {} {asked}", if index == 0 { "if" } else { "and" })?;
        }
        Ok(())
    }
}

/// One operator of a statement's conditions on one key. Prints as `StringLike Prefix a*`.
pub(crate) struct Asked<'a> {
    /// The operator as it is written.
    pub(crate) operator: &'a str,
    /// The key as it is written.
    pub(crate) key: &'a str,
    /// The values.
    pub(crate) values: &'a [String],
}

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.operator, self.key, Few(self.values))
    }
}

/// All that the conditions of a statement ask, in the order in which explanations count.
pub(crate) fn asked(conditions: &Conditions) -> impl Iterator<Item = Asked<'_>> {
    conditions.iter().flat_map(|(operator, keys)| {
        keys.iter().map(move |(key, values)| Asked { operator, key, values })
    })
}

/// The first entries of a list.
struct Few<'a>(&'a [String]);

impl fmt::Display for Few<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, entry) in self.0.iter().take(FEW).enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let entry = if entry.is_empty() { "''" } else { entry };
            write!(f, "{separator}{entry}")?;
        }
        match self.0.len().saturating_sub(FEW) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

const FEW: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_told_in_one_line() {
        let statement: Statement = serde_json::from_str(
            r#"{"effect": "deny", "action": ["fs:A", "fs:B", "fs:C", "fs:D", "fs:E"], "resource": "*",
                "condition": {"StringLike": {"Prefix": ["a*", ""]}, "Bool": {"SecureTransport": "true"}}}"#,
        )
        .unwrap();
        assert_eq!(
            Short(&statement).to_string(),
            "deny fs:A, fs:B, fs:C and 2 more on * if Bool SecureTransport true and StringLike Prefix a*, ''"
        );
    }
}
