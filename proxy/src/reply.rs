//! What the sender of a form is told when its file is stored.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};
use policy::xml_text;
use sigv::{Fields, encode_query_value};

use crate::{answer::Content, refusal::Refusal};

/// How the sender of a form wants to hear that its file is stored.
#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    /// An absolute URL of http or https, and what follows `#` in it.
    redirect: Option<(String, String)>,
}

/// The object that a form made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    /// The object's URL as this client reaches it.
    pub(crate) location: &'a str,
}

impl Reply {
    /// Reads `success_action_redirect`, or `redirect` as it was once called, and `success_action_status`: 200, 201 or 204,
    /// which any other means.
    ///
    /// # Errors
    ///
    /// [`Refusal::Redirect`] for one that is not empty and no absolute URL of http or https.
    pub(crate) fn read(fields: &Fields) -> Result<Self, Refusal> {
        let status = match fields.get("success_action_status") {
            Some("200") => StatusCode::OK,
            Some("201") => StatusCode::CREATED,
            Some(_) | None => StatusCode::NO_CONTENT,
        };
        let names = ["success_action_redirect", "redirect"];
        let url = names.iter().find_map(|name| fields.get(name)).filter(|url| !url.is_empty());
        let redirect = url.map(|url| destination(url).ok_or(Refusal::Redirect)).transpose()?;
        Ok(Self { status, redirect })
    }

    /// The answer with the upstream's `headers`, as they are passed on.
    pub(crate) fn answer(&self, stored: Stored<'_>, headers: HeaderMap) -> Response<Content> {
        let etag =
            headers.get(header::ETAG).and_then(|etag| etag.to_str().ok()).unwrap_or_default();
        let (status, location, document) = match (&self.redirect, self.status) {
            (Some((url, fragment)), _) => {
                let Stored { bucket, key, .. } = stored;
                let joint = if url.contains('?') { '&' } else { '?' };
                let [bucket, key, etag] = [bucket, key, etag].map(encode_query_value);
                let url = format!("{url}{joint}bucket={bucket}&key={key}&etag={etag}{fragment}");
                (StatusCode::SEE_OTHER, url, String::new())
            }
            (None, StatusCode::CREATED) => {
                (StatusCode::CREATED, stored.location.to_owned(), stored.document(etag))
            }
            (None, status) => (status, stored.location.to_owned(), String::new()),
        };
        let mut response = Response::new(Content::Document(Bytes::from(document)));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.remove(header::CONTENT_TYPE);
        if status == StatusCode::CREATED {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        }
        // INVARIANT: a checked URL and encoded text, in which nothing can end a header.
        if let Ok(location) = HeaderValue::try_from(location) {
            headers.insert(header::LOCATION, location);
        }
        response
    }
}

impl Stored<'_> {
    /// S3's `<PostResponse>` document.
    fn document(self, etag: &str) -> String {
        let [location, bucket, key, etag] =
            [self.location, self.bucket, self.key, etag].map(xml_text);
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse><Location>{location}</Location>\
             <Bucket>{bucket}</Bucket><Key>{key}</Key><ETag>{etag}</ETag></PostResponse>"
        )
    }
}

/// An absolute URL of http or https, and what follows `#` in it.
fn destination(text: &str) -> Option<(String, String)> {
    let is_clean = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    if !text.bytes().all(is_clean) {
        return None;
    }
    let (url, fragment) = text.split_at(text.find('#').unwrap_or(text.len()));
    let uri: Uri = url.parse().ok()?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let has_host = uri.host().is_some_and(|host| !host.is_empty());
    (is_web && has_host).then(|| (url.to_owned(), fragment.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_is_xml_whatever_the_key_holds() {
        let stored = Stored { bucket: "lake", key: "a/x\u{1}\ry & <b>", location: "http://x/y" };
        let document = stored.document("\"e\"");
        let key = "<Key>a/x\u{fffd}&#13;y &amp; &lt;b&gt;</Key><ETag>\"e\"</ETag>";
        assert!(document.contains(key), "{document}");
    }

    #[test]
    fn destination_is_an_absolute_url_of_the_web() {
        for (text, url, fragment) in [
            ("https://example.com", "https://example.com", ""),
            ("http://example.com:8080/a?b=c", "http://example.com:8080/a?b=c", ""),
            ("HTTPS://example.com/#done", "HTTPS://example.com/", "#done"),
        ] {
            assert_eq!(destination(text), Some((url.to_owned(), fragment.to_owned())), "{text}");
        }
    }

    #[test]
    fn b11_destination_that_is_anything_else_is_refused() {
        for text in [
            "/relative",
            "//example.com/",
            "example.com",
            "http://",
            "http:///a",
            "http://:80/",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://example.com/",
            "http://example.com/\r\nSet-Cookie: a=b",
            "http://example.com/ x",
            "http://example.com\\@other.example/",
            "http://ex\u{e4}mple.com/",
            "https://example.com/\"",
        ] {
            assert_eq!(destination(text), None, "{text:?}");
        }
    }
}
