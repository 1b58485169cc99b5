//! Frames verified bytes for the upstream.

use std::collections::VecDeque;
use std::fmt;
use std::mem;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::hash::{self, Hash};

use super::chain::Chain;
use super::checksum::{Algorithm, Checksum};
use super::framing::{
    CRLF, Framing, UNSIGNED_CHUNK_BYTES, checksum_line, chunk_line, trailer_signature_line,
};
use super::piece::Piece;

/// Puts a [`Framing`] on a body, piece by piece.
///
/// It never gives more of the body than was declared, and ends the framing only of one that is whole.
pub struct Encoder {
    trailer: Option<Algorithm>,
    chunks: Chunks,
}

/// What the body is cut into.
enum Chunks {
    Plain(Plain),
    Unsigned(Unsigned),
    Signed(Box<Signed>),
    /// The framing was ended.
    Ended,
}

impl Encoder {
    pub(super) fn new(framing: Framing, decoded: u64, chain: Chain) -> Self {
        let chunks = match framing {
            Framing::Plain(_) => Chunks::Plain(Plain { rest: decoded }),
            Framing::UnsignedTrailer(_) => Chunks::Unsigned(Unsigned { rest: decoded, open: 0 }),
            Framing::SignedChunks { chunk_bytes, .. } => Chunks::Signed(Box::new(Signed {
                rest: decoded,
                chunk_bytes: chunk_bytes.max(1),
                gathered: Vec::new(),
                state: Sha256::new(),
                chain,
            })),
        };
        Self { trailer: framing.trailer(), chunks }
    }

    /// The most bytes that it keeps back once it is given a piece of `next` bytes: none where nothing is kept yet and
    /// the piece is cut into chunks without a rest, else a chunk.
    pub fn held_after(&self, next: usize) -> usize {
        match &self.chunks {
            Chunks::Signed(chunks) => chunks.held_after(next),
            Chunks::Plain(_) | Chunks::Unsigned(_) | Chunks::Ended => 0,
        }
    }

    /// Takes the next piece of the body and adds what it becomes to the end of `wire`.
    ///
    /// What is not copied: a plain or unsigned body, and of a signed one each chunk that lies in one piece. A piece
    /// that is a chunk is signed by its own hash.
    pub fn encode(&mut self, piece: Piece, wire: &mut VecDeque<Bytes>) {
        match &mut self.chunks {
            Chunks::Plain(body) => body.encode(piece.data, wire),
            Chunks::Unsigned(chunks) => chunks.encode(piece.data, wire),
            Chunks::Signed(chunks) => chunks.encode(piece, wire),
            Chunks::Ended => {}
        }
    }

    /// Ends the framing, with the one of `checksums` that the trailer announces, and adds that to the end of `wire`.
    ///
    /// A body shorter than declared, or whose checksum is not there, gets no end, so that the upstream does not take
    /// it for a whole one.
    pub fn finish(&mut self, checksums: &[Checksum], wire: &mut VecDeque<Bytes>) {
        let line = match self.trailer {
            None => None,
            Some(algorithm) => {
                let wanted = |checksum: &&Checksum| checksum.algorithm() == algorithm;
                let Some(checksum) = checksums.iter().find(wanted) else { return };
                Some(checksum_line(checksum))
            }
        };
        let end = match &mut self.chunks {
            Chunks::Unsigned(chunks) if chunks.rest == 0 => Unsigned::end(line),
            Chunks::Signed(chunks) if chunks.rest == 0 => chunks.end(line),
            Chunks::Plain(_) | Chunks::Unsigned(_) | Chunks::Signed(_) | Chunks::Ended => return,
        };
        self.chunks = Chunks::Ended;
        wire.push_back(end.into());
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (chunks, rest) = match &self.chunks {
            Chunks::Plain(body) => ("plain", body.rest),
            Chunks::Unsigned(chunks) => ("unsigned", chunks.rest),
            Chunks::Signed(chunks) => ("signed", chunks.rest),
            Chunks::Ended => ("ended", 0),
        };
        f.debug_struct("Encoder")
            .field("chunks", &chunks)
            .field("rest", &rest)
            .field("trailer", &self.trailer)
            .finish()
    }
}

/// A body as it is.
struct Plain {
    /// What was not given yet, in bytes.
    rest: u64,
}

impl Plain {
    fn encode(&mut self, mut data: Bytes, wire: &mut VecDeque<Bytes>) {
        let data = cut(&mut data, self.rest);
        self.rest = self.rest.saturating_sub(length(&data));
        if !data.is_empty() {
            wire.push_back(data);
        }
    }
}

/// Chunks whose data streams.
struct Unsigned {
    /// What was not given yet, in bytes.
    rest: u64,
    /// What the chunk that was begun still needs, in bytes.
    open: u64,
}

impl Unsigned {
    fn encode(&mut self, mut data: Bytes, wire: &mut VecDeque<Bytes>) {
        while !data.is_empty() && self.rest > 0 {
            if self.open == 0 {
                self.open = self.rest.min(UNSIGNED_CHUNK_BYTES);
                wire.push_back(chunk_line(self.open, None).into());
            }
            let part = cut(&mut data, self.open);
            self.open = self.open.saturating_sub(length(&part));
            self.rest = self.rest.saturating_sub(length(&part));
            wire.push_back(part);
            if self.open == 0 {
                wire.push_back(Bytes::from_static(CRLF.as_bytes()));
            }
        }
    }

    fn end(line: Option<String>) -> String {
        let mut end = chunk_line(0, None);
        if let Some(line) = line {
            end.push_str(&line);
            end.push_str(CRLF);
        }
        end.push_str(CRLF);
        end
    }
}

/// Chunks that are whole before the first byte of them is given.
struct Signed {
    /// What was not given yet, in bytes; what is gathered included.
    rest: u64,
    chunk_bytes: usize,
    /// The beginning of a chunk, while the rest of it is awaited, and the hash of that beginning.
    gathered: Vec<u8>,
    state: Sha256,
    chain: Chain,
}

impl Signed {
    fn encode(&mut self, piece: Piece, wire: &mut VecDeque<Bytes>) {
        let Piece { mut data, hash } = piece;
        if let Some(hash) = hash
            && self.gathered.is_empty()
            && data.len() == self.size()
            && !data.is_empty()
        {
            self.give(data, &hash, wire);
            return;
        }
        while !data.is_empty() && self.rest > 0 {
            let size = self.size();
            if self.gathered.is_empty() && data.len() >= size {
                let chunk = data.split_to(size);
                let hash = hash::sha256(&chunk);
                self.give(chunk, &hash, wire);
            } else {
                self.gather(&mut data, size, wire);
            }
        }
    }

    /// How long the chunk is that is gathered, or else the next one.
    fn size(&self) -> usize {
        usize::try_from(self.rest).unwrap_or(usize::MAX).min(self.chunk_bytes)
    }

    fn held_after(&self, next: usize) -> usize {
        let is_cut_whole =
            next.checked_rem(self.chunk_bytes) == Some(0) || u64::try_from(next) == Ok(self.rest);
        if self.gathered.is_empty() && is_cut_whole { 0 } else { self.size() }
    }

    fn gather(&mut self, data: &mut Bytes, size: usize, wire: &mut VecDeque<Bytes>) {
        if self.gathered.is_empty() {
            self.gathered = Vec::with_capacity(size);
        }
        let wanted = size.saturating_sub(self.gathered.len());
        let part = data.split_to(wanted.min(data.len()));
        self.state.update(&part);
        self.gathered.extend_from_slice(&part);
        if self.gathered.len() == size {
            let hash = self.state.finalize_reset().into();
            let chunk = mem::take(&mut self.gathered);
            self.give(chunk.into(), &hash, wire);
        }
    }

    fn give(&mut self, chunk: Bytes, hash: &Hash, wire: &mut VecDeque<Bytes>) {
        let size = length(&chunk);
        self.rest = self.rest.saturating_sub(size);
        wire.push_back(chunk_line(size, Some(&self.chain.chunk(hash))).into());
        wire.push_back(chunk);
        wire.push_back(Bytes::from_static(CRLF.as_bytes()));
    }

    fn end(&mut self, line: Option<String>) -> String {
        let mut end = chunk_line(0, Some(&self.chain.chunk(&hash::EMPTY)));
        if let Some(line) = line {
            let signature = self.chain.trailer(&hash::sha256(format!("{line}\n").as_bytes()));
            for line in [line, trailer_signature_line(&signature)] {
                end.push_str(&line);
                end.push_str(CRLF);
            }
        }
        end.push_str(CRLF);
        end
    }
}

/// Takes at most `most` bytes off the front of `data`.
fn cut(data: &mut Bytes, most: u64) -> Bytes {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    data.split_to(data.len().min(most))
}

fn length(data: &Bytes) -> u64 {
    u64::try_from(data.len()).unwrap_or(u64::MAX)
}
