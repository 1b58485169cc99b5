//! The audit trail: one line of JSON a request, written by a thread of its own.

use std::{
    io::{self, BufWriter, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TryRecvError, sync_channel},
    },
    thread::{self, JoinHandle},
};

use serde::Serialize;

/// One request, as the audit trail tells it. Absent where it did not come that far.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Entry {
    /// When the request's head had been read, RFC 3339 in UTC.
    pub time: String,
    /// The id that the answer carries as `x-amz-request-id`.
    pub request_id: String,
    /// The client's address.
    pub remote: String,
    /// The user whose key signed the request, once the signature held.
    pub user: Option<String>,
    /// The access key id that the request named, once the signature held.
    pub access_key_id: Option<String>,
    /// S3's name of the operation.
    pub operation: Option<&'static str>,
    /// The bucket, decoded.
    pub bucket: Option<String>,
    /// The key, decoded.
    pub key: Option<String>,
    /// Everything the request needed, and what was decided about each.
    pub required: Vec<Decided>,
    /// The HTTP status that was answered; absent when there was nobody left to answer.
    pub status: Option<u16>,
    /// The S3 error code of a refusal or of an error that the upstream answered.
    pub code: Option<String>,
    /// Bytes of the request's body that were received.
    pub bytes_in: u64,
    /// Bytes of the answer's body that were handed to the connection.
    pub bytes_out: u64,
    /// From the head of the request to the end of the answer, in milliseconds.
    pub duration_ms: u64,
    /// How it ended.
    pub outcome: Outcome,
}

/// One requirement and its decision.
#[derive(Debug, Clone, Serialize)]
pub struct Decided {
    /// The action.
    pub action: &'static str,
    /// The ARN, or `*`.
    pub resource: String,
    /// `allow`, `deny` or `no_allow`.
    pub outcome: &'static str,
    /// The policy and statement that decided, as `policy[index]`.
    pub by: Option<String>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Answered to the end, by the upstream or for it.
    Completed,
    /// Refused by us; nothing, or nothing whole, went up.
    Refused,
    /// The upstream failed or answered with an error.
    UpstreamError,
    /// The client or the upstream went away in the middle.
    #[default]
    Aborted,
}

/// The way to the audit trail: a bounded queue. What does not fit is counted, and the count is
/// written as `{"dropped":n}` as soon as there is room.
#[derive(Debug, Clone)]
pub struct Audit {
    queue: SyncSender<Message>,
    dropped: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Message {
    Entry(Box<Entry>),
    End,
}

impl Audit {
    /// Starts the writer. `records_max` is the length of the queue in records.
    ///
    /// # Errors
    ///
    /// When the thread cannot be started.
    pub fn start(
        output: impl Write + Send + 'static,
        records_max: usize,
    ) -> io::Result<(Self, JoinHandle<()>)> {
        let (queue, entries) = sync_channel(records_max);
        let dropped = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&dropped);
        let writer = thread::Builder::new()
            .name("audit".into())
            .spawn(move || write_all(BufWriter::new(output), &entries, &counted))?;
        Ok((Self { queue, dropped }, writer))
    }

    /// Ends the writer once it has written what is in the queue; join its thread afterwards.
    pub fn close(&self) {
        if self.queue.send(Message::End).is_err() {
            tracing::error!("the audit writer had ended before");
        }
    }

    pub(crate) fn record(&self, entry: Entry) {
        if self.queue.try_send(Message::Entry(Box::new(entry))).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn write_all(mut output: impl Write, entries: &Receiver<Message>, dropped: &AtomicU64) {
    while let Ok(Message::Entry(entry)) = next(entries, &mut output) {
        let lost = dropped.swap(0, Ordering::Relaxed);
        let written = write_line(&mut output, entry.as_ref()).and_then(|()| match lost {
            0 => Ok(()),
            lost => write_line(&mut output, &Lost { dropped: lost }),
        });
        if let Err(error) = written {
            dropped.fetch_add(lost.saturating_add(1), Ordering::Relaxed);
            tracing::error!(%error, "audit record not written");
        }
    }
    flush(&mut output);
}

/// The next message; while there is none, what was written is flushed.
fn next(
    entries: &Receiver<Message>,
    output: &mut impl Write,
) -> Result<Message, std::sync::mpsc::RecvError> {
    match entries.try_recv() {
        Ok(message) => Ok(message),
        Err(TryRecvError::Empty | TryRecvError::Disconnected) => {
            flush(output);
            entries.recv()
        }
    }
}

fn flush(output: &mut impl Write) {
    if let Err(error) = output.flush() {
        tracing::error!(%error, "audit trail not flushed");
    }
}

#[derive(Serialize)]
struct Lost {
    dropped: u64,
}

fn write_line(output: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *output, line)?;
    output.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc};

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// An output that says when it is written to, and waits until it is let go on.
    struct Gate {
        entered: mpsc::Sender<()>,
        open: mpsc::Receiver<()>,
        sink: Sink,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _nobody_waits = self.entered.send(());
            let _open_for_good = self.open.recv();
            self.sink.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_record_is_one_line_whatever_its_key_holds() {
        let sink = Sink::default();
        let (audit, writer) = Audit::start(sink.clone(), 8).unwrap();
        audit.record(Entry { key: Some("a\r\nb\u{1b}[2J\"".into()), ..Entry::default() });
        audit.close();
        writer.join().unwrap();
        let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1);
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["key"], "a\r\nb\u{1b}[2J\"");
    }

    #[test]
    fn what_the_queue_cannot_hold_is_counted_and_told() {
        let (entered, written) = mpsc::channel();
        let (go, open) = mpsc::channel();
        let sink = Sink::default();
        let (audit, writer) = Audit::start(Gate { entered, open, sink: sink.clone() }, 1).unwrap();
        audit.record(Entry::default());
        written.recv().unwrap();
        for _ in 0..4 {
            audit.record(Entry::default());
        }
        drop(go);
        audit.close();
        writer.join().unwrap();
        let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().last(), Some("{\"dropped\":3}"));
        assert_eq!(text.lines().count(), 3);
    }
}
