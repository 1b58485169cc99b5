//! `lakegate presign`: a URL by which anybody can send one request, for a while.

use std::{path::Path, str::FromStr};

use http::HeaderValue;
use proxy::Scheme;
use sigv::{CredentialError, Expiry, Presignable, Signer};
use time::{Duration, OffsetDateTime};

use crate::{
    aws::{Found, Settings, Variables},
    cli::Presign,
    config::{
        Config, Fault,
        endpoint::{self, Address},
    },
};

/// An object, as `s3://bucket/key` names it: the key is all that follows, taken as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    bucket: String,
    key: String,
}

impl FromStr for Object {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = text.strip_prefix("s3://").ok_or("it does not begin with `s3://`")?;
        match path.split_once('/').unwrap_or((path, "")) {
            ("", _) => Err("it names no bucket; write `s3://bucket/key`"),
            (_, "") => Err("it names a bucket and no key; write `s3://bucket/key`"),
            (bucket, key) => Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() }),
        }
    }
}

/// Reads how long a URL lives: `900` and `900s`, `15m`, `1h`, `7d`.
///
/// # Errors
///
/// What would do, when `text` does not.
pub(crate) fn expiry(text: &str) -> Result<Expiry, &'static str> {
    let (digits, unit) = match text.split_at_checked(text.len().saturating_sub(1)) {
        Some((digits, "s")) => (digits, 1),
        Some((digits, "m")) => (digits, 60),
        Some((digits, "h")) => (digits, 3_600),
        Some((digits, "d")) => (digits, 86_400),
        Some(_) | None => (text, 1),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NOT_AN_EXPIRY);
    }
    let seconds = digits.parse().ok().and_then(|number: i64| number.checked_mul(unit));
    seconds.and_then(|seconds| Expiry::new(Duration::seconds(seconds)).ok()).ok_or(NOT_AN_EXPIRY)
}

/// The URL that `command` asks for, made at `now`. Where `gateway` is given, which is the configuration that the command
/// names, it says where S3 is and in which region, unless flags do; all else comes from `variables` and the files that
/// they lead to.
///
/// # Errors
///
/// Everything that is wrong or missing.
pub(crate) fn url(
    command: &Presign,
    gateway: Option<&Config>,
    variables: Variables,
    now: OffsetDateTime,
) -> Result<String, Vec<Fault>> {
    let settings = Settings::read(variables, command.profile.as_deref())?;
    let mut faults = Vec::new();
    let endpoint = address(command, gateway, &settings).map_err(|fault| faults.push(fault));
    let region = region(command, gateway, &settings).map_err(|fault| faults.push(fault));
    let credential = settings.credential().map_err(|fault| faults.push(fault));
    let (Ok(endpoint), Ok(region), Ok(credential)) = (endpoint, region, credential) else {
        return Err(faults);
    };
    let access_key_id = &credential.access_key_id;
    let signer = Signer::new(&access_key_id.text, credential.secret, &region.text);
    let signer = signer.map_err(|error| match error {
        CredentialError::Region => vec![region.fault(error.to_string())],
        CredentialError::AccessKeyIdLength { .. }
        | CredentialError::AccessKeyIdCharacter
        | CredentialError::UpstreamAccessKeyId => vec![access_key_id.fault(error.to_string())],
    })?;
    let host = HeaderValue::try_from(endpoint.host_and_port());
    let host = host.map_err(|error| vec![Found::new("endpoint", "").fault(error.to_string())])?;
    let Object { bucket, key } = &command.object;
    let path = sigv::encode_path(&format!("/{bucket}/{key}"));
    let query = signer.presign(
        &Presignable {
            method: &command.method,
            host: &host,
            path: &path,
            query: "",
            expiry: command.expires,
            session_token: credential.session_token.as_ref().map(|token| token.text.as_str()),
        },
        now,
    );
    Ok(format!("{endpoint}{path}?{query}"))
}

/// Where S3 is: as the flag says, else the gateway's configuration, else the settings.
fn address(
    command: &Presign,
    gateway: Option<&Config>,
    settings: &Settings,
) -> Result<Address, Fault> {
    let found = match (&command.endpoint, gateway, &command.config) {
        (Some(text), _, _) => Found::new("--endpoint", text),
        (None, Some(config), Some(file)) => return listener(config, file),
        (None, _, _) => settings.endpoint()?,
    };
    endpoint::parse(&found.text).map_err(|reason| found.fault(reason))
}

/// Where `config`, which was read from `file`, has a gateway listen.
fn listener(config: &Config, file: &Path) -> Result<Address, Fault> {
    let address = config.listen.s3;
    if address.ip().is_unspecified() || address.port() == 0 {
        return Err(Fault {
            origin: file.display().to_string(),
            place: "listen.s3".to_owned(),
            reason: format!(
                "`{address}` is no address for a URL; name with --endpoint the one that clients use"
            ),
        });
    }
    let scheme = if config.tls.is_some() { Scheme::Https } else { Scheme::Http };
    Ok(Address::of(scheme, address))
}

/// The region to sign for, in the same order.
fn region(
    command: &Presign,
    gateway: Option<&Config>,
    settings: &Settings,
) -> Result<Found, Fault> {
    let of_gateway = gateway.and_then(|config| config.auth.regions.first());
    match (&command.region, of_gateway) {
        (Some(text), _) => Ok(Found::new("--region", text)),
        (None, Some(text)) => Ok(Found::new("auth.regions", text)),
        (None, None) => {
            Ok(settings.region()?.unwrap_or_else(|| Found::new("region", DEFAULT_REGION)))
        }
    }
}

const NOT_AN_EXPIRY: &str = "not from 1 second to 7 days; write seconds (`900`, `900s`), minutes (`15m`), hours (`1h`) \
     or days (`7d`)";

const DEFAULT_REGION: &str = "us-east-1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_a_bucket_and_a_key_as_it_is() {
        for (text, bucket, key) in [
            ("s3://lake/a", "lake", "a"),
            ("s3://lake/a b/%2F?c=d#e+ö/", "lake", "a b/%2F?c=d#e+ö/"),
            ("s3://lake//a", "lake", "/a"),
            ("s3://lake/../a", "lake", "../a"),
        ] {
            let object = Object { bucket: bucket.to_owned(), key: key.to_owned() };
            assert_eq!(text.parse(), Ok(object), "{text}");
        }
        for text in [
            "",
            "lake/a",
            "S3://lake/a",
            "s3:/lake/a",
            "http://lake/a",
            "s3://",
            "s3:///a",
            "s3://lake",
            "s3://lake/",
        ] {
            assert!(text.parse::<Object>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_expiry_has_a_unit_or_is_in_seconds() {
        for (text, seconds) in [
            ("1", "1"),
            ("900", "900"),
            ("900s", "900"),
            ("15m", "900"),
            ("1h", "3600"),
            ("7d", "604800"),
            ("168h", "604800"),
            ("604800", "604800"),
        ] {
            assert_eq!(expiry(text).unwrap().to_string(), seconds, "{text}");
        }
    }

    #[test]
    fn an_expiry_out_of_range_or_of_another_form_is_refused() {
        for text in [
            "",
            "0",
            "0s",
            "0d",
            "-1",
            "-15m",
            "+15m",
            "604801",
            "8d",
            "169h",
            "1.5h",
            "1e3",
            " 60",
            "60 ",
            "15M",
            "15min",
            "1h30m",
            "s",
            "m",
            "1w",
            "ö",
            "9223372036854775807d",
            "99999999999999999999",
            "１５m",
        ] {
            assert_eq!(expiry(text), Err(NOT_AN_EXPIRY), "{text}");
        }
        assert!(NOT_AN_EXPIRY.contains("1 second to 7 days"));
    }
}
