//! A body on its way up: verified, framed anew, never complete before all of it holds.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use policy::Operation;
use sigv::{Chain, Checksum, Encoder, Framing, Payload, hash};

use crate::{
    authenticate::Content,
    framing::is_object,
    held::Reservation,
    live::Live,
    refusal::Refusal,
    verified::{Next, Progress, UploadFault, Verified},
};

/// A body whose framing is settled, and nothing of which has gone up.
#[derive(Debug)]
pub(crate) struct Begun {
    framing: Framing,
    operation: Operation,
    source: Source,
}

#[derive(Debug)]
enum Source {
    /// A document of ours, or no bytes at all, with the checksums that came after them.
    Document { document: Bytes, checksums: Vec<Checksum> },
    /// A client's body, with the size of its first signed chunk if that was read.
    Streamed { verified: Box<Verified>, first_chunk: Option<usize>, wire_length: u64 },
}

impl Begun {
    /// Reads as much of `content` as its framing depends on: all of a body of no bytes, of which
    /// nothing could be held back, and the first line of signed chunks that go up as such.
    ///
    /// # Errors
    ///
    /// What refuses the body already; [`Refusal::EntityTooLarge`].
    pub(crate) async fn new(
        content: Content,
        operation: Operation,
        live: &Live,
    ) -> Result<Self, Refusal> {
        let mut verified = match content {
            Content::Document(document) => {
                return Ok(Self::document(document, operation, Vec::new()));
            }
            Content::Streamed(verified) => verified,
        };
        if verified.declared().length() == 0 {
            let checksums = verified.end().await?;
            return Ok(Self::document(Bytes::new(), operation, checksums));
        }
        let is_cut = match verified.declared().payload() {
            Payload::SignedChunks | Payload::SignedChunksTrailer => is_object(operation),
            Payload::Hash(_) | Payload::Unsigned | Payload::UnsignedTrailer => false,
        };
        let first_chunk = if is_cut { Some(verified.first_chunk().await?) } else { None };
        let framing = live.body.framing(verified.declared(), operation, first_chunk);
        let length = verified.declared().length();
        let wire_length = framing.wire_length(length).ok_or(Refusal::EntityTooLarge)?;
        if let Framing::UnsignedTrailer(algorithm) = framing {
            verified.decoder().want(algorithm);
        }
        let source = Source::Streamed { verified, first_chunk, wire_length };
        Ok(Self { framing, operation, source })
    }

    fn document(document: Bytes, operation: Operation, checksums: Vec<Checksum>) -> Self {
        let framing = Framing::Plain(Payload::Hash(hash::sha256(&document)));
        Self { framing, operation, source: Source::Document { document, checksums } }
    }

    /// What the upstream's signature says about the body.
    pub(crate) fn payload(&self) -> Payload {
        self.framing.payload()
    }

    /// What goes up, framing included, in bytes.
    pub(crate) fn wire_length(&self) -> u64 {
        match &self.source {
            Source::Document { document, .. } => length_of(document),
            Source::Streamed { wire_length, .. } => *wire_length,
        }
    }

    /// Makes `headers` say how the body goes up.
    pub(crate) fn describe(&self, headers: &mut HeaderMap, live: &Live) {
        let (decoded, checksums) = match &self.source {
            Source::Document { document, checksums } => (length_of(document), checksums.as_slice()),
            Source::Streamed { verified, .. } => (verified.declared().length(), [].as_slice()),
        };
        live.body.describe(headers, self.framing, decoded, self.operation, checksums);
    }

    /// The body itself; `chain` begins with the signature of its request.
    pub(crate) fn upload(self, chain: Chain, live: &Live) -> Upload {
        match self.source {
            Source::Document { document, .. } => Upload::Document(document),
            Source::Streamed { verified, first_chunk, wire_length } => {
                let encoder = self.framing.encoder(verified.declared().length(), chain);
                let held = live.held.reservation(live.limits.body_idle);
                let room = match first_chunk {
                    Some(chunk) => chunk.saturating_add(encoder.held_after(chunk)),
                    // Pieces of any size may come.
                    None => encoder.held_after(1),
                };
                Upload::Streamed(Box::new(Stream {
                    verified,
                    encoder,
                    wire: VecDeque::new(),
                    is_ended: false,
                    held,
                    room,
                    wire_length,
                }))
            }
        }
    }
}

/// What the upstream is sent: a length that was declared, and bytes that were verified.
#[derive(Debug)]
pub(crate) enum Upload {
    /// A document of ours, or nothing.
    Document(Bytes),
    /// A client's body, framed by an encoder.
    Streamed(Box<Stream>),
}

/// A client's body between its decoder and our encoder.
#[derive(Debug)]
pub(crate) struct Stream {
    verified: Box<Verified>,
    encoder: Encoder,
    /// Encoded and not yet sent.
    wire: VecDeque<Bytes>,
    is_ended: bool,
    held: Reservation,
    /// What has to be reserved before the next step, in bytes.
    room: usize,
    wire_length: u64,
}

impl Upload {
    pub(crate) fn progress(&self) -> Arc<Progress> {
        match self {
            Self::Document(_) => Progress::completed(),
            Self::Streamed(stream) => Arc::clone(stream.verified.progress()),
        }
    }
}

impl Stream {
    fn poll_wire(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, UploadFault>>> {
        loop {
            if let Some(bytes) = self.wire.pop_front() {
                return Poll::Ready(Some(Ok(bytes)));
            }
            if self.is_ended {
                return Poll::Ready(None);
            }
            if let Err(fault) = ready!(self.poll_step(cx)) {
                return Poll::Ready(Some(Err(fault)));
            }
        }
    }

    /// Takes one step of the decoder, once there is room for what it will hold.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), UploadFault>> {
        ready!(self.poll_room(cx))?;
        match ready!(self.verified.poll_next(cx))? {
            Next::Chunk(bytes) => {
                self.held.shrink_to(self.encoder.held());
                self.room = bytes.saturating_add(self.encoder.held_after(bytes));
            }
            Next::Piece(piece) => self.encoder.encode(piece, &mut self.wire),
            Next::End(end) => {
                self.encoder.encode(end.piece, &mut self.wire);
                self.encoder.finish(&end.checksums, &mut self.wire);
                self.is_ended = true;
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), UploadFault>> {
        let polled = self.held.poll_grow_to(self.room, cx);
        let progress = self.verified.progress();
        progress.wait(polled.is_pending());
        polled.map_err(|_stalled| progress.fail(UploadFault::Crowded))
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = UploadFault;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadFault>>> {
        match self.get_mut() {
            Self::Document(document) if document.is_empty() => Poll::Ready(None),
            Self::Document(document) => {
                Poll::Ready(Some(Ok(Frame::data(std::mem::take(document)))))
            }
            Self::Streamed(stream) => {
                stream.poll_wire(cx).map(|polled| polled.map(|bytes| bytes.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Document(document) => document.is_empty(),
            Self::Streamed(stream) => stream.is_ended && stream.wire.is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Document(document) => length_of(document),
            Self::Streamed(stream) => stream.wire_length,
        })
    }
}

fn length_of(document: &Bytes) -> u64 {
    u64::try_from(document.len()).unwrap_or(u64::MAX)
}
