//! What is refused, field by field: the rest of each stream is as it should be.

use bytes::Bytes;

use super::checksum::Algorithm;
use super::error::BodyError;
use super::piece::Decoded;
use super::stream::{Chunk, LIMITS, Stream, chain, decode};
use crate::payload::Payload;

/// Three chunks of 4, 4 and 1 byte, and the last and empty one.
const DATA: &[u8] = b"123456789";

fn signed() -> Stream {
    Stream::new(Payload::SignedChunks, None, DATA, 4)
}

fn unsigned() -> Stream {
    Stream::new(Payload::UnsignedTrailer, Some(Algorithm::Crc32), DATA, 4)
}

fn signed_trailer() -> Stream {
    Stream::new(Payload::SignedChunksTrailer, Some(Algorithm::Crc32), DATA, 4)
}

/// What the stream is refused with, once `change` was made.
fn refused(stream: &Stream, change: impl FnOnce(&mut Stream)) -> BodyError {
    let mut changed = stream.clone();
    change(&mut changed);
    changed.decode().unwrap_err()
}

/// What the stream is refused with, once its wire was changed.
fn refused_wire(stream: &Stream, wire: &[u8]) -> BodyError {
    decode(&mut stream.decoder().unwrap(), &[wire]).1.unwrap_err()
}

#[test]
fn a14_size_of_a_chunk_is_1_to_16_hex_digits() {
    let seventeen = format!("{}4", "0".repeat(16));
    for stream in [signed(), unsigned()] {
        for at in 0..stream.chunks.len() {
            for size in ["", "0x4", "0X4", "+4", "-4", " 4", "4 ", "4\t", "4h", "g", "4,4", "٤"] {
                let error = refused(&stream, |stream| stream.chunks[at].size = size.to_owned());
                assert_eq!(error, BodyError::MalformedChunkLine, "{size}");
            }
            let error = refused(&stream, |stream| stream.chunks[at].size.clone_from(&seventeen));
            assert_eq!(error, BodyError::MalformedChunkLine);
            let zeros = "0".repeat(1000);
            let error = refused(&stream, |stream| stream.chunks[at].size.insert_str(0, &zeros));
            assert_eq!(error, BodyError::LongChunkLine { max: LIMITS.chunk_line_bytes_max });
        }
    }
}

#[test]
fn a14_size_of_a_chunk_may_have_leading_zeros_and_either_case() {
    for payload in [Payload::SignedChunks, Payload::UnsignedTrailer] {
        for size in ["a", "A", "0a", "000000000000000A"] {
            let mut stream = Stream::new(payload, None, b"ten bytes.", 10);
            stream.chunks[0].size = size.to_owned();
            assert_eq!(stream.decode().unwrap(), b"ten bytes.");
        }
    }
}

#[test]
fn a14_size_beyond_the_declared_length_is_surplus() {
    for size in ["a", "7fffffffffffffff", "8000000000000000", "ffffffffffffffff"] {
        for stream in [signed(), unsigned()] {
            let error = refused(&stream, |stream| stream.chunks[0].size = size.to_owned());
            assert_eq!(error, BodyError::Surplus, "{size}");
        }
    }
}

#[test]
fn a14_size_must_be_that_of_the_data() {
    for (size, is_short) in [("3", false), ("5", false), ("0", true)] {
        let change = |stream: &mut Stream| stream.chunks[0].size = size.to_owned();
        assert_eq!(refused(&signed(), change), BodyError::ChunkSignature, "{size}");
        let expected = if is_short { BodyError::Deficit } else { BodyError::ChunkEnd };
        assert_eq!(refused(&unsigned(), change), expected, "{size}");
    }
}

#[test]
fn a14_extension_of_a_mebibyte_is_refused_when_the_line_is_full() {
    for stream in [signed(), unsigned()] {
        let line = format!("4;x={}", "x".repeat(1 << 20));
        let mut decoder = stream.decoder().unwrap();
        let error = BodyError::LongChunkLine { max: LIMITS.chunk_line_bytes_max };
        let mut taken = 0_usize;
        for byte in line.as_bytes().chunks(1) {
            match decoder.push(&mut Bytes::copy_from_slice(byte)) {
                Ok(given) => assert_eq!(given, Decoded::Nothing),
                Err(refused) => {
                    assert_eq!(refused, error);
                    break;
                }
            }
            taken = taken.saturating_add(1);
        }
        assert!(taken < LIMITS.chunk_line_bytes_max, "{taken}");
        assert_eq!(refused_wire(&stream, line.as_bytes()), error);
    }
}

#[test]
fn a14_unsigned_chunks_have_no_extension() {
    let with_signature = format!(";chunk-signature={}", "0".repeat(64));
    for extension in [";", ";x", ";x=1", ";chunk-signature=", &with_signature] {
        for at in 0..4 {
            let error = refused(&unsigned(), |stream| {
                stream.chunks[at].extension = extension.to_owned();
            });
            assert_eq!(error, BodyError::MalformedChunkLine, "{extension}");
        }
    }
}

#[test]
fn a11_signature_of_any_chunk_must_be_right() {
    for stream in [signed(), signed_trailer()] {
        for at in 0..stream.chunks.len() {
            let prefix = ";chunk-signature=".len();
            for digit in [prefix, prefix + 31, prefix + 63] {
                let error = refused(&stream, |stream| {
                    let extension = &mut stream.chunks[at].extension;
                    let other = if extension.as_bytes()[digit] == b'0' { "1" } else { "0" };
                    extension.replace_range(digit..=digit, other);
                });
                assert_eq!(error, BodyError::ChunkSignature, "{at} {digit}");
            }
            for other in (0..stream.chunks.len()).filter(|other| *other != at) {
                let error = refused(&stream, |stream| {
                    stream.chunks[at].extension = stream.chunks[other].extension.clone();
                });
                assert_eq!(error, BodyError::ChunkSignature, "{at} {other}");
            }
        }
    }
}

#[test]
fn a11_signature_is_there_once_in_lower_case_and_alone() {
    let stream = signed();
    for at in 0..stream.chunks.len() {
        let own = stream.chunks[at].extension.clone();
        let changed = [
            String::new(),
            ";".to_owned(),
            ";chunk-signature=".to_owned(),
            own.to_uppercase(),
            own.replace(|digit: char| digit.is_ascii_digit(), "A"),
            own.replace("chunk", "Chunk"),
            own.replace(';', "; "),
            own.replace(';', ","),
            own.replace('=', " = "),
            format!("{own} "),
            format!("{own}0"),
            format!("{own};"),
            format!("{own};x=1"),
            format!(";x=1{own}"),
            format!("{own}{own}"),
            own.chars().take(own.len() - 1).collect(),
        ];
        for extension in changed {
            let error =
                refused(&stream, |stream| stream.chunks[at].extension.clone_from(&extension));
            let is_long = extension.len() + 3 > LIMITS.chunk_line_bytes_max;
            let long = BodyError::LongChunkLine { max: LIMITS.chunk_line_bytes_max };
            let expected = if is_long { long } else { BodyError::MalformedChunkLine };
            assert_eq!(error, expected, "{extension}");
        }
    }
}

#[test]
fn a11_chunks_reordered_dropped_or_doubled_are_refused() {
    for stream in [signed(), signed_trailer()] {
        for at in 0..3 {
            for other in (0..3).filter(|other| *other != at) {
                let error = refused(&stream, |stream| stream.chunks.swap(at, other));
                assert_eq!(error, BodyError::ChunkSignature, "{at} {other}");
            }
            let error = refused(&stream, |stream| {
                stream.chunks.remove(at);
            });
            assert_eq!(error, BodyError::ChunkSignature, "{at}");
        }
        for (at, expected) in
            [(0, BodyError::ChunkSignature), (1, BodyError::Surplus), (2, BodyError::Surplus)]
        {
            let error = refused(&stream, |stream| {
                stream.chunks.insert(at, stream.chunks[at].clone());
            });
            assert_eq!(error, expected, "{at}");
        }
    }
    // The checksum sees what no signature does.
    let error = refused(&unsigned(), |stream| stream.chunks.swap(0, 1));
    assert_eq!(error, BodyError::Checksum { algorithm: Algorithm::Crc32 });
    let error = refused(&unsigned(), |stream| {
        stream.chunks.remove(1);
    });
    assert_eq!(error, BodyError::Deficit);
}

#[test]
fn a11_last_chunk_must_come_once_and_nothing_after_the_end() {
    for stream in [signed(), signed_trailer(), unsigned()] {
        let error = refused(&stream, |stream| {
            stream.chunks.pop();
        });
        assert_eq!(error, BodyError::MalformedChunkLine);
        let wire = stream.wire();
        for tail in [&b"\r\n"[..], b"0", b"\n", b"0\r\n\r\n", &wire] {
            assert_eq!(refused_wire(&stream, &[&*wire, tail].concat()), BodyError::Tail);
            let mut decoder = stream.decoder().unwrap();
            let mut all = Bytes::from([&*wire, tail].concat());
            while decoder.push(&mut all).is_ok() {}
            assert_eq!(all, tail, "nothing after the end is taken");
            assert_eq!(decoder.finish(), Err(BodyError::Tail));
        }
    }
    for stream in [signed(), signed_trailer()] {
        let error = refused(&stream, |stream| stream.chunks.push(Chunk::new(b"")));
        assert!(matches!(error, BodyError::MalformedTrailer | BodyError::UndeclaredTrailer));
    }
}

#[test]
fn a11_signed_chunks_without_a_chain_are_refused() {
    for stream in [signed(), signed_trailer()] {
        let mut decoder = super::decoder::Decoder::new(&stream.declared().unwrap(), None, LIMITS);
        assert_eq!(decode(&mut decoder, &[&stream.wire()]), (0, Err(BodyError::ChunkSignature)));
        assert_eq!(decoder.finish(), Err(BodyError::ChunkSignature));
    }
}

#[test]
fn a11_line_ends_are_carriage_return_and_line_feed_and_nothing_else() {
    for stream in [signed(), signed_trailer(), unsigned()] {
        let wire = stream.wire();
        let ends = (0..wire.len()).filter(|at| wire[*at..].starts_with(b"\r\n"));
        for at in ends {
            for end in ["\n", "\r", "\n\r", "\r\r\n", "\n\n", "\n\r\n", "\r\n\r\n", ""] {
                // The one exception, of the checksum in a trailer.
                if end == "\n\r\n" && is_end_of_checksum(&stream, &wire[..at]) {
                    continue;
                }
                let changed = [&wire[..at], end.as_bytes(), &wire[at + 2..]].concat();
                refused_wire(&stream, &changed);
            }
        }
    }
}

fn is_end_of_checksum(stream: &Stream, wire: &[u8]) -> bool {
    stream.trailer.first().is_some_and(|line| wire.ends_with(line.as_bytes()))
}

#[test]
fn a13_declared_length_must_be_that_of_the_data() {
    for stream in [signed(), signed_trailer(), unsigned()] {
        let change = |length: &str| {
            let length = length.to_owned();
            refused(&stream, |stream| stream.decoded_length = length)
        };
        for lower in ["0", "1", "4", "8"] {
            assert_eq!(change(lower), BodyError::Surplus, "{lower}");
        }
        for higher in ["10", "12", "18446744073709551615"] {
            assert_eq!(change(higher), BodyError::Deficit, "{higher}");
        }
        for malformed in ["-9", "+9", "", "9 ", "0x9", "18446744073709551616", "9,9"] {
            assert_eq!(change(malformed), BodyError::MalformedLength, "{malformed}");
        }
    }
}

#[test]
fn signed_chunk_over_the_limit_is_refused_by_its_line() {
    let data = vec![b'a'; LIMITS.chunk_bytes_max + 1];
    let stream = Stream::new(Payload::SignedChunks, None, &data, data.len());
    let error = BodyError::LargeChunk { max: LIMITS.chunk_bytes_max };
    let wire = stream.wire();
    let line = wire.iter().position(|byte| *byte == b'\n').unwrap();
    assert_eq!(refused_wire(&stream, &wire[..=line]), error);
    assert!(error.message().contains("65536"));

    let at_most = Stream::new(Payload::SignedChunks, None, &data[1..], data.len());
    assert_eq!(at_most.decode().unwrap(), &data[1..]);
    let unsigned = Stream::new(Payload::UnsignedTrailer, None, &data, data.len());
    assert_eq!(unsigned.decode().unwrap(), data);
}

#[test]
fn signed_chunk_is_told_before_a_byte_of_it_is_taken_and_given_once_it_is_verified() {
    let stream = Stream::new(Payload::SignedChunks, None, DATA, 5);
    let mut decoder = stream.decoder().unwrap();
    let mut wire = Bytes::from(stream.wire());
    assert_eq!(decoder.push(&mut wire), Ok(Decoded::Chunk(5)));
    assert!(wire.starts_with(b"12345\r\n"));
    let mut most = wire.split_to(4);
    assert_eq!(decoder.push(&mut most), Ok(Decoded::Nothing));
    let Ok(Decoded::Piece(piece)) = decoder.push(&mut wire) else { panic!("a piece is due") };
    assert_eq!(piece.data, "12345");
    assert_eq!(piece.hash, Some(crate::hash::sha256(b"12345")));
    assert_eq!(decoder.push(&mut wire), Ok(Decoded::Chunk(4)));
    assert_eq!(decoder.push(&mut wire), Ok(Decoded::Nothing));
    let end = decoder.finish().unwrap();
    assert_eq!(end.piece.data, "6789");
    assert_eq!(end.piece.hash, Some(crate::hash::sha256(b"6789")));
}

#[test]
fn nothing_of_a_body_or_a_signature_prints() {
    let stream = signed();
    let mut decoder = stream.decoder().unwrap();
    let mut wire = Bytes::from(stream.wire());
    let mut printed = vec![format!("{decoder:?} {:?}", chain())];
    while !wire.is_empty() {
        let given = decoder.push(&mut wire);
        printed.push(format!("{given:?} {decoder:?}"));
    }
    printed.push(format!("{:?}", decoder.finish()));
    let printed = printed.concat();
    for chunk in &stream.chunks {
        assert!(!printed.contains(chunk.extension.rsplit_once('=').unwrap().1));
    }
    assert!(!printed.contains("1234"), "{printed}");
}
