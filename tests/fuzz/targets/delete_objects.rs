//! The target `delete_objects`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    fuzz::delete_objects(input);
});
