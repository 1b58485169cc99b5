//! The target `decode`.
#![no_main]

#[path = "heap.rs"]
mod heap;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    fuzz::decode(input, &heap::live);
});
