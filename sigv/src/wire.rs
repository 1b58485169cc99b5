//! A request as it stood on the wire, as far as a signature covers it.

use std::fmt;

use http::{HeaderMap, HeaderValue, Method};

/// A request as it was sent: nothing in it is decoded, cleaned or reordered.
///
/// Its `Debug` form leaves the query and the headers out, since both can hold a signature.
#[derive(Clone, Copy)]
pub struct Wire<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path with its escapes; empty means `/`.
    pub path: &'a str,
    /// What stood after the first `?`, without it; empty when there was none.
    pub query: &'a str,
    /// All headers, `host` among them.
    pub headers: &'a HeaderMap,
    /// The bucket that `Host` names, in virtual-host style: version 2 of signatures covers it with the path.
    pub host_bucket: Option<&'a str>,
}

impl fmt::Debug for Wire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire")
            .field("method", self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// A header's value of text that was made here.
///
/// INVARIANT: `text` is visible ASCII and spaces: all that goes into it is hex, dates, names and checked ids.
#[expect(clippy::expect_used, reason = "visible ASCII can stand in a header")]
pub(crate) fn header_value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).expect("visible ASCII can stand in a header")
}
