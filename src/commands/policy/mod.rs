//! `lakegate policy`: examines policies, of files or of a store, without a gateway.

mod asker;
mod diff;
mod directory;
mod explain;
mod file;
mod lint;
mod pairs;
mod short;
mod test;
mod together;
mod who_can;

use std::{io::Write, path::PathBuf};

use policy::{Facts, Question};

use self::{directory::Directory, file::PolicyFile};
use super::{Failure, snapshot};
use crate::{
    cli::{FactArgs, Policy},
    config::Config,
};

/// How an examination ends when nothing failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All is as it should be.
    Fine,
    /// Something differs from what was expected.
    Differs,
}

/// Examines as `command` says; `config` is the configuration that it names.
///
/// # Errors
///
/// A [`Failure`] by its kind.
pub(crate) fn run(
    command: &Policy,
    config: Option<&Config>,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    let read = |files: &[PathBuf]| World::read(files, config);
    match command {
        Policy::Lint(source) => lint::run(&read(&source.files)?, out),
        Policy::Explain(command) => {
            let (files, asked) = explain::split(command)?;
            explain::run(&read(&files)?, command, &asked, out)
        }
        Policy::Test(command) => test::run(&command.file, out),
        Policy::Diff(sides) => diff::run(sides, config, out),
        Policy::WhoCan(command) => who_can::run(&read(&command.files)?, command, out),
    }
}

/// What is examined: everything that the files or the store say, together.
struct World {
    /// The files that were read; none for a store.
    files: Vec<PolicyFile>,
    /// What they say.
    directory: Directory,
}

impl World {
    fn read(paths: &[PathBuf], config: Option<&Config>) -> Result<Self, Failure> {
        if let Some(config) = config {
            let snapshot = snapshot::read(config)?;
            let directory = Directory::of_snapshot(&snapshot)?;
            return Ok(Self { files: Vec::new(), directory });
        }
        let (mut files, mut faults) = (Vec::new(), Vec::new());
        for path in paths {
            match PolicyFile::read(path) {
                Ok(file) => files.push(file),
                Err(fault) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            faults.extend(Directory::faults_of_some(&files));
            return Err(faults.into());
        }
        Self::of_files(files)
    }

    fn of_files(files: Vec<PolicyFile>) -> Result<Self, Failure> {
        let directory = Directory::of_files(&files)?;
        Ok(Self { files, directory })
    }
}

/// The question that a command line asks.
fn question(action: &str, resource: &str, facts: &FactArgs) -> Result<Question, Failure> {
    let mut noted = Facts::default();
    for fact in &facts.context {
        let Some((key, value)) = fact.split_once('=') else {
            let reason = format!("`{fact}` is not KEY=VALUE, such as SourceIp=10.0.0.1");
            return Err(Failure::wrong("--context", reason));
        };
        noted.note(key, value).map_err(|error| Failure::wrong("--context", error.to_string()))?;
    }
    Question::parse(action, resource, noted).map_err(|fault| {
        let origin = if fault.path == "context" { "--context" } else { &fault.path };
        Failure::wrong(origin, fault.reason)
    })
}
