//! Preconditions: `If-Match`, `If-None-Match`, `If-Modified-Since`, `If-Unmodified-Since`.

use hyper::HeaderMap;
use hyper::header::ETAG;
use s3s::dto::{ETag, ETagCondition, Timestamp};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};
use time::OffsetDateTime;

use super::index::{IndexError, Object};

/// What a read asks of the object before it is given.
#[derive(Debug, Default)]
pub(super) struct ReadConditions {
    pub(super) matches: Option<ETagCondition>,
    pub(super) modified_since: Option<Timestamp>,
    pub(super) none_matches: Option<ETagCondition>,
    pub(super) unmodified_since: Option<Timestamp>,
}

impl ReadConditions {
    /// Checks them in the order of RFC 9110, section 13.2.2: a tag outranks a date.
    ///
    /// # Errors
    ///
    /// `PreconditionFailed`, or `NotModified` with the object's `ETag`.
    pub(super) fn check(&self, object: &Object) -> S3Result<()> {
        let e_tag = ETag::Strong(object.e_tag.clone());
        let met = match (&self.matches, &self.unmodified_since) {
            (Some(condition), _) => is_met(condition, |wanted| wanted.strong_cmp(&e_tag)),
            (None, Some(since)) => object.modified.unix_timestamp() <= seconds(since),
            (None, None) => true,
        };
        if !met {
            return Err(s3_error!(PreconditionFailed));
        }
        let unchanged = match (&self.none_matches, &self.modified_since) {
            (Some(condition), _) => is_met(condition, |known| known.weak_cmp(&e_tag)),
            (None, Some(since)) => object.modified.unix_timestamp() <= seconds(since),
            (None, None) => false,
        };
        if unchanged { Err(not_modified(&e_tag)) } else { Ok(()) }
    }
}

/// What a write asks of the object that it replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WriteCondition {
    /// Nothing.
    Any,
    /// `If-None-Match: *`: there is none.
    Absent,
    /// `If-Match: *`: there is one.
    Present,
    /// `If-Match`: there is one with this tag.
    Tagged(ETag),
}

impl WriteCondition {
    /// Reads the two headers.
    ///
    /// # Errors
    ///
    /// `NotImplemented` for both at once and for `If-None-Match` with a tag, as at AWS.
    pub(super) fn parse(
        if_match: Option<ETagCondition>,
        if_none_match: Option<ETagCondition>,
    ) -> S3Result<Self> {
        match (if_match, if_none_match) {
            (None, None) => Ok(Self::Any),
            (None, Some(ETagCondition::Any)) => Ok(Self::Absent),
            (Some(ETagCondition::Any), None) => Ok(Self::Present),
            (Some(ETagCondition::ETag(e_tag)), None) => Ok(Self::Tagged(e_tag)),
            (_, Some(_)) => Err(s3_error!(
                NotImplemented,
                "A write takes If-Match, or If-None-Match with the value *"
            )),
        }
    }

    /// Checks the condition against the tag of the object that is there, if one is.
    ///
    /// # Errors
    ///
    /// [`IndexError::PreconditionFailed`], or [`IndexError::NoSuchKey`] when the object that must
    /// match is absent.
    pub(super) fn check(&self, existing: Option<&str>) -> Result<(), IndexError> {
        match (self, existing) {
            (Self::Any, _) | (Self::Absent, None) | (Self::Present, Some(_)) => Ok(()),
            (Self::Absent, Some(_)) => Err(IndexError::PreconditionFailed),
            (Self::Present | Self::Tagged(_), None) => Err(IndexError::NoSuchKey),
            (Self::Tagged(wanted), Some(existing)) => match wanted.as_strong() {
                Some(wanted) if wanted == existing => Ok(()),
                Some(_) | None => Err(IndexError::PreconditionFailed),
            },
        }
    }
}

fn is_met(condition: &ETagCondition, compare: impl Fn(&ETag) -> bool) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(e_tag) => compare(e_tag),
    }
}

fn not_modified(e_tag: &ETag) -> S3Error {
    let mut error = S3Error::new(S3ErrorCode::NotModified);
    if let Ok(value) = e_tag.to_http_header() {
        error.set_headers(HeaderMap::from_iter([(ETAG, value)]));
    }
    error
}

/// HTTP dates have no fraction, so both sides of a comparison lose theirs.
fn seconds(timestamp: &Timestamp) -> i64 {
    OffsetDateTime::from(timestamp.clone()).unix_timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object() -> Object {
        Object {
            file: "f".to_owned(),
            e_tag: "aa".to_owned(),
            size: 1,
            modified: OffsetDateTime::from_unix_timestamp_nanos(100_500_000_000).unwrap(),
        }
    }

    fn tag(value: &str) -> ETagCondition {
        ETagCondition::ETag(ETag::Strong(value.to_owned()))
    }

    fn at(second: i64) -> Timestamp {
        OffsetDateTime::from_unix_timestamp(second).unwrap().into()
    }

    fn refusal(conditions: &ReadConditions) -> Option<S3ErrorCode> {
        conditions.check(&object()).err().map(|error| error.code().clone())
    }

    #[test]
    fn a_known_tag_is_not_sent_again() {
        let conditions =
            ReadConditions { none_matches: Some(tag("aa")), ..ReadConditions::default() };
        assert_eq!(refusal(&conditions), Some(S3ErrorCode::NotModified));
        let conditions =
            ReadConditions { none_matches: Some(tag("bb")), ..ReadConditions::default() };
        assert_eq!(refusal(&conditions), None);
    }

    #[test]
    fn another_tag_fails_the_precondition() {
        let conditions = ReadConditions { matches: Some(tag("bb")), ..ReadConditions::default() };
        assert_eq!(refusal(&conditions), Some(S3ErrorCode::PreconditionFailed));
    }

    #[test]
    fn dates_compare_in_whole_seconds() {
        let conditions =
            ReadConditions { modified_since: Some(at(100)), ..ReadConditions::default() };
        assert_eq!(refusal(&conditions), Some(S3ErrorCode::NotModified));
        let conditions =
            ReadConditions { modified_since: Some(at(99)), ..ReadConditions::default() };
        assert_eq!(refusal(&conditions), None);
        let conditions =
            ReadConditions { unmodified_since: Some(at(100)), ..ReadConditions::default() };
        assert_eq!(refusal(&conditions), None);
        let conditions =
            ReadConditions { unmodified_since: Some(at(99)), ..ReadConditions::default() };
        assert_eq!(refusal(&conditions), Some(S3ErrorCode::PreconditionFailed));
    }

    #[test]
    fn a_tag_outranks_a_date() {
        let conditions = ReadConditions {
            matches: Some(tag("aa")),
            unmodified_since: Some(at(1)),
            none_matches: Some(tag("bb")),
            modified_since: Some(at(200)),
        };
        assert_eq!(refusal(&conditions), None);
    }

    #[test]
    fn a_write_that_must_create_does_not_replace() {
        let condition = WriteCondition::parse(None, Some(ETagCondition::Any)).unwrap();
        condition.check(None).unwrap();
        assert!(matches!(condition.check(Some("aa")), Err(IndexError::PreconditionFailed)));
    }

    #[test]
    fn a_write_that_must_match_wants_the_same_tag() {
        let condition = WriteCondition::parse(Some(tag("aa")), None).unwrap();
        condition.check(Some("aa")).unwrap();
        assert!(matches!(condition.check(Some("bb")), Err(IndexError::PreconditionFailed)));
        assert!(matches!(condition.check(None), Err(IndexError::NoSuchKey)));
    }
}
