//! Why a body was refused, with AWS's code and status for each reason.

use std::borrow::Cow;

use thiserror::Error;

use super::checksum::Algorithm;

/// Why a body was refused. `Display` is for operators; clients see [`Self::code`], [`Self::status`] and
/// [`Self::message`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BodyError {
    /// The request does not say how long its body is.
    #[error("length of the body is not declared")]
    MissingLength,
    /// `x-amz-decoded-content-length` is no number of bytes, or stands twice.
    #[error("x-amz-decoded-content-length is not one number of bytes")]
    MalformedLength,
    /// `x-amz-trailer` announces something other than one checksum.
    #[error("x-amz-trailer does not name one checksum")]
    UnsupportedTrailer,
    /// `x-amz-trailer` announces a trailer, and the payload mode has none.
    #[error("x-amz-trailer stands with a payload mode that has no trailer")]
    UnexpectedTrailer,
    /// A checksum in a header is not base64 of the algorithm's length, or stands twice.
    #[error("{} is not one checksum", .algorithm.header())]
    MalformedChecksum {
        /// The algorithm that its name says.
        algorithm: Algorithm,
    },
    /// The body is not the one whose hash was signed.
    #[error("body does not have the hash that was signed")]
    Mismatch,
    /// The body ended before its declared length.
    #[error("body is shorter than declared")]
    Deficit,
    /// The body went on after its declared length.
    #[error("body is longer than declared")]
    Surplus,
    /// The body ended within its framing.
    #[error("body was cut off before the end of its framing")]
    Cut,
    /// Something comes after the end of the framing.
    #[error("bytes follow the end of the framing")]
    Tail,
    /// The form does not end where its file has to, so that something else follows the file or is taken for it.
    #[error("form does not end right after its file")]
    FormEnd,
    /// The line before a chunk does not follow its grammar.
    #[error("line of a chunk is malformed")]
    MalformedChunkLine,
    /// The line before a chunk is too long.
    #[error("line of a chunk is longer than {max} bytes")]
    LongChunkLine {
        /// How long it may be, in bytes.
        max: usize,
    },
    /// A chunk does not end where its line says.
    #[error("chunk does not end where its line says")]
    ChunkEnd,
    /// A chunk that has to be held until it is verified is too large.
    #[error("signed chunk is larger than {max} bytes")]
    LargeChunk {
        /// How large it may be, in bytes.
        max: usize,
    },
    /// A chunk's signature is not the one its data gives.
    #[error("signature of a chunk does not match")]
    ChunkSignature,
    /// A line of the trailer does not follow its grammar.
    #[error("line of the trailer is malformed")]
    MalformedTrailer,
    /// The trailer is too long.
    #[error("trailer is longer than {max} bytes")]
    LongTrailer {
        /// How long it may be, in bytes.
        max: usize,
    },
    /// The trailer has a line that was not announced, or one twice.
    #[error("trailer has a line that was not announced, or one twice")]
    UndeclaredTrailer,
    /// The trailer that was announced did not come.
    #[error("trailer that was announced is missing")]
    MissingTrailer,
    /// The trailer's signature is missing, or not the one its lines give.
    #[error("signature of the trailer does not match")]
    TrailerSignature,
    /// The checksum in the trailer is not base64 of the algorithm's length.
    #[error("{} in the trailer is not a checksum", .algorithm.header())]
    TrailerValue {
        /// The algorithm that its name says.
        algorithm: Algorithm,
    },
    /// The body needs a checksum, and the head names none.
    #[error("neither Content-MD5 nor a checksum is declared")]
    MissingChecksum,
    /// `Content-MD5` is not base64 of 16 bytes, or stands twice.
    #[error("Content-MD5 is not one MD5")]
    MalformedMd5,
    /// The body does not have the MD5 that `Content-MD5` says.
    #[error("MD5 of the body is another")]
    Md5,
    /// The body does not have the checksum that a header or the trailer says.
    #[error("{} of the body is another", .algorithm.name())]
    Checksum {
        /// What it was computed by.
        algorithm: Algorithm,
    },
}

impl BodyError {
    /// The code of S3's error document.
    pub fn code(&self) -> &'static str {
        self.reply().1
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.reply().0
    }

    /// The message of S3's error document, as AWS words it where it does.
    pub fn message(&self) -> Cow<'static, str> {
        match self {
            Self::MissingLength => "You must provide the Content-Length HTTP header.".into(),
            Self::MalformedLength => {
                "The value specified in the x-amz-decoded-content-length header is not valid".into()
            }
            Self::UnsupportedTrailer => {
                "The value specified in the x-amz-trailer header is not supported".into()
            }
            Self::UnexpectedTrailer => {
                "The x-amz-trailer header is not supported with this value of x-amz-content-sha256"
                    .into()
            }
            Self::MalformedChecksum { algorithm } => {
                format!("Value for {} header is invalid.", algorithm.header()).into()
            }
            Self::Mismatch => {
                "The provided 'x-amz-content-sha256' header does not match what was computed."
                    .into()
            }
            Self::Deficit | Self::Cut => {
                "You did not provide the number of bytes specified by the Content-Length HTTP header"
                    .into()
            }
            Self::Surplus | Self::Tail => "The body is longer than its declared length".into(),
            Self::FormEnd => {
                "The body of your POST request is not well-formed multipart/form-data: the file has to be the last field, and \
                 the closing boundary, with CRLF, the end of the body"
                    .into()
            }
            Self::MalformedChunkLine | Self::ChunkEnd => {
                "The chunks of the body are not well-formed".into()
            }
            Self::LongChunkLine { max } => {
                format!("The line before a chunk is longer than {max} bytes").into()
            }
            Self::LargeChunk { max } => {
                format!("A signed chunk must not be larger than {max} bytes").into()
            }
            Self::ChunkSignature => {
                "The request signature we calculated does not match the signature you provided. \
                 Check your key and signing method."
                    .into()
            }
            Self::MalformedTrailer
            | Self::LongTrailer { .. }
            | Self::UndeclaredTrailer
            | Self::MissingTrailer
            | Self::TrailerSignature => {
                "The request contained trailing data that was not well-formed or did not conform to \
                 our published schema."
                    .into()
            }
            Self::TrailerValue { algorithm } => {
                format!("Value for {} trailing header is invalid.", algorithm.header()).into()
            }
            Self::MissingChecksum => {
                "Missing required header for this request: Content-MD5 OR x-amz-checksum-*".into()
            }
            Self::MalformedMd5 => "The Content-MD5 you specified is not valid.".into(),
            Self::Md5 => "The Content-MD5 you specified did not match what we received.".into(),
            Self::Checksum { algorithm } => format!(
                "The {} you specified did not match the calculated checksum.",
                algorithm.name()
            )
            .into(),
        }
    }

    fn reply(&self) -> (u16, &'static str) {
        match self {
            Self::MissingLength => (411, "MissingContentLength"),
            Self::MalformedLength => (400, "InvalidArgument"),
            Self::UnsupportedTrailer => (400, "InvalidRequest"),
            Self::UnexpectedTrailer => (400, "InvalidRequest"),
            Self::MalformedChecksum { .. } => (400, "InvalidRequest"),
            Self::Mismatch => (400, "XAmzContentSHA256Mismatch"),
            Self::Deficit => (400, "IncompleteBody"),
            Self::Surplus => (400, "IncompleteBody"),
            Self::Cut => (400, "IncompleteBody"),
            Self::Tail => (400, "IncompleteBody"),
            Self::FormEnd => (400, "MalformedPOSTRequest"),
            Self::MalformedChunkLine => (400, "IncompleteBody"),
            Self::LongChunkLine { .. } => (400, "IncompleteBody"),
            Self::ChunkEnd => (400, "IncompleteBody"),
            Self::LargeChunk { .. } => (400, "InvalidRequest"),
            Self::ChunkSignature => (403, "SignatureDoesNotMatch"),
            Self::MalformedTrailer => (400, "MalformedTrailerError"),
            Self::LongTrailer { .. } => (400, "MalformedTrailerError"),
            Self::UndeclaredTrailer => (400, "MalformedTrailerError"),
            Self::MissingTrailer => (400, "MalformedTrailerError"),
            Self::TrailerSignature => (400, "MalformedTrailerError"),
            Self::TrailerValue { .. } => (400, "InvalidRequest"),
            Self::MissingChecksum => (400, "InvalidRequest"),
            Self::MalformedMd5 => (400, "InvalidDigest"),
            Self::Md5 => (400, "BadDigest"),
            Self::Checksum { .. } => (400, "BadDigest"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_the_codes_of_s3() {
        let algorithm = Algorithm::Crc32;
        for (error, status, code) in [
            (BodyError::MissingLength, 411, "MissingContentLength"),
            (BodyError::MalformedLength, 400, "InvalidArgument"),
            (BodyError::UnsupportedTrailer, 400, "InvalidRequest"),
            (BodyError::MalformedChecksum { algorithm }, 400, "InvalidRequest"),
            (BodyError::Mismatch, 400, "XAmzContentSHA256Mismatch"),
            (BodyError::Deficit, 400, "IncompleteBody"),
            (BodyError::Surplus, 400, "IncompleteBody"),
            (BodyError::Cut, 400, "IncompleteBody"),
            (BodyError::MalformedChunkLine, 400, "IncompleteBody"),
            (BodyError::LargeChunk { max: 1 }, 400, "InvalidRequest"),
            (BodyError::ChunkSignature, 403, "SignatureDoesNotMatch"),
            (BodyError::TrailerSignature, 400, "MalformedTrailerError"),
            (BodyError::UndeclaredTrailer, 400, "MalformedTrailerError"),
            (BodyError::LongTrailer { max: 1 }, 400, "MalformedTrailerError"),
            (BodyError::Checksum { algorithm }, 400, "BadDigest"),
        ] {
            assert_eq!((error.status(), error.code()), (status, code), "{error}");
        }
    }

    #[test]
    fn limits_stand_in_the_message_and_in_the_log() {
        let error = BodyError::LargeChunk { max: 16_777_216 };
        assert!(error.message().contains("16777216 bytes"));
        assert_eq!(error.to_string(), "signed chunk is larger than 16777216 bytes");
        let algorithm = Algorithm::Crc64Nvme;
        assert_eq!(
            BodyError::Checksum { algorithm }.to_string(),
            "CRC64NVME of the body is another"
        );
    }
}
