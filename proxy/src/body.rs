//! The request's body on its way up: the client's bytes, verified, framed anew.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use sigv::{BodyError, Decoder, Encoder};
use thiserror::Error;
use tokio::time::timeout;

use crate::{idle::Idle, refusal::Refusal};

/// A client's body inside its decoder. Nothing of it is read before somebody polls.
#[derive(Debug)]
pub(crate) struct Verified {
    incoming: Incoming,
    decoder: Decoder,
    idle: Idle,
    progress: Arc<Progress>,
}

/// Why a body stopped in the middle. Both connections end.
#[derive(Debug, Clone, Error)]
pub(crate) enum UploadFault {
    #[error("body refused: {0}")]
    Refused(BodyError),
    #[error("the client sent nothing for too long")]
    Stalled,
    #[error("the client went away")]
    Gone,
}

/// How far a body has come, seen from beside it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    received: AtomicU64,
    complete: AtomicBool,
    waiting: AtomicBool,
    fault: Mutex<Option<UploadFault>>,
}

impl Progress {
    /// Bytes received from the client.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Whether everything declared has been received, verified and handed on.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete.load(Ordering::Relaxed)
    }

    /// Whether the client's next byte is wanted and not there.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Why the body stopped, if it did.
    pub(crate) fn fault(&self) -> Option<UploadFault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fail(&self, fault: UploadFault) -> UploadFault {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault.clone());
        fault
    }
}

impl Verified {
    /// `idle` is how long the client may send nothing once its body is wanted.
    pub(crate) fn new(incoming: Incoming, decoder: Decoder, idle: Duration) -> Self {
        let progress = Arc::new(Progress::default());
        progress.complete.store(decoder.is_complete(), Ordering::Relaxed);
        Self { incoming, decoder, idle: Idle::new(idle), progress }
    }

    /// Its length without the client's framing, in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.decoder.decoded_length()
    }

    pub(crate) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// The whole body, within `patience`, for the operations that are decided by it.
    ///
    /// # Errors
    ///
    /// [`Refusal::DocumentTooLong`] before anything is read, and whatever refuses a streamed body.
    pub(crate) async fn collect(
        mut self,
        limit: usize,
        patience: Duration,
    ) -> Result<Bytes, Refusal> {
        if self.length() > u64::try_from(limit).unwrap_or(u64::MAX) {
            return Err(Refusal::DocumentTooLong { limit });
        }
        let mut document = Vec::new();
        let whole = async {
            while let Some(frame) = self.frame().await {
                if let Ok(data) = frame?.into_data() {
                    document.extend_from_slice(&data);
                }
            }
            Ok::<_, UploadFault>(())
        };
        timeout(patience, whole).await.map_err(|_| UploadFault::Stalled)??;
        Ok(document.into())
    }

    fn poll_verified(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, UploadFault>>> {
        loop {
            if self.decoder.is_complete() {
                return Poll::Ready(None);
            }
            let polled = Pin::new(&mut self.incoming).poll_frame(cx);
            self.progress.waiting.store(polled.is_pending(), Ordering::Relaxed);
            let Ok(polled) = ready!(self.idle.watch(polled, cx)) else {
                return Poll::Ready(Some(Err(self.progress.fail(UploadFault::Stalled))));
            };
            let wire = match polled {
                None => match self.decoder.finish() {
                    Ok(()) => return Poll::Ready(None),
                    Err(error) => return self.refuse(error),
                },
                Some(Err(_)) => {
                    return Poll::Ready(Some(Err(self.progress.fail(UploadFault::Gone))));
                }
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(wire) => wire,
                    Err(_trailers) => continue,
                },
            };
            let bytes = u64::try_from(wire.len()).unwrap_or(u64::MAX);
            self.progress.received.fetch_add(bytes, Ordering::Relaxed);
            return match self.decoder.push(wire) {
                Ok(verified) => {
                    self.progress.complete.store(self.decoder.is_complete(), Ordering::Relaxed);
                    Poll::Ready(Some(Ok(verified)))
                }
                Err(error) => self.refuse(error),
            };
        }
    }

    fn refuse<T>(&self, error: BodyError) -> Poll<Option<Result<T, UploadFault>>> {
        Poll::Ready(Some(Err(self.progress.fail(UploadFault::Refused(error)))))
    }
}

impl Body for Verified {
    type Data = Bytes;
    type Error = UploadFault;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadFault>>> {
        self.get_mut().poll_verified(cx).map(|polled| polled.map(|data| data.map(Frame::data)))
    }
}

/// What the upstream is sent: a length that was declared, and bytes that were verified.
#[derive(Debug)]
pub(crate) enum Upload {
    /// A document of ours, or nothing.
    Document(Bytes),
    /// A client's body, framed by an encoder.
    Streamed { verified: Verified, encoder: Encoder },
}

impl Upload {
    pub(crate) fn progress(&self) -> Arc<Progress> {
        match self {
            Self::Document(_) => {
                Arc::new(Progress { complete: AtomicBool::new(true), ..Progress::default() })
            }
            Self::Streamed { verified, .. } => verified.progress(),
        }
    }

    /// What goes up, framing included, in bytes.
    pub(crate) fn wire_length(&self) -> u64 {
        match self {
            Self::Document(document) => u64::try_from(document.len()).unwrap_or(u64::MAX),
            Self::Streamed { verified, encoder } => encoder.wire_length(verified.length()),
        }
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = UploadFault;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadFault>>> {
        match self.get_mut() {
            Self::Document(document) if document.is_empty() => Poll::Ready(None),
            Self::Document(document) => {
                Poll::Ready(Some(Ok(Frame::data(std::mem::take(document)))))
            }
            Self::Streamed { verified, encoder } => {
                let polled = ready!(verified.poll_verified(cx));
                Poll::Ready(polled.map(|data| data.map(|data| Frame::data(encoder.encode(data)))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Document(document) => document.is_empty(),
            Self::Streamed { verified, .. } => verified.decoder.is_complete(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.wire_length())
    }
}
