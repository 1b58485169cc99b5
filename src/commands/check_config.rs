//! `lakegate check-config`: what a configuration would do.

use std::{
    io::{self, Write},
    path::Path,
};

use http::Method;
use proxy::{Addressing, OriginPattern};

use crate::config::{AuditOutput, Config, Fault};

/// What of `config`, which was read from `origin`, does not fit this machine: files in folders that
/// are not there.
pub(crate) fn faults(config: &Config, origin: &Path) -> Vec<Fault> {
    let audit = match &config.audit.output {
        AuditOutput::Stdout => None,
        AuditOutput::File(path) => Some(("audit.path", path)),
    };
    let files = [Some(("store.redb.path", &config.store.path)), audit];
    let lost = files.into_iter().flatten().filter_map(|(place, path)| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty())?;
        (!folder.is_dir()).then(|| Fault {
            origin: origin.display().to_string(),
            place: place.to_owned(),
            reason: format!("there is no folder `{}`", folder.display()),
        })
    });
    lost.collect()
}

/// Prints `OK`, and what `config` would do.
///
/// # Errors
///
/// When `out` cannot be written.
pub(crate) fn run(config: &Config, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "OK")?;
    match &config.tls {
        Some(tls) => writeln!(out, "listen    s3 on {}, TLS, {}", config.listen.s3, tls.files)?,
        None => writeln!(out, "listen    s3 on {}, plain HTTP", config.listen.s3)?,
    }
    writeln!(out, "          ops on {}, plain HTTP", config.listen.ops)?;
    writeln!(out, "          nothing yet on {}, which is for the API", config.listen.api)?;
    let domains: Vec<_> = config.domains.iter().map(ToString::to_string).collect();
    if domains.is_empty() {
        writeln!(out, "domains   none: a bucket is named in the path")?;
    } else {
        writeln!(out, "domains   a bucket may be named before {}", domains.join(", "))?;
    }
    if !config.trusted_proxies.is_empty() {
        let networks = config.trusted_proxies.iter().map(ToString::to_string);
        let networks = networks.collect::<Vec<_>>().join(", ");
        writeln!(out, "proxies   trusted from {networks}")?;
    }
    for (number, rule) in (1..).zip(config.cors.rules()) {
        let origins: Vec<_> = rule.origins.iter().map(OriginPattern::text).collect();
        let methods: Vec<_> = rule.methods.iter().map(Method::as_str).collect();
        let (methods, origins) = (methods.join(", "), origins.join(", "));
        writeln!(out, "cors      rule {number}: {methods} from {origins}")?;
    }
    let upstream = &config.upstream;
    let style = match upstream.endpoint.addressing {
        Addressing::Path => "path-style",
        Addressing::Virtual => "virtual-host style",
    };
    writeln!(out, "upstream  {}, region {}, {style}", upstream.endpoint, upstream.region)?;
    if let Some(files) = &upstream.files {
        writeln!(out, "          {files}")?;
    }
    writeln!(out, "          signed as {}", upstream.credentials.access_key_id)?;
    let hashes = if upstream.body.verifies_hash { ", hashes of plain ones left to it" } else { "" };
    writeln!(out, "          bodies {}{hashes}", upstream.body.mode)?;
    writeln!(out, "store     redb at {}", config.store.path.display())?;
    let regions = &config.auth.regions;
    let versions = if config.auth.sigv2 { "SigV4 and SigV2" } else { "SigV4" };
    if regions.is_empty() {
        writeln!(out, "auth      {versions}, for any region")?;
    } else {
        writeln!(out, "auth      {versions}, for the regions {}", regions.join(", "))?;
    }
    match &config.audit.output {
        AuditOutput::Stdout => writeln!(out, "audit     to standard output, lossy")?,
        AuditOutput::File(path) => writeln!(out, "audit     to {}, lossy", path.display())?,
    }
    let drain = &config.drain;
    writeln!(
        out,
        "drain     accepts for {} s more, then waits {} s at most",
        drain.delay.as_secs(),
        drain.timeout.as_secs()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;

    #[test]
    fn files_in_folders_that_are_not_there_are_faults() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lakegate.yaml");
        let text = "
upstream: {endpoint: 'http://minio', credentials: {access_key_id: A, secret_access_key: b}}
auth: {encrypt: {secret_key: a sealing key of more than 32 bytes}}
store: {redb: {path: store/lakegate.redb}}
audit: {path: logs/audit.jsonl}
";
        std::fs::write(&file, text).unwrap();
        let config = Config::load(&file, &Environment::default()).config.unwrap();
        let told = || faults(&config, Path::new("x")).iter().map(Fault::to_string).collect();
        let logs = format!("x: audit.path: there is no folder `{}/logs`", folder.path().display());
        let both: Vec<String> = told();
        assert_eq!((both.len(), both.last()), (2, Some(&logs)));
        std::fs::create_dir(folder.path().join("store")).unwrap();
        let one: Vec<String> = told();
        assert_eq!(one, [logs]);
        std::fs::create_dir(folder.path().join("logs")).unwrap();
        assert!(faults(&config, Path::new("x")).is_empty());
    }

    #[test]
    fn what_the_configuration_would_do_is_said_without_its_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lakegate.yaml");
        let text = "
listen: {s3: '127.0.0.1:7001'}
trusted_proxies: [10.1.2.3/8, '::1']
upstream:
  endpoint: http://minio.internal:9000
  credentials: {access_key_id: AKIAUP, secret_access_key: the upstream's secret}
auth:
  encrypt: {secret_key: a sealing key of more than 32 bytes}
  regions: [eu-west-1]
audit: {path: /var/log/lakegate.jsonl}
";
        std::fs::write(&file, text).unwrap();
        let config = Config::load(&file, &Environment::default()).config.unwrap();
        let mut out = Vec::new();
        run(&config, &mut out).unwrap();
        let printed = String::from_utf8(out).unwrap();
        assert!(printed.starts_with("OK\n"), "{printed}");
        for told in [
            "127.0.0.1:7001",
            "10.0.0.0/8, ::1/128",
            "http://minio.internal:9000",
            "AKIAUP",
            "/var/lib/lakegate/lakegate.redb",
            "eu-west-1",
            "/var/log/lakegate.jsonl",
        ] {
            assert!(printed.contains(told), "{printed} lacks {told}");
        }
        assert!(!printed.contains("secret") && !printed.contains("sealing"), "{printed}");
    }
}
