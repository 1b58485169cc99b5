//! `lakegate policy lint`: what is wrong with policies.

use std::io::Write;

use super::{Verdict, World};
use crate::commands::apply::Failure;

/// Says how many policies of `world` were read, all of which are well-formed.
///
/// # Errors
///
/// [`Failure::Io`] when `out` fails.
pub(crate) fn run(world: &World, out: &mut dyn Write) -> Result<Verdict, Failure> {
    let read = world.directory.policies.values().filter(|held| held.written.is_some());
    writeln!(out, "{} policies, no fault", read.count())?;
    Ok(Verdict::Fine)
}
