//! The PROXY protocol, versions 1 and 2: what a proxy writes before a client's first byte, to say where that came from.
//!
//! Source: <https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;

/// What the first bytes of a connection are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// No PROXY header: all of it is the client's.
    Client,
    /// Maybe the beginning of a header: it takes more bytes to tell.
    Part,
    /// A whole header.
    Header {
        /// How many bytes it has; what follows is the client's.
        length: usize,
        /// Whose connection it is.
        origin: Origin,
    },
}

/// Whose connection it is that a trusted proxy opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The proxy's own: it says nothing, or that it looks whether we are there.
    Peer,
    /// A client's, of whom the proxy knows no address.
    Unknown,
    /// A client's, from this address.
    Client(IpAddr),
}

/// A PROXY header that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum BadHeader {
    #[error("a PROXY header of version 1 that is not one line of 107 bytes at most")]
    Line,
    #[error("a PROXY header of version 1 that names no protocol, addresses and ports")]
    Text,
    #[error("a PROXY header of an unknown version or command")]
    Version,
    #[error("a PROXY header of an unknown family or protocol")]
    Family,
    #[error(
        "a PROXY header of version 2 with {0} bytes: more than 536, or fewer than its addresses take"
    )]
    Length(usize),
}

/// Reads the first bytes of a connection. [`HEADER_BYTES_MAX`] of them are always enough to tell.
///
/// # Errors
///
/// [`BadHeader`] when they begin as a PROXY header does, and are none.
pub(crate) fn read(bytes: &[u8]) -> Result<Start, BadHeader> {
    if let Some(rest) = bytes.strip_prefix(TEXT) {
        return read_text(rest);
    }
    if let Some(rest) = bytes.strip_prefix(SIGNATURE) {
        return read_binary(rest);
    }
    let is_part = TEXT.starts_with(bytes) || SIGNATURE.starts_with(bytes);
    Ok(if is_part { Start::Part } else { Start::Client })
}

/// Version 1: the rest of a line. What an `UNKNOWN` connection says of itself is passed over.
fn read_text(rest: &[u8]) -> Result<Start, BadHeader> {
    let room = TEXT_BYTES_MAX.saturating_sub(TEXT.len());
    let seen = rest.get(..room).unwrap_or(rest);
    let Some(end) = seen.windows(2).position(|pair| pair == b"\r\n") else {
        return if rest.len() < room { Ok(Start::Part) } else { Err(BadHeader::Line) };
    };
    let line = seen.get(..end).and_then(|line| std::str::from_utf8(line).ok());
    let origin = match line.map(|line| line.split(' ').collect::<Vec<_>>()).as_deref() {
        Some(["UNKNOWN", ..]) => Origin::Unknown,
        Some(["TCP4", from, to, ports @ ..]) => client::<Ipv4Addr>(from, to, ports)?,
        Some(["TCP6", from, to, ports @ ..]) => client::<Ipv6Addr>(from, to, ports)?,
        Some(_) | None => return Err(BadHeader::Text),
    };
    let length = TEXT.len().saturating_add(end).saturating_add(2);
    Ok(Start::Header { length, origin })
}

fn client<A>(from: &str, to: &str, ports: &[&str]) -> Result<Origin, BadHeader>
where
    A: std::str::FromStr + Into<IpAddr>,
{
    match (from.parse::<A>(), to.parse::<A>(), ports) {
        (Ok(from), Ok(_), [one, other]) if is_port(one) && is_port(other) => {
            Ok(Origin::Client(from.into()))
        }
        _ => Err(BadHeader::Text),
    }
}

fn is_port(text: &str) -> bool {
    let is_plain = text == "0" || !text.starts_with(['0', '+']);
    is_plain && text.parse::<u16>().is_ok()
}

/// Version 2: after the signature. Attributes after the addresses are skipped.
fn read_binary(rest: &[u8]) -> Result<Start, BadHeader> {
    let [version_and_command, family_and_protocol, high, low, block @ ..] = rest else {
        return match rest {
            [version_and_command, ..] if !COMMANDS.contains(version_and_command) => {
                Err(BadHeader::Version)
            }
            _ => Ok(Start::Part),
        };
    };
    let block_length = usize::from(u16::from_be_bytes([*high, *low]));
    let length = FIXED_BYTES.saturating_add(block_length);
    let place = match *version_and_command {
        LOCAL => Place::Ignored,
        PROXY => Place::of(*family_and_protocol)?,
        _ => return Err(BadHeader::Version),
    };
    if length > HEADER_BYTES_MAX || block_length < place.bytes() {
        return Err(BadHeader::Length(length));
    }
    let Some(block) = block.get(..block_length) else { return Ok(Start::Part) };
    let v4 = |octets: &[u8; 4]| Origin::Client(Ipv4Addr::from(*octets).into());
    let v6 = |octets: &[u8; 16]| Origin::Client(Ipv6Addr::from(*octets).into());
    let origin = match place {
        Place::Ignored => Some(Origin::Peer),
        Place::Unspecified | Place::Unix => Some(Origin::Unknown),
        Place::V4 => block.first_chunk().map(v4),
        Place::V6 => block.first_chunk().map(v6),
    };
    let origin = origin.ok_or(BadHeader::Length(length))?;
    Ok(Start::Header { length, origin })
}

/// What stands behind the fixed part of a header of version 2.
#[derive(Clone, Copy)]
enum Place {
    /// Nothing that counts, of a connection of the proxy's own.
    Ignored,
    /// Nothing that is known.
    Unspecified,
    V4,
    V6,
    /// Two paths of sockets on the proxy's machine.
    Unix,
}

impl Place {
    /// The address counts over whatever protocol the client came: over UDP it has the same meaning.
    fn of(family_and_protocol: u8) -> Result<Self, BadHeader> {
        match (family_and_protocol >> 4, family_and_protocol & 0x0f) {
            (0..=3, 0) | (0, 1 | 2) => Ok(Self::Unspecified),
            (1, 1 | 2) => Ok(Self::V4),
            (2, 1 | 2) => Ok(Self::V6),
            (3, 1 | 2) => Ok(Self::Unix),
            _ => Err(BadHeader::Family),
        }
    }

    /// How many bytes both ends take: their addresses, and ports where there are any.
    fn bytes(self) -> usize {
        match self {
            Self::Ignored | Self::Unspecified => 0,
            Self::V4 => 12,
            Self::V6 => 36,
            Self::Unix => 216,
        }
    }
}

/// The longest header that is read. The protocol has every header fit into the smallest segment that a host must take
/// (576 - 40 bytes): one that has more comes of a proxy that sends certificates along, which nobody reads here.
pub(crate) const HEADER_BYTES_MAX: usize = 536;

/// The longest line of version 1, its end included.
const TEXT_BYTES_MAX: usize = 107;

/// A header of version 2 without its block.
const FIXED_BYTES: usize = 16;

const TEXT: &[u8] = b"PROXY ";
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// Version 2, for a connection of the proxy's own.
const LOCAL: u8 = 0x20;
/// Version 2, on behalf of a client.
const PROXY: u8 = 0x21;
const COMMANDS: &[u8] = &[LOCAL, PROXY];

#[cfg(test)]
mod tests {
    use super::*;

    /// A header of version 2.
    fn binary(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
        let length = u16::try_from(block.len()).unwrap().to_be_bytes();
        [SIGNATURE, &[command, family], &length, block].concat()
    }

    fn client(text: &str) -> Origin {
        Origin::Client(text.parse().unwrap())
    }

    fn v4() -> Vec<u8> {
        vec![203, 0, 113, 7, 10, 0, 0, 1, 0x80, 0, 1, 187]
    }

    fn v6() -> Vec<u8> {
        let ends = ["2001:db8::7", "2001:db8::1"].map(|end| end.parse::<Ipv6Addr>().unwrap());
        [&ends[0].octets()[..], &ends[1].octets(), &[0x80, 0, 1, 187]].concat()
    }

    /// Reads a whole header that is followed by a request, and checks where it ends.
    #[track_caller]
    fn origin_in(header: &[u8]) -> Origin {
        let bytes = [header, b"GET / HTTP/1.1\r\n\r\n"].concat();
        match read(&bytes) {
            Ok(Start::Header { length, origin }) => {
                assert_eq!(length, header.len());
                origin
            }
            other => panic!("{other:?}: {:?}", header.escape_ascii().to_string()),
        }
    }

    #[test]
    fn c10_a_line_names_the_client_or_says_that_it_does_not_know_it() {
        for (line, origin) in [
            ("TCP4 203.0.113.7 10.0.0.1 32768 443", client("203.0.113.7")),
            ("TCP4 255.255.255.255 255.255.255.255 65535 65535", client("255.255.255.255")),
            ("TCP4 203.0.113.7 10.0.0.1 0 0", client("203.0.113.7")),
            ("TCP6 2001:db8::7 2001:DB8::1 32768 443", client("2001:db8::7")),
            ("TCP6 ::ffff:203.0.113.7 ::1 1 1", client("::ffff:203.0.113.7")),
            ("UNKNOWN", Origin::Unknown),
            ("UNKNOWN 203.0.113.7 10.0.0.1 1 1", Origin::Unknown),
            ("UNKNOWN what\rever\n", Origin::Unknown),
        ] {
            assert_eq!(origin_in(format!("PROXY {line}\r\n").as_bytes()), origin, "{line:?}");
        }
        let longest = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        let longest = format!("PROXY UNKNOWN {longest} {longest} 65535 65535\r\n");
        assert_eq!((longest.len(), origin_in(longest.as_bytes())), (107, Origin::Unknown));
    }

    #[test]
    fn c10_a_line_that_is_not_exactly_one_is_refused() {
        for line in [
            "",
            " TCP4 203.0.113.7 10.0.0.1 1 1",
            "tcp4 203.0.113.7 10.0.0.1 1 1",
            "TCP5 203.0.113.7 10.0.0.1 1 1",
            "UDP4 203.0.113.7 10.0.0.1 1 1",
            "UNKNOWNS",
            "TCP4",
            "TCP4 203.0.113.7",
            "TCP4 203.0.113.7 10.0.0.1",
            "TCP4 203.0.113.7 10.0.0.1 1",
            "TCP4 203.0.113.7 10.0.0.1 1 1 1",
            "TCP4 203.0.113.7 10.0.0.1 1 1 ",
            "TCP4  203.0.113.7 10.0.0.1 1 1",
            "TCP4 203.0.113.7\t10.0.0.1 1 1",
            "TCP4 203.0.113.07 10.0.0.1 1 1",
            "TCP4 203.0.113 10.0.0.1 1 1",
            "TCP4 203.0.113.256 10.0.0.1 1 1",
            "TCP4 localhost 10.0.0.1 1 1",
            "TCP4 2001:db8::7 2001:db8::1 1 1",
            "TCP4 203.0.113.7 2001:db8::1 1 1",
            "TCP6 203.0.113.7 10.0.0.1 1 1",
            "TCP6 2001:db8::7%eth0 ::1 1 1",
            "TCP6 [2001:db8::7] ::1 1 1",
            "TCP6 2001:db8:::7 ::1 1 1",
            "TCP4 203.0.113.7 10.0.0.1 65536 1",
            "TCP4 203.0.113.7 10.0.0.1 1 65536",
            "TCP4 203.0.113.7 10.0.0.1 -1 1",
            "TCP4 203.0.113.7 10.0.0.1 +1 1",
            "TCP4 203.0.113.7 10.0.0.1 01 1",
            "TCP4 203.0.113.7 10.0.0.1 1 00",
            "TCP4 203.0.113.7 10.0.0.1 1 0x1",
            "TCP4 203.0.113.7 10.0.0.1 1 1\nGET / HTTP/1.1",
            "TCP4 203.0.113.7 10.0.0.1 1 1\rGET / HTTP/1.1",
            "TCP4 203.0.113.7 10.0.0.1 1 1\u{0}",
            "/ HTTP/1.1",
        ] {
            let read = read(format!("PROXY {line}\r\n").as_bytes());
            assert_eq!(read, Err(BadHeader::Text), "{line:?}");
        }
        assert_eq!(read(b"PROXY TCP4 \xff 10.0.0.1 1 1\r\n"), Err(BadHeader::Text));
    }

    #[test]
    fn c10_a_line_has_107_bytes_at_most() {
        let line = |bytes: usize| format!("PROXY UNKNOWN{:>fill$}\r\n", " ", fill = bytes - 15);
        assert_eq!(origin_in(line(107).as_bytes()), Origin::Unknown);
        assert_eq!(read(line(108).as_bytes()), Err(BadHeader::Line));
        assert_eq!(read(&line(2_000).as_bytes()[..106]), Ok(Start::Part));
        assert_eq!(read(&line(2_000).as_bytes()[..107]), Err(BadHeader::Line));
    }

    #[test]
    fn c10_a_binary_header_names_the_client_or_says_that_it_does_not_know_it() {
        let local = vec![b'/'; 216];
        let attributes = |mut block: Vec<u8>| {
            block.extend_from_slice(&[4, 0, 3, 0, 0, 0]);
            block
        };
        for (command, family, block, origin) in [
            (PROXY, 0x11, v4(), client("203.0.113.7")),
            (PROXY, 0x12, v4(), client("203.0.113.7")),
            (PROXY, 0x11, attributes(v4()), client("203.0.113.7")),
            (PROXY, 0x21, v6(), client("2001:db8::7")),
            (PROXY, 0x22, v6(), client("2001:db8::7")),
            (PROXY, 0x21, attributes(v6()), client("2001:db8::7")),
            (PROXY, 0x31, local.clone(), Origin::Unknown),
            (PROXY, 0x32, attributes(local), Origin::Unknown),
            (PROXY, 0x00, Vec::new(), Origin::Unknown),
            (PROXY, 0x00, v4(), Origin::Unknown),
            (PROXY, 0x01, v4(), Origin::Unknown),
            (PROXY, 0x10, v4(), Origin::Unknown),
            (PROXY, 0x20, Vec::new(), Origin::Unknown),
            (LOCAL, 0x00, Vec::new(), Origin::Peer),
            (LOCAL, 0x11, v4(), Origin::Peer),
            (LOCAL, 0xff, vec![1; 520], Origin::Peer),
        ] {
            let header = binary(command, family, &block);
            assert_eq!(origin_in(&header), origin, "{command:#x} {family:#x}");
        }
    }

    #[test]
    fn c10_a_binary_header_of_another_kind_is_refused() {
        for (command, family, block, fault) in [
            (0x11, 0x11, v4(), BadHeader::Version),
            (0x31, 0x11, v4(), BadHeader::Version),
            (0x01, 0x11, v4(), BadHeader::Version),
            (0x22, 0x11, v4(), BadHeader::Version),
            (0x2f, 0x11, v4(), BadHeader::Version),
            (PROXY, 0x41, v4(), BadHeader::Family),
            (PROXY, 0xf1, v4(), BadHeader::Family),
            (PROXY, 0x40, v4(), BadHeader::Family),
            (PROXY, 0x13, v4(), BadHeader::Family),
            (PROXY, 0x03, Vec::new(), BadHeader::Family),
            (PROXY, 0x11, Vec::new(), BadHeader::Length(16)),
            (PROXY, 0x11, v4()[..11].to_vec(), BadHeader::Length(27)),
            (PROXY, 0x21, v4(), BadHeader::Length(28)),
            (PROXY, 0x21, v6()[..35].to_vec(), BadHeader::Length(51)),
            (PROXY, 0x31, vec![b'/'; 215], BadHeader::Length(231)),
            (PROXY, 0x11, vec![1; 521], BadHeader::Length(537)),
            (LOCAL, 0x00, vec![1; 65_535], BadHeader::Length(65_551)),
        ] {
            let header = binary(command, family, &block);
            assert_eq!(read(&header), Err(fault), "{command:#x} {family:#x}");
        }
        assert_eq!(read(&[SIGNATURE, &[0x31]].concat()), Err(BadHeader::Version));
    }

    #[test]
    fn c10_a_header_that_is_too_long_is_refused_before_it_has_come() {
        let header = binary(PROXY, 0x11, &[1; 521]);
        assert_eq!(read(&header[..15]), Ok(Start::Part));
        assert_eq!(read(&header[..16]), Err(BadHeader::Length(537)));
    }

    #[test]
    fn c10_a_header_may_come_byte_by_byte() {
        let line = b"PROXY TCP4 203.0.113.7 10.0.0.1 32768 443\r\n".to_vec();
        for header in [line, binary(PROXY, 0x21, &v6()), binary(LOCAL, 0x00, &[])] {
            for length in 0..header.len() {
                assert_eq!(read(&header[..length]), Ok(Start::Part), "{length}");
            }
            assert!(matches!(read(&header), Ok(Start::Header { .. })));
        }
    }

    #[test]
    fn c10_what_does_not_begin_as_a_header_is_the_clients() {
        for start in [
            &b"GET /"[..],
            b"PUT /",
            b"POST",
            b"P/",
            b"PROXY\t",
            b"PROXYS",
            b"proxy ",
            b"PROXY/1",
            b"\r\nGET /",
            b"\r\n\r\nGET /",
            b"\r\n\r\n\0\r\nQUIT\r",
            b"\x16\x03\x01",
            b"\0",
        ] {
            assert_eq!(read(start), Ok(Start::Client), "{:?}", start.escape_ascii().to_string());
        }
    }
}
