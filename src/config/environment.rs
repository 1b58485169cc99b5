//! The part of the process's environment that is configuration.

use std::{collections::BTreeMap, ffi::OsString};

use super::keys;

/// The variables that begin with `LAKEGATE_` or `LAKEFS_`, read once, at start.
///
/// Values may be secrets, so that it has no `Debug`.
#[derive(Default)]
pub(crate) struct Environment {
    ours: BTreeMap<String, Option<String>>,
    lakefs: Vec<String>,
}

impl Environment {
    /// The process's own.
    pub(crate) fn of_process() -> Self {
        Self::from_pairs(std::env::vars_os())
    }

    /// The configuration among `pairs`.
    pub(crate) fn from_pairs<T: Into<OsString>>(pairs: impl IntoIterator<Item = (T, T)>) -> Self {
        let mut environment = Self::default();
        for (name, value) in pairs {
            let Ok(name) = name.into().into_string() else { continue };
            if name.starts_with(keys::PREFIX) {
                let value = value.into().into_string().ok();
                if !is_service_link(&name) {
                    environment.ours.insert(name, value);
                }
            } else if name.starts_with(LAKEFS) {
                environment.lakefs.push(name);
            }
        }
        environment.lakefs.sort_unstable();
        environment
    }

    /// Each of our variables; `None` for a value that is not UTF-8.
    pub(crate) fn ours(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.ours.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }

    /// Each of lakeFS's variables, with ours for it where there is one.
    pub(crate) fn lakefs(&self) -> impl Iterator<Item = (&str, Option<String>)> {
        self.lakefs.iter().map(|name| (name.as_str(), counterpart(name)))
    }
}

/// Whether Kubernetes made `name` for a Service whose own name begins with `lakegate`: it puts
/// `LAKEGATE_SERVICE_HOST`, `LAKEGATE_PORT_8080_TCP_ADDR` and the like into every pod beside it.
fn is_service_link(name: &str) -> bool {
    let Some((_, rest)) = name.split_once('_') else { return false };
    let rest = format!("_{rest}");
    if keys::find_variable(name).is_some() {
        return false;
    }
    rest.ends_with("_SERVICE_HOST")
        || rest.ends_with("_SERVICE_PORT")
        || rest.contains("_SERVICE_PORT_")
        || rest.ends_with("_PORT")
        || rest.split_once("_PORT_").is_some_and(|(_, port)| {
            port.starts_with(|c: char| c.is_ascii_digit())
                && ["_TCP", "_UDP", "_SCTP"].iter().any(|protocol| port.contains(protocol))
        })
}

/// Our variable for lakeFS's `name`.
fn counterpart(name: &str) -> Option<String> {
    let theirs = name.strip_prefix(LAKEFS)?;
    let renamed = RENAMED.iter().find(|(old, _)| *old == theirs).map(|(_, path)| *path);
    keys::KEYS
        .iter()
        .find(|key| match renamed {
            Some(path) => key.path == path,
            None => key.path.replace('.', "_").eq_ignore_ascii_case(theirs),
        })
        .map(keys::Key::variable)
}

const LAKEFS: &str = "LAKEFS_";

/// What lakeFS calls otherwise.
const RENAMED: &[(&str, &str)] = &[
    ("GATEWAYS_S3_DOMAIN_NAME", "domains"),
    ("GATEWAYS_S3_REGION", "auth.regions"),
    ("LISTEN_ADDRESS", "listen.api"),
    ("TLS_CERT_FILE", "tls.certificate_file"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_configuration_is_taken() {
        let environment = Environment::from_pairs([
            ("PATH", "/bin"),
            ("LAKEGATE_UPSTREAM__REGION", "eu-west-1"),
            ("LAKEFS_AUTH_ENCRYPT_SECRET_KEY", "x"),
        ]);
        let ours: Vec<_> = environment.ours().collect();
        assert_eq!(ours, [("LAKEGATE_UPSTREAM__REGION", Some("eu-west-1"))]);
        let lakefs: Vec<_> = environment.lakefs().collect();
        assert_eq!(
            lakefs,
            [(
                "LAKEFS_AUTH_ENCRYPT_SECRET_KEY",
                Some("LAKEGATE_AUTH__ENCRYPT__SECRET_KEY".to_owned())
            )]
        );
    }

    #[test]
    fn what_kubernetes_makes_for_a_service_is_not_configuration() {
        let environment = Environment::from_pairs([
            ("LAKEGATE_SERVICE_HOST", "10.0.0.1"),
            ("LAKEGATE_SERVICE_PORT", "8080"),
            ("LAKEGATE_SERVICE_PORT_S3", "8080"),
            ("LAKEGATE_S3_SERVICE_HOST", "10.0.0.1"),
            ("LAKEGATE_PORT", "tcp://10.0.0.1:8080"),
            ("LAKEGATE_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
            ("LAKEGATE_PORT_8080_TCP_ADDR", "10.0.0.1"),
            ("LAKEGATE_LISTEN__PORT_8080", "x"),
        ]);
        let ours: Vec<_> = environment.ours().map(|(name, _)| name).collect();
        assert_eq!(ours, ["LAKEGATE_LISTEN__PORT_8080"]);
    }

    #[test]
    fn lakefs_names_that_differ_have_a_counterpart() {
        assert_eq!(counterpart("LAKEFS_LISTEN_ADDRESS").as_deref(), Some("LAKEGATE_LISTEN__API"));
        assert_eq!(counterpart("LAKEFS_DATABASE_TYPE"), None);
    }
}
