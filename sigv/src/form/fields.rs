//! The fields of a form that stand before its file.

use std::fmt;

use super::error::FormError;

/// The fields of a form, in their order: names in lower case, each there once.
///
/// Its `Debug` form has the names only, as one of the values is a signature.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(Box<str>, String)>);

impl Fields {
    /// The value of the field `name`, which is in lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, value.as_str()))
    }

    /// Adds a field; S3 does not tell `Key` from `key`.
    pub(super) fn add(&mut self, name: &str, value: String) -> Result<(), FormError> {
        let name = name.to_ascii_lowercase();
        if self.get(&name).is_some() {
            return Err(FormError::DuplicateField { name });
        }
        self.0.push((name.into(), value));
        Ok(())
    }

    /// Puts `filename` in the place of each [`FILENAME`], once: what a name holds stays as it is.
    ///
    /// # Errors
    ///
    /// [`FormError::TooLong`] when all values together would then have more than `bytes_max` bytes.
    pub(super) fn expand(&mut self, filename: &str, bytes_max: usize) -> Result<(), FormError> {
        let expanded = |value: &str| {
            let places = value.matches(FILENAME).count();
            let left = value.len().saturating_sub(places.saturating_mul(FILENAME.len()));
            left.saturating_add(places.saturating_mul(filename.len()))
        };
        let total =
            self.0.iter().fold(0, |sum: usize, (_, value)| sum.saturating_add(expanded(value)));
        if total > bytes_max {
            return Err(FormError::TooLong { max: bytes_max });
        }
        for (_, value) in self.0.iter_mut().filter(|(_, value)| value.contains(FILENAME)) {
            *value = value.replace(FILENAME, filename);
        }
        Ok(())
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

/// What stands in a field for the name of the file.
const FILENAME: &str = "${filename}";

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::default();
        for (name, value) in pairs {
            fields.add(name, (*value).to_owned()).unwrap();
        }
        fields
    }

    #[test]
    fn names_are_told_apart_without_regard_to_case() {
        let mut fields = fields(&[("Key", "a"), ("X-Amz-Date", "b")]);
        assert_eq!((fields.get("key"), fields.get("x-amz-date")), (Some("a"), Some("b")));
        let twice = fields.add("kEY", "a".to_owned()).unwrap_err();
        assert_eq!(twice, FormError::DuplicateField { name: "key".to_owned() });
        assert_eq!((twice.status(), twice.code()), (400, "InvalidArgument"));
    }

    #[test]
    fn the_name_of_the_file_is_put_in_once() {
        let mut fields = fields(&[("key", "a/${filename}-${filename}$"), ("acl", "$filename")]);
        fields.expand("${filename}", 1000).unwrap();
        assert_eq!(fields.get("key"), Some("a/${filename}-${filename}$"));
        fields.expand("b", 1000).unwrap();
        assert_eq!((fields.get("key"), fields.get("acl")), (Some("a/b-b$"), Some("$filename")));
    }

    #[test]
    fn a14_names_that_multiply_are_refused() {
        let mut fields = fields(&[("key", &FILENAME.repeat(900))]);
        let long = fields.expand(&"x".repeat(10_000), 20_480).unwrap_err();
        assert_eq!((long.status(), long.code()), (400, "MaxPostPreDataLengthExceededError"));
        fields.expand("xx", 1800).unwrap();
        assert_eq!(fields.get("key"), Some(&*"xx".repeat(900)));
    }

    #[test]
    fn values_do_not_print() {
        let fields = fields(&[("key", "a"), ("x-amz-signature", "looks-secret")]);
        assert_eq!(format!("{fields:?}"), "[\"key\", \"x-amz-signature\"]");
    }
}
