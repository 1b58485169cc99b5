//! The room that one upload has of the memory for signed chunks and documents.

use std::{
    future::poll_fn,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::Instant;

use crate::{
    held::{Queue, Room},
    live::Live,
    verified::UploadFault,
};

/// The room of one upload: for the signed chunk that comes, and for what our chunks gather of those before.
#[derive(Debug)]
pub(crate) struct Rooms {
    queue: Queue,
    /// How long a chunk may take to come.
    chunk_time: Duration,
    /// The chunk that begins, as long as there is no room for it, and what is gathered beside it, in bytes.
    wanted: Option<(usize, usize)>,
    chunk: Option<(Room, Instant)>,
    gathered: Option<Room>,
}

impl Rooms {
    pub(crate) fn new(live: &Live) -> Self {
        let queue = live.held.queue(live.limits.body_idle);
        let chunk_time = live.limits.chunk_time;
        Self { queue, chunk_time, wanted: None, chunk: None, gathered: None }
    }

    /// Waits for the room that a body needs from its start.
    pub(crate) async fn begin(
        &mut self,
        chunk: Option<usize>,
        gathered: usize,
    ) -> Result<(), UploadFault> {
        if chunk.is_some() || gathered > 0 {
            self.want(chunk.unwrap_or(0), gathered);
            poll_fn(|cx| self.poll_ready(cx)).await?;
        }
        Ok(())
    }

    /// A chunk begins. What is gathered keeps the room that it once had.
    pub(crate) fn want(&mut self, chunk: usize, gathered: usize) {
        let gathered = if self.gathered.is_some() { 0 } else { gathered };
        self.wanted = Some((chunk, gathered));
    }

    /// Waits for the room that is wanted, and sees that a chunk does not take it for ever.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), UploadFault>> {
        if let Some((chunk, gathered)) = self.wanted {
            let room = ready!(self.queue.poll_room(chunk.saturating_add(gathered), cx));
            let mut room = room.map_err(|_stalled| UploadFault::Crowded)?;
            self.wanted = None;
            if gathered > 0 {
                self.gathered = room.split(gathered);
            }
            self.chunk = (chunk > 0).then(|| (room, Instant::now()));
        }
        match &self.chunk {
            Some((_, begun)) if begun.elapsed() > self.chunk_time => {
                Poll::Ready(Err(UploadFault::Stalled))
            }
            Some(_) | None => Poll::Ready(Ok(())),
        }
    }

    /// Gives the room of a chunk that has come to its bytes.
    pub(crate) fn keep(&mut self, data: Bytes) -> Bytes {
        match self.chunk.take() {
            Some((room, _)) => room.keep(data),
            None => data,
        }
    }
}
