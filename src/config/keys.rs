//! Every key of the configuration, as data: its shape, its default, and whether its feature is built.
//!
//! What has no row is refused with the nearest row's name. What has a row that is not built is refused
//! by that name unless it says nothing, so that nobody believes in a feature that is not on.

use serde_json::Value;

/// One key.
#[derive(Debug)]
pub(crate) struct Key {
    /// Where it stands, with a dot between levels: `upstream.endpoint`.
    pub(crate) path: &'static str,
    /// What may stand there.
    pub(crate) shape: Shape,
    /// Whether it has an effect.
    pub(crate) state: State,
}

/// What may stand under a key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// Keys of its own, each with its row.
    Section,
    /// Text, with its default.
    Text(Option<&'static str>),
    /// Text that is never printed.
    Secret,
    /// An IP address and a port, with its default.
    Address(&'static str),
    /// A whole number, with its default and range.
    Number { default: u64, min: u64, max: u64 },
    /// `true` or `false`, with its default.
    Flag { default: bool },
    /// Texts.
    List,
    /// Mappings, whose keys have no rows.
    Rules,
    /// One of these texts; the first is the default.
    Choice(&'static [&'static str]),
    /// Anything, with keys that have no rows.
    Free,
}

/// Whether a key has an effect.
#[derive(Debug, Clone, Copy)]
pub(crate) enum State {
    /// It has.
    Built,
    /// It has none yet. Lakegate starts all the same, with this warning.
    Warned { neutral: Neutral, text: &'static str },
    /// It has none yet, and is refused: this is what is not built.
    NotBuilt { neutral: Neutral, what: &'static str },
}

/// What a key without effect may say, because it is what happens anyway.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Neutral {
    /// Nothing: the key's mere presence counts.
    Nothing,
    /// `false`.
    False,
    /// This text.
    Text(&'static str),
    /// `off`, or `false`.
    Off,
}

impl Neutral {
    /// Whether `value` says only what happens anyway.
    pub(crate) fn holds(self, value: &Value) -> bool {
        match self {
            Self::Nothing => false,
            Self::False => value == &Value::Bool(false),
            Self::Text(text) => value.as_str() == Some(text),
            Self::Off => value == &Value::Bool(false) || value.as_str() == Some("off"),
        }
    }
}

impl Key {
    /// The environment variable that sets this key: `LAKEGATE_UPSTREAM__ENDPOINT`.
    pub(crate) fn variable(&self) -> String {
        let mut variable = String::from(PREFIX);
        variable.push_str(&self.path.replace('.', "__").to_ascii_uppercase());
        variable
    }
}

/// The row of `path`, or of the free-form key that it stands under.
pub(crate) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path).or_else(|| {
        KEYS.iter().find(|key| {
            matches!(key.shape, Shape::Free)
                && path.strip_prefix(key.path).is_some_and(|rest| rest.starts_with('.'))
        })
    })
}

/// The row that `variable` sets, exactly spelled, and the path that it sets.
pub(crate) fn find_variable(variable: &str) -> Option<(&'static Key, String)> {
    if let Some(key) = KEYS.iter().find(|key| key.variable() == variable) {
        return Some((key, key.path.to_owned()));
    }
    let path = variable.strip_prefix(PREFIX)?.to_ascii_lowercase().replace("__", ".");
    let key = find(&path)?;
    (matches!(key.shape, Shape::Free) && variable.starts_with(&key.variable()))
        .then_some((key, path))
}

/// The known path nearest to `path`: by a slip of the pen, or the same name on another level.
pub(crate) fn nearest(path: &str) -> &'static str {
    let distance = |key: &Key| {
        let whole = strsim::osa_distance(path, key.path);
        let misplaced = strsim::osa_distance(last(path), last(key.path)).saturating_add(1);
        (whole.min(misplaced), whole)
    };
    KEYS.iter().min_by_key(|key| distance(key)).map_or("", |key| key.path)
}

/// The known variable nearest to `variable`.
pub(crate) fn nearest_variable(variable: &str) -> String {
    KEYS.iter()
        .filter(|key| !matches!(key.shape, Shape::Section))
        .map(Key::variable)
        .min_by_key(|known| strsim::osa_distance(variable, known))
        .unwrap_or_default()
}

fn last(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, name)| name)
}

const fn key(path: &'static str, shape: Shape) -> Key {
    Key { path, shape, state: State::Built }
}

const fn text(path: &'static str) -> Key {
    key(path, Shape::Text(None))
}

const fn section(path: &'static str) -> Key {
    key(path, Shape::Section)
}

const fn number(path: &'static str, default: u64, min: u64, max: u64) -> Key {
    key(path, Shape::Number { default, min, max })
}

const fn not_built(path: &'static str, shape: Shape, neutral: Neutral, what: &'static str) -> Key {
    Key { path, shape, state: State::NotBuilt { neutral, what } }
}

/// A key whose mere presence asks for something that is not built.
const fn absent(path: &'static str, what: &'static str) -> Key {
    not_built(path, Shape::Free, Neutral::Nothing, what)
}

/// A section of such keys.
const fn absent_section(path: &'static str, what: &'static str) -> Key {
    not_built(path, Shape::Section, Neutral::Nothing, what)
}

/// What the environment variables of the configuration begin with.
pub(crate) const PREFIX: &str = "LAKEGATE_";

/// The table.
pub(crate) static KEYS: &[Key] = &[
    section("listen"),
    key("listen.s3", Shape::Address("127.0.0.1:8080")),
    Key {
        path: "listen.api",
        shape: Shape::Address("127.0.0.1:8000"),
        state: State::Warned {
            neutral: Neutral::Nothing,
            text: "the API and the web UI are not built yet: nothing listens there",
        },
    },
    key("listen.ops", Shape::Address("127.0.0.1:8001")),
    not_built("listen.sts", Shape::Free, Neutral::Off, STS),
    not_built("listen.lakefs", Shape::Free, Neutral::Off, LAKEFS_SERVER),
    section("tls"),
    text("tls.certificate_file"),
    text("tls.key_file"),
    key("domains", Shape::List),
    key("trusted_proxies", Shape::List),
    section("upstream"),
    text("upstream.endpoint"),
    not_built(
        "upstream.kind",
        Shape::Choice(&["s3", "lakefs"]),
        Neutral::Text("s3"),
        "an upstream that is not plain S3",
    ),
    key("upstream.region", Shape::Text(Some("us-east-1"))),
    key("upstream.addressing", Shape::Choice(&["path", "virtual"])),
    text("upstream.ca_file"),
    text("upstream.client_certificate_file"),
    text("upstream.client_key_file"),
    key("upstream.body", Shape::Choice(&["as_received", "signed", "trailer", "plain"])),
    key("upstream.verifies_hash", Shape::Flag { default: false }),
    section("upstream.credentials"),
    text("upstream.credentials.access_key_id"),
    key("upstream.credentials.secret_access_key", Shape::Secret),
    text("upstream.credentials.secret_access_key_file"),
    section("store"),
    not_built(
        "store.type",
        Shape::Choice(&["redb", "etcd"]),
        Neutral::Text("redb"),
        "the etcd store",
    ),
    section("store.redb"),
    key("store.redb.path", Shape::Text(Some("/var/lib/lakegate/lakegate.redb"))),
    absent("store.etcd", "the etcd store"),
    section("auth"),
    section("auth.encrypt"),
    key("auth.encrypt.secret_key", Shape::Secret),
    text("auth.encrypt.secret_key_file"),
    key("auth.regions", Shape::List),
    key("auth.sigv2", Shape::Flag { default: true }),
    section("audit"),
    key("audit.path", Shape::Text(Some("-"))),
    not_built(
        "audit.mode",
        Shape::Choice(&["lossy", "strict"]),
        Neutral::Text("lossy"),
        "refusing requests that cannot be recorded",
    ),
    key("cors", Shape::Rules),
    section("limits"),
    number("limits.header_bytes_max", 65_536, 8_192, 1_048_576),
    number("limits.header_count_max", 100, 20, 1_000),
    number("limits.uri_bytes_max", 16_384, 4_096, 65_534),
    number("limits.header_timeout_s", 10, 1, 3_600),
    number("limits.keep_alive_s", 75, 1, 3_600),
    number("limits.connections_max", 10_000, 1, 1_000_000),
    number("limits.body_idle_s", 60, 1, 3_600),
    number("limits.form_fields_bytes_max", 20_480, 4_096, 1_048_576),
    number("limits.document_bytes_max", 8_388_608, 4_096, 16_777_216),
    number("limits.answer_bytes_max", 8_388_608, 65_536, 268_435_456),
    number("limits.chunk_bytes_max", 16_777_216, 65_536, 16_777_216),
    number("limits.chunk_s", 300, 1, 3_600),
    number("limits.chunk_line_bytes_max", 256, 128, 65_536),
    number("limits.trailer_bytes_max", 1_024, 256, 65_536),
    number("limits.held_bytes_max", 268_435_456, 131_072, 1_099_511_627_776),
    number("limits.plain_unsigned_bytes_max", 5_497_558_138_880, 0, 5_497_558_138_880),
    number("limits.upstream_connect_s", 5, 1, 300),
    number("limits.upstream_answer_s", 60, 1, 3_600),
    number("limits.upstream_long_answer_s", 900, 1, 86_400),
    number("limits.upstream_idle_s", 4, 1, 3_600),
    number("limits.upstream_idle_connections_max", 64, 1, 10_000),
    number("limits.linger_bytes_max", 2_147_483_648, 0, 5_497_558_138_880),
    number("limits.linger_s", 60, 0, 600),
    number("limits.audit_records_max", 10_000, 100, 10_000_000),
    number("limits.audit_queue_bytes_max", 67_108_864, 1_048_576, 1_099_511_627_776),
    number("limits.audit_required_bytes_max", 1_048_576, 65_536, 16_777_216),
    number("limits.callers_max", 100_000, 100, 100_000_000),
    section("drain"),
    number("drain.delay_s", 5, 0, 3_600),
    number("drain.timeout_s", 60, 0, 86_400),
    // What lakeFS's documentation has under `auth`, so that a pasted block is refused by name.
    absent_section("auth.cache", LAKEFS_CACHE),
    absent("auth.cache.enabled", LAKEFS_CACHE),
    absent("auth.cache.size", LAKEFS_CACHE),
    absent("auth.cache.ttl", LAKEFS_CACHE),
    absent("auth.cache.jitter", LAKEFS_CACHE),
    absent("auth.login_duration", LOGIN),
    absent("auth.login_max_duration", LOGIN),
    absent("auth.logout_redirect_url", LOGIN),
    absent_section("auth.api", LAKEFS_SERVER),
    absent("auth.api.endpoint", LAKEFS_SERVER),
    absent("auth.api.token", LAKEFS_SERVER),
    absent("auth.api.token_file", LAKEFS_SERVER),
    absent("auth.api.supports_invites", LAKEFS_SERVER),
    absent("auth.api.health_check_timeout", LAKEFS_SERVER),
    absent("auth.api.skip_health_check", LAKEFS_SERVER),
    absent_section("auth.authentication_api", LAKEFS_SERVER),
    absent("auth.authentication_api.endpoint", LAKEFS_SERVER),
    absent("auth.authentication_api.external_principals_enabled", LAKEFS_SERVER),
    absent_section("auth.remote_authenticator", REMOTE),
    not_built("auth.remote_authenticator.enabled", Shape::Free, Neutral::False, REMOTE),
    absent("auth.remote_authenticator.endpoint", REMOTE),
    absent("auth.remote_authenticator.default_user_group", REMOTE),
    absent("auth.remote_authenticator.request_timeout", REMOTE),
    absent_section("auth.ldap", LDAP),
    absent("auth.ldap.server_endpoint", LDAP),
    absent("auth.ldap.bind_dn", LDAP),
    absent("auth.ldap.bind_password", LDAP),
    absent("auth.ldap.bind_password_file", LDAP),
    absent("auth.ldap.username_attribute", LDAP),
    absent("auth.ldap.user_base_dn", LDAP),
    absent("auth.ldap.user_filter", LDAP),
    absent("auth.ldap.default_user_group", LDAP),
    absent("auth.ldap.connection_timeout_seconds", LDAP),
    absent("auth.ldap.request_timeout_seconds", LDAP),
    absent_section("auth.oidc", OIDC),
    not_built("auth.oidc.enabled", Shape::Free, Neutral::False, OIDC),
    absent("auth.oidc.client_id", OIDC),
    absent("auth.oidc.client_secret", OIDC),
    absent("auth.oidc.client_secret_file", OIDC),
    absent("auth.oidc.callback_base_url", OIDC),
    absent("auth.oidc.callback_base_urls", OIDC),
    absent("auth.oidc.url", OIDC),
    absent("auth.oidc.default_initial_groups", OIDC),
    absent("auth.oidc.initial_groups_claim_name", OIDC),
    absent("auth.oidc.friendly_name_claim_name", OIDC),
    absent("auth.oidc.persist_friendly_name", OIDC),
    absent("auth.oidc.validate_id_token_claims", OIDC),
    absent("auth.oidc.additional_scope_claims", OIDC),
    absent("auth.oidc.authorize_endpoint_query_parameters", OIDC),
    absent("auth.oidc.logout_endpoint_query_parameters", OIDC),
    absent("auth.oidc.logout_client_id_query_parameter", OIDC),
    absent_section("auth.cookie_auth_verification", OIDC),
    absent("auth.cookie_auth_verification.default_initial_groups", OIDC),
    absent("auth.cookie_auth_verification.initial_groups_claim_name", OIDC),
    absent("auth.cookie_auth_verification.friendly_name_claim_name", OIDC),
    absent("auth.cookie_auth_verification.persist_friendly_name", OIDC),
    absent("auth.cookie_auth_verification.validate_id_token_claims", OIDC),
    absent("auth.cookie_auth_verification.external_user_id_claim_name", OIDC),
    absent("auth.cookie_auth_verification.auth_source", OIDC),
    absent_section("auth.external_aws_auth", AWS_IAM),
    not_built("auth.external_aws_auth.enabled", Shape::Free, Neutral::False, AWS_IAM),
    absent("auth.external_aws_auth.get_caller_identity_max_age", AWS_IAM),
    absent("auth.external_aws_auth.required_headers", AWS_IAM),
    absent("auth.external_aws_auth.optional_headers", AWS_IAM),
    absent("auth.external_aws_auth.valid_sts_hosts", AWS_IAM),
    absent_section("auth.external", AWS_IAM),
    absent("auth.external.aws_auth", AWS_IAM),
    absent_section("auth.providers", "LDAP and OIDC logins"),
    absent("auth.providers.ldap", LDAP),
    absent("auth.providers.oidc", OIDC),
    absent("auth.jwt", "JWT logins"),
    absent_section("auth.ui_config", UI),
    absent("auth.ui_config.rbac", UI),
    absent("auth.ui_config.login_url", UI),
    absent("auth.ui_config.login_url_method", UI),
    absent("auth.ui_config.login_failed_message", UI),
    absent("auth.ui_config.fallback_login_url", UI),
    absent("auth.ui_config.fallback_login_label", UI),
    absent("auth.ui_config.login_cookie_names", UI),
    absent("auth.ui_config.logout_url", UI),
    absent("auth.ui_config.use_login_placeholders", UI),
];

const STS: &str = "the STS listener";
const LAKEFS_SERVER: &str = "the listener for a lakeFS server";
const LAKEFS_CACHE: &str = "lakeFS's cache setting (here: `limits.callers_max`)";
const LOGIN: &str = "logins to the API and the web UI";
const REMOTE: &str = "the remote authenticator";
const LDAP: &str = "LDAP login";
const OIDC: &str = "OIDC login";
const AWS_IAM: &str = "AWS IAM login";
const UI: &str = "the web UI";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_stands_under_a_section_of_its_own() {
        for key in KEYS {
            if let Some((parent, _)) = key.path.rsplit_once('.') {
                assert!(
                    KEYS.iter()
                        .any(|row| row.path == parent && matches!(row.shape, Shape::Section)),
                    "{} stands under nothing",
                    key.path
                );
            }
        }
    }

    #[test]
    fn no_two_rows_share_a_path_or_a_variable() {
        let paths: BTreeSet<_> = KEYS.iter().map(|key| key.path).collect();
        let variables: BTreeSet<_> = KEYS.iter().map(Key::variable).collect();
        assert_eq!((paths.len(), variables.len()), (KEYS.len(), KEYS.len()));
    }

    #[test]
    fn every_default_number_is_in_its_range() {
        for key in KEYS {
            if let Shape::Number { default, min, max } = key.shape {
                assert!(min <= default && default <= max, "{}", key.path);
            }
        }
    }

    #[test]
    fn the_nearest_key_is_found_across_slips_and_levels() {
        for (path, near) in [
            ("upstream.endpont", "upstream.endpoint"),
            ("endpoint", "upstream.endpoint"),
            ("limit", "limits"),
            ("limits.header_byte_max", "limits.header_bytes_max"),
            ("gateways.s3.region", "upstream.region"),
            ("auth.secret_key", "auth.encrypt.secret_key"),
        ] {
            assert_eq!(nearest(path), near, "{path}");
        }
    }

    #[test]
    fn a_single_underscore_in_a_variable_finds_the_double_one() {
        assert!(find_variable("LAKEGATE_UPSTREAM_ENDPOINT").is_none());
        assert_eq!(nearest_variable("LAKEGATE_UPSTREAM_ENDPOINT"), "LAKEGATE_UPSTREAM__ENDPOINT");
    }

    #[test]
    fn what_stands_under_a_free_key_belongs_to_it() {
        assert_eq!(find("store.etcd.endpoints").map(|key| key.path), Some("store.etcd"));
        assert!(find("store.etcdx").is_none());
        let found = find_variable("LAKEGATE_STORE__ETCD__ENDPOINTS");
        assert_eq!(found.map(|(_, path)| path).as_deref(), Some("store.etcd.endpoints"));
        assert!(find_variable("lakegate_store__etcd__endpoints").is_none());
    }
}
