//! The few S3 documents that are read or rewritten: only what changes is touched, byte for byte.

use std::ops::Range;

use bytes::Bytes;
use policy::{NAMESPACE, XmlFault, xml_text};
use quick_xml::{Reader, escape::unescape, events::Event};

/// The `CreateBucketConfiguration` for `region`: none for `us-east-1`, as S3 wants it.
pub(crate) fn bucket_configuration(region: &str) -> Bytes {
    match region {
        US_EAST_1 => Bytes::new(),
        region => format!(
            "<CreateBucketConfiguration xmlns=\"{NAMESPACE}\"><LocationConstraint>{}\
             </LocationConstraint></CreateBucketConfiguration>",
            xml_text(region)
        )
        .into(),
    }
}

/// The answer of `GetBucketLocation`: empty for `us-east-1`, as S3 answers.
pub(crate) fn location_constraint(region: &str) -> Bytes {
    let region = if region == US_EAST_1 { "" } else { region };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"{NAMESPACE}\">{}\
         </LocationConstraint>",
        xml_text(region)
    )
    .into()
}

/// The code and message of an `<Error>` document, if it is one.
pub(crate) fn read_error(document: &[u8]) -> Option<(String, String)> {
    let text = std::str::from_utf8(document).ok()?;
    let elements = elements(text).ok()?;
    if elements.first()?.name != "Error" {
        return None;
    }
    let child = |name: &str| {
        let element = elements.iter().find(|element| element.depth == 1 && element.name == name)?;
        element.text(text)
    };
    Some((child("Code")?, child("Message").unwrap_or_default()))
}

/// `text` with the access key id `upstream` replaced wherever it names an owner or initiator.
///
/// Some stores show the key id of the account as its canonical id; it is nobody's business here.
pub(crate) fn hide_owner(text: &str, upstream: &str) -> Result<String, XmlFault> {
    let edits: Vec<_> = elements(text)?
        .into_iter()
        .filter(|element| matches!(element.name.as_str(), "ID" | "DisplayName"))
        .filter(|element| element.text(text).is_some_and(|id| id == upstream))
        .map(|element| (element.inner, OWNER.into()))
        .collect();
    Ok(apply(text, &edits))
}

/// The other way round, for a document that a client made of such an answer: with the access key id `upstream` where it
/// names our owner; nothing if it does not.
///
/// # Errors
///
/// [`XmlFault::Malformed`].
pub(crate) fn name_owner(document: &[u8], upstream: &str) -> Result<Option<Bytes>, XmlFault> {
    if document.is_empty() {
        return Ok(None);
    }
    let text = std::str::from_utf8(document).map_err(|_| XmlFault::Malformed)?;
    let edits: Vec<_> = elements(text)?
        .into_iter()
        .filter(|element| matches!(element.name.as_str(), "ID" | "DisplayName"))
        .filter(|element| element.text(text).is_some_and(|id| id == OWNER))
        .map(|element| (element.inner, xml_text(upstream)))
        .collect();
    Ok((!edits.is_empty()).then(|| apply(text, &edits).into()))
}

/// A `CompleteMultipartUploadResult` whose `Location` is `location`.
pub(crate) fn relocate(text: &str, location: &str) -> Result<String, XmlFault> {
    let edits: Vec<_> = result(text)?
        .into_iter()
        .filter(|element| element.depth == 1 && element.name == "Location")
        .map(|element| (element.inner, xml_text(location)))
        .collect();
    Ok(apply(text, &edits))
}

/// Checks that `text` is a result, which it is when it can be read and is no `<Error>`.
pub(crate) fn check_result(text: &str) -> Result<(), XmlFault> {
    result(text).map(drop)
}

fn result(text: &str) -> Result<Vec<Element>, XmlFault> {
    let elements = elements(text)?;
    let is_error = elements.first().is_some_and(|root| root.name == "Error");
    if is_error { Err(XmlFault::Malformed) } else { Ok(elements) }
}

/// One element: where it stands, from `<` to `>` and between its tags.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// How many elements it is in.
    pub(crate) depth: usize,
    pub(crate) outer: Range<usize>,
    pub(crate) inner: Range<usize>,
}

impl Element {
    /// Its character data, if it holds nothing else.
    pub(crate) fn text(&self, document: &str) -> Option<String> {
        let inner = document.get(self.inner.clone())?;
        (!inner.contains('<')).then(|| unescape(inner).ok().map(std::borrow::Cow::into_owned))?
    }
}

/// The elements of a document in the order of their start tags. A DTD is refused, so that no entity
/// but the five of XML exists.
pub(crate) fn elements(text: &str) -> Result<Vec<Element>, XmlFault> {
    let mut reader = Reader::from_str(text);
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    loop {
        let start = position(&reader)?;
        let event = reader.read_event().map_err(|_| XmlFault::Malformed)?;
        let end = position(&reader)?;
        match event {
            Event::Start(_) | Event::Empty(_)
                if open.len() >= DEPTH_MAX || elements.len() >= ELEMENTS_MAX =>
            {
                return Err(XmlFault::Malformed);
            }
            Event::Start(tag) => {
                let name = tag.local_name().as_ref().to_owned();
                open.push(elements.len());
                let depth = open.len().saturating_sub(1);
                elements.push(Element { name, depth, outer: start..end, inner: end..end });
            }
            Event::Empty(tag) => {
                let name = tag.local_name().as_ref().to_owned();
                elements.push(Element {
                    name,
                    depth: open.len(),
                    outer: start..end,
                    inner: end..end,
                });
            }
            Event::End(_) => {
                let element = open.pop().and_then(|at| elements.get_mut(at));
                let element = element.ok_or(XmlFault::Malformed)?;
                element.outer.end = end;
                element.inner.end = start;
            }
            Event::DocType(_) => return Err(XmlFault::Malformed),
            Event::Eof if open.is_empty() && !elements.is_empty() => return Ok(elements),
            Event::Eof => return Err(XmlFault::Malformed),
            Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::GeneralRef(_) => {}
        }
    }
}

fn position(reader: &Reader<&[u8]>) -> Result<usize, XmlFault> {
    usize::try_from(reader.buffer_position()).map_err(|_| XmlFault::Malformed)
}

/// `text` with each range, in ascending order, replaced.
pub(crate) fn apply(text: &str, edits: &[(Range<usize>, String)]) -> String {
    let mut edited = String::with_capacity(text.len());
    let mut from = 0;
    for (range, replacement) in edits {
        edited.push_str(text.get(from..range.start).unwrap_or_default());
        edited.push_str(replacement);
        from = range.end;
    }
    edited.push_str(text.get(from..).unwrap_or_default());
    edited
}

const US_EAST_1: &str = "us-east-1";
const OWNER: &str = "lakegate";
const DEPTH_MAX: usize = 16;
const ELEMENTS_MAX: usize = 200_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn location_of_a_completed_upload_is_ours() {
        let text = "<CompleteMultipartUploadResult><Location>http://up:1/b/k</Location><Key>k</Key></CompleteMultipartUploadResult>";
        let ours = relocate(text, "http://us/b/k&l").unwrap();
        assert_eq!(ours, text.replace("http://up:1/b/k", "http://us/b/k&amp;l"));
    }

    #[test]
    fn owner_that_is_the_credential_is_hidden() {
        let text = "<L><Owner><ID>AKIAUP</ID><DisplayName>AKIAUP</DisplayName></Owner><Key>AKIAUP</Key></L>";
        let hidden = hide_owner(text, "AKIAUP").unwrap();
        assert_eq!(
            hidden,
            "<L><Owner><ID>lakegate</ID><DisplayName>lakegate</DisplayName></Owner><Key>AKIAUP</Key></L>"
        );
    }

    #[test]
    fn owner_that_the_client_knows_is_named_to_the_upstream_as_it_calls_itself() {
        let told = "<A><Owner><ID>AKIAUP</ID></Owner><G><ID>other</ID></G><K>lakegate</K></A>";
        let known = hide_owner(told, "AKIAUP").unwrap();
        assert_ne!(known, told);
        assert_eq!(name_owner(known.as_bytes(), "AKIAUP"), Ok(Some(told.into())));
        assert_eq!(name_owner(b"<A><ID>other</ID></A>", "AKIAUP"), Ok(None));
        assert_eq!(name_owner(b"", "AKIAUP"), Ok(None));
        assert_eq!(name_owner(b"<A>", "AKIAUP"), Err(XmlFault::Malformed));
    }

    #[test]
    fn error_document_gives_its_code_and_message() {
        let text = b"<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>gone &amp; lost</Message></Error>";
        assert_eq!(read_error(text), Some(("NoSuchKey".into(), "gone & lost".into())));
        assert_eq!(read_error(b"<html><body>no</body></html>"), None);
    }
}
