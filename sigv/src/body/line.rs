//! Lines that end in CRLF, however the wire splits them, and the line before a chunk.

use bytes::Bytes;

use crate::hash::{self, Hash};

/// A line that is being read. It keeps what came of it, never more than the most that it may have.
#[derive(Default)]
pub(super) struct Line {
    begun: Vec<u8>,
}

/// Why bytes are no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineFault {
    /// It does not end within the most bytes it may have.
    Length,
    /// It ends in a line feed without a carriage return before.
    End,
}

impl Line {
    /// Takes the line, or what has come of it, off the front of `wire`. Once it is whole, gives it without its CRLF.
    ///
    /// It may have `bytes_max` bytes, with its CRLF.
    pub(super) fn read(
        &mut self,
        wire: &mut Bytes,
        bytes_max: usize,
    ) -> Result<Option<Bytes>, LineFault> {
        let room = bytes_max.saturating_sub(self.begun.len());
        let Some(feed) = wire.iter().take(room).position(|byte| *byte == b'\n') else {
            if wire.len() >= room {
                return Err(LineFault::Length);
            }
            self.keep(wire);
            wire.clear();
            return Ok(None);
        };
        let mut line = wire.split_to(feed.saturating_add(1));
        if !self.begun.is_empty() {
            self.keep(&line);
            line = std::mem::take(&mut self.begun).into();
        }
        let length = line.strip_suffix(b"\r\n").ok_or(LineFault::End)?.len();
        line.truncate(length);
        Ok(Some(line))
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.begun.reserve_exact(bytes.len());
        self.begun.extend_from_slice(bytes);
    }
}

/// What the line before a chunk says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChunkLine {
    /// How many bytes of data follow; none after the last chunk.
    pub(super) size: u64,
    /// The chunk's signature, where it has one.
    pub(super) signature: Option<Hash>,
}

impl ChunkLine {
    /// Reads `SIZE` or `SIZE;chunk-signature=SIGNATURE`, with a size of 1 to 16 hex digits.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let line = str::from_utf8(line).ok()?;
        let (size, signature) = match line.split_once(';') {
            None => (line, None),
            Some((size, extension)) => {
                let signature = extension.strip_prefix("chunk-signature=")?;
                (size, Some(hash::parse_hex(signature)?))
            }
        };
        let is_hex = size.bytes().all(|digit| digit.is_ascii_hexdigit());
        if size.len() > DIGITS_MAX || !is_hex {
            return None;
        }
        Some(Self { size: u64::from_str_radix(size, 16).ok()?, signature })
    }
}

/// The digits of the largest size.
const DIGITS_MAX: usize = 16;
