//! Requests to delete many objects at once, and an upstream that answers them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use md5::{Digest as _, Md5};

use super::{
    Key,
    http::Response,
    pattern::sha256,
    recorder::{Answer, Request},
    sign::Draft,
    world::Watched,
};

/// The document that asks for these objects, in S3's own words: `Key`, or `Key` and `VersionId`, as XML.
pub(crate) fn document(objects: &[&str]) -> String {
    let objects = wrapped("Object", objects);
    format!("<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{objects}</Delete>")
}

/// The same for keys without a character that XML escapes.
pub(crate) fn keys<K: AsRef<str>>(keys: &[K]) -> String {
    let objects: Vec<_> = keys.iter().map(|key| format!("<Key>{}</Key>", key.as_ref())).collect();
    document(&objects.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The same, to be told of errors only.
pub(crate) fn quiet(document: &str) -> String {
    document.replace("</Delete>", "<Quiet>true</Quiet></Delete>")
}

/// A `POST` of `body` that names its hash and length.
pub(crate) fn draft(key: &Key, body: &[u8]) -> Draft<'static> {
    Draft { payload: sha256(body), ..Draft::new(key, "POST", "/lake?delete") }
        .header("content-length", body.len().to_string())
}

pub(crate) fn content_md5(body: &[u8]) -> String {
    STANDARD.encode(Md5::digest(body))
}

/// Sends `document` as most clients do.
pub(crate) fn send(world: &Watched, key: &Key, document: &str) -> Response {
    let draft = draft(key, document.as_bytes());
    let draft = draft.header("content-md5", content_md5(document.as_bytes()));
    world.gateway.send(&draft, document.as_bytes())
}

/// An upstream that says of each object that it was sent that it is deleted.
pub(crate) fn deletes_all() -> Watched {
    Watched::answering(deleted)
}

/// What such an upstream answers.
pub(crate) fn deleted(request: &Request) -> Answer {
    match request.head.word(0) {
        "POST" => Answer::ok(result(&each(request, "Object"), "Deleted").as_bytes()),
        _ => Answer::ok(b""),
    }
}

/// What an answer of S3 says of these objects: `Deleted` or `Error`.
pub(crate) fn result(objects: &[String], name: &str) -> String {
    let each = wrapped(name, objects);
    format!("<?xml version=\"1.0\"?>\n<DeleteResult>{each}</DeleteResult>")
}

/// An element of this name around each.
fn wrapped<T: AsRef<str>>(name: &str, contents: &[T]) -> String {
    let wrap = |content: &T| format!("<{name}>{}</{name}>", content.as_ref());
    contents.iter().map(wrap).collect::<Vec<_>>().concat()
}

/// What stands in each element of this name of a request's body.
pub(crate) fn each(request: &Request, name: &str) -> Vec<String> {
    within(&String::from_utf8(request.start.clone()).unwrap(), name)
}

/// What stands in each element of this name.
pub(crate) fn within(text: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts = text.split(open.as_str()).skip(1);
    parts.map(|part| part.split(close.as_str()).next().unwrap().to_owned()).collect()
}
