//! A wait for the next byte that has an end.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep};

/// Times the gaps between the frames of one body; a frame that is there at once costs no timer.
#[derive(Debug)]
pub(crate) struct Idle {
    limit: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    waiting: bool,
}

/// Nothing came for as long as the limit allows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stalled;

impl Idle {
    pub(crate) fn new(limit: Duration) -> Self {
        Self { limit, timer: None, waiting: false }
    }

    /// Forgets a wait that is over.
    pub(crate) fn rest(&mut self) {
        self.waiting = false;
    }

    /// Passes a ready `polled` on, and gives [`Stalled`] when a pending one has been pending too long.
    pub(crate) fn watch<T>(
        &mut self,
        polled: Poll<T>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, Stalled>> {
        if let Poll::Ready(ready) = polled {
            self.waiting = false;
            return Poll::Ready(Ok(ready));
        }
        let limit = self.limit;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(limit)));
        if !self.waiting {
            self.waiting = true;
            if let Some(end) = Instant::now().checked_add(limit) {
                timer.as_mut().reset(end);
            }
        }
        timer.as_mut().poll(cx).map(|()| Err(Stalled))
    }
}
