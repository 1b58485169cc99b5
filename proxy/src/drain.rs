//! Going away without cutting anybody off.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

/// First every answer says `Connection: close`, then idle connections end and what runs finishes.
#[derive(Debug)]
pub struct Drain {
    closing: AtomicBool,
    stopping: watch::Sender<bool>,
}

impl Default for Drain {
    fn default() -> Self {
        Self { closing: AtomicBool::new(false), stopping: watch::Sender::new(false) }
    }
}

impl Drain {
    /// From now on every answer is the last of its connection.
    pub fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    /// From now on idle connections are closed, and busy ones once they are done.
    pub fn stop(&self) {
        self.close();
        self.stopping.send_replace(true);
    }

    /// Whether [`Self::close`] was called: the program is not ready for more.
    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// Resolves once [`Self::stop`] was called.
    pub async fn stopped(&self) {
        let mut stopping = self.stopping.subscribe();
        // The sender lives in `self`, so that waiting cannot fail.
        let _stopped = stopping.wait_for(|stopping| *stopping).await;
    }
}
