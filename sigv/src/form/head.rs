//! The head of a part of a form, and the parameters of headers.

use super::error::FormError;

/// What the head of a part says so far.
#[derive(Debug, Default)]
pub(super) struct Head {
    disposition: Option<Disposition>,
}

/// Which field a part is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Disposition {
    pub(super) name: String,
    /// What follows the last slash or backslash of the file's name.
    pub(super) filename: Option<String>,
}

impl Head {
    /// Takes a line of the head, without its end.
    pub(super) fn add(&mut self, line: &[u8]) -> Result<(), FormError> {
        let line = str::from_utf8(line).map_err(|_| malformed("a part's head is not UTF-8"))?;
        let (name, value) = line.split_once(':').ok_or(malformed("a line has no colon"))?;
        let is_name = !name.is_empty() && !name.contains([' ', '\t']);
        if !is_name || value.contains(char::is_control) {
            return Err(malformed("a part's head is no header"));
        }
        if name.eq_ignore_ascii_case("content-disposition") {
            let disposition = Disposition::parse(value)?;
            if self.disposition.replace(disposition).is_some() {
                return Err(malformed("a part has two names"));
            }
        }
        let is_coding = name.eq_ignore_ascii_case("content-transfer-encoding");
        let is_identity =
            |coding: &str| IDENTITIES.iter().any(|own| own.eq_ignore_ascii_case(coding));
        if is_coding && !is_identity(value.trim()) {
            return Err(malformed("a part has a coding"));
        }
        Ok(())
    }

    /// Ends the head.
    pub(super) fn finish(self) -> Result<Disposition, FormError> {
        self.disposition.ok_or(malformed("a part has no name"))
    }
}

impl Disposition {
    fn parse(value: &str) -> Result<Self, FormError> {
        let (kind, parameters) =
            parameters(value).ok_or(malformed("a part's name is malformed"))?;
        if !kind.eq_ignore_ascii_case("form-data") {
            return Err(malformed("a part is no form-data"));
        }
        let (mut name, mut filename) = (None, None);
        for (parameter, value) in parameters {
            let slot = match parameter.as_str() {
                "name" => &mut name,
                "filename" => &mut filename,
                // Who reads the one would have another name than who reads the other.
                "name*" | "filename*" => return Err(malformed("RFC 7578 has no filename*")),
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return Err(malformed("a part has two names"));
            }
        }
        let name = name.filter(|name| !name.is_empty()).ok_or(malformed("a part has no name"))?;
        let base = |path: String| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        Ok(Self { name, filename: filename.map(base) })
    }
}

/// Takes `form-data; name="a"; filename=b` apart; names come in lower case.
///
/// In quotes, `\"` is a quote, and any other backslash itself: a browser may write a path of Windows there.
pub(super) fn parameters(value: &str) -> Option<(&str, Vec<(String, String)>)> {
    let (kind, mut rest) = match value.split_once(';') {
        Some((kind, rest)) => (kind.trim(), Some(rest)),
        None => (value.trim(), None),
    };
    let mut parameters = Vec::new();
    while let Some(text) = rest {
        let (name, text) = text.split_once('=')?;
        let (value, after) = match text.strip_prefix('"') {
            Some(text) => quoted(text)?,
            None => match text.split_once(';') {
                Some((value, after)) => (value.trim().to_owned(), Some(after)),
                None => (text.trim().to_owned(), None),
            },
        };
        let name = name.trim();
        if name.is_empty()
            || name.contains([' ', '\t', '"', ';'])
            || value.contains('"') && !text.starts_with('"')
        {
            return None;
        }
        parameters.push((name.to_ascii_lowercase(), value));
        rest = after;
    }
    Some((kind, parameters))
}

/// The text up to the quote that ends it, and what follows the next `;`.
fn quoted(text: &str) -> Option<(String, Option<&str>)> {
    let mut value = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some((_, '"'))) => {
                value.push('"');
                characters.next();
            }
            ('"', _) => {
                let after = text.get(at..)?.strip_prefix('"')?.trim();
                return match after.strip_prefix(';') {
                    Some(rest) => Some((value, Some(rest))),
                    None => after.is_empty().then_some((value, None)),
                };
            }
            (other, _) => value.push(other),
        }
    }
    None
}

fn malformed(reason: &'static str) -> FormError {
    FormError::Malformed { reason }
}

/// The codings of a part that are none.
const IDENTITIES: [&str; 3] = ["7bit", "8bit", "binary"];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Option<(String, Option<String>)> {
        let mut head = Head::default();
        lines.iter().try_for_each(|line| head.add(line.as_bytes())).ok()?;
        head.finish().ok().map(|disposition| (disposition.name, disposition.filename))
    }

    fn file(filename: &str) -> (String, Option<String>) {
        ("file".to_owned(), Some(filename.to_owned()))
    }

    #[test]
    fn part_is_named_as_browsers_and_curl_name_it() {
        for (value, filename) in [
            ("form-data; name=\"file\"; filename=\"a.txt\"", "a.txt"),
            ("form-data;name=file;filename=a.txt", "a.txt"),
            ("Form-Data; NAME=\"file\" ; FileName=\"ö + %22;=.txt\"; x=y", "ö + %22;=.txt"),
            ("form-data; name=\"file\"; filename=\"say \\\"so\\\".txt\"", "say \"so\".txt"),
            ("form-data; name=\"file\"; filename=\"C:\\dir\\a.txt\"", "a.txt"),
            ("form-data; name=\"file\"; filename=\"dir/sub/a.txt\"", "a.txt"),
            ("form-data; name=\"file\"; filename=\"../\"", ""),
            ("form-data; name=\"file\"; filename=\"\"", ""),
        ] {
            let line = format!("Content-Disposition: {value}");
            assert_eq!(
                read(&["Content-Type: text/plain; charset=utf-8", &line]),
                Some(file(filename)),
                "{value}"
            );
        }
        let line = "content-disposition: form-data; name=\"key\"";
        assert_eq!(read(&[line]), Some(("key".to_owned(), None)));
        assert_eq!(
            read(&[line, "Content-Transfer-Encoding: Binary"]),
            Some(("key".to_owned(), None))
        );
    }

    #[test]
    fn part_with_another_head_is_refused() {
        let named = "Content-Disposition: form-data; name=\"a\"";
        for lines in [
            &[][..],
            &["Content-Type: text/plain"],
            &["Content-Disposition: attachment; name=\"a\""],
            &["Content-Disposition: form-data"],
            &["Content-Disposition: form-data; name=\"\""],
            &["Content-Disposition: form-data; name=\"a"],
            &["Content-Disposition: form-data; name=\"a\" b"],
            &["Content-Disposition: form-data; name=\"a\"b; filename=c"],
            &["Content-Disposition: form-data; name=a\"b"],
            &["Content-Disposition: form-data; name"],
            &["Content-Disposition: form-data; name=a; name=b"],
            &["Content-Disposition: form-data; name=a; Name=a"],
            &["Content-Disposition: form-data; name=a; filename=b; filename=c"],
            &["Content-Disposition: form-data; name=a; filename=b; filename*=utf-8''c"],
            &["Content-Disposition: form-data; name=\"a\tb\""],
            &[named, named],
            &[named, "no colon"],
            &[named, " folded: line"],
            &[named, ": none"],
            &[named, "Content-Transfer-Encoding: base64"],
        ] {
            assert_eq!(read(lines), None, "{lines:?}");
        }
        assert!(Head::default().add(b"A: \xff").is_err());
    }
}
