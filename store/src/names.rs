//! Which names and texts are taken.

use policy::{Fault, name};

use crate::{Kind, StoreError};

/// Refuses a name that a new user, group or policy may not have. `path` is where it stands.
///
/// A credential's id has a type of its own, so there is nothing to refuse.
pub(crate) fn check_name(kind: Kind, path: &str, name: &str) -> Result<(), Fault> {
    let of = match kind {
        Kind::User => name::Kind::User,
        Kind::Group => name::Kind::Group,
        Kind::Policy => name::Kind::Policy,
        Kind::Credential => return Ok(()),
    };
    let reason = match name::check(of, name) {
        Err(refusal) => refusal.to_string(),
        Ok(()) if name.len() > NAME_BYTES_MAX => {
            format!("the name of a {kind} must not be longer than {NAME_BYTES_MAX} bytes")
        }
        Ok(()) => return Ok(()),
    };
    Err(Fault { path: path.to_owned(), reason })
}

/// Refuses a text that no screen or log should have to show: too long, or with control characters.
pub(crate) fn check_text(path: &str, text: Option<&String>) -> Result<(), Fault> {
    let Some(text) = text else { return Ok(()) };
    let reason = if text.len() > TEXT_BYTES_MAX {
        format!("is longer than {TEXT_BYTES_MAX} bytes")
    } else if text.chars().any(char::is_control) {
        "holds a control character".to_owned()
    } else {
        return Ok(());
    };
    Err(Fault { path: path.to_owned(), reason })
}

/// Sets a text that is to be set; an empty one takes away what was there.
pub(crate) fn set_text(held: &mut Option<String>, wanted: Option<&String>) {
    if let Some(text) = wanted {
        *held = Some(text.clone()).filter(|text| !text.is_empty());
    }
}

/// All of `checks` hold, or their faults.
pub(crate) fn all<const N: usize>(checks: [Result<(), Fault>; N]) -> Result<(), StoreError> {
    let faults: Vec<_> = checks.into_iter().filter_map(Result::err).collect();
    if faults.is_empty() { Ok(()) } else { Err(StoreError::Invalid { faults }) }
}

/// The longest name of a user, group or policy.
const NAME_BYTES_MAX: usize = 256;

/// The longest e-mail address, description and the like.
const TEXT_BYTES_MAX: usize = 1024;
