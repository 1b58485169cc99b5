//! The lines after the last chunk.

use super::chain::Chain;
use super::checksum::{Algorithm, Checksum};
use super::error::BodyError;
use crate::hash::{self, Hash};

/// Reads the lines after the last chunk. Which ones come, and in which order, is known from the start: the announced
/// checksum, the signature over it where chunks are signed, and an empty one.
///
/// Each ends in CRLF. The checksum's, and no other, may end in LF CRLF: minio-go writes it so.
#[derive(Default)]
pub(super) struct Trailer {
    next: Next,
    checksum: Option<Checksum>,
    /// Whether the checksum came with an LF, and its CRLF is yet to come.
    is_fed: bool,
}

#[derive(Clone, Copy, Default)]
enum Next {
    Checksum(Algorithm),
    /// The signature over the lines that have this hash.
    Signature(Hash),
    #[default]
    Empty,
}

impl Trailer {
    pub(super) fn new(announced: Option<Algorithm>) -> Self {
        let next = announced.map_or(Next::Empty, Next::Checksum);
        Self { next, checksum: None, is_fed: false }
    }

    /// Takes the next line, up to its line feed, and says whether it was the last one. `chain` is there where chunks are
    /// signed.
    pub(super) fn take(
        &mut self,
        line: &[u8],
        chain: Option<&mut Chain>,
    ) -> Result<bool, BodyError> {
        let line = str::from_utf8(line).map_err(|_| BodyError::MalformedTrailer)?;
        if std::mem::take(&mut self.is_fed) {
            return if line == "\r\n" { Ok(false) } else { Err(BodyError::MalformedTrailer) };
        }
        let line = self.strip_end(line)?;
        match (self.next, field(line)?) {
            (Next::Empty, None) => return Ok(true),
            (Next::Checksum(algorithm), Some((name, text))) if name == algorithm.header() => {
                let checksum = Checksum::parse(algorithm, text);
                self.checksum = Some(checksum.ok_or(BodyError::TrailerValue { algorithm })?);
                self.next = chain.map_or(Next::Empty, |_| Next::Signature(signed(&name, text)));
            }
            (Next::Signature(lines), Some((name, text))) if name == SIGNATURE => {
                let given = hash::parse_hex(text).ok_or(BodyError::TrailerSignature)?;
                let is_right =
                    chain.is_some_and(|chain| hash::same(&chain.trailer(&lines), &given));
                if !is_right {
                    return Err(BodyError::TrailerSignature);
                }
                self.next = Next::Empty;
            }
            (Next::Checksum(_), None) => return Err(BodyError::MissingTrailer),
            (Next::Signature(_), None) => return Err(BodyError::TrailerSignature),
            (_, Some(_)) => return Err(BodyError::UndeclaredTrailer),
        }
        Ok(false)
    }

    /// The line without its end, which is right for it so far.
    fn strip_end<'a>(&mut self, line: &'a str) -> Result<&'a str, BodyError> {
        if let Some(line) = line.strip_suffix("\r\n") {
            return Ok(line);
        }
        self.is_fed = matches!(self.next, Next::Checksum(_));
        let line =
            line.strip_suffix('\n').filter(|line| self.is_fed && !line.ends_with([' ', '\t']));
        line.ok_or(BodyError::MalformedTrailer)
    }

    /// The checksum that came.
    pub(super) fn checksum(self) -> Option<Checksum> {
        self.checksum
    }
}

/// The name in lower case, and the value, of a line that is not empty.
fn field(line: &str) -> Result<Option<(String, &str)>, BodyError> {
    if line.is_empty() {
        return Ok(None);
    }
    let (name, value) = line.split_once(':').ok_or(BodyError::MalformedTrailer)?;
    Ok(Some((name.to_ascii_lowercase(), value.trim_matches([' ', '\t']))))
}

/// The hash of a field as it is signed.
fn signed(name: &str, value: &str) -> Hash {
    hash::sha256(format!("{name}:{value}\n").as_bytes())
}

const SIGNATURE: &str = "x-amz-trailer-signature";

#[cfg(test)]
mod tests {
    use super::super::stream::{LIMITS, Stream, decode};
    use super::*;
    use crate::payload::Payload;

    const CRC32: Algorithm = Algorithm::Crc32;
    /// The CRC-32 of other bytes.
    const OTHER: &str = "x-amz-checksum-crc32:AAAAAA==";

    fn signed() -> Stream {
        Stream::new(Payload::SignedChunksTrailer, Some(CRC32), b"123456789", 4)
    }

    fn unsigned() -> Stream {
        Stream::new(Payload::UnsignedTrailer, Some(CRC32), b"123456789", 4)
    }

    /// What the stream is refused with, once its trailer was changed; signed chunks are not signed again.
    fn refused(stream: Stream, change: impl FnOnce(&mut Vec<String>)) -> BodyError {
        let mut changed = stream;
        change(&mut changed.trailer);
        changed.decode().unwrap_err()
    }

    #[test]
    fn blanks_around_the_value_and_the_case_of_the_name_do_not_count() {
        for line in ["x-amz-checksum-crc32: \ty/Q5Jg==\t ", "X-Amz-Checksum-CRC32:y/Q5Jg=="] {
            for mut stream in [signed(), unsigned()] {
                line.clone_into(&mut stream.trailer[0]);
                assert_eq!(stream.decode().unwrap(), b"123456789");
            }
        }
        let mut stream = signed();
        stream.trailer[1] =
            stream.trailer[1].replace("x-amz-trailer-signature:", "X-AMZ-Trailer-Signature: ");
        assert_eq!(stream.decode().unwrap(), b"123456789");
    }

    #[test]
    fn a12_checksum_that_differs_is_refused_even_when_it_is_signed() {
        let error = refused(unsigned(), |trailer| trailer[0] = OTHER.to_owned());
        assert_eq!(error, BodyError::Checksum { algorithm: CRC32 });
        let error = refused(signed(), |trailer| trailer[0] = OTHER.to_owned());
        assert_eq!(error, BodyError::TrailerSignature);
        let mut stream = signed();
        stream.trailer[0] = OTHER.to_owned();
        stream.sign();
        assert_eq!(stream.decode().unwrap_err(), BodyError::Checksum { algorithm: CRC32 });
    }

    #[test]
    fn a12_value_that_is_no_checksum_is_refused() {
        for value in ["", "y/Q5Jg", "y/Q5Jg=", "AAAAAAAAAAA=", "y_Q5Jg==", "y/Q5Jg==,y/Q5Jg=="] {
            for stream in [signed(), unsigned()] {
                let error = refused(stream, |trailer| {
                    trailer[0] = format!("x-amz-checksum-crc32:{value}");
                });
                assert_eq!(error, BodyError::TrailerValue { algorithm: CRC32 }, "{value}");
            }
        }
    }

    #[test]
    fn a12_signature_of_the_trailer_must_be_there_once_last_and_right() {
        let flipped = |line: &str| {
            let mut line = line.to_owned();
            let digit = if line.pop() == Some('0') { '1' } else { '0' };
            line.push(digit);
            line
        };
        let wrong = BodyError::TrailerSignature;
        assert_eq!(refused(signed(), |trailer| trailer[1] = flipped(&trailer[1])), wrong);
        assert_eq!(refused(signed(), |trailer| trailer.truncate(1)), wrong);
        let upper = |line: &str| {
            let (name, value) = line.split_once(':').unwrap();
            format!("{name}:{}", value.to_uppercase())
        };
        assert_eq!(refused(signed(), |trailer| trailer[1] = upper(&trailer[1])), wrong);
        let of_a_chunk =
            signed().chunks[0].extension.replace(";chunk-signature=", "x-amz-trailer-signature:");
        assert_eq!(refused(signed(), |trailer| trailer[1] = of_a_chunk), wrong);
        let undeclared = BodyError::UndeclaredTrailer;
        assert_eq!(refused(signed(), |trailer| trailer.swap(0, 1)), undeclared);
        assert_eq!(refused(signed(), |trailer| trailer.push(trailer[1].clone())), undeclared);
        assert_eq!(
            refused(unsigned(), |trailer| trailer.push(signed().trailer[1].clone())),
            undeclared
        );
    }

    #[test]
    fn a12_trailer_that_was_announced_must_come() {
        for stream in [signed(), unsigned()] {
            assert_eq!(refused(stream, Vec::clear), BodyError::MissingTrailer);
        }
    }

    #[test]
    fn a12_trailer_that_was_not_announced_is_refused() {
        for stream in [signed(), unsigned()] {
            let mut unannounced = stream.clone();
            unannounced.announced = None;
            assert_eq!(unannounced.decode().unwrap_err(), BodyError::UndeclaredTrailer);
            for other in Algorithm::ALL.into_iter().filter(|algorithm| *algorithm != CRC32) {
                let mut other_announced = stream.clone();
                other_announced.announced = Some(other);
                assert_eq!(other_announced.decode().unwrap_err(), BodyError::UndeclaredTrailer);
            }
            for line in [
                "content-length:5",
                "Content-Length: 5",
                "x-amz-meta-a:b",
                "x-amz-checksum-crc32 :y/Q5Jg==",
                " x-amz-checksum-crc32:y/Q5Jg==",
                ":y/Q5Jg==",
                "x-amz-checksum-crc32:y/Q5Jg==",
            ] {
                for at in 1..=stream.trailer.len() {
                    let error =
                        refused(stream.clone(), |trailer| trailer.insert(at, line.to_owned()));
                    assert_eq!(error, BodyError::UndeclaredTrailer, "{line}");
                }
                if line != stream.trailer[0] {
                    let error = refused(stream.clone(), |trailer| trailer[0] = line.to_owned());
                    assert_eq!(error, BodyError::UndeclaredTrailer, "{line}");
                }
            }
        }
        for payload in
            [Payload::SignedChunks, Payload::SignedChunksTrailer, Payload::UnsignedTrailer]
        {
            for line in [OTHER, "x-amz-trailer-signature:", "content-length:5"] {
                let mut stream = Stream::new(payload, None, b"123456789", 4);
                stream.trailer.push(line.to_owned());
                assert_eq!(stream.decode().unwrap_err(), BodyError::UndeclaredTrailer);
            }
        }
    }

    #[test]
    fn a12_line_without_a_colon_is_malformed() {
        for stream in [signed(), unsigned()] {
            for line in ["x-amz-checksum-crc32", "0", " ", "x-amz-checksum-crc32=y/Q5Jg=="] {
                let error = refused(stream.clone(), |trailer| trailer[0] = line.to_owned());
                assert_eq!(error, BodyError::MalformedTrailer, "{line}");
            }
        }
    }

    #[test]
    fn line_feed_before_the_end_of_the_checksum_does_not_count() {
        for mut stream in [signed(), unsigned()] {
            stream.trailer[0].push('\n');
            assert_eq!(stream.decode().unwrap(), b"123456789");
            let wire = stream.wire();
            for split in 0..=wire.len() {
                let (first, second) = wire.split_at(split);
                let (_, end) = decode(&mut stream.decoder().unwrap(), &[first, second]);
                assert_eq!(end.unwrap().0, b"123456789", "{split}");
            }
        }
    }

    #[test]
    fn a12_line_feeds_and_carriage_returns_do_not_end_a_line_alone() {
        for stream in [signed(), unsigned()] {
            for end in [
                "\n",
                "\r",
                "\n\r",
                "\r\r",
                "\n\n",
                " \n",
                "\n ",
                "\nx-amz-meta-a:b",
                "\rx-amz-meta-a:b",
            ] {
                for at in 0..stream.trailer.len() {
                    // The one that is taken has a test of its own.
                    if (at, end) != (0, "\n") {
                        refused(stream.clone(), |trailer| trailer[at].push_str(end));
                    }
                }
            }
            let error = refused(stream.clone(), |trailer| trailer.push("\n".to_owned()));
            assert_eq!(error, BodyError::MalformedTrailer, "for the end");
            let error = refused(stream, |trailer| trailer[0] = "\n".to_owned());
            assert_eq!(error, BodyError::MissingTrailer, "for the checksum");
        }
    }

    #[test]
    fn a12_line_feed_after_the_checksum_is_followed_by_nothing_but_its_end() {
        for stream in [signed(), unsigned()] {
            let wire = stream.wire();
            let line = stream.trailer[0].as_bytes();
            let at = wire.windows(line.len()).position(|part| part == line).unwrap() + line.len();
            let (before, after) = (&wire[..at], &wire[at + 2..]);
            let decode = |end: &[u8]| {
                let wire = [before, end, after].concat();
                decode(&mut stream.decoder().unwrap(), &[&wire]).1
            };
            decode(b"\n\r\n").unwrap();
            for end in [&b"\n"[..], b"\n\r", b"\n\n", b"\n\n\r\n", b"\n\r\r\n", b"\n \r\n"] {
                let error = decode(end).unwrap_err();
                let cut = BodyError::Cut;
                // Without signatures the last CRLF is taken for the one that is missing.
                let is_cut = !stream.is_signed() && end == b"\n";
                let expected = if is_cut { cut } else { BodyError::MalformedTrailer };
                assert_eq!(error, expected, "{}", end.escape_ascii());
            }
        }
    }

    #[test]
    fn a12_ten_thousand_lines_are_refused() {
        let lines = |line: &str| vec![line.to_owned(); 10_000];
        for stream in [signed(), unsigned()] {
            let first = stream.trailer[0].clone();
            for line in ["x-amz-meta-a:b", &first] {
                let error = refused(stream.clone(), |trailer| *trailer = lines(line));
                assert_eq!(error, BodyError::UndeclaredTrailer, "{line}");
            }
        }
    }

    #[test]
    fn a12_trailer_over_its_limit_is_refused() {
        let max = LIMITS.trailer_bytes_max;
        for stream in [signed(), unsigned()] {
            let used: usize = stream.trailer.iter().map(|line| line.len() + 2).sum();
            let padded = |blanks| {
                let mut stream = stream.clone();
                stream.trailer[0].push_str(&" ".repeat(blanks));
                stream.decode()
            };
            let room = max - used - 2;
            assert_eq!(padded(room).unwrap(), b"123456789");
            assert_eq!(padded(room + 1).unwrap_err(), BodyError::LongTrailer { max });
            assert_eq!(padded(1 << 20).unwrap_err(), BodyError::LongTrailer { max });
        }
    }
}
