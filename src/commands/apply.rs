//! `lakegate apply`: makes users, groups, policies and credentials as a file says.

use std::{
    fmt,
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use policy::escalations;
use store::{Change, Identities, Prune, Redb, SecretText, Snapshot, Store, StoreError};
use time::OffsetDateTime;
use tokio::runtime::Builder;

use super::{Failure, snapshot};
use crate::{config::Config, identities::IdentitiesFile, secrets};

/// What is asked.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// The file of identities.
    pub(crate) file: &'a Path,
    /// What becomes of what it does not name.
    pub(crate) prune: Prune,
    /// Whether anything is changed.
    pub(crate) mode: Mode,
}

/// Whether anything is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The changes are made, and printed.
    Change,
    /// The changes are printed.
    DryRun,
}

/// Where it is told what happens.
pub(crate) struct Streams<'a> {
    /// For the changes.
    pub(crate) out: &'a mut dyn Write,
    /// For warnings.
    pub(crate) err: &'a mut dyn Write,
}

/// Makes the store of `config` be as a file says; prints each change, or `no changes`, and warns
/// of what hardly anybody means.
///
/// When the stream of changes fails, the changes are made all the same, so that nobody who reads the first lines only
/// leaves the store half done.
///
/// # Errors
///
/// A [`Failure`] by its kind; that of the stream only after everything is done.
pub(crate) fn run(
    config: &Config,
    request: &Request<'_>,
    now: OffsetDateTime,
    streams: Streams<'_>,
) -> Result<(), Failure> {
    let file = IdentitiesFile::open(request.file)?;
    let identities = file.read()?;
    let runtime = Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let told = |error| told(error, &file);
        // A store is made once it is known that nothing is wrong, and by a dry run not at all.
        let stored = match snapshot::open(config).await {
            Err(StoreError::Absent) => None,
            opened => Some(opened.map_err(told)?),
        };
        let held = match &stored {
            Some(store) => store.snapshot().await.map_err(told)?,
            None => Snapshot::of_new_store(now),
        };
        let changes = changes(&held, identities, request, &config.auth.secret).map_err(told)?;
        let store = match (stored, request.mode) {
            (None, Mode::Change) => Some(made(config, now).await.map_err(told)?),
            (Some(store), Mode::Change) => Some(store),
            (Some(_) | None, Mode::DryRun) => None,
        };
        let mut report = Report { streams, outcome: Ok(()) };
        for change in &changes {
            if let Some(name) = change.preset() {
                report.warning(&format_args!("{name} is a preset: the file changes it"));
            }
            for escalation in escalations(change.policy().as_slice()) {
                report.warning(&escalation);
            }
            match &store {
                Some(store) => {
                    store.commit(change, now).await.map_err(told)?;
                    report.line(change);
                }
                None => report.line(&format_args!("dry run: {change}")),
            }
        }
        if changes.is_empty() {
            report.line(&"no changes");
        }
        Ok(report.end()?)
    })
}

/// Lines that are printed as long as somebody takes them.
struct Report<'a> {
    streams: Streams<'a>,
    /// The first failure; after it no change is printed any more.
    outcome: io::Result<()>,
}

impl Report<'_> {
    fn line(&mut self, line: &dyn fmt::Display) {
        if self.outcome.is_ok() {
            self.outcome = writeln!(self.streams.out, "{line}");
        }
    }

    fn warning(&mut self, warning: &dyn fmt::Display) {
        // If nobody reads it, there is nobody left to warn.
        drop(writeln!(self.streams.err, "warning: {warning}"));
    }

    fn end(self) -> io::Result<()> {
        self.outcome.and_then(|()| self.streams.out.flush())
    }
}

/// What is to be done to a store that holds `held`.
fn changes(
    held: &Snapshot,
    mut identities: Identities,
    request: &Request<'_>,
    secret: &SecretText,
) -> Result<Vec<Change>, StoreError> {
    let folder = request.file.parent().unwrap_or(Path::new(""));
    identities.resolve(secret, |file| {
        secrets::read_whole(&folder.join(file)).map(|mut bytes| std::mem::take(&mut *bytes))
    })?;
    store::diff(held, &identities, request.prune)
}

/// A new store where `config` says.
async fn made(config: &Config, now: OffsetDateTime) -> Result<Store, StoreError> {
    let space = Redb::open(&config.store.path).await?;
    Store::open(Arc::new(space), &config.auth.secret, now).await
}

/// `error` as the user of `file` is told of it.
fn told(error: StoreError, file: &IdentitiesFile) -> Failure {
    if let StoreError::Invalid { faults } = error {
        Failure::Wrong(faults.into_iter().map(|fault| file.place(fault)).collect())
    } else {
        Failure::Store(error)
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, fs, path::PathBuf};

    use tempfile::TempDir;
    use time::macros::datetime;

    use super::*;
    use crate::config::{Environment, Fault};

    const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);

    const TEAM: &str = r#"
policies:
  - id: TeamA
    statement:
      - action: ["fs:ListObjects", "fs:ReadObject"]
        effect: allow
        resource: "arn:lakefs:fs:::repository/lake/object/team-a/*"
groups:
  - id: team-a
    policies: [TeamA]
users:
  - id: alice
    groups: [team-a]
    policies: []
    credentials:
      - access_key_id: AKIAALICE0000000Q
        secret_access_key_file: alice.key
"#;

    /// A folder with a configuration, and a store once something was applied.
    struct World {
        folder: TempDir,
        config: Config,
        /// What the last run warned of.
        warnings: RefCell<String>,
    }

    impl World {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let text = "
upstream:
  endpoint: http://127.0.0.1:9
  credentials: {access_key_id: up, secret_access_key: up}
store: {redb: {path: lakegate.redb}}
auth: {encrypt: {secret_key: a sealing key of more than 32 bytes}}
";
            let file = folder.path().join("lakegate.yaml");
            fs::write(&file, text).unwrap();
            fs::write(folder.path().join("alice.key"), "alicesSecretKey0000\n").unwrap();
            let config = Config::load(&file, &Environment::default()).config.unwrap();
            Self { folder, config, warnings: RefCell::default() }
        }

        fn file(&self, text: &str) -> PathBuf {
            let file = self.folder.path().join("identities.yaml");
            fs::write(&file, text).unwrap();
            file
        }

        fn apply(&self, text: &str, prune: Prune, mode: Mode) -> Result<String, Failure> {
            let file = self.file(text);
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let request = Request { file: &file, prune, mode };
            let streams = Streams { out: &mut out, err: &mut err };
            run(&self.config, &request, NOW, streams)?;
            self.warnings.replace(String::from_utf8(err).unwrap());
            Ok(String::from_utf8(out).unwrap())
        }

        fn change(&self, text: &str) -> Result<String, Failure> {
            self.apply(text, Prune::Keep, Mode::Change)
        }
    }

    fn faults(outcome: Result<String, Failure>) -> Vec<String> {
        match outcome {
            Err(Failure::Wrong(faults)) => faults.iter().map(Fault::to_string).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_change_is_printed_and_the_second_time_there_is_none() {
        let world = World::new();
        let printed = world.change(TEAM).unwrap();
        let lines: Vec<_> = printed.lines().collect();
        assert_eq!(
            lines,
            [
                "created policy TeamA",
                "created group team-a",
                "created user alice",
                "created credential AKIAALICE0000000Q of alice",
            ]
        );
        assert_eq!(world.change(TEAM).unwrap(), "no changes\n");
    }

    #[test]
    fn changes_are_made_to_the_end_when_nobody_reads_them() {
        /// A pipe whose reader leaves after the first line.
        struct Head(u8);
        impl Write for Head {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                if self.0 > 0 {
                    return Err(io::ErrorKind::BrokenPipe.into());
                }
                self.0 = u8::from(bytes.ends_with(b"\n"));
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }

        let world = World::new();
        let file = world.file(TEAM);
        let request = Request { file: &file, prune: Prune::Keep, mode: Mode::Change };
        let outcome =
            run(&world.config, &request, NOW, Streams { out: &mut Head(0), err: &mut io::sink() });
        let Err(Failure::Io(error)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(world.change(TEAM).unwrap(), "no changes\n");
    }

    #[test]
    fn a_dry_run_changes_nothing_and_makes_no_store() {
        let world = World::new();
        let printed = world.apply(TEAM, Prune::Keep, Mode::DryRun).unwrap();
        assert!(printed.starts_with("dry run: created policy TeamA\n"), "{printed}");
        assert!(!world.config.store.path.exists());
        world.change("").unwrap();
        world.apply(TEAM, Prune::Keep, Mode::DryRun).unwrap();
        assert!(world.change(TEAM).unwrap().starts_with("created policy TeamA\n"));
    }

    #[test]
    fn prune_deletes_what_the_file_does_not_name_but_no_preset() {
        let world = World::new();
        world.change(TEAM).unwrap();
        let text = "{users: [], groups: [], policies: []}";
        let printed = world.apply(text, Prune::Delete, Mode::Change).unwrap();
        let mut lines: Vec<_> = printed.lines().collect();
        lines.sort_unstable();
        assert_eq!(
            lines,
            [
                "deleted credential AKIAALICE0000000Q of alice",
                "deleted group team-a",
                "deleted policy TeamA",
                "deleted user alice",
            ]
        );
    }

    #[test]
    fn a_preset_that_is_changed_is_warned_of() {
        let world = World::new();
        world.change(TEAM).unwrap();
        assert_eq!(*world.warnings.borrow(), "");
        let text = "
policies:
  - id: FSReadAll
    statement: [{action: 'fs:ReadObject', effect: allow, resource: '*'}]
groups: [{id: Viewers, policies: [FSReadAll]}]
";
        for mode in [Mode::DryRun, Mode::Change] {
            world.apply(text, Prune::Keep, mode).unwrap();
            let warnings = world.warnings.take();
            assert_eq!(warnings.lines().count(), 2, "{warnings}");
            for name in ["FSReadAll", "Viewers"] {
                let start = format!("warning: {name} is a preset: ");
                assert!(warnings.lines().any(|line| line.starts_with(&start)), "{warnings}");
            }
        }
        world.change(text).unwrap();
        assert_eq!(*world.warnings.borrow(), "");
    }

    #[test]
    fn a_policy_that_widens_its_holders_rights_is_warned_of_when_it_is_made_or_changed() {
        let world = World::new();
        let text = "
policies:
  - id: Manage
    statement:
      - {action: 'auth:AddGroupMember', effect: allow, resource: '*'}
      - {action: 'fs:ReadObject', effect: allow, resource: '*'}
";
        for text in [text, &text.replace("ReadObject", "WriteObject")] {
            world.change(text).unwrap();
            let warnings = world.warnings.take();
            let start = "warning: Manage statement[0]: auth:AddGroupMember: its holder can ";
            assert!(warnings.starts_with(start) && warnings.lines().count() == 1, "{warnings}");
            world.change(text).unwrap();
            assert_eq!(*world.warnings.borrow(), "");
        }
    }

    #[test]
    fn a_broken_file_is_refused_with_line_and_column() {
        let world = World::new();
        for (text, place) in [
            ("users:\n  - id: a\n    id: b\n", "line 3, column 5: "),
            ("users:\n  - id: a\n    colour: red\n", "line 3, column 5: "),
        ] {
            let [fault] = &*faults(world.change(text)) else { panic!("one fault") };
            assert!(fault.contains(&format!("identities.yaml: {place}")), "{fault}");
        }
        assert!(!world.config.store.path.exists());
    }

    #[test]
    fn a_document_that_does_not_validate_is_refused_with_the_path_of_the_fault() {
        let world = World::new();
        let text = TEAM.replace("fs:ReadObject", "fs:ReadObjekt");
        let [fault] = &*faults(world.change(&text)) else { panic!("one fault") };
        let place =
            "identities.yaml: line 5, column 36: policies[0].statement[0].action[1] (TeamA): ";
        assert!(fault.contains(place), "{fault}");
    }

    #[test]
    fn an_effect_that_is_none_is_refused_with_its_line_and_path() {
        let world = World::new();
        let text = TEAM.replace("effect: allow", "effect: Allow");
        let [fault] = &*faults(world.change(&text)) else { panic!("one fault") };
        let place = "identities.yaml: line 6, column 17: policies[0].statement[0].effect (TeamA): ";
        assert!(fault.contains(place), "{fault}");
    }

    #[test]
    fn a_secret_file_that_is_missing_is_named() {
        let world = World::new();
        let text = TEAM.replace("alice.key", "bob.key");
        let [fault] = &*faults(world.change(&text)) else { panic!("one fault") };
        assert!(
            fault.contains("users[0].credentials[0].secret_access_key_file (alice): "),
            "{fault}"
        );
        assert!(fault.contains("bob.key"), "{fault}");
    }

    #[test]
    fn a_secret_is_never_repeated() {
        let world = World::new();
        for entry in [
            "secret_access_key: hunter2, secret_access_key_file: alice.key",
            "secret_access_key: {hunter2: 1}",
            "secret_access_key: hunter2, status: hunter3",
        ] {
            let text = TEAM
                .replace("- access_key_id: AKIAALICE0000000Q", "- {access_key_id: A_A, ")
                .replace(
                    "        secret_access_key_file: alice.key",
                    &format!("         {entry}}}"),
                );
            let faults = faults(world.change(&text)).join("\n");
            assert!(!faults.contains("hunter2"), "{faults}");
        }
    }

    #[test]
    fn a_store_that_is_in_use_is_left_alone() {
        let world = World::new();
        let runtime = Builder::new_current_thread().build().unwrap();
        let _held = runtime.block_on(Redb::open(&world.config.store.path)).unwrap();
        assert!(matches!(world.change(TEAM), Err(Failure::Store(StoreError::InUse { .. }))));
    }
}
