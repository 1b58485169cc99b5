//! The second step: exactly one S3 operation, by the tables.

use http::HeaderValue;
use policy::Recognised;

use crate::{endpoint::Transport, live::Live, parse::Parsed, refusal::Refusal};

/// A request that is one S3 operation, with the resources it touches.
#[derive(Debug)]
pub(crate) struct Identified {
    parsed: Parsed,
    recognised: Recognised,
}

/// Finds the operation; what has no row in the tables is refused here and goes nowhere.
///
/// # Errors
///
/// [`Refusal::Unrecognised`], naming what is not known or not built;
/// [`Refusal::KeyInClear`] for a key of the client's own where TLS does not go all the way.
pub(crate) fn identify(parsed: Parsed, live: &Live) -> Result<Identified, Refusal> {
    let recognised = policy::recognise(&parsed.shape())?;
    check_keys(&recognised, live)?;
    Ok(Identified { parsed, recognised })
}

/// Whether the keys of the client's own that it brings, if it brings any, go up where TLS goes all the way.
///
/// # Errors
///
/// [`Refusal::KeyInClear`].
pub(crate) fn check_keys(recognised: &Recognised, live: &Live) -> Result<(), Refusal> {
    // What is marked as sensitive is a key, and nothing else is.
    if !recognised.headers.values().any(HeaderValue::is_sensitive) {
        return Ok(());
    }
    match (&live.tls, &live.endpoint.transport) {
        (None, _) => Err(Refusal::KeyInClear { leg: "the connection to this endpoint" }),
        (Some(_), Transport::Plain) => {
            Err(Refusal::KeyInClear { leg: "the one from here to the store" })
        }
        (Some(_), Transport::Tls(_)) => Ok(()),
    }
}

impl Identified {
    pub(crate) fn recognised(&self) -> &Recognised {
        &self.recognised
    }

    pub(crate) fn into_parts(self) -> (Parsed, Recognised) {
        (self.parsed, self.recognised)
    }
}
