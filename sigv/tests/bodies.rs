//! Bodies as tests write them.

use std::collections::VecDeque;

use bytes::Bytes;
use http::{HeaderMap, Method};
use proptest::prelude::*;
use sigv::{
    Algorithm, Chain, Checksum, ChunkLimits, Declared, Decoder, Framing, Payload, Piece, SecretKey,
    Signer, hash,
};
use time::OffsetDateTime;
use time::macros::datetime;

use crate::request::Request;

/// The chain of a request that our signer signed, and its signature.
pub(crate) fn seed(payload: Payload) -> (Chain, String) {
    let mut request = Request::new(Method::PUT, "/lake/a", "", &[("host", "lake.example.com")]);
    request.set("x-amz-date", "20130524T000000Z");
    request.set("x-amz-content-sha256", &payload.text());
    let signer = Signer::new(ID, secret(), "us-east-1").unwrap();
    let (authorization, chain) = signer.sign(request.wire(), &payload, AT);
    let (_, signature) = authorization.to_str().unwrap().rsplit_once('=').unwrap();
    (chain, signature.to_owned())
}

/// What the encoder gives of a whole body.
pub(crate) fn encoded(
    framing: Framing,
    chain: Chain,
    pieces: Vec<Piece>,
    checksums: &[Checksum],
) -> Vec<Bytes> {
    let decoded = pieces.iter().map(|piece| length(&piece.data)).sum();
    let mut encoder = framing.encoder(decoded, chain);
    let mut wire = VecDeque::new();
    for piece in pieces {
        encoder.encode(piece, &mut wire);
    }
    encoder.finish(checksums, &mut wire);
    wire.into()
}

/// The body in pieces of the lengths `cuts`, the last one as long as it takes; every other one with its hash.
pub(crate) fn pieces(body: &Bytes, cuts: &[usize]) -> Vec<Piece> {
    let mut rest = body.clone();
    let cut = cuts.iter().map(|cut| rest.split_to(rest.len().min(*cut))).collect::<Vec<_>>();
    let pieces = cut.into_iter().chain([rest]).enumerate();
    let hash = |at: usize, data: &Bytes| at.is_multiple_of(2).then(|| hash::sha256(data));
    pieces.map(|(at, data)| Piece { hash: hash(at, &data), data }).collect()
}

/// The checksum of `body`, which our decoder computes.
pub(crate) fn checksum_of(algorithm: Algorithm, body: &Bytes) -> Checksum {
    let declared = Declared::read(Payload::Unsigned, &HeaderMap::new(), Some(length(body)));
    let mut decoder = Decoder::new(&declared.unwrap(), None, LIMITS);
    decoder.want(algorithm);
    decoder.push(&mut body.clone()).unwrap();
    decoder.finish().unwrap().checksums.remove(0)
}

/// A checksum of each algorithm, of no body in particular.
pub(crate) fn checksums() -> Vec<Checksum> {
    Algorithm::ALL.into_iter().map(checksum).collect()
}

pub(crate) fn checksum(algorithm: Algorithm) -> Checksum {
    let text = match algorithm {
        Algorithm::Crc32 | Algorithm::Crc32c => "AAECAw==",
        Algorithm::Crc64Nvme => "AAECAwQFBgc=",
        Algorithm::Sha1 => "AAECAwQFBgcICQoLDA0ODxAREhM=",
        Algorithm::Sha256 => "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    };
    Checksum::parse(algorithm, text).unwrap()
}

pub(crate) fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap()
}

pub(crate) fn secret() -> SecretKey {
    SecretKey::new(SECRET.as_bytes())
}

pub(crate) fn algorithm() -> impl Strategy<Value = Algorithm> {
    prop::sample::select(&Algorithm::ALL[..])
}

pub(crate) fn body() -> impl Strategy<Value = Bytes> {
    prop::collection::vec(prop::sample::select(&b"abcdef"[..]), 0..5_000).prop_map(Bytes::from)
}

pub(crate) fn cuts() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..1_500_usize, 0..12)
}

pub(crate) const AT: OffsetDateTime = datetime!(2013-05-24 00:00 UTC);
pub(crate) const ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// Limits that stop no body of these tests.
pub(crate) const LIMITS: ChunkLimits =
    ChunkLimits { chunk_bytes_max: 65_536, chunk_line_bytes_max: 128, trailer_bytes_max: 512 };
