//! Values that do not stand in the file: from the environment, and from files of their own; and that no secret is printed.

use super::*;

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
