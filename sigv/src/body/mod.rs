//! Bodies: the client's framing off, verified bytes between, our framing on.

mod decoder;
mod encoder;

pub use decoder::Decoder;
pub use encoder::Encoder;
