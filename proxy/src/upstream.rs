//! The upstream: one keep-alive pool a core, requests sent once.

use std::{
    collections::VecDeque,
    error::Error as _,
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{Request, Response};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::AbortHandle,
    time::{Instant, timeout},
};

use crate::{
    endpoint::{Endpoint, Transport},
    limits::Limits,
    upload::Upload,
    verified::{Progress, UploadFault},
};

/// Why the upstream gave no answer that can be passed on.
#[derive(Debug, Error)]
pub(crate) enum UpstreamFault {
    #[error("no connection")]
    Connect(#[source] std::io::Error),
    #[error("no TLS")]
    Tls(#[source] std::io::Error),
    #[error("no connection in time")]
    ConnectTimeout,
    #[error("the connection broke")]
    Broken(#[source] hyper::Error),
    #[error("no answer in time")]
    AnswerTimeout,
    /// The upstream does not take the credential that we sign with.
    #[error("it refuses our credential: {code}")]
    Credential { code: String },
    /// The upstream was to read buckets from `Host`, and has not shown that it does.
    #[error(
        "it does not read a bucket from Host: it answered {status} {code:?} to one that is not there"
    )]
    Addressing { status: u16, code: Option<String> },
    #[error("it redirects with status {status}")]
    Redirect { status: u16 },
    #[error("its answer is longer than {limit} bytes")]
    AnswerTooLong { limit: usize },
    #[error("its answer is not what {operation} answers")]
    Answer { operation: &'static str },
}

impl UpstreamFault {
    /// Whether an upstream that answers `code` does not take *our* signature.
    pub(crate) fn refuses_us(code: &str) -> bool {
        REFUSES_US.contains(&code)
    }

    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Connect(_)
            | Self::Tls(_)
            | Self::ConnectTimeout
            | Self::Broken(_)
            | Self::AnswerTimeout
            | Self::Credential { .. }
            | Self::Addressing { .. } => "ServiceUnavailable",
            Self::Redirect { .. } | Self::AnswerTooLong { .. } | Self::Answer { .. } => {
                "InternalError"
            }
        }
    }

    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Connect(_)
            | Self::Tls(_)
            | Self::ConnectTimeout
            | Self::Broken(_)
            | Self::AnswerTimeout
            | Self::Credential { .. }
            | Self::Addressing { .. } => 503,
            Self::Redirect { .. } | Self::AnswerTooLong { .. } | Self::Answer { .. } => 502,
        }
    }

    pub(crate) fn log(&self, request_id: &str) {
        let causes = std::iter::successors(self.source(), |&error| error.source());
        let cause = causes.map(ToString::to_string).reduce(|all, next| format!("{all}: {next}"));
        if let Self::Credential { code } = self {
            tracing::error!(
                request_id,
                code,
                "the upstream refuses our credential: see upstream.credentials and the clocks"
            );
        } else if let Self::Addressing { status, code } = self {
            tracing::error!(
                request_id,
                status,
                code,
                "the upstream does not read buckets from Host: see upstream.addressing, and its own domain"
            );
        } else {
            tracing::warn!(request_id, fault = ?self.to_string(), cause, "upstream failed");
        }
    }
}

/// The connections of one core to the upstream.
#[derive(Debug)]
pub(crate) struct Upstream {
    endpoint: Endpoint,
    connect: Duration,
    idle: Duration,
    idle_max: usize,
    parked: Mutex<VecDeque<Parked>>,
}

#[derive(Debug)]
struct Parked {
    link: Link,
    since: Instant,
}

/// A connection, which ends when this is dropped, whatever is under way on it.
#[derive(Debug)]
struct Link {
    sender: SendRequest<Upload>,
    task: AbortHandle,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The right to put a connection back once its answer has been read to the end.
#[derive(Debug)]
pub(crate) struct Lease {
    upstream: Arc<Upstream>,
    link: Link,
}

impl Lease {
    /// Parks the connection for the next request, unless a part of this one is still unsent: an
    /// upstream that answers early leaves a connection nobody can use, and a body nobody wants.
    pub(crate) fn finish(self) {
        if self.link.sender.is_ready() {
            self.upstream.park(self.link);
        }
    }
}

impl Upstream {
    pub(crate) fn new(endpoint: Endpoint, limits: &Limits) -> Self {
        Self {
            endpoint,
            connect: limits.upstream_connect,
            idle: limits.upstream_idle,
            idle_max: limits.upstream_idle_connections_max,
            parked: Mutex::default(),
        }
    }

    /// Sends `request` and waits for the head of its answer, at most `patience` without a byte of
    /// the request moving.
    ///
    /// A request of which nothing was sent, because a kept connection had gone stale, is sent once
    /// more on a new one; any other failure is final, since a body cannot be sent twice.
    ///
    /// # Errors
    ///
    /// The client's fault if its body stopped the request, else the upstream's.
    pub(crate) async fn send(
        self: &Arc<Self>,
        mut request: Request<Upload>,
        patience: Duration,
    ) -> Result<(Response<Incoming>, Lease), SendFault> {
        let progress = request.body().progress();
        if let Some(mut link) = self.unpark() {
            let sent = link.sender.try_send_request(request);
            match wait(sent, &progress, patience).await? {
                Ok(response) => return Ok((response, self.lease(link))),
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(broken(error.into_error(), &progress)),
                },
            }
        }
        let mut link = self.dial().await?;
        let sent = link.sender.send_request(request);
        match wait(sent, &progress, patience).await? {
            Ok(response) => Ok((response, self.lease(link))),
            Err(error) => Err(broken(error, &progress)),
        }
    }

    fn lease(self: &Arc<Self>, link: Link) -> Lease {
        Lease { upstream: Arc::clone(self), link }
    }

    /// The connection used last, if one is still good.
    fn unpark(&self) -> Option<Link> {
        let mut parked = self.parked.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let Parked { link, since } = parked.pop_back()?;
            if since.elapsed() < self.idle && link.sender.is_ready() {
                return Some(link);
            }
        }
    }

    fn park(&self, link: Link) {
        let mut parked = self.parked.lock().unwrap_or_else(PoisonError::into_inner);
        if parked.len() < self.idle_max {
            parked.push_back(Parked { link, since: Instant::now() });
        }
    }

    /// Closes the connections that nobody has used for too long.
    pub(crate) fn sweep(&self) {
        let mut parked = self.parked.lock().unwrap_or_else(PoisonError::into_inner);
        parked.retain(|kept| kept.since.elapsed() < self.idle && kept.link.sender.is_ready());
    }

    async fn dial(&self) -> Result<Link, SendFault> {
        let dialled = async {
            let stream =
                TcpStream::connect(self.endpoint.dial()).await.map_err(UpstreamFault::Connect)?;
            stream.set_nodelay(true).map_err(UpstreamFault::Connect)?;
            // Some stores take a body that ends early for a whole object, unless the connection is reset.
            stream.set_zero_linger().map_err(UpstreamFault::Connect)?;
            match &self.endpoint.transport {
                Transport::Plain => speak(stream).await,
                Transport::Tls(tls) => {
                    speak(tls.connect(stream).await.map_err(UpstreamFault::Tls)?).await
                }
            }
        };
        let link = timeout(self.connect, dialled).await;
        Ok(link.map_err(|_| UpstreamFault::ConnectTimeout)??)
    }
}

/// Speaks HTTP/1.1 over `stream`.
async fn speak<S>(stream: S) -> Result<Link, UpstreamFault>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(UpstreamFault::Broken)?;
    let speaking = tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "upstream connection ended");
        }
    });
    Ok(Link { sender, task: speaking.abort_handle() })
}

/// Why a request was not answered: the client's doing or the upstream's.
#[derive(Debug, Error)]
pub(crate) enum SendFault {
    #[error(transparent)]
    Upload(UploadFault),
    #[error(transparent)]
    Upstream(#[from] UpstreamFault),
}

fn broken(error: hyper::Error, progress: &Progress) -> SendFault {
    progress.fault().map_or_else(|| UpstreamFault::Broken(error).into(), SendFault::Upload)
}

/// Waits for `answer`, giving up after `patience` in which no byte of the request moved.
async fn wait<T>(
    answer: impl Future<Output = T>,
    progress: &Progress,
    patience: Duration,
) -> Result<T, UpstreamFault> {
    let mut answer = pin!(answer);
    loop {
        let moved = progress.moved();
        match timeout(patience, &mut answer).await {
            Ok(answer) => return Ok(answer),
            // The client is waited for by the body itself.
            Err(_) if progress.is_waiting() || progress.moved() != moved => {}
            Err(_) => return Err(UpstreamFault::AnswerTimeout),
        }
    }
}

/// Codes by which an upstream says that it does not take *our* signature.
const REFUSES_US: [&str; 6] = [
    "AuthorizationHeaderMalformed",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidToken",
    "RequestTimeTooSkewed",
];
