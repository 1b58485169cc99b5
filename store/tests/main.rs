//! The store from outside: its verbs, its secrets, its cache, its files of identities.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot set up its world should panic"
)]

mod callers;
mod damage;
mod export;
mod identities;
mod secrets;
mod verbs;
mod world;
