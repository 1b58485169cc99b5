//! `lakegate quickstart`.
mod upstream;

pub(crate) use upstream::{EmbeddedStore, EmbeddedStoreError};
