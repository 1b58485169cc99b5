//! What the corpus begins with.

use sigv::{Algorithm, Framing};

use super::copies::copies;
use super::form::forms;
use super::policies::policies;
use super::signed::{honest_header, honest_header_2, honest_query, honest_query_2};
use super::stream::{Stream, checksum};

/// An input, with the target that it is for and its name.
pub type Seed = (&'static str, &'static str, Vec<u8>);

/// The whole corpus.
pub fn seeds() -> Vec<Seed> {
    let mut seeds = decoded();
    seeds.extend(mutated());
    seeds.extend(signed());
    seeds.extend(hosts());
    seeds.extend(forms());
    seeds.extend(policies());
    seeds.extend(copies());
    seeds.extend(deletions());
    seeds
}

/// The choices that stand before the wire in an input of `decode`, in this order.
#[derive(Clone, Copy, Debug)]
struct Head {
    mode: u8,
    trailer: u8,
    header: u8,
    again: (u8, u8, u16),
    limits: [u16; 3],
    length: u64,
    cuts: [u16; 2],
    is_endless: u8,
}

impl Head {
    fn of(self, wire: &[u8]) -> Vec<u8> {
        let (mode, algorithm, chunk_bytes) = self.again;
        let mut bytes = vec![self.mode, self.trailer, self.header, mode, algorithm];
        bytes.extend(chunk_bytes.to_be_bytes());
        bytes.extend(self.limits.iter().flat_map(|limit| limit.to_be_bytes()));
        bytes.extend(self.length.to_be_bytes());
        bytes.extend(self.cuts.iter().flat_map(|cut| cut.to_be_bytes()));
        bytes.push(self.is_endless);
        bytes.extend_from_slice(wire);
        bytes
    }
}

fn decoded() -> Vec<Seed> {
    let head = HEAD;
    let unsigned = Head { mode: UNSIGNED_TRAILER, trailer: 1, ..head };
    let with_crc32 = |data: &str, trailer: &str| {
        let checksum = checksum(Algorithm::Crc32, BODY).text();
        unsigned.of(format!("{data}{trailer}{checksum}\r\n\r\n").as_bytes())
    };
    let crc32 = checksum(Algorithm::Crc32, BODY).text();
    let minio_go = format!("b\r\nhello world\r\n0\r\n{CRC32}{crc32}\n\r\n\r\n");
    let of_header = checksum(Algorithm::Crc32c, BODY).text();
    let signed = encoded(Framing::SignedChunks { chunk_bytes: 4, trailer: None }, BODY);
    let trailer = |algorithm| Framing::SignedChunks { chunk_bytes: 8, trailer: Some(algorithm) };
    let in_header = [of_header.as_bytes(), &signed].concat();
    vec![
        ("decode", "hash", Head { mode: 0, ..head }.of(BODY)),
        ("decode", "hash-of-nothing", Head { mode: 1, length: 0, ..head }.of(b"")),
        ("decode", "hash-of-another", Head { mode: 1, ..head }.of(BODY)),
        ("decode", "unsigned", Head { mode: 2, cuts: [1, 3], again: (3, 0, 3), ..head }.of(BODY)),
        ("decode", "unsigned-too-long", Head { mode: 2, length: 5, ..head }.of(BODY)),
        ("decode", "trailer-one-chunk", with_crc32("b\r\nhello world\r\n0\r\n", CRC32)),
        ("decode", "trailer-chunks", with_crc32("5\r\nhello\r\n006\r\n world\r\n0\r\n", CRC32)),
        ("decode", "trailer-upper-case", with_crc32("B\r\nhello world\r\n0\r\n", CRC32_UPPER)),
        ("decode", "trailer-twice", with_crc32("b\r\nhello world\r\n0\r\n", CRC32_TWICE)),
        ("decode", "trailer-bare-lf", with_crc32("b\nhello world\n0\n", CRC32)),
        ("decode", "trailer-lf-crlf", unsigned.of(minio_go.as_bytes())),
        (
            "decode",
            "trailer-not-announced",
            Head { trailer: 0, ..unsigned }.of(b"b\r\nhello world\r\n0\r\n\r\n"),
        ),
        (
            "decode",
            "trailer-sha256",
            Head { trailer: 5, cuts: [1, 1], ..unsigned }
                .of(&encoded(Framing::UnsignedTrailer(Algorithm::Sha256), BODY)),
        ),
        ("decode", "huge-chunk", unsigned.of(b"ffffffffffffffff\r\nhello world")),
        (
            "decode",
            "endless-line",
            Head { is_endless: 1, cuts: [1, 0], ..unsigned }.of(b"b\r\nhello world\r\n0\r\nxxxxx"),
        ),
        (
            "decode",
            "endless-data",
            Head { length: u64::MAX, is_endless: 1, cuts: [18, 0], ..unsigned }
                .of(b"7fffffffffffffff\r\nhello world"),
        ),
        ("decode", "signed", Head { mode: SIGNED, cuts: [7, 90], ..head }.of(&signed)),
        ("decode", "signed-header", Head { mode: SIGNED, header: 2, ..head }.of(&in_header)),
        (
            "decode",
            "signed-over-the-limit",
            Head { mode: SIGNED, limits: [3, 128, 256], ..head }.of(&signed),
        ),
        (
            "decode",
            "signed-nothing",
            Head { mode: SIGNED, length: 0, ..head }
                .of(&encoded(Framing::SignedChunks { chunk_bytes: 4, trailer: None }, b"")),
        ),
        (
            "decode",
            "signed-trailer",
            Head { mode: SIGNED_TRAILER, trailer: 2, ..head }
                .of(&encoded(trailer(Algorithm::Crc32c), BODY)),
        ),
        (
            "decode",
            "signed-trailer-crc64",
            Head { mode: SIGNED_TRAILER, trailer: 3, cuts: [1, 2], ..head }
                .of(&encoded(trailer(Algorithm::Crc64Nvme), BODY)),
        ),
        (
            "decode",
            "signed-trailer-sha1",
            Head { mode: SIGNED_TRAILER, trailer: 4, again: (0, 0, 0), ..head }
                .of(&encoded(trailer(Algorithm::Sha1), BODY)),
        ),
    ]
}

/// One input of `mutate` for each kind of change, over all kinds of framing.
fn mutated() -> Vec<Seed> {
    let seed = |mode: u8, length: u16, changes: &[&[u8]]| {
        let mut bytes = vec![mode, mode];
        bytes.extend(64_u16.to_be_bytes());
        bytes.extend(length.to_be_bytes());
        bytes.push(mode);
        bytes.extend(100_u16.to_be_bytes());
        bytes.extend(changes.concat());
        bytes
    };
    vec![
        ("mutate", "hash-as-it-was", seed(0, 300, &[])),
        ("mutate", "hash-flipped", seed(0, 300, &[&[0, 0, 7, 1]])),
        ("mutate", "trailer-as-it-was", seed(1, 300, &[])),
        ("mutate", "trailer-longer-length", seed(1, 300, &[&[9, 0, 0, 1]])),
        ("mutate", "trailer-leading-zeros", seed(1, 300, &[&[6, 0, 0, 7]])),
        ("mutate", "trailer-inserted", seed(1, 300, &[&[1, 0, 9, b'a']])),
        ("mutate", "signed-as-it-was", seed(2, 200, &[])),
        ("mutate", "signed-removed", seed(2, 200, &[&[2, 0, 90, 10]])),
        ("mutate", "signed-doubled", seed(2, 200, &[&[3, 0, 0, 151]])),
        ("mutate", "signed-cut", seed(2, 200, &[&[4, 1, 0]])),
        ("mutate", "signed-first-chunk-dropped", seed(2, 200, &[&[8, 0, 0, 0, 0, 151]])),
        ("mutate", "signed-chunks-reordered", seed(2, 200, &[&[7, 0, 0, 151, 0, 151]])),
        ("mutate", "signed-trailer-as-it-was", seed(3, 200, &[])),
        ("mutate", "signed-trailer-overwritten", seed(3, 200, &[&[5, 2, 70, 0]])),
        ("mutate", "signed-trailer-signature", seed(3, 200, &[&[0, 2, 0xee, 1]])),
        ("mutate", "signed-trailer-empty", seed(3, 0, &[&[6, 0, 84, 23]])),
        ("mutate", "signed-trailer-twice-flipped", seed(3, 9, &[&[0, 0, 3, 1], &[0, 0, 3, 1]])),
    ]
}

/// Signatures as signers write them, and as they do not.
fn signed() -> Vec<Seed> {
    let (header, query) = (honest_header(), honest_query());
    let (header_2, query_2) = (honest_header_2("AKIAALICE"), honest_query_2("AKIAALICE"));
    let reversed = |query: &str| query.split('&').rev().collect::<Vec<_>>().join("&");
    let bytes = |text: &str| text.as_bytes().to_vec();
    let version_2 = |query: &str, headers: &str| bytes(&format!("{header_2}\n{query}{headers}"));
    vec![
        ("authorization", "v4", bytes(&header)),
        ("authorization", "v4-without-spaces", bytes(&header.replace(", ", ","))),
        ("authorization", "v4-with-blanks", bytes(&header.replace(", ", " ,\t"))),
        ("authorization", "v4-of-another-key", bytes(&header.replace("AKIAALICE", "AKIABOB"))),
        ("authorization", "v4-of-another-day", bytes(&header.replace("20260131", "20260130"))),
        ("authorization", "v4-signature-twice", bytes(&format!("{header}, Signature=00"))),
        ("authorization", "v4-without-host", bytes(&header.replace("host;", ""))),
        (
            "authorization",
            "v4a",
            bytes("AWS4-ECDSA-P256-SHA256 Credential=a/20260131/s3/aws4_request"),
        ),
        ("authorization", "v2", bytes(&header_2)),
        ("authorization", "v2-of-another-key", bytes(&honest_header_2("AKIABOB"))),
        ("authorization", "v2-cut", bytes(&header_2.replace('=', ""))),
        ("authorization", "bearer", bytes("Bearer token")),
        ("presigned", "v4", bytes(&query)),
        ("presigned", "v4-reversed", bytes(&reversed(&query))),
        ("presigned", "v4-raw-slashes", bytes(&query.replace("%2F", "/"))),
        ("presigned", "v4-lower-case-escapes", bytes(&query.replace("%2F", "%2f"))),
        ("presigned", "v4-empty-pairs", bytes(&query.replace('&', "&&"))),
        ("presigned", "v4-other-header", bytes(&query.replace("private", "public-read"))),
        ("presigned", "v4-for-ever", bytes(&query.replace("3600", "604801"))),
        ("presigned", "v4-date-twice", bytes(&format!("{query}&x-amz-date=20260131T120000Z"))),
        ("presigned", "v2", bytes(&query_2)),
        ("presigned", "v2-reversed", bytes(&reversed(&query_2))),
        ("presigned", "v2-capitals", bytes(&query_2.replace("x-amz-acl", "X-Amz-Acl"))),
        ("presigned", "v2-more", bytes(&format!("{query_2}&prefix=a"))),
        ("presigned", "v2-other-version", bytes(&query_2.replace("versionId=1", "versionId=2"))),
        ("presigned", "both", bytes(&format!("{query}&{query_2}"))),
        ("version2", "as-it-was", version_2("versionId=1", "")),
        ("version2", "spelled", version_2("version%49d=%31", "")),
        ("version2", "more-that-is-not-signed", version_2("prefix=a&versionId=1", "")),
        ("version2", "more-headers", version_2("versionId=1", "\nrange:bytes=0-1\naccept:*/*")),
        ("version2", "empty-type", version_2("versionId=1", "\ncontent-type: ")),
        ("version2", "another-key", bytes(&format!("{}\nversionId=1", honest_header_2("AKIABOB")))),
        ("version2", "acl", version_2("acl&versionId=1", "")),
        ("version2", "spelled-acl", version_2("%61cl&versionId=1", "")),
        ("version2", "header-more", version_2("versionId=1", "\nx-amz-acl:private")),
        ("version2", "type", version_2("versionId=1", "\ncontent-type:text/plain")),
        ("version2", "twice", version_2("versionId=1&versionId=1", "")),
    ]
}

/// Documents of `DeleteObjects` as clients and attackers write them.
fn deletions() -> Vec<Seed> {
    let seed =
        |name: &'static str, document: &str| ("delete_objects", name, document.as_bytes().to_vec());
    let object = "<Object><Key>a/b</Key></Object>";
    let of = |content: &str| format!("<Delete>{content}</Delete>");
    let key = |text: &str| of(&format!("<Object><Key>{text}</Key></Object>"));
    let declared = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
    let in_s3 = of(object)
        .replace("<Delete>", r#"<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">"#);
    vec![
        seed("plain", &of(object)),
        seed("declared", &format!("{declared}\n{in_s3}\n")),
        seed("mark", &format!("\u{feff}{in_s3}")),
        seed("quiet", &of(&format!("{object}<Quiet>true</Quiet>"))),
        seed("version", &of("<Object><VersionId>null</VersionId><Key>a</Key></Object>")),
        seed("twice", &of(&format!("{object} {object}"))),
        seed("entities", &key("&amp;&lt;&gt;&quot;&apos;&#10;&#xD;&#x1F986;")),
        seed("cdata", &key("a<![CDATA[&<]]>b")),
        seed("line-ends", &key("a\r\nb\rc\nd\te")),
        seed("line-end-before-a-reference", &key("a\r\r&#13;b")),
        seed("letters", &key("größe/日本 🦆")),
        seed("control", &key("a&#1;b")),
        seed("entity", &key("&nbsp;")),
        seed("dtd", &format!("<!DOCTYPE Delete [<!ENTITY a \"b\">]>{}", key("&a;"))),
        seed("comment", &key("a<!-- b -->")),
        seed("instruction", &key("a<?b?>")),
        seed("namespace", &in_s3.replace("2006", "2007")),
        seed("prefix", &in_s3.replace("Delete>", "x:Delete>")),
        seed("condition", &of("<Object><Key>a</Key><ETag>b</ETag></Object>")),
        seed("junk", &format!("{in_s3}junk")),
        seed("empty", &of("")),
    ]
}

/// Hosts as clients, proxies and attackers write them.
fn hosts() -> Vec<Seed> {
    let seed = |name: &'static str, host: &[u8]| ("host", name, host.to_vec());
    vec![
        seed("bucket", b"lake.s3.example.com"),
        seed("bucket-and-port", b"Lake.S3.example.com:8080"),
        seed("bucket-and-dot", b"lake.localhost."),
        seed("bucket-of-dots", b"a.lake.s3.example.com.:443"),
        seed("bucket-of-the-longest", b"lake.eu.s3.example.com"),
        seed("bucket-that-is-an-address", b"127.0.0.1.s3.example.com"),
        seed("bucket-in-punycode", b"xn--bcher-kva.localhost"),
        seed("domain", b"s3.example.com"),
        seed("unknown", b"lake.s3.example.org"),
        seed("address", b"127.0.0.1:8080"),
        seed("address-of-ipv6", b"[2001:db8::7]:8080"),
        seed("empty-label", b"a..s3.example.com"),
        seed("user", b"a:b@lake.s3.example.com"),
        seed("no-port", b"lake.s3.example.com:"),
        seed("not-ascii", b"b\xc3\xbccher.s3.example.com"),
        seed("empty", b""),
    ]
}

fn encoded(framing: Framing, body: &[u8]) -> Vec<u8> {
    Stream::encode(framing, body, body.len()).wire
}

const BODY: &[u8] = b"hello world";
const CRC32: &str = "x-amz-checksum-crc32:";
const CRC32_UPPER: &str = "X-Amz-Checksum-CRC32: ";
const CRC32_TWICE: &str = "x-amz-checksum-crc32:AAAAAA==\r\nx-amz-checksum-crc32:";

const UNSIGNED_TRAILER: u8 = 3;
const SIGNED: u8 = 4;
const SIGNED_TRAILER: u8 = 5;

const HEAD: Head = Head {
    mode: 2,
    trailer: 0,
    header: 0,
    again: (4, 3, 5),
    limits: [64, 128, 256],
    length: 11,
    cuts: [0, 0],
    is_endless: 0,
};
