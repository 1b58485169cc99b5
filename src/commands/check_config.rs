//! `lakegate check-config`: what a configuration would do.

use std::io::{self, Write};

use crate::config::{AuditOutput, Config};

/// Prints `OK`, and what `config` would do.
///
/// # Errors
///
/// When `out` cannot be written.
pub(crate) fn run(config: &Config, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "OK")?;
    writeln!(out, "listen    s3 on {}, plain HTTP", config.listen.s3)?;
    writeln!(out, "          ops on {}, plain HTTP", config.listen.ops)?;
    writeln!(out, "          nothing yet on {}, which is for the API", config.listen.api)?;
    let upstream = &config.upstream;
    writeln!(out, "upstream  {}, region {}, path-style", upstream.endpoint, upstream.region)?;
    writeln!(out, "          signed as {}", upstream.credentials.access_key_id)?;
    writeln!(out, "store     redb at {}", config.store.path.display())?;
    let regions = &config.auth.regions;
    if regions.is_empty() {
        writeln!(out, "auth      SigV4, for any region")?;
    } else {
        writeln!(out, "auth      SigV4, for the regions {}", regions.join(", "))?;
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
    fn what_the_configuration_would_do_is_said_without_its_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lakegate.yaml");
        let text = "
listen: {s3: '127.0.0.1:7001'}
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
