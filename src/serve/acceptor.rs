//! One acceptor: each new connection goes to the core with the fewest.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    task::Poll,
    thread,
    time::Duration,
};

use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
};

use crate::serve::worker::{Accepted, Worker};

/// The accepting thread.
#[derive(Debug)]
pub(crate) struct Acceptor {
    stop: oneshot::Sender<()>,
    stopped: oneshot::Receiver<()>,
}

impl Acceptor {
    /// Accepts from `listener` for `workers`, at most `connections_max` at once: more wait in the
    /// system's queue.
    ///
    /// # Errors
    ///
    /// When the system has no thread or no runtime for it.
    pub(crate) fn start(
        listener: TcpListener,
        workers: Vec<Worker>,
        connections_max: usize,
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, asked) = oneshot::channel();
        let (say, stopped) = oneshot::channel();
        thread::Builder::new().name("acceptor".into()).spawn(move || {
            runtime.block_on(accept(listener, &workers, connections_max, asked));
            drop(workers);
            // Whoever asked may have given up waiting.
            let _told = say.send(());
        })?;
        Ok(Self { stop, stopped })
    }

    /// Accepts what is waiting, then no more; the cores end with their last connection.
    pub(crate) async fn stop(self) {
        let asked = self.stop.send(());
        if asked.is_err() || self.stopped.await.is_err() {
            tracing::error!("the acceptor had ended before");
        }
    }
}

async fn accept(
    listener: TcpListener,
    workers: &[Worker],
    connections_max: usize,
    mut asked: oneshot::Receiver<()>,
) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(%error, "cannot accept");
            return;
        }
    };
    let places = Arc::new(Semaphore::new(connections_max));
    loop {
        tokio::select! {
            biased;
            _ = &mut asked => break,
            accepted = next(&listener, &places) => hand_over(accepted, workers).await,
        }
    }
    // A budget that is spent looks like an empty queue.
    tokio::task::unconstrained(async {
        while let Some(accepted) = waiting(&listener, &places).await {
            hand_over(accepted, workers).await;
        }
    })
    .await;
}

/// The next connection, once there is a place for it.
async fn next(
    listener: &tokio::net::TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

/// A connection that the system has accepted already, if there is one.
async fn waiting(
    listener: &tokio::net::TcpListener,
    places: &Arc<Semaphore>,
) -> Option<io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)>> {
    let place = Arc::clone(places).try_acquire_owned().ok()?;
    std::future::poll_fn(|cx| match listener.poll_accept(cx) {
        Poll::Ready(Ok(accepted)) => Poll::Ready(Some(accepted)),
        Poll::Ready(Err(_)) | Poll::Pending => Poll::Ready(None),
    })
    .await
    .map(|(stream, peer)| Ok((stream, peer, place)))
}

async fn hand_over(
    accepted: io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)>,
    workers: &[Worker],
) {
    let moved = accepted.and_then(|(stream, peer, place)| {
        // The core registers it with its own runtime.
        Ok(Accepted { stream: stream.into_std()?, peer, place })
    });
    match (moved, workers.iter().min_by_key(|worker| worker.load())) {
        (Ok(accepted), Some(worker)) => worker.take(accepted).await,
        (Ok(_), None) => tracing::error!("there is no core"),
        (Err(error), _) => {
            tracing::warn!(%error, "connection not accepted");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// How long nothing is accepted after the system refused, as it does when files run out.
const PAUSE: Duration = Duration::from_millis(50);
