//! The policy of a form: until when it counts, and what its fields and its file have to be.
//!
//! Source: Amazon S3 API Reference, "Creating an HTML Form" and "POST Policy".

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use super::error::FormError;
use super::fields::Fields;
use crate::presigned::check_end;

/// The policy of a form, of which nothing counts before its signature holds.
#[derive(Clone, Debug)]
pub struct PostPolicy {
    expiration: OffsetDateTime,
    conditions: Vec<Condition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    expiration: String,
    conditions: Vec<Condition>,
}

/// Something that has to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    /// The field, its name in lower case, is exactly this.
    Equals(String, String),
    /// The field, its name in lower case, is there and begins so.
    StartsWith(String, String),
    /// The file has so many bytes.
    Length { min: u64, max: u64 },
}

impl PostPolicy {
    /// Reads the policy among `fields`.
    ///
    /// # Errors
    ///
    /// [`FormError::MissingField`], [`FormError::PolicyDocument`] or [`FormError::PolicyJson`].
    pub fn read(fields: &Fields) -> Result<Self, FormError> {
        let text = fields.get(POLICY).ok_or(FormError::MissingField { name: POLICY })?;
        let unreadable = |reason| FormError::PolicyDocument { reason };
        let document = STANDARD.decode(text).map_err(|_| unreadable("it is not base64"))?;
        let document: Document =
            serde_json::from_slice(&document).map_err(|error| FormError::PolicyJson {
                line: error.line(),
                column: error.column(),
                reason: error.to_string(),
            })?;
        let expiration = OffsetDateTime::parse(&document.expiration, &Rfc3339)
            .ok()
            .filter(|at| at.offset() == UtcOffset::UTC)
            .ok_or(unreadable("the expiration is no time such as 2026-01-31T12:00:00Z"))?;
        Ok(Self { expiration, conditions: document.conditions })
    }

    /// Checks that the policy counts at `now`, that every condition holds of the `fields` of a form for `bucket`, and
    /// that a condition is about each of them and about the bucket.
    ///
    /// # Errors
    ///
    /// [`FormError::Expired`], [`FormError::OtherBucket`], [`FormError::Condition`] or [`FormError::ExtraFields`].
    pub fn check(
        &self,
        fields: &Fields,
        bucket: &str,
        now: OffsetDateTime,
    ) -> Result<(), FormError> {
        check_end(self.expiration, now).map_err(|_late| FormError::Expired)?;
        if fields.get(BUCKET).is_some_and(|named| named != bucket) {
            return Err(FormError::OtherBucket);
        }
        let value = |name: &str| if name == BUCKET { Some(bucket) } else { fields.get(name) };
        self.conditions.iter().try_for_each(|condition| condition.check(value))?;
        let names = fields.iter().map(|(name, _)| name).filter(|name| *name != BUCKET);
        let extra: Vec<&str> = names
            .filter(|name| !EXEMPT.contains(name) && !name.starts_with(IGNORED))
            .chain([BUCKET])
            .filter(|name| !self.conditions.iter().any(|condition| condition.field() == Some(name)))
            .collect();
        if extra.is_empty() {
            Ok(())
        } else {
            Err(FormError::ExtraFields { names: extra.join(", ") })
        }
    }

    /// Checks that a file may have `length` bytes.
    ///
    /// # Errors
    ///
    /// [`FormError::TooLarge`] or [`FormError::TooSmall`].
    pub fn check_length(&self, length: u64) -> Result<(), FormError> {
        for condition in &self.conditions {
            match condition {
                Condition::Length { max, .. } if length > *max => {
                    return Err(FormError::TooLarge { max: *max });
                }
                Condition::Length { min, .. } if length < *min => {
                    return Err(FormError::TooSmall { min: *min });
                }
                Condition::Length { .. } | Condition::Equals(..) | Condition::StartsWith(..) => {}
            }
        }
        Ok(())
    }
}

impl Condition {
    /// The field that it is about.
    fn field(&self) -> Option<&str> {
        match self {
            Self::Equals(name, _) | Self::StartsWith(name, _) => Some(name),
            Self::Length { .. } => None,
        }
    }

    /// Whether it holds of the fields; the length of the file is looked at elsewhere.
    fn check<'a>(&self, value: impl Fn(&str) -> Option<&'a str>) -> Result<(), FormError> {
        let (operator, name, wanted, holds) = match self {
            Self::Equals(name, wanted) => ("eq", name, wanted, value(name) == Some(wanted)),
            Self::StartsWith(name, prefix) => {
                let holds = value(name).is_some_and(|value| begins(name, value, prefix));
                ("starts-with", name, prefix, holds)
            }
            Self::Length { .. } => return Ok(()),
        };
        if holds {
            return Ok(());
        }
        let wanted = Some(wanted).filter(|_| !name.contains(CUSTOMER_KEY)).cloned();
        Err(FormError::Condition { operator, field: name.clone(), wanted })
    }
}

/// Whether the `value` of the field `name` begins so.
fn begins(name: &str, value: &str, prefix: &str) -> bool {
    // S3 reads commas there as a list, of which each has to begin so.
    let list = if name == CONTENT_TYPE { value.split(',') } else { "".split(',') };
    value.starts_with(prefix) && list.skip(1).all(|each| each.trim_start().starts_with(prefix))
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneCondition)
    }
}

/// Reads `{"field": "value"}`, `["operator", "$field", "value"]` or `["content-length-range", 1, 2]`.
struct OneCondition;

impl<'de> Visitor<'de> for OneCondition {
    type Value = Condition;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a condition: an object of one field, or a list of three")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Condition, A::Error> {
        let Some((name, value)) = map.next_entry::<String, String>()? else {
            return Err(A::Error::custom("a simple condition has exactly one field"));
        };
        if map.next_key::<IgnoredAny>()?.is_some() {
            return Err(A::Error::custom("a simple condition has exactly one field"));
        }
        Ok(Condition::Equals(name.to_ascii_lowercase(), value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Condition, A::Error> {
        let short = || A::Error::custom("a condition in a list has three parts");
        let operator: String = list.next_element()?.ok_or_else(short)?;
        let condition = if operator == "content-length-range" {
            let Bytes(min) = list.next_element()?.ok_or_else(short)?;
            let Bytes(max) = list.next_element()?.ok_or_else(short)?;
            Condition::Length { min, max }
        } else {
            let name: String = list.next_element()?.ok_or_else(short)?;
            let value: String = list.next_element()?.ok_or_else(short)?;
            let name = name.strip_prefix('$').map(str::to_ascii_lowercase);
            let name = name.ok_or_else(|| A::Error::custom("a field begins with `$` in a list"))?;
            match operator.as_str() {
                "eq" => Condition::Equals(name, value),
                "starts-with" => Condition::StartsWith(name, value),
                _ => return Err(A::Error::custom("unknown operator of a condition")),
            }
        };
        match list.next_element::<IgnoredAny>()? {
            None => Ok(condition),
            Some(_) => Err(short()),
        }
    }
}

/// A number of bytes, which some write as a text.
struct Bytes(u64);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(u64),
            Text(String),
        }
        let is_number = |text: &String| text.bytes().all(|byte| byte.is_ascii_digit());
        let bytes = match Written::deserialize(deserializer)? {
            Written::Number(bytes) => Some(bytes),
            Written::Text(text) => Some(text).filter(is_number).and_then(|text| text.parse().ok()),
        };
        bytes
            .map(Self)
            .ok_or_else(|| D::Error::custom("content-length-range has two numbers of bytes"))
    }
}

/// The field that holds the policy, and what its signature is of.
pub(super) const POLICY: &str = "policy";

const BUCKET: &str = "bucket";
const CONTENT_TYPE: &str = "content-type";

/// In the names of fields that are a key of the client's own, or tell of one.
const CUSTOMER_KEY: &str = "server-side-encryption-customer-key";

/// Fields that no condition need be about.
const EXEMPT: [&str; 4] = ["awsaccesskeyid", POLICY, "signature", "x-amz-signature"];

/// Beginnings of the names of fields that say nothing.
const IGNORED: &str = "x-ignore-";

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-31 12:00 UTC);

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::default();
        for (name, value) in pairs {
            fields.add(name, (*value).to_owned()).unwrap();
        }
        fields
    }

    fn read(document: &str) -> Result<PostPolicy, FormError> {
        PostPolicy::read(&fields(&[("policy", &STANDARD.encode(document))]))
    }

    /// What becomes of a form with these fields, beside its key, under these conditions, beside those that it needs.
    fn check(conditions: &str, pairs: &[(&str, &str)]) -> Result<(), String> {
        let document = format!(
            "{{\"expiration\": \"2026-01-31T12:00:00.000Z\", \"conditions\": [{{\"bucket\": \"lake\"}}, {{\"key\": \"a\"}}{conditions}]}}"
        );
        let pairs = [&[("key", "a"), ("policy", "p"), ("x-amz-signature", "s")], pairs].concat();
        read(&document)
            .unwrap()
            .check(&fields(&pairs), "lake", NOW)
            .map_err(|error| error.message().into_owned())
    }

    #[test]
    fn a18_every_condition_has_to_hold() {
        let failed = |text: &str| {
            Err(format!("Invalid according to Policy: Policy Condition failed: {text}"))
        };
        for (conditions, pairs, expected) in [
            ("", &[][..], Ok(())),
            (", {\"ACL\": \"private\"}", &[("acl", "private")], Ok(())),
            (
                ", {\"acl\": \"private\"}",
                &[("acl", "private ")],
                failed("[\"eq\", \"$acl\", \"private\"]"),
            ),
            (", {\"acl\": \"private\"}", &[], failed("[\"eq\", \"$acl\", \"private\"]")),
            (", [\"eq\", \"$acl\", \"\"]", &[], failed("[\"eq\", \"$acl\", \"\"]")),
            (", [\"starts-with\", \"$acl\", \"p\"]", &[("acl", "public-read")], Ok(())),
            (", [\"starts-with\", \"$acl\", \"\"]", &[("acl", "anything")], Ok(())),
            (", [\"starts-with\", \"$acl\", \"\"]", &[("acl", "")], Ok(())),
            (
                ", [\"starts-with\", \"$acl\", \"\"]",
                &[],
                failed("[\"starts-with\", \"$acl\", \"\"]"),
            ),
            (
                ", [\"starts-with\", \"$acl\", \"pr\"]",
                &[("acl", "public-read")],
                failed("[\"starts-with\", \"$acl\", \"pr\"]"),
            ),
            (
                ", [\"starts-with\", \"$acl\", \"\"], {\"acl\": \"private\"}",
                &[("acl", "public-read")],
                failed("[\"eq\", \"$acl\", \"private\"]"),
            ),
            (
                ", [\"starts-with\", \"$Content-Type\", \"image/\"]",
                &[("Content-Type", "image/png, image/gif,image/x")],
                Ok(()),
            ),
            (
                ", [\"starts-with\", \"$Content-Type\", \"image/\"]",
                &[("Content-Type", "image/png,text/html")],
                failed("[\"starts-with\", \"$content-type\", \"image/\"]"),
            ),
            (
                ", [\"starts-with\", \"$key\", \"b\"]",
                &[],
                failed("[\"starts-with\", \"$key\", \"b\"]"),
            ),
        ] {
            assert_eq!(check(conditions, pairs), expected, "{conditions} {pairs:?}");
        }
    }

    #[test]
    fn a18_a_field_that_no_condition_is_about_is_refused() {
        let extra =
            |names: &str| Err(format!("Invalid according to Policy: Extra input fields: {names}"));
        assert_eq!(check("", &[("acl", "private")]), extra("acl"));
        assert_eq!(check("", &[("x-amz-date", "d"), ("Submit", "")]), extra("x-amz-date, submit"));
        assert_eq!(
            check("", &[("X-Ignore-Me", "x"), ("AWSAccessKeyId", "i"), ("signature", "s")]),
            Ok(())
        );
        assert_eq!(
            check(", [\"content-length-range\", 0, 9]", &[("content-length-range", "1")]),
            extra("content-length-range")
        );
        let document =
            "{\"expiration\": \"2026-01-31T12:00:00Z\", \"conditions\": [{\"key\": \"a\"}]}";
        let no_bucket = read(document).unwrap().check(&fields(&[("key", "a")]), "lake", NOW);
        let error = no_bucket.unwrap_err();
        assert_eq!((error.status(), error.code()), (403, "AccessDenied"));
        assert_eq!(error, FormError::ExtraFields { names: "bucket".to_owned() });
    }

    #[test]
    fn a18_bucket_of_the_url_is_that_of_the_policy_and_of_the_field() {
        assert_eq!(check("", &[("bucket", "lake")]), Ok(()));
        assert!(check("", &[("bucket", "pond")]).is_err());
        let document =
            "{\"expiration\": \"2026-01-31T12:00:00Z\", \"conditions\": [{\"bucket\": \"lake\"}]}";
        let elsewhere = read(document).unwrap().check(&Fields::default(), "pond", NOW);
        assert_eq!(
            elsewhere.unwrap_err(),
            FormError::Condition {
                operator: "eq",
                field: "bucket".to_owned(),
                wanted: Some("lake".to_owned()),
            }
        );
    }

    #[test]
    fn l01_no_value_of_a_form_is_printed_and_no_key_is_told() {
        let key = "x-amz-server-side-encryption-customer-key";
        let document = |name: &str, operator: &str| {
            format!(
                "{{\"expiration\": \"2026-01-31T12:00:00Z\", \"conditions\": [[\"{operator}\", \"${name}\", \"canary\"]]}}"
            )
        };
        for operator in ["eq", "starts-with"] {
            for name in [key, &format!("{key}-md5"), "acl"] {
                let policy = read(&document(name, operator)).unwrap();
                let error = policy.check(&fields(&[(name, "looks-secret")]), "lake", NOW);
                let error = error.unwrap_err();
                assert_eq!(
                    error.to_string(),
                    format!("policy condition failed: {operator} of `{name}`")
                );
                assert!(!error.message().contains("looks-secret"), "{}", error.message());
                let is_told = format!("{error:?}{}", error.message()).contains("canary");
                assert_eq!(is_told, name == "acl", "{}", error.message());
            }
        }
        let whole = document(key, "eq");
        for spoiled in [
            whole.replace("\"eq\", ", "\"content-length-range\", "),
            whole.replace("[[", "[{\"a\": 1}, [").replace(": 1", ": [\"canary\"]"),
            whole.replace("\"conditions\"", "\"canary\""),
            whole.replace("[[", "\"canary\", [["),
            format!("\n{whole} canary"),
        ] {
            let error = read(&spoiled).unwrap_err();
            assert_eq!((error.status(), error.code()), (400, "InvalidPolicyDocument"));
            let printed = error.to_string();
            assert!(printed.starts_with("policy document cannot be read at line "), "{printed}");
            assert!(!printed.contains("canary"), "{printed}");
        }
    }

    #[test]
    fn a18_policy_ends_with_its_last_second() {
        let at = |expiration: &str| {
            let document = format!(
                "{{\"expiration\": \"{expiration}\", \"conditions\": [[\"starts-with\", \"$bucket\", \"\"]]}}"
            );
            read(&document).unwrap().check(&Fields::default(), "lake", NOW)
        };
        assert_eq!(at("2026-01-31T12:00:00Z"), Ok(()));
        let late = at("2026-01-31T11:59:59.999Z").unwrap_err();
        assert_eq!((late.status(), late.code(), late), (403, "AccessDenied", FormError::Expired));
    }

    #[test]
    fn a18_length_of_the_file_is_in_every_range() {
        let document = "{\"expiration\": \"2026-01-31T12:00:00Z\", \"conditions\": [[\"content-length-range\", 2, 9], [\"content-length-range\", \"0\", \"5\"]]}";
        let policy = read(document).unwrap();
        for length in 2..=5 {
            assert_eq!(policy.check_length(length), Ok(()));
        }
        assert_eq!(policy.check_length(1), Err(FormError::TooSmall { min: 2 }));
        let large = policy.check_length(6).unwrap_err();
        assert_eq!(
            (large.status(), large.code(), large),
            (400, "EntityTooLarge", FormError::TooLarge { max: 5 })
        );
    }

    #[test]
    fn policy_that_is_no_document_is_refused() {
        let within = |conditions: &str| {
            format!("{{\"expiration\": \"2026-01-31T12:00:00Z\", \"conditions\": [{conditions}]}}")
        };
        for document in [
            String::new(),
            "{}".to_owned(),
            "[]".to_owned(),
            "{\"expiration\": \"2026-01-31T12:00:00Z\"}".to_owned(),
            "{\"conditions\": []}".to_owned(),
            "{\"expiration\": \"2026-01-31T12:00:00+02:00\", \"conditions\": []}".to_owned(),
            "{\"expiration\": \"tomorrow\", \"conditions\": []}".to_owned(),
            "{\"expiration\": 1, \"conditions\": []}".to_owned(),
            within("").replace('}', ", \"more\": 1}"),
            within("").replace('}', ", \"conditions\": []}"),
            within("") + "x",
            within("{}"),
            within("{\"a\": \"b\", \"c\": \"d\"}"),
            within("{\"a\": \"b\", \"a\": \"b\"}"),
            within("{\"success_action_status\": 201}"),
            within("[]"),
            within("[\"eq\", \"$a\"]"),
            within("[\"eq\", \"a\", \"b\"]"),
            within("[\"eq\", \"$a\", \"b\", \"c\"]"),
            within("[\"ends-with\", \"$a\", \"b\"]"),
            within("[\"content-length-range\", 1]"),
            within("[\"content-length-range\", -1, 2]"),
            within("[\"content-length-range\", \"+1\", 2]"),
            within("[\"content-length-range\", 1, 2, 3]"),
            within("\"eq\""),
        ] {
            let error = read(&document).unwrap_err();
            assert_eq!(
                (error.status(), error.code()),
                (400, "InvalidPolicyDocument"),
                "{document}"
            );
        }
        let not_base64 = PostPolicy::read(&fields(&[("policy", "e30 ")])).unwrap_err();
        assert_eq!(not_base64.code(), "InvalidPolicyDocument");
        let missing = PostPolicy::read(&Fields::default()).unwrap_err();
        assert_eq!(missing, FormError::MissingField { name: "policy" });
    }
}
