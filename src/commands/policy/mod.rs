//! `lakegate policy`: examines policies, of files or of a store, without a gateway.

mod asked;
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

use self::{asked::Asked, directory::Directory, file::PolicyFile};
use super::{Failure, snapshot};
use crate::{cli::Policy, config::Config};

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
            let asked = Asked::of(&command.asking)?;
            explain::run(&read(&asked.files)?, command, &asked, out)
        }
        Policy::Test(command) => test::run(&command.file, out),
        Policy::Diff(sides) => diff::run(sides, config, out),
        Policy::WhoCan(command) => {
            let asked = Asked::of(&command.asking)?;
            who_can::run(&read(&asked.files)?, command, &asked, out)
        }
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
