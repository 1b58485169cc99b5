//! An upstream that writes down what reaches it and answers as it is told: what is not in its record did not go up.

use std::{
    fmt::{self, Write as _},
    io::{self, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Condvar, Mutex},
    thread,
};

use rustls::ServerConfig;
use sha2::{Digest as _, Sha256};

use super::{
    Key, LIMIT, Upstream,
    http::Head,
    pattern::{Pattern, hex},
    tls::{self, Wire},
};

/// A request that reached the upstream, or as much of it as did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) head: Head,
    /// Bytes of body that came, and the start of them.
    pub(crate) received: u64,
    pub(crate) start: Vec<u8>,
    /// All declared bytes came. Only such a request makes an object.
    pub(crate) complete: bool,
    /// Of the body of a complete request.
    pub(crate) sha256: String,
}

/// What the upstream answers.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// A `Content-Length` is added where none is given.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) content: Content,
    /// Close the connection afterwards, announced or not.
    pub(crate) closes: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Bytes(Vec<u8>),
    /// So many bytes of the [`Pattern`] of this seed.
    Pattern {
        seed: u64,
        length: u64,
    },
}

/// A recording upstream. Its threads end with the test program.
#[derive(Clone)]
pub(crate) struct Recorder {
    pub(crate) upstream: Upstream,
    shared: Arc<Shared>,
}

struct Shared {
    requests: Mutex<Vec<Request>>,
    changed: Condvar,
    answer: Box<dyn Fn(&Request) -> Answer + Send + Sync>,
}

impl Recorder {
    /// Answers everything with an empty 200 and an `ETag`, which satisfies a client that put something.
    pub(crate) fn start() -> Self {
        Self::answering(|_| Answer::ok(b""))
    }

    pub(crate) fn answering(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_with(answer, None, None)
    }

    /// Over TLS as `server` has it; who asks it is told to take the word of `authority` (PEM) for it.
    pub(crate) fn over_tls(
        server: ServerConfig,
        authority: &str,
        answer: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::start_with(answer, Some(Arc::new(server)), Some(authority.to_owned()))
    }

    fn start_with(
        answer: impl Fn(&Request) -> Answer + Send + Sync + 'static,
        server: Option<Arc<ServerConfig>>,
        authority: Option<String>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let upstream = Upstream {
            address: listener.local_addr().unwrap(),
            key: Key::new("RECORDERKEY", "recorder-secret-that-no-client-may-see"),
            authority,
        };
        let shared = Arc::new(Shared {
            requests: Mutex::default(),
            changed: Condvar::new(),
            answer: Box::new(answer),
        });
        let recorder = Self { upstream, shared: Arc::clone(&shared) };
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, shared) = (stream.unwrap(), Arc::clone(&shared));
                stream.set_nodelay(true).unwrap();
                let stream: Box<dyn Wire> = match &server {
                    Some(server) => Box::new(tls::accept(stream, server)),
                    None => Box::new(stream),
                };
                // A connection that breaks leaves its last request incomplete, which is what the record says.
                thread::spawn(move || drop(shared.serve(stream)));
            }
        });
        recorder
    }

    /// Everything that came so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Takes what came so far out of the record; nothing may be under way.
    pub(crate) fn take(&self) -> Vec<Request> {
        std::mem::take(&mut self.shared.requests.lock().unwrap())
    }

    /// The one request that came.
    pub(crate) fn only(&self) -> Request {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "not one request but {requests:#?}");
        requests.into_iter().next().unwrap()
    }

    /// Waits until the record is as `wanted` says.
    pub(crate) fn wait_for(&self, what: &str, wanted: impl Fn(&[Request]) -> bool) {
        let guard = self.shared.requests.lock().unwrap();
        let (guard, wait) = self
            .shared
            .changed
            .wait_timeout_while(guard, LIMIT, |requests| !wanted(requests))
            .unwrap();
        assert!(!wait.timed_out(), "no {what} among {:#?}", *guard);
    }
}

impl Shared {
    fn serve(&self, stream: Box<dyn Wire>) -> io::Result<()> {
        let mut stream = BufReader::with_capacity(BLOCK, stream);
        while let Some(head) = Head::read(&mut stream)? {
            // Whoever is asked for this bucket is asked whether it reads buckets from `Host`. It goes up of itself.
            if head.header("host").is_some_and(|host| host.starts_with("lakegate-probe-")) {
                Answer::refusal(404, "NoSuchBucket").write(stream.get_mut(), false)?;
                continue;
            }
            let number = {
                let mut requests = self.requests.lock().unwrap();
                requests.push(Request { head: head.clone(), ..Request::default() });
                requests.len() - 1
            };
            self.changed.notify_all();
            self.receive(&mut stream, number, head.content_length().unwrap_or(0))?;
            let request = self.requests.lock().unwrap()[number].clone();
            let answer = (self.answer)(&request);
            answer.write(stream.get_mut(), head.word(0) == "HEAD")?;
            if answer.closes {
                return stream.get_mut().finish();
            }
        }
        Ok(())
    }

    fn receive(
        &self,
        stream: &mut BufReader<Box<dyn Wire>>,
        number: usize,
        declared: u64,
    ) -> io::Result<()> {
        let mut hash = Sha256::new();
        let mut block = vec![0; BLOCK];
        let mut left = declared;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
            let read = stream.read(&mut block[..wanted])?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            hash.update(&block[..read]);
            left -= read as u64;
            let mut requests = self.requests.lock().unwrap();
            let request = &mut requests[number];
            request.received += read as u64;
            let room = START.saturating_sub(request.start.len()).min(read);
            request.start.extend_from_slice(&block[..room]);
            drop(requests);
            self.changed.notify_all();
        }
        let mut requests = self.requests.lock().unwrap();
        requests[number].complete = true;
        requests[number].sha256 = hex(&hash.finalize());
        drop(requests);
        self.changed.notify_all();
        Ok(())
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("upstream", &self.upstream).finish_non_exhaustive()
    }
}

impl Answer {
    pub(crate) fn ok(body: &[u8]) -> Self {
        Self {
            status: 200,
            headers: vec![("ETag", "\"d41d8cd98f00b204e9800998ecf8427e\"".to_owned())],
            content: Content::Bytes(body.to_owned()),
            closes: false,
        }
    }

    pub(crate) fn pattern(seed: u64, length: u64) -> Self {
        Self { content: Content::Pattern { seed, length }, ..Self::ok(b"") }
    }

    /// A refusal in S3's words.
    pub(crate) fn refusal(status: u16, code: &str) -> Self {
        let body =
            format!("<Error><Code>{code}</Code><Message>said the upstream</Message></Error>");
        Self {
            status,
            headers: vec![("Content-Type", "application/xml".to_owned())],
            content: Content::Bytes(body.into_bytes()),
            closes: false,
        }
    }

    fn write(&self, stream: &mut Box<dyn Wire>, head_only: bool) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {} Said\r\n", self.status);
        for (name, value) in &self.headers {
            writeln!(head, "{name}: {value}\r").unwrap();
        }
        let length = match &self.content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Pattern { length, .. } => *length,
        };
        let has_length = self.headers.iter().any(|(name, _)| *name == "Content-Length");
        if !has_length && !matches!(self.status, 204 | 304) {
            writeln!(head, "Content-Length: {length}\r").unwrap();
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes())?;
        if !head_only {
            match &self.content {
                Content::Bytes(bytes) => stream.write_all(bytes)?,
                Content::Pattern { seed, length } => {
                    Pattern::blocks(*seed, *length)
                        .try_for_each(|block| stream.write_all(&block))?;
                }
            }
        }
        stream.flush()
    }
}

/// How much of a body the record keeps.
const START: usize = 64 * 1024;
const BLOCK: usize = 64 * 1024;
