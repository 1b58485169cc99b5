//! Both ends of TLS, for clients and stores that the tests play themselves.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    path::PathBuf,
    sync::Arc,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    SupportedProtocolVersion,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};

use super::{LIMIT, certificates::Pair};

/// What a client needs to trust a server: the authority's certificate as a file and as a configuration.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    pub(crate) file: PathBuf,
    pub(crate) client: Arc<ClientConfig>,
}

/// A client that trusts `authority` (PEM), has no certificate and names no protocol.
pub(crate) fn client(authority: &str) -> ClientConfig {
    client_speaking(authority, rustls::DEFAULT_VERSIONS)
}

/// The same, of these versions alone.
pub(crate) fn client_speaking(
    authority: &str,
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots(authority))
        .with_no_client_auth()
}

/// A server that shows `pair`.
pub(crate) fn server(pair: &Pair) -> ServerConfig {
    ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain(pair), key(pair))
        .unwrap()
}

/// A server that shows `pair` and wants a client's certificate from `authority` (PEM).
pub(crate) fn server_asking(pair: &Pair, authority: &str) -> ServerConfig {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let roots = Arc::new(roots(authority));
    let verifier =
        WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(&provider)).build().unwrap();
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain(pair), key(pair))
        .unwrap()
}

/// The first certificate of a PEM text, as it is shown in a handshake.
pub(crate) fn first(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

fn roots(authority: &str) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(first(authority)).unwrap();
    roots
}

fn chain(pair: &Pair) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pair.certificate.as_bytes()).map(Result::unwrap).collect()
}

fn key(pair: &Pair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap()
}

/// What is spoken over: a socket, or TLS over one.
pub(crate) trait Wire: Read + Write + Send {
    /// Says that nothing more will be written.
    fn finish(&mut self) -> io::Result<()>;
}

impl Wire for TcpStream {
    fn finish(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

impl Wire for StreamOwned<ClientConnection, TcpStream> {
    fn finish(&mut self) -> io::Result<()> {
        self.conn.send_close_notify();
        self.flush()?;
        self.sock.shutdown(Shutdown::Write)
    }
}

impl Wire for StreamOwned<ServerConnection, TcpStream> {
    fn finish(&mut self) -> io::Result<()> {
        self.conn.send_close_notify();
        self.flush()?;
        self.sock.shutdown(Shutdown::Write)
    }
}

/// A socket that does not hang a test.
pub(crate) fn dial(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap_or_else(|e| panic!("{address}: {e}"));
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.set_write_timeout(Some(LIMIT)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// A whole handshake with the server at `address`.
pub(crate) fn handshake(
    address: SocketAddr,
    client: &Arc<ClientConfig>,
) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    handshake_on(dial(address), client)
}

/// A whole handshake on a connection that is there.
pub(crate) fn handshake_on(
    stream: TcpStream,
    client: &Arc<ClientConfig>,
) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let name = stream.peer_addr()?.ip().into();
    let conn = ClientConnection::new(Arc::clone(client), name).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(conn, stream);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

/// The server's end of a connection that was accepted; the handshake comes with the first byte.
pub(crate) fn accept(
    stream: TcpStream,
    server: &Arc<ServerConfig>,
) -> StreamOwned<ServerConnection, TcpStream> {
    StreamOwned::new(ServerConnection::new(Arc::clone(server)).unwrap(), stream)
}
