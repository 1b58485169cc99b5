//! The source of a copy: the object, and perhaps the version of it, that `x-amz-copy-source` names.

use thiserror::Error;

use crate::spelling::{KEY_BYTES_MAX, decode, is_bucket_name};

/// What is copied, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopySource {
    /// The bucket's name, as a URL may have it.
    pub bucket: String,
    /// The key, not empty, of at most [`KEY_BYTES_MAX`] bytes.
    pub key: String,
    /// The version, not empty; absent for the newest.
    pub version: Option<String>,
}

/// What a copy source cannot be. The texts are for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CopySourceFault {
    /// Blanks that a signature does not tell apart.
    #[error("more than one blank in a row has to be percent-encoded")]
    Blanks,
    /// A `%` that begins no escape, or bytes that are no UTF-8.
    #[error("it is not percent-encoded UTF-8")]
    Encoding,
    /// It names an access point, or an object on Outposts.
    #[error("an ARN, of an access point or of Outposts, is not implemented: name a bucket")]
    Arn,
    /// No bucket has such a name.
    #[error("it names no valid bucket: it has the form `bucket/key`")]
    Bucket,
    /// There is a bucket and no key.
    #[error("it names no key: it has the form `bucket/key`")]
    NoKey,
    /// The key is longer than a key may be.
    #[error("its key is too long: it may have 1024 bytes")]
    KeyTooLong,
    /// What follows the first `?` is not `versionId=` and a version.
    #[error("only `versionId=` and a version may follow a `?`, which in a key is `%3F`")]
    Query,
}

impl CopySourceFault {
    /// S3's error code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Arn => "NotImplemented",
            Self::Blanks => "InvalidArgument",
            Self::Encoding => "InvalidArgument",
            Self::Bucket => "InvalidArgument",
            Self::NoKey => "InvalidArgument",
            Self::KeyTooLong => "InvalidArgument",
            Self::Query => "InvalidArgument",
        }
    }

    /// The HTTP status of [`Self::code`].
    pub fn status(self) -> u16 {
        match self {
            Self::Arn => 501,
            Self::Blanks => 400,
            Self::Encoding => 400,
            Self::Bucket => 400,
            Self::NoKey => 400,
            Self::KeyTooLong => 400,
            Self::Query => 400,
        }
    }
}

impl CopySource {
    /// Reads `[/]bucket/key[?versionId=version]`, percent-encoded once, as S3 does: a raw `?` ends the key; bucket and
    /// key are told apart when they are decoded, so that `bucket%2Fkey` is the same; a `+` is a space, but in the version,
    /// where it is a plus.
    ///
    /// # Errors
    ///
    /// [`CopySourceFault`], by what it cannot be.
    ///
    /// Source: Amazon S3 API Reference, `CopyObject`.
    pub fn parse(text: &str) -> Result<Self, CopySourceFault> {
        if text.contains("  ") || text.contains('\t') {
            return Err(CopySourceFault::Blanks);
        }
        let (path, query) = match text.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (text, None),
        };
        let path = path.replace('+', " ");
        let path = decode(&path).ok_or(CopySourceFault::Encoding)?;
        let path = path.strip_prefix('/').unwrap_or(&path);
        if path.starts_with("arn:") {
            return Err(CopySourceFault::Arn);
        }
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        if !is_bucket_name(bucket) {
            return Err(CopySourceFault::Bucket);
        }
        if key.is_empty() {
            return Err(CopySourceFault::NoKey);
        }
        if key.len() > KEY_BYTES_MAX {
            return Err(CopySourceFault::KeyTooLong);
        }
        let version = query.map(version).transpose()?;
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned(), version })
    }

    /// What else the source is to a store that decodes it before it looks for the version: a `?versionId=` in the
    /// key ends the key for it, however it was encoded.
    pub(crate) fn other_readings(&self) -> impl Iterator<Item = Self> {
        self.key.match_indices(VERSION).map(|(at, _)| {
            let (key, rest) = self.key.split_at_checked(at).unwrap_or((&self.key, ""));
            let version = rest.strip_prefix(VERSION).unwrap_or(rest).to_owned();
            Self { bucket: self.bucket.clone(), key: key.to_owned(), version: Some(version) }
        })
    }
}

fn version(query: &str) -> Result<String, CopySourceFault> {
    let version = query.strip_prefix("versionId=").filter(|version| !version.is_empty());
    // A second parameter is nothing that S3 knows here, and would be part of the version to others.
    let version = version.filter(|version| !version.contains(['&', '?', '#']));
    let version = decode(version.ok_or(CopySourceFault::Query)?);
    Ok(version.ok_or(CopySourceFault::Encoding)?.into_owned())
}

/// What stands between a key and its version.
const VERSION: &str = "?versionId=";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b04_a_copy_source_is_decoded_once_and_a_raw_question_mark_ends_its_key() {
        for (text, bucket, key, version) in [
            ("lake/a", "lake", "a", None),
            ("/lake/a", "lake", "a", None),
            ("lake%2Fa", "lake", "a", None),
            ("%2Flake%2Fa%2Fb", "lake", "a/b", None),
            ("lake/a/b/", "lake", "a/b/", None),
            ("lake//a", "lake", "/a", None),
            ("lake/../a/./b", "lake", "../a/./b", None),
            ("lake/%2e%2e/a", "lake", "../a", None),
            ("lake/%252e%252e%252fa", "lake", "%2e%2e%2fa", None),
            ("lake/a%25zz", "lake", "a%zz", None),
            ("lake/a b", "lake", "a b", None),
            ("lake/a%20%20b", "lake", "a  b", None),
            ("lake/a+b", "lake", "a b", None),
            ("lake/a%2Bb", "lake", "a+b", None),
            ("lake/%C3%B6ö", "lake", "öö", None),
            ("lake/a?versionId=v1", "lake", "a", Some("v1")),
            ("/lake/a?versionId=null", "lake", "a", Some("null")),
            ("lake/a%3FversionId=v1", "lake", "a?versionId=v1", None),
            ("lake/a%3FversionId%3Dv1", "lake", "a?versionId=v1", None),
            ("lake/a%3FversionId=v1?versionId=v2", "lake", "a?versionId=v1", Some("v2")),
            ("lake/a?versionId=%3Fa%26b+c", "lake", "a", Some("?a&b+c")),
            ("lake/arn:aws:s3:::lake", "lake", "arn:aws:s3:::lake", None),
        ] {
            let source = CopySource::parse(text).unwrap();
            let (bucket, key) = (bucket.to_owned(), key.to_owned());
            let version = version.map(str::to_owned);
            assert_eq!(source, CopySource { bucket, key, version }, "{text}");
        }
    }

    #[test]
    fn b04_what_names_no_object_is_no_copy_source() {
        for (text, fault) in [
            ("", CopySourceFault::Bucket),
            ("/", CopySourceFault::Bucket),
            ("//lake/a", CopySourceFault::Bucket),
            ("/%2Flake/a", CopySourceFault::Bucket),
            ("../lake/a", CopySourceFault::Bucket),
            ("la/a", CopySourceFault::Bucket),
            ("la%20ke/a", CopySourceFault::Bucket),
            ("%2561rn:x/a", CopySourceFault::Bucket),
            ("?versionId=v", CopySourceFault::Bucket),
            ("https://s3.example.com/lake/a", CopySourceFault::Bucket),
            ("lake", CopySourceFault::NoKey),
            ("lake/", CopySourceFault::NoKey),
            ("/lake", CopySourceFault::NoKey),
            ("lake/?versionId=v", CopySourceFault::NoKey),
            ("lake/a%", CopySourceFault::Encoding),
            ("lake/a%4", CopySourceFault::Encoding),
            ("lake/a%zz", CopySourceFault::Encoding),
            ("lake/%C0%AF", CopySourceFault::Encoding),
            ("lake/%FF", CopySourceFault::Encoding),
            ("lake/%ED%A0%80", CopySourceFault::Encoding),
            ("lake/a?versionId=%FF", CopySourceFault::Encoding),
            ("lake/a?versionId=%", CopySourceFault::Encoding),
            ("lake/a?", CopySourceFault::Query),
            ("lake/a?versionId", CopySourceFault::Query),
            ("lake/a?versionId=", CopySourceFault::Query),
            ("lake/a?versionid=v", CopySourceFault::Query),
            ("lake/a?version%49d=v", CopySourceFault::Query),
            ("lake/a?partNumber=1", CopySourceFault::Query),
            ("lake/a?versionId=v&x=y", CopySourceFault::Query),
            ("lake/a?versionId=v&versionId=w", CopySourceFault::Query),
            ("lake/a?versionId=v?versionId=w", CopySourceFault::Query),
            ("lake/a  b", CopySourceFault::Blanks),
            ("lake/a\tb", CopySourceFault::Blanks),
        ] {
            assert_eq!(CopySource::parse(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn b04_a_version_in_the_key_is_one_to_a_store_that_decodes_first() {
        let others = |text| {
            let source = CopySource::parse(text).unwrap();
            let others = source.other_readings();
            others.map(|other| (other.key, other.version.unwrap())).collect::<Vec<_>>()
        };
        let pair = |key: &str, version: &str| (key.to_owned(), version.to_owned());
        assert_eq!(others("lake/a%3FversionId=v"), [pair("a", "v")]);
        assert_eq!(others("lake/a%3FversionId%3Dv?versionId=w"), [pair("a", "v")]);
        assert_eq!(
            others("lake/a%3FversionId=v%3FversionId=w"),
            [pair("a", "v?versionId=w"), pair("a?versionId=v", "w")]
        );
        for plain in ["lake/a", "lake/a?versionId=v", "lake/a%3Fb", "lake/a%253FversionId=v"] {
            assert_eq!(others(plain), [], "{plain}");
        }
    }

    #[test]
    fn b04_an_arn_is_refused_by_name() {
        for text in [
            "arn:aws:s3:us-east-1:123456789012:accesspoint/a/object/k",
            "/arn:aws:s3:us-east-1:123456789012:accesspoint/a/object/k",
            "arn%3Aaws%3As3%3Aus-east-1%3A123456789012%3Aaccesspoint%2Fa%2Fobject%2Fk",
            "arn:aws:s3-outposts:us-east-1:123456789012:outpost/o/object/k?versionId=v",
        ] {
            assert_eq!(CopySource::parse(text), Err(CopySourceFault::Arn), "{text}");
        }
        assert_eq!(
            (CopySourceFault::Arn.code(), CopySourceFault::Arn.status()),
            ("NotImplemented", 501)
        );
    }

    #[test]
    fn b04_the_key_of_a_source_has_1024_bytes_at_most() {
        let source = |bytes: usize| CopySource::parse(&format!("lake/{}", "k".repeat(bytes)));
        assert!(source(1024).is_ok());
        assert_eq!(source(1025), Err(CopySourceFault::KeyTooLong));
    }
}
