//! A small HTTP/1.1 client for requests that no polite client sends.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Read, Write},
    net::SocketAddr,
    sync::Arc,
};

use rustls::ClientConfig;

use super::tls::{self, Wire};

/// One connection to a server; what is written to it is the test's own business.
pub(crate) struct Connection {
    stream: BufReader<Box<dyn Wire>>,
}

/// The head of a message: its first line and its headers as they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Head {
    pub(crate) first: String,
    pub(crate) headers: Vec<(String, String)>,
}

/// A response with its whole body.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) head: Head,
    pub(crate) body: Vec<u8>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Self {
        Self::over(tls::dial(address))
    }

    /// One over TLS, after the handshake.
    pub(crate) fn open_tls(address: SocketAddr, client: &Arc<ClientConfig>) -> Self {
        Self::over(tls::handshake(address, client).unwrap_or_else(|e| panic!("{address}: {e}")))
    }

    pub(crate) fn over(wire: impl Wire + 'static) -> Self {
        Self { stream: BufReader::with_capacity(64 * 1024, Box::new(wire)) }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.try_send(bytes).unwrap();
    }

    /// As [`Self::send`], for a server that may refuse to read: then it has closed.
    pub(crate) fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let wire = self.stream.get_mut();
        let sent = wire.write_all(bytes).and_then(|()| wire.flush());
        sent.inspect_err(assert_is_end)
    }

    /// Closes our half: nothing more will come.
    pub(crate) fn finish(&mut self) {
        self.stream.get_mut().finish().unwrap();
    }

    /// The next head, interim ones (`100 Continue`) included.
    pub(crate) fn head(&mut self) -> Head {
        Head::read(&mut self.stream).unwrap().expect("the server closed without an answer")
    }

    /// The next response that is not an interim one, and its body.
    pub(crate) fn response(&mut self) -> Response {
        self.response_to("GET")
    }

    /// As [`Self::response`], to a request of this method: the one to `HEAD` has no body.
    pub(crate) fn response_to(&mut self, method: &str) -> Response {
        loop {
            let head = self.head();
            if head.status() >= 200 {
                let body = if method == "HEAD" { Vec::new() } else { self.body(&head) };
                return Response { head, body };
            }
        }
    }

    /// The body that belongs to `head`: of its length, in chunks, or until the end.
    pub(crate) fn body(&mut self, head: &Head) -> Vec<u8> {
        let mut body = Vec::new();
        if matches!(head.status(), 204 | 304) {
        } else if let Some(length) = head.content_length() {
            let read = (&mut self.stream).take(length).read_to_end(&mut body).unwrap();
            assert_eq!(read as u64, length, "the body is shorter than its Content-Length");
        } else if head.header("transfer-encoding") == Some("chunked") {
            self.chunks(&mut body);
        } else {
            self.stream.read_to_end(&mut body).unwrap();
        }
        body
    }

    /// Some of what comes next; nothing at the end.
    pub(crate) fn read(&mut self, block: &mut [u8]) -> io::Result<usize> {
        self.stream.read(block)
    }

    pub(crate) fn read_exact(&mut self, block: &mut [u8]) {
        self.stream.read_exact(block).unwrap();
    }

    /// True when the server has closed and nothing is left to read.
    pub(crate) fn is_closed(&mut self) -> bool {
        match self.stream.fill_buf() {
            Ok(rest) => rest.is_empty(),
            Err(error) => {
                assert_is_end(&error);
                true
            }
        }
    }

    fn chunks(&mut self, body: &mut Vec<u8>) {
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            let size = u64::from_str_radix(line.trim(), 16).unwrap();
            (&mut self.stream).take(size).read_to_end(body).unwrap();
            self.stream.read_exact(&mut [0; 2]).unwrap();
            if size == 0 {
                return;
            }
        }
    }
}

/// `error` comes of a peer that has closed, not of one that lets a test wait.
#[track_caller]
pub(crate) fn assert_is_end(error: &io::Error) {
    let is_late = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
    assert!(!is_late, "the server neither goes on nor closes: {error}");
}

impl Head {
    /// Reads up to the empty line; nothing when the peer closes before the first byte.
    pub(crate) fn read(stream: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut lines = Vec::new();
        loop {
            let mut line = Vec::new();
            if stream.read_until(b'\n', &mut line)? == 0 {
                return if lines.is_empty() {
                    Ok(None)
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
            }
            let line = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        let mut lines = lines.into_iter();
        let first = lines.next().unwrap_or_default();
        let headers = lines
            .map(|line| match line.split_once(':') {
                Some((name, value)) => (name.to_ascii_lowercase(), value.trim().to_owned()),
                None => (line, String::new()),
            })
            .collect();
        Ok(Some(Self { first, headers }))
    }

    /// The status of a response.
    pub(crate) fn status(&self) -> u16 {
        self.word(1).parse().unwrap_or_else(|_| panic!("not a status line: {}", self.first))
    }

    /// A word of the first line: of a request 0 is the method, 1 the target.
    pub(crate) fn word(&self, index: usize) -> &str {
        self.first.split(' ').nth(index).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn content_length(&self) -> Option<u64> {
        self.header("content-length").map(|length| length.parse().unwrap())
    }
}

impl Response {
    pub(crate) fn status(&self) -> u16 {
        self.head.status()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The text of the first element of this name in an XML body.
    pub(crate) fn element(&self, name: &str) -> Option<String> {
        let text = self.text();
        let (_, after) = text.split_once(&format!("<{name}>"))?;
        let (content, _) = after.split_once(&format!("</{name}>"))?;
        Some(content.to_owned())
    }

    /// The `Code` of an S3 error.
    pub(crate) fn code(&self) -> String {
        self.element("Code")
            .unwrap_or_else(|| panic!("{} without a Code: {}", self.head.first, self.text()))
    }

    /// The `Message` of an S3 error.
    pub(crate) fn message(&self) -> String {
        self.element("Message").unwrap_or_default()
    }
}

/// Asserts that this is S3's refusal with this status and code, and with the request's id.
#[track_caller]
pub(crate) fn assert_refused(response: &Response, status: u16, code: &str, what: &str) {
    assert_eq!(
        (response.status(), response.code().as_str()),
        (status, code),
        "{what}: {}",
        response.text()
    );
    let id = response.element("RequestId").filter(|id| !id.is_empty());
    assert!(id.is_some(), "{what}: no request id in {}", response.text());
    assert_eq!(id.as_deref(), response.head.header("x-amz-request-id"), "{what}");
}
