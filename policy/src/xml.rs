//! The strict reading of the documents by which a request is decided, and the text of those that are written.
//!
//! A document is UTF-8 and XML 1.0, in S3's namespace or in none. There is no DTD, no entity but the five of XML, no
//! comment and no processing instruction: two readers could differ about them, and no S3 client writes any.

use std::borrow::Cow;

use quick_xml::{
    Reader,
    events::{BytesDecl, BytesStart, Event},
};
use thiserror::Error;

/// Why a document was refused. The texts are for the client: all that they name is its own.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum XmlFault {
    /// It is no XML as these documents are, or has too many of something.
    #[error(
        "The XML you provided was not well-formed or did not validate against our published schema."
    )]
    Malformed,
    /// It has an element that is not known here, and would be lost if the document were written anew.
    #[error("The element `{0}` is not implemented.")]
    NotImplemented(String),
    /// It names a key of more than [`KEY_BYTES_MAX`](crate::KEY_BYTES_MAX) bytes.
    #[error("Your key is too long: it may have 1024 bytes.")]
    KeyTooLong,
}

impl XmlFault {
    /// S3's error code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "MalformedXML",
            Self::NotImplemented(_) => "NotImplemented",
            Self::KeyTooLong => "KeyTooLongError",
        }
    }

    /// The HTTP status of [`Self::code`].
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::NotImplemented(_) => 501,
            Self::KeyTooLong => 400,
        }
    }
}

/// `text` as the content of an element that any reader reads back: no white space is left to its mercy.
///
/// What XML 1.0 cannot hold is U+FFFD.
pub fn xml_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            c if is_char(c) => escaped.push(c),
            _ => escaped.push(char::REPLACEMENT_CHARACTER),
        }
    }
    escaped
}

/// A document that is read from its root on.
pub(crate) struct Xml<'a> {
    reader: Reader<&'a [u8]>,
}

impl<'a> Xml<'a> {
    /// Begins with the element `root`.
    ///
    /// # Errors
    ///
    /// [`XmlFault::Malformed`], also for what is not UTF-8 or says so.
    pub(crate) fn begin(document: &'a [u8], root: &str) -> Result<Self, XmlFault> {
        let text = std::str::from_utf8(document).map_err(|_| XmlFault::Malformed)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if !text.chars().all(is_char) {
            return Err(XmlFault::Malformed);
        }
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let mut xml = Self { reader };
        let mut token = xml.next()?;
        if let Token::Declaration(declaration) = &token {
            if !is_declaration(declaration) {
                return Err(XmlFault::Malformed);
            }
            token = xml.next()?;
        }
        if let Token::Text(text) = &token
            && is_blank(text)
        {
            token = xml.next()?;
        }
        match token {
            Token::Start(tag) if tag.name().as_ref() == root && is_of_s3(tag.attributes_raw()) => {
                Ok(xml)
            }
            Token::Start(_)
            | Token::Declaration(_)
            | Token::Text(_)
            | Token::Literal(_)
            | Token::Reference(_)
            | Token::End
            | Token::Eof => Err(XmlFault::Malformed),
        }
    }

    /// The name of the next element in the one that is open; none when that ends here.
    ///
    /// # Errors
    ///
    /// [`XmlFault::Malformed`], also for text between elements, and for attributes.
    pub(crate) fn child(&mut self) -> Result<Option<String>, XmlFault> {
        loop {
            match self.next()? {
                Token::Text(text) if is_blank(&text) => {}
                Token::Start(tag) => return name(&tag).map(Some),
                Token::End => return Ok(None),
                Token::Declaration(_)
                | Token::Text(_)
                | Token::Literal(_)
                | Token::Reference(_)
                | Token::Eof => return Err(XmlFault::Malformed),
            }
        }
    }

    /// The text of the element that has just begun, which holds nothing else, up to its end.
    ///
    /// # Errors
    ///
    /// [`XmlFault::Malformed`].
    pub(crate) fn text(&mut self) -> Result<String, XmlFault> {
        let mut text = String::new();
        loop {
            match self.next()? {
                Token::Text(part) if !part.contains("]]>") => text.push_str(&part),
                Token::Literal(part) => text.push_str(&part),
                Token::Reference(reference) => {
                    text.push(referred(&reference).ok_or(XmlFault::Malformed)?);
                }
                Token::End => return Ok(text),
                Token::Declaration(_) | Token::Text(_) | Token::Start(_) | Token::Eof => {
                    return Err(XmlFault::Malformed);
                }
            }
        }
    }

    /// Ends: behind the root there is nothing.
    ///
    /// # Errors
    ///
    /// [`XmlFault::Malformed`].
    pub(crate) fn end(mut self) -> Result<(), XmlFault> {
        loop {
            match self.next()? {
                Token::Text(text) if is_blank(&text) => {}
                Token::Eof => return Ok(()),
                Token::Declaration(_)
                | Token::Start(_)
                | Token::Text(_)
                | Token::Literal(_)
                | Token::Reference(_)
                | Token::End => return Err(XmlFault::Malformed),
            }
        }
    }

    fn next(&mut self) -> Result<Token<'a>, XmlFault> {
        match self.reader.read_event() {
            Ok(Event::Decl(declaration)) => Ok(Token::Declaration(declaration)),
            Ok(Event::Start(tag)) => Ok(Token::Start(tag)),
            Ok(Event::Text(text)) => Ok(Token::Text(text.xml10_content())),
            Ok(Event::CData(text)) => Ok(Token::Literal(text.xml10_content())),
            Ok(Event::GeneralRef(reference)) => Ok(Token::Reference(reference.into_inner())),
            Ok(Event::End(_)) => Ok(Token::End),
            Ok(Event::Eof) => Ok(Token::Eof),
            // INVARIANT: empty elements come as a start and an end.
            Ok(Event::Empty(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_)) | Err(_) => {
                Err(XmlFault::Malformed)
            }
        }
    }
}

/// What a document is made of.
enum Token<'a> {
    Declaration(BytesDecl<'a>),
    Start(BytesStart<'a>),
    /// Text in which every end of a line is a line feed.
    Text(Cow<'a, str>),
    /// The same from a CDATA section.
    Literal(Cow<'a, str>),
    /// What stands between `&` and `;`.
    Reference(Cow<'a, str>),
    End,
    Eof,
}

/// The name of an element within a root: without prefix and attributes.
fn name(tag: &BytesStart<'_>) -> Result<String, XmlFault> {
    let name = tag.name();
    let name = name.as_ref();
    let is_name = name.len() <= NAME_BYTES_MAX
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_name && is_blank(tag.attributes_raw()) {
        Ok(name.to_owned())
    } else {
        Err(XmlFault::Malformed)
    }
}

/// Whether the attributes of a root say nothing but S3's namespace, if anything.
fn is_of_s3(attributes: &str) -> bool {
    is_blank(attributes)
        || attribute(attributes, "xmlns")
            .is_some_and(|(namespace, rest)| namespace == NAMESPACE && is_blank(rest))
}

/// Whether an XML declaration says version 1.0 and UTF-8.
fn is_declaration(declaration: &str) -> bool {
    let said = declaration.strip_prefix("xml").and_then(|rest| attribute(rest, "version"));
    let Some(("1.0", rest)) = said else { return false };
    let rest = match attribute(rest, "encoding") {
        Some((encoding, rest)) if encoding.eq_ignore_ascii_case("utf-8") => rest,
        Some(_) => return false,
        None => rest,
    };
    let rest = match attribute(rest, "standalone") {
        Some(("yes" | "no", rest)) => rest,
        Some(_) => return false,
        None => rest,
    };
    is_blank(rest)
}

/// The value of the attribute that `text` begins with, if its name is `name`, and what follows.
fn attribute<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let rest = text.strip_prefix(BLANKS)?.trim_start_matches(BLANKS).strip_prefix(name)?;
    let rest = rest.trim_start_matches(BLANKS).strip_prefix('=')?.trim_start_matches(BLANKS);
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest.strip_prefix(quote)?.split_once(quote)
}

/// What `&{reference};` stands for.
fn referred(reference: &str) -> Option<char> {
    match reference {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => {}
    }
    let number = reference.strip_prefix('#')?;
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
    // A sign is no digit.
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let code = u32::from_str_radix(digits, radix).ok()?;
    char::from_u32(code).filter(|c| is_char(*c))
}

/// Source: Extensible Markup Language (XML) 1.0, production 2.
fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}

fn is_blank(text: &str) -> bool {
    text.trim_matches(BLANKS).is_empty()
}

const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];
/// S3's namespace.
pub const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// No element of S3 has a longer name.
const NAME_BYTES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b23_declaration_says_xml_1_0_in_utf_8() {
        for said in [
            r#"xml version="1.0""#,
            r#"xml version='1.0' encoding="UTF-8""#,
            r#"xml  version = "1.0" encoding="utf-8" standalone="yes" "#,
        ] {
            assert!(is_declaration(said), "{said}");
        }
        for said in [
            "xml",
            r#"xml version="1.1""#,
            r#"xml version="1.0" encoding="UTF-16""#,
            r#"xml version="1.0"encoding="UTF-8""#,
            r#"xml encoding="UTF-8" version="1.0""#,
            r#"xml version="1.0" more="x""#,
            r#"xml version="1.0" standalone="maybe""#,
        ] {
            assert!(!is_declaration(said), "{said}");
        }
    }

    #[test]
    fn b23_only_characters_and_the_five_entities_of_xml_are_referred_to() {
        for (reference, c) in
            [("amp", '&'), ("apos", '\''), ("#10", '\n'), ("#x1F986", '🦆'), ("#x0000041", 'A')]
        {
            assert_eq!(referred(reference), Some(c), "{reference}");
        }
        for reference in [
            "",
            "#",
            "#x",
            "nbsp",
            "#0",
            "#1",
            "#x1F",
            "#xD800",
            "#xFFFE",
            "#X41",
            "#+65",
            "#-1",
            "#99999999999",
        ] {
            assert_eq!(referred(reference), None, "{reference}");
        }
    }

    #[test]
    fn text_is_escaped_so_that_no_reader_changes_it() {
        assert_eq!(xml_text("a&b<c>\r\n\t \"ö'"), "a&amp;b&lt;c&gt;&#13;&#10;&#9; \"ö'");
        assert_eq!(xml_text("\u{1}\u{fffe}"), "\u{fffd}\u{fffd}");
    }
}
