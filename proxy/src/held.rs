//! The memory that signed chunks may take, all connections together.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use crate::idle::{Idle, Stalled};

/// The bytes that may be held, of which every upload reserves what it holds.
#[derive(Debug, Clone)]
pub struct Held(Arc<Semaphore>);

impl Held {
    /// Room for `bytes_max` bytes.
    pub fn new(bytes_max: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes_max.min(Semaphore::MAX_PERMITS))))
    }

    /// A reservation of nothing yet, which waits for room at most `patience` each time it grows.
    pub(crate) fn reservation(&self, patience: Duration) -> Reservation {
        Reservation {
            held: self.clone(),
            permit: None,
            waiting: None,
            patience: Idle::new(patience),
        }
    }
}

/// What one upload holds. Dropping it gives everything back.
pub(crate) struct Reservation {
    held: Held,
    permit: Option<OwnedSemaphorePermit>,
    waiting: Option<Acquiring>,
    patience: Idle,
}

type Acquiring =
    Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send + Sync>>;

impl Reservation {
    /// Gives back what is reserved beyond `bytes`.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        if let Some(permit) = &mut self.permit {
            drop(permit.split(permit.num_permits().saturating_sub(bytes)));
        }
    }

    /// Waits until at least `bytes` are reserved; to be polled with the same number until it is ready.
    ///
    /// # Errors
    ///
    /// [`Stalled`] when others held everything for too long.
    pub(crate) fn poll_grow_to(
        &mut self,
        bytes: usize,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Stalled>> {
        let reserved = self.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = bytes.saturating_sub(reserved);
        if missing == 0 {
            return Poll::Ready(Ok(()));
        }
        let waiting = self.waiting.get_or_insert_with(|| {
            let missing = u32::try_from(missing).unwrap_or(u32::MAX);
            Box::pin(Arc::clone(&self.held.0).acquire_many_owned(missing))
        });
        let polled = waiting.as_mut().poll(cx);
        let acquired = ready!(self.patience.watch(polled, cx))?;
        self.waiting = None;
        // INVARIANT: the semaphore is never closed.
        let more = acquired.map_err(|_closed| Stalled)?;
        match &mut self.permit {
            Some(permit) => permit.merge(more),
            None => self.permit = Some(more),
        }
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation").field("permit", &self.permit).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, task::Waker};

    use super::*;

    fn poll(reservation: &mut Reservation, bytes: usize) -> Poll<Result<(), Stalled>> {
        reservation.poll_grow_to(bytes, &mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn reservation_waits_for_what_others_give_back() {
        let held = Held::new(100);
        let minute = Duration::from_mins(1);
        let (mut one, mut other) = (held.reservation(minute), held.reservation(minute));
        assert_eq!(poll(&mut one, 70), Poll::Ready(Ok(())));
        assert_eq!(poll(&mut other, 40), Poll::Pending);
        one.shrink_to(60);
        assert_eq!(poll(&mut other, 40), Poll::Ready(Ok(())));
        assert_eq!(poll(&mut one, 61), Poll::Pending);
        drop(other);
        assert_eq!(poll(&mut one, 61), Poll::Ready(Ok(())));
        drop(one);
        assert_eq!(held.0.available_permits(), 100);
    }

    #[tokio::test]
    async fn wait_for_room_has_an_end() {
        let held = Held::new(100);
        let mut one = held.reservation(Duration::from_mins(1));
        let mut other = held.reservation(Duration::from_millis(1));
        assert_eq!(poll(&mut one, 100), Poll::Ready(Ok(())));
        assert_eq!(poll_fn(|cx| other.poll_grow_to(1, cx)).await, Err(Stalled));
    }
}
