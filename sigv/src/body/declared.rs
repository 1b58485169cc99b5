//! What the head of a request declares of its body.

use http::HeaderMap;

use super::checksum::{Algorithm, Checksum};
use super::content_md5::ContentMd5;
use super::error::BodyError;
use crate::hash::Hash;
use crate::payload::Payload;

/// What the head of a request declares of its body, all of which has to hold.
#[derive(Clone, Debug)]
pub struct Declared {
    payload: Payload,
    /// The hash that is checked here.
    hash: Option<Hash>,
    length: u64,
    trailer: Option<Algorithm>,
    checksums: Vec<Checksum>,
    content_md5: Option<ContentMd5>,
}

impl Declared {
    /// Reads what `headers` declare of a body that was signed as `payload` and has `wire_length` bytes as it comes;
    /// `None` when a transfer coding hides that.
    ///
    /// Checksums in headers are read where the client's framing is taken off; the store checks the others.
    ///
    /// # Errors
    ///
    /// [`BodyError::MissingLength`], [`BodyError::MalformedLength`], [`BodyError::UnsupportedTrailer`],
    /// [`BodyError::UnexpectedTrailer`] or [`BodyError::MalformedChecksum`].
    pub fn read(
        payload: Payload,
        headers: &HeaderMap,
        wire_length: Option<u64>,
    ) -> Result<Self, BodyError> {
        let length = if payload.is_framed() { decoded_length(headers)? } else { wire_length };
        Ok(Self {
            payload,
            hash: match payload {
                Payload::Hash(hash) => Some(hash),
                Payload::Unsigned
                | Payload::UnsignedTrailer
                | Payload::SignedChunks
                | Payload::SignedChunksTrailer => None,
            },
            length: length.ok_or(BodyError::MissingLength)?,
            trailer: trailer(payload, headers)?,
            checksums: if payload.is_framed() { checksums(headers)? } else { Vec::new() },
            content_md5: None,
        })
    }

    /// The same, but that a signed hash of the whole body is left to the store to check.
    #[must_use]
    pub fn leaving_hash_to_store(self) -> Self {
        Self { hash: None, ..self }
    }

    /// The same, but that the checksums in headers are left to the store to check.
    #[must_use]
    pub fn leaving_checksums_to_store(self) -> Self {
        Self { checksums: Vec::new(), ..self }
    }

    /// The same, with the checksums in `headers` to be checked here although no framing is taken off.
    ///
    /// # Errors
    ///
    /// [`BodyError::MalformedChecksum`].
    pub fn checking_checksums(self, headers: &HeaderMap) -> Result<Self, BodyError> {
        Ok(Self { checksums: checksums(headers)?, ..self })
    }

    /// The same, with the checksums and the `Content-MD5` in `headers` to be checked here.
    ///
    /// # Errors
    ///
    /// [`BodyError::MalformedChecksum`], [`BodyError::MalformedMd5`].
    pub fn checking_everything(self, headers: &HeaderMap) -> Result<Self, BodyError> {
        let text = single(headers, CONTENT_MD5, BodyError::MalformedMd5)?;
        let read = |text| ContentMd5::parse(text).ok_or(BodyError::MalformedMd5);
        let content_md5 = text.map(read).transpose()?;
        Ok(Self { content_md5, ..self.checking_checksums(headers)? })
    }

    /// The same as [`Self::checking_everything`], of which there has to be something, or a trailer.
    ///
    /// # Errors
    ///
    /// [`BodyError::MissingChecksum`], [`BodyError::MalformedChecksum`], [`BodyError::MalformedMd5`].
    pub fn requiring_checksum(self, headers: &HeaderMap) -> Result<Self, BodyError> {
        let declared = self.checking_everything(headers)?;
        let has_none = declared.checksums.is_empty() && declared.trailer.is_none();
        if has_none && declared.content_md5.is_none() {
            return Err(BodyError::MissingChecksum);
        }
        Ok(declared)
    }

    /// What the signature says about the body.
    pub fn payload(&self) -> Payload {
        self.payload
    }

    /// How long the body is without the client's framing, in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The checksum that the trailer will have.
    pub fn trailer(&self) -> Option<Algorithm> {
        self.trailer
    }

    /// The first checksum in a header, of those that are checked here.
    pub fn checksum(&self) -> Option<&Checksum> {
        self.checksums.first()
    }

    /// All checksums in headers that are checked here.
    pub(super) fn checksums(&self) -> &[Checksum] {
        &self.checksums
    }

    /// The `Content-MD5` that is checked here.
    pub(super) fn content_md5(&self) -> Option<ContentMd5> {
        self.content_md5
    }

    /// The hash that is checked here.
    pub(super) fn hash(&self) -> Option<Hash> {
        self.hash
    }
}

fn decoded_length(headers: &HeaderMap) -> Result<Option<u64>, BodyError> {
    let Some(text) = single(headers, DECODED_LENGTH, BodyError::MalformedLength)? else {
        return Ok(None);
    };
    let is_number = text.len() <= DIGITS_MAX && text.bytes().all(|byte| byte.is_ascii_digit());
    let length = text.parse().ok().filter(|_| is_number);
    length.map(Some).ok_or(BodyError::MalformedLength)
}

fn trailer(payload: Payload, headers: &HeaderMap) -> Result<Option<Algorithm>, BodyError> {
    let Some(name) = single(headers, TRAILER, BodyError::UnsupportedTrailer)? else {
        return Ok(None);
    };
    match payload {
        Payload::UnsignedTrailer | Payload::SignedChunksTrailer => {
            let algorithm = Algorithm::of_header(&name.to_ascii_lowercase());
            algorithm.map(Some).ok_or(BodyError::UnsupportedTrailer)
        }
        Payload::Hash(_) | Payload::Unsigned | Payload::SignedChunks => {
            Err(BodyError::UnexpectedTrailer)
        }
    }
}

fn checksums(headers: &HeaderMap) -> Result<Vec<Checksum>, BodyError> {
    let read = |algorithm: Algorithm| {
        let malformed = BodyError::MalformedChecksum { algorithm };
        let text = single(headers, algorithm.header(), malformed).transpose()?;
        Some(text.and_then(|text| Checksum::parse(algorithm, text).ok_or(malformed)))
    };
    Algorithm::ALL.into_iter().filter_map(read).collect()
}

/// The text of a header that may stand once; `fault` when it stands twice or is no text.
fn single<'a>(
    headers: &'a HeaderMap,
    name: &'static str,
    fault: BodyError,
) -> Result<Option<&'a str>, BodyError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| fault),
        (Some(_), Some(_)) => Err(fault),
    }
}

const DECODED_LENGTH: &str = "x-amz-decoded-content-length";
const TRAILER: &str = "x-amz-trailer";
const CONTENT_MD5: &str = "content-md5";

/// The digits of the largest length.
const DIGITS_MAX: usize = 20;

#[cfg(test)]
mod tests {
    use super::super::stream::headers_of;
    use super::*;
    use crate::hash;

    const FRAMED: [Payload; 3] =
        [Payload::UnsignedTrailer, Payload::SignedChunks, Payload::SignedChunksTrailer];
    const LENGTH: (&str, &str) = (DECODED_LENGTH, "5");

    fn read(
        payload: Payload,
        fields: &[(&'static str, &str)],
        wire_length: Option<u64>,
    ) -> Result<Declared, BodyError> {
        Declared::read(payload, &headers_of(fields), wire_length)
    }

    #[test]
    fn length_is_the_decoded_one_where_the_body_is_framed() {
        for payload in FRAMED {
            for wire_length in [None, Some(7)] {
                assert_eq!(read(payload, &[LENGTH], wire_length).unwrap().length(), 5);
            }
        }
        for payload in [Payload::empty(), Payload::Unsigned] {
            assert_eq!(read(payload, &[LENGTH], Some(7)).unwrap().length(), 7);
            assert_eq!(read(payload, &[LENGTH], None).unwrap_err(), BodyError::MissingLength);
        }
    }

    #[test]
    fn a13_decoded_length_must_be_there() {
        for payload in FRAMED {
            let error = read(payload, &[], Some(7)).unwrap_err();
            assert_eq!((error, error.status()), (BodyError::MissingLength, 411));
        }
    }

    #[test]
    fn a13_decoded_length_is_1_to_20_digits_that_fit() {
        let read = |text: &str| read(Payload::UnsignedTrailer, &[(DECODED_LENGTH, text)], None);
        for (text, length) in
            [("0", 0), ("00000000000000000005", 5), ("18446744073709551615", u64::MAX)]
        {
            assert_eq!(read(text).unwrap().length(), length);
        }
        for text in [
            "",
            "-5",
            "+5",
            " 5",
            "5 ",
            "5.0",
            "5,5",
            "0x5",
            "five",
            "18446744073709551616",
            "99999999999999999999",
            "000000000000000000005",
        ] {
            assert_eq!(read(text).unwrap_err(), BodyError::MalformedLength, "{text}");
        }
    }

    #[test]
    fn a13_decoded_length_that_stands_twice_is_refused() {
        let error = read(Payload::SignedChunks, &[LENGTH, LENGTH], None).unwrap_err();
        assert_eq!((error, error.code()), (BodyError::MalformedLength, "InvalidArgument"));
    }

    #[test]
    fn trailer_is_one_of_the_five_checksums() {
        for payload in [Payload::UnsignedTrailer, Payload::SignedChunksTrailer] {
            assert_eq!(read(payload, &[LENGTH], None).unwrap().trailer(), None);
            for algorithm in Algorithm::ALL {
                for name in [algorithm.header(), &algorithm.header().to_uppercase()] {
                    let declared = read(payload, &[LENGTH, (TRAILER, name)], None).unwrap();
                    assert_eq!(declared.trailer(), Some(algorithm));
                }
            }
        }
    }

    #[test]
    fn a12_any_other_trailer_is_refused() {
        for name in [
            "",
            "content-length",
            "x-amz-checksum-md5",
            "x-amz-checksum-crc32,x-amz-checksum-sha1",
            "x-amz-checksum-crc32,",
            "x-amz-trailer-signature",
        ] {
            let error =
                read(Payload::UnsignedTrailer, &[LENGTH, (TRAILER, name)], None).unwrap_err();
            assert_eq!(error, BodyError::UnsupportedTrailer, "{name}");
        }
        let twice = [LENGTH, (TRAILER, "x-amz-checksum-crc32"), (TRAILER, "x-amz-checksum-crc32")];
        let error = read(Payload::UnsignedTrailer, &twice, None).unwrap_err();
        assert_eq!(error, BodyError::UnsupportedTrailer);
    }

    #[test]
    fn a12_trailer_with_a_payload_that_has_none_is_refused() {
        for payload in [Payload::empty(), Payload::Unsigned, Payload::SignedChunks] {
            let fields = [LENGTH, (TRAILER, "x-amz-checksum-crc32")];
            let error = read(payload, &fields, Some(5)).unwrap_err();
            assert_eq!(error, BodyError::UnexpectedTrailer);
        }
    }

    #[test]
    fn checksums_in_headers_are_read_where_the_framing_is_taken_off() {
        let fields = [LENGTH, ("x-amz-checksum-crc32", "y/Q5Jg==")];
        for payload in FRAMED {
            let declared = read(payload, &fields, None).unwrap();
            assert_eq!(declared.checksum().map(Checksum::text).as_deref(), Some("y/Q5Jg=="));
        }
        let malformed = [LENGTH, ("x-amz-checksum-crc32", "y/Q5Jg==-3")];
        for payload in [Payload::empty(), Payload::Unsigned] {
            assert!(read(payload, &malformed, Some(5)).unwrap().checksum().is_none());
        }
        let error = read(Payload::SignedChunks, &malformed, None).unwrap_err();
        assert_eq!(error.message(), "Value for x-amz-checksum-crc32 header is invalid.");
        let twice = [LENGTH, fields[1], fields[1]];
        let error = read(Payload::SignedChunks, &twice, None).unwrap_err();
        assert_eq!(error, BodyError::MalformedChecksum { algorithm: Algorithm::Crc32 });
    }

    #[test]
    fn one_checksum_has_to_be_there_on_demand() {
        let md5 = ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==");
        let crc32 = ("x-amz-checksum-crc32", "AAAAAA==");
        let required = |payload, fields: &[_]| {
            read(payload, fields, Some(0))
                .and_then(|declared| declared.requiring_checksum(&headers_of(fields)))
        };
        for payload in [Payload::empty(), Payload::Unsigned] {
            assert!(required(payload, &[md5]).is_ok());
            assert!(required(payload, &[crc32]).is_ok());
            assert_eq!(required(payload, &[]).unwrap_err(), BodyError::MissingChecksum);
        }
        let trailer = [LENGTH, (TRAILER, "x-amz-checksum-crc32")];
        assert!(required(Payload::UnsignedTrailer, &trailer).is_ok());
        assert_eq!(
            required(Payload::SignedChunks, &[LENGTH]).unwrap_err(),
            BodyError::MissingChecksum
        );
        let algorithm = Algorithm::Crc32;
        for (fields, error) in [
            ([("content-md5", "AAAA"), crc32], BodyError::MalformedMd5),
            ([md5, md5], BodyError::MalformedMd5),
            ([md5, ("x-amz-checksum-crc32", "AAAA")], BodyError::MalformedChecksum { algorithm }),
        ] {
            assert_eq!(required(Payload::empty(), &fields).unwrap_err(), error);
        }
    }

    #[test]
    fn hash_is_left_to_the_store_on_demand() {
        let declared = read(Payload::Hash(hash::EMPTY), &[], Some(0)).unwrap();
        assert_eq!(declared.hash(), Some(hash::EMPTY));
        let left = declared.leaving_hash_to_store();
        assert_eq!((left.hash(), left.payload()), (None, Payload::empty()));
    }
}
