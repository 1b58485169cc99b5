//! What the program can be told to do, one file a command.

pub(crate) mod apply;
pub(crate) mod check_config;
pub(crate) mod export;
mod failure;
pub(crate) mod policy;
pub(crate) mod presign;
#[cfg(feature = "quickstart")]
pub(crate) mod quickstart;
pub(crate) mod serve;
pub(crate) mod snapshot;

pub(crate) use self::failure::{Failure, of_policy};
