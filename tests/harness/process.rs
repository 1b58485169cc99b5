//! A running program: what it prints, line by line as it comes, and its end.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::Duration,
};

use super::LIMIT;

/// A program under test, killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    pub(crate) stdout: Lines,
    pub(crate) stderr: Lines,
}

impl Process {
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{name} does not start: {e}"));
        let stdout = Lines::read(child.stdout.take().unwrap());
        let stderr = Lines::read(child.stderr.take().unwrap());
        Self { name, child, stdout, stderr }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name without `SIG`: `TERM`, `INT`.
    pub(crate) fn signal(&self, signal: &str) {
        let kill = format!("kill -s {signal} {}", self.pid());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Its TCP sockets over IPv4, as the kernel has them now.
    pub(crate) fn sockets(&self) -> Vec<Socket> {
        let process = format!("/proc/{}", self.pid());
        // A descriptor may be gone between the listing and the look at it.
        let owned: Vec<PathBuf> = fs::read_dir(format!("{process}/fd"))
            .unwrap()
            .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
            .collect();
        let table = fs::read_to_string(format!("{process}/net/tcp")).unwrap();
        let sockets = table.lines().skip(1).filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let link = format!("socket:[{}]", fields[9]);
            let port = |address: &str| u16::from_str_radix(address.split_once(':')?.1, 16).ok();
            owned.iter().any(|have| have.as_os_str() == link.as_str()).then_some(())?;
            Some(Socket {
                port: port(fields[1])?,
                peer: port(fields[2])?,
                listens: fields[3] == LISTEN,
            })
        });
        sockets.collect()
    }

    /// Waits until the program has ended by itself.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        for lines in [&self.stdout, &self.stderr] {
            assert!(
                lines.wait_for_end(),
                "{} does not end; it printed {:#?}",
                self.name,
                lines.all()
            );
        }
        self.child.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A socket of a program: its own port and its peer's.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) port: u16,
    pub(crate) peer: u16,
    pub(crate) listens: bool,
}

/// The lines of one output of a program, gathered by a thread.
#[derive(Clone, Debug)]
pub(crate) struct Lines(Arc<(Mutex<Gathered>, Condvar)>);

#[derive(Debug, Default)]
struct Gathered {
    lines: Vec<String>,
    ended: bool,
}

impl Lines {
    fn read(output: impl Read + Send + 'static) -> Self {
        let lines = Self(Arc::default());
        let shared = Arc::clone(&lines.0);
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = Vec::new();
            while output.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                shared.0.lock().unwrap().lines.push(text);
                shared.1.notify_all();
                line.clear();
            }
            shared.0.lock().unwrap().ended = true;
            shared.1.notify_all();
        });
        lines
    }

    /// All lines so far.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.0.lock().unwrap().lines.clone()
    }

    /// The first line, past or to come, that `pick` makes something of.
    pub(crate) fn find<T>(&self, wanted: &str, pick: impl Fn(&str) -> Option<T>) -> T {
        self.find_within(LIMIT, pick)
            .unwrap_or_else(|| panic!("no line with {wanted} among {:#?}", self.all()))
    }

    /// As [`Self::find`], but nothing when the program ends or `limit` passes first.
    pub(crate) fn find_within<T>(
        &self,
        limit: Duration,
        pick: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let mut seen = 0;
        let mut found = None;
        let guard = self.0.0.lock().unwrap();
        let (guard, _) = self
            .0
            .1
            .wait_timeout_while(guard, limit, |gathered| {
                found = gathered.lines[seen..].iter().find_map(|line| pick(line));
                seen = gathered.lines.len();
                found.is_none() && !gathered.ended
            })
            .unwrap();
        drop(guard);
        found
    }

    fn wait_for_end(&self) -> bool {
        let guard = self.0.0.lock().unwrap();
        self.0.1.wait_timeout_while(guard, LIMIT, |gathered| !gathered.ended).unwrap().0.ended
    }
}

/// The state of a listening socket in `/proc/net/tcp`.
const LISTEN: &str = "0A";
