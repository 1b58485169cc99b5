//! What the encoder gives, whatever it is given.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::Bytes;
use proptest::prelude::*;
use sigv::{Algorithm, Framing, Payload, Piece, hash};

use crate::bodies::{algorithm, body, checksums, cuts, encoded, length, pieces, seed};

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn length_on_the_wire_is_known_before_the_first_byte(
        framing in framing(),
        body in body(),
        cuts in cuts(),
    ) {
        let (chain, _) = seed(framing.payload());
        let wire = encoded(framing, chain, pieces(&body, &cuts), &checksums()).concat();
        prop_assert_eq!(framing.wire_length(length(&body)), Some(length(&wire)));
    }

    #[test]
    fn encoder_keeps_back_no_more_than_it_says(
        framing in framing(),
        body in body(),
        cuts in cuts(),
    ) {
        let (chain, _) = seed(framing.payload());
        let mut encoder = framing.encoder(length(&body), chain);
        let mut kept = 0;
        for piece in pieces(&body, &cuts) {
            let held = encoder.held_after(piece.data.len());
            let body = range(&piece.data);
            kept = piece.data.len().strict_add(kept);
            let mut wire = VecDeque::new();
            encoder.encode(piece, &mut wire);
            let data = wire.iter().filter(|part| !is_framing(part));
            kept = kept.strict_sub(data.clone().map(Bytes::len).sum());
            prop_assert!(kept <= held, "{kept} of {held}");
            // What it does not keep back it does not copy either.
            prop_assert!(held > 0 || data.clone().all(|part| is_within(part, &body)));
        }
        prop_assert_eq!(kept, 0);
    }

    #[test]
    fn unsigned_body_is_given_as_it_comes(body in body(), cuts in cuts()) {
        let framing = Framing::UnsignedTrailer(Algorithm::Crc32);
        let (chain, _) = seed(framing.payload());
        let mut expected = format!("{:x}\r\n", body.len()).into_bytes();
        if body.is_empty() {
            expected.clear();
        } else {
            expected.extend_from_slice(&body);
            expected.extend_from_slice(b"\r\n");
        }
        expected.extend_from_slice(b"0\r\nx-amz-checksum-crc32:AAECAw==\r\n\r\n");
        prop_assert_eq!(encoded(framing, chain, pieces(&body, &cuts), &checksums()).concat(), expected);
    }
}

#[test]
fn unsigned_chunks_are_a_mebibyte_but_the_last() {
    const CHUNK: usize = 1 << 20;
    let framing = Framing::UnsignedTrailer(Algorithm::Crc32);
    for size in [CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK - 1, 3 * CHUNK, 3 * CHUNK + 1] {
        let body = Bytes::from(vec![b'.'; size]);
        let mut expected = Vec::new();
        for chunk in body.chunks(CHUNK) {
            expected.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            expected.extend_from_slice(chunk);
            expected.extend_from_slice(b"\r\n");
        }
        expected.extend_from_slice(b"0\r\nx-amz-checksum-crc32:AAECAw==\r\n\r\n");
        assert_eq!(framing.wire_length(length(&body)), Some(length(&expected)));
        for cuts in [vec![], vec![CHUNK], vec![1, 2], vec![700_000; 4]] {
            let (chain, _) = seed(framing.payload());
            let wire = encoded(framing, chain, pieces(&body, &cuts), &checksums()).concat();
            assert!(wire == expected, "{size} bytes cut into {cuts:?}");
        }
    }
}

#[test]
fn piece_that_is_a_chunk_is_neither_copied_nor_hashed_again() {
    let framing = Framing::SignedChunks { chunk_bytes: 4, trailer: None };
    let chunks = [Bytes::from(b"1234".to_vec()), Bytes::from(b"5678".to_vec()), "9".into()];
    let (chain, _) = seed(framing.payload());
    let mut honest = VecDeque::new();
    let mut encoder = framing.encoder(9, chain.clone());
    for data in chunks.clone() {
        encoder.encode(Piece { hash: Some(hash::sha256(&data)), data }, &mut honest);
    }
    for (part, chunk) in honest.iter().skip(1).step_by(3).zip(&chunks) {
        assert_eq!(range(part), range(chunk));
    }
    // A wrong hash gives a wrong signature: it was taken at its word.
    for wrong in 0..chunks.len() {
        let mut encoder = framing.encoder(9, chain.clone());
        let mut wire = VecDeque::new();
        for (at, data) in chunks.iter().cloned().enumerate() {
            let hash = if at == wrong { [7; 32] } else { hash::sha256(&data) };
            encoder.encode(Piece { data, hash: Some(hash) }, &mut wire);
        }
        assert_ne!(wire[3 * wrong], honest[3 * wrong]);
    }
    // That of a piece which is no chunk says nothing.
    let mut encoder = framing.encoder(9, chain);
    let mut wire = VecDeque::new();
    for data in ["12", "345", "6789"].map(Bytes::from) {
        encoder.encode(Piece { data, hash: Some([7; 32]) }, &mut wire);
    }
    assert_eq!(wire, honest);
}

#[test]
fn body_that_is_not_whole_gets_no_end() {
    for framing in FRAMINGS {
        let (chain, _) = seed(framing.payload());
        let mut encoder = framing.encoder(5, chain);
        let mut wire = VecDeque::new();
        encoder.encode(Piece { data: "1234".into(), hash: None }, &mut wire);
        let before = wire.len();
        encoder.finish(&checksums(), &mut wire);
        assert_eq!(wire.len(), before, "{framing:?}");
    }
}

#[test]
fn checksum_that_was_announced_and_is_not_there_leaves_no_end() {
    for framing in FRAMINGS {
        let (chain, _) = seed(framing.payload());
        let mut encoder = framing.encoder(0, chain);
        let mut wire = VecDeque::new();
        let others =
            checksums().into_iter().filter(|one| Some(one.algorithm()) != framing.trailer());
        encoder.finish(&others.collect::<Vec<_>>(), &mut wire);
        assert_eq!(wire.is_empty(), framing.trailer().is_some() || !framing.is_framed());
    }
}

#[test]
fn nothing_follows_a_whole_body_or_its_end() {
    for framing in FRAMINGS {
        let (chain, _) = seed(framing.payload());
        let mut encoder = framing.encoder(4, chain);
        let mut wire = VecDeque::new();
        encoder.encode(Piece { data: "12345".into(), hash: Some([7; 32]) }, &mut wire);
        encoder.encode(Piece { data: "6".into(), hash: Some([7; 32]) }, &mut wire);
        encoder.encode(Piece { data: Bytes::new(), hash: Some([7; 32]) }, &mut wire);
        encoder.finish(&checksums(), &mut wire);
        encoder.encode(Piece { data: "7".into(), hash: None }, &mut wire);
        encoder.finish(&checksums(), &mut wire);
        let wire = wire.make_contiguous().concat();
        assert_eq!(framing.wire_length(4), Some(length(&wire)), "{framing:?}");
    }
}

#[test]
fn encoder_prints_nothing_of_the_body() {
    let framing = Framing::SignedChunks { chunk_bytes: 8, trailer: None };
    let mut encoder = framing.encoder(9, seed(framing.payload()).0);
    encoder.encode(Piece { data: "7777".into(), hash: None }, &mut VecDeque::new());
    assert_eq!(format!("{encoder:?}"), r#"Encoder { chunks: "signed", rest: 9, trailer: None }"#);
}

/// Where the bytes are.
fn range(data: &Bytes) -> Range<usize> {
    let start = data.as_ptr().addr();
    start..start.wrapping_add(data.len())
}

fn is_within(part: &Bytes, body: &Range<usize>) -> bool {
    body.contains(&range(part).start)
}

/// Whether a part is a line or its end, which no body made by [`body`] can be.
fn is_framing(part: &Bytes) -> bool {
    part.ends_with(b"\r\n")
}

fn framing() -> impl Strategy<Value = Framing> {
    prop_oneof![
        Just(Framing::Plain(Payload::Unsigned)),
        algorithm().prop_map(Framing::UnsignedTrailer),
        (1..2_000_usize, prop::option::of(algorithm()))
            .prop_map(|(chunk_bytes, trailer)| Framing::SignedChunks { chunk_bytes, trailer }),
    ]
}

/// One of each kind.
const FRAMINGS: [Framing; 4] = [
    Framing::Plain(Payload::Unsigned),
    Framing::UnsignedTrailer(Algorithm::Crc32),
    Framing::SignedChunks { chunk_bytes: 2, trailer: None },
    Framing::SignedChunks { chunk_bytes: 2, trailer: Some(Algorithm::Sha256) },
];
