//! Bodies: the client's framing off, verified bytes between, our framing on.

mod chain;
mod checks;
mod checksum;
mod chunks;
mod content_md5;
mod declared;
mod decoder;
mod encoder;
mod error;
mod framing;
mod line;
mod part;
mod piece;
mod trailer;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod stream;

pub use chain::Chain;
pub use checksum::{Algorithm, Checksum};
pub use chunks::ChunkLimits;
pub use content_md5::ContentMd5;
pub use declared::Declared;
pub use decoder::Decoder;
pub use encoder::Encoder;
pub use error::BodyError;
pub use framing::Framing;
pub use part::Delimiter;
pub use piece::{Decoded, End, Piece};

pub(crate) use line::Line;
