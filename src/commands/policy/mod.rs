//! `lakegate policy`: examines policies, of files or of a store, without a gateway.

mod directory;
mod file;
mod lint;

use std::{io::Write, sync::Arc};

use store::{Redb, Store};
use time::OffsetDateTime;
use tokio::runtime::Builder;

use self::{directory::Directory, file::PolicyFile};
use super::apply::Failure;
use crate::{
    cli::{Policy, PolicySource},
    config::{Config, Fault},
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
            let directory = of_store(config, now)?;
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

/// What the store of `config` holds; it is not made where there is none.
fn of_store(config: &Config, now: OffsetDateTime) -> Result<Directory, Failure> {
    let path = &config.store.path;
    if !path.try_exists()? {
        let origin = path.display().to_string();
        let reason = "there is no store yet: make it by `lakegate apply`".to_owned();
        return Err(Failure::Wrong(vec![Fault { origin, place: String::new(), reason }]));
    }
    let snapshot = Builder::new_current_thread().build()?.block_on(async {
        let space = Redb::open(path).await?;
        Store::open(Arc::new(space), &config.auth.secret, now).await?.snapshot().await
    });
    Directory::of_snapshot(&snapshot.map_err(Failure::Store)?).map_err(Failure::Wrong)
}
