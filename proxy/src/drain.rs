//! Going away without cutting anybody off.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

/// First every answer says `Connection: close`, then idle connections end and what runs finishes;
/// what does not finish in time is cut.
#[derive(Debug)]
pub struct Drain {
    closing: AtomicBool,
    phase: watch::Sender<Phase>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serve,
    Stop,
    Cut,
}

impl Default for Drain {
    fn default() -> Self {
        Self { closing: AtomicBool::new(false), phase: watch::Sender::new(Phase::Serve) }
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
        self.phase.send_replace(Phase::Stop);
    }

    /// From now on no connection is waited for.
    pub fn cut(&self) {
        self.close();
        self.phase.send_replace(Phase::Cut);
    }

    /// Whether [`Self::close`] was called: the program is not ready for more.
    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// Resolves once [`Self::stop`] was called.
    pub async fn is_stopped(&self) {
        self.reached(Phase::Stop).await;
    }

    /// Resolves once [`Self::cut`] was called.
    pub async fn is_cut(&self) {
        self.reached(Phase::Cut).await;
    }

    async fn reached(&self, phase: Phase) {
        let mut phases = self.phase.subscribe();
        // The sender lives in `self`, so that waiting cannot fail.
        let _reached = phases.wait_for(|now| *now >= phase).await;
    }
}
