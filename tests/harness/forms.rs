//! The four ways to say who signed a request. Version 4 is signed by AWS's crate; version 2, which it does not have, as the
//! documentation of S3 says, and botocore judges the gateway by it elsewhere.

use std::{
    fmt::Write as _,
    net::SocketAddr,
    time::{Duration, UNIX_EPOCH},
};

use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignatureLocation, SigningSettings,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use super::{
    Key,
    sign::{Draft, Signed, UNSIGNED},
    site::DOMAIN,
};

/// How a request says who signed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    V4,
    V4Presigned,
    V2,
    V2Presigned,
}

pub(crate) const FORMS: [Form; 4] = [Form::V4, Form::V4Presigned, Form::V2, Form::V2Presigned];

/// How long a presigned URL lives, in seconds.
pub(crate) const LIFETIME_S: u64 = 300;

impl Form {
    /// Whether it stands in the query.
    pub(crate) fn is_presigned(self) -> bool {
        matches!(self, Self::V4Presigned | Self::V2Presigned)
    }

    /// `draft`, signed so.
    pub(crate) fn sign(self, draft: &Draft<'_>, address: SocketAddr) -> Signed {
        match self {
            Self::V4 => draft.sign(address),
            Self::V4Presigned => presign_v4(draft, address, LIFETIME_S),
            Self::V2 => sign_v2(draft, address),
            Self::V2Presigned => {
                let end = seconds(draft) + LIFETIME_S;
                presign_v2(draft, address, &end.to_string())
            }
        }
    }
}

/// Version 4 in the query; every header of the draft is signed as a header.
pub(crate) fn presign_v4(draft: &Draft<'_>, address: SocketAddr, lifetime_s: u64) -> Signed {
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(Duration::from_secs(lifetime_s));
    let said = draft.target.split_once("X-Amz-Content-Sha256=").map(|(_, hash)| hash);
    let body = said.map_or(SignableBody::UnsignedPayload, |hash| {
        SignableBody::Precomputed(hash.split('&').next().unwrap().to_owned())
    });
    let instructions = draft.instructions(address, settings, body);
    let pairs = instructions.params().iter().map(|(name, value)| (*name, value.to_string()));
    with_query(draft.unsigned(address), pairs)
}

/// Version 2 in the `Authorization` header.
pub(crate) fn sign_v2(draft: &Draft<'_>, address: SocketAddr) -> Signed {
    let mut signed = draft.unsigned(address);
    let at = i64::try_from(seconds(draft)).unwrap();
    let date = OffsetDateTime::from_unix_timestamp(at).unwrap().format(&Rfc2822).unwrap();
    signed.add("date", &date);
    if draft.payload != UNSIGNED && draft.method == "PUT" {
        signed.add("x-amz-content-sha256", &draft.payload);
    }
    let signature = code(&draft.key, &text(&signed, &date));
    signed.add("authorization", &format!("AWS {}:{signature}", draft.key.id));
    signed
}

/// Version 2 in the query, with this `Expires`.
pub(crate) fn presign_v2(draft: &Draft<'_>, address: SocketAddr, expires: &str) -> Signed {
    let signed = draft.unsigned(address);
    let signature = code(&draft.key, &text(&signed, expires));
    let pairs = [
        ("AWSAccessKeyId", draft.key.id.clone()),
        ("Expires", expires.to_owned()),
        ("Signature", signature),
    ];
    with_query(signed, pairs)
}

/// The request with more parameters, which are encoded here.
fn with_query<'a>(
    mut signed: Signed,
    pairs: impl IntoIterator<Item = (&'a str, String)>,
) -> Signed {
    for (name, value) in pairs {
        signed.add_parameter(&format!("{name}={}", encoded(&value)));
    }
    signed
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").unwrap();
        }
        out
    })
}

/// What version 2 signs; the drafts of tests have no values in their query that would have to be decoded.
fn text(request: &Signed, date: &str) -> String {
    let value = |name: &str| {
        let header = request.headers.iter().find(|(have, _)| have == name);
        header.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let mut amz: Vec<_> =
        request.headers.iter().filter(|(name, _)| name.starts_with("x-amz-")).collect();
    amz.sort();
    let mut text = format!(
        "{}\n{}\n{}\n{date}\n",
        request.method,
        value("content-md5"),
        value("content-type")
    );
    for (name, value) in amz {
        writeln!(text, "{name}:{value}").unwrap();
    }
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let covered = |pair: &&str| SUB_RESOURCES.contains(&pair.split('=').next().unwrap());
    let mut pairs: Vec<&str> = query.split('&').filter(covered).collect();
    pairs.sort_unstable();
    let bucket = value("host").strip_suffix(&format!(".{DOMAIN}"));
    text.push_str(&bucket.map_or(String::new(), |bucket| format!("/{bucket}")));
    text.push_str(path);
    if !pairs.is_empty() {
        write!(text, "?{}", pairs.join("&")).unwrap();
    }
    text
}

fn code(key: &Key, text: &str) -> String {
    let mut state = Hmac::<Sha1>::new_from_slice(key.secret.as_bytes()).unwrap();
    state.update(text.as_bytes());
    STANDARD.encode(state.finalize().into_bytes())
}

fn seconds(draft: &Draft<'_>) -> u64 {
    draft.at.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Those of the signed parameters that tests use.
const SUB_RESOURCES: [&str; 7] = [
    "delete",
    "location",
    "partNumber",
    "response-content-type",
    "uploadId",
    "uploads",
    "versionId",
];
