//! Bodies as clients send them.

use std::collections::VecDeque;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use sigv::{
    Algorithm, Chain, Checksum, ChunkLimits, Declared, Decoder, Framing, Payload, Piece, SecretKey,
    Signer, Wire, amz_date,
};
use time::macros::datetime;

/// A body on the wire, and what its head says of it.
#[derive(Clone, Debug)]
pub struct Stream {
    pub payload: Payload,
    pub headers: HeaderMap,
    /// How long the head says that it is without framing, in bytes.
    pub length: u64,
    pub wire: Vec<u8>,
}

impl Stream {
    /// The whole of `body`, given to the encoder in pieces of `cut` bytes.
    pub fn encode(framing: Framing, body: &[u8], cut: usize) -> Self {
        let payload = framing.payload();
        let length = u64::try_from(body.len()).expect("a length");
        let mut encoder = framing.encoder(length, chain(payload));
        let mut wire = VecDeque::new();
        for piece in body.chunks(cut.max(1)) {
            encoder.encode(Piece { data: Bytes::copy_from_slice(piece), hash: None }, &mut wire);
        }
        let checksums: Vec<_> =
            framing.trailer().map(|algorithm| checksum(algorithm, body)).into_iter().collect();
        encoder.finish(&checksums, &mut wire);
        let wire = wire.make_contiguous().concat();
        let on_wire = u64::try_from(wire.len()).expect("a length");
        assert_eq!(framing.wire_length(length), Some(on_wire), "length on the wire");
        Self { payload, headers: announcing(framing.trailer()), length, wire }
    }

    /// What its head declares.
    pub fn declared(&self) -> Option<Declared> {
        let mut headers = self.headers.clone();
        headers.insert("x-amz-decoded-content-length", HeaderValue::from(self.length));
        Declared::read(self.payload, &headers, Some(self.length)).ok()
    }
}

/// The header that announces a trailer.
pub fn announcing(trailer: Option<Algorithm>) -> HeaderMap {
    let value = |algorithm: Algorithm| HeaderValue::from_static(algorithm.header());
    let name = http::HeaderName::from_static("x-amz-trailer");
    trailer.map(|algorithm| (name, value(algorithm))).into_iter().collect()
}

/// The chain of a request whose signature says `payload`.
pub fn chain(payload: Payload) -> Chain {
    let at = datetime!(2026-01-31 12:00 UTC);
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("lake.example.com"));
    headers.insert("x-amz-date", amz_date::header_value(at));
    headers.insert("x-amz-content-sha256", payload.header_value());
    let wire = Wire {
        method: &Method::PUT,
        path: "/lake/a",
        query: "",
        headers: &headers,
        host_bucket: None,
    };
    let signer = Signer::new("AKIAFUZZ", SecretKey::new(*b"not a real secret"), "us-east-1");
    signer.expect("a good credential").sign(wire, &payload, at).1
}

/// The checksum of `body`.
pub fn checksum(algorithm: Algorithm, body: &[u8]) -> Checksum {
    let length = u64::try_from(body.len()).expect("a length");
    let declared = Declared::read(Payload::Unsigned, &HeaderMap::new(), Some(length));
    let mut decoder = Decoder::new(&declared.expect("a length"), None, LIMITS);
    decoder.want(algorithm);
    let mut wire = Bytes::copy_from_slice(body);
    while !wire.is_empty() {
        decoder.push(&mut wire).expect("no more than declared");
    }
    let checksums = decoder.finish().expect("all that was declared").checksums;
    checksums.into_iter().next().expect("the checksum that was wanted")
}

/// Limits that stop nothing which the encoder makes of small bodies.
pub const LIMITS: ChunkLimits =
    ChunkLimits { chunk_bytes_max: 1 << 16, chunk_line_bytes_max: 128, trailer_bytes_max: 1024 };
