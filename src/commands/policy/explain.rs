//! `lakegate policy explain`: whether somebody may do something, and why.

use std::{io::Write, sync::Arc};

use super::{
    Verdict, World,
    asked::Asked,
    asker::{Answer, Asker},
};
use crate::{cli::Explain, commands::Failure};

/// Prints `allow` or `deny`, and why.
///
/// # Errors
///
/// [`Failure::Wrong`] for a question that cannot be asked, and for a user or policy that there is not.
pub(crate) fn run(
    world: &World,
    command: &Explain,
    words: &Asked<'_>,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    let question = words.question(&command.asking)?;
    let asker = asker(world, command)?;
    let answer = Answer::to(&asker, &question);
    writeln!(out, "{}", answer.heading(&command.user, words.action, words.resource))?;
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
