//! `lakegate policy explain`: whether somebody may do something, and why.

use std::{io::Write, path::PathBuf, sync::Arc};

use super::{
    Verdict, World,
    asker::{Answer, Asker},
    question,
};
use crate::{cli::Explain, commands::Failure};

/// What is asked: an action and a resource.
#[derive(Debug)]
pub(crate) struct Asked {
    action: String,
    resource: String,
}

/// The files that `command` names, and what it asks.
///
/// # Errors
///
/// [`Failure::Wrong`] when there are files and a store, or neither.
pub(crate) fn split(command: &Explain) -> Result<(Vec<PathBuf>, Asked), Failure> {
    let usage =
        || Failure::wrong("explain", "write FILE… or --config FILE, then an action and a resource");
    let [files @ .., action, resource] = &command.words[..] else { return Err(usage()) };
    if files.is_empty() == command.config.is_none() {
        return Err(usage());
    }
    let asked = Asked { action: action.clone(), resource: resource.clone() };
    Ok((files.iter().map(PathBuf::from).collect(), asked))
}

/// Prints `allow` or `deny`, and why.
///
/// # Errors
///
/// [`Failure::Wrong`] for a question that cannot be asked, and for a user or policy that there is not.
pub(crate) fn run(
    world: &World,
    command: &Explain,
    Asked { action, resource }: &Asked,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    let question = question(action, resource, &command.facts)?;
    let asker = asker(world, command)?;
    let answer = Answer::to(&asker, &question);
    writeln!(out, "{}", answer.heading(&command.user, action, resource))?;
    asker.explain(&question, out)?;
    Ok(Verdict::Fine)
}

fn asker<'a>(world: &'a World, command: &'a Explain) -> Result<Asker<'a>, Failure> {
    let directory = &world.directory;
    if command.policies.is_empty() {
        return Asker::of_user(directory, &command.user)
            .ok_or_else(|| Failure::wrong("--user", format!("no user `{}`", command.user)));
    }
    let mut policies = Vec::with_capacity(command.policies.len());
    for name in &command.policies {
        let Some(held) = directory.policies.get(name) else {
            return Err(Failure::wrong("--policy", format!("no policy `{name}`")));
        };
        policies.push(Arc::clone(&held.policy));
    }
    Ok(Asker::holding(directory, &command.user, policies))
}
