//! The lines after the last chunk.

use super::chain::Chain;
use super::checksum::{Algorithm, Checksum};
use super::error::BodyError;
use crate::hash::{self, Hash};

/// Reads the lines after the last chunk. Which ones come, and in which order, is known from the start: the announced
/// checksum, the signature over it where chunks are signed, and an empty one.
#[derive(Default)]
pub(super) struct Trailer {
    next: Next,
    checksum: Option<Checksum>,
}

#[derive(Clone, Copy, Default)]
enum Next {
    Checksum(Algorithm),
    /// The signature over the lines that have this hash.
    Signature(Hash),
    #[default]
    Empty,
}

impl Trailer {
    pub(super) fn new(announced: Option<Algorithm>) -> Self {
        Self { next: announced.map_or(Next::Empty, Next::Checksum), checksum: None }
    }

    /// Takes the next line, and says whether it was the last one. `chain` is there where chunks are signed.
    pub(super) fn take(
        &mut self,
        line: &[u8],
        chain: Option<&mut Chain>,
    ) -> Result<bool, BodyError> {
        let line = str::from_utf8(line).map_err(|_| BodyError::MalformedTrailer)?;
        match (self.next, field(line)?) {
            (Next::Empty, None) => return Ok(true),
            (Next::Checksum(algorithm), Some((name, text))) if name == algorithm.header() => {
                let checksum = Checksum::parse(algorithm, text);
                self.checksum = Some(checksum.ok_or(BodyError::TrailerValue { algorithm })?);
                self.next = chain.map_or(Next::Empty, |_| Next::Signature(signed(&name, text)));
            }
            (Next::Signature(lines), Some((name, text))) if name == SIGNATURE => {
                let given = hash::parse_hex(text).ok_or(BodyError::TrailerSignature)?;
                let is_right =
                    chain.is_some_and(|chain| hash::same(&chain.trailer(&lines), &given));
                if !is_right {
                    return Err(BodyError::TrailerSignature);
                }
                self.next = Next::Empty;
            }
            (Next::Checksum(_), None) => return Err(BodyError::MissingTrailer),
            (Next::Signature(_), None) => return Err(BodyError::TrailerSignature),
            (_, Some(_)) => return Err(BodyError::UndeclaredTrailer),
        }
        Ok(false)
    }

    /// The checksum that came.
    pub(super) fn checksum(self) -> Option<Checksum> {
        self.checksum
    }
}

/// The name in lower case, and the value, of a line that is not empty.
fn field(line: &str) -> Result<Option<(String, &str)>, BodyError> {
    if line.is_empty() {
        return Ok(None);
    }
    let (name, value) = line.split_once(':').ok_or(BodyError::MalformedTrailer)?;
    Ok(Some((name.to_ascii_lowercase(), value.trim_matches([' ', '\t']))))
}

/// The hash of a field as it is signed.
fn signed(name: &str, value: &str) -> Hash {
    hash::sha256(format!("{name}:{value}\n").as_bytes())
}

const SIGNATURE: &str = "x-amz-trailer-signature";
