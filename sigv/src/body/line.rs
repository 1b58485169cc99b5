//! Lines that end in CRLF, however the wire splits them, and the line before a chunk.

use bytes::Bytes;

use crate::hash::{self, Hash};

/// A line that is being read. It keeps what came of it, never more than the most that it may have.
#[derive(Default)]
pub(crate) struct Line {
    begun: Vec<u8>,
}

/// Why bytes are no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineFault {
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
        let Some(mut line) = self.read_to_feed(wire, bytes_max)? else { return Ok(None) };
        let length = line.strip_suffix(b"\r\n").ok_or(LineFault::End)?.len();
        line.truncate(length);
        Ok(Some(line))
    }

    /// As [`Self::read`], but the line may end in any way that has a line feed last, and comes with its end.
    pub(crate) fn read_to_feed(
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
        Ok(Some(line))
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.begun.reserve_exact(bytes.len());
        self.begun.extend_from_slice(bytes);
    }
}

/// What the line before a chunk says. It has no `Debug` form outside of tests, as it has a signature.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
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

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNATURE: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn read(frames: &[&[u8]], bytes_max: usize) -> Result<Option<Bytes>, LineFault> {
        let mut line = Line::default();
        for frame in frames {
            let mut wire = Bytes::copy_from_slice(frame);
            if let Some(whole) = line.read(&mut wire, bytes_max)? {
                return Ok(Some(whole));
            }
            assert!(wire.is_empty());
        }
        Ok(None)
    }

    #[test]
    fn line_is_the_same_wherever_it_is_split() {
        let wire = b"line\r\n";
        for first in 0..=wire.len() {
            for second in first..=wire.len() {
                let frames = [&wire[..first], &wire[first..second], &wire[second..]];
                assert_eq!(read(&frames, wire.len()), Ok(Some(Bytes::from_static(b"line"))));
            }
        }
    }

    #[test]
    fn bytes_after_the_line_stay() {
        let mut wire = Bytes::from_static(b"ne\r\nnext\r\n");
        let mut line = Line { begun: b"li".to_vec() };
        assert_eq!(line.read(&mut wire, 6), Ok(Some(Bytes::from_static(b"line"))));
        assert_eq!(wire, "next\r\n");
        assert_eq!(line.read(&mut wire, 6), Ok(Some(Bytes::from_static(b"next"))));
    }

    #[test]
    fn line_feed_alone_does_not_end_a_line_well() {
        for wire in [&b"\n"[..], b"line\n", b"line\r \n", b"\n\r\n"] {
            assert_eq!(read(&[wire], 100), Err(LineFault::End));
        }
        assert_eq!(read(&[b"line\r"], 100), Ok(None));
    }

    #[test]
    fn line_has_its_most_bytes_and_no_more() {
        assert_eq!(read(&[b"line\r\n"], 6), Ok(Some(Bytes::from_static(b"line"))));
        for frames in
            [&[&b"line\r\n"[..]][..], &[b"line\r", b"\n"], &[b"li", b"ne\r\n"], &[b"liner"]]
        {
            assert_eq!(read(frames, 5), Err(LineFault::Length));
        }
        assert_eq!(read(&[b"\r\n"], 0), Err(LineFault::Length));
    }

    #[test]
    fn a14_no_more_memory_is_kept_than_a_line_may_have() {
        for frame_bytes in [1, 7, 100, 4096, 1 << 20] {
            let mut line = Line::default();
            let long = vec![b'x'; 1 << 20];
            let faults = long.chunks(frame_bytes).filter(|frame| {
                let read = line.read(&mut Bytes::copy_from_slice(frame), 100);
                assert!(line.begun.capacity() <= 100, "{}", line.begun.capacity());
                read == Err(LineFault::Length)
            });
            assert!(faults.count() > 0);
        }
    }

    #[test]
    fn chunk_line_is_a_size_or_a_size_and_a_signature() {
        let parse = |line: &str| ChunkLine::parse(line.as_bytes());
        let signature = hash::parse_hex(SIGNATURE);
        for (text, size) in [
            ("0", 0),
            ("a", 10),
            ("A", 10),
            ("00fF", 255),
            ("ffffffffffffffff", u64::MAX),
            ("0000000000000001", 1),
        ] {
            assert_eq!(parse(text), Some(ChunkLine { size, signature: None }), "{text}");
            let signed = format!("{text};chunk-signature={SIGNATURE}");
            assert_eq!(parse(&signed), Some(ChunkLine { size, signature }), "{signed}");
        }
    }

    #[test]
    fn a14_anything_else_is_no_chunk_line() {
        for size in
            ["", "0x10", "+10", "-1", " 1", "1 ", "1_0", "g", "00000000000000001", "\u{661}"]
        {
            assert_eq!(ChunkLine::parse(size.as_bytes()), None, "{size}");
            let signed = format!("{size};chunk-signature={SIGNATURE}");
            assert_eq!(ChunkLine::parse(signed.as_bytes()), None, "{signed}");
        }
        for extension in ["", "x=1", "chunk-signature", "chunk-signature="] {
            let line = format!("10;{extension}");
            assert_eq!(ChunkLine::parse(line.as_bytes()), None, "{line}");
        }
        assert_eq!(ChunkLine::parse(b"1\xff"), None);
    }
}
