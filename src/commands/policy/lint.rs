//! `lakegate policy lint`: what is wrong with policies, and what to look at again.

use std::{io::Write, slice};

use policy::{Escalation, Fault, escalations};

use super::{
    Verdict, World,
    directory::{Held, Written},
};
use crate::commands::{Failure, of_policy};

/// Prints what to look at again in the policies of `world`, all of which are well-formed, then how much it is. A preset
/// that is as it was made is passed over.
///
/// # Errors
///
/// [`Failure::Io`] when `out` fails.
pub(crate) fn run(world: &World, out: &mut dyn Write) -> Result<Verdict, Failure> {
    let (mut policies, mut warnings) = (0_usize, 0_usize);
    for held in world.directory.policies.values().filter(|held| !held.is_preset()) {
        policies = policies.saturating_add(1);
        for found in looked_at(held)? {
            writeln!(out, "warning: {}", place(world, held, found))?;
            warnings = warnings.saturating_add(1);
        }
    }
    writeln!(out, "policies: {policies}, warnings: {warnings}")?;
    Ok(Verdict::Fine)
}

/// What to look at again in one policy, statement by statement, each with its path in the document.
fn looked_at(held: &Held) -> Result<Vec<Fault>, Failure> {
    let refused = |faults: Vec<Fault>| {
        let told = faults.into_iter().map(|fault| of_policy(held.policy.name(), fault));
        Failure::Wrong(told.collect())
    };
    let mut found: Vec<_> = policy::lint(&held.document)
        .map_err(refused)?
        .into_iter()
        .map(|warning| {
            let reason = warning.lint.to_string();
            (warning.statement, Fault { path: warning.path, reason })
        })
        .collect();
    for Escalation { statement, action, what, .. } in escalations(slice::from_ref(&held.policy)) {
        let path = format!("statement[{statement}]");
        found.push((statement, Fault { path, reason: format!("{action}: {what}") }));
    }
    found.sort_by_key(|(statement, _)| *statement);
    Ok(found.into_iter().map(|(_, fault)| fault).collect())
}

/// `found` with its place: in its file, or in the store.
fn place(world: &World, held: &Held, found: Fault) -> String {
    let written = held.written.as_ref();
    match written.and_then(|written| Some((world.files.get(written.file)?, written))) {
        Some((file, Written { path, .. })) => {
            let path = format!("{path}{}", found.path);
            file.place(Fault { path, reason: found.reason }).to_string()
        }
        None => of_policy(held.policy.name(), found).to_string(),
    }
}
