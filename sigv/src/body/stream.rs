//! Streams of every framed mode, made for tests from scratch: none of it goes through the encoder.

use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use time::macros::datetime;

use super::chain::Chain;
use super::checksum::{Algorithm, Hasher};
use super::chunks::ChunkLimits;
use super::declared::Declared;
use super::decoder::Decoder;
use super::error::BodyError;
use super::piece::{Decoded, End};
use crate::credential::SecretKey;
use crate::hash;
use crate::payload::Payload;
use crate::v4::SigningKey;

pub(super) const LIMITS: ChunkLimits =
    ChunkLimits { chunk_bytes_max: 1 << 16, chunk_line_bytes_max: 128, trailer_bytes_max: 512 };

/// A body and how it is framed. Its parts can be changed before they are put together.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) payload: Payload,
    pub(super) announced: Option<Algorithm>,
    pub(super) decoded_length: String,
    /// The chunks, the last and empty one too.
    pub(super) chunks: Vec<Chunk>,
    /// The lines after the last chunk, without the empty one.
    pub(super) trailer: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Chunk {
    pub(super) size: String,
    /// All between the size and the CRLF.
    pub(super) extension: String,
    pub(super) data: Vec<u8>,
}

impl Chunk {
    pub(super) fn new(data: &[u8]) -> Self {
        let size = format!("{:x}", data.len());
        Self { size, extension: String::new(), data: data.to_vec() }
    }
}

impl Stream {
    /// `data` in chunks of `chunk_bytes`, with the trailer `announced`.
    pub(super) fn new(
        payload: Payload,
        announced: Option<Algorithm>,
        data: &[u8],
        chunk_bytes: usize,
    ) -> Self {
        let chunks = data.chunks(chunk_bytes).chain([&b""[..]]);
        let trailer = announced.map(|algorithm| {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(data);
            format!("{}:{}", algorithm.header(), hasher.finish().text())
        });
        let mut stream = Self {
            payload,
            announced,
            decoded_length: data.len().to_string(),
            chunks: chunks.map(Chunk::new).collect(),
            trailer: trailer.into_iter().collect(),
        };
        if stream.is_signed() {
            stream.sign();
        }
        stream
    }

    pub(super) fn is_signed(&self) -> bool {
        self.payload != Payload::UnsignedTrailer
    }

    /// Signs the chunks, and the first line of the trailer, as they are now.
    pub(super) fn sign(&mut self) {
        let mut chain = chain();
        for Chunk { extension, data, .. } in &mut self.chunks {
            let signature = hash::hex(&chain.chunk(&hash::sha256(data)));
            *extension = format!(";chunk-signature={signature}");
        }
        self.trailer.truncate(1);
        if let Some(line) = self.trailer.first() {
            let signature = chain.trailer(&hash::sha256(format!("{line}\n").as_bytes()));
            self.trailer.push(format!("x-amz-trailer-signature:{}", hash::hex(&signature)));
        }
    }

    /// One of every framed mode, with and without a trailer.
    pub(super) fn of_every_mode(data: &[u8], chunk_bytes: usize) -> Vec<Self> {
        let mut modes = vec![(Payload::SignedChunks, None), (Payload::UnsignedTrailer, None)];
        for algorithm in Algorithm::ALL {
            modes.push((Payload::SignedChunksTrailer, Some(algorithm)));
            modes.push((Payload::UnsignedTrailer, Some(algorithm)));
        }
        let stream = |(payload, announced)| Self::new(payload, announced, data, chunk_bytes);
        modes.into_iter().map(stream).collect()
    }

    pub(super) fn wire(&self) -> Vec<u8> {
        let mut wire = Vec::new();
        for Chunk { size, extension, data } in &self.chunks {
            wire.extend_from_slice(format!("{size}{extension}\r\n").as_bytes());
            wire.extend_from_slice(data);
            if !data.is_empty() {
                wire.extend_from_slice(b"\r\n");
            }
        }
        for line in &self.trailer {
            wire.extend_from_slice(format!("{line}\r\n").as_bytes());
        }
        wire.extend_from_slice(b"\r\n");
        wire
    }

    pub(super) fn declared(&self) -> Result<Declared, BodyError> {
        let mut headers = vec![("x-amz-decoded-content-length", &*self.decoded_length)];
        if let Some(algorithm) = self.announced {
            headers.push(("x-amz-trailer", algorithm.header()));
        }
        Declared::read(self.payload, &headers_of(&headers), None)
    }

    pub(super) fn decoder(&self) -> Result<Decoder, BodyError> {
        Ok(Decoder::new(&self.declared()?, Some(chain()), LIMITS))
    }

    /// What comes out for the whole wire in one frame.
    pub(super) fn decode(&self) -> Result<Vec<u8>, BodyError> {
        decode(&mut self.decoder()?, &[&self.wire()]).1.map(|(data, _)| data)
    }
}

pub(super) fn headers_of(fields: &[(&'static str, &str)]) -> HeaderMap {
    let field = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
    };
    let mut headers = HeaderMap::new();
    for (name, value) in fields.iter().map(field) {
        headers.append(name, value);
    }
    headers
}

/// How many bytes were given on before the end, and the whole body if it has a good end.
pub(super) fn decode(
    decoder: &mut Decoder,
    frames: &[&[u8]],
) -> (usize, Result<(Vec<u8>, End), BodyError>) {
    let mut out = Vec::new();
    for frame in frames {
        let mut wire = Bytes::copy_from_slice(frame);
        loop {
            match decoder.push(&mut wire) {
                Ok(Decoded::Piece(piece)) => {
                    assert!(!piece.data.is_empty());
                    assert!(piece.hash.is_none_or(|hash| hash == hash::sha256(&piece.data)));
                    out.extend_from_slice(&piece.data);
                }
                Ok(Decoded::Nothing | Decoded::Chunk(_)) => {}
                Err(refused) => return (out.len(), Err(refused)),
            }
            if wire.is_empty() {
                break;
            }
        }
    }
    let given = out.len();
    let end = decoder.finish().map(|end| {
        out.extend_from_slice(&end.piece.data);
        (out, end)
    });
    (given, end)
}

pub(super) fn chain() -> Chain {
    static CHAIN: LazyLock<Chain> = LazyLock::new(|| {
        let at = datetime!(2026-01-31 12:00 UTC);
        let secret = SecretKey::new(*b"not a real secret");
        let key = SigningKey::derive(&secret, at.date(), "us-east-1");
        Chain::new(key, at, "us-east-1", [7; 32])
    });
    CHAIN.clone()
}
