//! A client's body as it comes off the connection, frame by frame.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::Body as _;
use hyper::body::Incoming;

use crate::{
    idle::Idle,
    verified::{Progress, UploadFault},
};

/// A client's body. Nothing of it is read before somebody polls.
#[derive(Debug)]
pub(crate) struct Inflow {
    incoming: Incoming,
    idle: Idle,
    progress: Arc<Progress>,
}

impl Inflow {
    /// `idle` is how long the client may send nothing once its body is wanted.
    pub(crate) fn new(incoming: Incoming, idle: Duration) -> Self {
        Self { incoming, idle: Idle::new(idle), progress: Arc::default() }
    }

    pub(crate) fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    /// The next bytes, or the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, UploadFault> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    /// The same, polled.
    pub(crate) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, UploadFault>> {
        loop {
            if self.incoming.is_end_stream() {
                return Poll::Ready(Ok(None));
            }
            let polled = Pin::new(&mut self.incoming).poll_frame(cx);
            self.progress.note(&polled);
            let Ok(polled) = ready!(self.idle.watch(polled, cx)) else {
                return Poll::Ready(Err(self.progress.fail(UploadFault::Stalled)));
            };
            match polled {
                None => return Poll::Ready(Ok(None)),
                Some(Err(_)) => return Poll::Ready(Err(self.progress.fail(UploadFault::Gone))),
                Some(Ok(frame)) => {
                    // The trailers of HTTP itself say nothing of an object.
                    let Ok(wire) = frame.into_data() else { continue };
                    self.progress.receive(u64::try_from(wire.len()).unwrap_or(u64::MAX));
                    return Poll::Ready(Ok(Some(wire)));
                }
            }
        }
    }
}
