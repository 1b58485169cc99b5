//! The client's end of the wire: a socket that does not wait for ever to be rid of a byte.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::timeout,
};

use crate::{idle::Idle, limits::Limits, tls::ServerStream};

/// A client's TCP connection, with a clock for the client's taking of our answers.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    /// Runs while the client takes none of what is written.
    taken: Idle,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, limits: &Limits) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, taken: Idle::new(limits.body_idle) })
    }

    /// Reads on for a while: a connection that is closed with bytes unread is reset, and the reset
    /// overtakes the refusal.
    pub(crate) async fn linger(mut self, limits: &Limits) {
        let read_on = async {
            let mut rest = limits.linger_bytes_max;
            let mut scratch = vec![0; LINGER_READ_BYTES];
            while rest > 0 {
                match self.stream.read(&mut scratch).await? {
                    0 => break,
                    read => rest = rest.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX)),
                }
            }
            Ok::<_, io::Error>(())
        };
        match timeout(limits.linger, read_on).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "connection lost while lingering"),
            Err(_) => tracing::debug!("lingered as long as allowed"),
        }
    }

    fn watch<T>(
        &mut self,
        polled: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        match ready!(self.taken.watch(polled, cx)) {
            Ok(written) => Poll::Ready(written),
            Err(_stalled) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
        }
    }
}

/// What requests are read from: the socket itself, or TLS over it.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin {
    /// The socket underneath, with what was not yet read of it.
    fn into_socket(self) -> Socket;
}

impl Stream for Socket {
    fn into_socket(self) -> Socket {
        self
    }
}

impl Stream for ServerStream<Socket> {
    fn into_socket(self) -> Socket {
        self.into_inner().0
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let socket = self.get_mut();
        let polled = Pin::new(&mut socket.stream).poll_write(cx, bytes);
        socket.watch(polled, cx)
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
        let socket = self.get_mut();
        let polled = Pin::new(&mut socket.stream).poll_write_vectored(cx, slices);
        socket.watch(polled, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

const LINGER_READ_BYTES: usize = 64 * 1024;
