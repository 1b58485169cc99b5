//! From settings that fit their rows to the typed configuration.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use policy::{Domain, Domains, Network};
use proxy::{Addressing, BodyMode, Endpoint, Scheme, Transport, UpstreamBody};
use sigv::SecretKey;
use store::{SecretText, StoreError};
use zeroize::Zeroizing;

use super::{
    Audit, AuditOutput, Auth, Config, Credentials, Drain, Limits, Listen, Loaded, Store, Tls,
    Upstream, cors,
    endpoint::{self, Address},
    settings::Settings,
};
use crate::{
    secrets,
    tls::{IdentityFiles, Named, TrustFiles, Unfit, Watched},
};

/// The configuration that `settings` describe, or every fault, those that `settings` hold already
/// included. Relative paths start from `folder`.
pub(super) fn build(mut settings: Settings, folder: &Path) -> Loaded {
    let listen = listen(&mut settings);
    let tls = tls(&mut settings, folder);
    if let Some(listen) = &listen
        && !listen.is_loopback()
        && !settings.is_given("tls")
    {
        settings.warn("listen.s3", WITHOUT_TLS);
        if settings.flag("auth.sigv2") {
            settings.warn("auth.sigv2", SIGV2_WITHOUT_TLS);
        }
    }
    let domains = domains(&mut settings);
    let cors = cors::cors(&mut settings);
    let trusted_proxies = trusted_proxies(&mut settings);
    let upstream = upstream(&mut settings, folder);
    if let (Some(listen), Some(upstream)) = (&listen, &upstream)
        && is_at(&upstream.endpoint, listen.s3)
    {
        settings.fault("upstream.endpoint", "the address of `listen.s3`: requests would go round");
    }
    let store = path(&mut settings, "store.redb.path", folder).map(|path| Store { path });
    let auth = auth(&mut settings, folder);
    let audit = audit(&mut settings, folder);
    let limits = Limits::read(|path| settings.number(path));
    let drain = Drain {
        delay: Duration::from_secs(settings.number("drain.delay_s")),
        timeout: Duration::from_secs(settings.number("drain.timeout_s")),
    };
    // INVARIANT: what could not be built has left a fault.
    let config = match (listen, upstream, store, auth, audit) {
        (Some(listen), Some(upstream), Some(store), Some(auth), Some(audit))
            if settings.faults.is_empty() =>
        {
            Ok(Config {
                listen,
                tls,
                domains,
                cors,
                trusted_proxies,
                upstream,
                store,
                auth,
                audit,
                limits,
                drain,
            })
        }
        _ => Err(settings.faults),
    };
    Loaded { config, warnings: settings.warnings }
}

fn listen(settings: &mut Settings) -> Option<Listen> {
    let s3 = address(settings, "listen.s3");
    let api = address(settings, "listen.api");
    let ops = address(settings, "listen.ops");
    let listen = Listen { s3: s3?, api: api?, ops: ops? };
    if listen.s3 == listen.ops && listen.ops.port() != 0 {
        settings.fault("listen.ops", "the same address as `listen.s3`");
    }
    Some(listen)
}

/// TLS on the S3 listener, if it is asked for.
fn tls(settings: &mut Settings, folder: &Path) -> Option<Tls> {
    if settings.has_section("tls") && !settings.is_given("tls") {
        settings.missing("tls.certificate_file", "missing; plain HTTP is had without `tls`");
    }
    let files = identity(settings, ["tls.certificate_file", "tls.key_file"], folder)?;
    let (server, files) = fit(settings, Watched::listener(files))?;
    Some(Tls { server, files })
}

/// The domains; each entry that is none leaves a fault.
fn domains(settings: &mut Settings) -> Domains {
    let mut domains = Vec::new();
    for (number, text) in (1..).zip(settings.list("domains")) {
        match Domain::parse(&text) {
            Ok(domain) => domains.push(domain),
            Err(reason) => settings.fault("domains", format!("entry {number}: {reason}")),
        }
    }
    Domains::new(domains)
}

fn trusted_proxies(settings: &mut Settings) -> Vec<Network> {
    let mut networks = Vec::new();
    for text in settings.list("trusted_proxies") {
        match text.parse::<Network>() {
            Ok(network) => networks.push(network),
            Err(error) => settings.fault("trusted_proxies", error.to_string()),
        }
    }
    if networks.iter().any(|network| network.prefix_length() == 0) {
        settings.warn("trusted_proxies", EVERYBODY);
    }
    networks
}

fn upstream(settings: &mut Settings, folder: &Path) -> Option<Upstream> {
    let address = match settings.text("upstream.endpoint").map(endpoint::parse) {
        Some(Ok(address)) => Some(address),
        Some(Err(reason)) => {
            settings.fault("upstream.endpoint", reason);
            None
        }
        None => {
            settings.missing("upstream.endpoint", "missing");
            None
        }
    };
    let region = settings.text("upstream.region").map(str::to_owned);
    if region.as_deref().is_some_and(|region| !is_region(region)) {
        settings.fault("upstream.region", NOT_A_REGION);
    }
    let credentials = credentials(settings, folder);
    let reached = address.and_then(|address| reach(settings, address, folder));
    let (endpoint, files) = reached?;
    if endpoint.addressing == Addressing::Virtual && endpoint.is_address() {
        settings.fault("upstream.addressing", BELOW_AN_ADDRESS);
    }
    let body = body(settings);
    Some(Upstream { endpoint, files, region: region?, body, credentials: credentials? })
}

/// The upstream at `address`, with the TLS that it takes to reach it and the files that this is from.
fn reach(
    settings: &mut Settings,
    address: Address,
    folder: &Path,
) -> Option<(Endpoint, Option<Watched>)> {
    let Address { scheme, host, port } = address;
    let addressing = match settings.text("upstream.addressing") {
        Some("virtual") => Addressing::Virtual,
        // Any other text has left a fault.
        Some(_) | None => Addressing::Path,
    };
    let client = ["upstream.client_certificate_file", "upstream.client_key_file"];
    match scheme {
        Scheme::Http => {
            for key in ["upstream.ca_file"].into_iter().chain(client) {
                if settings.is_given(key) {
                    settings.fault(key, "of no use: `upstream.endpoint` is plain `http`");
                }
            }
            Some((Endpoint { host, port, transport: Transport::Plain, addressing }, None))
        }
        Scheme::Https => {
            let authorities = named(settings, "upstream.ca_file", folder);
            let files = TrustFiles { authorities, identity: identity(settings, client, folder) };
            let (tls, files) = fit(settings, Watched::upstream(&host, files))?;
            let transport = Transport::Tls(tls);
            Some((Endpoint { host, port, transport, addressing }, Some(files)))
        }
    }
}

/// A certificate and its key under these two keys: both, or neither.
fn identity(
    settings: &mut Settings,
    [certificate, key]: [&'static str; 2],
    folder: &Path,
) -> Option<IdentityFiles> {
    for (one, other) in [(certificate, key), (key, certificate)] {
        if settings.is_given(one) && !settings.is_given(other) {
            settings.missing(other, format!("missing; `{one}` needs it"));
        }
    }
    let certificate = named(settings, certificate, folder);
    let key = named(settings, key, folder);
    Some(IdentityFiles { certificate: certificate?, key: key? })
}

fn named(settings: &mut Settings, key: &'static str, folder: &Path) -> Option<Named> {
    Some(Named { key, path: path(settings, key, folder)? })
}

fn fit<T>(settings: &mut Settings, made: Result<T, Vec<Unfit>>) -> Option<T> {
    let tell = |Unfit { key, reason }| settings.fault(key, reason);
    made.map_err(|unfit| unfit.into_iter().for_each(tell)).ok()
}

fn body(settings: &Settings) -> UpstreamBody {
    let mode = match settings.text("upstream.body") {
        Some("signed") => BodyMode::Signed,
        Some("trailer") => BodyMode::Trailer,
        Some("plain") => BodyMode::Plain,
        // Any other text has left a fault.
        Some(_) | None => BodyMode::AsReceived,
    };
    UpstreamBody { mode, verifies_hash: settings.flag("upstream.verifies_hash") }
}

fn credentials(settings: &mut Settings, folder: &Path) -> Option<Credentials> {
    if !settings.is_given("upstream.credentials") {
        let reason = "missing; taking them from the AWS default chain is not built yet";
        settings.missing("upstream.credentials", reason);
        return None;
    }
    let access_key_id = settings.text("upstream.credentials.access_key_id").map(str::to_owned);
    match access_key_id.as_deref() {
        None => settings.missing("upstream.credentials.access_key_id", "missing"),
        Some(id) if is_access_key_id(id) => {}
        Some(_) => settings.fault(
            "upstream.credentials.access_key_id",
            "not an access key ID: printable ASCII without space, `/` and `,`",
        ),
    }
    let secret = secret(settings, "upstream.credentials.secret_access_key", folder);
    Some(Credentials { access_key_id: access_key_id?, secret: SecretKey::new(secret?.to_vec()) })
}

fn auth(settings: &mut Settings, folder: &Path) -> Option<Auth> {
    let regions = settings.list("auth.regions");
    if !regions.iter().all(|region| is_region(region)) {
        settings.fault("auth.regions", NOT_A_REGION);
    }
    let bytes = secret(settings, "auth.encrypt.secret_key", folder)?;
    let secret = SecretText::parse(&bytes).map_err(|error| {
        if let StoreError::UnfitKey { reason } = error {
            reason.to_owned()
        } else {
            error.to_string()
        }
    });
    match secret {
        Ok(secret) => Some(Auth { secret, regions, sigv2: settings.flag("auth.sigv2") }),
        Err(reason) => {
            let path = given(settings, "auth.encrypt.secret_key");
            settings.fault(path, reason);
            None
        }
    }
}

fn audit(settings: &mut Settings, folder: &Path) -> Option<Audit> {
    if settings.text("audit.path") == Some("-") {
        return Some(Audit { output: AuditOutput::Stdout });
    }
    path(settings, "audit.path", folder).map(|path| Audit { output: AuditOutput::File(path) })
}

fn address(settings: &mut Settings, path: &'static str) -> Option<SocketAddr> {
    let address = settings.text(path)?.parse();
    if address.is_err() {
        settings.fault(path, "not an IP address and a port, as in `127.0.0.1:8080`");
    }
    address.ok()
}

fn path(settings: &mut Settings, path: &'static str, folder: &Path) -> Option<PathBuf> {
    let file = settings.text(path)?;
    if file.is_empty() {
        settings.fault(path, "empty");
        return None;
    }
    Some(folder.join(file))
}

/// The secret at `inline` or in the file that its `_file` names; one of them, not both.
fn secret(
    settings: &mut Settings,
    inline: &'static str,
    folder: &Path,
) -> Option<Zeroizing<Vec<u8>>> {
    let in_file = file_key(inline);
    let text = settings.text(inline).map(|text| Zeroizing::new(text.as_bytes().to_vec()));
    let file = settings.text(in_file).map(|file| folder.join(file));
    match (text, file) {
        (Some(_), Some(_)) => {
            let reason = format!("both this and `{inline}` are given; one of them is enough");
            settings.fault(in_file, reason);
            None
        }
        (Some(text), None) if text.is_empty() => {
            settings.fault(inline, "empty");
            None
        }
        (Some(text), None) => Some(text),
        (None, Some(file)) => match secrets::read(&file) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                settings.fault(in_file, format!("`{}`: {error}", file.display()));
                None
            }
        },
        (None, None) => {
            if !settings.is_faulty(in_file) {
                settings.missing(inline, format!("missing; it stands here or in `{in_file}`"));
            }
            None
        }
    }
}

/// Whether a connection to `endpoint` would end at the listener on `address`, as far as the two tell.
fn is_at(endpoint: &Endpoint, address: SocketAddr) -> bool {
    let host = endpoint.host.trim_start_matches('[').trim_end_matches(']');
    let hosts: Vec<IpAddr> = if host == "localhost" {
        vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
    } else {
        host.parse().into_iter().collect()
    };
    let ours = address.ip().to_canonical();
    endpoint.port == address.port()
        && hosts.iter().map(IpAddr::to_canonical).any(|host| {
            // Connecting to the address for any leads to this machine.
            let is_here = |ip: IpAddr| ip.is_unspecified() || ip.is_loopback();
            host == ours
                || (host.is_unspecified() && is_here(ours))
                || (ours.is_unspecified() && is_here(host) && (ours.is_ipv6() || host.is_ipv4()))
        })
}

fn given(settings: &Settings, inline: &'static str) -> &'static str {
    if settings.is_given(inline) { inline } else { file_key(inline) }
}

/// The key that names a file for the secret at `inline`.
fn file_key(inline: &'static str) -> &'static str {
    super::keys::KEYS
        .iter()
        .map(|key| key.path)
        .find(|path| path.strip_suffix("_file") == Some(inline))
        .unwrap_or(inline)
}

/// Whether `text` can stand in a credential scope.
fn is_region(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// Whether `text` can stand in an `Authorization` header as the first part of a `Credential`.
fn is_access_key_id(text: &str) -> bool {
    (1..=256).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_graphic() && !b"/,".contains(&b))
}

const WITHOUT_TLS: &str = "S3 is served without TLS on an address that is not loopback: secrets are not sent, but bodies of \
     UNSIGNED-PAYLOAD requests are not protected";

const SIGV2_WITHOUT_TLS: &str = "on, and S3 is served without TLS on an address that is not loopback: version 2 of signatures covers \
     neither the host nor most of a query, so that whoever is on the way can change them; `false` refuses it";

const BELOW_AN_ADDRESS: &str = "virtual, but `upstream.endpoint` is an IP address, and no bucket has a name below one: give its name \
     there, or write `path` here";

const EVERYBODY: &str = "every address is trusted: each client says itself where it is";

const NOT_A_REGION: &str = "not a region: letters, digits, `-`, `_` and `.`, 64 at most";
