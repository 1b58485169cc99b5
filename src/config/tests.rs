//! The configuration as a whole: what is taken, what is refused, and how that is said.

use std::{net::SocketAddr, path::Path, time::Duration};

use super::*;

mod cors;
mod network;
mod sources;

const BASE: &str = "
upstream:
  endpoint: http://minio.internal:9000
  credentials: {access_key_id: AKIAUP, secret_access_key: upstream secret}
auth:
  encrypt: {secret_key: a sealing key of more than 32 bytes}
";

fn read_with(text: &str, variables: &[(&str, &str)]) -> Result<(Config, Vec<Fault>), Vec<Fault>> {
    let environment = Environment::from_pairs(variables.iter().copied());
    let loaded = Config::read(text, "lakegate.yaml", Path::new("/etc/lakegate"), &environment);
    loaded.config.map(|config| (config, loaded.warnings))
}

fn read(text: &str) -> Result<(Config, Vec<Fault>), Vec<Fault>> {
    read_with(text, &[])
}

/// The configuration of `BASE` and `more`, which must be right.
fn config(more: &str) -> Config {
    read(&format!("{BASE}{more}")).unwrap().0
}

/// The faults of `BASE` and `more`, as printed.
fn faults(more: &str) -> Vec<String> {
    printed(read(&format!("{BASE}{more}")).map(|_| ()))
}

fn printed(outcome: Result<(), Vec<Fault>>) -> Vec<String> {
    outcome.unwrap_err().iter().map(Fault::to_string).collect()
}

/// The warnings of `BASE` and `more`, as printed.
fn warnings(more: &str) -> Vec<String> {
    read(&format!("{BASE}{more}")).unwrap().1.iter().map(Fault::to_string).collect()
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[test]
fn what_is_not_given_has_its_default() {
    let config = config("");
    assert_eq!(config.listen.s3, address("127.0.0.1:8080"));
    assert_eq!(config.listen.api, address("127.0.0.1:8000"));
    assert_eq!(config.listen.ops, address("127.0.0.1:8001"));
    assert_eq!(config.upstream.endpoint.to_string(), "http://minio.internal:9000");
    assert_eq!(config.upstream.region, "us-east-1");
    assert_eq!(config.upstream.credentials.access_key_id, "AKIAUP");
    assert_eq!(config.upstream.credentials.secret.expose(), b"upstream secret");
    assert_eq!(config.store.path, Path::new("/var/lib/lakegate/lakegate.redb"));
    assert!(config.auth.regions.is_empty());
    assert_eq!(config.audit.output, AuditOutput::Stdout);
    assert_eq!(format!("{:?}", config.limits), format!("{:?}", Limits::default()));
    assert_eq!(config.drain.delay, Duration::from_secs(5));
    assert_eq!(config.drain.timeout, Duration::from_mins(1));
    assert!(warnings("").is_empty());
}

#[test]
fn what_is_given_is_taken() {
    let config = config(
        "listen: {s3: '0.0.0.0:0', ops: '[::1]:9001'}
store: {type: redb, redb: {path: data/x.redb}}
audit: {path: audit.jsonl, mode: lossy}
limits: {connections_max: 7, linger_bytes_max: 0}
drain: {delay_s: 0, timeout_s: 1}
",
    );
    assert_eq!(config.listen.s3, address("0.0.0.0:0"));
    assert_eq!(config.listen.ops, address("[::1]:9001"));
    assert_eq!(config.store.path, Path::new("/etc/lakegate/data/x.redb"));
    let audit = AuditOutput::File(PathBuf::from("/etc/lakegate/audit.jsonl"));
    assert_eq!(config.audit.output, audit);
    assert_eq!(config.limits.connections_max, 7);
    assert_eq!(config.limits.data_plane.linger_bytes_max, 0);
    assert_eq!(config.drain.delay, Duration::ZERO);
}

#[test]
fn sections_may_be_empty() {
    config("listen:\nstore: {}\naudit:\nlimits: {}\ndrain:\n");
}

#[test]
fn an_empty_file_lacks_three_things() {
    assert_eq!(
        printed(read("").map(|_| ())),
        [
            "lakegate.yaml: upstream.endpoint: missing",
            "lakegate.yaml: upstream.credentials: missing; taking them from the AWS default chain \
             is not built yet",
            "lakegate.yaml: auth.encrypt.secret_key: missing; it stands here or in \
             `auth.encrypt.secret_key_file`",
        ]
    );
}

#[test]
fn all_faults_are_found_together() {
    let text = "
listen: {s3: localhost:8080, s4: 1}
trusted_proxies: [10.0.0.0/8, proxy.internal]
upstream: {endpoint: 'http://u:hunter2@minio', region: 'a b', credentials: {access_key_id: a b}}
auth: {encrypt: {secret_key: hunter2}, regions: [a/b]}
limits: {connections_max: 0, header_bytes_max: many}
";
    let faults = printed(read(text).map(|_| ()));
    let places: Vec<_> = faults.iter().filter_map(|fault| fault.split(": ").nth(1)).collect();
    assert_eq!(
        places,
        [
            "listen.s4",
            "limits.connections_max",
            "limits.header_bytes_max",
            "listen.s3",
            "trusted_proxies",
            "upstream.endpoint",
            "upstream.region",
            "upstream.credentials.access_key_id",
            "upstream.credentials.secret_access_key",
            "auth.regions",
            "auth.encrypt.secret_key",
        ]
    );
    assert!(!faults.join("\n").contains("hunter2"), "{faults:?}");
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_known_one() {
    assert_eq!(
        faults("limits: {header_byte_max: 1}\n"),
        ["lakegate.yaml: limits.header_byte_max: unknown key; the nearest known one is \
          `limits.header_bytes_max`"]
    );
    assert_eq!(
        faults("'store.redb.path': x\n"),
        ["lakegate.yaml: store.redb.path: unknown key; the nearest known one is \
          `store.redb.path`"]
    );
}

#[test]
fn a_duplicate_key_is_refused_with_its_place() {
    let [fault] = &*faults("auth: {}\n") else { panic!("one fault") };
    assert!(fault.starts_with("lakegate.yaml: line 7, column 1: "), "{fault}");
}

#[test]
fn what_is_not_built_is_refused_by_name() {
    for (more, path) in [
        ("store: {type: etcd}", "store.type"),
        ("store: {etcd: {endpoints: [a]}}", "store.etcd"),
        ("audit: {mode: strict}", "audit.mode"),
        ("listen: {sts: '127.0.0.1:1'}", "listen.sts"),
        ("listen: {lakefs: '127.0.0.1:1'}", "listen.lakefs"),
    ] {
        let faults = faults(more);
        let start = format!("lakegate.yaml: {path}: not built yet: ");
        assert!(faults.iter().any(|fault| fault.starts_with(&start)), "{more}: {faults:?}");
    }
}

#[test]
fn what_is_not_built_of_the_upstream_is_refused_by_name() {
    let text = BASE.replace("  credentials", "  kind: lakefs\n  credentials");
    let faults = printed(read(&text).map(|_| ()));
    let start = "lakegate.yaml: upstream.kind: not built yet: ";
    assert!(matches!(&*faults, [fault] if fault.starts_with(start)), "{faults:?}");
}

#[test]
fn a_pasted_block_of_lakefs_is_refused_by_name() {
    for (block, path) in [
        ("ldap: {server_endpoint: 'ldaps://x', bind_dn: y}", "auth.ldap.server_endpoint"),
        ("oidc: {enabled: true, client_id: x}", "auth.oidc.client_id"),
        (
            "external_aws_auth: {required_headers: {A: b}}",
            "auth.external_aws_auth.required_headers",
        ),
        ("remote_authenticator: {enabled: true}", "auth.remote_authenticator.enabled"),
        ("login_duration: 168h", "auth.login_duration"),
        ("providers: {ldap: {bind_dn: x}}", "auth.providers.ldap"),
        ("ldap: {}", "auth.ldap"),
    ] {
        let text = BASE.replace("  encrypt", &format!("  {block}\n  encrypt"));
        let faults = printed(read(&text).map(|_| ()));
        let start = format!("lakegate.yaml: {path}: not built yet: ");
        assert!(faults.iter().any(|fault| fault.starts_with(&start)), "{block}: {faults:?}");
    }
}

#[test]
fn a_value_that_says_what_happens_anyway_is_accepted() {
    config("domains: []\ntrusted_proxies:\ncors: []\nstore: {type: redb}\naudit: {mode: lossy}\n");
    let keys = "  kind: s3\n  addressing: path\n";
    let text = BASE.replace("  credentials", &format!("{keys}  credentials"));
    assert!(read(&text).is_ok());
}

#[test]
fn what_is_not_built_may_be_switched_off() {
    config("listen: {sts: off, lakefs: false}\n");
    config("listen: {sts: false, lakefs: 'off'}\n");
    let variables = [("LAKEGATE_LISTEN__STS", "off"), ("LAKEGATE_AUTH__OIDC__ENABLED", "false")];
    read_with(BASE, &variables).unwrap();
    for name in ["oidc", "remote_authenticator", "external_aws_auth"] {
        let text = BASE.replace("  encrypt", &format!("  {name}: {{enabled: false}}\n  encrypt"));
        assert!(read(&text).is_ok(), "{name}");
        let text = text.replace("enabled: false", "enabled: off");
        assert!(read(&text).is_err(), "{name}");
    }
    assert_eq!(faults("listen: {sts: on}\n").len(), 1);
}

#[test]
fn a_listener_for_the_api_starts_with_a_warning() {
    assert_eq!(
        warnings("listen: {api: '127.0.0.1:8000'}\n"),
        ["lakegate.yaml: listen.api: the API and the web UI are not built yet: nothing listens \
          there"]
    );
}

#[test]
fn version_2_of_signatures_is_on_until_it_is_switched_off() {
    for (line, sigv2) in [("", true), ("  sigv2: true\n", true), ("  sigv2: false\n", false)] {
        let text = BASE.replace("  encrypt", &format!("{line}  encrypt"));
        let (config, warnings) = read(&text).unwrap();
        assert_eq!((config.auth.sigv2, warnings.len()), (sigv2, 0));
    }
}

#[test]
fn version_2_of_signatures_without_tls_beyond_loopback_starts_with_a_warning() {
    let open = "listen: {s3: '0.0.0.0:8080'}\n";
    let is_about = |warning: &String| warning.starts_with("lakegate.yaml: auth.sigv2: on, and");
    assert_eq!(warnings(open).iter().filter(|warning| is_about(warning)).count(), 1);
    let text = BASE.replace("  encrypt", "  sigv2: false\n  encrypt");
    let (_, warnings) = read(&format!("{text}{open}")).unwrap();
    assert_eq!(warnings.len(), 1);
}

#[test]
fn a16_s3_without_tls_beyond_loopback_starts_with_a_warning() {
    for open in ["0.0.0.0:8080", "[::]:8080", "10.0.0.1:0"] {
        assert_eq!(
            warnings(&format!("listen: {{s3: '{open}'}}\n")).first().map(String::as_str),
            Some(
                "lakegate.yaml: listen.s3: S3 is served without TLS on an address that is not \
                 loopback: secrets are not sent, but bodies of UNSIGNED-PAYLOAD requests are not \
                 protected"
            )
        );
    }
    for closed in ["127.0.0.1:8080", "127.1.2.3:0", "[::1]:8080", "[::ffff:127.0.0.1]:8080"] {
        assert!(warnings(&format!("listen: {{s3: '{closed}'}}\n")).is_empty(), "{closed}");
    }
}

#[test]
fn a_wrong_kind_of_value_is_refused_without_being_repeated() {
    for (more, reason) in [
        ("drain: {delay_s: 5.5}", "drain.delay_s: not a whole number from 0 to 3600"),
        ("drain: {delay_s: '5'}", "drain.delay_s: not a whole number from 0 to 3600"),
        ("drain: {delay_s: -1}", "drain.delay_s: not a whole number from 0 to 3600"),
        ("audit: {mode: never}", "audit.mode: `never` is not one of: lossy, strict"),
        ("audit: {mode: [never]}", "audit.mode: not one of: lossy, strict"),
        (
            "audit: {mode: strict}",
            "audit.mode: not built yet: strict, refusing requests that cannot be recorded",
        ),
        ("audit: {path: 5}", "audit.path: not a text; put it in quotes"),
        ("audit: {path: [x]}", "audit.path: not a text"),
        ("audit: {path: ''}", "audit.path: empty"),
        ("audit: x", "audit: not a section of keys"),
    ] {
        assert_eq!(faults(more), [format!("lakegate.yaml: {reason}")], "{more}");
    }
}

#[test]
fn warnings_are_told_beside_faults() {
    let environment = Environment::from_pairs([("LAKEFS_AUTH_ENCRYPT_SECRET_KEY", "hunter2")]);
    let loaded = Config::read("", "lakegate.yaml", Path::new(""), &environment);
    assert!(loaded.config.is_err());
    assert_eq!(loaded.warnings.len(), 1);
}

#[test]
fn the_documents_name_every_key_and_every_default() {
    let operations = include_str!("../../docs/operations.md");
    for key in keys::KEYS {
        let named = operations.contains(&format!("`{}`", key.path));
        assert!(named, "docs/operations.md lacks `{}`", key.path);
        if matches!(key.state, keys::State::NotBuilt { .. }) {
            continue;
        }
        let default = if let keys::Shape::Number { default, min, max } = key.shape {
            format!("| {min} – {max} | {default} |")
        } else if let keys::Shape::Text(Some(default)) | keys::Shape::Address(default) = key.shape {
            format!("| `{default}` |")
        } else {
            continue;
        };
        let start = format!("| `{}` |", key.path);
        let row = operations.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("docs/operations.md has no row for {start}"));
        assert!(row.contains(&default), "{row} lacks {default}");
    }
}

#[test]
fn the_example_loads_and_all_its_keys_are_documented() {
    let example = include_str!("../../deploy/lakegate.example.yaml");
    let operations = include_str!("../../docs/operations.md");
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "a secret of thirty-two bytes or more").unwrap();
    let secret = secret.to_str().unwrap();
    let variables = [
        ("LAKEGATE_UPSTREAM__CREDENTIALS__SECRET_ACCESS_KEY_FILE", secret),
        ("LAKEGATE_AUTH__ENCRYPT__SECRET_KEY_FILE", secret),
    ];
    let (config, _) = read_with(example, &variables).unwrap();
    assert_eq!(format!("{:?}", config.limits), format!("{:?}", Limits::default()));
    for line in example.lines() {
        let line = line.trim_start_matches(['#', ' ']);
        let Some((name, _)) = line.split_once(':') else { continue };
        if name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            let named = operations.contains(&format!("`{name}`"))
                || operations.contains(&format!(".{name}`"));
            assert!(named, "docs/operations.md lacks `{name}`");
        }
    }
}
