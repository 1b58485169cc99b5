//! Real clients, in Python, JavaScript, Java, Go and C, with nothing of this machine's settings in their environment.

use std::{
    env,
    ffi::OsString,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

use super::{Key, REGION};

/// Where a client runs: a home and an environment of its own. What runs there is Python, its scripts and AWS CLI v1, or by
/// [`Self::run`] any other program.
#[derive(Debug)]
pub(crate) struct Client {
    home: TempDir,
    environment: Vec<(&'static str, OsString)>,
}

/// What a client printed, and whether it was content.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Client {
    pub(crate) fn new() -> Self {
        let home = TempDir::new().unwrap();
        let path = home.path().as_os_str().to_owned();
        let environment = vec![
            ("HOME", path),
            ("PATH", "/usr/bin:/bin".into()),
            ("LANG", "C.UTF-8".into()),
            ("PYTHONDONTWRITEBYTECODE", "1".into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
            // Nothing that goes wrong is hidden by a second try.
            ("AWS_MAX_ATTEMPTS", "1".into()),
        ];
        Self { home, environment }
    }

    /// Speaks to the server at `address` with `key`.
    pub(crate) fn with(key: &Key, address: SocketAddr) -> Self {
        Self::new()
            .set("AWS_ACCESS_KEY_ID", &key.id)
            .set("AWS_SECRET_ACCESS_KEY", &key.secret)
            .set("AWS_DEFAULT_REGION", REGION)
            .set("AWS_ENDPOINT_URL", format!("http://{address}"))
    }

    pub(crate) fn set(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.environment.retain(|(have, _)| *have != name);
        self.environment.push((name, value.into()));
        self
    }

    /// An empty folder for the client's files.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The Python that `tests/install` made.
    pub(crate) fn command(&self) -> Command {
        self.command_of(&python())
    }

    fn command_of(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.environment.clone()).current_dir(self.home());
        command
    }

    /// Runs AWS CLI v1 as a person would: `aws(&["s3", "ls"])`.
    pub(crate) fn try_aws(&self, args: &[&str]) -> Ran {
        Ran::from(self.command().arg(python().with_file_name("aws")).args(args).output().unwrap())
    }

    /// As [`Self::try_aws`], and it has to succeed; gives what it printed.
    pub(crate) fn aws(&self, args: &[&str]) -> String {
        let ran = self.try_aws(args);
        assert!(ran.success, "aws {args:?}: {}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// Runs `tests/clients/<name>.py`, which makes its own assertions; gives what it printed.
    pub(crate) fn script(&self, name: &str, args: &[&str]) -> String {
        let ran = Ran::from(self.command().arg(script(name)).args(args).output().unwrap());
        assert!(ran.success, "{name} {args:?}: {}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// Runs a client that is not Python's and makes its own assertions; gives what it printed.
    pub(crate) fn run(&self, program: &Path, args: &[&str]) -> String {
        let ran = Ran::from(self.command_of(program).args(args).output().unwrap());
        assert!(ran.success, "{} {args:?}: {}{}", program.display(), ran.stdout, ran.stderr);
        ran.stdout
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            success: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

pub(crate) fn script(name: &str) -> PathBuf {
    source(name).with_extension("py")
}

/// A file of `tests/clients`.
pub(crate) fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

/// What `tests/install` put below `.tools`.
#[expect(clippy::disallowed_methods, reason = "./tests/all says where the tools are")]
pub(crate) fn tool(path: &str) -> PathBuf {
    let tools = env::var("LAKEGATE_TEST_TOOLS");
    Path::new(&tools.expect("LAKEGATE_TEST_TOOLS is not set: run ./tests/all e2e")).join(path)
}

#[expect(clippy::disallowed_methods, reason = "./tests/all says where Python is")]
pub(crate) fn python() -> PathBuf {
    env::var("LAKEGATE_TEST_PYTHON")
        .expect("LAKEGATE_TEST_PYTHON is not set: run ./tests/all e2e")
        .into()
}
