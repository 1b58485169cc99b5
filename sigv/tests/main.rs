//! What sigv promises, judged by AWS's published examples and by signers that are not ours.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot set up its world should panic"
)]

mod bodies;
mod botocore;
mod chunks;
mod framing;
mod mutation;
mod published;
mod request;
mod round_trip;
mod rust_sdk;
mod security;
