//! End to end: the real program between real clients and stores that are not ours.
//!
//! Run by `./tests/all e2e`, which installs what they need. Each test has its own ports and folders; none waits for
//! time to pass.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that cannot set up its world should panic"
)]

mod answers;
mod apply;
mod audit;
mod backpressure;
mod bodies;
mod buckets;
mod clients;
mod config;
mod copies;
mod cors;
mod delete_objects;
mod deletion_clients;
mod deletion_documents;
mod dependencies;
mod documents;
mod drain;
mod early;
mod enforcement;
mod export;
mod fuzzing;
mod harness;
mod hidden;
mod hosts;
mod keys;
mod matrix;
mod memory;
mod operations;
mod ops;
mod pipelining;
mod policy;
mod policy_commands;
mod policy_diff;
mod policy_lint;
mod posted;
mod presign;
mod presigned;
mod proxies;
mod quickstart;
mod readme;
mod refusals;
mod refused_forms;
mod signatures;
mod signers;
mod spark;
mod spoiled_bodies;
mod sub_resources;
mod sync;
mod tls;
mod upstream;
mod upstream_tls;
mod virtual_upstream;
