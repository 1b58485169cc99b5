//! `lakegate policy who-can`: who may do something, and by what.

use std::io::Write;

use super::{Verdict, World, asked::Asked, asker::Asker};
use crate::{cli::WhoCan, commands::Failure};

/// Prints a line for each user who may, or `nobody`.
///
/// # Errors
///
/// [`Failure::Wrong`] for a question that cannot be asked.
pub(crate) fn run(
    world: &World,
    command: &WhoCan,
    words: &Asked<'_>,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    let question = words.question(&command.asking)?;
    let mut is_nobody = true;
    for user in world.directory.users.keys() {
        let Some(asker) = Asker::of_user(&world.directory, user) else { continue };
        if !asker.may(&question) {
            continue;
        }
        is_nobody = false;
        match &question.shown {
            Some(bucket) => writeln!(out, "{user}: the list of buckets shows {bucket}")?,
            None if question.required.is_empty() => {
                writeln!(out, "{user}: everybody may list buckets")?;
            }
            None => writeln!(out, "{user}: {}", asker.means(&question).join("; "))?,
        }
    }
    if is_nobody {
        writeln!(out, "nobody")?;
    }
    Ok(Verdict::Fine)
}
