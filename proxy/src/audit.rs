//! The audit trail: one line of JSON a request, written by a thread of its own.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, RecvError, SyncSender, TryRecvError, sync_channel},
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
    /// The client's address, be it by the word of a trusted proxy.
    pub remote: String,
    /// Where the connection came from, if that is another address: a trusted proxy. Else there is no such field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// The user whose key signed the request, once the signature held.
    pub user: Option<String>,
    /// The access key id that the request named, once the signature held.
    pub access_key_id: Option<String>,
    /// How the request was signed, once the signature held: `v4`, `v4-presigned`, `v4-form`, `v2`, `v2-presigned` or `v2-form`.
    pub mechanism: Option<&'static str>,
    /// S3's name of the operation.
    pub operation: Option<&'static str>,
    /// The bucket, decoded.
    pub bucket: Option<String>,
    /// The key, decoded.
    pub key: Option<String>,
    /// Everything the request needed, and what was decided about each; of a request that names many objects, as much
    /// of it as a record holds.
    pub required: Vec<Decided>,
    /// How many further decisions there were. Else there is no such field.
    #[serde(skip_serializing_if = "is_zero")]
    pub required_omitted: usize,
    /// What became of the objects that a body named. Else there is no such field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects: Option<Objects>,
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

/// How many of the objects that a body named went which way.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Objects {
    /// Went up.
    pub permitted: usize,
    /// Were refused here.
    pub refused: usize,
    /// Of those that went up, were answered with an error; absent where that is not known.
    pub failed: Option<usize>,
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

/// The way to the audit trail: a queue that is bounded in records and in bytes. What does not fit is counted, and
/// the count is written as `{"dropped":n}` as soon as there is room.
#[derive(Debug, Clone)]
pub struct Audit {
    queue: SyncSender<Message>,
    shared: Arc<Shared>,
    bytes_max: usize,
}

/// What both ends of the queue know.
#[derive(Debug, Default)]
struct Shared {
    /// Records that did not fit, and were not told yet.
    dropped: AtomicU64,
    /// The texts of the records in the queue, in bytes.
    waiting: AtomicUsize,
}

#[derive(Debug)]
enum Message {
    /// A record, and the bytes of its texts.
    Entry(Box<Entry>, usize),
    End,
}

impl Entry {
    /// What its texts take, in bytes.
    fn bytes(&self) -> usize {
        let own = [&self.bucket, &self.key, &self.user].into_iter().flatten().map(String::len);
        let required = self.required.iter().map(Decided::bytes);
        own.chain(required).fold(0, usize::saturating_add)
    }
}

impl Decided {
    /// What its texts take, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let by = self.by.as_ref().map_or(0, String::len);
        self.resource.len().saturating_add(by).saturating_add(size_of::<Self>())
    }
}

impl Audit {
    /// Starts the writer. `records_max` is the length of the queue in records, `bytes_max` that of the texts in it.
    ///
    /// # Errors
    ///
    /// When the thread cannot be started.
    pub fn start(
        output: impl Write + Send + 'static,
        records_max: usize,
        bytes_max: usize,
    ) -> io::Result<(Self, JoinHandle<()>)> {
        let (queue, entries) = sync_channel(records_max);
        let shared = Arc::<Shared>::default();
        let counted = Arc::clone(&shared);
        let writer = thread::Builder::new()
            .name("audit".into())
            .spawn(move || write_all(output, &entries, &counted))?;
        Ok((Self { queue, shared, bytes_max }, writer))
    }

    /// Ends the writer once it has written what is in the queue; join its thread afterwards. Waits
    /// while the queue is full.
    pub fn close(&self) {
        if self.queue.send(Message::End).is_err() {
            tracing::error!("the audit writer had ended before");
        }
    }

    pub(crate) fn record(&self, entry: Entry) {
        let bytes = entry.bytes();
        let waiting = self.shared.waiting.fetch_add(bytes, Ordering::Relaxed);
        let fits = waiting.saturating_add(bytes) <= self.bytes_max;
        if !fits || self.queue.try_send(Message::Entry(Box::new(entry), bytes)).is_err() {
            self.shared.waiting.fetch_sub(bytes, Ordering::Relaxed);
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Lines on their way to the output; what cannot be written is counted as lost.
struct Lines<W> {
    output: W,
    pending: Vec<u8>,
    records: u64,
    lost: u64,
}

fn write_all(output: impl Write, entries: &Receiver<Message>, shared: &Shared) {
    let mut lines = Lines { output, pending: Vec::new(), records: 0, lost: 0 };
    while let Ok(Message::Entry(entry, bytes)) = lines.next(entries) {
        lines.add(entry.as_ref());
        shared.waiting.fetch_sub(bytes, Ordering::Relaxed);
        lines.lost = lines.lost.saturating_add(shared.dropped.swap(0, Ordering::Relaxed));
    }
    // What came while the end was on its way.
    while let Ok(message) = entries.try_recv() {
        if let Message::Entry(entry, _) = message {
            lines.add(entry.as_ref());
        }
    }
    lines.lost = lines.lost.saturating_add(shared.dropped.swap(0, Ordering::Relaxed));
    lines.flush();
    if lines.lost > 0 {
        tracing::error!(lost = lines.lost, "audit records are not in the trail");
    }
}

impl<W: Write> Lines<W> {
    /// The next message; while there is none, what is pending is written.
    fn next(&mut self, entries: &Receiver<Message>) -> Result<Message, RecvError> {
        match entries.try_recv() {
            Ok(message) if self.pending.len() < PENDING_BYTES_MAX => Ok(message),
            Ok(message) => {
                self.flush();
                Ok(message)
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => {
                self.flush();
                entries.recv()
            }
        }
    }

    fn add(&mut self, line: &impl Serialize) {
        match serde_json::to_vec(line) {
            Ok(text) => {
                self.pending.extend_from_slice(&text);
                self.pending.push(b'\n');
                self.records = self.records.saturating_add(1);
            }
            Err(error) => {
                self.lost = self.lost.saturating_add(1);
                tracing::error!(%error, "audit record not written");
            }
        }
    }

    /// Writes what is pending, and how many records are lost, if any are.
    fn flush(&mut self) {
        if self.lost > 0 {
            let lost = std::mem::take(&mut self.lost);
            self.add(&Lost { dropped: lost });
            self.records = self.records.saturating_sub(1).saturating_add(lost);
        }
        let written = self.output.write_all(&self.pending).and_then(|()| self.output.flush());
        if let Err(error) = written {
            self.lost = self.records;
            tracing::error!(%error, lost = self.lost, "audit records not written");
            // The rest of a line that was written in part ends here.
            self.pending.clear();
            self.pending.push(b'\n');
        } else {
            self.pending.clear();
        }
        self.records = 0;
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

#[derive(Serialize)]
struct Lost {
    dropped: u64,
}

/// As much is gathered before it is written, while more records wait.
const PENDING_BYTES_MAX: usize = 64 * 1024;

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
        let (audit, writer) = Audit::start(sink.clone(), 8, 1_000).unwrap();
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
        let gate = Gate { entered, open, sink: sink.clone() };
        let (audit, writer) = Audit::start(gate, 1, 1_000).unwrap();
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

    #[test]
    fn records_that_wait_take_no_more_memory_than_they_may() {
        let (entered, written) = mpsc::channel();
        let (go, open) = mpsc::channel();
        let sink = Sink::default();
        let gate = Gate { entered, open, sink: sink.clone() };
        let (audit, writer) = Audit::start(gate, 100, 1_000).unwrap();
        let record = |bytes| {
            audit.record(Entry { key: Some("k".repeat(bytes)), ..Entry::default() });
        };
        record(0);
        written.recv().unwrap();
        for bytes in [400, 700, 400, 300, 200] {
            record(bytes);
        }
        drop(go);
        audit.close();
        writer.join().unwrap();
        let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        let lengths = text.lines().filter_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            Some(line["key"].as_str()?.len())
        });
        assert_eq!(lengths.collect::<Vec<_>>(), [0, 400, 400, 200]);
        assert_eq!(text.lines().last(), Some("{\"dropped\":2}"));
    }
}
