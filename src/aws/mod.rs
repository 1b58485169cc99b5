//! What users of the AWS CLI have set already: variables of the environment, and a profile in its two files.
//!
//! What is found where, and in which order, is as the AWS CLI has it. Not read are `credential_process`,
//! `source_profile`, SSO, `services` sections and the nested keys of `s3`.

mod profile;
mod variables;

use sigv::SecretKey;
use zeroize::Zeroizing;

use self::profile::{Files, Profile};
pub(crate) use self::variables::Variables;
use crate::config::Fault;

/// The environment, and under it one profile.
///
/// Values may be secrets, so that it has no `Debug`.
pub(crate) struct Settings {
    variables: Variables,
    /// What named the profile; nothing when it is the default one.
    named_by: Option<&'static str>,
    profile: Profile,
}

/// A value, and where it stands. It may be a secret, so that it has no `Debug`.
pub(crate) struct Found {
    pub(crate) text: Zeroizing<String>,
    origin: String,
    place: String,
}

/// An access key to sign with. It has no `Debug`.
pub(crate) struct Credential {
    pub(crate) access_key_id: Found,
    pub(crate) secret: SecretKey,
    pub(crate) session_token: Option<Found>,
}

impl Settings {
    /// The environment over the profile that `name` says, else `AWS_PROFILE`, else `default`.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or is none of profiles, or when no file has the profile that was named.
    pub(crate) fn read(variables: Variables, name: Option<&str>) -> Result<Self, Vec<Fault>> {
        let from_variable = variables.first(&[PROFILE_VARIABLE]).map_err(|fault| vec![fault])?;
        let (named_by, name) = match (name, &from_variable) {
            (Some(name), _) => (Some(PROFILE_FLAG), name),
            (None, Some(found)) => (Some(PROFILE_VARIABLE), found.text.as_str()),
            (None, None) => (None, "default"),
        };
        let files = Files::named_by(&variables);
        let profile = Profile::read(&files, name)?;
        match named_by {
            Some(origin) if !profile.is_there() => {
                Err(vec![fault(origin, format!("no profile `{name}` in {files}"))])
            }
            Some(_) | None => Ok(Self { variables, named_by, profile }),
        }
    }

    /// Where S3 is.
    ///
    /// # Errors
    ///
    /// When nothing says so, or not in UTF-8.
    pub(crate) fn endpoint(&self) -> Result<Found, Fault> {
        let variable = self.variables.first(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])?;
        variable.or_else(|| self.profile.get("endpoint_url")).ok_or_else(|| {
            let reason = format!(
                "missing; name it with --endpoint, or the gateway's configuration with --config, set \
                 AWS_ENDPOINT_URL, or put endpoint_url into {}",
                self.profile.config_place()
            );
            fault("endpoint", reason)
        })
    }

    /// The region to sign for, where something says so.
    ///
    /// # Errors
    ///
    /// When it is not UTF-8.
    pub(crate) fn region(&self) -> Result<Option<Found>, Fault> {
        let variable = self.variables.first(&["AWS_REGION", "AWS_DEFAULT_REGION"])?;
        Ok(variable.or_else(|| self.profile.get("region")))
    }

    /// The access key to sign with: the environment's, unless a flag named a profile; else the profile's.
    ///
    /// # Errors
    ///
    /// When there is none, or half of one.
    pub(crate) fn credential(&self) -> Result<Credential, Fault> {
        if self.named_by != Some(PROFILE_FLAG)
            && let Some(credential) = self.variables.credential()?
        {
            return Ok(credential);
        }
        self.profile.credential()?.ok_or_else(|| {
            let place = self.profile.credentials_place();
            match self.named_by {
                Some(PROFILE_FLAG) => fault(
                    "credential",
                    format!("missing; put aws_access_key_id and aws_secret_access_key into {place}"),
                ),
                Some(_) | None => fault(
                    "credential",
                    format!(
                        "missing; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or put aws_access_key_id \
                         and aws_secret_access_key into {place}, or name another profile with --profile"
                    ),
                ),
            }
        })
    }
}

impl Found {
    /// A value that stands at `origin`.
    pub(crate) fn new(origin: impl Into<String>, text: impl Into<String>) -> Self {
        Self { text: Zeroizing::new(text.into()), origin: origin.into(), place: String::new() }
    }

    /// What is wrong with it. `reason` does not repeat it if it may be a secret.
    pub(crate) fn fault(&self, reason: impl Into<String>) -> Fault {
        Fault { origin: self.origin.clone(), place: self.place.clone(), reason: reason.into() }
    }
}

fn fault(origin: &str, reason: impl Into<String>) -> Fault {
    Fault { origin: origin.to_owned(), place: String::new(), reason: reason.into() }
}

const PROFILE_FLAG: &str = "--profile";
const PROFILE_VARIABLE: &str = "AWS_PROFILE";

#[cfg(test)]
mod tests;
