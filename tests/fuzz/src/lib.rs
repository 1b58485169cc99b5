//! What the fuzz targets do with an input. sigv's tests include this file and run the same over the committed corpus.

mod decode;
mod input;
mod mutate;
mod run;
mod seeds;
mod signed;
mod stream;

pub use decode::decode;
pub use mutate::mutate;
pub use seeds::seeds;
pub use signed::{authorization, presigned, version2};
