//! Who reads slowly slows the other side down; nothing piles up in between.

use std::{
    io::{BufReader, ErrorKind, Read as _, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::harness::{
    Upstream,
    http::Head,
    sign::Draft,
    site::{Site, admin},
};

#[test]
fn k11_a_store_that_reads_nothing_stops_the_client() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let site = Site::applied(&Upstream::at(&listener));
    let (release, released) = mpsc::channel();
    let store = thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        Head::read(&mut stream).unwrap().unwrap();
        released.recv().unwrap();
        let read = std::io::copy(&mut (&mut stream).take(LENGTH), &mut std::io::sink()).unwrap();
        stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        read
    });
    let gateway = site.serve();
    let draft = Draft::new(&admin(), "PUT", "/lake/a").header("content-length", LENGTH.to_string());
    let mut client = TcpStream::connect(gateway.s3).unwrap();
    client.write_all(&draft.sign(gateway.s3).head()).unwrap();
    let sent = write_until_stuck(&mut client, LENGTH);
    assert!(sent < WINDOW, "{} MiB were taken", sent >> 20);
    release.send(()).unwrap();
    client.set_write_timeout(None).unwrap();
    let rest = std::io::copy(&mut std::io::repeat(7).take(LENGTH - sent), &mut client).unwrap();
    assert_eq!(sent + rest, LENGTH);
    let answer = Head::read(&mut BufReader::new(client)).unwrap().unwrap();
    assert_eq!((answer.status(), store.join().unwrap()), (200, LENGTH));
    assert!(gateway.peak_memory() < 64 << 20, "{} MiB", gateway.peak_memory() >> 20);
}

#[test]
fn k11_a_client_that_reads_nothing_stops_the_store() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let site = Site::applied(&Upstream::at(&listener));
    let store = thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        Head::read(&mut stream).unwrap().unwrap();
        let stream = stream.get_mut();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n").unwrap();
        write_until_stuck(stream, LENGTH)
    });
    let gateway = site.serve();
    let mut client = TcpStream::connect(gateway.s3).unwrap();
    client.write_all(&Draft::new(&admin(), "GET", "/lake/a").sign(gateway.s3).head()).unwrap();
    let sent = store.join().unwrap();
    assert!(sent < WINDOW, "{} MiB were taken", sent >> 20);
    assert!(gateway.peak_memory() < 64 << 20, "{} MiB", gateway.peak_memory() >> 20);
}

/// Writes until nothing was taken for a while, or all of `length` was; gives how much that is.
fn write_until_stuck(stream: &mut TcpStream, length: u64) -> u64 {
    stream.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
    let block = vec![7; 65_536];
    let mut sent = 0;
    while sent < length {
        match stream.write(&block) {
            Ok(written) => sent += written as u64,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return sent;
            }
            Err(error) => panic!("{error}"),
        }
    }
    sent
}

const LENGTH: u64 = 256 << 20;

/// What the sockets of two connections and the gateway's own buffers may hold.
const WINDOW: u64 = 32 << 20;
