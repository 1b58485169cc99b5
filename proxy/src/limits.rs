//! The limits of the data plane. Every queue, body, header, cache and wait has one.

use std::time::Duration;

use sigv::ChunkLimits;

/// What one client, one connection and one request may use.
///
/// The names, defaults and ranges are the configuration's (`limits:`); a name ends in its unit.
#[derive(Debug, Clone)]
pub struct Limits {
    /// A request's head: request line and headers together, in bytes.
    pub header_bytes_max: usize,
    /// Headers of one request.
    pub header_count_max: usize,
    /// A request's path and query together, in bytes.
    pub uri_bytes_max: usize,
    /// How long a client may take to send a head, from its first byte or from the accept.
    pub header_timeout: Duration,
    /// How long a connection may stay without a request.
    pub keep_alive: Duration,
    /// How long a body may stay without a byte, in either direction.
    pub body_idle: Duration,
    /// A signed chunk, which alone is held until it is verified, in bytes.
    pub chunk_bytes_max: usize,
    /// How long a signed chunk may take to come, from its line on.
    pub chunk_time: Duration,
    /// The line before a chunk: its size and its signature, in bytes.
    pub chunk_line_bytes_max: usize,
    /// What follows the last chunk: checksum and signature, in bytes.
    pub trailer_bytes_max: usize,
    /// What stands in a form before its file, in bytes: it is read before its sender is known.
    pub form_fields_bytes_max: usize,
    /// A document in a request: one that is read before it is decided on, or held before it goes up, in bytes.
    pub document_bytes_max: usize,
    /// An answer of the upstream that is rewritten as a whole, in bytes.
    pub answer_bytes_max: usize,
    /// What one audit record lists of what a request needed, in bytes.
    pub audit_required_bytes_max: usize,
    /// Connecting to the upstream.
    pub upstream_connect: Duration,
    /// How long the upstream may take to begin its answer, without a byte of the request moving.
    pub upstream_answer: Duration,
    /// The same for operations that work before they answer (`CompleteMultipartUpload`, `CopyObject`, `DeleteObjects`,
    /// `UploadPartCopy`).
    pub upstream_long_answer: Duration,
    /// How long a connection to the upstream is kept for the next request.
    pub upstream_idle: Duration,
    /// Idle connections to the upstream, for each core.
    pub upstream_idle_connections_max: usize,
    /// What is read and thrown away of a refused request so that its sender receives the refusal, in bytes.
    pub linger_bytes_max: u64,
    /// How long that may take.
    pub linger: Duration,
}

impl Limits {
    /// Those of a body's framing.
    pub(crate) fn chunks(&self) -> ChunkLimits {
        ChunkLimits {
            chunk_bytes_max: self.chunk_bytes_max,
            chunk_line_bytes_max: self.chunk_line_bytes_max,
            trailer_bytes_max: self.trailer_bytes_max,
        }
    }
}
