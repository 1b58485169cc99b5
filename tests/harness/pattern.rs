//! Bytes that look random, come out the same each time, and need no room: the content of large objects.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// An endless stream of bytes; each seed gives another.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(u64);

impl Pattern {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next bytes of the stream. Whole words are taken: only the last call may ask for less than eight.
    pub(crate) fn fill(&mut self, block: &mut [u8]) {
        for word in block.chunks_mut(8) {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            word.copy_from_slice(&self.0.to_le_bytes()[..word.len()]);
        }
    }

    /// The first `length` bytes of a stream, in blocks.
    pub(crate) fn blocks(seed: u64, length: u64) -> impl Iterator<Item = Vec<u8>> {
        let mut pattern = Self::new(seed);
        let mut left = length;
        std::iter::from_fn(move || {
            let size = left.min(BLOCK);
            left -= size;
            let mut block = vec![0; usize::try_from(size).unwrap()];
            pattern.fill(&mut block);
            (!block.is_empty()).then_some(block)
        })
    }

    pub(crate) fn bytes(seed: u64, length: u64) -> Vec<u8> {
        Self::blocks(seed, length).flatten().collect()
    }

    pub(crate) fn sha256(seed: u64, length: u64) -> String {
        let mut hash = Sha256::new();
        for block in Self::blocks(seed, length) {
            hash.update(&block);
        }
        hex(&hash.finalize())
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

const BLOCK: u64 = 64 * 1024;

#[test]
fn a_pattern_does_not_depend_on_how_it_is_read() {
    let mut whole = vec![0; 200_000];
    Pattern::new(7).fill(&mut whole);
    assert_eq!(Pattern::bytes(7, 200_000), whole);
    assert_ne!(Pattern::bytes(8, 200_000), whole);
    assert_eq!(Pattern::sha256(7, 200_000), sha256(&whole));
}
