//! The document of `DeleteObjects`: the one request that names what it is done to in its body.

use crate::{
    spelling::KEY_BYTES_MAX,
    xml::{NAMESPACE, Xml, XmlFault, xml_text},
};

/// What a `DeleteObjects` request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// The objects, 1 to 1 000, in the order of the document; one may be there more than once.
    pub objects: Vec<ObjectIdentifier>,
    /// Whether only what failed is to be answered.
    pub is_quiet: bool,
}

/// An object, or one version of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectIdentifier {
    /// Its key: 1 to 1 024 bytes, all of which XML 1.0 can hold.
    pub key: String,
    /// The version that is meant; absent for the object itself.
    pub version_id: Option<String>,
}

impl Deletion {
    /// Reads a `Delete` document, whole: nothing of it is passed over.
    ///
    /// # Errors
    ///
    /// [`XmlFault::Malformed`], also for no object, more than 1 000, an empty key or version id, and an element that is
    /// there twice; [`XmlFault::NotImplemented`] for any other element, such as the conditions `ETag`, `Size` and
    /// `LastModifiedTime`; [`XmlFault::KeyTooLong`].
    ///
    /// Source: Amazon S3 API Reference, `DeleteObjects`.
    pub fn parse(document: &[u8]) -> Result<Self, XmlFault> {
        let mut xml = Xml::begin(document, "Delete")?;
        let (mut objects, mut is_quiet) = (Vec::new(), None);
        while let Some(name) = xml.child()? {
            match name.as_str() {
                "Object" if objects.len() < OBJECTS_MAX => objects.push(object(&mut xml)?),
                "Quiet" if is_quiet.is_none() => is_quiet = Some(boolean(&xml.text()?)?),
                "Object" | "Quiet" | "Key" | "VersionId" => return Err(XmlFault::Malformed),
                _ => return Err(XmlFault::NotImplemented(name)),
            }
        }
        xml.end()?;
        if objects.is_empty() {
            return Err(XmlFault::Malformed);
        }
        Ok(Self { objects, is_quiet: is_quiet.unwrap_or(false) })
    }

    /// The document that [`Self::parse`] reads as this.
    pub fn document(&self) -> String {
        let mut document = format!("<Delete xmlns=\"{NAMESPACE}\">");
        for object in &self.objects {
            document.push_str("<Object>");
            object.write(&mut document);
            document.push_str("</Object>");
        }
        if self.is_quiet {
            document.push_str("<Quiet>true</Quiet>");
        }
        document.push_str("</Delete>");
        document
    }
}

impl ObjectIdentifier {
    /// The object itself, no version of it.
    pub fn current(key: &str) -> Self {
        Self { key: key.to_owned(), version_id: None }
    }

    /// Adds its `Key`, and its `VersionId` if it has one, to a document.
    pub fn write(&self, document: &mut String) {
        let key = xml_text(&self.key);
        document.extend(["<Key>", &key, "</Key>"]);
        if let Some(version_id) = &self.version_id {
            document.extend(["<VersionId>", &xml_text(version_id), "</VersionId>"]);
        }
    }
}

fn object(xml: &mut Xml<'_>) -> Result<ObjectIdentifier, XmlFault> {
    let (mut key, mut version_id) = (None, None);
    while let Some(name) = xml.child()? {
        let field = match name.as_str() {
            "Key" => &mut key,
            "VersionId" => &mut version_id,
            "Object" | "Quiet" => return Err(XmlFault::Malformed),
            _ => return Err(XmlFault::NotImplemented(name)),
        };
        let text = xml.text()?;
        // An empty version id could be read as none, which is another request.
        if field.is_some() || text.is_empty() {
            return Err(XmlFault::Malformed);
        }
        *field = Some(text);
    }
    let key: String = key.ok_or(XmlFault::Malformed)?;
    if key.len() > KEY_BYTES_MAX {
        return Err(XmlFault::KeyTooLong);
    }
    Ok(ObjectIdentifier { key, version_id })
}

/// Source: XML Schema Part 2, `boolean`.
fn boolean(text: &str) -> Result<bool, XmlFault> {
    match text.trim_ascii() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(XmlFault::Malformed),
    }
}

/// Source: Amazon S3 API Reference, `DeleteObjects`.
const OBJECTS_MAX: usize = 1000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(content: &str) -> Result<Deletion, XmlFault> {
        Deletion::parse(format!("<Delete>{content}</Delete>").as_bytes())
    }

    fn identifiers(content: &str) -> Vec<(String, Option<String>)> {
        let objects = parse(content).unwrap().objects.into_iter();
        objects.map(|object| (object.key, object.version_id)).collect()
    }

    fn key(text: &str) -> Result<String, XmlFault> {
        let found = parse(&format!("<Object><Key>{text}</Key></Object>"))?;
        Ok(found.objects.into_iter().next().unwrap().key)
    }

    #[test]
    fn b06_objects_keep_their_order_and_their_doubles() {
        let found = identifiers(
            "<Quiet>true</Quiet>\n <Object><Key>b</Key></Object><Object><VersionId>v</VersionId><Key>a</Key></Object>\
             <Object><Key>b</Key></Object>",
        );
        let expected = [("b", None), ("a", Some("v")), ("b", None)];
        let expected = expected.map(|(key, version): (&str, Option<&str>)| {
            (key.to_owned(), version.map(str::to_owned))
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn b06_entities_of_a_key_are_read_once() {
        for (text, read) in [
            ("a&amp;b", "a&b"),
            ("&amp;amp;", "&amp;"),
            ("&lt;Key&gt;", "<Key>"),
            ("a&#10;b&#x0D;c", "a\nb\rc"),
            ("&quot;&apos;", "\"'"),
            ("<![CDATA[<&amp;>]]>", "<&amp;>"),
            ("a<![CDATA[b]]>c", "abc"),
            // As XML has it, a line that ends in the document ends in a line feed.
            ("a\r\nb\rc", "a\nb\nc"),
            (" a  b ", " a  b "),
            ("%2e%2e%2F+", "%2e%2e%2F+"),
        ] {
            assert_eq!(key(text).as_deref(), Ok(read), "{text}");
        }
    }

    #[test]
    fn b06_a_key_that_xml_cannot_hold_is_refused() {
        for text in ["a\u{1}", "a&#1;", "a&#x1f;b", "&#0;", "\u{fffe}", "&#xd800;", "&nbsp;", "&a"]
        {
            assert_eq!(key(text), Err(XmlFault::Malformed), "{text:?}");
        }
    }

    #[test]
    fn b06_one_to_a_thousand_objects_of_1024_bytes_are_taken() {
        let objects = |count: usize| {
            let key = "\"".repeat(1024).replace('"', "&quot;");
            parse(&format!("<Object><Key>{key}</Key></Object>").repeat(count))
        };
        assert_eq!(objects(1000).map(|found| found.objects.len()), Ok(1000));
        assert_eq!(objects(1001), Err(XmlFault::Malformed));
        assert_eq!(objects(0), Err(XmlFault::Malformed));
        assert_eq!(parse("<Quiet>true</Quiet>"), Err(XmlFault::Malformed));
        assert_eq!(key(&"k".repeat(1025)), Err(XmlFault::KeyTooLong));
        assert_eq!(key(""), Err(XmlFault::Malformed));
    }

    #[test]
    fn b23_every_element_is_known_or_refused_by_its_name() {
        let object = "<Object><Key>a</Key></Object>";
        for (content, name) in [
            ("<Object><Key>a</Key><ETag>e</ETag></Object>".to_owned(), "ETag"),
            ("<Object><Size>1</Size><Key>a</Key></Object>".to_owned(), "Size"),
            ("<Object><Key>a</Key><LastModifiedTime/></Object>".to_owned(), "LastModifiedTime"),
            (format!("{object}<MFA>1</MFA>"), "MFA"),
            (format!("<key>a</key>{object}"), "key"),
        ] {
            assert_eq!(parse(&content), Err(XmlFault::NotImplemented(name.into())), "{content}");
        }
        for content in [
            format!("{object}<Quiet>true</Quiet><Quiet>true</Quiet>"),
            format!("{object}<Quiet>maybe</Quiet>"),
            format!("{object}<Quiet/>"),
            "<Object><Key>a</Key><Key>b</Key></Object>".to_owned(),
            "<Object><Key>a</Key><VersionId>v</VersionId><VersionId>w</VersionId></Object>"
                .to_owned(),
            "<Object><Key>a</Key><VersionId/></Object>".to_owned(),
            "<Object><VersionId>v</VersionId></Object>".to_owned(),
            "<Object/>".to_owned(),
            "<Object><Key><b>a</b></Key></Object>".to_owned(),
            "<Object><Key>a</Key>text</Object>".to_owned(),
            format!("text{object}"),
            "<Object><Key a=\"b\">a</Key></Object>".to_owned(),
            "<Object><Key>a<!-- b --></Key></Object>".to_owned(),
            format!("<!-- b -->{object}"),
            format!("<?php x?>{object}"),
            "<Object><Key>a]]>b</Key></Object>".to_owned(),
            "<Object><Key xmlns=\"x\">a</Key></Object>".to_owned(),
            "<x:Object><x:Key>a</x:Key></x:Object>".to_owned(),
        ] {
            assert_eq!(parse(&content), Err(XmlFault::Malformed), "{content}");
        }
    }

    #[test]
    fn b23_what_is_no_plain_document_is_refused() {
        let object = "<Object><Key>a</Key></Object>";
        let good = format!("<Delete>{object}</Delete>");
        let in_s3 = format!("<Delete xmlns=\"{NAMESPACE}\">{object}</Delete>");
        let declared = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
        for document in [
            good.clone(),
            format!(" {good}\n"),
            format!("{declared}\n{in_s3}\n"),
            format!("\u{feff}{declared}{good}"),
            in_s3.replace('"', "'"),
        ] {
            assert!(Deletion::parse(document.as_bytes()).is_ok(), "{document}");
        }
        let laugh = |n: u32| format!("<!ENTITY l{n} \"&l{};&l{};\">", n - 1, n - 1);
        let laughs = (1..30).map(laugh).collect::<Vec<_>>().concat();
        for document in [
            String::new(),
            " ".to_owned(),
            "<Delete>".to_owned(),
            object.to_owned(),
            format!("{good}{good}"),
            format!("{good}junk"),
            format!("{good}<!-- more -->"),
            format!("{good}\0"),
            format!(" {declared}{good}"),
            format!("{declared}{declared}{good}"),
            format!("<!DOCTYPE Delete>{good}"),
            format!(
                "<!DOCTYPE Delete [<!ENTITY l0 \"l\">{laughs}]>{}",
                good.replace(">a<", ">&l29;<")
            ),
            format!(
                "<!DOCTYPE Delete [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{}",
                good.replace(">a<", ">&x;<")
            ),
            good.replace("<Delete>", "<Delete xmlns=\"http://example.com/\">"),
            good.replace("<Delete>", "<Delete xmlns=\"\">"),
            good.replace(
                "<Delete>",
                "<Delete xmlns:x=\"http://s3.amazonaws.com/doc/2006-03-01/\">",
            ),
            in_s3.replace("<Delete", "<Delete a=\"b\""),
            good.replace("Delete>", "x:Delete>"),
            good.replace("Delete>", "delete>"),
            good.replace("</Delete>", "</Deleted>"),
            format!("{declared}{good}").replace("UTF-8", "UTF-16"),
            format!("{declared}{good}").replace("1.0", "1.1"),
            format!("<Delete>{}", "<Object>".repeat(10_000)),
            format!("<Delete>{}</Delete>", "<Object/>".repeat(1_000_000)),
        ] {
            let start: String = document.chars().take(200).collect();
            assert_eq!(Deletion::parse(document.as_bytes()), Err(XmlFault::Malformed), "{start}");
        }
        for bytes in [
            good.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>(),
            good.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            good.replace(">a<", ">\u{e9}<").chars().map(|c| u8::try_from(c).unwrap()).collect(),
        ] {
            assert_eq!(Deletion::parse(&bytes), Err(XmlFault::Malformed));
        }
    }

    proptest! {
        #[test]
        fn b06_a_document_that_is_written_is_read_as_it_was(
            objects in prop::collection::vec(("[\\PC\\t\\n\\r &<>]{1,12}", prop::option::of("[\\PC ]{1,6}")), 1..5),
            is_quiet: bool,
        ) {
            let objects = objects
                .into_iter()
                .map(|(key, version_id)| ObjectIdentifier { key, version_id })
                .collect();
            let deletion = Deletion { objects, is_quiet };
            prop_assert_eq!(Deletion::parse(deletion.document().as_bytes()), Ok(deletion));
        }
    }
}
