//! The configuration: what is accepted, and what is refused by its name with exit code 2.

use crate::harness::{
    certificates::Authority,
    recorder::Recorder,
    site::{Ended, Site},
};

#[test]
fn a_good_configuration_passes() {
    let ended = check(&site());
    assert_eq!(ended.code, Some(0), "{ended:#?}");
}

#[test]
fn a_key_whose_feature_is_not_there_yet_is_refused_by_its_name() {
    for (old, new, name) in [
        ("type: redb", "type: etcd", "etcd"),
        ("addressing: path", "addressing: path\n  kind: lakefs", "kind"),
        ("mode: lossy", "mode: strict", "strict"),
        ("listen:\n", "listen:\n  sts: 127.0.0.1:0\n", "sts"),
        ("listen:\n", "listen:\n  lakefs: 127.0.0.1:0\n", "lakefs"),
        ("auth:\n", "auth:\n  ldap: {server_endpoint: \"ldaps://ldap.example.com\"}\n", "ldap"),
        ("auth:\n", "auth:\n  oidc: {enabled: true}\n", "oidc"),
        ("auth:\n", "auth:\n  external_aws_auth: {enabled: true}\n", "external_aws_auth"),
        ("auth:\n", "auth:\n  remote_authenticator: {enabled: true}\n", "remote_authenticator"),
    ] {
        let site = site();
        site.configure(old, new);
        assert_refused(&site, &[name]);
    }
}

#[test]
fn the_upstreams_credentials_cannot_be_left_out_yet() {
    let site = site();
    let config = site.read("lakegate.yaml");
    let start = config.find("  credentials:\n").unwrap();
    let end = config.find("store:\n").unwrap();
    site.write("lakegate.yaml", &format!("{}{}", &config[..start], &config[end..]));
    assert_refused(&site, &["upstream.credentials"]);
}

#[test]
fn a_key_that_is_none_is_refused_with_the_nearest_one() {
    for (old, new, words) in [
        ("region:", "regoin:", ["regoin", "region"]),
        ("endpoint:", "endpiont:", ["endpiont", "endpoint"]),
        ("drain:", "drian:", ["drian", "drain"]),
        ("delay_s:", "delay:", ["delay", "delay_s"]),
        ("secret_key_file:", "secret_keyfile:", ["secret_keyfile", "secret_key_file"]),
    ] {
        let site = site();
        site.configure(old, new);
        assert_refused(&site, &words);
    }
}

#[test]
fn a_value_that_is_none_is_refused_with_its_key() {
    for (old, new, words) in [
        ("s3: 127.0.0.1:0", "s3: here", ["listen", "s3"]),
        ("delay_s: 0", "delay_s: soon", ["drain", "delay_s"]),
        ("delay_s: 0", "delay_s: -1", ["drain", "delay_s"]),
        ("type: redb", "type: rebd", ["rebd", "redb"]),
        ("addressing: path", "addressing: pathe", ["addressing", "path"]),
        ("endpoint: http://", "endpoint: ftp://", ["upstream", "endpoint"]),
        ("mode: lossy", "mode: loose", ["audit", "mode"]),
        ("store:\n", "domains: [\"*.example.com\"]\nstore:\n", ["domains", "entry 1"]),
        ("addressing: path", "addressing: virtual", ["upstream.addressing", "IP address"]),
        ("store:\n", "trusted_proxies: [10.0.0.0/33]\nstore:\n", ["trusted_proxies", "/33"]),
        ("store:\n", "cors: [{origins: [\"*\"]}]\nstore:\n", ["cors[0].methods", "missing"]),
    ] {
        let site = site();
        site.configure(old, new);
        assert_refused(&site, &words);
    }
}

#[test]
fn a_secret_stands_inline_or_in_a_file_and_never_in_both() {
    let site = site();
    site.configure("secret_access_key_file:", "secret_access_key: x\n    secret_access_key_file:");
    assert_refused(&site, &["secret_access_key", "secret_access_key_file"]);

    let site = self::site();
    site.configure("upstream.key", "no-such.key");
    assert_refused(&site, &["secret_access_key_file", "no-such.key"]);
}

#[test]
fn i13_a_short_or_well_known_secret_key_is_refused() {
    for key in [
        "",
        "too-short-a-key",
        "0123456789012345678901234567890",
        "THIS_MUST_BE_CHANGED_IN_PRODUCTION",
    ] {
        let site = site();
        site.write("secret.key", key);
        let ended = assert_refused(&site, &["secret_key"]);
        assert!(
            key.is_empty() || !ended.stderr.contains(key),
            "the key itself is printed: {ended:#?}"
        );
    }
}

#[test]
fn c12_certificates_and_keys_that_do_not_do_are_refused_with_their_place() {
    let authority = Authority::new();
    let (pair, other) = (authority.server(), authority.server());
    let tls = "tls: {certificate_file: a.crt, key_file: a.key}\nstore:\n";
    let upstream = "addressing: path\n  ca_file: a.crt";
    for (old, new, crt, key, words) in [
        ("store:\n", tls, &*pair.certificate, &*other.key, ["tls.key_file", "does not belong"]),
        ("store:\n", tls, &pair.key, &pair.key, ["tls.certificate_file", "no certificate"]),
        ("store:\n", tls, &pair.certificate, &pair.certificate, ["tls.key_file", "no private"]),
        ("store:\n", tls, &pair.certificate, "", ["tls.key_file", "empty"]),
        ("store:\n", tls, &pair.certificate[..99], "", ["tls.certificate_file", "cut off"]),
        ("addressing: path", upstream, "x", "", ["upstream.ca_file", "plain `http`"]),
        ("endpoint: http:", "endpoint: https:", "", "", ["upstream.ca_file", "no certificate"]),
    ] {
        let site = site();
        site.write("a.crt", crt);
        site.write("a.key", key);
        if new.contains("https") {
            site.configure("addressing: path", upstream);
        }
        site.configure(old, new);
        let ended = assert_refused(&site, &words);
        assert!(!ended.stderr.contains("PRIVATE KEY"), "{}", ended.stderr);
    }
}

#[test]
fn a_configuration_with_tls_says_so() {
    let site = site().over_tls();
    let checked = check(&site);
    assert_eq!(checked.code, Some(0), "{checked:#?}");
    assert!(checked.stdout.contains("s3 on 127.0.0.1:0, TLS, showing tls.crt"), "{checked:#?}");
    // Beyond loopback it is nothing to be warned of.
    site.configure("s3: 127.0.0.1:0", "s3: 0.0.0.0:0");
    let checked = check(&site);
    assert_eq!((checked.code, checked.stderr.as_str()), (Some(0), ""), "{checked:#?}");
}

#[test]
fn a_configuration_with_domains_and_virtual_addressing_says_so() {
    let site = site().with_domain().with_virtual_addressing();
    let checked = check(&site);
    assert_eq!((checked.code, &*checked.stderr), (Some(0), ""), "{checked:#?}");
    assert!(checked.stdout.contains("before s3.localhost\n"), "{checked:#?}");
    assert!(checked.stdout.contains("virtual-host style\n"), "{checked:#?}");
}

#[test]
fn a_configuration_with_cors_says_so() {
    let site = site();
    let rule =
        "{origins: [\"https://app.example.com\", \"https://*.example.org\"], methods: [GET, PUT]}";
    site.configure("store:\n", &format!("cors: [{rule}]\nstore:\n"));
    let checked = check(&site);
    assert_eq!((checked.code, &*checked.stderr), (Some(0), ""), "{checked:#?}");
    let told = "cors      rule 1: GET, PUT from https://app.example.com, https://*.example.org\n";
    assert!(checked.stdout.contains(told), "{checked:#?}");
}

#[test]
fn every_fault_is_told_at_once_or_the_first_with_its_place() {
    let site = site();
    site.write("lakegate.yaml", "listen: {s3: 127.0.0.1:0\n");
    assert_refused(&site, &["lakegate.yaml"]);
    site.write("lakegate.yaml", "");
    assert_refused(&site, &["upstream"]);
    let missing = site.run(&["check-config", "--config", "elsewhere.yaml"]);
    assert_eq!(missing.code, Some(2), "{missing:#?}");
    assert!(missing.stderr.contains("elsewhere.yaml"), "{missing:#?}");
}

#[test]
fn what_comes_later_but_hurts_nobody_is_a_warning() {
    let site = site();
    site.configure("listen:\n", "listen:\n  api: 127.0.0.1:0\n");
    site.apply();
    let gateway = site.serve();
    gateway.log().find("listen.api", |line| {
        (line.contains("WARN") && line.contains("listen.api")).then_some(())
    });
    gateway.stop();
}

#[test]
fn a16_s3_without_tls_beyond_loopback_is_warned_of_by_both_commands() {
    let site = site();
    site.configure("s3: 127.0.0.1:0", "s3: 0.0.0.0:0");
    let warning = "listen.s3: S3 is served without TLS";
    let checked = check(&site);
    assert_eq!(checked.code, Some(0), "{checked:#?}");
    assert!(checked.stderr.contains(warning), "{checked:#?}");
    site.apply();
    let gateway = site.serve();
    gateway
        .log()
        .find(warning, |line| (line.contains("WARN") && line.contains(warning)).then_some(()));
    gateway.stop();
}

#[test]
fn a_key_can_come_from_the_environment() {
    let site = site();
    let args = ["check-config", "--config", "lakegate.yaml"];
    let output =
        site.lakegate().args(args).env("LAKEGATE_UPSTREAM__KIND", "lakefs").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("lakefs"), "{output:?}");

    let output =
        site.lakegate().args(args).env("LAKEGATE_UPSTREAM__ENDPIONT", "http://x").output().unwrap();
    assert_eq!(output.status.code(), Some(2));

    let output =
        site.lakegate().args(args).env("LAKEFS_AUTH_ENCRYPT_SECRET_KEY", "x").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("LAKEGATE_AUTH__ENCRYPT__SECRET_KEY"),
        "{output:?}"
    );
}

#[test]
fn usage_that_is_none_is_refused() {
    let site = site();
    for args in [&["serve"][..], &["sevre"], &["check-config", "--confg", "lakegate.yaml"], &[]] {
        assert_eq!(site.run(args).code, Some(2), "{args:?}");
    }
}

#[test]
fn a_port_that_is_taken_is_a_failure_to_run() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let site = site();
    site.configure("s3: 127.0.0.1:0", &format!("s3: {}", taken.local_addr().unwrap()));
    let ended = site.run(&["serve", "--config", "lakegate.yaml"]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
}

fn site() -> Site {
    // Nothing listens behind these configurations, and nobody asks.
    Site::new(&Recorder::start().upstream)
}

fn check(site: &Site) -> Ended {
    site.run(&["check-config", "--config", "lakegate.yaml"])
}

/// Both commands that read it refuse the configuration, and name these words.
#[track_caller]
fn assert_refused(site: &Site, words: &[&str]) -> Ended {
    let checked = check(site);
    let served = site.run(&["serve", "--config", "lakegate.yaml"]);
    for ended in [&checked, &served] {
        assert_eq!(ended.code, Some(2), "{words:?}: {ended:#?}");
        for word in words {
            assert!(ended.stderr.contains(word), "no {word} in {}", ended.stderr);
        }
    }
    checked
}
