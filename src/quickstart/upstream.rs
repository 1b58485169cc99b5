//! The embedded throwaway S3 store: what `lakegate quickstart` puts the gateway in front of.
//!
//! It speaks S3 through s3s, which verifies every signature and every body hash with code that
//! is not ours, and keeps bytes through s3s-fs. What s3s-fs gets wrong is put right here: an
//! object's bytes stand in a file of their own under a random name, and an index maps buckets and
//! keys to them. So a key is any text (`..`, `//`, `a` beside `a/b`, 1 024 bytes), a failed write
//! leaves the old object whole, a bucket that holds an object is not deleted, and listings are
//! ordered, paged and encoded as S3's are.
//!
//! It is for trying things out. It has no versions, tags, ACLs or copies, and no durability beyond
//! the file system's.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet, spawn_blocking};

use self::operations::LocalStore;

mod checked;
mod conditions;
mod copies;
mod deletion;
mod files;
mod index;
mod listing;
mod operations;
mod parts;
mod uploads;

/// An S3 server on a free port of the loopback interface, with one credential and one folder.
pub(crate) struct EmbeddedStore {
    listener: TcpListener,
    address: SocketAddr,
    service: S3Service,
}

impl EmbeddedStore {
    /// Opens the store in `folder`, which is made if it is absent, and listens on 127.0.0.1.
    ///
    /// Connections queue from now on and are answered by [`Self::serve`]. Only requests signed
    /// with this credential are served, in any region.
    ///
    /// # Errors
    ///
    /// [`EmbeddedStoreError::Folder`] when the folder cannot be made or read,
    /// [`EmbeddedStoreError::Index`] when its index is damaged or open in another process,
    /// [`EmbeddedStoreError::Listen`] when no port is free.
    pub(crate) async fn bind(
        folder: &Path,
        access_key_id: &str,
        secret_access_key: &str,
    ) -> Result<Self, EmbeddedStoreError> {
        let owned_folder = folder.to_owned();
        let store = spawn_blocking(move || LocalStore::open(&owned_folder)).await??;
        let mut builder = S3ServiceBuilder::new(store);
        builder.set_auth(SimpleAuth::from_single(access_key_id, secret_access_key));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(EmbeddedStoreError::Listen)?;
        let address = listener.local_addr().map_err(EmbeddedStoreError::Listen)?;
        Ok(Self { listener, address, service: builder.build() })
    }

    /// Where the store listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` resolves, then finishes the requests under way and returns.
    pub(crate) async fn serve(self, shutdown: impl Future<Output = ()>) {
        let closing = watch::Sender::new(false);
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                () = shutdown.as_mut() => break,
                Some(_) = connections.join_next() => {}
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(carry(stream, self.service.clone(), closing.subscribe()));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "embedded store: accept failed");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(self.listener);
        closing.send_replace(true);
        while connections.join_next().await.is_some() {}
    }
}

impl fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedStore").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Why the embedded store did not start.
#[derive(Debug, Error)]
pub(crate) enum EmbeddedStoreError {
    /// The folder cannot be made, read or swept.
    #[error("the folder of the embedded store cannot be used")]
    Folder(#[source] io::Error),
    /// s3s-fs does not take the folder.
    #[error("the files of the embedded store cannot be opened")]
    Files(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The index is damaged, or another process has it open.
    #[error("the index of the embedded store cannot be opened")]
    Index(#[source] redb::Error),
    /// There is no port to listen on.
    #[error("the embedded store cannot listen on 127.0.0.1")]
    Listen(#[source] io::Error),
    /// The thread that opened the folder was lost.
    #[error("the embedded store was not opened")]
    Lost(#[from] JoinError),
}

/// Serves one connection; `closing` turning true lets the request under way finish, no more.
async fn carry(stream: TcpStream, service: S3Service, mut closing: watch::Receiver<bool>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "embedded store: TCP_NODELAY refused");
    }
    let mut connection =
        pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        _ = closing.wait_for(|closing| *closing) => None,
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        connection.as_mut().graceful_shutdown();
        connection.await
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "embedded store: connection ended early");
    }
}

/// How long nothing is accepted after the system refused to give a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
