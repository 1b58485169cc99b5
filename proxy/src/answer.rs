//! The answer's body on its way down, counted, with the record of its request.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use thiserror::Error;

use crate::{
    audit::Outcome, connection::Turn, idle::Idle, late::Late, record::Record, upstream::Lease,
};

/// Why an answer stopped in the middle. The client's connection is cut, so that it cannot take the
/// part for the whole.
#[derive(Debug, Error)]
pub(crate) enum DownloadFault {
    #[error("the upstream went away")]
    Broken(#[source] hyper::Error),
    #[error("the upstream sent nothing for too long")]
    Stalled,
    #[error("the upstream's document is longer than {limit} bytes")]
    TooLong { limit: usize },
}

/// What an answer carries.
#[derive(Debug)]
pub(crate) enum Content {
    /// A document of ours.
    Document(Bytes),
    /// The upstream's body, as it is.
    Streamed(Download),
    /// A document that the upstream may take minutes to write.
    Late(Late),
}

/// The upstream's body.
#[derive(Debug)]
pub(crate) struct Download {
    incoming: Incoming,
    lease: Option<Lease>,
    idle: Idle,
}

impl Download {
    pub(crate) fn new(incoming: Incoming, lease: Lease, idle: Duration) -> Self {
        let mut download = Self { incoming, lease: Some(lease), idle: Idle::new(idle) };
        download.finish_if_ended();
        download
    }

    pub(crate) fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, DownloadFault>>> {
        loop {
            let polled = Pin::new(&mut self.incoming).poll_frame(cx);
            let Ok(polled) = ready!(self.idle.watch(polled, cx)) else {
                return Poll::Ready(Some(Err(DownloadFault::Stalled)));
            };
            match polled {
                None => {
                    self.finish();
                    return Poll::Ready(None);
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(DownloadFault::Broken(error)))),
                Some(Ok(frame)) => {
                    self.finish_if_ended();
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
            }
        }
    }

    /// The whole body, at most `limit` bytes; `None` if it is longer.
    pub(crate) async fn collect(mut self, limit: usize) -> Result<Option<Bytes>, DownloadFault> {
        let mut document = BytesMut::new();
        while let Some(data) = std::future::poll_fn(|cx| self.poll_data(cx)).await {
            document.extend_from_slice(&data?);
            if document.len() > limit {
                return Ok(None);
            }
        }
        Ok(Some(document.freeze()))
    }

    fn finish_if_ended(&mut self) {
        if self.incoming.is_end_stream() {
            self.finish();
        }
    }

    fn finish(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.finish();
        }
    }
}

/// An answer's body together with what is still to be recorded of it.
#[derive(Debug)]
pub(crate) struct Answer {
    content: Content,
    record: Record,
    ended: Outcome,
    turn: Arc<Turn>,
}

impl Answer {
    /// `ended` is what is recorded once the last byte was handed over; before that, the request
    /// counts as aborted. The answer to a HEAD is never asked for its bytes.
    pub(crate) fn new(
        content: Content,
        record: Record,
        ended: Outcome,
        turn: Arc<Turn>,
        is_head: bool,
    ) -> Self {
        let mut answer = Self { content, record, ended, turn };
        if is_head || answer.is_end_stream() {
            answer.settle();
        }
        answer
    }

    fn settle_if_ended(&mut self) {
        if self.is_end_stream() {
            self.settle();
        }
    }

    fn settle(&mut self) {
        let mut outcome = self.ended;
        if let Content::Late(late) = &self.content
            && let Some(code) = late.error()
        {
            self.record.code(code);
            outcome = Outcome::UpstreamError;
        }
        self.record.outcome(outcome);
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.turn.end();
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = DownloadFault;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, DownloadFault>>> {
        let answer = self.get_mut();
        let polled = match &mut answer.content {
            Content::Document(document) if document.is_empty() => None,
            Content::Document(document) => Some(Ok(std::mem::take(document))),
            Content::Streamed(download) => ready!(download.poll_data(cx)),
            Content::Late(late) => ready!(late.poll_data(cx, answer.record.request_id())),
        };
        match polled {
            None => {
                answer.settle();
                Poll::Ready(None)
            }
            Some(Err(fault)) => {
                tracing::warn!(
                    request_id = answer.record.request_id(),
                    %fault,
                    "answer cut: the upstream failed in its middle"
                );
                answer.record.outcome(Outcome::UpstreamError);
                Poll::Ready(Some(Err(fault)))
            }
            Some(Ok(data)) => {
                answer.record.sent(data.len());
                answer.settle_if_ended();
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Document(document) => document.is_empty(),
            Content::Streamed(download) => download.incoming.is_end_stream(),
            Content::Late(late) => late.is_ended(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Document(document) => {
                SizeHint::with_exact(u64::try_from(document.len()).unwrap_or(u64::MAX))
            }
            Content::Streamed(download) => download.incoming.size_hint(),
            Content::Late(_) => SizeHint::default(),
        }
    }
}
