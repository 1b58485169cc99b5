//! The file of a form: bytes up to the boundary that ends the form, which has to be where the lengths say.

use bytes::Bytes;
use memchr::memmem::Finder;

use super::error::BodyError;
use super::piece::{Decoded, Rest};

/// What ends a part of a form: CRLF, `--` and the boundary. After the last part, `--` and CRLF follow.
#[derive(Clone, Debug)]
pub struct Delimiter(Box<[u8]>);

impl Delimiter {
    /// That of the boundary with `--` before it, as its lines begin.
    pub(crate) fn new(boundary: &[u8]) -> Self {
        Self([b"\r\n", boundary].concat().into())
    }

    /// How much of a form comes after its file, when nothing follows that, in bytes.
    pub(crate) fn closing_bytes(&self) -> u64 {
        super::piece::length(&self.0).saturating_add(super::piece::length(LAST))
    }
}

/// The last part of a form, in which its delimiter may not be.
pub(super) struct Part {
    delimiter: Finder<'static>,
    /// The last bytes of what came, fewer than the delimiter has: it may have begun among them.
    before: Vec<u8>,
    /// What has to follow the part, as far as it has not come.
    closing: Bytes,
}

impl Part {
    pub(super) fn new(delimiter: &Delimiter) -> Self {
        Self {
            delimiter: Finder::new(&*delimiter.0).into_owned(),
            before: Vec::new(),
            closing: [&*delimiter.0, LAST].concat().into(),
        }
    }

    /// Takes all of `wire`, or the bytes that complete the part.
    pub(super) fn push(&mut self, wire: &mut Bytes, rest: &mut Rest) -> Result<Decoded, BodyError> {
        if rest.left == 0 {
            return self.close(wire);
        }
        let left = usize::try_from(rest.left).unwrap_or(usize::MAX);
        let data = wire.split_to(left.min(wire.len()));
        if self.holds_delimiter(&data) {
            return Err(BodyError::FormEnd);
        }
        rest.take(data)
    }

    /// Whether all of the form has come.
    pub(super) fn finish(&self) -> Result<(), BodyError> {
        if self.closing.is_empty() { Ok(()) } else { Err(BodyError::Cut) }
    }

    fn close(&mut self, wire: &mut Bytes) -> Result<Decoded, BodyError> {
        if !self.closing.starts_with(wire) {
            return Err(BodyError::FormEnd);
        }
        self.closing = self.closing.split_off(wire.len());
        wire.clear();
        Ok(Decoded::Nothing)
    }

    /// Whether the delimiter ends in `data`.
    fn holds_delimiter(&mut self, data: &[u8]) -> bool {
        let kept_max = self.delimiter.needle().len().saturating_sub(1);
        self.before.extend(data.iter().take(kept_max));
        if self.delimiter.find(&self.before).is_some() || self.delimiter.find(data).is_some() {
            return true;
        }
        // Of a long piece its own end counts, and no byte of those before it.
        if data.len() > kept_max {
            self.before.clear();
            self.before.extend(data.iter().skip(data.len().saturating_sub(kept_max)));
        } else {
            self.before.drain(..self.before.len().saturating_sub(kept_max));
        }
        false
    }
}

/// What follows the last delimiter.
const LAST: &[u8] = b"--\r\n";

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::super::stream::decode;
    use super::super::{Declared, Decoder};
    use super::*;
    use crate::payload::Payload;

    const DATA: &[u8] = b"bytes\r\n--b\r\n--oundar\r\n--\r";
    const END: &[u8] = b"\r\n--boundary--\r\n";

    fn decoder(length: usize) -> Decoder {
        let length = u64::try_from(length).unwrap();
        let declared = Declared::read(Payload::Unsigned, &HeaderMap::new(), Some(length)).unwrap();
        Decoder::of_file(&declared, &Delimiter::new(b"--boundary"))
    }

    /// What comes of `wire` in three frames.
    fn split(
        wire: &[u8],
        first: usize,
        second: usize,
        length: usize,
    ) -> (usize, Result<Vec<u8>, BodyError>) {
        let frames = [&wire[..first], &wire[first..second], &wire[second..]];
        let (given, end) = decode(&mut decoder(length), &frames);
        (given, end.map(|(data, _)| data))
    }

    #[test]
    fn file_comes_out_as_it_went_in_wherever_it_is_split() {
        let wire = [DATA, END].concat();
        for first in 0..=wire.len() {
            for second in first..=wire.len() {
                let (given, end) = split(&wire, first, second, DATA.len());
                assert_eq!(end.as_deref(), Ok(DATA), "{first} {second}");
                assert!(given < DATA.len());
            }
        }
        assert_eq!(split(END, 3, 9, 0).1.as_deref(), Ok(&b""[..]));
    }

    #[test]
    fn a18_file_that_ends_elsewhere_is_never_complete() {
        for (wire, fault) in [
            // Another field follows, and the lengths fit.
            (
                [
                    DATA,
                    b"\r\n--boundary\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb",
                    END,
                ]
                .concat(),
                BodyError::FormEnd,
            ),
            ([DATA, END, END].concat(), BodyError::FormEnd),
            ([DATA, b"\r\n--boundaryX", END].concat(), BodyError::FormEnd),
            ([DATA, b"--boundary--\r\n\r\n"].concat(), BodyError::FormEnd),
            ([DATA, b"\r\n--boundary--\r\r"].concat(), BodyError::FormEnd),
            ([DATA, b"\r\n--bounDary--\r\n"].concat(), BodyError::FormEnd),
            ([DATA, b"xxxxxxxxxxxxxxxx"].concat(), BodyError::FormEnd),
        ] {
            let length = wire.len() - END.len();
            for first in 0..=wire.len() {
                for second in [first, (first + 1).min(wire.len()), (first + 9).min(wire.len())] {
                    let (given, end) = split(&wire, first, second, length);
                    assert_eq!(end, Err(fault), "{first} {second}");
                    assert!(given < length);
                }
            }
        }
    }

    #[test]
    fn a18_form_that_is_cut_or_goes_on_is_never_complete() {
        let whole = [DATA, END].concat();
        for length in 0..whole.len() {
            let (given, end) = split(&whole[..length], length / 2, length, DATA.len());
            let fault = if length < DATA.len() { BodyError::Deficit } else { BodyError::Cut };
            assert_eq!(end, Err(fault), "{length}");
            assert!(given < DATA.len());
        }
        let more = [&whole, &b"!"[..]].concat();
        assert_eq!(split(&more, 9, whole.len(), DATA.len()).1, Err(BodyError::FormEnd));
    }

    #[test]
    fn no_more_is_kept_than_a_delimiter() {
        let mut part = Part::new(&Delimiter::new(b"--boundary"));
        for size in [1, 5, 11, 12, 4096] {
            for _ in 0..20 {
                assert!(!part.holds_delimiter(&vec![b'-'; size]));
                assert!(part.before.len() < "\r\n--boundary".len());
            }
        }
    }
}
