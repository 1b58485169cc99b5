//! The small documents of requests of which only a part may be said.

use crate::xml::{Xml, XmlFault};

/// Reads a `CreateBucketConfiguration`: the region that it names, if it names one. It may be absent, and may say nothing
/// else, since what is not understood would be lost when it is written anew.
///
/// # Errors
///
/// [`XmlFault::Malformed`]; [`XmlFault::NotImplemented`] with the first other element.
///
/// Source: Amazon S3 API Reference, `CreateBucket`.
pub fn read_bucket_configuration(document: &[u8]) -> Result<Option<String>, XmlFault> {
    if document.is_empty() {
        return Ok(None);
    }
    let mut xml = Xml::begin(document, "CreateBucketConfiguration")?;
    let mut region = None;
    while let Some(name) = xml.child()? {
        match name.as_str() {
            "LocationConstraint" if region.is_none() => region = Some(xml.text()?),
            "LocationConstraint" => return Err(XmlFault::Malformed),
            _ => return Err(XmlFault::NotImplemented(name)),
        }
    }
    xml.end()?;
    Ok(region.filter(|region| !region.is_empty()))
}

/// Checks a `RestoreRequest`: it may say for how long and how quickly, each once. What else S3 knows of writes the result
/// of a query into a bucket of the document's choice.
///
/// # Errors
///
/// [`XmlFault::Malformed`]; [`XmlFault::NotImplemented`] with the first other element.
///
/// Source: Amazon S3 API Reference, `RestoreObject`.
pub fn check_restore_request(document: &[u8]) -> Result<(), XmlFault> {
    if document.is_empty() {
        return Ok(());
    }
    let mut xml = Xml::begin(document, "RestoreRequest")?;
    let mut seen = Vec::new();
    while let Some(name) = xml.child()? {
        match name.as_str() {
            "Days" | "Description" | "Tier" => drop(xml.text()?),
            "GlacierJobParameters" => check_job(&mut xml)?,
            _ => return Err(XmlFault::NotImplemented(name)),
        }
        if seen.contains(&name) {
            return Err(XmlFault::Malformed);
        }
        seen.push(name);
    }
    xml.end()
}

fn check_job(xml: &mut Xml<'_>) -> Result<(), XmlFault> {
    let mut has_tier = false;
    while let Some(name) = xml.child()? {
        match name.as_str() {
            "Tier" if !has_tier => drop(xml.text()?),
            "Tier" => return Err(XmlFault::Malformed),
            _ => return Err(XmlFault::NotImplemented(name)),
        }
        has_tier = true;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::NAMESPACE;

    fn not(name: &str) -> XmlFault {
        XmlFault::NotImplemented(name.into())
    }

    #[test]
    fn bucket_configuration_may_name_a_region_and_nothing_else() {
        let in_s3 = format!(
            "<CreateBucketConfiguration xmlns=\"{NAMESPACE}\"><LocationConstraint>eu-1</LocationConstraint></CreateBucketConfiguration>"
        );
        for (document, expected) in [
            ("", Ok(None)),
            ("<CreateBucketConfiguration/>", Ok(None)),
            (
                "<CreateBucketConfiguration><LocationConstraint/></CreateBucketConfiguration>",
                Ok(None),
            ),
            (&in_s3, Ok(Some("eu-1".to_owned()))),
            ("<CreateBucketConfiguration><Tags/></CreateBucketConfiguration>", Err(not("Tags"))),
            ("<Other/>", Err(XmlFault::Malformed)),
            ("<CreateBucketConfiguration>", Err(XmlFault::Malformed)),
            (
                "<!DOCTYPE a [<!ENTITY b \"c\">]><CreateBucketConfiguration/>",
                Err(XmlFault::Malformed),
            ),
        ] {
            assert_eq!(read_bucket_configuration(document.as_bytes()), expected, "{document}");
        }
    }

    #[test]
    fn restore_request_says_for_how_long_and_how_quickly_and_nothing_else() {
        let of = |content: &str| format!("<RestoreRequest>{content}</RestoreRequest>");
        for (document, expected) in [
            (String::new(), Ok(())),
            (
                of("<Days>1</Days><GlacierJobParameters><Tier>Bulk</Tier></GlacierJobParameters>"),
                Ok(()),
            ),
            (of("<Days>1</Days><Tier>Bulk</Tier><Description>d</Description>"), Ok(())),
            (of("<OutputLocation><S3/></OutputLocation>"), Err(not("OutputLocation"))),
            (of("<Type>SELECT</Type>"), Err(not("Type"))),
            (of("<Days><OutputLocation/></Days>"), Err(XmlFault::Malformed)),
            (
                of("<GlacierJobParameters><OutputLocation/></GlacierJobParameters>"),
                Err(not("OutputLocation")),
            ),
            ("<OutputLocation/>".into(), Err(XmlFault::Malformed)),
            ("<RestoreRequest>".into(), Err(XmlFault::Malformed)),
        ] {
            assert_eq!(check_restore_request(document.as_bytes()), expected, "{document}");
        }
    }

    #[test]
    fn b23_what_another_reader_could_take_for_something_else_is_no_restore_request() {
        let days = "<RestoreRequest><Days>1</Days></RestoreRequest>";
        for document in [
            format!("<?xml version=\"1.0\" encoding=\"UTF-7\"?>{days}"),
            format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?>{days}"),
            format!("<!--c-->{days}"),
            format!("{days} trailing"),
            format!("{days}<RestoreRequest/>"),
            days.replace("<RestoreRequest>", "<RestoreRequest xmlns=\"urn:other\">"),
            days.replace("</Days>", "</Days><Days>2</Days>"),
            days.replace("</Days>", "</Days><?pi x?>"),
            days.replace('1', "&other;"),
        ] {
            assert_eq!(
                check_restore_request(document.as_bytes()),
                Err(XmlFault::Malformed),
                "{document}"
            );
        }
    }
}
