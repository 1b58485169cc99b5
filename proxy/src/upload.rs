//! A body on its way up: verified, framed anew, never complete before all of it holds.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use policy::Operation;
use sigv::{Chain, ContentMd5, Encoder, Framing, Payload, Piece, hash};

use crate::{
    authenticate::Content,
    documents::{self, Checksums, Document, has_document},
    framing::{is_object, needs_checksum},
    live::Live,
    refusal::Refusal,
    rooms::Rooms,
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
    /// A document that is here, or no bytes at all.
    Document(Document),
    /// A client's body, how long it will be on the wire, and the room for what is held of it first.
    Streamed { verified: Box<Verified>, wire_length: u64, rooms: Rooms },
}

impl Begun {
    /// Reads as much of `content` as its framing depends on: all of a document and of a body of no bytes, of which
    /// nothing could be held back, and the first line of signed chunks that go up as such. What will be held has room
    /// before the upstream hears of the request.
    ///
    /// # Errors
    ///
    /// What refuses the body already; [`Refusal::EntityTooLarge`], [`Refusal::Crowded`], [`Refusal::DocumentTooLong`],
    /// [`Refusal::Document`].
    pub(crate) async fn new(
        content: Content,
        operation: Operation,
        live: &Live,
    ) -> Result<Self, Refusal> {
        let mut verified = match content {
            Content::Document(document) => {
                let document = if needs_checksum(operation) {
                    Document::anew(document)
                } else {
                    Document::ours(document)
                };
                return Ok(Self::document(document, operation));
            }
            Content::Streamed(verified) if has_document(operation) => {
                let document = documents::read(verified, operation, live).await?;
                return Ok(Self::document(document, operation));
            }
            Content::Streamed(verified) => verified,
        };
        let length = verified.declared().length();
        if length == 0 {
            let checksums = Checksums::Sent(verified.end().await?);
            return Ok(Self::document(Document { bytes: Bytes::new(), checksums }, operation));
        }
        let is_cut = match verified.declared().payload() {
            Payload::SignedChunks | Payload::SignedChunksTrailer => is_object(operation),
            Payload::Hash(_) | Payload::Unsigned | Payload::UnsignedTrailer => false,
        };
        let first_chunk = if is_cut { Some(verified.first_chunk().await?) } else { None };
        let framing = live.body.framing(verified.declared(), operation, first_chunk);
        let wire_length = framing.wire_length(length).ok_or(Refusal::EntityTooLarge)?;
        if let Framing::UnsignedTrailer(algorithm) = framing {
            verified.decoder().want(algorithm);
        }
        let mut rooms = Rooms::new(live);
        rooms.begin(first_chunk, gathered(framing, length, first_chunk)).await?;
        let source = Source::Streamed { verified, wire_length, rooms };
        Ok(Self { framing, operation, source })
    }

    fn document(document: Document, operation: Operation) -> Self {
        let framing = Framing::Plain(Payload::Hash(hash::sha256(&document.bytes)));
        Self { framing, operation, source: Source::Document(document) }
    }

    /// What the upstream's signature says about the body.
    pub(crate) fn payload(&self) -> Payload {
        self.framing.payload()
    }

    /// What goes up, framing included, in bytes.
    pub(crate) fn wire_length(&self) -> u64 {
        match &self.source {
            Source::Document(document) => length_of(&document.bytes),
            Source::Streamed { wire_length, .. } => *wire_length,
        }
    }

    /// Makes `headers` say how the body goes up.
    pub(crate) fn describe(&self, headers: &mut HeaderMap, live: &Live) {
        let (decoded, checksums) = match &self.source {
            Source::Document(document) => (length_of(&document.bytes), document.tell(headers)),
            Source::Streamed { verified, .. } => (verified.declared().length(), [].as_slice()),
        };
        live.body.describe(headers, self.framing, decoded, self.operation, checksums);
        if let Source::Document(document) = &self.source
            && needs_checksum(self.operation)
            && let Ok(value) = HeaderValue::from_str(&ContentMd5::of(&document.bytes).text())
        {
            // Older stores know no other.
            headers.insert("content-md5", value);
        }
    }

    /// The body itself; `chain` begins with the signature of its request.
    pub(crate) fn upload(self, chain: Chain) -> Upload {
        match self.source {
            Source::Document(document) => Upload::Document(document.bytes),
            Source::Streamed { verified, wire_length, rooms } => {
                let encoder = self.framing.encoder(verified.declared().length(), chain);
                let wire = VecDeque::new();
                let left = wire_length;
                let body = Streamed { verified, encoder, wire, is_ended: false, rooms, left };
                Upload::Streamed(Box::new(body))
            }
        }
    }
}

/// The room for what our signed chunks gather of pieces that are not chunks, as the first shows it.
fn gathered(framing: Framing, length: u64, first_chunk: Option<usize>) -> usize {
    let Framing::SignedChunks { chunk_bytes, .. } = framing else { return 0 };
    let passes = |first: usize| {
        first.checked_rem(chunk_bytes) == Some(0) || u64::try_from(first) == Ok(length)
    };
    if first_chunk.is_some_and(passes) { 0 } else { chunk_bytes }
}

/// What the upstream is sent: a length that was declared, and bytes that were verified.
#[derive(Debug)]
pub(crate) enum Upload {
    /// A document that is here, or nothing.
    Document(Bytes),
    /// A client's body, framed by an encoder.
    Streamed(Box<Streamed>),
}

/// A client's body between its decoder and our encoder.
#[derive(Debug)]
pub(crate) struct Streamed {
    verified: Box<Verified>,
    encoder: Encoder,
    /// Encoded and not yet sent.
    wire: VecDeque<Bytes>,
    is_ended: bool,
    rooms: Rooms,
    /// What is still to be sent, in bytes.
    left: u64,
}

impl Upload {
    pub(crate) fn progress(&self) -> Arc<Progress> {
        match self {
            Self::Document(_) => Progress::completed(),
            Self::Streamed(body) => Arc::clone(body.verified.progress()),
        }
    }
}

impl Streamed {
    fn poll_wire(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, UploadFault>>> {
        loop {
            if let Some(bytes) = self.next_frame() {
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

    /// The next bytes to send, few enough to be seen to move.
    fn next_frame(&mut self) -> Option<Bytes> {
        let mut frame = self.wire.pop_front()?;
        if frame.len() > FRAME_BYTES {
            let rest = frame.split_off(FRAME_BYTES);
            self.wire.push_front(rest);
        }
        let bytes = length_of(&frame);
        self.left = self.left.saturating_sub(bytes);
        self.verified.progress().send(bytes);
        Some(frame)
    }

    /// Takes one step of the decoder, once there is room for what it will hold.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), UploadFault>> {
        let room = self.rooms.poll_ready(cx);
        self.verified.progress().note(&room);
        ready!(room).map_err(|fault| self.verified.progress().fail(fault))?;
        match ready!(self.verified.poll_next(cx))? {
            Next::Chunk(bytes) => self.rooms.want(bytes, self.encoder.held_after(bytes)),
            Next::Piece(piece) => self.encode(piece),
            Next::End(end) => {
                self.encode(end.piece);
                self.encoder.finish(&end.checksums, &mut self.wire);
                self.is_ended = true;
            }
        }
        Poll::Ready(Ok(()))
    }

    fn encode(&mut self, piece: Piece) {
        let data = self.rooms.keep(piece.data);
        self.encoder.encode(Piece { data, ..piece }, &mut self.wire);
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
            Self::Streamed(body) => {
                body.poll_wire(cx).map(|polled| polled.map(|bytes| bytes.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Document(document) => document.is_empty(),
            Self::Streamed(body) => body.is_ended && body.wire.is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Document(document) => length_of(document),
            Self::Streamed(body) => body.left,
        })
    }
}

fn length_of(document: &Bytes) -> u64 {
    u64::try_from(document.len()).unwrap_or(u64::MAX)
}

/// What is sent at once of a larger piece, in bytes, so that a slow upstream is seen to take it.
const FRAME_BYTES: usize = 64 * 1024;
