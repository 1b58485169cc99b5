//! A store that is not ours and checks every signature and body hash: versitygw, on a folder of the test's own.

use std::{
    env, fs,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::Command,
    time::Duration,
};

use tempfile::TempDir;

use super::{Key, REGION, Upstream, certificates::Authority, process::Process};

/// A running versitygw with an empty folder.
#[derive(Debug)]
pub(crate) struct VersityGw {
    process: Process,
    folder: TempDir,
    pub(crate) upstream: Upstream,
}

impl VersityGw {
    pub(crate) fn start() -> Self {
        Self::start_with(None, &[])
    }

    /// The same, which also takes the name of a bucket from before `localhost` in `Host`.
    pub(crate) fn with_virtual_addressing() -> Self {
        Self::start_with(None, &["--virtual-domain", "localhost"])
    }

    /// The same over TLS, shown to be who it is by an authority of its own.
    pub(crate) fn over_tls() -> Self {
        Self::start_with(Some(&Authority::new()), &[])
    }

    fn start_with(authority: Option<&Authority>, args: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        for part in ["iam", "sidecar", "versions", DATA] {
            fs::create_dir(folder.path().join(part)).unwrap();
        }
        let key = Key::new("STOREROOT", "store-root-secret-that-no-client-may-see");
        let mut command = Command::new(program());
        command
            .env_clear()
            .envs([("ROOT_ACCESS_KEY", &key.id), ("ROOT_SECRET_KEY", &key.secret)])
            .args(["--port", "127.0.0.1:0", "--region", REGION, "--keep-alive", "--iam-dir"])
            .arg(folder.path().join("iam"))
            .args(args);
        if let Some(authority) = authority {
            let pair = authority.server();
            for (flag, pem) in [("--cert", pair.certificate), ("--key", pair.key)] {
                let file = folder.path().join(flag);
                fs::write(&file, pem).unwrap();
                command.arg(flag).arg(file);
            }
        }
        command
            .args(["posix", "--sidecar"])
            .arg(folder.path().join("sidecar"))
            .arg("--versioning-dir")
            .arg(folder.path().join("versions"))
            .arg(folder.path().join(DATA));
        let process = Process::start("versitygw", &mut command);
        let address = listening(&process);
        let authority = authority.map(|authority| authority.pem().to_owned());
        Self { process, folder, upstream: Upstream { address, key, authority } }
    }

    /// The file that holds an object's bytes.
    pub(crate) fn file(&self, bucket: &str, key: &str) -> PathBuf {
        self.folder.path().join(DATA).join(bucket).join(key)
    }

    /// The bytes of an object as they lie in the store, past every server.
    pub(crate) fn bytes(&self, bucket: &str, key: &str) -> Vec<u8> {
        let file = self.file(bucket, key);
        fs::read(&file)
            .unwrap_or_else(|e| panic!("{}: {e}; {:#?}", file.display(), self.process.stdout.all()))
    }

    pub(crate) fn has(&self, bucket: &str, key: &str) -> bool {
        self.file(bucket, key).exists()
    }

    /// Puts bytes where an object's lie, without any client.
    pub(crate) fn lay(&self, bucket: &str, key: &str, bytes: &[u8]) {
        let file = self.file(bucket, key);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }

    /// Makes a bucket without any client.
    pub(crate) fn make_bucket(&self, bucket: &str) {
        fs::create_dir(self.folder.path().join(DATA).join(bucket)).unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "./tests/all says where the store is")]
fn program() -> String {
    env::var("LAKEGATE_TEST_VERSITYGW")
        .expect("LAKEGATE_TEST_VERSITYGW is not set: run ./tests/all e2e")
}

/// The port that the process listens on, which it does not tell: the kernel is asked until there is one.
fn listening(process: &Process) -> SocketAddr {
    for _ in 0..TRIES {
        if let Some(socket) = process.sockets().iter().find(|socket| socket.listens) {
            return (Ipv4Addr::LOCALHOST, socket.port).into();
        }
        let failed = process.stderr.find_within(PAUSE, |line| Some(line.to_owned()));
        assert_eq!(failed, None, "versitygw does not start");
    }
    panic!("versitygw does not listen: {:#?}", process.stdout.all())
}

const DATA: &str = "data";
const TRIES: u32 = 3_000;
const PAUSE: Duration = Duration::from_millis(10);
