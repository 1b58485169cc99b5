//! `lakegate policy`: examines policies, of files or of a store, without a gateway.

mod directory;
mod file;
mod lint;

use std::io::Write;

use time::OffsetDateTime;

use self::{directory::Directory, file::PolicyFile};
use super::{apply::Failure, snapshot};
use crate::{
    cli::{Policy, PolicySource},
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
    now: OffsetDateTime,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    let read = |source: &PolicySource| World::read(source, config, now);
    match command {
        Policy::Lint(source) => lint::run(&read(source)?, out),
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
    fn read(
        source: &PolicySource,
        config: Option<&Config>,
        now: OffsetDateTime,
    ) -> Result<Self, Failure> {
        if let Some(config) = config {
            let snapshot = snapshot::read(config, now)?;
            let directory = Directory::of_snapshot(&snapshot).map_err(Failure::Wrong)?;
            return Ok(Self { files: Vec::new(), directory });
        }
        let (mut files, mut faults) = (Vec::new(), Vec::new());
        for path in &source.files {
            match PolicyFile::read(path) {
                Ok(file) => files.push(file),
                Err(fault) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            return Err(Failure::Wrong(faults));
        }
        let directory = Directory::of_files(&files).map_err(Failure::Wrong)?;
        Ok(Self { files, directory })
    }
}
