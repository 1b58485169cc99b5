//! The client's end of the wire: a socket that does not wait for ever to be rid of a byte, and that a proxy may speak
//! first on.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes, BytesMut};
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::timeout,
};

use crate::{
    idle::Idle,
    limits::Limits,
    proxy_protocol::{self, BadHeader, Origin, Start},
    tls::ServerStream,
};

/// A client's TCP connection, with a clock for the client's taking of our answers.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    /// What was read behind a PROXY header, or while looking for one.
    ahead: Bytes,
    /// Runs while the client takes none of what is written.
    taken: Idle,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, limits: &Limits) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, ahead: Bytes::new(), taken: Idle::new(limits.body_idle) })
    }

    /// Takes the PROXY header off, if there is one, and gives what it says. All else that was read is there to be read
    /// again.
    ///
    /// # Errors
    ///
    /// [`NoHeader`] when the connection begins as a PROXY header does, and does not go on so.
    pub(crate) async fn proxy_header(&mut self) -> Result<Origin, NoHeader> {
        let mut read = BytesMut::with_capacity(proxy_protocol::HEADER_BYTES_MAX);
        let origin = loop {
            match proxy_protocol::read(&read)? {
                Start::Client => break Origin::Peer,
                Start::Header { length, origin } => {
                    read.advance(length);
                    break origin;
                }
                Start::Part => {}
            }
            if self.stream.read_buf(&mut read).await? == 0 {
                if read.is_empty() {
                    break Origin::Peer;
                }
                return Err(NoHeader::Cut);
            }
        };
        self.ahead = read.freeze();
        Ok(origin)
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

/// Why no request is read from a connection that begins as a PROXY header does.
#[derive(Debug, Error)]
pub(crate) enum NoHeader {
    #[error(transparent)]
    Bad(#[from] BadHeader),
    #[error("it ends within its first bytes")]
    Cut,
    #[error("it is lost: {0}")]
    Lost(#[from] io::Error),
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
        let socket = self.get_mut();
        if socket.ahead.is_empty() {
            return Pin::new(&mut socket.stream).poll_read(cx, buffer);
        }
        let taken = socket.ahead.split_to(socket.ahead.len().min(buffer.remaining()));
        buffer.put_slice(&taken);
        if socket.ahead.is_empty() {
            socket.ahead = Bytes::new();
        }
        Poll::Ready(Ok(()))
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
