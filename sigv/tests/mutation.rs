//! Every change of a part that a signature covers.

use http::Method;
use sigv::{SecretKey, SignatureError};

use crate::request::Request;

/// Asserts that `request` verifies, and that it does no longer with any one signed part of it changed.
pub(crate) fn assert_every_signed_part_counts(request: &Request, secret: &SecretKey) {
    request
        .verify(secret, request.signed_at().unwrap())
        .unwrap_or_else(|refused| panic!("{refused}: {request:?}"));
    for (what, changed) in changed(request) {
        let now = changed.signed_at().or(request.signed_at()).unwrap();
        match changed.verify(secret, now) {
            Err(SignatureError::Mismatch | SignatureError::AbsentHeader { .. }) => {}
            Err(
                SignatureError::UnsignedHeaders { .. } | SignatureError::DuplicateHeader { .. },
            ) => {}
            other => panic!("{what} changed: {other:?}: {changed:?}"),
        }
    }
}

/// The request with each signed part changed in turn, in a way that the canonical form does not undo.
fn changed(request: &Request) -> Vec<(String, Request)> {
    let mut all = Vec::new();
    let mut add = |what: &str, change: &dyn Fn(&mut Request)| {
        let mut changed = request.clone();
        change(&mut changed);
        all.push((what.to_owned(), changed));
    };
    add("method", &|request| {
        request.method =
            if request.method == Method::DELETE { Method::PUT } else { Method::DELETE };
    });
    for tail in ["x", "/", "%2F", "/.", "%20", "+"] {
        add("path", &|request| request.path.push_str(tail));
    }
    add("path", &|request| request.path.insert(0, '/'));
    if let Some(collapsed) = replaced(&request.path, "//", "/") {
        add("path", &|request| request.path.clone_from(&collapsed));
    }
    if let Some(decoded) = replaced(&request.path, "%2F", "/") {
        add("path", &|request| request.path.clone_from(&decoded));
    }
    if let Some(encoded) = replaced(&request.path, "+", "%20") {
        add("path", &|request| request.path.clone_from(&encoded));
    }
    for pair in ["&versionId=1", "&acl", "&=x"] {
        add("query", &|request| request.query.push_str(pair));
    }
    if !request.query.is_empty() {
        add("query", &|request| request.query.clear());
        add("query", &|request| request.query.push('x'));
        add("query", &|request| request.query.insert(0, 'x'));
    }
    for name in signed_headers(request) {
        add(name, &|request| {
            request.headers.remove(name);
        });
        if !matches!(name, "x-amz-date" | "x-amz-content-sha256" | "date") {
            add(name, &|request| request.append(name, "x"));
        }
        let value = request.headers.get(name).unwrap().as_bytes();
        if !matches!(name, "x-amz-date" | "x-amz-content-sha256" | "date") {
            let longer = [value, b"x"].concat();
            add(name, &|request| {
                request.headers.insert(
                    name.parse::<http::HeaderName>().unwrap(),
                    longer.clone().try_into().unwrap(),
                );
            });
        }
    }
    let other_body = if request.text("x-amz-content-sha256") == "UNSIGNED-PAYLOAD" {
        "0123456789abcdef".repeat(4)
    } else {
        "UNSIGNED-PAYLOAD".to_owned()
    };
    add("payload", &|request| request.set("x-amz-content-sha256", &other_body));
    if let Some((date, time)) =
        request.headers.get("x-amz-date").map(|value| value.to_str().unwrap().split_at(9))
    {
        let other = if time == "000000Z" { "000001Z" } else { "000000Z" };
        add("time of the same day", &|request| {
            request.set("x-amz-date", &format!("{date}{other}"));
        });
    }
    let signature = request.text("authorization").rsplit_once("Signature=").unwrap().1.to_owned();
    let flipped = |digit: char| if digit == '0' { "1" } else { "0" };
    for at in [0, 31, 63] {
        let mut other = signature.clone();
        other.replace_range(at..=at, flipped(signature.chars().nth(at).unwrap()));
        add("signature", &|request| request.edit_authorization(&signature, &other));
    }
    all
}

fn signed_headers(request: &Request) -> impl Iterator<Item = &str> {
    let (_, list) = request.text("authorization").split_once("SignedHeaders=").unwrap();
    list.split(',').next().unwrap().split(';')
}

fn replaced(text: &str, from: &str, to: &str) -> Option<String> {
    text.contains(from).then(|| text.replacen(from, to, 1))
}
