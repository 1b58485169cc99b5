//! Reads the fields of a form off the wire, up to the first byte of its file, and no more of them than a limit.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::error::FormError;
use super::fields::Fields;
use super::head::{Head, parameters};
use crate::body::{Delimiter, Line};

/// Reads a form up to its file.
///
/// Lines end in CRLF. A line of a field that begins like a boundary and is none is refused, so that no two readers
/// tell the fields apart in two ways.
pub struct FormReader {
    /// `--` and the boundary.
    boundary: Box<[u8]>,
    bytes_max: usize,
    /// The bytes of whole lines that were taken.
    taken: usize,
    line: Line,
    at: At,
    fields: Fields,
}

/// Where the reader is.
enum At {
    /// Before the first boundary.
    Start,
    Head(Head),
    Value {
        name: String,
        value: Vec<u8>,
    },
}

/// What stands in a form before the bytes of its file.
#[derive(Debug)]
pub struct PostForm {
    /// The fields, with the name of the file where it belongs.
    pub fields: Fields,
    /// What ends the file.
    pub delimiter: Delimiter,
    /// How much of the body that was, in bytes.
    head_bytes: u64,
}

impl FormReader {
    /// A reader for the body of a request with these headers. All that comes before the file may have `bytes_max`
    /// bytes, the heads of the parts included.
    ///
    /// # Errors
    ///
    /// [`FormError::Enclosure`].
    pub fn new(headers: &HeaderMap, bytes_max: usize) -> Result<Self, FormError> {
        let boundary = boundary(headers).ok_or(FormError::Enclosure)?;
        let boundary = [b"--", boundary.as_bytes()].concat().into();
        let (line, fields) = (Line::default(), Fields::default());
        Ok(Self { boundary, bytes_max, taken: 0, line, at: At::Start, fields })
    }

    /// Takes bytes off the front of `wire`: all of them, or those before the file.
    ///
    /// # Errors
    ///
    /// [`FormError::Malformed`], [`FormError::TooLong`], [`FormError::NoFile`] or [`FormError::DuplicateField`]. Nothing
    /// may be pushed after an error, or after the file began.
    pub fn push(&mut self, wire: &mut Bytes) -> Result<Option<PostForm>, FormError> {
        while !wire.is_empty() {
            let room = self.bytes_max.saturating_sub(self.taken);
            let line = self.line.read_to_feed(wire, room);
            let line = line.map_err(|_long| FormError::TooLong { max: self.bytes_max })?;
            let Some(line) = line else { return Ok(None) };
            self.taken = self.taken.saturating_add(line.len());
            if let Some(filename) = self.take(&line)? {
                return self.begin_file(&filename).map(Some);
            }
        }
        Ok(None)
    }

    /// Takes a line; gives the name of the file when its bytes follow.
    fn take(&mut self, line: &[u8]) -> Result<Option<String>, FormError> {
        let text = line.strip_suffix(b"\r\n");
        match &mut self.at {
            At::Start if text == Some(&*self.boundary) => self.at = At::Head(Head::default()),
            At::Start => return Err(malformed("it does not begin with its boundary")),
            At::Head(head) => match text {
                None => return Err(malformed("a part's head has a line without CRLF")),
                Some(b"") => {
                    let disposition = std::mem::take(head).finish()?;
                    if disposition.name.eq_ignore_ascii_case("file") {
                        return Ok(Some(disposition.filename.unwrap_or_default()));
                    }
                    self.at = At::Value { name: disposition.name, value: Vec::new() };
                }
                Some(text) => head.add(text)?,
            },
            At::Value { name, value } => match line.strip_prefix(&*self.boundary) {
                None => value.extend_from_slice(line),
                Some(rest) => {
                    let Some(whole) = value.strip_suffix(b"\r\n") else {
                        return Err(malformed("a boundary does not begin a line"));
                    };
                    match rest {
                        b"\r\n" => {}
                        b"--\r\n" => return Err(FormError::NoFile),
                        _ => return Err(malformed("a line begins like the boundary")),
                    }
                    let whole =
                        str::from_utf8(whole).map_err(|_| malformed("a field is not UTF-8"))?;
                    self.fields.add(name, whole.to_owned())?;
                    self.at = At::Head(Head::default());
                }
            },
        }
        Ok(None)
    }

    fn begin_file(&mut self, filename: &str) -> Result<PostForm, FormError> {
        let mut fields = std::mem::take(&mut self.fields);
        fields.expand(filename, self.bytes_max)?;
        let delimiter = Delimiter::new(&self.boundary);
        let head_bytes = u64::try_from(self.taken).unwrap_or(u64::MAX);
        Ok(PostForm { fields, delimiter, head_bytes })
    }
}

impl fmt::Debug for FormReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormReader").field("fields", &self.fields).finish_non_exhaustive()
    }
}

impl PostForm {
    /// How long the file is, in bytes, in a form of `form_bytes`: all but what stands before it and the boundary that
    /// ends the form.
    ///
    /// # Errors
    ///
    /// [`FormError::Cut`] when there is no room for that boundary.
    pub fn file_length(&self, form_bytes: u64) -> Result<u64, FormError> {
        let rest = form_bytes.checked_sub(self.head_bytes);
        rest.and_then(|rest| rest.checked_sub(self.delimiter.closing_bytes())).ok_or(FormError::Cut)
    }
}

/// The boundary of a `multipart/form-data`.
fn boundary(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (kind, parameters) = parameters(value.to_str().ok()?)?;
    if !kind.eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut boundaries = parameters.into_iter().filter(|(name, _)| name == "boundary");
    let ((_, boundary), None) = (boundaries.next()?, boundaries.next()) else { return None };
    is_boundary(&boundary).then_some(boundary)
}

/// Source: RFC 2046, section 5.1.1.
fn is_boundary(text: &str) -> bool {
    let is_one = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
    (1..=BOUNDARY_BYTES_MAX).contains(&text.len())
        && text.bytes().all(is_one)
        && !text.ends_with(' ')
}

fn malformed(reason: &'static str) -> FormError {
    FormError::Malformed { reason }
}

const BOUNDARY_BYTES_MAX: usize = 70;

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=bound";
    const FORM: &str = "--bound\r\nContent-Disposition: form-data; name=\"Key\"\r\n\r\na/${filename}\r\n\
        --bound\r\ncontent-type: text/plain\r\nContent-Disposition: form-data; name=note\r\n\r\ntwo\r\n-- lines\n\r\n\
        --bound\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n\
        --bound\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b\"\r\nContent-Type: x/y\r\n\r\n";

    fn reader(content_type: &str, bytes_max: usize) -> Result<FormReader, FormError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_bytes(content_type.as_bytes()).unwrap());
        FormReader::new(&headers, bytes_max)
    }

    /// The form that comes of these frames, and what is left of the last.
    fn read(frames: &[&[u8]], bytes_max: usize) -> Result<Option<(PostForm, Bytes)>, FormError> {
        let mut reader = reader(TYPE, bytes_max).unwrap();
        for frame in frames {
            let mut wire = Bytes::copy_from_slice(frame);
            if let Some(form) = reader.push(&mut wire)? {
                return Ok(Some((form, wire)));
            }
            assert!(wire.is_empty());
        }
        Ok(None)
    }

    fn refused(form: &str) -> FormError {
        read(&[form.as_bytes()], 20_480).unwrap_err()
    }

    #[test]
    fn fields_are_the_same_wherever_the_form_is_split() {
        let wire = [FORM.as_bytes(), b"data"].concat();
        for first in 0..=wire.len() {
            for second in [first, (first + 1).min(wire.len()), (first + 40).min(wire.len())] {
                let frames = [&wire[..first], &wire[first..second], &wire[second..]];
                let (form, rest) = read(&frames, FORM.len()).unwrap().unwrap();
                let fields: Vec<_> = form.fields.iter().collect();
                assert_eq!(fields, [("key", "a/b"), ("note", "two\r\n-- lines\n"), ("empty", "")]);
                assert!(b"data".starts_with(&rest[..]) || rest == "data", "{rest:?}");
                let all = u64::try_from(FORM.len()).unwrap() + 30;
                assert_eq!(form.file_length(all), Ok(30 - 13));
                assert_eq!(form.file_length(all - 18), Err(FormError::Cut));
            }
        }
    }

    #[test]
    fn a14_what_stands_before_the_file_has_a_limit() {
        for frame_bytes in [1, 7, 4096] {
            let frames: Vec<_> = FORM.as_bytes().chunks(frame_bytes).collect();
            assert!(read(&frames, FORM.len()).unwrap().is_some());
            let long = read(&frames, FORM.len() - 1).unwrap_err();
            assert_eq!(long, FormError::TooLong { max: FORM.len() - 1 });
            assert_eq!((long.status(), long.code()), (400, "MaxPostPreDataLengthExceededError"));
        }
        let endless = vec![b'x'; 1 << 20];
        assert_eq!(read(&[&endless], 20_480).unwrap_err(), FormError::TooLong { max: 20_480 });
    }

    #[test]
    fn form_that_could_be_told_apart_otherwise_is_refused() {
        let field = "Content-Disposition: form-data; name=\"a\"\r\n\r\n";
        for form in [
            format!("preamble\r\n--bound\r\n{field}"),
            format!("\r\n--bound\r\n{field}"),
            format!("--bound \r\n{field}"),
            format!("--bound\n{field}"),
            "--bound--\r\n".to_owned(),
            "--bound\r\n\r\nvalue".to_owned(),
            format!("--bound\r\n{}", field.replace("\r\n\r\n", "\n\r\n")),
            format!("--bound\r\n{field}--bound\r\n"),
            format!("--bound\r\n{field}value\n--bound\r\n"),
            format!("--bound\r\n{field}value\r\n--boundary\r\n"),
            format!("--bound\r\n{field}value\r\n--bound \r\n"),
            format!("--bound\r\n{field}value\r\n--bound\n"),
        ] {
            let error = refused(&form);
            assert_eq!((error.status(), error.code()), (400, "MalformedPOSTRequest"), "{form:?}");
        }
        let mut bytes = format!("--bound\r\n{field}").into_bytes();
        bytes.extend_from_slice(b"\xff\r\n--bound\r\n");
        assert_eq!(read(&[&bytes], 20_480).unwrap_err().code(), "MalformedPOSTRequest");
        let twice = format!(
            "--bound\r\n{field}\r\n--bound\r\n{}\r\n--bound\r\n",
            field.replace("\"a\"", "A")
        );
        assert_eq!(refused(&twice), FormError::DuplicateField { name: "a".to_owned() });
        assert_eq!(refused(&format!("--bound\r\n{field}\r\n--bound--\r\n")), FormError::NoFile);
    }

    #[test]
    fn boundary_is_that_of_one_form() {
        for (content_type, line) in [
            (
                "multipart/form-data; boundary=----WebKitFormBoundaryAb1",
                "------WebKitFormBoundaryAb1",
            ),
            ("Multipart/Form-Data; charset=utf-8; Boundary=\"a b?\"", "--a b?"),
        ] {
            assert_eq!(&*reader(content_type, 9).unwrap().boundary, line.as_bytes());
        }
        let long = format!("multipart/form-data; boundary={}", "x".repeat(71));
        for content_type in [
            "",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "multipart/mixed; boundary=a",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\"a \"",
            "multipart/form-data; boundary=a; boundary=b",
            "multipart/form-data; boundary=ü",
            "multipart/form-data; boundary=a\"",
            &long,
        ] {
            let error = reader(content_type, 9).unwrap_err();
            assert_eq!(
                (error.status(), error.code()),
                (412, "PreconditionFailed"),
                "{content_type}"
            );
        }
        assert_eq!(FormReader::new(&HeaderMap::new(), 9).unwrap_err(), FormError::Enclosure);
        let mut headers = HeaderMap::new();
        headers.append(CONTENT_TYPE, HeaderValue::from_static(TYPE));
        headers.append(CONTENT_TYPE, HeaderValue::from_static(TYPE));
        assert_eq!(FormReader::new(&headers, 9).unwrap_err(), FormError::Enclosure);
    }
}
