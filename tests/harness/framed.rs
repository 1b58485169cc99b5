//! Bodies in every payload mode, framed and signed by code that is not ours, open to be spoiled; and the judge of what
//! goes up in chunks.

use std::{net::SocketAddr, time::SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::sign::v4::{self, sign_chunk, sign_trailer};
use aws_smithy_runtime_api::http::Headers;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use super::{
    Key, REGION, http,
    pattern::{Pattern, sha256},
    recorder::Request,
    sign::{Draft, Signed, UNSIGNED},
};

/// A way to send a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Hash,
    Unsigned,
    UnsignedTrailer,
    SignedChunks,
    SignedChunksTrailer,
}

impl Mode {
    pub(crate) const ALL: [Self; 5] = [
        Self::Hash,
        Self::Unsigned,
        Self::UnsignedTrailer,
        Self::SignedChunks,
        Self::SignedChunksTrailer,
    ];

    pub(crate) const FRAMED: [Self; 3] =
        [Self::UnsignedTrailer, Self::SignedChunks, Self::SignedChunksTrailer];

    /// The value of `x-amz-content-sha256`.
    pub(crate) fn payload(self, content: &[u8]) -> String {
        match self {
            Self::Hash => sha256(content),
            Self::Unsigned => UNSIGNED.to_owned(),
            Self::UnsignedTrailer => "STREAMING-UNSIGNED-PAYLOAD-TRAILER".to_owned(),
            Self::SignedChunks => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD".to_owned(),
            Self::SignedChunksTrailer => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER".to_owned(),
        }
    }

    pub(crate) fn is_framed(self) -> bool {
        Self::FRAMED.contains(&self)
    }

    pub(crate) fn has_trailer(self) -> bool {
        matches!(self, Self::UnsignedTrailer | Self::SignedChunksTrailer)
    }

    pub(crate) fn is_signed(self) -> bool {
        matches!(self, Self::SignedChunks | Self::SignedChunksTrailer)
    }
}

/// A request with a body, before it is framed and signed.
#[derive(Clone, Debug)]
pub(crate) struct Body<'a> {
    pub(crate) draft: Draft<'a>,
    pub(crate) mode: Mode,
    pub(crate) content: Vec<u8>,
    /// The sizes of its chunks, again and again.
    pub(crate) chunks: Vec<usize>,
    /// Name and value of the checksum that follows.
    pub(crate) trailer: Option<(&'static str, String)>,
    /// Whether the head has a `Content-Length`; else HTTP's chunks go around all of it.
    pub(crate) has_length: bool,
}

/// A request with a body as it goes over the wire, part by part.
#[derive(Clone, Debug)]
pub(crate) struct Framed {
    pub(crate) head: Signed,
    /// The chunks, the last one of no bytes; of a mode that has none, the body itself.
    pub(crate) parts: Vec<Part>,
    /// The lines that follow.
    pub(crate) trailer: Vec<String>,
    is_chunked: bool,
    has_length: bool,
}

/// A chunk: its line, without the end of it, and its data.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) line: String,
    pub(crate) data: Vec<u8>,
}

impl<'a> Body<'a> {
    /// A `PUT` in chunks of 10 000 bytes, with a SHA-256 checksum where the mode has a trailer.
    pub(crate) fn put(key: &Key, target: &'a str, mode: Mode, content: &[u8]) -> Self {
        let mut draft = Draft { payload: mode.payload(content), ..Draft::new(key, "PUT", target) };
        if mode.is_framed() {
            draft = draft
                .header("content-encoding", "aws-chunked")
                .header("x-amz-decoded-content-length", content.len().to_string());
        }
        let trailer = mode.has_trailer().then(|| (SHA256, checksum(content)));
        if let Some((name, _)) = &trailer {
            draft = draft.header("x-amz-trailer", *name);
        }
        let (content, chunks) = (content.to_vec(), vec![10_000]);
        Self { draft, mode, content, chunks, trailer, has_length: true }
    }

    /// The value of a header that is there already.
    pub(crate) fn value(&mut self, name: &str) -> &mut String {
        let header = self.draft.headers.iter_mut().find(|(have, _)| *have == name);
        &mut header.unwrap_or_else(|| panic!("no header {name}")).1
    }

    /// Frames and signs for the gateway at `address`.
    pub(crate) fn sign(&self, address: SocketAddr) -> Framed {
        let mut framed = Framed {
            head: Signed::default(),
            parts: Vec::new(),
            trailer: Vec::new(),
            is_chunked: self.mode.is_framed(),
            has_length: self.has_length,
        };
        if self.mode.is_framed() {
            let mut rest = self.content.as_slice();
            for size in self.chunks.iter().cycle() {
                let (data, after) = rest.split_at(rest.len().min(*size));
                framed.parts.push(Part { line: format!("{:x}", data.len()), data: data.to_vec() });
                if data.is_empty() {
                    break;
                }
                rest = after;
            }
        } else {
            framed.parts = vec![Part { line: String::new(), data: self.content.clone() }];
        }
        if let Some((name, value)) = &self.trailer {
            framed.trailer.push(format!("{name}:{value}"));
        }
        let is_signed = self.mode.is_signed();
        let signatures =
            framed.parts.len() * if is_signed { ";chunk-signature=".len() + 64 } else { 0 };
        let of_trailer =
            if is_signed && self.trailer.is_some() { TRAILER_SIGNATURE.len() + 67 } else { 0 };
        let framing = if self.has_length {
            let length = framed.body().len() + signatures + of_trailer;
            ("content-length", length.to_string())
        } else {
            ("transfer-encoding", "chunked".to_owned())
        };
        framed.head = self.draft.sign(address);
        framed.head.add(framing.0, &framing.1);
        if is_signed {
            let seed = signature_of(framed.head.value("authorization"));
            let mut chain = Chain::new(&self.draft.key, self.draft.at, self.draft.region, seed);
            for part in &mut framed.parts {
                part.line = format!("{};chunk-signature={}", part.line, chain.chunk(&part.data));
            }
            if let Some((name, value)) = &self.trailer {
                let signature = chain.trailer(name, value);
                framed.trailer.push(format!("{TRAILER_SIGNATURE}:{signature}"));
            }
        }
        framed
    }

    /// Frames, signs, sends and reads the answer.
    pub(crate) fn send(&self, address: SocketAddr) -> http::Response {
        self.sign(address).send(address)
    }
}

impl Framed {
    /// The body as it goes over the wire, without the chunks of HTTP.
    pub(crate) fn body(&self) -> Vec<u8> {
        if !self.is_chunked {
            return self.parts.iter().flat_map(|part| part.data.clone()).collect();
        }
        let mut body = Vec::new();
        for part in &self.parts {
            body.extend_from_slice(part.line.as_bytes());
            body.extend_from_slice(b"\r\n");
            if !part.data.is_empty() {
                body.extend_from_slice(&part.data);
                body.extend_from_slice(b"\r\n");
            }
        }
        for line in &self.trailer {
            body.extend_from_slice(line.as_bytes());
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"\r\n");
        body
    }

    /// Sends on a connection of its own, and reads the answer.
    pub(crate) fn send(&self, address: SocketAddr) -> http::Response {
        self.send_body(address, &self.body())
    }

    /// As [`Self::send`], with another body; a `Content-Length` follows it.
    pub(crate) fn send_body(&self, address: SocketAddr, body: &[u8]) -> http::Response {
        let mut head = self.head.clone();
        if self.has_length {
            *head.value("content-length") = body.len().to_string();
            return head.send(address, body);
        }
        let mut wire = Vec::new();
        for block in body.chunks(7_001) {
            wire.extend_from_slice(format!("{:x}\r\n", block.len()).as_bytes());
            wire.extend_from_slice(block);
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(b"0\r\n\r\n");
        head.send(address, &wire)
    }
}

/// Puts an object of this [`Pattern`] in chunks of 64 KiB that are made as they are sent, and reads the answer.
pub(crate) fn stream(
    address: SocketAddr,
    key: &Key,
    target: &str,
    mode: Mode,
    seed: u64,
    length: u64,
) -> http::Response {
    let mut body = Body::put(key, target, mode, b"");
    body.trailer = None;
    body.draft.headers.retain(|(name, _)| *name != "x-amz-trailer");
    if mode == Mode::Hash {
        body.draft.payload = Pattern::sha256(seed, length);
    }
    if mode.is_framed() {
        *body.value("x-amz-decoded-content-length") = length.to_string();
    }
    let mut head = Body { has_length: !mode.is_framed(), ..body.clone() }.sign(address).head;
    if !mode.is_framed() {
        *head.value("content-length") = length.to_string();
    }
    let seed_signature = signature_of(head.value("authorization"));
    let mut chain = Chain::new(key, body.draft.at, REGION, seed_signature);
    let mut connection = http::Connection::open(address);
    connection.send(&head.head());
    if !mode.is_framed() {
        Pattern::blocks(seed, length).for_each(|block| connection.send(&block));
        return connection.response();
    }
    for data in Pattern::blocks(seed, length).chain([Vec::new()]) {
        let mut line = format!("{:x}", data.len());
        if mode.is_signed() {
            line = format!("{line};chunk-signature={}", chain.chunk(&data));
        }
        let chunk = [line.as_bytes(), b"\r\n", &data, b"\r\n"].concat();
        // In a chunk of HTTP's own.
        let size = format!("{:x}\r\n", chunk.len());
        connection.send(&[size.as_bytes(), &chunk, b"\r\n"].concat());
    }
    connection.send(b"0\r\n\r\n");
    connection.response()
}

/// The content of a body that went up, in whatever framing, if every signature in it is `key`'s.
pub(crate) fn unframe(request: &Request, key: &Key) -> Vec<u8> {
    assert!(request.complete, "incomplete: {request:#?}");
    let payload = request.head.header("x-amz-content-sha256").unwrap();
    if !payload.starts_with("STREAMING-") {
        return request.start.clone();
    }
    let stamp = request.head.header("x-amz-date").unwrap();
    let seed = signature_of(request.head.header("authorization").unwrap());
    let mut chain = Chain::new(key, instant(stamp), REGION, seed);
    let is_signed = payload.contains("HMAC");
    let mut rest = request.start.as_slice();
    let mut content = Vec::new();
    loop {
        let line = take_line(&mut rest);
        let (size, signature) = line.split_once(";chunk-signature=").unwrap_or((&line, ""));
        let size = usize::from_str_radix(size, 16).unwrap();
        let (data, after) = rest.split_at(size);
        content.extend_from_slice(data);
        assert_eq!(signature, if is_signed { chain.chunk(data) } else { String::new() });
        rest = after;
        if size == 0 {
            break;
        }
        assert_eq!(take_line(&mut rest), "");
    }
    if let Some(name) = request.head.header("x-amz-trailer") {
        let line = take_line(&mut rest);
        let (have, value) = line.split_once(':').unwrap();
        assert_eq!(have, name);
        if is_signed {
            let line = format!("{TRAILER_SIGNATURE}:{}", chain.trailer(name, value));
            assert_eq!(take_line(&mut rest), line);
        }
        if name == SHA256 {
            assert_eq!(value, checksum(&content));
        }
    }
    assert_eq!(rest, b"\r\n");
    let decoded = request.head.header("x-amz-decoded-content-length").unwrap();
    assert_eq!(decoded, content.len().to_string());
    content
}

/// The SHA-256 checksum of `content` as S3 writes it.
pub(crate) fn checksum(content: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(content))
}

/// Chunk after chunk, signed by the signer of the Rust SDK.
struct Chain {
    key: Key,
    at: SystemTime,
    region: String,
    previous: String,
}

impl Chain {
    fn new(key: &Key, at: SystemTime, region: &str, seed: String) -> Self {
        Self { key: key.clone(), at, region: region.to_owned(), previous: seed }
    }

    fn chunk(&mut self, data: &[u8]) -> String {
        let data = data.to_vec().into();
        self.next(|previous, params| sign_chunk(&data, previous, params))
    }

    fn trailer(&mut self, name: &str, value: &str) -> String {
        let mut headers = Headers::new();
        headers.insert(name.to_owned(), value.to_owned());
        self.next(|previous, params| sign_trailer(&headers, previous, params))
    }

    fn next<F>(&mut self, sign: F) -> String
    where
        F: FnOnce(
            &str,
            &v4::SigningParams<'_, ()>,
        )
            -> Result<aws_sigv4::SigningOutput<()>, aws_sigv4::http_request::SigningError>,
    {
        let credentials = Credentials::new(&self.key.id, &self.key.secret, None, None, "test");
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(self.at)
            .settings(())
            .build()
            .unwrap();
        sign(&self.previous, &params).unwrap().signature().clone_into(&mut self.previous);
        self.previous.clone()
    }
}

fn signature_of(authorization: &str) -> String {
    authorization.rsplit_once("Signature=").unwrap().1.to_owned()
}

/// The time of an `x-amz-date`.
fn instant(stamp: &str) -> SystemTime {
    let format = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
    time::PrimitiveDateTime::parse(stamp, format).unwrap().assume_utc().into()
}

fn take_line(rest: &mut &[u8]) -> String {
    let end = rest.windows(2).position(|pair| pair == b"\r\n").expect("a line ends");
    let line = String::from_utf8(rest[..end].to_vec()).unwrap();
    *rest = &rest[end + 2..];
    line
}

pub(crate) const SHA256: &str = "x-amz-checksum-sha256";
const TRAILER_SIGNATURE: &str = "x-amz-trailer-signature";
