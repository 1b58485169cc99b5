//! What is checked over a whole body: its hash and its checksums.

use sha2::{Digest as _, Sha256};

use super::checksum::{Algorithm, Checksum, Hasher};
use super::content_md5::{self, ContentMd5};
use super::declared::Declared;
use super::error::BodyError;
use crate::hash::{self, Hash};

/// Computes what was declared of a whole body, and compares.
#[derive(Default)]
pub(super) struct Checks {
    hash: Option<(Hash, Box<Sha256>)>,
    /// One an algorithm: the trailer's, then those of headers, then what was wanted.
    hashers: Vec<Hasher>,
    declared: Vec<Checksum>,
    content_md5: Option<(ContentMd5, content_md5::Hasher)>,
}

impl Checks {
    pub(super) fn new(declared: &Declared) -> Self {
        let mut checks = Self {
            hash: declared.hash().map(|hash| (hash, Box::default())),
            hashers: Vec::new(),
            declared: declared.checksums().to_vec(),
            content_md5: declared.content_md5().map(|said| (said, content_md5::Hasher::default())),
        };
        let headers = declared.checksums().iter().map(Checksum::algorithm);
        for algorithm in declared.trailer().into_iter().chain(headers) {
            checks.want(algorithm);
        }
        checks
    }

    /// Computes the checksum of `algorithm` too.
    pub(super) fn want(&mut self, algorithm: Algorithm) {
        if self.hashers.iter().all(|hasher| hasher.algorithm() != algorithm) {
            self.hashers.push(Hasher::new(algorithm));
        }
    }

    /// Takes the next bytes of the body.
    pub(super) fn update(&mut self, data: &[u8]) {
        if let Some((_, state)) = &mut self.hash {
            state.update(data);
        }
        for hasher in &mut self.hashers {
            hasher.update(data);
        }
        if let Some((_, state)) = &mut self.content_md5 {
            state.update(data);
        }
    }

    /// The checksums of the body, if it has the hash and every checksum that was declared, `trailer` among them.
    pub(super) fn finish(self, trailer: Option<&Checksum>) -> Result<Vec<Checksum>, BodyError> {
        if let Some((signed, state)) = self.hash
            && !hash::same(&signed, &state.finalize())
        {
            return Err(BodyError::Mismatch);
        }
        if let Some((said, state)) = self.content_md5
            && !said.is_same(state.finish())
        {
            return Err(BodyError::Md5);
        }
        let computed: Vec<Checksum> = self.hashers.into_iter().map(Hasher::finish).collect();
        for declared in trailer.into_iter().chain(&self.declared) {
            if !computed.iter().any(|computed| computed.is_same(declared)) {
                return Err(BodyError::Checksum { algorithm: declared.algorithm() });
            }
        }
        Ok(computed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::checksum::Algorithm::{Crc32, Crc32c, Sha1, Sha256};
    use super::super::stream::{LIMITS, Stream, decode, headers_of};
    use super::super::{Decoder, End};
    use super::*;
    use crate::payload::Payload;

    const DATA: &[u8] = b"123456789";
    const CRC32: (&str, &str) = ("x-amz-checksum-crc32", "y/Q5Jg==");
    const SHA1: (&str, &str) = ("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE=");

    fn end(
        fields: &[(&'static str, &str)],
        wanted: Option<Algorithm>,
        trailer: Option<Algorithm>,
    ) -> Result<End, BodyError> {
        let stream = Stream::new(Payload::UnsignedTrailer, trailer, DATA, 4);
        let mut all = vec![("x-amz-decoded-content-length", "9")];
        all.extend(trailer.map(|trailer| ("x-amz-trailer", trailer.header())));
        all.extend(fields);
        let declared = Declared::read(stream.payload, &headers_of(&all), None)?;
        let mut decoder = Decoder::new(&declared, None, LIMITS);
        if let Some(algorithm) = wanted {
            decoder.want(algorithm);
        }
        decode(&mut decoder, &[&stream.wire()]).1.map(|(data, end)| {
            assert_eq!(data, DATA);
            end
        })
    }

    #[test]
    fn checksums_are_the_trailers_then_the_headers_then_the_wanted_one() {
        let algorithms = |end: End| -> Vec<Algorithm> {
            end.checksums.iter().map(Checksum::algorithm).collect()
        };
        let of = |fields: &[_], wanted, trailer| algorithms(end(fields, wanted, trailer).unwrap());
        assert_eq!(of(&[], None, None), []);
        assert_eq!(of(&[SHA1, CRC32], Some(Sha256), Some(Crc32c)), [Crc32c, Crc32, Sha1, Sha256]);
        assert_eq!(of(&[CRC32], Some(Crc32), Some(Crc32)), [Crc32]);
        assert_eq!(of(&[CRC32, SHA1], Some(Crc32), None), [Crc32, Sha1]);
    }

    #[test]
    fn content_md5_must_be_that_of_the_body() {
        let finish = |text: &str| {
            let fields = [("content-md5", text)];
            let declared = Declared::read(Payload::Unsigned, &headers_of(&[]), Some(9)).unwrap();
            let declared = declared.requiring_checksum(&headers_of(&fields)).unwrap();
            let mut decoder = Decoder::new(&declared, None, LIMITS);
            decode(&mut decoder, &[b"1234", b"56789"]).1.map(|_| ())
        };
        assert_eq!(finish(&ContentMd5::of(DATA).text()), Ok(()));
        assert_eq!(finish(&ContentMd5::of(b"").text()), Err(BodyError::Md5));
        assert_eq!((BodyError::Md5.status(), BodyError::Md5.code()), (400, "BadDigest"));
    }

    #[test]
    fn checksum_in_a_header_must_be_that_of_the_body() {
        let wrong = ("x-amz-checksum-crc32", "AAAAAA==");
        let error = BodyError::Checksum { algorithm: Crc32 };
        for trailer in [None, Some(Crc32), Some(Sha1)] {
            assert_eq!(end(&[wrong], None, trailer), Err(error));
            assert_eq!(end(&[SHA1, wrong], Some(Crc32), trailer), Err(error));
        }
        assert_eq!(
            (error.status(), error.code(), &*error.message()),
            (400, "BadDigest", "The CRC32 you specified did not match the calculated checksum.")
        );
    }
}
