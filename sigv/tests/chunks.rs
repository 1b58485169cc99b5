//! Bodies framed in chunks, judged by AWS's published examples and by the signer of its SDK for Rust.

use std::collections::VecDeque;

use aws_credential_types::Credentials;
use aws_sigv4::sign::v4::{self, SigningParams, sign_chunk, sign_trailer};
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::http::Headers;
use bytes::Bytes;
use http::Method;
use proptest::prelude::*;
use sigv::{Algorithm, Chain, Checksum, Framing, Payload, Piece};

use crate::bodies::{
    AT, ID, SECRET, algorithm, body, checksum, checksums, cuts, encoded, pieces, secret, seed,
};
use crate::request::Request;

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rust_sdk_gives_the_signatures_that_the_encoder_gives(
        chunk_bytes in 1..2_000_usize,
        trailer in prop::option::of(algorithm()),
        body in body(),
        cuts in cuts(),
    ) {
        let framing = Framing::SignedChunks { chunk_bytes, trailer };
        let (chain, seed) = seed(framing.payload());
        let wire = encoded(framing, chain, pieces(&body, &cuts), &checksums()).concat();
        prop_assert_eq!(wire, judge(&body, chunk_bytes, trailer.map(checksum).as_ref(), &seed));
    }
}

#[test]
fn published_chunks_have_the_published_signatures() {
    let chain = published(
        Payload::SignedChunks,
        &[("content-encoding", "aws-chunked"), ("content-length", "66824")],
        "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;\
         x-amz-decoded-content-length;x-amz-storage-class",
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    );
    let framing = Framing::SignedChunks { chunk_bytes: 65_536, trailer: None };
    let body = Bytes::from(vec![b'a'; 66_560]);
    let wire = encoded(framing, chain, pieces(&body, &[]), &checksums()).concat();
    let data = |length| vec![b'a'; length];
    let expected = [
        b"10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n".to_vec(),
        data(65_536),
        b"\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n".to_vec(),
        data(1_024),
        b"\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n".to_vec(),
    ];
    assert_eq!(wire, expected.concat());
}

#[test]
fn published_trailer_has_the_published_signature() {
    let chain = published(
        Payload::SignedChunksTrailer,
        &[("content-encoding", "aws-chunked"), ("x-amz-trailer", "x-amz-checksum-crc32c")],
        "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;\
         x-amz-storage-class;x-amz-trailer",
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    );
    let trailer = Some(Algorithm::Crc32c);
    let framing = Framing::SignedChunks { chunk_bytes: 65_536, trailer };
    let mut encoder = framing.encoder(66_560, chain);
    let mut wire = VecDeque::new();
    encoder.encode(Piece { data: vec![b'a'; 66_560].into(), hash: None }, &mut wire);
    let checksum = Checksum::parse(Algorithm::Crc32c, "sOO8/Q==").unwrap();
    encoder.finish(&[checksum], &mut wire);
    let wire = wire.make_contiguous().concat();
    let text = String::from_utf8(wire).unwrap();
    let lines = text.split("\r\n").filter(|line| !line.starts_with('a')).collect::<Vec<_>>();
    assert_eq!(
        lines,
        [
            "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
            "400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
            "0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
            "x-amz-checksum-crc32c:sOO8/Q==",
            "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
            "",
            "",
        ]
    );
}

/// The chain of a published example's request, which verifies.
fn published(
    payload: Payload,
    headers: &[(&str, &str)],
    signed_headers: &str,
    signature: &str,
) -> Chain {
    let mut request = Request::new(Method::PUT, "/examplebucket/chunkObject.txt", "", headers);
    request.set("host", "s3.amazonaws.com");
    request.set("x-amz-date", "20130524T000000Z");
    request.set("x-amz-storage-class", "REDUCED_REDUNDANCY");
    request.set("x-amz-decoded-content-length", "66560");
    request.set("x-amz-content-sha256", &payload.text());
    request.set(
        "authorization",
        &format!(
            "AWS4-HMAC-SHA256 Credential={ID}/20130524/us-east-1/s3/aws4_request,\
             SignedHeaders={signed_headers},Signature={signature}"
        ),
    );
    let claim = request.verify(&secret(), AT).unwrap();
    claim.chain(&secret()).unwrap()
}

/// The body in signed chunks, with the signatures that the judge gives after `seed`.
pub(crate) fn judge(
    body: &[u8],
    chunk_bytes: usize,
    trailer: Option<&Checksum>,
    seed: &str,
) -> Vec<u8> {
    let identity: Identity = Credentials::new(ID, SECRET, None, None, "tests").into();
    let parameters: SigningParams<'_, ()> = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("s3")
        .time(AT.into())
        .settings(())
        .build()
        .unwrap();
    let mut wire = Vec::new();
    let mut signature = seed.to_owned();
    for chunk in body.chunks(chunk_bytes).chain([&[][..]]) {
        let signed = sign_chunk(&Bytes::copy_from_slice(chunk), &signature, &parameters).unwrap();
        signature = signed.into_parts().1;
        let line = format!("{:x};chunk-signature={signature}\r\n", chunk.len());
        wire.extend_from_slice(line.as_bytes());
        if !chunk.is_empty() {
            wire.extend_from_slice(chunk);
            wire.extend_from_slice(b"\r\n");
        }
    }
    if let Some(checksum) = trailer {
        let (name, value) = (checksum.algorithm().header(), checksum.text());
        let mut headers = Headers::new();
        headers.insert(name, value.clone());
        let signed = sign_trailer(&headers, &signature, &parameters).unwrap().into_parts().1;
        let lines = format!("{name}:{value}\r\nx-amz-trailer-signature:{signed}\r\n");
        wire.extend_from_slice(lines.as_bytes());
    }
    wire.extend_from_slice(b"\r\n");
    wire
}
