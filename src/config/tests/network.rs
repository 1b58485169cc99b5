//! Addresses, domains, proxies and certificates.

use super::*;

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
