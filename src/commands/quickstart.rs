//! `lakegate quickstart`: a throwaway store, the gateway before it, an admin and a viewer.

use std::{
    env,
    fmt::Display,
    fs::{self, File},
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use policy::Domains;
use proxy::{BodyMode, UpstreamBody};
use sigv::AccessKeyId;
use store::{AccessKey, CredentialSettings, Redb, SecretText, Store, StoreError, UserSettings};
use tempfile::NamedTempFile;
use thiserror::Error;
use tokio::sync::oneshot;

use crate::{
    clock,
    config::{Audit, AuditOutput, Auth, Config, Credentials, Drain, Limits, Listen, Upstream},
    quickstart::{EmbeddedStore, EmbeddedStoreError},
    secrets,
    serve::{self, Addresses, ServeError},
};

/// Why the quickstart did not start, or did not end well.
#[derive(Debug, Error)]
pub(crate) enum QuickstartError {
    /// A file of the folder cannot be made, read or written.
    #[error("{path}: {error}", path = path.display())]
    File { path: PathBuf, error: io::Error },
    /// The key that the identities are sealed with is damaged.
    #[error(
        "{path}: {reason}; put back the key that was there, or delete it together with the file \
         `lakegate.redb` beside it: both are then made anew, with other access keys",
        path = path.display()
    )]
    Secret { path: PathBuf, reason: String },
    /// The embedded store does not start.
    #[error("the embedded store does not start")]
    Embedded(#[from] EmbeddedStoreError),
    /// The identities cannot be made or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The gateway does not start, or its connections did not end in time.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A thread or a runtime could not be had.
    #[error("the system refused a thread: {0}")]
    System(#[from] io::Error),
}

/// Runs everything until a signal ends it. All of it is kept in `data`, so that a second start finds
/// the same objects and keys; `port` is S3's, the others are free ones.
///
/// # Errors
///
/// [`QuickstartError`].
pub(crate) fn run(data: &Path, port: u16) -> Result<(), QuickstartError> {
    let folder = Folder::open(data)?;
    let secret = folder.secret()?;
    let keys = identities(&folder.path("lakegate.redb"), &secret)?;
    let upstream = AccessKey::generate()?;
    let embedded = Embedded::start(&folder.objects()?, &upstream)?;
    let config = config(&folder, port, secret, upstream, embedded.address);
    let served = serve::serve(config, |addresses| {
        let told = folder.write_profiles(&keys, addresses).and_then(|()| {
            print(&welcome(&folder, &keys, addresses)).map_err(QuickstartError::System)
        });
        if let Err(error) = told {
            tracing::error!(%error, "the gateway runs, but this could not be told");
        }
    });
    embedded.stop();
    Ok(served?)
}

/// Where everything is kept.
struct Folder(PathBuf);

impl Folder {
    fn open(data: &Path) -> Result<Self, QuickstartError> {
        let absolute = make_folder(data).and_then(|()| fs::canonicalize(data));
        let absolute =
            absolute.map_err(|error| QuickstartError::File { path: data.into(), error })?;
        Ok(Self(absolute))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Where the embedded store keeps objects; made at the first start.
    fn objects(&self) -> Result<PathBuf, QuickstartError> {
        let path = self.path("objects");
        match make_folder(&path) {
            Ok(()) => Ok(path),
            Err(error) => Err(QuickstartError::File { path, error }),
        }
    }

    /// What the identities are sealed with; made at the first start.
    fn secret(&self) -> Result<SecretText, QuickstartError> {
        let path = self.path("secret.key");
        let found = path.try_exists();
        if !found.map_err(|error| QuickstartError::File { path: path.clone(), error })? {
            self.write("secret.key", AccessKey::generate()?.secret.expose())?;
        }
        let damaged = |reason| QuickstartError::Secret { path: path.clone(), reason };
        let bytes = secrets::read(&path).map_err(|error| {
            if error.kind() == io::ErrorKind::Other {
                // It was read, and is no secret.
                damaged(error.to_string())
            } else {
                QuickstartError::File { path: path.clone(), error }
            }
        })?;
        SecretText::parse(&bytes).map_err(|error| {
            if let StoreError::UnfitKey { reason } = error {
                damaged(reason.to_owned())
            } else {
                error.into()
            }
        })
    }

    /// Writes a file that only its owner reads. It is there as a whole or not at all, also when the
    /// machine stops in the middle.
    fn write(&self, name: &str, content: &[u8]) -> Result<(), QuickstartError> {
        let path = self.path(name);
        let written = NamedTempFile::new_in(&self.0).and_then(|mut file| {
            file.write_all(content)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            File::open(&self.0)?.sync_all()
        });
        written.map_err(|error| QuickstartError::File { path, error })
    }

    /// The two files that the AWS CLI and the SDKs read.
    fn write_profiles(
        &self,
        keys: &[(Role, AccessKey)],
        addresses: Addresses,
    ) -> Result<(), QuickstartError> {
        let mut config = String::new();
        let mut credentials = Vec::new();
        for (role, key) in keys {
            let profile = format!(
                "[profile lakegate-{}]\nregion = {REGION}\nendpoint_url = http://{}\ns3 =\n    addressing_style = path\n\n",
                role.user, addresses.s3
            );
            config.push_str(&profile);
            credentials.extend_from_slice(
                format!(
                    "[lakegate-{}]\naws_access_key_id = {}\naws_secret_access_key = ",
                    role.user, key.id
                )
                .as_bytes(),
            );
            credentials.extend_from_slice(key.secret.expose());
            credentials.extend_from_slice(b"\n\n");
        }
        self.write("aws-config", config.as_bytes())?;
        self.write("aws-credentials", &credentials)
    }
}

/// Makes a folder, and those it stands in, that only its owner enters; one that is there stays as it is.
fn make_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// A user of the quickstart.
#[derive(Clone, Copy)]
struct Role {
    user: &'static str,
    group: &'static str,
    may: &'static str,
}

const ROLES: [Role; 2] = [
    Role { user: "admin", group: "Admins", may: "may do everything" },
    Role { user: "viewer", group: "Viewers", may: "may list and read" },
];

/// The users with their keys; what is not there is made.
fn identities(path: &Path, secret: &SecretText) -> Result<Vec<(Role, AccessKey)>, QuickstartError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let keys = runtime.block_on(async {
        let space = Arc::new(Redb::open(path).await?);
        let store = Store::open(space, secret, clock::now()).await?;
        let mut keys = Vec::new();
        for role in ROLES {
            keys.push((role, key_of(&store, role).await?));
        }
        Ok::<_, StoreError>(keys)
    })?;
    Ok(keys)
}

async fn key_of(store: &Store, role: Role) -> Result<AccessKey, StoreError> {
    let held = store.snapshot().await?;
    if !held.users.contains_key(role.user) {
        let groups = Some(vec![role.group.to_owned()]);
        let settings = UserSettings { groups, ..UserSettings::default() };
        store.create_user(role.user, &settings, clock::now()).await?;
    }
    let of_user = |(id, credential): (&AccessKeyId, &store::Credential)| {
        (credential.user == role.user)
            .then(|| AccessKey { id: id.clone(), secret: credential.secret.clone() })
    };
    if let Some(key) = held.credentials.iter().find_map(of_user) {
        return Ok(key);
    }
    let key = AccessKey::generate()?;
    let secret = Some(key.secret.clone());
    let settings = CredentialSettings { secret, ..CredentialSettings::default() };
    store.create_credential(role.user, &key.id, &settings, clock::now()).await?;
    Ok(key)
}

/// The embedded store on a thread of its own.
struct Embedded {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: thread::JoinHandle<()>,
}

impl Embedded {
    fn start(objects: &Path, key: &AccessKey) -> Result<Self, QuickstartError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let secret = String::from_utf8_lossy(key.secret.expose()).into_owned();
        let store = runtime.block_on(EmbeddedStore::bind(objects, key.id.as_str(), &secret))?;
        let address = store.address();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("store".into()).spawn(move || {
            runtime.block_on(store.serve(async {
                // A sender that is gone asks for the same.
                let _asked = stopped.await;
            }));
        })?;
        Ok(Self { address, stop, thread })
    }

    fn stop(self) {
        let asked = self.stop.send(());
        if asked.is_err() || self.thread.join().is_err() {
            tracing::error!("the embedded store had failed");
        }
    }
}

fn config(
    folder: &Folder,
    port: u16,
    secret: SecretText,
    upstream: AccessKey,
    embedded: SocketAddr,
) -> Config {
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Config {
        listen: Listen { s3: local(port), api: local(0), ops: local(0) },
        tls: None,
        domains: Domains::default(),
        cors: proxy::Cors::default(),
        trusted_proxies: Vec::new(),
        upstream: Upstream {
            endpoint: embedded.into(),
            files: None,
            region: REGION.into(),
            body: UpstreamBody { mode: BodyMode::AsReceived, verifies_hash: false },
            credentials: Credentials {
                access_key_id: upstream.id.to_string(),
                secret: upstream.secret,
            },
        },
        store: crate::config::Store { path: folder.path("lakegate.redb") },
        auth: Auth { secret, regions: Vec::new(), sigv2: true },
        audit: Audit { output: AuditOutput::File(folder.path("audit.jsonl")) },
        limits: Limits::default(),
        drain: Drain { delay: Duration::ZERO, timeout: DRAIN_TIMEOUT },
    }
}

/// What is printed once everything is up: what there is, and lines to paste.
fn welcome(folder: &Folder, keys: &[(Role, AccessKey)], addresses: Addresses) -> String {
    let Addresses { s3, ops } = addresses;
    let mut text = format!(
        "Lakegate is running before a throwaway store.\n\n  \
         S3 endpoint  http://{s3}\n  \
         probes       http://{ops}/livez, http://{ops}/readyz\n  \
         data         {}\n\n",
        folder.0.display()
    );
    for (role, key) in keys {
        let secret = String::from_utf8_lossy(key.secret.expose()).into_owned();
        let shown = format!(
            "  {:<8}{}\n    access key id      {}\n    secret access key  {secret}\n",
            role.user, role.may, key.id
        );
        text.push_str(&shown);
    }
    let aws = |profile: &str, rest: &str| {
        format!("  aws --profile lakegate-{profile} --endpoint-url http://{s3} s3 {rest}\n")
    };
    text.push_str("\nIn another terminal:\n\n");
    let export = format!(
        "  export AWS_CONFIG_FILE={} AWS_SHARED_CREDENTIALS_FILE={}\n",
        quoted(folder.path("aws-config").display()),
        quoted(folder.path("aws-credentials").display()),
    );
    text.push_str(&export);
    text.push_str(&aws("admin", "mb s3://lake"));
    text.push_str(&aws("admin", "cp \"$AWS_CONFIG_FILE\" s3://lake/team-a/hello.txt"));
    text.push_str(&aws("viewer", "ls s3://lake --recursive"));
    // It need not be on the path.
    let program = env::current_exe().unwrap_or_else(|_| "lakegate".into());
    let presign = format!(
        "  curl \"$({} presign --profile lakegate-viewer --expires 15m s3://lake/team-a/hello.txt)\"\n",
        quoted(program.display())
    );
    text.push_str(&presign);
    text.push_str(&aws("viewer", "rm s3://lake/team-a/hello.txt"));
    text.push_str(
        "\nThe last one is refused, and the answer names the action that the viewer lacks.\n\
         Ctrl-C ends it; another start finds everything as it was.\n",
    );
    text
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// `text` as one word of a shell.
fn quoted(text: impl Display) -> String {
    let text = text.to_string();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    if text.bytes().all(is_plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

const REGION: &str = "us-east-1";
const DRAIN_TIMEOUT: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_it_keeps_is_its_owners_alone() {
        let data = tempfile::tempdir().unwrap();
        let folder = Folder::open(data.path()).unwrap();
        folder.secret().unwrap();
        assert_eq!(mode(&folder.objects().unwrap()), 0o700);
        assert_eq!(mode(&folder.path("secret.key")), 0o600);
    }

    #[test]
    fn the_sealing_key_is_written_once_and_leaves_nothing_else_behind() {
        let data = tempfile::tempdir().unwrap();
        let folder = Folder::open(data.path()).unwrap();
        folder.secret().unwrap();
        let key = fs::read(folder.path("secret.key")).unwrap();
        folder.secret().unwrap();
        assert_eq!(fs::read(folder.path("secret.key")).unwrap(), key);
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_sealing_key_is_refused_with_what_to_do() {
        let data = tempfile::tempdir().unwrap();
        let folder = Folder::open(data.path()).unwrap();
        for broken in ["", "\n", "too short"] {
            fs::write(folder.path("secret.key"), broken).unwrap();
            let told = folder.secret().unwrap_err().to_string();
            for part in ["secret.key: ", "put back the key", "`lakegate.redb`"] {
                assert!(told.contains(part), "{broken:?}: {told}");
            }
            assert_eq!(fs::read_to_string(folder.path("secret.key")).unwrap(), broken);
        }
    }

    #[test]
    fn paths_are_one_word_of_a_shell() {
        assert_eq!(quoted("/tmp/a-b.c"), "/tmp/a-b.c");
        assert_eq!(quoted("/tmp/it's here"), "'/tmp/it'\\''s here'");
    }
}
