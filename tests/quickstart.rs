//! `lakegate quickstart`: a store, a gateway, an admin and a viewer out of nothing, as a newcomer uses them.

use std::{fs, net::SocketAddr, path::Path};

use tempfile::TempDir;

use crate::harness::{
    clients::{Client, Ran},
    http::Connection,
    pattern::Pattern,
    process::Process,
    site::lakegate,
};

#[test]
fn a_newcomer_works_with_the_printed_endpoint_and_profiles() {
    let data = TempDir::new().unwrap();
    let quickstart = Quickstart::start(data.path());
    let admin = quickstart.client("lakegate-admin");
    let up = admin.home().join("up");
    for (name, content) in files() {
        let file = up.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    quickstart.aws(&admin, &["s3", "mb", "s3://mine"]);
    quickstart.aws(&admin, &["s3", "cp", "up/plain", "s3://mine/copy"]);
    quickstart.aws(&admin, &["s3", "sync", "up", "s3://mine/tree"]);
    let listed = quickstart.aws(&admin, &["s3", "ls", "--recursive", "s3://mine"]);
    for (name, content) in files() {
        let line = listed.lines().find(|line| line.ends_with(&format!(" tree/{name}")));
        assert!(
            line.is_some_and(|line| line.contains(&format!(" {} ", content.len()))),
            "{name}: {listed}"
        );
    }
    quickstart.aws(&admin, &["s3", "sync", "s3://mine/tree", "down"]);
    for (name, content) in files() {
        assert_eq!(fs::read(admin.home().join("down").join(name)).unwrap(), content, "{name}");
    }
    let refused = quickstart.try_aws(&admin, &["s3", "rb", "s3://mine"]);
    assert!(!refused.success && refused.stderr.contains("BucketNotEmpty"), "{refused:?}");
    quickstart.aws(&admin, &["s3", "rm", "--recursive", "s3://mine"]);
    assert_eq!(quickstart.aws(&admin, &["s3", "ls", "--recursive", "s3://mine"]), "");
    quickstart.aws(&admin, &["s3", "rb", "s3://mine"]);
    assert!(!quickstart.aws(&admin, &["s3", "ls"]).contains("mine"));
}

#[test]
fn the_viewer_reads_and_is_told_what_is_missing() {
    let data = TempDir::new().unwrap();
    let quickstart = Quickstart::start(data.path());
    let admin = quickstart.client("lakegate-admin");
    let viewer = quickstart.client("lakegate-viewer");
    fs::write(admin.home().join("a"), "a").unwrap();
    fs::write(viewer.home().join("a"), "b").unwrap();
    quickstart.aws(&admin, &["s3", "mb", "s3://mine"]);
    quickstart.aws(&admin, &["s3", "cp", "a", "s3://mine/a b+c=d"]);
    quickstart.aws(&viewer, &["s3", "cp", "s3://mine/a b+c=d", "back"]);
    assert_eq!(fs::read(viewer.home().join("back")).unwrap(), b"a");
    assert!(quickstart.aws(&viewer, &["s3", "ls", "s3://mine"]).contains("a b+c=d"));
    let refused = quickstart.try_aws(&viewer, &["s3", "cp", "a", "s3://mine/a b+c=d"]);
    assert!(!refused.success && refused.stderr.contains("fs:WriteObject"), "{refused:?}");
}

#[test]
fn the_admin_copies_and_moves_within_the_store() {
    let data = TempDir::new().unwrap();
    let quickstart = Quickstart::start(data.path());
    let admin = quickstart.client("lakegate-admin");
    quickstart.aws(&admin, &["s3", "mb", "s3://mine"]);
    quickstart.aws(&admin, &["s3", "mb", "s3://other"]);
    // One of awkward names, and one that is copied in parts.
    for (name, content) in files().into_iter().skip(4) {
        fs::write(admin.home().join("up"), &content).unwrap();
        let url = format!("s3://mine/{name}");
        quickstart.aws(&admin, &["s3", "cp", "--quiet", "--metadata", "of=one", "up", &url]);
        let (copy, moved) = (format!("s3://other/{name}"), format!("s3://mine/moved/{name}"));
        quickstart.aws(&admin, &["s3", "cp", "--quiet", &url, &copy]);
        quickstart.aws(&admin, &["s3", "mv", "--quiet", &url, &moved]);
        for url in [&copy, &moved] {
            quickstart.aws(&admin, &["s3", "cp", "--quiet", url, "down"]);
            assert_eq!(fs::read(admin.home().join("down")).unwrap(), content, "{url}");
        }
        let gone = quickstart.try_aws(&admin, &["s3", "cp", "--quiet", &url, "down"]);
        assert!(!gone.success, "{name}");
    }
    let head = ["s3api", "head-object", "--bucket", "other", "--key", "ö+=f/größe-日本語"];
    assert!(quickstart.aws(&admin, &head).contains("\"of\": \"one\""));
}

#[test]
fn boto3_works_on_it_as_on_any_store() {
    let data = TempDir::new().unwrap();
    let quickstart = Quickstart::start(data.path());
    let admin = quickstart.client("lakegate-admin").set("AWS_ENDPOINT_URL", &quickstart.endpoint);
    quickstart.aws(&admin, &["s3", "mb", "s3://mine"]);
    admin.script("listing", &["mine"]);
    quickstart.aws(&admin, &["s3", "mb", "s3://other"]);
    admin.script("delete_boto3", &["other", "all"]);
}

#[test]
fn the_printed_command_prints_a_url_of_the_object() {
    let data = TempDir::new().unwrap();
    let quickstart = Quickstart::start(data.path());
    let admin = quickstart.client("lakegate-admin");
    fs::write(admin.home().join("a"), "hello").unwrap();
    quickstart.aws(&admin, &["s3", "mb", "s3://lake"]);
    quickstart.aws(&admin, &["s3", "cp", "a", "s3://lake/team-a/hello.txt"]);
    let command = quickstart.process.stdout.find("`curl`", |line| {
        let command = line.trim().strip_prefix("curl \"$(")?.strip_suffix(")\"")?;
        Some(command.to_owned())
    });
    // Nothing is set but what was to be pasted before.
    let home = Client::new()
        .set("AWS_CONFIG_FILE", data.path().join("aws-config"))
        .set("AWS_SHARED_CREDENTIALS_FILE", data.path().join("aws-credentials"));
    let url = home.run(Path::new("sh"), &["-c", &command]);
    let target = url.trim_end().strip_prefix(&quickstart.endpoint).unwrap();
    let address = quickstart.endpoint.strip_prefix("http://").unwrap();
    let mut connection = Connection::open(address.parse().unwrap());
    connection.send(format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes());
    let answer = connection.response();
    assert_eq!((answer.status(), answer.text().as_str()), (200, "hello"));
}

#[test]
fn a_second_start_keeps_data_and_keys() {
    let data = TempDir::new().unwrap();
    let first = Quickstart::start(data.path());
    let admin = first.client("lakegate-admin");
    fs::write(admin.home().join("a"), "kept").unwrap();
    first.aws(&admin, &["s3", "mb", "s3://mine"]);
    first.aws(&admin, &["s3", "cp", "a", "s3://mine/a"]);
    let keys = fs::read_to_string(data.path().join("aws-credentials")).unwrap();
    first.stop();

    let second = Quickstart::start(data.path());
    assert_eq!(fs::read_to_string(data.path().join("aws-credentials")).unwrap(), keys);
    second.aws(&admin, &["s3", "cp", "s3://mine/a", "back"]);
    assert_eq!(fs::read(admin.home().join("back")).unwrap(), b"kept");
    second.stop();
}

#[test]
fn the_port_of_s3_can_be_chosen() {
    let data = TempDir::new().unwrap();
    let first = Quickstart::start(data.path());
    let address: SocketAddr = first.endpoint.strip_prefix("http://").unwrap().parse().unwrap();
    first.stop();
    let second = Quickstart::start_with(data.path(), &address.port().to_string());
    assert_eq!(second.endpoint, format!("http://{address}"));
}

#[test]
fn the_profiles_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let data = TempDir::new().unwrap();
    let _quickstart = Quickstart::start(data.path());
    let mode = fs::metadata(data.path().join("aws-credentials")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}

/// A running quickstart, killed when it is dropped.
struct Quickstart<'a> {
    process: Process,
    data: &'a Path,
    /// The value of `--endpoint-url` in what it printed.
    endpoint: String,
}

impl<'a> Quickstart<'a> {
    fn start(data: &'a Path) -> Self {
        Self::start_with(data, "0")
    }

    fn start_with(data: &'a Path, port: &str) -> Self {
        let process = Process::start(
            "lakegate quickstart",
            lakegate(data).args(["quickstart", "--port", port, "--data"]).arg(data),
        );
        process
            .stderr
            .find("`ready`", |line| line.split(' ').any(|word| word == "ready").then_some(()));
        let endpoint = process.stdout.find("`--endpoint-url`", |line| {
            let mut words = line.split([' ', '=']).skip_while(|word| *word != "--endpoint-url");
            words.nth(1).map(ToOwned::to_owned)
        });
        Self { process, data, endpoint }
    }

    /// A client that has what was printed: the two files, a profile.
    fn client(&self, profile: &str) -> Client {
        Client::new()
            .set("AWS_CONFIG_FILE", self.data.join("aws-config"))
            .set("AWS_SHARED_CREDENTIALS_FILE", self.data.join("aws-credentials"))
            .set("AWS_PROFILE", profile)
    }

    fn try_aws(&self, client: &Client, args: &[&str]) -> Ran {
        client.try_aws(&[&["--endpoint-url", self.endpoint.as_str()], args].concat())
    }

    fn aws(&self, client: &Client, args: &[&str]) -> String {
        client.aws(&[&["--endpoint-url", self.endpoint.as_str()], args].concat())
    }

    fn stop(mut self) {
        self.process.signal("TERM");
        assert_eq!(self.process.wait().code(), Some(0));
    }
}

fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("plain", b"plain".to_vec()),
        ("empty", Vec::new()),
        ("a space", b"a space".to_vec()),
        ("plus+equals=", b"plus".to_vec()),
        ("ö+=f/größe-日本語", Pattern::bytes(2, 300_000)),
        ("deep/er/10 MiB", Pattern::bytes(3, 10 << 20)),
    ]
}
