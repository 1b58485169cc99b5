//! `DeleteObjects`, which may be permitted in part: what goes up of it, and the answer to all of it.

use std::collections::HashSet;

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use policy::{Deletion, NAMESPACE, ObjectIdentifier, XmlFault, xml_text};

use crate::{
    answer::Content,
    audit::Objects,
    messages::message_of,
    refusal::Refusal,
    upstream::UpstreamFault,
    xml::{self, Element},
};

/// Which of the objects that a request names may be deleted.
#[derive(Debug)]
pub(crate) struct Permission {
    /// Those that may; it may be none.
    pub(crate) deletion: Deletion,
    /// The others.
    pub(crate) denied: Vec<Denied>,
    /// The memory that all of them take, until they are answered.
    pub(crate) _document: Bytes,
}

/// An object that may not be deleted, and why.
#[derive(Debug)]
pub(crate) struct Denied {
    pub(crate) object: ObjectIdentifier,
    pub(crate) refusal: Refusal,
}

/// What the upstream did to the objects that it was sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// `Deleted` elements, written anew.
    deleted: String,
    /// `Error` elements, written anew.
    failed: String,
    failures: usize,
}

/// What an upstream answers to `DeleteObjects`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// What became of each object.
    Done(Done),
    /// It began with a status of 200, and then failed with this code.
    Late(String),
}

impl Permission {
    /// How many objects go up and how many do not.
    pub(crate) fn objects(&self) -> Objects {
        Objects { permitted: self.deletion.objects.len(), refused: self.denied.len(), failed: None }
    }

    /// The document that goes up: only what may be deleted; absent where that is nothing.
    pub(crate) fn document(&self) -> Option<Bytes> {
        (!self.deletion.objects.is_empty()).then(|| self.deletion.document().into())
    }

    /// The answer where nothing goes up.
    pub(crate) fn refuse_all(&self) -> Response<Content> {
        let mut response = Response::new(Content::Document(self.answer(&Done::default())));
        let xml = HeaderValue::from_static("application/xml");
        response.headers_mut().insert(header::CONTENT_TYPE, xml);
        response
    }

    /// The client's answer: what was done, unless only errors are asked for, then what failed, then what was refused
    /// here, which says the same whether the object exists or not.
    pub(crate) fn answer(&self, done: &Done) -> Bytes {
        let mut answer = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DeleteResult xmlns=\"{NAMESPACE}\">"
        );
        if !self.deletion.is_quiet {
            answer.push_str(&done.deleted);
        }
        answer.push_str(&done.failed);
        for Denied { object, refusal } in &self.denied {
            push_error(&mut answer, object, refusal.code(), &refusal.message());
        }
        answer.push_str("</DeleteResult>");
        answer.into()
    }

    /// Reads the upstream's answer: of what it says of an object that it was not sent, nothing can be believed.
    ///
    /// # Errors
    ///
    /// [`XmlFault`] for what is no such answer, or is about another object; [`UpstreamFault::Credential`].
    pub(crate) fn read(&self, answer: &str) -> Result<Told, AnswerFault> {
        if let Some((code, _)) = xml::read_error(answer.as_bytes()) {
            return refuses_us(code).map(Told::Late);
        }
        let sent: HashSet<&str> =
            self.deletion.objects.iter().map(|object| object.key.as_str()).collect();
        let elements = xml::elements(answer)?;
        let Some((root, children)) = elements.split_first() else {
            return Err(XmlFault::Malformed.into());
        };
        if root.name != "DeleteResult" {
            return Err(XmlFault::Malformed.into());
        }
        let mut done = Done::default();
        for (at, element) in children.iter().enumerate().filter(|(_, element)| element.depth == 1) {
            let fields = children.iter().skip(at).skip(1).take_while(|field| field.depth > 1);
            let fields = Fields { fields: fields.collect(), answer };
            match element.name.as_str() {
                "Deleted" => fields.write_deleted(&sent, &mut done)?,
                "Error" => fields.write_failed(&sent, &mut done)?,
                _ => {}
            }
        }
        Ok(Told::Done(done))
    }
}

impl Done {
    /// How many of the objects that went up were not deleted.
    pub(crate) fn failures(&self) -> usize {
        self.failures
    }
}

/// Why an upstream's answer cannot be passed on.
#[derive(Debug)]
pub(crate) enum AnswerFault {
    /// It is no answer to what was sent.
    Malformed,
    /// It does not take the credential that we sign with.
    Credential { code: String },
}

impl From<XmlFault> for AnswerFault {
    fn from(_: XmlFault) -> Self {
        Self::Malformed
    }
}

/// What stands in one `Deleted` or `Error` of an upstream's answer.
struct Fields<'a> {
    fields: Vec<&'a Element>,
    answer: &'a str,
}

impl Fields<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.fields.iter().find(|field| field.name == name)?.text(self.answer)
    }

    /// The object it is about, which is one that was sent.
    fn object(&self, sent: &HashSet<&str>) -> Result<ObjectIdentifier, AnswerFault> {
        let key = self.text("Key").filter(|key| sent.contains(key.as_str()));
        let key = key.ok_or(AnswerFault::Malformed)?;
        let version_id = self.text("VersionId").filter(|version| !version.is_empty());
        Ok(ObjectIdentifier { key, version_id })
    }

    fn write_deleted(&self, sent: &HashSet<&str>, done: &mut Done) -> Result<(), AnswerFault> {
        done.deleted.push_str("<Deleted>");
        self.object(sent)?.write(&mut done.deleted);
        for name in ["DeleteMarker", "DeleteMarkerVersionId"] {
            if let Some(text) = self.text(name).filter(|text| !text.is_empty()) {
                done.deleted.extend(["<", name, ">", &xml_text(&text), "</", name, ">"]);
            }
        }
        done.deleted.push_str("</Deleted>");
        Ok(())
    }

    fn write_failed(&self, sent: &HashSet<&str>, done: &mut Done) -> Result<(), AnswerFault> {
        let object = self.object(sent)?;
        let code = refuses_us(self.text("Code").unwrap_or_else(|| "InternalError".into()))?;
        push_error(&mut done.failed, &object, &code, message_of(&code));
        done.failures = done.failures.saturating_add(1);
        Ok(())
    }
}

fn refuses_us(code: String) -> Result<String, AnswerFault> {
    if UpstreamFault::refuses_us(&code) { Err(AnswerFault::Credential { code }) } else { Ok(code) }
}

fn push_error(answer: &mut String, object: &ObjectIdentifier, code: &str, message: &str) {
    answer.push_str("<Error>");
    object.write(answer);
    answer.extend(["<Code>", &xml_text(code), "</Code>"]);
    answer.extend(["<Message>", &xml_text(message), "</Message></Error>"]);
}
