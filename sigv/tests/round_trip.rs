//! Bodies out of one end of the pipeline and into the other.

use std::collections::VecDeque;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use sigv::{Algorithm, Chain, Declared, Decoded, Decoder, End, Framing, Payload, Piece, hash};

use crate::bodies::{LIMITS, algorithm, body, checksum_of, cuts, encoded, length, pieces, seed};
use crate::chunks::judge;

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chunks_that_the_rust_sdk_signed_decode(
        chunk_bytes in 1..2_000_usize,
        trailer in prop::option::of(algorithm()),
        body in body(),
        cuts in cuts(),
    ) {
        let framing = Framing::SignedChunks { chunk_bytes, trailer };
        let (chain, seed) = seed(framing.payload());
        let trailer = trailer.map(|algorithm| checksum_of(algorithm, &body));
        let wire = Bytes::from(judge(&body, chunk_bytes, trailer.as_ref(), &seed));
        let (decoded, end) = decode(framing, length(&body), chain, &parts(&wire, &cuts));
        prop_assert_eq!(decoded, body);
        prop_assert_eq!(end.checksums, Vec::from_iter(trailer));
    }

    #[test]
    fn what_the_encoder_gives_decodes(
        mode in 0..5_u8,
        chunk_bytes in 1..2_000_usize,
        algorithm in algorithm(),
        body in body(),
        cuts in (cuts(), cuts()),
    ) {
        let framing = framing(mode, chunk_bytes, algorithm, &body);
        let trailer = framing.trailer().map(|algorithm| checksum_of(algorithm, &body));
        let (chain, _) = seed(framing.payload());
        let wire = Bytes::from(encoded(framing, chain.clone(), pieces(&body, &cuts.0), trailer.as_slice()).concat());
        let (decoded, end) = decode(framing, length(&body), chain, &parts(&wire, &cuts.1));
        prop_assert_eq!(decoded, body);
        prop_assert_eq!(end.checksums, Vec::from_iter(trailer));
    }

    #[test]
    fn signed_chunks_pass_through_the_pipeline_without_a_copy_or_a_second_hash(
        chunk_bytes in 1..2_000_usize,
        trailer in prop::option::of(algorithm()),
        body in body(),
        cuts in cuts(),
    ) {
        let framing = Framing::SignedChunks { chunk_bytes, trailer };
        let trailer = trailer.map(|algorithm| checksum_of(algorithm, &body));
        let (chain, _) = seed(framing.payload());
        let client = Bytes::from(encoded(framing, chain.clone(), pieces(&body, &cuts), trailer.as_slice()).concat());
        let declared = declared(framing, length(&body));
        let mut decoder = Decoder::new(&declared, Some(chain.clone()), LIMITS);
        let mut encoder = framing.encoder(length(&body), chain);
        let mut up = VecDeque::new();
        let mut through = |piece: Piece| {
            assert_eq!(piece.hash, Some(hash::sha256(&piece.data)));
            assert_eq!(encoder.held_after(piece.data.len()), 0);
            let data = piece.data.clone();
            encoder.encode(piece, &mut up);
            assert!(up.iter().any(|part| part.as_ptr() == data.as_ptr()));
        };
        for mut part in parts(&client, &cuts) {
            while !part.is_empty() {
                if let Decoded::Piece(piece) = decoder.push(&mut part).unwrap() {
                    through(piece);
                }
            }
        }
        let end = decoder.finish().unwrap();
        if !body.is_empty() {
            through(end.piece);
        }
        encoder.finish(&end.checksums, &mut up);
        prop_assert_eq!(Bytes::from(up.make_contiguous().concat()), client);
    }
}

/// Decodes a whole body that holds.
fn decode(framing: Framing, length: u64, chain: Chain, parts: &[Bytes]) -> (Vec<u8>, End) {
    let mut decoder = Decoder::new(&declared(framing, length), Some(chain), LIMITS);
    let mut body = Vec::new();
    for part in parts {
        let mut part = part.clone();
        while !part.is_empty() {
            if let Decoded::Piece(piece) = decoder.push(&mut part).unwrap() {
                body.extend_from_slice(&piece.data);
                assert!(u64::try_from(body.len()).unwrap() < length, "complete before its end");
            }
        }
    }
    let end = decoder.finish().unwrap();
    body.extend_from_slice(&end.piece.data);
    (body, end)
}

/// What the head of a request would declare.
fn declared(framing: Framing, length: u64) -> Declared {
    let mut headers = HeaderMap::new();
    if framing.is_framed() {
        headers.insert("x-amz-decoded-content-length", HeaderValue::from(length));
    }
    if let Some(algorithm) = framing.trailer() {
        headers.insert("x-amz-trailer", HeaderValue::from_static(algorithm.header()));
    }
    let wire_length = (!framing.is_framed()).then_some(length);
    Declared::read(framing.payload(), &headers, wire_length).unwrap()
}

fn parts(wire: &Bytes, cuts: &[usize]) -> Vec<Bytes> {
    pieces(wire, cuts).into_iter().map(|piece| piece.data).collect()
}

fn framing(mode: u8, chunk_bytes: usize, algorithm: Algorithm, body: &[u8]) -> Framing {
    match mode {
        0 => Framing::Plain(Payload::Hash(hash::sha256(body))),
        1 => Framing::Plain(Payload::Unsigned),
        2 => Framing::UnsignedTrailer(algorithm),
        3 => Framing::SignedChunks { chunk_bytes, trailer: None },
        _ => Framing::SignedChunks { chunk_bytes, trailer: Some(algorithm) },
    }
}
