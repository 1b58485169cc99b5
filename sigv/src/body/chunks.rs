//! The framing `aws-chunked`: chunks with or without signatures, then a trailer.
//!
//! Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload in
//! Multiple Chunks", and "… Including Trailing Headers".

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::chain::Chain;
use super::checksum::{Algorithm, Checksum};
use super::error::BodyError;
use super::line::{ChunkLine, Line, LineFault};
use super::piece::{Decoded, Piece, Rest, length};
use super::trailer::Trailer;
use crate::hash::{self, Hash};

/// How much of a body's framing is kept at once.
#[derive(Clone, Copy, Debug)]
pub struct ChunkLimits {
    /// How large a signed chunk may be, which is held until it is verified, in bytes. Others pass as they come.
    pub chunk_bytes_max: usize,
    /// How long the line before a chunk may be with its CRLF, in bytes. No valid one is longer than 99.
    pub chunk_line_bytes_max: usize,
    /// How long the lines after the last chunk may be together with their CRLFs, in bytes.
    pub trailer_bytes_max: usize,
}

/// Takes chunks off the wire.
pub(super) struct Chunks {
    state: State,
    line: Line,
    /// What chunks are signed with, where they are.
    chain: Option<Chain>,
    trailer: Trailer,
    limits: ChunkLimits,
}

/// What comes next.
enum State {
    Line,
    /// So many bytes of a chunk without a signature.
    Data(u64),
    /// The rest of a chunk with one.
    Signed(Held),
    /// The CRLF after a chunk's data.
    DataEnd,
    /// Lines after the last chunk, which may have so many bytes yet.
    Trailer(usize),
    /// Nothing.
    End,
}

impl Chunks {
    /// Chunks signed with `chain`, if there is one, then the `announced` trailer, if there is one.
    pub(super) fn new(
        chain: Option<Chain>,
        announced: Option<Algorithm>,
        limits: ChunkLimits,
    ) -> Self {
        let trailer = Trailer::new(announced);
        Self { state: State::Line, line: Line::default(), chain, trailer, limits }
    }

    /// Takes bytes off `wire` until there is something to give on, or all were taken.
    pub(super) fn push(&mut self, wire: &mut Bytes, rest: &mut Rest) -> Result<Decoded, BodyError> {
        while !wire.is_empty() {
            let decoded = self.step(wire, rest)?;
            if decoded != Decoded::Nothing {
                return Ok(decoded);
            }
        }
        Ok(Decoded::Nothing)
    }

    /// The trailer's checksum, when the framing has come to its end.
    pub(super) fn finish(&mut self) -> Result<Option<Checksum>, BodyError> {
        match self.state {
            State::End => Ok(std::mem::take(&mut self.trailer).checksum()),
            State::Line
            | State::Data(_)
            | State::Signed(_)
            | State::DataEnd
            | State::Trailer(_) => Err(BodyError::Cut),
        }
    }

    fn step(&mut self, wire: &mut Bytes, rest: &mut Rest) -> Result<Decoded, BodyError> {
        match &mut self.state {
            State::Line => {
                let bytes_max = self.limits.chunk_line_bytes_max;
                let line = self.line.read(wire, bytes_max).map_err(|fault| match fault {
                    LineFault::Length => BodyError::LongChunkLine { max: bytes_max },
                    LineFault::End => BodyError::MalformedChunkLine,
                })?;
                line.map_or(Ok(Decoded::Nothing), |line| self.begin(&line, rest))
            }
            State::Data(left) => {
                let taken = usize::try_from(*left).map_or(wire.len(), |left| left.min(wire.len()));
                let data = wire.split_to(taken);
                *left = left.saturating_sub(length(&data));
                if *left == 0 {
                    self.state = State::DataEnd;
                }
                rest.take(data)
            }
            State::Signed(held) => {
                rest.checks.update(&held.take(wire));
                if !held.is_whole() {
                    return Ok(Decoded::Nothing);
                }
                let piece = held.verify(self.chain.as_mut())?;
                self.state = State::DataEnd;
                rest.pass(piece)
            }
            State::DataEnd => {
                // A line that has room for its CRLF only is empty.
                let line = self.line.read(wire, CRLF).map_err(|_| BodyError::ChunkEnd)?;
                if line.is_some() {
                    self.state = State::Line;
                }
                Ok(Decoded::Nothing)
            }
            State::Trailer(left) => {
                let max = self.limits.trailer_bytes_max;
                let line = self.line.read_to_feed(wire, *left).map_err(|fault| match fault {
                    LineFault::Length => BodyError::LongTrailer { max },
                    LineFault::End => BodyError::MalformedTrailer,
                })?;
                if let Some(line) = line {
                    *left = left.saturating_sub(line.len());
                    if self.trailer.take(&line, self.chain.as_mut())? {
                        self.state = State::End;
                    }
                }
                Ok(Decoded::Nothing)
            }
            State::End => Err(BodyError::Tail),
        }
    }

    /// Begins the chunk that `line` announces.
    fn begin(&mut self, line: &[u8], rest: &Rest) -> Result<Decoded, BodyError> {
        let line = ChunkLine::parse(line).ok_or(BodyError::MalformedChunkLine)?;
        let signature = match (line.signature, &self.chain) {
            (Some(signature), Some(_)) => Some(signature),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(BodyError::MalformedChunkLine),
        };
        if line.size > rest.left {
            return Err(BodyError::Surplus);
        }
        if line.size == 0 {
            return self.begin_trailer(signature, rest);
        }
        let Some(signature) = signature else {
            self.state = State::Data(line.size);
            return Ok(Decoded::Nothing);
        };
        let max = self.limits.chunk_bytes_max;
        let size = usize::try_from(line.size).ok().filter(|size| *size <= max);
        let size = size.ok_or(BodyError::LargeChunk { max })?;
        self.state = State::Signed(Held::new(size, signature));
        Ok(Decoded::Chunk(size))
    }

    /// Begins what follows the line of the last chunk, which is empty.
    fn begin_trailer(
        &mut self,
        signature: Option<Hash>,
        rest: &Rest,
    ) -> Result<Decoded, BodyError> {
        if let Some(signature) = signature {
            Held::new(0, signature).verify(self.chain.as_mut())?;
        }
        if rest.left > 0 {
            return Err(BodyError::Deficit);
        }
        self.state = State::Trailer(self.limits.trailer_bytes_max);
        Ok(Decoded::Nothing)
    }
}

/// A signed chunk that is held until it is verified.
struct Held {
    size: usize,
    signature: Hash,
    state: Sha256,
    data: Vec<u8>,
}

impl Held {
    fn new(size: usize, signature: Hash) -> Self {
        Self { size, signature, state: Sha256::new(), data: Vec::new() }
    }

    /// Takes what belongs to the chunk off the front of `wire`, and gives it to look at.
    fn take(&mut self, wire: &mut Bytes) -> Bytes {
        let left = self.size.saturating_sub(self.data.len());
        let data = wire.split_to(left.min(wire.len()));
        // There is room for the whole chunk from its first byte on.
        self.data.reserve_exact(left);
        self.data.extend_from_slice(&data);
        self.state.update(&data);
        data
    }

    fn is_whole(&self) -> bool {
        self.data.len() == self.size
    }

    /// The chunk, if its signature is the next of `chain`.
    fn verify(&mut self, chain: Option<&mut Chain>) -> Result<Piece, BodyError> {
        let hash = self.state.finalize_reset().into();
        if !chain.is_some_and(|chain| hash::same(&chain.chunk(&hash), &self.signature)) {
            return Err(BodyError::ChunkSignature);
        }
        Ok(Piece { data: std::mem::take(&mut self.data).into(), hash: Some(hash) })
    }
}

const CRLF: usize = b"\r\n".len();

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use time::macros::datetime;

    use super::super::declared::Declared;
    use super::super::decoder::Decoder;
    use super::super::piece::End;
    use super::super::stream::{self, LIMITS, Stream};
    use super::*;
    use crate::credential::SecretKey;
    use crate::payload::Payload;
    use crate::v4::SigningKey;

    /// Decodes what the S3 documentation frames: 65 KiB of the letter a, in chunks of 64 KiB.
    fn published(
        payload: Payload,
        headers: &HeaderMap,
        seed: &str,
        signatures: [&str; 3],
        trailer: &str,
    ) -> Result<(Vec<u8>, End), BodyError> {
        let at = datetime!(2013-05-24 00:00 UTC);
        let secret = SecretKey::new(*b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let key = SigningKey::derive(&secret, at.date(), "us-east-1");
        let chain = Chain::new(key, at, "us-east-1", hash::parse_hex(seed).unwrap());
        let mut wire = Vec::new();
        for (signature, size) in signatures.into_iter().zip([65536, 1024, 0]) {
            wire.extend_from_slice(format!("{size:x};chunk-signature={signature}\r\n").as_bytes());
            wire.extend(std::iter::repeat_n(b'a', size));
            if size > 0 {
                wire.extend_from_slice(b"\r\n");
            }
        }
        wire.extend_from_slice(trailer.as_bytes());
        wire.extend_from_slice(b"\r\n");
        let declared = Declared::read(payload, headers, None)?;
        let mut decoder = Decoder::new(&declared, Some(chain), LIMITS);
        let (given, end) = stream::decode(&mut decoder, &[&wire]);
        assert_eq!(given, 65536);
        end
    }

    #[test]
    fn signed_chunks_are_those_of_the_s3_documentation() {
        let headers = stream::headers_of(&[("x-amz-decoded-content-length", "66560")]);
        let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
        let signatures = [
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ];
        let (data, end) = published(Payload::SignedChunks, &headers, seed, signatures, "").unwrap();
        assert_eq!(data, vec![b'a'; 66560]);
        assert_eq!(end.checksums, []);
    }

    #[test]
    fn signed_trailer_is_that_of_the_s3_documentation() {
        let headers = stream::headers_of(&[
            ("x-amz-decoded-content-length", "66560"),
            ("x-amz-trailer", "x-amz-checksum-crc32c"),
        ]);
        let seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
        let signatures = [
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        ];
        let trailer = "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:\
                       d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n";
        let (data, end) =
            published(Payload::SignedChunksTrailer, &headers, seed, signatures, trailer).unwrap();
        assert_eq!(data, vec![b'a'; 66560]);
        assert_eq!(end.checksums.len(), 1);
        assert_eq!(end.checksums[0].text(), "sOO8/Q==");
    }

    #[test]
    fn body_of_every_mode_comes_out() {
        for data in [&b""[..], b"1", b"123456789"] {
            for chunk_bytes in [1, 4, 9] {
                for stream in Stream::of_every_mode(data, chunk_bytes) {
                    assert_eq!(stream.decode().unwrap(), data, "{stream:?}");
                }
            }
        }
    }
}
