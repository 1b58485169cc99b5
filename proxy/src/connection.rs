//! One client connection: HTTP/1.1 requests one after another, and an end that is heard.

use std::{
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::timeout,
};

use crate::{
    gateway::Gateway,
    idle::Idle,
    peer::Peer,
    socket::{Socket, Stream},
};

/// Serves the requests of one connection until either side ends it, over TLS where clients are to
/// use it. What a trusted proxy says before all that is heard.
pub async fn serve_connection(stream: TcpStream, peer: SocketAddr, gateway: Arc<Gateway>) {
    let live = Arc::clone(gateway.live());
    let mut socket = match Socket::new(stream, &live.limits) {
        Ok(socket) => socket,
        Err(error) => {
            tracing::debug!(%error, "connection lost before its first request");
            return;
        }
    };
    let Some(peer) = Peer::of(peer.ip(), &mut socket, &live).await else { return };
    let Some(tls) = &live.tls else { return serve(socket, peer, gateway).await };
    match timeout(live.limits.header_timeout, tls.accept(socket)).await {
        Ok(Ok(stream)) => serve(stream, peer, gateway).await,
        Ok(Err(error)) => {
            tracing::debug!(peer = %peer.address(), %error, "no TLS with this client");
        }
        Err(_) => tracing::debug!(peer = %peer.address(), "no TLS with this client in time"),
    }
}

async fn serve<S: Stream>(stream: S, peer: Peer, gateway: Arc<Gateway>) {
    let live = Arc::clone(gateway.live());
    let turn = Arc::new(Turn::default());
    let wire = Wire {
        stream,
        turn: Arc::clone(&turn),
        head: Idle::new(live.limits.header_timeout),
        head_of: Some(0),
    };
    let turns = Arc::clone(&turn);
    let service = service_fn(move |request: Request<Incoming>| {
        let (gateway, turn) = (Arc::clone(&gateway), Arc::clone(&turns));
        turn.begin();
        Box::pin(async move {
            Ok::<_, std::convert::Infallible>(gateway.answer(request, peer, turn).await)
        })
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(live.limits.keep_alive)
        .max_headers(live.limits.header_count_max)
        .max_header_size(live.limits.header_bytes_max)
        .serve_connection(TokioIo::new(wire), service);

    let mut stopped = pin!(live.drain.is_stopped());
    let mut is_stopping = false;
    let served = std::future::poll_fn(|cx| {
        if !is_stopping && stopped.as_mut().poll(cx).is_ready() {
            is_stopping = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        // Ends by saying that nothing more will be sent, once all of it is.
        Pin::new(&mut connection).poll(cx)
    })
    .await;
    if let Err(error) = served {
        tracing::debug!(%error, "connection ended");
    }
    if turn.is_half_read() {
        let wire = connection.into_parts().io.into_inner();
        wire.stream.into_socket().linger(&live.limits).await;
    }
}

/// Whose turn it is on a connection: ours while a request is answered, else the client's.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    requests: AtomicU64,
    answering: AtomicBool,
    half_read: AtomicBool,
}

impl Turn {
    fn begin(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.answering.store(true, Ordering::Relaxed);
    }

    /// The answer has been handed over.
    pub(crate) fn end(&self) {
        self.answering.store(false, Ordering::Relaxed);
    }

    /// The answer was given before the request had been read: this connection lingers.
    pub(crate) fn leave_half_read(&self) {
        self.half_read.store(true, Ordering::Relaxed);
    }

    fn is_half_read(&self) -> bool {
        self.half_read.load(Ordering::Relaxed)
    }

    /// How many heads were read before the one that the client may be sending; `None` while it is
    /// not the client's turn.
    fn awaited(&self) -> Option<u64> {
        let is_clients = !self.answering.load(Ordering::Relaxed);
        is_clients.then(|| self.requests.load(Ordering::Relaxed))
    }
}

/// What requests are read from, with a clock for the client's heads.
#[derive(Debug)]
struct Wire<S> {
    stream: S,
    turn: Arc<Turn>,
    head: Idle,
    /// The head that the clock runs for, by [`Turn::awaited`].
    head_of: Option<u64>,
}

impl<S: Stream> AsyncRead for Wire<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let polled = Pin::new(&mut wire.stream).poll_read(cx, buffer);
        let Some(awaited) = wire.turn.awaited() else { return polled };
        if polled.is_ready() {
            if wire.head_of != Some(awaited) {
                wire.head_of = Some(awaited);
                wire.head.rest();
            }
            return polled;
        }
        if wire.head_of != Some(awaited) {
            return polled;
        }
        match ready!(wire.head.watch(polled, cx)) {
            Ok(read) => Poll::Ready(read),
            Err(_stalled) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
        }
    }
}

impl<S: Stream> AsyncWrite for Wire<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
