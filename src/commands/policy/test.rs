//! `lakegate policy test`: holds policies to a table of expectations.

use std::{collections::BTreeMap, io::Write, path::Path};

use policy::{Effect, Facts, Fault, Question, Scalar};
use serde::Deserialize;
use store::{GroupEntry, Identities, PolicyEntry, UserEntry};

use super::{
    Verdict, World,
    asker::{Answer, Asker},
    file::PolicyFile,
};
use crate::{commands::Failure, identities::IdentitiesFile};

/// The file: identities, and what is expected of them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectations {
    policies: Option<Vec<PolicyEntry>>,
    groups: Option<Vec<GroupEntry>>,
    users: Option<Vec<UserEntry>>,
    cases: Option<Vec<Case>>,
}

/// One line of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    user: String,
    action: String,
    resource: String,
    #[serde(default)]
    context: BTreeMap<String, Scalar>,
    expect: Effect,
}

/// Asks every case of the file at `path`, prints each that differs with its explanation, then how many do.
///
/// # Errors
///
/// [`Failure::Wrong`] with everything that is wrong with the file.
pub(crate) fn run(path: &Path, out: &mut dyn Write) -> Result<Verdict, Failure> {
    let file = IdentitiesFile::open(path)?;
    let Expectations { policies, groups, users, cases } = file.read()?;
    let Some(cases) = cases else {
        let reason = "`cases` is missing: the list of what is expected";
        return Err(Failure::wrong(&path.display().to_string(), reason));
    };
    if cases.is_empty() {
        let reason = "at least one case is needed".to_owned();
        return Err(file.place(Fault { path: "cases".to_owned(), reason }).into());
    }
    let file = PolicyFile::of(file, Identities { policies, groups, users });
    let world = World::of_files(vec![file])?;
    let (mut asked, mut faults) = (Vec::with_capacity(cases.len()), Vec::new());
    for (index, case) in cases.iter().enumerate() {
        match ask(&world, case, &format!("cases[{index}]")) {
            Ok((user, question)) => asked.push((case, user, question)),
            Err(found) => faults.extend(found),
        }
    }
    if !faults.is_empty() {
        let file = world.files.first();
        let placed = faults.into_iter().filter_map(|fault| Some(file?.place(fault)));
        return Err(Failure::Wrong(placed.collect()));
    }
    let mut failed = 0_usize;
    for (index, (case, user, question)) in asked.iter().enumerate() {
        let answer = Answer::to(user, question);
        if answer == case.expected() {
            continue;
        }
        failed = failed.saturating_add(1);
        let told = answer.heading(&case.user, &case.action, &case.resource);
        writeln!(out, "cases[{index}]: expected {}, got {told}", case.expected())?;
        user.explain(question, out)?;
    }
    writeln!(out, "{} passed, {failed} failed", asked.len().saturating_sub(failed))?;
    Ok(if failed == 0 { Verdict::Fine } else { Verdict::Differs })
}

impl Case {
    fn expected(&self) -> Answer {
        match self.expect {
            Effect::Allow => Answer::Allow,
            Effect::Deny => Answer::Deny,
        }
    }
}

/// Who asks in `case`, which stands at `path`, and what.
fn ask<'a>(
    world: &'a World,
    case: &'a Case,
    path: &str,
) -> Result<(Asker<'a>, Question), Vec<Fault>> {
    let mut faults = Vec::new();
    let mut fault = |step: &str, reason: String| {
        faults.push(Fault { path: format!("{path}.{step}"), reason });
    };
    let asker = Asker::of_user(&world.directory, &case.user);
    if asker.is_none() {
        fault("user", format!("no user `{}`", case.user));
    }
    let mut facts = Facts::default();
    for (key, Scalar(value)) in &case.context {
        if let Err(error) = facts.note(key, value) {
            fault(&format!("context.{key}"), error.to_string());
        }
    }
    let question = match Question::parse(&case.action, &case.resource, facts) {
        Ok(question) => Some(question),
        Err(found) => {
            fault(&found.path, found.reason);
            None
        }
    };
    match (asker, question) {
        (Some(asker), Some(question)) if faults.is_empty() => Ok((asker, question)),
        (Some(_) | None, Some(_) | None) => Err(faults),
    }
}
