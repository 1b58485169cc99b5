//! Conditions: what must hold of a request, besides its action and resource, for a statement to
//! apply.

mod context;
mod date;
mod facts;
mod key;
mod number;
mod operator;
mod value;
mod wanted;

use std::{collections::BTreeSet, fmt};

use self::wanted::Wanted;
pub use self::{
    context::Context,
    facts::{FactError, Facts},
};
pub(crate) use self::{
    key::{KEYS, Key},
    operator::Operator,
};
use crate::{
    document::Conditions,
    fault::{Faults, Reason},
};

/// One operator applied to one key. It prints as `IpAddress on SourceIp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    operator: Operator,
    key: Key,
    wanted: Wanted,
}

impl Condition {
    /// Compiles all of a statement's conditions; what is wrong with them is noted.
    pub(crate) fn compile_all(conditions: &Conditions, faults: &mut Faults) -> Vec<Self> {
        let mut compiled = Vec::new();
        for (operator, keys) in conditions {
            faults.within(format_args!(".{operator}"), |faults| {
                let operator = faults.keep(Operator::parse(operator))?;
                if keys.is_empty() {
                    faults.note(&Reason::Missing("key"));
                }
                let mut asked: Vec<Key> = Vec::new();
                for (key, values) in keys {
                    let condition = faults.within(format_args!(".{key}"), |faults| {
                        let key = faults.keep(Key::parse(key))?;
                        if asked.contains(&key) {
                            faults.note(&Reason::DuplicateKey(key));
                        }
                        asked.push(key);
                        faults.keep(operator.check_key(key))?;
                        let wanted = Wanted::compile(operator, values, faults)?;
                        Some(Self { operator, key, wanted })
                    });
                    compiled.extend(condition);
                }
                Some(())
            });
        }
        compiled
    }

    /// Whether it holds of this request by `user`. It allocates nothing.
    pub(crate) fn holds(&self, context: &Context<'_>, user: &str) -> bool {
        let Some(value) = self.key.value(context) else {
            let told = self.wanted.holds_without_value();
            return told.unwrap_or_else(|| self.operator.holds_without_value());
        };
        self.wanted.matches(value, user) != self.operator.is_negated()
    }

    /// Its operator.
    pub(crate) fn operator(&self) -> Operator {
        self.operator
    }

    /// What it asks for.
    pub(crate) fn key(&self) -> Key {
        self.key
    }

    /// Its values for `user`. Two conditions of one comparison whose values are the same say the same, however they
    /// are written.
    pub(crate) fn values(&self, user: &str) -> BTreeSet<Box<str>> {
        self.wanted.values(user)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.operator, self.key)
    }
}
