//! `lakegate presign`: what it prints, what it takes that from, and what the gateway makes of it.

use std::{collections::BTreeMap, fs, process::Command};

use tempfile::TempDir;

use crate::harness::{
    Key,
    http::{Connection, Response},
    recorder::Recorder,
    site::{Ended, Site, admin, alice, lakegate, viewer},
    versitygw::VersityGw,
    world::{Stored, Watched},
};

#[test]
fn a_url_gives_whoever_has_it_the_object() {
    let world = Stored::new();
    for key in KEYS {
        let body = format!("the bytes of {key}");
        let object = format!("s3://lake/{key}");
        let put = presigned(&world.gateway.url(), &admin(), &[&object, "--method", "PUT"]);
        assert_eq!(put.send("PUT", body.as_bytes()).status(), 200, "{key}");
        let got = presigned(&world.gateway.url(), &viewer(), &[&object]).send("GET", b"");
        assert_eq!((got.status(), got.text()), (200, body), "{key}");
    }
    // The store has the very key, not another one that reads like it.
    assert_eq!(world.store.bytes("lake", KEYS[0]), format!("the bytes of {}", KEYS[0]).as_bytes());
}

#[test]
fn a_url_is_taken_by_a_store_that_is_not_ours() {
    let store = VersityGw::start();
    store.make_bucket("lake");
    let endpoint = format!("http://{}", store.upstream.address);
    for key in KEYS {
        let object = format!("s3://lake/{key}");
        let put = presigned(&endpoint, &store.upstream.key, &[&object, "--method", "PUT"]);
        assert_eq!(put.send("PUT", b"a").status(), 200, "{key}");
        assert_eq!(store.bytes("lake", key), b"a");
        let longer = Url { target: put.target.replacen("Expires=3600", "Expires=3601", 1), ..put };
        assert_eq!(longer.send("PUT", b"b").status(), 403, "{key}");
    }
}

#[test]
fn a_url_is_for_one_method() {
    let world = Stored::new();
    let gateway = world.gateway.url();
    let put = presigned(&gateway, &admin(), &["s3://lake/a", "--method", "put"]);
    assert_eq!(put.send("GET", b"").status(), 403);
    assert_eq!(put.send("PUT", b"a").status(), 200);
    let head = presigned(&gateway, &admin(), &["s3://lake/a", "--method", "HEAD"]);
    assert_eq!(head.send("HEAD", b"").head.content_length(), Some(1));
    let delete = presigned(&gateway, &admin(), &["s3://lake/a", "--method", "DELETE"]);
    assert_eq!(head.send("DELETE", b"").status(), 403);
    assert!(world.store.has("lake", "a"));
    assert_eq!(delete.send("DELETE", b"").status(), 204);
    assert!(!world.store.has("lake", "a"));
}

#[test]
fn a_url_may_what_its_signer_may() {
    let world = Stored::new();
    let put = |key: &Key, object| {
        let url = presigned(&world.gateway.url(), key, &[object, "--method", "PUT"]);
        url.send("PUT", b"a").status()
    };
    assert_eq!(put(&alice(), "s3://lake/team-a/a"), 200);
    assert_eq!(put(&alice(), "s3://lake/team-b/a"), 403);
    assert_eq!(put(&viewer(), "s3://lake/team-a/a"), 403);
}

#[test]
fn a_url_that_was_changed_is_refused() {
    let world = Watched::new();
    let url = presigned(&world.gateway.url(), &admin(), &["s3://lake/a", "--expires", "15m"]);
    for (old, new) in [
        ("/lake/a?", "/lake/b?"),
        ("/lake/a?", "/pond/a?"),
        ("X-Amz-Expires=900", "X-Amz-Expires=901"),
        ("us-east-1", "us-east-2"),
        ("?X-Amz-Algorithm", "?x-id=GetObject&X-Amz-Algorithm"),
    ] {
        let target = url.target.replacen(old, new, 1);
        assert_ne!(target, url.target, "no {old}");
        let refused = Url { target, ..url.clone() }.send("GET", b"");
        assert_eq!(
            (refused.status(), refused.code().as_str()),
            (403, "SignatureDoesNotMatch"),
            "{new}"
        );
    }
    world.assert_nothing_went_up();
}

#[test]
fn a_url_works_over_tls_as_the_configuration_names_the_gateway() {
    let world = Watched::over_tls();
    let listen = world.gateway.s3.to_string();
    world.site.configure("s3: 127.0.0.1:0", &format!("s3: {listen}"));
    world.site.configure("auth:\n", "auth:\n  regions: [eu-central-2, eu-central-1]\n");
    let mut command = world.site.lakegate();
    let command = with_key(&mut command, &admin());
    let url =
        Url::printed_by(command.arg("presign").args(["s3://lake/a", "--config", "lakegate.yaml"]));
    assert_eq!(url.origin, format!("https://{listen}"));
    assert!(url.parameter("X-Amz-Credential").contains("%2Feu-central-2%2F"), "{}", url.target);
    let answer = url.send_on(&mut world.gateway.connect(), "GET", b"");
    assert_eq!(answer.status(), 200, "{}", answer.text());
}

#[test]
fn flags_count_before_the_configuration_and_that_before_the_environment() {
    let site = site();
    site.configure("s3: 127.0.0.1:0", "s3: 127.0.0.1:7070");
    site.configure("auth:\n", "auth:\n  regions: [of-gateway]\n");
    for (args, origin, region) in [
        (&[][..], "http://variable", "of-variable"),
        (&["--config", "lakegate.yaml"], "http://127.0.0.1:7070", "of-gateway"),
        (
            &[
                "--config",
                "lakegate.yaml",
                "--endpoint",
                "https://Flag:443/",
                "--region",
                "of-flag",
            ],
            "https://flag",
            "of-flag",
        ),
    ] {
        let mut command = site.lakegate();
        let command = with_key(&mut command, &admin())
            .envs([("AWS_ENDPOINT_URL", "http://variable:80"), ("AWS_REGION", "of-variable")])
            .arg("presign")
            .arg("s3://lake/a")
            .args(args);
        let url = Url::printed_by(command);
        assert_eq!(url.origin, origin);
        assert!(
            url.parameter("X-Amz-Credential").contains(&format!("%2F{region}%2F")),
            "{}",
            url.target
        );
    }
}

#[test]
fn what_is_printed_is_one_line_with_the_parameters_in_order() {
    let home = TempDir::new().unwrap();
    let mut command = lakegate(home.path());
    let command = with_key(&mut command, &admin())
        .env("AWS_SESSION_TOKEN", "a token/+=")
        .arg("presign")
        .args(["s3://lake/a", "--endpoint", "http://s3.example.com:8080"]);
    let url = Url::printed_by(command);
    let names: Vec<&str> = url.parameters().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "X-Amz-Algorithm",
            "X-Amz-Credential",
            "X-Amz-Date",
            "X-Amz-Expires",
            "X-Amz-Security-Token",
            "X-Amz-SignedHeaders",
            "X-Amz-Signature",
        ]
    );
    assert_eq!(url.parameter("X-Amz-Expires"), "3600");
    assert_eq!(url.parameter("X-Amz-SignedHeaders"), "host");
    assert_eq!(url.parameter("X-Amz-Security-Token"), "a%20token%2F%2B%3D");
    assert!(url.parameter("X-Amz-Credential").ends_with("%2Fus-east-1%2Fs3%2Faws4_request"));
}

#[test]
fn profiles_are_where_the_aws_cli_has_them() {
    let home = TempDir::new().unwrap();
    fs::create_dir(home.path().join(".aws")).unwrap();
    let write =
        |name: &str, text: &str| fs::write(home.path().join(".aws").join(name), text).unwrap();
    write("config", "[profile team]\nregion = eu-west-1\nendpoint_url = https://s3.example.com\n");
    write(
        "credentials",
        "[team]\naws_access_key_id = AKIATEAM\naws_secret_access_key = file-secret\n",
    );
    let mut command = lakegate(home.path());
    let command = with_key(&mut command, &admin());
    let url = Url::printed_by(command.arg("presign").args(["s3://lake/a", "--profile", "team"]));
    assert_eq!(url.origin, "https://s3.example.com");
    let credential = url.parameter("X-Amz-Credential");
    assert!(credential.starts_with("AKIATEAM%2F") && credential.contains("%2Feu-west-1%2F"));
}

#[test]
fn a_wrong_command_line_is_refused_with_what_to_write() {
    for (args, words) in [
        (&["s3://lake/a", "--expires", "0"][..], &["--expires", "1 second to 7 days", "15m"][..]),
        (&["s3://lake/a", "--expires", "-5m"], &["--expires", "1 second to 7 days"]),
        (&["s3://lake/a", "--expires", "8d"], &["--expires", "1 second to 7 days"]),
        (&["s3://lake/a", "--expires", "soon"], &["--expires", "1 second to 7 days"]),
        (&["s3://lake"], &["no key", "s3://bucket/key"]),
        (&["s3://lake/"], &["no key", "s3://bucket/key"]),
        (&["s3:///a"], &["no bucket", "s3://bucket/key"]),
        (&["lake/a"], &["s3://"]),
        (&[], &["s3://"]),
        (&["s3://lake/a", "--method", "POST"], &["--method", "GET", "PUT"]),
        (&["s3://lake/a", "--endpoint", "minio:9000"], &["--endpoint", "http://host:port"]),
        (&["s3://lake/a", "--endpoint", "http://minio/path"], &["--endpoint", "a path"]),
        (&["s3://lake/a", "--region", "a/b"], &["--region", "region is not"]),
        (&["s3://lake/a", "--profile", "nobody"], &["--profile", "`nobody`", "/.aws/config"]),
        (&["s3://lake/a", "--config", "none.yaml"], &["none.yaml", "cannot be read"]),
    ] {
        let site = site();
        let mut command = site.lakegate();
        let command = with_key(&mut command, &admin())
            .env("AWS_ENDPOINT_URL", "http://minio")
            .arg("presign")
            .args(args);
        assert_refused(command, words);
    }
}

#[test]
fn what_is_missing_is_told_at_once_with_what_to_set() {
    let words = [
        "--endpoint",
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "--profile",
    ];
    let ended = assert_refused(site().lakegate().arg("presign").arg("s3://lake/a"), &words);
    assert_eq!(ended.stderr.lines().count(), 2, "{ended:#?}");
}

#[test]
fn a_gateway_that_listens_on_every_address_needs_a_flag() {
    for listen in ["0.0.0.0:8080", "127.0.0.1:0", "[::]:8080"] {
        let site = site();
        site.configure("s3: 127.0.0.1:0", &format!("s3: '{listen}'"));
        let presign = |args: &[&str]| {
            let mut command = site.lakegate();
            with_key(&mut command, &admin());
            command.arg("presign").args(["s3://lake/a", "--config", "lakegate.yaml"]).args(args);
            command
        };
        assert_refused(&mut presign(&[]), &["lakegate.yaml: listen.s3", "--endpoint"]);
        let url = Url::printed_by(&mut presign(&["--endpoint", "http://gateway:8080"]));
        assert_eq!(url.origin, "http://gateway:8080");
    }
}

#[test]
fn l01_no_fault_of_presign_tells_a_secret() {
    let home = TempDir::new().unwrap();
    let credentials = home.path().join("credentials");
    for (file, endpoint, region) in [
        ("[a]\naws_access_key_id = b\naws_secret_access_key = HIDDEN\n[a\n", "http://x", "r"),
        ("= HIDDEN\n", "http://x", "r"),
        ("[a]\naws_access_key_id = a/b\naws_secret_access_key = HIDDEN\n", "http://x", "r"),
        ("[a]\naws_secret_access_key = HIDDEN\n", "http://x", "r"),
        ("[a]\naws_access_key_id = b\naws_secret_access_key = HIDDEN\n", "http://u:HIDDEN@x", "r"),
        ("[a]\naws_access_key_id = b\naws_secret_access_key = HIDDEN\n", "http://x", "r/HIDDEN"),
    ] {
        fs::write(&credentials, file).unwrap();
        let mut command = lakegate(home.path());
        command
            .env("AWS_SHARED_CREDENTIALS_FILE", &credentials)
            .env("AWS_SESSION_TOKEN", "HIDDEN")
            .arg("presign")
            .args(["s3://lake/a", "--profile", "a", "--endpoint", endpoint, "--region", region]);
        let ended = assert_refused(&mut command, &[]);
        assert!(!ended.stderr.contains("HIDDEN"), "{ended:#?}");
    }
}

/// A URL, taken apart.
#[derive(Clone, Debug)]
struct Url {
    /// Scheme, host and port.
    origin: String,
    /// Path and query.
    target: String,
}

impl Url {
    /// What `command` prints, which is a URL and nothing else.
    #[track_caller]
    fn printed_by(command: &mut Command) -> Self {
        let ended = run(command);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:#?}");
        let line = ended.stdout.strip_suffix('\n').unwrap();
        assert!(!line.contains([' ', '\n']), "{line}");
        let start = line.find("://").unwrap() + 3;
        let (origin, target) = line.split_at(start + line[start..].find('/').unwrap());
        Self { origin: origin.to_owned(), target: target.to_owned() }
    }

    fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let (_, query) = self.target.split_once('?').unwrap();
        query.split('&').map(|pair| pair.split_once('=').unwrap())
    }

    /// The value of a parameter that is there once, as it stands.
    fn parameter(&self, name: &str) -> &str {
        let parameters: BTreeMap<&str, &str> = self.parameters().collect();
        parameters[name]
    }

    /// Sends what a client does that knows the URL and nothing else, and reads the answer.
    fn send(&self, method: &str, body: &[u8]) -> Response {
        let address = self.origin.strip_prefix("http://").unwrap().parse().unwrap();
        self.send_on(&mut Connection::open(address), method, body)
    }

    fn send_on(&self, connection: &mut Connection, method: &str, body: &[u8]) -> Response {
        let (_, host) = self.origin.split_once("://").unwrap();
        let length = body.len();
        let head = format!(
            "{method} {} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n",
            self.target
        );
        connection.send(&[head.as_bytes(), body].concat());
        connection.response_to(method)
    }
}

/// The URL for a request to `endpoint`, signed with `key`.
#[track_caller]
fn presigned(endpoint: &str, key: &Key, args: &[&str]) -> Url {
    let home = TempDir::new().unwrap();
    let mut command = lakegate(home.path());
    let command = with_key(&mut command, key).env("AWS_ENDPOINT_URL", endpoint);
    Url::printed_by(command.arg("presign").args(args))
}

fn with_key<'a>(command: &'a mut Command, key: &Key) -> &'a mut Command {
    command.envs([("AWS_ACCESS_KEY_ID", &key.id), ("AWS_SECRET_ACCESS_KEY", &key.secret)])
}

/// The command ends with 2, prints nothing but what is wrong, and names these words.
#[track_caller]
fn assert_refused(command: &mut Command, words: &[&str]) -> Ended {
    let ended = run(command);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{words:?}: {ended:#?}");
    for word in words {
        assert!(ended.stderr.contains(word), "no {word} in {}", ended.stderr);
    }
    assert!(!ended.stderr.contains(&admin().secret), "{}", ended.stderr);
    ended
}

fn run(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A configuration behind which nothing listens.
fn site() -> Site {
    Site::new(&Recorder::start().upstream)
}

/// Keys that read otherwise once something decodes or cleans them.
const KEYS: &[&str] = &["a b+c%2F=?#&;x/ö/日本語", "100%", "a/b.txt", "~-_.!$'()*,:@"];
