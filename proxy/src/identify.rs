//! The second step: exactly one S3 operation, by the tables.

use http::Method;
use policy::{Recognised, Shape};

use crate::{parse::Parsed, refusal::Refusal};

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
/// [`Refusal::Preflight`] for `OPTIONS`, which is never a matter of the upstream.
pub(crate) fn identify(parsed: Parsed) -> Result<Identified, Refusal> {
    if parsed.method() == Method::OPTIONS {
        return Err(Refusal::Preflight);
    }
    let recognised = policy::recognise(&Shape {
        method: parsed.method(),
        bucket: parsed.bucket(),
        key: parsed.key(),
        parameters: parsed.parameters(),
        headers: parsed.headers(),
    })?;
    Ok(Identified { parsed, recognised })
}

impl Identified {
    pub(crate) fn recognised(&self) -> &Recognised {
        &self.recognised
    }

    pub(crate) fn into_parts(self) -> (Parsed, Recognised) {
        (self.parsed, self.recognised)
    }
}
