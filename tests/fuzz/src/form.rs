//! Any form: its fields and its file are the same wherever the wire is split, and nothing is kept beyond the limit.

use std::collections::HashSet;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use sigv::{Declared, Decoded, Decoder, FormReader, Payload, PostPolicy};

use super::input::Input;

/// Takes `input` for the limit of the fields, the sizes of frames, the boundary and a form, and says whether the form has a file
/// that ends with it.
///
/// # Panics
///
/// When another split of the wire gives another form, when a field is there twice or they are longer than their limit, or
/// when the file is not what stands between its head and the end of the form.
pub fn form(input: &[u8]) -> bool {
    let mut input = Input::new(input);
    let (bytes_max, cuts) = (input.size(), [input.size(), input.size()]);
    let length = usize::from(input.byte());
    let (boundary, wire) = (input.bytes(length), input.rest());
    let Some(headers) = headers(boundary) else { return false };
    let whole = read(&headers, bytes_max, wire, &[0]);
    for cuts in [&cuts[..], &[1], &[7, 0]] {
        assert_eq!(whole, read(&headers, bytes_max, wire, cuts), "another split is another form");
    }
    let Ok(Some(form)) = whole else { return false };
    let total: usize = form.fields.iter().map(|(_, value)| value.len()).sum();
    assert!(total <= bytes_max, "fields are longer than their limit");
    let names: HashSet<_> = form.fields.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), form.fields.len(), "a field is there twice");
    let Ok(file) = form.file else { return false };
    let end = [b"\r\n--", boundary, b"--\r\n"].concat();
    let before = wire.strip_suffix(&*end).expect("the end of the form");
    assert!(before.ends_with(&file), "another file");
    let delimiter = end.strip_suffix(b"--\r\n").expect("its own end");
    assert!(!file.windows(delimiter.len()).any(|part| part == delimiter), "two parts are one");
    true
}

/// What a form is read as.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    fields: Vec<(String, String)>,
    /// What the policy among the fields is taken for.
    policy: String,
    file: Result<Vec<u8>, String>,
}

/// What comes of `wire` in frames of these sizes in turn; 0 is all that is left.
fn read(
    headers: &HeaderMap,
    bytes_max: usize,
    wire: &[u8],
    cuts: &[usize],
) -> Result<Option<Read>, String> {
    let mut reader = FormReader::new(headers, bytes_max).map_err(|error| error.to_string())?;
    let mut frames = frames(wire, cuts).into_iter();
    let (form, mut rest) = loop {
        let Some(mut frame) = frames.next() else { return Ok(None) };
        let pushed = reader.push(&mut frame).map_err(|error| error.to_string())?;
        match pushed {
            Some(form) => break (form, frame),
            None => assert!(frame.is_empty(), "bytes were left"),
        }
    };
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let fields = form.fields.iter().map(owned).collect();
    let policy = match PostPolicy::read(&form.fields) {
        Ok(policy) => format!("{policy:?}"),
        Err(error) => error.to_string(),
    };
    let total = u64::try_from(wire.len()).expect("a length");
    let file = form.file_length(total).map_err(|error| error.to_string()).and_then(|length| {
        let declared = Declared::read(Payload::Unsigned, &HeaderMap::new(), Some(length));
        let declared = declared.expect("a length is all that it needs");
        let mut decoder = Decoder::of_file(&declared, &form.delimiter);
        let mut file = Vec::new();
        for mut frame in std::iter::once(std::mem::take(&mut rest)).chain(frames) {
            while !frame.is_empty() {
                match decoder.push(&mut frame).map_err(|error| error.to_string())? {
                    Decoded::Piece(piece) => file.extend_from_slice(&piece.data),
                    Decoded::Nothing | Decoded::Chunk(_) => {}
                }
                let given = u64::try_from(file.len()).expect("a length");
                assert!(given < length || length == 0, "all of it was given on before the end");
            }
        }
        let end = decoder.finish().map_err(|error| error.to_string())?;
        file.extend_from_slice(&end.piece.data);
        Ok(file)
    });
    Ok(Some(Read { fields, policy, file }))
}

fn frames(wire: &[u8], cuts: &[usize]) -> Vec<Bytes> {
    let mut rest = Bytes::copy_from_slice(wire);
    let mut frames = Vec::new();
    let mut cuts = cuts.iter().cycle();
    while !rest.is_empty() {
        let cut = cuts.next().copied().filter(|cut| *cut > 0).unwrap_or(rest.len());
        frames.push(rest.split_to(cut.min(rest.len())));
    }
    frames
}

fn headers(boundary: &[u8]) -> Option<HeaderMap> {
    let value = [b"multipart/form-data; boundary=\"", boundary, b"\""].concat();
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_bytes(&value).ok()?);
    Some(headers)
}

/// The inputs that the corpus begins with.
pub fn forms() -> Vec<super::seeds::Seed> {
    let part = |name: &str, value: &str| {
        format!("--bound\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file = |name: &str| {
        format!(
            "--bound\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: x/y\r\n\r\n"
        )
    };
    let end = "\r\n--bound--\r\n";
    let fields = part("key", "a/${filename}") + &part("Content-Type", "text/plain");
    let policy = part("policy", POLICY);
    let case = |bytes_max: u16, boundary: &str, wire: &str| {
        let mut input = bytes_max.to_be_bytes().to_vec();
        input.extend([0, 3, 0, 5, u8::try_from(boundary.len()).expect("a boundary")]);
        input.extend(boundary.bytes());
        input.extend(wire.bytes());
        input
    };
    let of = |wire: String| case(20_480, "bound", &wire);
    let wide = "--a b?\r\nContent-Disposition: form-data; name=file\r\n\r\nx\r\n--a b?--\r\n";
    vec![
        ("form", "form", of(format!("{fields}{policy}{}hello world{end}", file("b")))),
        ("form", "empty-file", of(format!("{fields}{}{end}", file("")))),
        ("form", "file-alone", of(format!("{}hello{end}", file("C:\\dir\\b")))),
        (
            "form",
            "lines",
            of(format!("{}{}\r\n--boun\r\n--\r{end}", part("a", "b\r\n\nc"), file("b"))),
        ),
        ("form", "quotes", of(format!("{fields}{}hello{end}", file("say \\\"so\\\"")))),
        ("form", "wide-boundary", case(20_480, "a b?", wide)),
        (
            "form",
            "at-its-limit",
            case(
                u16::try_from(file("").len()).expect("short"),
                "bound",
                &format!("{}x{end}", file("")),
            ),
        ),
        ("form", "over-its-limit", case(100, "bound", &format!("{fields}{}x{end}", file("b")))),
        (
            "form",
            "names-that-multiply",
            case(
                900,
                "bound",
                &format!(
                    "{}{}x{end}",
                    part("a", &"${filename}".repeat(20)),
                    file(&"x".repeat(400))
                ),
            ),
        ),
        (
            "form",
            "field-after",
            of(format!("{fields}{}hello\r\n{}--bound--\r\n", file("b"), part("submit", "x"))),
        ),
        ("form", "no-last-crlf", of(format!("{fields}{}hello\r\n--bound--", file("b")))),
        ("form", "epilogue", of(format!("{fields}{}hello{end}more", file("b")))),
        ("form", "preamble", of(format!("x\r\n{fields}{}hello{end}", file("b")))),
        ("form", "field-twice", of(format!("{fields}{}{}hello{end}", part("KEY", "b"), file("b")))),
        ("form", "no-file", of(format!("{fields}--bound--\r\n"))),
        ("form", "bare-lf", of(format!("{fields}{}hello{end}", file("b")).replace("\r\n", "\n"))),
        (
            "form",
            "filename-star",
            of(format!("{fields}{}hello{end}", file("b\"; filename*=\"utf-8''c"))),
        ),
    ]
}

/// `{"expiration": "2026-01-31T12:00:00Z", "conditions": [{"bucket": "lake"}, ["starts-with", "$key", "a/"], ["content-length-range", 0, 9]]}`
const POLICY: &str = "eyJleHBpcmF0aW9uIjogIjIwMjYtMDEtMzFUMTI6MDA6MDBaIiwgImNvbmRpdGlvbnMiOiBbeyJidWNrZXQiOiAibGFrZSJ9LCBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAiYS8iXSwgWyJjb250ZW50LWxlbmd0aC1yYW5nZSIsIDAsIDldXX0=";
