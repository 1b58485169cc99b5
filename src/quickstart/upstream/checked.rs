//! A part's body, counted and checked as it passes: s3s-fs checks only whole objects.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::Stream;
use hyper::body::Bytes;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use s3s::dto::{Checksum, ChecksumAlgorithm, StreamingBlob, UploadPartInput};
use s3s::stream::ByteStream;
use s3s::{S3Error, StdError, TrailingHeaders, s3_error};

/// Passes a body on and fails its end, before the last of it is kept, if it is not what was
/// declared in `Content-MD5`, `x-amz-checksum-*` or the trailer.
pub(super) struct Checked {
    body: StreamingBlob,
    declared: Checksum,
    declared_md5: Option<String>,
    trailers: Option<TrailingHeaders>,
    hasher: Option<(ChecksumHasher, Md5)>,
    size: u64,
    outcome: Arc<Mutex<Outcome>>,
}

/// What is known of a body after its end.
#[derive(Debug, Default, Clone)]
pub(super) struct Outcome {
    /// Its length in bytes.
    pub(super) size: u64,
    /// The checksums that were asked for.
    pub(super) checksum: Checksum,
    /// Which of them is not as declared.
    mismatch: Option<&'static str>,
}

impl Checked {
    /// Puts the check in the way of `input`'s body; the outcome is there when the body has ended.
    pub(super) fn install(
        input: &mut UploadPartInput,
        trailers: Option<TrailingHeaders>,
    ) -> Arc<Mutex<Outcome>> {
        let outcome = Arc::new(Mutex::new(Outcome::default()));
        let declared = Checksum {
            checksum_crc32: input.checksum_crc32.clone(),
            checksum_crc32c: input.checksum_crc32c.clone(),
            checksum_crc64nvme: input.checksum_crc64nvme.clone(),
            checksum_sha1: input.checksum_sha1.clone(),
            checksum_sha256: input.checksum_sha256.clone(),
            checksum_type: None,
        };
        let hasher = hasher(&declared, input.checksum_algorithm.as_ref());
        if let Some(body) = input.body.take() {
            input.body = Some(StreamingBlob::new(Self {
                body,
                declared,
                declared_md5: input.content_md5.take(),
                trailers,
                hasher: Some((hasher, Md5::new())),
                size: 0,
                outcome: Arc::clone(&outcome),
            }));
        }
        outcome
    }

    fn pass(&mut self, bytes: &Bytes) {
        self.size = self.size.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if let Some((hasher, md5)) = &mut self.hasher {
            hasher.update(bytes);
            if self.declared_md5.is_some() {
                md5.update(bytes);
            }
        }
    }

    /// Compares; `None` when all is well or it was compared before.
    fn end(&mut self) -> Option<&'static str> {
        let (hasher, md5) = self.hasher.take()?;
        if let Some(trailers) = &self.trailers {
            let declared = &mut self.declared;
            trailers.read(|trailers| {
                for (name, field) in [
                    ("x-amz-checksum-crc32", &mut declared.checksum_crc32),
                    ("x-amz-checksum-crc32c", &mut declared.checksum_crc32c),
                    ("x-amz-checksum-crc64nvme", &mut declared.checksum_crc64nvme),
                    ("x-amz-checksum-sha1", &mut declared.checksum_sha1),
                    ("x-amz-checksum-sha256", &mut declared.checksum_sha256),
                ] {
                    if let Some(value) = trailers.get(name).and_then(|value| value.to_str().ok()) {
                        *field = Some(value.to_owned());
                    }
                }
            });
        }
        let checksum = hasher.finalize();
        let md5 = self.declared_md5.as_ref().map(|_| STANDARD.encode(md5.finalize()));
        let declared = &self.declared;
        let mismatch = [
            ("Content-MD5", &self.declared_md5, &md5),
            ("CRC32", &declared.checksum_crc32, &checksum.checksum_crc32),
            ("CRC32C", &declared.checksum_crc32c, &checksum.checksum_crc32c),
            ("CRC64NVME", &declared.checksum_crc64nvme, &checksum.checksum_crc64nvme),
            ("SHA1", &declared.checksum_sha1, &checksum.checksum_sha1),
            ("SHA256", &declared.checksum_sha256, &checksum.checksum_sha256),
        ]
        .into_iter()
        .find(|(_, declared, actual)| {
            declared.is_some() && actual.is_some() && *declared != *actual
        })
        .map(|(name, _, _)| name);
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) =
            Outcome { size: self.size, checksum, mismatch };
        mismatch
    }
}

impl Outcome {
    /// The outcome so far.
    pub(super) fn of(shared: &Mutex<Self>) -> Self {
        shared.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// `BadDigest` if the body was not what was declared, else `error`.
    pub(super) fn explain(&self, error: S3Error) -> S3Error {
        match self.mismatch {
            Some(name) => {
                s3_error!(BadDigest, "The {} you specified did not match the content", name)
            }
            None => error,
        }
    }
}

impl Stream for Checked {
    type Item = Result<Bytes, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match ready!(Pin::new(&mut self.body).poll_next(cx)) {
            Some(Ok(bytes)) => {
                self.pass(&bytes);
                Poll::Ready(Some(Ok(bytes)))
            }
            Some(Err(error)) => Poll::Ready(Some(Err(error))),
            None => Poll::Ready(self.end().map(|name| Err(format!("{name} mismatch").into()))),
        }
    }
}

impl ByteStream for Checked {}

impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checked").field("size", &self.size).finish_non_exhaustive()
    }
}

/// Computes what is declared, and the algorithm that a trailer will declare.
fn hasher(declared: &Checksum, algorithm: Option<&ChecksumAlgorithm>) -> ChecksumHasher {
    let wants = |value: &Option<String>, name| {
        value.is_some() || algorithm.is_some_and(|algorithm| algorithm.as_str() == name)
    };
    let mut hasher = ChecksumHasher::default();
    if wants(&declared.checksum_crc32, ChecksumAlgorithm::CRC32) {
        hasher.crc32 = Some(Crc32::default());
    }
    if wants(&declared.checksum_crc32c, ChecksumAlgorithm::CRC32C) {
        hasher.crc32c = Some(Crc32c::default());
    }
    if wants(&declared.checksum_crc64nvme, ChecksumAlgorithm::CRC64NVME) {
        hasher.crc64nvme = Some(Crc64Nvme::default());
    }
    if wants(&declared.checksum_sha1, ChecksumAlgorithm::SHA1) {
        hasher.sha1 = Some(Sha1::default());
    }
    if wants(&declared.checksum_sha256, ChecksumAlgorithm::SHA256) {
        hasher.sha256 = Some(Sha256::default());
    }
    hasher
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures::StreamExt;
    use futures::stream;

    use super::*;

    async fn pass(mut input: UploadPartInput) -> (Result<Vec<u8>, StdError>, Outcome) {
        let body = [b"12345".as_slice(), b"6789"].map(|piece| Ok::<_, Infallible>(piece.into()));
        input.body = Some(StreamingBlob::wrap(stream::iter(body)));
        let outcome = Checked::install(&mut input, None);
        let mut body = input.body.unwrap();
        let mut whole = Vec::new();
        while let Some(bytes) = body.next().await {
            match bytes {
                Ok(bytes) => whole.extend_from_slice(&bytes),
                Err(error) => return (Err(error), Outcome::of(&outcome)),
            }
        }
        (Ok(whole), Outcome::of(&outcome))
    }

    // The check value of CRC-32 is that of these nine digits: CBF43926.
    const CRC32: &str = "y/Q5Jg==";

    #[tokio::test]
    async fn a_body_as_declared_passes() {
        let (body, outcome) = pass(UploadPartInput {
            checksum_crc32: Some(CRC32.to_owned()),
            content_md5: Some("JfnnlDI7RTiF9RgfG2JNCw==".to_owned()),
            ..UploadPartInput::default()
        })
        .await;
        assert_eq!(body.unwrap(), b"123456789");
        assert_eq!(outcome.size, 9);
        assert_eq!(outcome.checksum.checksum_crc32.as_deref(), Some(CRC32));
    }

    #[tokio::test]
    async fn a_body_that_is_not_as_declared_fails_at_its_end() {
        for input in [
            UploadPartInput { checksum_crc32: Some("AAAAAA==".to_owned()), ..Default::default() },
            UploadPartInput {
                content_md5: Some("AAAAAAAAAAAAAAAAAAAAAA==".to_owned()),
                ..UploadPartInput::default()
            },
        ] {
            let (body, outcome) = pass(input).await;
            body.unwrap_err();
            let error = outcome.explain(s3_error!(InternalError));
            assert_eq!(error.code().as_str(), "BadDigest");
        }
    }
}
