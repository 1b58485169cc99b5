//! Whether somebody may do something, and why, in words.

use std::{
    fmt,
    io::{self, Write},
    sync::Arc,
};

use policy::{
    Cause, Decision, Explanation, Mismatch, Miss, Policy, Question, Requirement, Subject, Target,
    decide, explain, shows_all_buckets,
};

use super::{
    directory::{Directory, Holder},
    short::{Short, asked},
};

/// Somebody who asks, and what they hold.
pub(crate) struct Asker<'a> {
    directory: &'a Directory,
    user: &'a str,
    /// Absent when policies were named for them.
    holder: Option<&'a Holder>,
    policies: Vec<Arc<Policy>>,
}

impl<'a> Asker<'a> {
    /// A user of `directory`.
    pub(crate) fn of_user(directory: &'a Directory, user: &'a str) -> Option<Self> {
        let holder = directory.users.get(user)?;
        let policies = directory.policies_of(holder);
        Some(Self { directory, user, holder: Some(holder), policies })
    }

    /// Whoever is called `user` and holds `policies` and no more.
    pub(crate) fn holding(
        directory: &'a Directory,
        user: &'a str,
        policies: Vec<Arc<Policy>>,
    ) -> Self {
        Self { directory, user, holder: None, policies }
    }

    /// Whether the gateway would let them.
    pub(crate) fn may(&self, question: &Question) -> bool {
        !self.is_disabled() && question.is_allowed(&self.subject())
    }

    /// Tells why they may, or may not.
    pub(crate) fn explain(&self, question: &Question, out: &mut dyn Write) -> io::Result<()> {
        let user = self.user;
        if self.is_disabled() {
            writeln!(out, "  {user} is disabled: the gateway refuses every key of theirs")?;
        }
        if question.required.is_empty() {
            self.list_of_buckets(question, out)?;
        }
        for requirement in &question.required {
            let context = question.context(requirement);
            let explanation = explain(&self.subject(), requirement, &context);
            self.requirement(requirement, &explanation, question, out)?;
        }
        Ok(())
    }

    /// The statements by which everything of `question` is allowed, each with how it is held: the first of each
    /// requirement.
    pub(crate) fn means(&self, question: &Question) -> Vec<String> {
        let mut means = Vec::new();
        for requirement in &question.required {
            let context = question.context(requirement);
            if let Decision::Allow { by } = decide(&self.subject(), requirement, &context) {
                let told = self.cause(by);
                if !means.contains(&told) {
                    means.push(told);
                }
            }
        }
        means
    }

    fn subject(&self) -> Subject<'_> {
        Subject { user: self.user, policies: &self.policies }
    }

    fn is_disabled(&self) -> bool {
        self.holder.is_some_and(|holder| holder.is_disabled)
    }

    fn requirement(
        &self,
        requirement: &Requirement,
        explanation: &Explanation<'_>,
        question: &Question,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let Explanation { decision, denied_by, allowed_by, misses } = explanation;
        let asked = format!("{requirement}{}", under(&requirement.target));
        match decision {
            Decision::Allow { .. } => {
                writeln!(out, "  {asked}: allowed")?;
                return self.causes("by", allowed_by, out);
            }
            Decision::Deny { .. } => {
                writeln!(out, "  {asked}: denied")?;
                self.causes("by", denied_by, out)?;
                if allowed_by.is_empty() {
                    writeln!(out, "    and no policy allows it")?;
                }
                self.causes("otherwise it would be allowed by", allowed_by, out)?;
            }
            Decision::NoAllow => writeln!(out, "  {asked}: no policy allows it")?,
        }
        for miss in misses.iter().take(MISSES_MAX) {
            writeln!(out, "    not quite by {}", self.cause(miss.by))?;
            writeln!(out, "      {}", self.change(miss, requirement, question))?;
        }
        if allowed_by.is_empty() && misses.is_empty() {
            let Requirement { action, target } = requirement;
            writeln!(
                out,
                "    no statement comes near: one is needed that allows {action} on {target}"
            )?;
        }
        Ok(())
    }

    /// Tells what the list of buckets shows.
    fn list_of_buckets(&self, question: &Question, out: &mut dyn Write) -> io::Result<()> {
        let user = self.user;
        let shows_all = shows_all_buckets(&self.subject(), &question.facts().context());
        let shown = if shows_all { "all of them" } else { "those that their policies reach" };
        writeln!(out, "  everybody may list buckets; {user} sees {shown}")?;
        let Some(bucket) = &question.shown else { return Ok(()) };
        if question.is_allowed(&self.subject()) {
            writeln!(out, "    {bucket} is one of them")
        } else {
            let why = "nothing in it is allowed, or fs:ListRepositories or fs:ReadRepository is denied on it";
            writeln!(out, "    {bucket} is none of them: {why}")
        }
    }

    fn causes(&self, word: &str, causes: &[Cause<'_>], out: &mut dyn Write) -> io::Result<()> {
        for cause in causes.iter().take(CAUSES_MAX) {
            writeln!(out, "    {word} {}", self.cause(*cause))?;
        }
        match causes.len().saturating_sub(CAUSES_MAX) {
            0 => Ok(()),
            more => writeln!(out, "    and by {more} more statements"),
        }
    }

    /// As in `TeamA statement[0] (group team-a): allow fs:ReadObject on *`.
    fn cause(&self, cause: Cause<'_>) -> String {
        let held = self.directory.policies.get(cause.policy);
        let ways: Vec<_> = self
            .holder
            .into_iter()
            .flat_map(|holder| self.directory.holdings(holder))
            .filter(|holding| holding.held.policy.name() == cause.policy)
            .map(|holding| match holding.group {
                Some(group) => format!("group {group}"),
                None => "attached".to_owned(),
            })
            .collect();
        let ways = if ways.is_empty() { ways.concat() } else { format!(" ({})", ways.join(", ")) };
        match held.and_then(|held| held.statement(cause.statement)) {
            Some(statement) => format!("{cause}{ways}: {}", Short(statement)),
            None => format!("{cause}{ways}"),
        }
    }

    /// What would have to be different, in words.
    fn change(&self, miss: &Miss<'_>, requirement: &Requirement, question: &Question) -> String {
        let Requirement { action, target } = requirement;
        match &miss.differs {
            Mismatch::Action { nearest } => {
                format!(
                    "it would allow this if it named {action}; the nearest action that it names is {nearest}"
                )
            }
            Mismatch::Resource { is_part: true, .. } => {
                "it would allow this if it named every key under the prefix; it names only some: list under a longer one"
                    .to_owned()
            }
            Mismatch::Resource { agrees, .. } if agrees.is_empty() => {
                format!("it would allow this if it named {target}: none of its resources begins so")
            }
            Mismatch::Resource { agrees, .. } => {
                format!("it would allow this if it named {target}: its resources agree as far as `{agrees}`")
            }
            Mismatch::Conditions(failing) => {
                let held = self.directory.policies.get(miss.by.policy);
                let conditions = held
                    .and_then(|held| held.statement(miss.by.statement))
                    .into_iter()
                    .flat_map(|statement| asked(&statement.condition))
                    .enumerate()
                    .filter(|(index, _)| failing.contains(index))
                    .map(|(_, asked)| match question.value(asked.key, requirement) {
                        Some(value) => format!("{asked} (the request has `{value}`)"),
                        None => format!("{asked} (the request has no {})", asked.key),
                    })
                    .collect::<Vec<_>>();
                format!("it would allow this if its condition held: {}", conditions.join("; "))
            }
        }
    }
}

/// Whether somebody may, as the first words of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// They may.
    Allow,
    /// They may not.
    Deny,
}

impl Answer {
    /// What `asker` is told.
    pub(crate) fn to(asker: &Asker<'_>, question: &Question) -> Self {
        if asker.may(question) { Self::Allow } else { Self::Deny }
    }

    /// As in `deny: alice may not do fs:ReadObject on *`.
    pub(crate) fn heading(self, user: &str, action: &str, resource: &str) -> String {
        match self {
            Self::Allow => format!("allow: {user} may do {action} on {resource}"),
            Self::Deny => format!("deny: {user} may not do {action} on {resource}"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        })
    }
}

/// What a requirement's own words leave out.
fn under(target: &Target) -> String {
    match target {
        Target::Listing { prefix, .. } if prefix.is_empty() => ", all of it".to_owned(),
        Target::Listing { prefix, .. } => format!(", under `{prefix}`"),
        Target::One(_) => String::new(),
    }
}

/// How many statements that nearly allow are told.
const MISSES_MAX: usize = 5;

/// How many statements that decided are told.
const CAUSES_MAX: usize = 10;
