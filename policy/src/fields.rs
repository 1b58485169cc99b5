//! The table of the fields of an HTML form: which of them are headers of the `PutObject` that the form becomes.
//!
//! A field whose name begins with `x-amz-` is the header of that name. Any other field without a row says nothing to S3,
//! and never goes up.

use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::{
    operations::Operation,
    recognise::{Recognised, Shape, is_amazon, recognise},
    unrecognised::Unrecognised,
};

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct FieldRow {
    /// Its name in lower case.
    pub name: &'static str,
    /// What becomes of it.
    pub handling: FieldHandling,
}

/// What becomes of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldHandling {
    /// It is this header.
    Header(&'static str),
    /// It says who signed the form, where it goes, or how it is answered, and never goes up.
    Consumed,
    /// It is refused by its name.
    Refused,
}

impl FieldRow {
    /// The row of this exact name, which is in lower case.
    pub fn find(name: &str) -> Option<&'static Self> {
        FIELDS.iter().find(|row| row.name == name)
    }

    const fn header(name: &'static str, header: &'static str) -> Self {
        Self { name, handling: FieldHandling::Header(header) }
    }

    const fn consumed(name: &'static str) -> Self {
        Self { name, handling: FieldHandling::Consumed }
    }

    const fn refused(name: &'static str) -> Self {
        Self { name, handling: FieldHandling::Refused }
    }
}

/// Every field that is known by name.
#[rustfmt::skip]
pub static FIELDS: &[FieldRow] = &[
    // What the object is stored with.
    FieldRow::header("acl", "x-amz-acl"),
    FieldRow::header("cache-control", "cache-control"),
    FieldRow::header("content-disposition", "content-disposition"),
    FieldRow::header("content-encoding", "content-encoding"),
    FieldRow::header("content-language", "content-language"),
    FieldRow::header("content-md5", "content-md5"),
    FieldRow::header("content-type", "content-type"),
    FieldRow::header("expires", "expires"),
    FieldRow::header("x-amz-checksum-algorithm", "x-amz-sdk-checksum-algorithm"),
    // Whether it is stored at all. A write has no such condition on a time.
    FieldRow::header("if-match", "if-match"),
    FieldRow::header("if-none-match", "if-none-match"),
    FieldRow::refused("if-modified-since"),
    FieldRow::refused("if-unmodified-since"),
    // Where it goes, and how the form is answered.
    FieldRow::consumed("bucket"),
    FieldRow::consumed("key"),
    FieldRow::consumed("redirect"),
    FieldRow::consumed("success_action_redirect"),
    FieldRow::consumed("success_action_status"),
    // The client's authentication, version 4, then version 2.
    FieldRow::consumed("policy"),
    FieldRow::consumed("x-amz-algorithm"),
    FieldRow::consumed("x-amz-credential"),
    FieldRow::consumed("x-amz-date"),
    FieldRow::consumed("x-amz-signature"),
    FieldRow::consumed("awsaccesskeyid"),
    FieldRow::consumed("signature"),
    // A document, where the header has pairs; and what speaks of a body that is framed or hashed, as a form's is not.
    FieldRow::refused("tagging"),
    FieldRow::refused("x-amz-content-sha256"),
    FieldRow::refused("x-amz-decoded-content-length"),
    FieldRow::refused("x-amz-te"),
    FieldRow::refused("x-amz-trailer"),
];

/// Tells what the upload of a form to `key` is that has these `fields`, their names in lower case: a [`Operation::PutObject`]
/// with the headers that they are, and with all that such a request needs.
///
/// # Errors
///
/// [`Unrecognised`], as [`recognise`] has it of that request, and for a field that is refused or cannot be a header.
pub fn recognise_form<'a>(
    bucket: &str,
    key: &str,
    fields: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Recognised, Unrecognised> {
    let headers = headers(fields)?;
    let (bucket, key) = (Some(bucket), Some(key));
    let shape = Shape { method: &Method::PUT, bucket, key, parameters: &[], headers: &headers };
    let recognised = recognise(&shape)?;
    // A header can tell another operation, such as a copy.
    if recognised.operation != Operation::PutObject {
        return Err(Unrecognised::NotImplemented { operation: recognised.operation });
    }
    Ok(recognised)
}

fn headers<'a>(
    fields: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<HeaderMap, Unrecognised> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let header = match FieldRow::find(name).map(|row| row.handling) {
            Some(FieldHandling::Header(header)) => header,
            Some(FieldHandling::Consumed) => continue,
            Some(FieldHandling::Refused) => {
                return Err(Unrecognised::RefusedField { name: name.to_owned() });
            }
            // Some servers read `x_amz_acl` as `x-amz-acl`.
            None if is_amazon(&name.replace('_', "-")) => name,
            None => continue,
        };
        let unfit = || Unrecognised::BadField { name: name.to_owned() };
        let header = HeaderName::from_bytes(header.as_bytes()).map_err(|_| unfit())?;
        let value = value.trim_matches([' ', '\t']);
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| unfit())?;
        headers.append(header, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[(&str, &str)]) -> Result<(Vec<String>, String), String> {
        let recognised = recognise_form("lake", "a", fields.iter().copied());
        let recognised = recognised.map_err(|refusal| refusal.to_string())?;
        let line = |(name, value): (&HeaderName, &HeaderValue)| {
            format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))
        };
        let mut lines: Vec<_> = recognised.headers.iter().map(line).collect();
        lines.sort();
        Ok((lines, recognised.required.to_string()))
    }

    #[test]
    fn form_is_the_put_object_of_its_fields() {
        let object = "arn:lakefs:fs:::repository/lake/object/a";
        let write = format!("fs:WriteObject on {object}");
        let fields = [
            ("key", "ignored"),
            ("policy", "p"),
            ("submit", "x"),
            ("x-ignore-me", "x"),
            ("content-type", " text/ö "),
            ("x-amz-meta-a", "b  c"),
            ("x-amz-storage-class", "STANDARD"),
            ("x-amz-checksum-algorithm", "CRC32"),
            ("acl", "private"),
            ("if-none-match", "*"),
        ];
        let lines = [
            "content-type: text/ö",
            "if-none-match: *",
            "x-amz-meta-a: b c",
            "x-amz-sdk-checksum-algorithm: CRC32",
            "x-amz-storage-class: STANDARD",
        ];
        assert_eq!(read(&fields), Ok((lines.map(str::to_owned).to_vec(), write.clone())));
        let (_, needs) = read(&[("acl", "public-read"), ("x-amz-tagging", "a=b")]).unwrap();
        assert_eq!(
            needs,
            format!("{write}, fs:WriteObjectAcl on {object}, fs:WriteObjectTags on {object}")
        );
    }

    #[test]
    fn b09_field_that_is_no_header_of_a_write_is_refused_by_its_name() {
        for (name, refusal) in [
            ("tagging", "the field `tagging` is not accepted"),
            ("if-modified-since", "the field `if-modified-since` is not accepted"),
            ("if-unmodified-since", "the field `if-unmodified-since` is not accepted"),
            ("x-amz-trailer", "the field `x-amz-trailer` is not accepted"),
            ("x_amz_acl", "the header `x_amz_acl` is not implemented"),
            ("x-amz-new", "the header `x-amz-new` is not implemented"),
            ("x-amz-mfa", "the header `x-amz-mfa` is not accepted"),
            ("x-amz-a b", "the field `x-amz-a b` cannot be a header"),
        ] {
            assert_eq!(read(&[(name, "1")]), Err(refusal.to_owned()), "{name}");
        }
        assert!(read(&[("x-amz-copy-source", "lake/b")]).is_err());
        let split = read(&[("content-type", "a\r\nx-amz-acl: public-read")]);
        assert_eq!(split, Err("the field `content-type` cannot be a header".to_owned()));
        let twice = read(&[("acl", "private"), ("x-amz-acl", "public-read")]);
        assert_eq!(twice, Err("the header `x-amz-acl` is there more than once".to_owned()));
    }

    #[test]
    fn names_are_in_lower_case_and_each_there_once() {
        for (index, row) in FIELDS.iter().enumerate() {
            assert_eq!(row.name, row.name.to_ascii_lowercase());
            assert!(FIELDS.iter().skip(index + 1).all(|other| other.name != row.name), "{row:?}");
        }
    }
}
