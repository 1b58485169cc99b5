//! `lakegate policy diff`: what a change of policies newly allows or denies, and to whom.

use std::{io::Write, slice};

use policy::{Difference, PROPOSITIONS_MAX, TooEntangled, When};

use super::{
    Verdict,
    directory::Directory,
    file::PolicyFile,
    pairs::{Pair, pairs},
};
use crate::{
    cli::PolicyDiff,
    commands::{Failure, snapshot},
    config::{Config, Fault},
};

/// Prints what everybody whom the change concerns gains and loses, with a request that shows it.
///
/// # Errors
///
/// [`Failure::Wrong`] for what is wrong in a file or on the command line, and for patterns that
/// cannot be compared; [`Failure::Io`] when `out` fails.
pub(crate) fn run(
    command: &PolicyDiff,
    config: Option<&Config>,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    let (old, new) = directories(command, config)?;
    let mut report = Report::default();
    for pair in pairs(&old, &new, command.user.as_deref()).map_err(wrong)? {
        report.add(&pair).map_err(wrong)?;
    }
    report.print(out)?;
    Ok(if report.sections.is_empty() { Verdict::Fine } else { Verdict::Differs })
}

fn directories(
    command: &PolicyDiff,
    config: Option<&Config>,
) -> Result<(Directory, Directory), Failure> {
    let first = PolicyFile::read(&command.first).map_err(wrong)?;
    let first = slice::from_ref(&first);
    if let Some(config) = config {
        let stored = snapshot::read(config)?;
        let old = Directory::of_snapshot(&stored).map_err(Failure::Wrong)?;
        return Ok((old, Directory::of_files_over(&stored, first).map_err(Failure::Wrong)?));
    }
    let second = command.second.as_deref().map(PolicyFile::read).transpose().map_err(wrong)?;
    let old = Directory::of_files(first).map_err(Failure::Wrong)?;
    let new = Directory::of_files(second.as_slice()).map_err(Failure::Wrong)?;
    Ok((old, new))
}

fn wrong(fault: Fault) -> Failure {
    Failure::Wrong(vec![fault])
}

/// What there is to tell.
#[derive(Debug, Default)]
struct Report {
    sections: Vec<Section>,
    has_conditions: bool,
    has_perhaps: bool,
}

/// What is told of everybody who has the same difference.
#[derive(Debug)]
struct Section {
    kind: &'static str,
    names: Vec<String>,
    fate: Option<&'static str>,
    lines: Vec<String>,
}

impl Report {
    fn add(&mut self, pair: &Pair<'_>) -> Result<(), Fault> {
        let Pair { kind, names, fate, user, old, new } = pair;
        let differences = policy::diff(user, old, new).map_err(|error: TooEntangled| Fault {
            origin: format!("{kind} {}", names.join(", ")),
            place: String::new(),
            reason: error.to_string(),
        })?;
        if differences.is_empty() && fate.is_none() {
            return Ok(());
        }
        for difference in &differences {
            self.has_conditions |= difference.when != When::Always;
            self.has_perhaps |= difference.when == When::Perhaps;
        }
        let lines: Vec<String> = differences.iter().flat_map(lines).collect();
        let alike = self
            .sections
            .iter_mut()
            .find(|section| (section.kind, section.fate, &section.lines) == (*kind, *fate, &lines));
        let names = names.iter().map(|name| (*name).to_owned());
        match alike {
            Some(section) => section.names.extend(names),
            None => {
                self.sections.push(Section { kind, names: names.collect(), fate: *fate, lines });
            }
        }
        Ok(())
    }

    fn print(&self, out: &mut dyn Write) -> Result<(), Failure> {
        if self.sections.is_empty() {
            writeln!(out, "no difference")?;
        }
        for Section { kind, names, fate, lines } in &self.sections {
            let fate = fate.map_or_else(String::new, |fate| format!(": {fate}"));
            writeln!(out, "{kind} {}{fate}", names.join(", "))?;
            for line in lines {
                writeln!(out, "  {line}")?;
            }
        }
        if self.has_conditions {
            writeln!(out, "{FREE_FACTS}")?;
        }
        if self.has_perhaps {
            writeln!(
                out,
                "`perhaps`: more than {PROPOSITIONS_MAX} conditions meet, or they split it into too many cases, so \
                 that there may be less of a difference than is told here, or none"
            )?;
        }
        Ok(())
    }
}

fn lines(difference: &Difference) -> Vec<String> {
    let Difference { when, witness, .. } = difference;
    let mut lines = vec![difference.to_string()];
    if *when != When::Always {
        lines.push(format!("  {when}"));
    }
    let words = witness.s3_words().map_or_else(String::new, |words| format!(" ({words})"));
    lines.push(format!("  such as {witness}{words}"));
    lines
}

const FREE_FACTS: &str = "conditions are taken for free facts: each may hold or not, whatever the others say of the same request";
