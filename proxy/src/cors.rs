//! CORS: the pages of which origins a browser may let speak to us, and read what we answer.
//!
//! Rules are the configuration's and mean what S3's do; the upstream is never asked. Credentials are never allowed
//! with them: a page signs its requests itself, and nothing that a browser adds of its own counts here.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use thiserror::Error;

/// The rules, of which the first that matches counts.
#[derive(Debug, Default)]
pub struct Cors {
    rules: Vec<Prepared>,
}

/// What the pages of some origins may do.
#[derive(Clone, Debug)]
pub struct CorsRule {
    /// The origins.
    pub origins: Vec<OriginPattern>,
    /// The methods, of [`CORS_METHODS`].
    pub methods: Vec<Method>,
    /// The headers that their requests may have.
    pub headers: Vec<HeaderPattern>,
    /// The headers of our answers that they may read.
    pub expose: Vec<HeaderName>,
    /// How long a browser may keep the answer to a preflight; without it, as long as browsers do of themselves.
    pub max_age: Option<Duration>,
}

/// An origin, or with one `*`, which is any run of characters, many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginPattern(Glob);

/// A header's name in lower case, or with one `*`, which is any run of characters, many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderPattern(Glob);

/// Why a preflight is refused, in S3's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum PreflightFault {
    #[error("Insufficient information. Origin request header needed.")]
    NoOrigin,
    #[error("Invalid Access-Control-Request-Method: one such header is needed.")]
    NoMethod,
    #[error("CORSResponse: CORS is not enabled for this endpoint.")]
    NoRules,
    #[error(
        "CORSResponse: This CORS request is not allowed. No rule has this Origin together with this \
         Access-Control-Request-Method and these Access-Control-Request-Headers."
    )]
    NotAllowed,
}

/// What an answer says to the browser that may have asked for it.
#[derive(Debug, Default)]
pub(crate) struct Sharing {
    varies: bool,
    origin: Option<HeaderValue>,
    expose: Option<HeaderValue>,
}

/// The methods that a rule may name.
pub const CORS_METHODS: [Method; 5] =
    [Method::GET, Method::PUT, Method::POST, Method::DELETE, Method::HEAD];

impl Cors {
    /// These rules, in this order.
    pub fn new(rules: Vec<CorsRule>) -> Self {
        Self { rules: rules.into_iter().map(Prepared::new).collect() }
    }

    /// The rules, in their order.
    pub fn rules(&self) -> impl Iterator<Item = &CorsRule> {
        self.rules.iter().map(|prepared| &prepared.rule)
    }

    /// The headers of the answer to a preflight; it may ask for `headers_max` headers, as many as a request may have.
    ///
    /// # Errors
    ///
    /// [`PreflightFault`].
    ///
    /// Source: Fetch Standard, "CORS-preflight fetch"; Amazon S3 User Guide, "How does Amazon S3 evaluate the CORS
    /// configuration on a bucket?".
    pub(crate) fn preflight(
        &self,
        headers: &HeaderMap,
        headers_max: usize,
    ) -> Result<HeaderMap, PreflightFault> {
        let origin = only(headers, &header::ORIGIN).ok_or(PreflightFault::NoOrigin)?;
        let method = only(headers, &header::ACCESS_CONTROL_REQUEST_METHOD);
        let method = method.ok_or(PreflightFault::NoMethod)?;
        if self.rules.is_empty() {
            return Err(PreflightFault::NoRules);
        }
        let wanted = wanted(headers, headers_max).ok_or(PreflightFault::NotAllowed)?;
        self.rules
            .iter()
            .find_map(|rule| {
                let allowed = rule.allows(origin, method.as_bytes())?;
                wanted.iter().all(|name| rule.takes(name)).then(|| rule.grant(allowed, &wanted))
            })
            .ok_or(PreflightFault::NotAllowed)
    }

    /// What the answer to a request of this method with these headers says, whatever it is an answer of.
    pub(crate) fn sharing(&self, method: &Method, headers: &HeaderMap) -> Sharing {
        let varies = !self.rules.is_empty();
        let found = only(headers, &header::ORIGIN).and_then(|origin| {
            self.rules
                .iter()
                .find_map(|rule| Some((rule, rule.allows(origin, method.as_str().as_bytes())?)))
        });
        match found {
            None => Sharing { varies, ..Sharing::default() },
            Some((rule, origin)) => {
                Sharing { varies, origin: Some(origin), expose: rule.expose.clone() }
            }
        }
    }
}

impl Sharing {
    /// Says it in the head of the answer.
    pub(crate) fn put(self, headers: &mut HeaderMap) {
        if self.varies {
            headers.append(header::VARY, VARIES);
        }
        if let Some(origin) = self.origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        if let Some(expose) = self.expose {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, expose);
        }
    }
}

impl PreflightFault {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NoOrigin | Self::NoMethod => "BadRequest",
            Self::NoRules | Self::NotAllowed => "AccessForbidden",
        }
    }

    pub(crate) fn status(self) -> u16 {
        match self {
            Self::NoOrigin | Self::NoMethod => 400,
            Self::NoRules | Self::NotAllowed => 403,
        }
    }
}

impl OriginPattern {
    /// Reads `*` or an origin as browsers send it (`https://app.example.com`, with a port where it is not the
    /// scheme's), in which one `*` may stand.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what to write.
    ///
    /// Source: Fetch Standard, "`Origin` header"; Amazon S3 User Guide, "Elements of a CORS configuration".
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let glob = Glob::parse(text).ok_or("it holds more than one `*`")?;
        if text == "*" {
            return Ok(Self(glob));
        }
        let Some((scheme, host)) = text.split_once("://").filter(|(scheme, _)| !scheme.is_empty())
        else {
            return Err("not an origin: a scheme and a host, as in `https://app.example.com`");
        };
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"/?#@\\\"<>,".contains(&byte);
        if host.is_empty() || !text.is_ascii() {
            Err("not an origin: a scheme and a host in ASCII, as in `https://app.example.com`")
        } else if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Err("browsers send origins in lower case: it would match nothing")
        } else if !scheme.bytes().chain(host.bytes()).all(is_plain) {
            Err("nothing follows the host but a port: no path, not even `/`")
        } else if matches!(
            (scheme, host.rsplit_once(':')),
            ("https", Some((_, "443"))) | ("http", Some((_, "80")))
        ) {
            Err("browsers leave the scheme's own port out: it would match nothing")
        } else {
            Ok(Self(glob))
        }
    }

    /// Whether its `*` also stands for a part of the name of somebody else's host: `https://*example.com` matches
    /// `https://badexample.com`, `https://example.*` matches `https://example.attacker.com`.
    pub fn is_loose(&self) -> bool {
        let Glob::Around { before, after } = &self.0 else { return false };
        if after.is_empty() {
            !before.is_empty() && !before.ends_with("://") && !before.ends_with(':')
        } else {
            !after.starts_with('.') && !after.starts_with(':')
        }
    }

    /// As it was written.
    pub fn text(&self) -> String {
        self.0.text()
    }
}

impl HeaderPattern {
    /// Reads the name of a header, in which one `*` may stand, in any case.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let glob = Glob::parse(&text.to_ascii_lowercase()).ok_or("it holds more than one `*`")?;
        // `*` itself is a character that names may have.
        match HeaderName::from_bytes(text.as_bytes()) {
            Ok(_) => Ok(Self(glob)),
            Err(_) => Err("not the name of a header"),
        }
    }
}

/// A rule with the values of the headers that say it.
#[derive(Debug)]
struct Prepared {
    rule: CorsRule,
    methods: Option<HeaderValue>,
    expose: Option<HeaderValue>,
    max_age: Option<HeaderValue>,
}

impl Prepared {
    fn new(rule: CorsRule) -> Self {
        let methods = list(rule.methods.iter().map(Method::as_str));
        let expose = list(rule.expose.iter().map(HeaderName::as_str));
        let max_age = rule.max_age.map(|age| HeaderValue::from(age.as_secs()));
        Self { rule, methods, expose, max_age }
    }

    /// What is said of `origin` if its pages may use `method`: the origin itself, or `*` where it is `*` that allows it.
    fn allows(&self, origin: &HeaderValue, method: &[u8]) -> Option<HeaderValue> {
        if !self.rule.methods.iter().any(|allowed| allowed.as_str().as_bytes() == method) {
            return None;
        }
        let text = origin.to_str().ok()?;
        let pattern = self.rule.origins.iter().find(|pattern| pattern.0.matches(text))?;
        Some(if pattern.0.is_everything() { EVERYBODY } else { origin.clone() })
    }

    fn takes(&self, name: &HeaderName) -> bool {
        self.rule.headers.iter().any(|pattern| pattern.0.matches(name.as_str()))
    }

    fn grant(&self, origin: HeaderValue, wanted: &[HeaderName]) -> HeaderMap {
        [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, Some(origin)),
            (header::ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone()),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, list(wanted.iter().map(HeaderName::as_str))),
            (header::ACCESS_CONTROL_EXPOSE_HEADERS, self.expose.clone()),
            (header::ACCESS_CONTROL_MAX_AGE, self.max_age.clone()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }
}

/// A text, or what stands before and after a `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Glob {
    Exactly(Box<str>),
    Around { before: Box<str>, after: Box<str> },
}

impl Glob {
    /// Absent for a text with more than one `*`.
    fn parse(text: &str) -> Option<Self> {
        match text.split_once('*') {
            None => Some(Self::Exactly(text.into())),
            Some((_, after)) if after.contains('*') => None,
            Some((before, after)) => {
                Some(Self::Around { before: before.into(), after: after.into() })
            }
        }
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exactly(whole) => **whole == *text,
            Self::Around { before, after } => {
                text.strip_prefix(&**before).is_some_and(|rest| rest.ends_with(&**after))
            }
        }
    }

    fn is_everything(&self) -> bool {
        matches!(self, Self::Around { before, after } if before.is_empty() && after.is_empty())
    }

    fn text(&self) -> String {
        match self {
            Self::Exactly(whole) => whole.to_string(),
            Self::Around { before, after } => format!("{before}*{after}"),
        }
    }
}

/// The header's value, if it is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    let (first, second) = (values.next()?, values.next());
    second.is_none().then_some(first)
}

/// The headers that the request to come will have; absent where one is none, or they are more than `max`.
fn wanted(headers: &HeaderMap, max: usize) -> Option<Vec<HeaderName>> {
    let mut wanted = Vec::new();
    for line in headers.get_all(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        for name in line.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            if name.is_empty() {
                continue;
            }
            if wanted.len() >= max {
                return None;
            }
            wanted.push(HeaderName::from_bytes(name).ok()?);
        }
    }
    Some(wanted)
}

/// Names as one header's value; absent when there are none.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> Option<HeaderValue> {
    let names = names.collect::<Vec<_>>().join(", ");
    HeaderValue::try_from(names).ok().filter(|names| !names.is_empty())
}

const EVERYBODY: HeaderValue = HeaderValue::from_static("*");

/// What an answer depends on besides its URL, so that no cache gives one origin's to another.
const VARIES: HeaderValue = HeaderValue::from_static(
    "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
);

#[cfg(test)]
mod tests;
