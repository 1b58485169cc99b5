//! One core: a runtime of its own, with its own connections to the upstream.

use std::{
    io,
    net::{SocketAddr, TcpStream},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use proxy::{Gateway, Live, serve_connection};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    task::JoinSet,
};

/// The way to one core's runtime.
#[derive(Debug)]
pub(crate) struct Worker {
    queue: mpsc::Sender<Accepted>,
    connections: Arc<AtomicUsize>,
}

/// A connection on its way to a core.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
    /// Its place among `limits.connections_max`.
    pub(crate) place: OwnedSemaphorePermit,
}

impl Worker {
    /// Starts the thread of `core`; it ends, saying so to `done`, once this worker is dropped and
    /// its last connection has ended.
    ///
    /// # Errors
    ///
    /// When the system has no thread or no runtime for it.
    pub(crate) fn start(core: usize, live: Arc<Live>, done: mpsc::Sender<()>) -> io::Result<Self> {
        let (queue, accepted) = mpsc::channel(QUEUE_MAX);
        let connections = Arc::new(AtomicUsize::new(0));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(BLOCKING_THREADS_MAX)
            .enable_all()
            .build()?;
        let counted = Arc::clone(&connections);
        thread::Builder::new().name(format!("core-{core}")).spawn(move || {
            runtime.block_on(work(&live, accepted, counted));
            // Who waited for it has been told by another core, or has given up.
            let _told = done.blocking_send(());
        })?;
        Ok(Self { queue, connections })
    }

    /// How many connections it has.
    pub(crate) fn load(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Hands a connection over.
    pub(crate) async fn take(&self, accepted: Accepted) {
        self.connections.fetch_add(1, Ordering::Relaxed);
        if self.queue.send(accepted).await.is_err() {
            tracing::error!("a core has ended; its connection is closed");
        }
    }
}

async fn work(
    live: &Arc<Live>,
    mut accepted: mpsc::Receiver<Accepted>,
    connections: Arc<AtomicUsize>,
) {
    let gateway = Arc::new(Gateway::new(Arc::clone(live)));
    let mut running = JoinSet::new();
    let mut sweep = tokio::time::interval(SWEEP);
    let mut is_cut = pin!(live.drain.is_cut());
    let mut is_open = true;
    while is_open || !running.is_empty() {
        tokio::select! {
            () = &mut is_cut => break,
            next = accepted.recv(), if is_open => match next {
                None => is_open = false,
                Some(next) => {
                    running.spawn(serve(next, Arc::clone(&gateway), Arc::clone(&connections)));
                }
            },
            Some(ended) = running.join_next() => report(&ended),
            _ = sweep.tick() => gateway.sweep(),
        }
    }
    running.shutdown().await;
}

async fn serve(accepted: Accepted, gateway: Arc<Gateway>, connections: Arc<AtomicUsize>) {
    let Accepted { stream, peer, place } = accepted;
    let _counted = Counted(connections);
    match tokio::net::TcpStream::from_std(stream) {
        Ok(stream) => serve_connection(stream, peer, gateway).await,
        Err(error) => tracing::warn!(%error, "connection lost before it was served"),
    }
    drop(place);
}

/// Counts a connection off, also when its task panics.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A panic costs its connection and nothing else.
fn report(ended: &Result<(), tokio::task::JoinError>) {
    if ended.as_ref().is_err_and(tokio::task::JoinError::is_panic) {
        tracing::error!("a connection's task panicked; the others go on");
    }
}

/// How often idle connections to the upstream are looked through.
const SWEEP: Duration = Duration::from_secs(1);

/// Connections accepted and not yet taken up.
const QUEUE_MAX: usize = 1024;

/// Threads for blocking work, such as the reading of a caller that is not in memory.
const BLOCKING_THREADS_MAX: usize = 4;
