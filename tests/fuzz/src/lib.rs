//! What the fuzz targets do with an input. The end-to-end tests include this file and run the same over the committed corpus.

mod arn;
mod copies;
mod decode;
mod delete_objects;
mod document;
mod form;
#[path = "../../../policy/tests/naive/glob.rs"]
mod glob;
mod host;
mod input;
mod mutate;
mod pattern;
mod policies;
mod run;
mod seeds;
mod signed;
mod stream;

pub use arn::arn;
pub use copies::{copy_source, range};
pub use decode::decode;
pub use delete_objects::delete_objects;
pub use document::document;
pub use form::form;
pub use host::host;
pub use mutate::mutate;
pub use pattern::pattern;
pub use seeds::seeds;
pub use signed::{authorization, presigned, version2};
