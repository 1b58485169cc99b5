//! Any bytes as a document of `DeleteObjects`: they are refused, or name what another reader of XML finds in them, and so
//! does the document that goes up in their place.

use policy::{Deletion, ObjectIdentifier};
use roxmltree::{Document, Node};

/// Takes `input` for a document, and says whether it is one.
///
/// # Panics
///
/// When another reader finds other objects in it, or in what is written for it.
pub fn delete_objects(input: &[u8]) -> bool {
    let Ok(deletion) = Deletion::parse(input) else { return false };
    assert!((1..=1000).contains(&deletion.objects.len()), "{} objects", deletion.objects.len());
    let text = std::str::from_utf8(input).expect("it was read as UTF-8");
    // What every reader of XML does first; roxmltree 0.21 leaves a CR before a reference as it is.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    assert_eq!(read(&text), deletion, "another reader finds other objects");
    let written = deletion.document();
    assert_eq!(read(&written), deletion, "written as other objects");
    assert_eq!(Deletion::parse(written.as_bytes()).as_ref(), Ok(&deletion), "and read again");
    // Each character takes no more than `&amp;` does.
    let texts = deletion.objects.iter().map(|object| {
        object.key.len().strict_add(object.version_id.as_ref().map_or(0, String::len))
    });
    let most = texts.fold(200_usize, |sum, text| sum.strict_add(text.strict_mul(5)).strict_add(80));
    assert!(written.len() <= most, "{} bytes of {most}", written.len());
    true
}

/// What roxmltree finds.
fn read(text: &str) -> Deletion {
    let document = Document::parse(text).expect("another reader refuses it");
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "Delete");
    let objects = children(root, "Object");
    let objects = objects.map(|object| ObjectIdentifier {
        key: children(object, "Key").map(text_of).collect(),
        version_id: children(object, "VersionId").map(text_of).next(),
    });
    let quiet = children(root, "Quiet").map(text_of).next();
    let is_quiet = quiet.is_some_and(|quiet| matches!(quiet.trim_ascii(), "true" | "1"));
    Deletion { objects: objects.collect(), is_quiet }
}

fn children<'a, 'input>(
    node: Node<'a, 'input>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(move |child| child.tag_name().name() == name)
}

fn text_of(node: Node<'_, '_>) -> String {
    node.children().filter_map(|part| part.text()).collect()
}
