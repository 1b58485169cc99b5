//! A folder as an operator keeps it: configuration, identities, keys; and the commands that are run on it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use tempfile::TempDir;

use super::{
    Key, REGION, Upstream,
    certificates::{Authority, Pair},
    gateway::Gateway,
    tls::{self, Trust},
};

/// The files of one gateway, and its store.
#[derive(Debug)]
pub(crate) struct Site {
    folder: TempDir,
    /// Whose certificate its S3 listener shows; without it, it speaks plain HTTP.
    authority: Option<Authority>,
}

/// How a command of `lakegate` ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Site {
    /// A configuration for this upstream, and the people of [`identities`] in a file, not yet applied.
    pub(crate) fn new(upstream: &Upstream) -> Self {
        let site = Self { folder: TempDir::new().unwrap(), authority: None };
        site.write("secret.key", "an-encryption-key-of-more-than-32-bytes");
        site.write("upstream.key", &upstream.key.secret);
        site.write("lakegate.yaml", &site.config(upstream));
        site.write("identities.yaml", &identities());
        site
    }

    /// A site whose people are in its store.
    pub(crate) fn applied(upstream: &Upstream) -> Self {
        let site = Self::new(upstream);
        site.apply();
        site
    }

    /// The same site, with TLS on its S3 listener.
    pub(crate) fn over_tls(mut self) -> Self {
        let authority = Authority::new();
        self.write("ca.pem", authority.pem());
        self.show(&authority.server());
        let files = "tls: {certificate_file: tls.crt, key_file: tls.key}";
        self.configure("store:\n", &format!("{files}\nstore:\n"));
        self.authority = Some(authority);
        self
    }

    /// Whose certificate the S3 listener shows.
    pub(crate) fn authority(&self) -> &Authority {
        self.authority.as_ref().unwrap()
    }

    /// Puts `pair` in the place of the S3 listener's certificate and key, one file after the other.
    pub(crate) fn show(&self, pair: &Pair) {
        self.write("tls.crt", &pair.certificate);
        self.write("tls.key", &pair.key);
    }

    fn config(&self, upstream: &Upstream) -> String {
        let folder = self.folder.path().display();
        let Upstream { address, key, authority } = upstream;
        let (scheme, authority) = match authority {
            Some(authority) => {
                self.write("upstream-ca.pem", authority);
                ("https", format!("\n  ca_file: {folder}/upstream-ca.pem"))
            }
            None => ("http", String::new()),
        };
        format!(
            r#"listen:
  s3: 127.0.0.1:0
  ops: 127.0.0.1:0
upstream:
  endpoint: {scheme}://{address}{authority}
  region: {REGION}
  addressing: path
  credentials:
    access_key_id: {id}
    secret_access_key_file: {folder}/upstream.key
store:
  type: redb
  redb: {{path: {folder}/lakegate.redb}}
auth:
  encrypt: {{secret_key_file: {folder}/secret.key}}
audit: {{path: "-", mode: lossy}}
drain: {{delay_s: 0, timeout_s: 60}}
"#,
            id = key.id,
        )
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Puts `new` in the place of `old` in the configuration.
    pub(crate) fn configure(&self, old: &str, new: &str) {
        let config = self.read("lakegate.yaml");
        assert!(config.contains(old), "no `{old}` in {config}");
        self.write("lakegate.yaml", &config.replace(old, new));
    }

    /// Adds a line under `upstream` in the configuration.
    pub(crate) fn configure_upstream(&self, line: &str) {
        self.configure("  addressing: path\n", &format!("  addressing: path\n  {line}\n"));
    }

    /// The same site, before whose name [`DOMAIN`] a bucket may stand.
    pub(crate) fn with_domain(self) -> Self {
        self.configure("store:\n", &format!("domains: [{DOMAIN}]\nstore:\n"));
        self
    }

    /// The same site, before an upstream that it reaches by name and tells of buckets in `Host`.
    pub(crate) fn with_virtual_addressing(self) -> Self {
        self.configure("://127.0.0.1:", "://localhost:");
        self.configure("addressing: path", "addressing: virtual");
        self
    }

    /// `lakegate` in this folder, with nothing of this machine's environment.
    pub(crate) fn lakegate(&self) -> Command {
        lakegate(self.folder.path())
    }

    /// Runs a command that ends by itself: `site.run(&["check-config", "--config", "lakegate.yaml"])`.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        let output = self.lakegate().args(args).output().unwrap();
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs `apply` on `identities.yaml` with more arguments.
    pub(crate) fn apply_with(&self, args: &[&str]) -> Ended {
        self.run(&[&["apply", "-f", "identities.yaml", "--config", "lakegate.yaml"], args].concat())
    }

    /// Runs `apply`, which has to succeed; gives what it printed.
    pub(crate) fn apply(&self) -> String {
        let ended = self.apply_with(&[]);
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        ended.stdout
    }

    pub(crate) fn serve(&self) -> Gateway {
        self.serve_with(self.lakegate().args(["serve", "--config", "lakegate.yaml"]))
    }

    /// Runs `command`, which serves this site.
    pub(crate) fn serve_with(&self, command: &mut Command) -> Gateway {
        let gateway = Gateway::start(command);
        match &self.authority {
            Some(authority) => gateway.over_tls(Trust {
                file: self.path("ca.pem"),
                client: Arc::new(tls::client(authority.pem())),
            }),
            None => gateway,
        }
    }
}

/// The program under test, in `folder`.
pub(crate) fn lakegate(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lakegate"));
    command.env_clear().env("HOME", folder).current_dir(folder);
    command
}

/// May do everything.
pub(crate) fn admin() -> Key {
    Key::new("TESTADMIN0000001", "admin-secret-0123456789-abcdefghijklmnop")
}

/// May read and list everything.
pub(crate) fn viewer() -> Key {
    Key::new("TESTVIEWER000001", "viewer-secret-0123456789-abcdefghijklmno")
}

/// May work below `team-a/` in the bucket `lake`, but on nothing that is below `team-a/closed/`.
pub(crate) fn alice() -> Key {
    Key::new("TESTALICE0000001", "alice-secret-0123456789-abcdefghijklmnop")
}

/// Exists, is in no group and has no policy.
pub(crate) fn nobody() -> Key {
    Key::new("TESTNOBODY000001", "nobody-secret-0123456789-abcdefghijklmno")
}

/// Has every right, but is not enabled.
pub(crate) fn disabled() -> Key {
    Key::new("TESTDISABLED0001", "disabled-secret-0123456789-abcdefghijklm")
}

/// Has every right, with a key that expired long ago.
pub(crate) fn expired() -> Key {
    Key::new("TESTEXPIRED00001", "expired-secret-0123456789-abcdefghijklmn")
}

/// The file of the people above.
pub(crate) fn identities() -> String {
    let user = |id: &str, groups: &str, key: &Key, more: &str| {
        format!(
            "  - id: {id}\n    groups: [{groups}]\n{more}    credentials:\n      - access_key_id: {}\n        \
             secret_access_key: {}\n",
            key.id, key.secret
        )
    };
    let mut file = POLICIES.to_owned();
    file.push_str("users:\n");
    file.push_str(&user("admin", "Admins", &admin(), ""));
    file.push_str(&user("viewer", "Viewers", &viewer(), ""));
    file.push_str(&user("alice", "team-a", &alice(), ""));
    file.push_str(&user("nobody", "", &nobody(), ""));
    file.push_str(&user("disabled", "Admins", &disabled(), "    enabled: false\n"));
    file.push_str(&user("expired", "Admins", &expired(), ""));
    file.push_str("        expires: 2020-01-01T00:00:00Z\n");
    file
}

/// The gateway's name, for sites with one; names below `localhost` are this machine's.
pub(crate) const DOMAIN: &str = "s3.localhost";

const POLICIES: &str = r#"policies:
  - id: TeamA
    statement:
      - action: ["fs:ListObjects", "fs:ReadObject", "fs:WriteObject", "fs:DeleteObject"]
        effect: allow
        resource: "arn:lakefs:fs:::repository/lake/object/team-a/*"
      - action: ["fs:*"]
        effect: deny
        resource: "arn:lakefs:fs:::repository/lake/object/team-a/closed/*"
groups:
  - id: team-a
    policies: [TeamA]
"#;
