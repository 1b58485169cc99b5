//! TLS 1.2 and 1.3, towards clients and towards the upstream: the only module that knows rustls.
//!
//! HTTP/1.1 is the only protocol that is agreed to. What a handshake uses can be replaced while
//! connections are open: those go on as they began.

mod identity;

use std::{
    io,
    sync::{Arc, LazyLock, PoisonError, RwLock},
    time::Duration,
};

use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{ServerName, UnixTime},
    sign::SingleCertAndKey,
    time_provider::TimeProvider,
};
use thiserror::Error;
use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

pub use self::identity::{Certificates, Chain, Identity, PrivateKey, Untimely};
use crate::live::Clock;

/// Why a certificate, a key or a name cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A section of a file has no end, or is not base64.
    #[error("not PEM, or cut off")]
    Pem,
    /// A file without a certificate.
    #[error("there is no certificate in it")]
    NoCertificate,
    /// A certificate that is none.
    #[error("a certificate in it cannot be read")]
    Certificate(#[source] rustls::Error),
    /// A file without a key.
    #[error("there is no private key in it, or only an encrypted one")]
    NoKey,
    /// A key of an unknown kind.
    #[error("its private key is of a kind that cannot be used")]
    Key(#[source] rustls::Error),
    /// A pair that is none.
    #[error("the private key does not belong to the certificate")]
    KeyMismatch,
    /// The upstream's host cannot stand in a certificate.
    #[error("its host is no name that a certificate can be for")]
    Name,
    /// The library refuses to work.
    #[error("TLS cannot be set up")]
    Setup(#[source] rustls::Error),
}

/// The authorities whose word for the upstream is taken.
#[derive(Debug, Clone)]
pub struct Authorities(Arc<RootCertStore>);

impl Authorities {
    /// Exactly these.
    ///
    /// # Errors
    ///
    /// [`TlsError::Certificate`] when one of them cannot be read.
    pub fn exactly(certificates: Certificates) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates.0 {
            roots.add(certificate).map_err(TlsError::Certificate)?;
        }
        Ok(Self(Arc::new(roots)))
    }

    /// Those of a system's collection that can be read; it may hold a few that are too old.
    ///
    /// # Errors
    ///
    /// [`TlsError::NoCertificate`] when it is none of them.
    pub fn readable(certificates: Certificates) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(certificates.0);
        if added == 0 { Err(TlsError::NoCertificate) } else { Ok(Self(Arc::new(roots))) }
    }
}

/// What handshakes with clients use.
#[derive(Debug)]
pub struct ServerTls {
    config: RwLock<Arc<ServerConfig>>,
    clock: Clock,
}

impl ServerTls {
    /// Shows `identity` to clients.
    ///
    /// # Errors
    ///
    /// [`TlsError::Setup`].
    pub fn new(identity: Identity, clock: Clock) -> Result<Self, TlsError> {
        Ok(Self { config: RwLock::new(server_config(identity, clock)?), clock })
    }

    /// Shows `identity` from the next handshake on; earlier sessions are not resumed.
    ///
    /// # Errors
    ///
    /// [`TlsError::Setup`]; then nothing has changed.
    pub fn replace(&self, identity: Identity) -> Result<(), TlsError> {
        let config = server_config(identity, self.clock)?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// The handshake with the client at the other end of `stream`.
    pub(crate) async fn accept<S>(&self, stream: S) -> io::Result<ServerStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let config = Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner));
        TlsAcceptor::from(config).accept(stream).await
    }
}

/// A client's connection after the handshake.
pub(crate) type ServerStream<S> = server::TlsStream<S>;

/// What handshakes with the upstream use.
#[derive(Debug)]
pub struct ClientTls {
    name: ServerName<'static>,
    config: RwLock<Arc<ClientConfig>>,
    clock: Clock,
}

/// What stands for both sides of a connection to the upstream.
#[derive(Debug)]
pub struct Trust {
    /// Whose word is taken for the upstream.
    pub authorities: Authorities,
    /// What we show, where the upstream asks.
    pub identity: Option<Identity>,
}

impl ClientTls {
    /// For the upstream on `host`, a name or an address, an IPv6 address in brackets.
    ///
    /// # Errors
    ///
    /// [`TlsError::Name`] and [`TlsError::Setup`].
    pub fn new(host: &str, trust: Trust, clock: Clock) -> Result<Self, TlsError> {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let name = ServerName::try_from(bare.to_owned()).map_err(|_| TlsError::Name)?;
        Ok(Self { name, config: RwLock::new(client_config(trust, clock)?), clock })
    }

    /// Uses `trust` from the next handshake on.
    ///
    /// # Errors
    ///
    /// [`TlsError::Setup`]; then nothing has changed.
    pub fn replace(&self, trust: Trust) -> Result<(), TlsError> {
        let config = client_config(trust, self.clock)?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// The handshake with the upstream, which proves to be the host it was dialled as.
    pub(crate) async fn connect<S>(&self, stream: S) -> io::Result<client::TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let config = Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner));
        TlsConnector::from(config).connect(self.name.clone(), stream).await
    }
}

fn server_config(identity: Identity, clock: Clock) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::clone(&PROVIDER);
    let mut config = ServerConfig::builder_with_details(provider, Arc::new(Wall(clock)))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Setup)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity.0)));
    config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    Ok(Arc::new(config))
}

fn client_config(trust: Trust, clock: Clock) -> Result<Arc<ClientConfig>, TlsError> {
    let provider = Arc::clone(&PROVIDER);
    let builder = ClientConfig::builder_with_details(provider, Arc::new(Wall(clock)))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Setup)?
        .with_root_certificates(trust.authorities.0);
    let mut config = match trust.identity {
        Some(Identity(pair)) => {
            builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(pair)))
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    Ok(Arc::new(config))
}

/// The clock by which certificates expire.
#[derive(Debug)]
struct Wall(Clock);

impl TimeProvider for Wall {
    fn current_time(&self) -> Option<UnixTime> {
        unix((self.0.wall)())
    }
}

fn unix(time: OffsetDateTime) -> Option<UnixTime> {
    let since_epoch = Duration::from_secs(u64::try_from(time.unix_timestamp()).ok()?);
    Some(UnixTime::since_unix_epoch(since_epoch))
}

static PROVIDER: LazyLock<Arc<CryptoProvider>> =
    LazyLock::new(|| Arc::new(aws_lc_rs::default_provider()));

const HTTP_1_1: &[u8] = b"http/1.1";
