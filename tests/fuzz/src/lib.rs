//! What the fuzz targets do with an input. The end-to-end tests include this file and run the same over the committed corpus.

mod decode;
mod host;
mod input;
mod mutate;
mod run;
mod seeds;
mod signed;
mod stream;

pub use decode::decode;
pub use host::host;
pub use mutate::mutate;
pub use seeds::seeds;
pub use signed::{authorization, presigned, version2};
