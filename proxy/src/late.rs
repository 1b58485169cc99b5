//! Answers that are long in coming: a head and white space at once, the document at the end.

use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use policy::XmlFault;

use crate::{
    answer::{Download, DownloadFault},
    messages::message_of,
    refusal::error_document,
    upstream::UpstreamFault,
    xml,
};

/// The body of an answer that the upstream begins before it has done what was asked. The white space by
/// which it keeps the connection alive passes at once; the document is looked at when it is whole.
#[derive(Debug)]
pub(crate) struct Late {
    download: Download,
    told: Wording,
    resource: String,
    bytes_max: usize,
    pending: BytesMut,
    has_begun: bool,
    error: Option<String>,
    is_ended: bool,
}

/// How the result is told.
#[derive(Debug)]
pub(crate) enum Wording {
    /// Byte for byte.
    AsItIs,
    /// With this URL, the object's here, as its `Location`.
    At(String),
}

impl Wording {
    fn of(&self, document: &Bytes) -> Result<Bytes, XmlFault> {
        let text = std::str::from_utf8(document).map_err(|_| XmlFault::Malformed)?;
        match self {
            Self::AsItIs => xml::check_result(text).map(|()| document.clone()),
            Self::At(location) => xml::relocate(text, location).map(Bytes::from),
        }
    }
}

impl Late {
    /// `resource` is the path for an error; the document may have `bytes_max` bytes.
    pub(crate) fn new(
        download: Download,
        told: Wording,
        resource: String,
        bytes_max: usize,
    ) -> Self {
        Self {
            download,
            told,
            resource,
            bytes_max,
            pending: BytesMut::new(),
            has_begun: false,
            error: None,
            is_ended: false,
        }
    }

    /// The code of the error that stood where the result should, once that is known.
    pub(crate) fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.is_ended
    }

    pub(crate) fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
        request_id: &str,
    ) -> Poll<Option<Result<Bytes, DownloadFault>>> {
        while !self.is_ended {
            let passed = match ready!(self.download.poll_data(cx)) {
                Some(Err(fault)) => return Poll::Ready(Some(Err(fault))),
                Some(Ok(data))
                    if self.pending.len() > self.bytes_max.saturating_sub(data.len()) =>
                {
                    let limit = self.bytes_max;
                    return Poll::Ready(Some(Err(DownloadFault::TooLong { limit })));
                }
                Some(Ok(data)) => {
                    self.pending.extend_from_slice(&data);
                    take_prolog(&mut self.pending, self.has_begun)
                }
                None => {
                    self.is_ended = true;
                    self.rewrite(request_id)
                }
            };
            if !passed.is_empty() {
                self.has_begun = true;
                return Poll::Ready(Some(Ok(passed)));
            }
        }
        Poll::Ready(None)
    }

    /// The upstream's result, or its error with our request id.
    fn rewrite(&mut self, request_id: &str) -> Bytes {
        let document = std::mem::take(&mut self.pending).freeze();
        let code = match (xml::read_error(&document), self.told.of(&document)) {
            (None, Ok(result)) => return result,
            (None, Err(_)) => "InternalError".into(),
            (Some((code, _)), _) if UpstreamFault::refuses_us(&code) => {
                let fault = UpstreamFault::Credential { code };
                fault.log(request_id);
                fault.code().into()
            }
            (Some((code, _)), _) => code,
        };
        let error = error_document(&code, message_of(&code), "", &self.resource, request_id);
        self.error = Some(code);
        let mut error = BytesMut::from(error.as_bytes());
        let declaration = take_prolog(&mut error, false);
        if self.has_begun { error.freeze() } else { [declaration, error.freeze()].concat().into() }
    }
}

/// Takes what stands before the root element off `document`: white space, and a declaration, which
/// is given on only where it is the first thing sent.
fn take_prolog(document: &mut BytesMut, has_begun: bool) -> Bytes {
    let mut prolog = BytesMut::new();
    loop {
        let blank = document.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        prolog.extend_from_slice(&document.split_to(blank));
        if !document.starts_with(b"<?") {
            return prolog.freeze();
        }
        let Some(end) = document.windows(2).position(|pair| pair == b"?>") else {
            return prolog.freeze();
        };
        let declaration = document.copy_to_bytes(end.saturating_add(2));
        if prolog.is_empty() && !has_begun {
            prolog.extend_from_slice(&declaration);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(document: &str, has_begun: bool) -> (String, String) {
        let mut rest = BytesMut::from(document);
        let prolog = take_prolog(&mut rest, has_begun);
        (String::from_utf8(prolog.into()).unwrap(), String::from_utf8(rest.into()).unwrap())
    }

    #[test]
    fn declaration_and_white_space_pass_before_the_root_begins() {
        let cases = [
            ("<?xml version=\"1.0\"?>\n   ", false, "<?xml version=\"1.0\"?>\n   ", ""),
            ("   ", true, "   ", ""),
            ("  <Result/>", true, "  ", "<Result/>"),
            ("<?xml?><Result>", false, "<?xml?>", "<Result>"),
            ("<?xm", false, "", "<?xm"),
            ("<", false, "", "<"),
        ];
        for (document, has_begun, prolog, rest) in cases {
            assert_eq!(taken(document, has_begun), (prolog.into(), rest.into()), "{document}");
        }
    }

    #[test]
    fn declaration_after_white_space_is_dropped_so_that_the_document_can_be_parsed() {
        assert_eq!(taken("<?xml?><R/>", true), (String::new(), "<R/>".into()));
        assert_eq!(taken("  <?xml?> <R/>", false), ("   ".into(), "<R/>".into()));
    }
}
