//! Bodies: the client's framing off, verified bytes between, our framing on.

mod chain;
mod checksum;
mod decoder;
mod encoder;
mod framing;
mod piece;

pub use chain::Chain;
pub use checksum::{Algorithm, Checksum};
pub use decoder::Decoder;
pub use encoder::Encoder;
pub use framing::Framing;
pub use piece::Piece;
