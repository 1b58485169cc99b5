//! The memory that signed chunks and documents may take, all connections together.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use crate::idle::{Idle, Stalled};

/// The bytes that may be held, of which every upload takes room for what it holds.
#[derive(Debug, Clone)]
pub struct Held(Arc<Semaphore>);

impl Held {
    /// Room for `bytes_max` bytes.
    pub fn new(bytes_max: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes_max.min(Semaphore::MAX_PERMITS))))
    }

    /// A queue for one upload, which waits at most `patience` each time.
    pub(crate) fn queue(&self, patience: Duration) -> Queue {
        Queue { held: self.clone(), waiting: None, patience: Idle::new(patience) }
    }
}

/// Room for a number of bytes, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Room(OwnedSemaphorePermit);

impl Room {
    /// Takes room for `bytes` out of this, or all of it.
    pub(crate) fn split(&mut self, bytes: usize) -> Option<Self> {
        self.0.split(bytes.min(self.0.num_permits())).map(Self)
    }

    /// Adds `other` to this.
    pub(crate) fn join(&mut self, other: Self) {
        self.0.merge(other.0);
    }

    /// `data`, which keeps this room as long as any part of it lives.
    pub(crate) fn keep(self, data: Bytes) -> Bytes {
        Bytes::from_owner(Kept { data, _room: self })
    }
}

struct Kept {
    data: Bytes,
    _room: Room,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
}

/// Where one upload waits for room.
pub(crate) struct Queue {
    held: Held,
    waiting: Option<Acquiring>,
    patience: Idle,
}

type Acquiring =
    Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send + Sync>>;

impl Queue {
    /// Waits for room for `bytes`; to be polled with the same number until it is ready.
    ///
    /// # Errors
    ///
    /// [`Stalled`] when others held everything for too long.
    pub(crate) fn poll_room(
        &mut self,
        bytes: usize,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Room, Stalled>> {
        let waiting = self.waiting.get_or_insert_with(|| {
            let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
            Box::pin(Arc::clone(&self.held.0).acquire_many_owned(bytes))
        });
        let polled = waiting.as_mut().poll(cx);
        let acquired = ready!(self.patience.watch(polled, cx))?;
        self.waiting = None;
        // INVARIANT: the semaphore is never closed.
        Poll::Ready(acquired.map(Room).map_err(|_closed| Stalled))
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("is_waiting", &self.waiting.is_some()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, task::Waker};

    use super::*;

    fn poll(queue: &mut Queue, bytes: usize) -> Option<Room> {
        match queue.poll_room(bytes, &mut Context::from_waker(Waker::noop())) {
            Poll::Ready(room) => Some(room.unwrap()),
            Poll::Pending => None,
        }
    }

    #[tokio::test]
    async fn who_waits_gets_what_others_give_back() {
        let held = Held::new(100);
        let minute = Duration::from_mins(1);
        let (mut one, mut other) = (held.queue(minute), held.queue(minute));
        let mut room = poll(&mut one, 70).unwrap();
        assert!(poll(&mut other, 40).is_none());
        let part = room.split(10).unwrap();
        drop(room);
        let room = poll(&mut other, 40).unwrap();
        assert!(poll(&mut one, 61).is_none());
        drop((part, room));
        assert!(poll(&mut one, 61).is_some());
        assert_eq!(held.0.available_permits(), 100);
    }

    #[tokio::test]
    async fn room_is_kept_as_long_as_any_part_of_the_bytes() {
        let held = Held::new(100);
        let room = poll(&mut held.queue(Duration::from_mins(1)), 60).unwrap();
        let mut data = room.keep(Bytes::from(vec![7; 60]));
        let part = data.split_to(1);
        drop(data);
        assert_eq!(held.0.available_permits(), 40);
        drop(part);
        assert_eq!(held.0.available_permits(), 100);
    }

    #[tokio::test]
    async fn wait_for_room_has_an_end() {
        let held = Held::new(100);
        let _room = poll(&mut held.queue(Duration::from_mins(1)), 100).unwrap();
        let mut other = held.queue(Duration::from_millis(1));
        let waited = poll_fn(|cx| other.poll_room(1, cx)).await;
        assert_eq!(waited.unwrap_err(), Stalled);
    }
}
