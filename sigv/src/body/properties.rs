//! What holds for every stream of every framed mode, wherever it is split, cut or changed.

use proptest::prelude::*;

use super::checksum::Algorithm;
use super::error::BodyError;
use super::piece::End;
use super::stream::{Stream, decode};
use crate::payload::Payload;

/// 19 bytes: as chunks of 8 they need a digit and a letter for their sizes, as one chunk two digits.
const DATA: &[u8] = b"bytes of the body\r\n";

/// One of each framing, with and without a trailer, and as minio-go ends its line; all algorithms go the same way.
fn streams_of(data: &[u8], chunk_bytes: usize) -> Vec<Stream> {
    let streams = [
        (Payload::SignedChunks, None),
        (Payload::SignedChunksTrailer, Some(Algorithm::Crc32)),
        (Payload::UnsignedTrailer, Some(Algorithm::Crc64Nvme)),
        (Payload::UnsignedTrailer, Some(Algorithm::Sha256)),
        (Payload::UnsignedTrailer, None),
    ]
    .map(|(payload, announced)| Stream::new(payload, announced, data, chunk_bytes));
    let [_, mut signed, mut unsigned, ..] = streams.clone();
    signed.trailer[0].push('\n');
    unsigned.trailer[0].push('\n');
    streams.into_iter().chain([signed, unsigned]).collect()
}

fn streams() -> impl Iterator<Item = Stream> {
    [(DATA, 10), (DATA, DATA.len()), (b"123", 1), (b"", 1)]
        .into_iter()
        .flat_map(|(data, chunk_bytes)| streams_of(data, chunk_bytes))
}

fn data(stream: &Stream) -> Vec<u8> {
    stream.chunks.iter().flat_map(|chunk| chunk.data.clone()).collect()
}

/// Asserts that what is given on before the end is never the whole body.
fn run(stream: &Stream, frames: &[&[u8]]) -> Result<(Vec<u8>, End), BodyError> {
    let (given, end) = decode(&mut stream.decoder().unwrap(), frames);
    let length = data(stream).len();
    assert!(given < length || length == 0, "{given} bytes given before the end: {stream:?}");
    end
}

#[test]
fn body_comes_out_the_same_wherever_the_wire_is_split() {
    for stream in streams() {
        let wire = stream.wire();
        let (whole, end) = run(&stream, &[&wire]).unwrap();
        assert_eq!(whole, data(&stream));
        assert_eq!(end.checksums.len(), usize::from(stream.announced.is_some()));
        for split in 0..=wire.len() {
            let (first, second) = wire.split_at(split);
            let (out, last) = run(&stream, &[first, b"", second]).unwrap();
            assert_eq!((out, last.checksums), (whole.clone(), end.checksums.clone()), "{split}");
        }
        let single: Vec<&[u8]> = wire.chunks(1).collect();
        assert_eq!(run(&stream, &single).unwrap().0, whole);
    }
}

proptest! {
    #[test]
    fn body_comes_out_the_same_in_any_frames(
        data in proptest::collection::vec(any::<u8>(), 0..300),
        chunk_bytes in 1..150_usize,
        mode in 0..12_usize,
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let stream = Stream::of_every_mode(&data, chunk_bytes).swap_remove(mode);
        let wire = stream.wire();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(wire.len())).collect();
        cuts.sort_unstable();
        let mut frames = Vec::new();
        let mut left = wire.as_slice();
        for cut in cuts.iter().rev() {
            let (before, frame) = left.split_at(*cut);
            frames.insert(0, frame);
            left = before;
        }
        frames.insert(0, left);
        prop_assert_eq!(run(&stream, &frames).unwrap().0, data);
    }

    #[test]
    fn a11_stream_with_several_bytes_changed_gives_the_same_body_or_none(
        mode in 0..12_usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let stream = Stream::of_every_mode(DATA, 10).swap_remove(mode);
        let mut wire = stream.wire();
        for (at, byte) in changes {
            let at = at.index(wire.len());
            wire[at] = byte;
        }
        if let Ok((out, _)) = run(&stream, &[&wire]) {
            prop_assert!(stream.announced.is_none() && !stream.is_signed() || out == DATA);
        }
    }

    #[test]
    fn no_bytes_whatever_make_the_decoder_panic(
        wire in proptest::collection::vec(any::<u8>(), 0..200),
        size in 0..40_u8,
        mode in 0..12_usize,
    ) {
        let stream = Stream::of_every_mode(DATA, 10).swap_remove(mode);
        let wire = [format!("{size:x}\r\n").into_bytes(), wire].concat();
        let _refused = run(&stream, &[&wire]);
    }
}

#[test]
fn a11_stream_that_is_cut_anywhere_never_ends_well() {
    for stream in streams() {
        let wire = stream.wire();
        for cut in 0..wire.len() {
            assert_eq!(run(&stream, &[&wire[..cut]]).unwrap_err(), BodyError::Cut, "{cut}");
        }
    }
}

#[test]
fn a11_stream_with_any_byte_changed_gives_the_same_body_or_none() {
    for stream in streams_of(DATA, 10) {
        let wire = stream.wire();
        let (body, end) = run(&stream, &[&wire]).unwrap();
        // Nothing speaks of the bytes themselves in a body without signatures and without a trailer.
        let is_checked = stream.is_signed() || stream.announced.is_some();
        each_mutation(&wire, |changed| {
            let Ok((out, other)) = run(&stream, &[changed]) else { return };
            assert_eq!(out.len(), body.len());
            assert_eq!(other.checksums, end.checksums);
            if is_checked {
                assert_eq!(out, body, "{}", changed.escape_ascii());
                assert_eq!(plain(changed), plain(&wire), "{}", changed.escape_ascii());
            }
        });
    }
}

/// A wire in lower case, without blanks, without zeros before a line's first digit, and without an LF at the end of a
/// checksum's line.
fn plain(wire: &[u8]) -> Vec<u8> {
    let text: String = wire.escape_ascii().to_string().to_ascii_lowercase();
    let lines = text.split("\\r\\n").map(|line| {
        let line = line.replace([' ', '\t'], "").replace("\\t", "");
        let is_checksum = line.starts_with("x-amz-checksum-");
        let fed = line.strip_suffix("\\n").filter(|_| is_checksum).map(str::to_owned);
        let line = fed.unwrap_or(line);
        let trimmed = line.trim_start_matches('0').to_owned();
        if trimmed.starts_with(';') || trimmed.is_empty() { format!("0{trimmed}") } else { trimmed }
    });
    lines.collect::<Vec<_>>().join("\n").into_bytes()
}

/// Every byte of `wire` flipped, replaced, removed, doubled, and with another before it.
fn each_mutation(wire: &[u8], mut check: impl FnMut(&[u8])) {
    let mut changed = wire.to_vec();
    for (at, byte) in wire.iter().copied().enumerate() {
        for flip in [0x01, 0x02, 0x04, 0x10, 0x20, 0x80, 0xff] {
            changed[at] = byte ^ flip;
            check(&changed);
        }
        for other in *b"\r\n 0;:aF+x" {
            if other != byte {
                changed[at] = other;
                check(&changed);
            }
        }
        changed[at] = byte;
    }
    for at in 0..wire.len() {
        let (before, after) = wire.split_at(at);
        check(&[before, &after[1..]].concat());
        check(&[before, &after[..1], after].concat());
        for other in b"\r\n 0;:aF+\t" {
            check(&[before, &[*other], after].concat());
        }
    }
}
