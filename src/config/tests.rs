//! The configuration as a whole: what is taken, what is refused, and how that is said.

use std::{net::SocketAddr, path::Path, time::Duration};

use super::*;

mod cors;

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
fn trusted_proxies_are_networks_and_addresses() {
    let networks = |config: &Config| -> Vec<String> {
        config.trusted_proxies.iter().map(ToString::to_string).collect()
    };
    assert!(config("").trusted_proxies.is_empty());
    let given = config("trusted_proxies: [10.1.2.3/8, 192.0.2.1, '2001:db8::/32', '::1']\n");
    assert_eq!(networks(&given), ["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32", "::1/128"]);
    let variables = [("LAKEGATE_TRUSTED_PROXIES", "10.0.0.0/8, ::1")];
    assert_eq!(networks(&read_with(BASE, &variables).unwrap().0), ["10.0.0.0/8", "::1/128"]);
}

#[test]
fn every_trusted_proxy_that_is_no_network_is_told_where_it_stands() {
    let reason = |text: &str| {
        format!(
            "trusted_proxies: `{text}` is neither an IP address nor a CIDR, such as `10.0.0.0/8`"
        )
    };
    assert_eq!(
        faults("trusted_proxies: [10.0.0.0/33, '::1', proxy.internal]\n"),
        ["10.0.0.0/33", "proxy.internal"].map(|text| format!("lakegate.yaml: {}", reason(text)))
    );
    let variables = [("LAKEGATE_TRUSTED_PROXIES", "*")];
    assert_eq!(
        printed(read_with(BASE, &variables).map(|_| ())),
        [format!("LAKEGATE_TRUSTED_PROXIES: {}", reason("*"))]
    );
}

#[test]
fn trust_in_every_address_is_warned_of() {
    for everybody in ["0.0.0.0/0", "'::/0'"] {
        let warnings = warnings(&format!("trusted_proxies: [10.0.0.0/8, {everybody}]\n"));
        let [warning] = &*warnings else { panic!("one warning of {warnings:?}") };
        assert!(warning.starts_with("lakegate.yaml: trusted_proxies: "), "{warning}");
    }
    assert!(warnings("trusted_proxies: [0.0.0.0/1]\n").is_empty());
}

#[test]
fn what_is_not_built_of_the_upstream_is_refused_by_name() {
    let text = BASE.replace("  credentials", "  kind: lakefs\n  credentials");
    let faults = printed(read(&text).map(|_| ()));
    let start = "lakegate.yaml: upstream.kind: not built yet: ";
    assert!(matches!(&*faults, [fault] if fault.starts_with(start)), "{faults:?}");
}

#[test]
fn domains_are_names_in_lower_case_each_once() {
    let names = |config: Config| -> Vec<String> {
        config.domains.iter().map(ToString::to_string).collect()
    };
    for (more, expected) in [
        ("", &[][..]),
        ("domains: []\n", &[]),
        ("domains: [s3.example.com]\n", &["s3.example.com"]),
        (
            "domains: [S3.Example.com., s3.example.com, localhost]\n",
            &["s3.example.com", "localhost"],
        ),
    ] {
        assert_eq!(names(config(more)), expected, "{more}");
    }
    let variables = [("LAKEGATE_DOMAINS", "s3.example.com, storage.example.com")];
    let (config, _) = read_with(BASE, &variables).unwrap();
    assert_eq!(names(config), ["storage.example.com", "s3.example.com"]);
}

#[test]
fn what_is_no_domain_is_refused_with_its_place_and_what_to_write() {
    for (more, start, told) in [
        ("[https://s3.example.com]", "domains: entry 1: ", "scheme"),
        ("[a.example, 's3.example.com:443']", "domains: entry 2: ", "port"),
        ("['*.s3.example.com']", "domains: entry 1: ", "`*`"),
        ("[10.0.0.1]", "domains: entry 1: ", "IP address"),
        ("['[::1]']", "domains: entry 1: ", "IP address"),
        ("['']", "domains: entry 1: ", "empty"),
        ("[a_b]", "domains: entry 1: ", "DNS name"),
    ] {
        let faults = faults(&format!("domains: {more}\n"));
        let [fault] = &*faults else { panic!("{more}: {faults:?}") };
        assert!(fault.starts_with(&format!("lakegate.yaml: {start}")), "{fault}");
        assert!(fault.contains(told) && fault.contains("s3.example.com"), "{fault}");
    }
    assert_eq!(
        faults("domains: s3.example.com\n"),
        ["lakegate.yaml: domains: not a list of texts"]
    );
    assert_eq!(faults("domains: [a b, 10.0.0.1]\n").len(), 2);
}

#[test]
fn virtual_addressing_needs_an_upstream_with_a_name() {
    let at = |endpoint: &str| {
        let text = BASE.replace("http://minio.internal:9000", endpoint);
        read(&text.replace("  credentials", "  addressing: virtual\n  credentials"))
    };
    for endpoint in ["http://minio.internal:9000", "http://localhost:9000", "https://minio"] {
        let (config, _) = at(endpoint).unwrap();
        assert_eq!(config.upstream.endpoint.addressing, proxy::Addressing::Virtual, "{endpoint}");
    }
    for endpoint in ["http://127.0.0.1:9000", "https://[::1]", "http://10.0.0.1", "http://127.1"] {
        let faults = printed(at(endpoint).map(|_| ()));
        let start = "lakegate.yaml: upstream.addressing: virtual, but `upstream.endpoint` is an IP";
        assert!(matches!(&*faults, [fault] if fault.starts_with(start)), "{endpoint}: {faults:?}");
    }
    assert_eq!(config("").upstream.endpoint.addressing, proxy::Addressing::Path);
}

#[test]
fn a_certificate_and_its_key_are_given_together() {
    for (one, other) in [("certificate_file", "key_file"), ("key_file", "certificate_file")] {
        assert_eq!(
            faults(&format!("tls: {{{one}: x}}\n")),
            [format!("lakegate.yaml: tls.{other}: missing; `tls.{one}` needs it")]
        );
        let text = BASE.replace("http:", "https:");
        let text = text.replace("  credentials", &format!("  client_{one}: x\n  credentials"));
        let faults = printed(read(&text).map(|_| ()));
        let told = format!(
            "lakegate.yaml: upstream.client_{other}: missing; `upstream.client_{one}` needs it"
        );
        assert!(faults.contains(&told), "{faults:?}");
    }
}

#[test]
fn a_section_for_tls_that_names_no_certificate_is_refused() {
    for more in ["tls:\n", "tls: {}\n", "tls: {certificate_file: null, key_file: null}\n"] {
        let told = "lakegate.yaml: tls.certificate_file: missing; plain HTTP is had without `tls`";
        assert_eq!(faults(more), [told], "{more}");
    }
}

#[test]
fn what_is_for_tls_to_the_upstream_is_refused_where_that_is_plain() {
    for key in ["ca_file", "client_certificate_file", "client_key_file"] {
        let text = BASE.replace("  credentials", &format!("  {key}: x\n  credentials"));
        assert_eq!(
            printed(read(&text).map(|_| ())),
            [format!(
                "lakegate.yaml: upstream.{key}: of no use: `upstream.endpoint` is plain `http`"
            )]
        );
    }
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
fn two_listeners_cannot_share_an_address() {
    assert_eq!(
        faults("listen: {s3: '127.0.0.1:80', ops: '127.0.0.1:80'}"),
        ["lakegate.yaml: listen.ops: the same address as `listen.s3`"]
    );
    config("listen: {s3: '127.0.0.1:0', ops: '127.0.0.1:0'}");
}

#[test]
fn the_upstream_is_not_our_own_listener() {
    let told = |listen: &str, endpoint: &str| {
        let text = BASE.replace("http://minio.internal:9000", &format!("http://{endpoint}"));
        let outcome = read(&format!("{text}listen: {{s3: '{listen}'}}\n"));
        outcome.map_or_else(|faults| faults.iter().map(Fault::to_string).collect(), |_| Vec::new())
    };
    for (listen, endpoint) in [
        ("127.0.0.1:9000", "127.0.0.1:9000"),
        ("127.0.0.1:9000", "localhost:9000"),
        ("127.0.0.1:9000", "0.0.0.0:9000"),
        ("0.0.0.0:9000", "127.0.0.1:9000"),
        ("0.0.0.0:80", "localhost"),
        ("[::]:9000", "127.0.0.1:9000"),
        ("[::1]:9000", "[::1]:9000"),
        ("10.0.0.1:9000", "10.0.0.1:9000"),
    ] {
        assert_eq!(
            told(listen, endpoint),
            ["lakegate.yaml: upstream.endpoint: the address of `listen.s3`: requests would go \
              round"],
            "{listen} {endpoint}"
        );
    }
    for (listen, endpoint) in [
        ("127.0.0.1:9000", "127.0.0.1:9001"),
        ("127.0.0.1:9000", "127.0.0.2:9000"),
        ("127.0.0.1:0", "127.0.0.1:9000"),
        ("0.0.0.0:9000", "10.0.0.1:9000"),
        ("0.0.0.0:9000", "minio:9000"),
        ("0.0.0.0:9000", "[::1]:9000"),
    ] {
        assert!(told(listen, endpoint).is_empty(), "{listen} {endpoint}");
    }
}

#[test]
fn every_key_can_come_from_the_environment() {
    let (config, warnings) = read_with(
        "upstream: {region: from-file}\nstore: {redb: {path: /x}}",
        &[
            ("LAKEGATE_LISTEN__S3", "127.0.0.1:0"),
            ("LAKEGATE_UPSTREAM__ENDPOINT", "http://minio:9000"),
            ("LAKEGATE_UPSTREAM__REGION", "007"),
            ("LAKEGATE_UPSTREAM__VERIFIES_HASH", "false"),
            ("LAKEGATE_UPSTREAM__CREDENTIALS__ACCESS_KEY_ID", "12345"),
            ("LAKEGATE_UPSTREAM__CREDENTIALS__SECRET_ACCESS_KEY", "{not: yaml"),
            ("LAKEGATE_AUTH__ENCRYPT__SECRET_KEY", "a sealing key of more than 32 bytes"),
            ("LAKEGATE_AUTH__REGIONS", "eu-west-1, us-east-1"),
            ("LAKEGATE_DOMAINS", ""),
            ("LAKEGATE_CORS", "[]"),
            ("LAKEGATE_LIMITS__CONNECTIONS_MAX", "7"),
        ],
    )
    .unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(config.listen.s3, address("127.0.0.1:0"));
    assert_eq!(config.upstream.region, "007");
    assert_eq!(config.upstream.credentials.access_key_id, "12345");
    assert_eq!(config.upstream.credentials.secret.expose(), b"{not: yaml");
    assert_eq!(config.auth.regions, ["eu-west-1", "us-east-1"]);
    assert_eq!(config.limits.connections_max, 7);
    assert_eq!(config.store.path, Path::new("/x"));
}

#[test]
fn a_fault_of_a_variable_is_told_with_its_name() {
    for (variable, value, told) in [
        (
            "LAKEGATE_UPSTREAM_ENDPOINT",
            "x",
            "LAKEGATE_UPSTREAM_ENDPOINT: no such key; the nearest known variable is \
             `LAKEGATE_UPSTREAM__ENDPOINT`",
        ),
        (
            "LAKEGATE_LIMITS",
            "{}",
            "LAKEGATE_LIMITS: limits: names a section; its keys are set one by one",
        ),
        (
            "LAKEGATE_LISTEN__S3",
            "x",
            "LAKEGATE_LISTEN__S3: listen.s3: not an IP address and a port, as in \
             `127.0.0.1:8080`",
        ),
        (
            "LAKEGATE_DRAIN__DELAY_S",
            "soon",
            "LAKEGATE_DRAIN__DELAY_S: drain.delay_s: not a whole number from 0 to 3600",
        ),
        (
            "LAKEGATE_STORE__ETCD__ENDPOINTS",
            "x",
            "LAKEGATE_STORE__ETCD__ENDPOINTS: store.etcd.endpoints: not built yet: the etcd store",
        ),
    ] {
        let told_faults = printed(read_with(BASE, &[(variable, value)]).map(|_| ()));
        assert_eq!(told_faults, [told]);
    }
}

#[test]
fn a_variable_of_lakefs_is_named_in_a_warning_with_ours() {
    let variables =
        [("LAKEFS_AUTH_ENCRYPT_SECRET_KEY", "hunter2"), ("LAKEFS_DATABASE_TYPE", "local")];
    let (_, warnings) = read_with(BASE, &variables).unwrap();
    let warnings: Vec<_> = warnings.iter().map(Fault::to_string).collect();
    assert_eq!(
        warnings,
        [
            "LAKEFS_AUTH_ENCRYPT_SECRET_KEY: not read; here it is \
             `LAKEGATE_AUTH__ENCRYPT__SECRET_KEY`",
            "LAKEFS_DATABASE_TYPE: not read; there is nothing like it here",
        ]
    );
}

#[test]
fn warnings_are_told_beside_faults() {
    let environment = Environment::from_pairs([("LAKEFS_AUTH_ENCRYPT_SECRET_KEY", "hunter2")]);
    let loaded = Config::read("", "lakegate.yaml", Path::new(""), &environment);
    assert!(loaded.config.is_err());
    assert_eq!(loaded.warnings.len(), 1);
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("up"), "from a file\n").unwrap();
    let text = BASE.replace("secret_access_key: upstream secret", "secret_access_key_file: up");
    let environment = Environment::default();
    let read = Config::read(&text, "lakegate.yaml", folder.path(), &environment);
    assert_eq!(read.config.unwrap().upstream.credentials.secret.expose(), b"from a file");
}

#[test]
fn a_secret_stands_inline_or_in_a_file_never_both() {
    let text = BASE.replace("{secret_key:", "{secret_key_file: x, secret_key:");
    assert_eq!(
        printed(read(&text).map(|_| ())),
        ["lakegate.yaml: auth.encrypt.secret_key_file: both this and `auth.encrypt.secret_key` \
          are given; one of them is enough"]
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_its_key() {
    let text =
        BASE.replace("secret_key: a sealing key of more than 32 bytes", "secret_key_file: x");
    let [fault] = &*printed(read(&text).map(|_| ())) else { panic!("one fault") };
    let start = "lakegate.yaml: auth.encrypt.secret_key_file: `/etc/lakegate/x`: ";
    assert!(fault.starts_with(start), "{fault}");
}

#[test]
fn a_short_or_sample_sealing_key_is_refused() {
    for key in ["hunter2", "10a718b3f285d89c36e9864494cdd1507f3bc85b342df24736ea81f9a1134bcc"] {
        let text = BASE.replace("a sealing key of more than 32 bytes", key);
        let [fault] = &*printed(read(&text).map(|_| ())) else { panic!("one fault") };
        assert!(fault.starts_with("lakegate.yaml: auth.encrypt.secret_key: "), "{fault}");
        assert!(!fault.contains(key), "{fault}");
    }
}

#[test]
fn no_secret_is_printed() {
    let printed = format!("{:?}", config(""));
    assert!(!printed.contains("upstream secret") && !printed.contains("sealing"), "{printed}");
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
