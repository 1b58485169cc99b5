//! A client's body as it comes in: its framing taken off, its bytes verified.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use sigv::{BodyError, Checksum, Declared, Decoded, Decoder, End, Piece};
use thiserror::Error;
use tokio::time::timeout;

use crate::{held::Held, inflow::Inflow, limits::Limits, refusal::Refusal};

/// A client's body inside its decoder. Nothing of it is read before somebody polls.
#[derive(Debug)]
pub(crate) struct Verified {
    inflow: Inflow,
    /// Received and not yet decoded.
    wire: Bytes,
    declared: Declared,
    decoder: Decoder,
}

/// What a client's body gives next.
#[derive(Debug)]
pub(crate) enum Next {
    /// A signed chunk of so many bytes begins, which will be held until it is verified.
    Chunk(usize),
    /// Bytes that may go up.
    Piece(Piece),
    /// Everything that was declared holds: the bytes held back until now, and the checksums.
    End(End),
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
    #[error("other uploads held all of limits.held_bytes_max for too long")]
    Crowded,
}

/// How far a body has come, seen from beside it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    received: AtomicU64,
    sent: AtomicU64,
    complete: AtomicBool,
    waiting: AtomicBool,
    fault: Mutex<Option<UploadFault>>,
}

impl Progress {
    /// Of a body that is here already.
    pub(crate) fn completed() -> Arc<Self> {
        Arc::new(Self { complete: AtomicBool::new(true), ..Self::default() })
    }

    /// Bytes received from the client, its framing included.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    pub(crate) fn receive(&self, bytes: u64) {
        self.received.fetch_add(bytes, Ordering::Relaxed);
    }

    /// A number that grows with every byte that comes in or goes up.
    pub(crate) fn moved(&self) -> u64 {
        self.received().wrapping_add(self.sent.load(Ordering::Relaxed))
    }

    /// So many bytes more are on their way to the upstream.
    pub(crate) fn send(&self, bytes: u64) {
        self.sent.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Whether everything declared has been received, verified and handed on.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete.load(Ordering::Relaxed)
    }

    /// Whether the body goes on only when the client, or another upload, does.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Notes that the body waits, if `polled` does, or goes on.
    pub(crate) fn note<T>(&self, polled: &Poll<T>) {
        self.waiting.store(polled.is_pending(), Ordering::Relaxed);
    }

    /// Why the body stopped, if it did.
    pub(crate) fn fault(&self) -> Option<UploadFault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn fail(&self, fault: UploadFault) -> UploadFault {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault.clone());
        fault
    }
}

impl Verified {
    /// `wire` was received before.
    pub(crate) fn new(inflow: Inflow, wire: Bytes, declared: Declared, decoder: Decoder) -> Self {
        Self { inflow, wire, declared, decoder }
    }

    pub(crate) fn declared(&self) -> &Declared {
        &self.declared
    }

    pub(crate) fn decoder(&mut self) -> &mut Decoder {
        &mut self.decoder
    }

    pub(crate) fn progress(&self) -> &Arc<Progress> {
        self.inflow.progress()
    }

    /// The whole body of a document, which keeps its room as long as any part of it lives, and the checksums of it that are
    /// right. There is room for what has come, and for nothing that was only announced.
    ///
    /// # Errors
    ///
    /// [`Refusal::DocumentTooLong`] before anything is read; [`Refusal::Crowded`]; whatever refuses a streamed body.
    pub(crate) async fn collect(
        mut self,
        held: &Held,
        limits: &Limits,
    ) -> Result<(Bytes, Vec<Checksum>), Refusal> {
        let limit = limits.document_bytes_max;
        let length = usize::try_from(self.declared.length()).ok();
        let length =
            length.filter(|length| *length <= limit).ok_or(Refusal::DocumentTooLong { limit })?;
        let mut queue = held.queue(limits.body_idle);
        let (mut document, mut room) = (Vec::with_capacity(length), None);
        let whole = async {
            loop {
                let (data, checksums) = match self.next().await? {
                    Next::Chunk(_) => continue,
                    Next::Piece(piece) => (piece.data, None),
                    Next::End(end) => (end.piece.data, Some(end.checksums)),
                };
                let more = poll_fn(|cx| queue.poll_room(data.len(), cx)).await;
                let more = more.map_err(|_stalled| UploadFault::Crowded)?;
                match &mut room {
                    None => room = Some(more),
                    Some(room) => room.join(more),
                }
                document.extend_from_slice(&data);
                if let Some(checksums) = checksums {
                    return Ok::<_, UploadFault>(checksums);
                }
            }
        };
        let checksums =
            timeout(limits.body_idle, whole).await.map_err(|_| UploadFault::Stalled)??;
        let document = Bytes::from(document);
        Ok((room.map_or(document.clone(), |room| room.keep(document)), checksums))
    }

    /// The size of the first signed chunk of a body that has some, in bytes.
    pub(crate) async fn first_chunk(&mut self) -> Result<usize, UploadFault> {
        match self.next().await? {
            Next::Chunk(bytes) => Ok(bytes),
            // INVARIANT: signed chunks begin with the line of the first.
            Next::Piece(_) | Next::End(_) => {
                Err(self.progress().fail(UploadFault::Refused(BodyError::Deficit)))
            }
        }
    }

    /// Reads a body of no bytes to its end: the checksums that came with it.
    pub(crate) async fn end(&mut self) -> Result<Vec<Checksum>, UploadFault> {
        loop {
            if let Next::End(end) = self.next().await? {
                return Ok(end.checksums);
            }
        }
    }

    /// What comes next, as [`Self::poll_next`] has it.
    pub(crate) async fn next(&mut self) -> Result<Next, UploadFault> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    /// What comes next; nothing may be asked for after the end or a fault.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Next, UploadFault>> {
        loop {
            while !self.wire.is_empty() {
                match self.decoder.push(&mut self.wire) {
                    Ok(Decoded::Nothing) => {}
                    Ok(Decoded::Chunk(bytes)) => return Poll::Ready(Ok(Next::Chunk(bytes))),
                    Ok(Decoded::Piece(piece)) => return Poll::Ready(Ok(Next::Piece(piece))),
                    Err(error) => return self.refuse(error),
                }
            }
            match ready!(self.inflow.poll_next(cx))? {
                Some(wire) => self.wire = wire,
                None => {
                    return match self.decoder.finish() {
                        Ok(end) => {
                            self.progress().complete.store(true, Ordering::Relaxed);
                            Poll::Ready(Ok(Next::End(end)))
                        }
                        Err(error) => self.refuse(error),
                    };
                }
            }
        }
    }

    fn refuse<T>(&self, error: BodyError) -> Poll<Result<T, UploadFault>> {
        Poll::Ready(Err(self.progress().fail(UploadFault::Refused(error))))
    }
}
