//! A wire that was right, changed.

use bytes::Bytes;
use sigv::{Algorithm, Framing, Payload, hash};

use super::input::Input;
use super::run::Run;
use super::stream::{LIMITS, Stream, chain};

/// Encodes a body, changes the wire as `input` says, and decodes it: the same body comes out, or none. Says which.
///
/// `live` says how many bytes of memory are in use.
///
/// # Panics
///
/// When the decoder breaks a promise.
pub fn mutate(input: &[u8], live: &dyn Fn() -> usize) -> bool {
    let mut input = Input::new(input);
    let mode = input.byte();
    let algorithm = input.one_of(&STRONG);
    let chunk_bytes = input.size();
    let length = input.size().min(LENGTH_MAX);
    let body: Vec<u8> = (0..=250_u8).cycle().skip(usize::from(input.byte())).take(length).collect();
    let cut = input.size();
    let framing = framing(mode, algorithm, chunk_bytes, &body);
    let mut stream = Stream::encode(framing, &body, cut);
    let (_, last) = stream.wire.split_at(stream.wire.len().saturating_sub(LAST_SIGNATURE_BYTES));
    let last = last.to_vec();
    for _ in 0..MUTATIONS_MAX {
        if !input.is_empty() {
            change(&mut stream, &mut input);
        }
    }
    let Some(declared) = stream.declared() else { return false };
    let chain = Some(chain(stream.payload));
    let run = Run { declared: &declared, chain, limits: LIMITS, wanted: None };
    let wire = Bytes::from(stream.wire);
    let parts: Vec<_> = wire.chunks(cut.max(64)).map(|part| wire.slice_ref(part)).collect();
    let Ok(decoded) = run.decode(&parts, wire.len(), live) else { return false };
    assert_eq!(decoded, body, "another body than was encoded");
    if let Framing::SignedChunks { .. } = framing {
        assert!(wire.ends_with(&last), "another signature than was encoded");
    }
    true
}

/// A framing that tells every change of `body`.
fn framing(mode: u8, algorithm: Algorithm, chunk_bytes: usize, body: &[u8]) -> Framing {
    // Not too many chunks: each costs two hashes.
    let few = body.len().checked_div(64).unwrap_or(0).max(1);
    let chunk_bytes = chunk_bytes.clamp(few, LIMITS.chunk_bytes_max);
    match mode.checked_rem(4) {
        Some(0) => Framing::Plain(Payload::Hash(hash::sha256(body))),
        Some(1) => Framing::UnsignedTrailer(algorithm),
        Some(2) => Framing::SignedChunks { chunk_bytes, trailer: None },
        _ => Framing::SignedChunks { chunk_bytes, trailer: Some(algorithm) },
    }
}

/// Changes one thing.
fn change(stream: &mut Stream, input: &mut Input<'_>) {
    let kind = input.byte();
    let wire = &mut stream.wire;
    let at = input.size().min(wire.len());
    let number = input.byte();
    let end = at.saturating_add(usize::from(number)).min(wire.len());
    match kind.checked_rem(10) {
        Some(0) => wire.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= number),
        Some(1) => wire.insert(at, number),
        Some(2) => drop(wire.drain(at..end)),
        Some(3) => {
            let again = wire.get(at..end).unwrap_or_default().to_vec();
            wire.splice(at..at, again);
        }
        Some(4) => wire.truncate(at),
        Some(5) => {
            let token = token(number);
            let end = at.saturating_add(token.len()).min(wire.len());
            wire.splice(at..end, token.iter().copied());
        }
        Some(6) => drop(wire.splice(at..at, token(number).iter().copied())),
        Some(7) => {
            let moved: Vec<u8> = wire.drain(at..end).collect();
            let to = input.size().min(wire.len());
            wire.splice(to..to, moved);
        }
        Some(8) => {
            let end = at.saturating_add(input.size()).min(wire.len());
            wire.drain(at..end);
        }
        _ => stream.length = stream.length.saturating_add_signed(i64::from(number.cast_signed())),
    }
}

fn token(number: u8) -> &'static [u8] {
    let at = usize::from(number).checked_rem(TOKENS.len()).unwrap_or(0);
    TOKENS.get(at).copied().unwrap_or_default()
}

/// The algorithms under which no change is to be found that keeps the checksum.
const STRONG: [Algorithm; 3] = [Algorithm::Sha256, Algorithm::Sha1, Algorithm::Crc64Nvme];

/// What a parser may read in another way.
const TOKENS: [&[u8]; 24] = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b"0\r\n",
    b"0\r\n\r\n",
    b"0",
    b"00000000",
    b"+",
    b"-",
    b"0x",
    b" ",
    b"\t",
    b";",
    b":",
    b"\0",
    b"FFFFFFFFFFFFFFFF",
    b"ffffffffffffffffff",
    b";chunk-signature=",
    b";chunk-signature=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    b"x-amz-checksum-crc64nvme:",
    b"X-AMZ-CHECKSUM-SHA256:",
    b"x-amz-trailer-signature:",
    b"content-length:0\r\n",
];

/// The signature that ends signed chunks, in hex, and the two line ends behind it.
const LAST_SIGNATURE_BYTES: usize = 68;
const LENGTH_MAX: usize = 8192;
const MUTATIONS_MAX: usize = 8;
