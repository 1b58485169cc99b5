//! Pages of buckets, and the documents that they are made of.

use proptest::prelude::*;

use super::*;

#[test]
fn buckets_that_are_not_shown_are_cut_and_all_else_stays() {
    let a = "<Bucket><Name>a</Name><CreationDate>d</CreationDate></Bucket>\n";
    let b = "<Bucket><Name>b&amp;</Name><CreationDate>e</CreationDate></Bucket>";
    let text = |buckets: &str, more: &str| {
        format!(
            "<?xml version=\"1.0\"?>\n<ListAllMyBucketsResult xmlns=\"x\"><Owner><ID>o</ID></Owner>\
             <Buckets>{buckets}</Buckets>{more}<Prefix>p</Prefix></ListAllMyBucketsResult>"
        )
    };
    let all = text(&format!("{a}{b}"), "<ContinuationToken>hidden</ContinuationToken>");
    let page = page("", "", usize::MAX);
    let mut found = Found { page: &page, buckets: BTreeMap::new() };
    assert_eq!(found.take(&all, |name| name == "b&"), Ok(Some("hidden".into())));
    let (buckets, token) = found.into_page();
    assert_eq!((buckets.as_str(), token), (b, None));
    assert_eq!(with_buckets(&all, &buckets, None).unwrap(), text(b, ""));
    let ours = "<ContinuationToken>a&amp;</ContinuationToken>";
    assert_eq!(with_buckets(&all, b, Some("a&")).unwrap(), text(b, ours));
    let empty = text("", "").replace("<Buckets></Buckets>", "<Buckets/>");
    assert_eq!(with_buckets(&empty, "", None).unwrap(), text("", ""));
}

#[test]
fn a_document_that_has_buckets_elsewhere_is_not_passed_on() {
    for text in [
        "<R><Bucket><Name>a</Name></Bucket></R>",
        "<R><Other><Bucket><Name>a</Name></Bucket></Other></R>",
        "<R><Buckets/><Other><Bucket><Name>a</Name></Bucket></Other></R>",
        "<R><Buckets/><Buckets><Bucket><Name>a</Name></Bucket></Buckets></R>",
        "<Buckets><Bucket><Name>a</Name></Bucket></Buckets>",
        "",
        "no document",
    ] {
        assert_eq!(with_buckets(text, "", None), Err(XmlFault::Malformed), "{text}");
    }
    assert_eq!(with_buckets("<R/>", "", None).unwrap(), "<R/>");
    for text in [
        "<R><Buckets><Bucket/></Buckets></R>",
        "<R><Buckets><Bucket><Name><a/></Name></Bucket></Buckets></R>",
    ] {
        assert_eq!(Buckets::read(text).unwrap_err(), XmlFault::Malformed, "{text}");
    }
}

#[test]
fn the_region_of_a_bucket_is_ours() {
    let text = "<R><Buckets><Bucket><Name>a</Name><BucketRegion>behind</BucketRegion></Bucket></Buckets></R>";
    assert_eq!(in_region(text, "eu&").unwrap(), text.replace("behind", "eu&amp;"));
}

#[test]
fn a_token_is_a_name_and_a_page_has_an_upper_size_upstream() {
    let read = |pairs: &[(&'static str, &str)]| {
        let mut up: Parameters =
            pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Page::read(&mut up).map(|page| (page.after.clone(), page.max, up))
    };
    let up = |pairs: &[(&'static str, &str)]| -> Parameters {
        pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    assert_eq!(read(&[]).unwrap(), (String::new(), usize::MAX, up(&[])));
    assert_eq!(
        read(&[("continuation-token", "own-3"), ("prefix", "own"), ("max-buckets", "2")]).unwrap(),
        ("own-3".into(), 2, up(&[("prefix", "own"), ("max-buckets", "10000")]))
    );
    for token in ["a", "a/b", "eyJhIjoiYiJ9==", "own 3", "ä-bucket"] {
        let refused = read(&[("continuation-token", token)]).unwrap_err();
        assert!(matches!(refused, Refusal::ContinuationToken), "{token}");
    }
}

proptest! {
    #[test]
    fn b14_pages_show_what_may_be_seen_once_and_in_order_whatever_the_pages_of_the_store(
        names in proptest::collection::btree_set("[ab]{1,4}", 0..20),
        order in any::<u64>(),
        upstream_size in 1..5_usize,
        size in 1..5_usize,
        prefix in "a?",
    ) {
        let is_shown = |name: &str| name.ends_with('a');
        let mut shuffled: Vec<_> = names.iter().collect();
        // A store need not list in order.
        shuffled.sort_by_key(|name| name.bytes().fold(order, |sum, byte| sum.rotate_left(7) ^ u64::from(byte)));
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let page = page(&prefix, &after, size);
            let mut found = Found { page: &page, buckets: BTreeMap::new() };
            for some in shuffled.chunks(upstream_size) {
                let buckets: Vec<_> = some.iter().map(|name| format!("<Bucket><Name>{name}</Name></Bucket>")).collect();
                let text = format!("<R><Buckets>{}</Buckets></R>", buckets.concat());
                found.take(&text, is_shown).unwrap();
                prop_assert!(found.buckets.len() <= size.saturating_add(1));
            }
            let (buckets, token) = found.into_page();
            let answer = format!("<R><Buckets>{buckets}</Buckets></R>");
            let shown = Buckets::read(&answer).unwrap();
            let shown: Vec<_> = shown.entries.into_iter().map(|(name, _)| name).collect();
            prop_assert!(shown.len() <= size);
            prop_assert_eq!(token.as_ref(), token.as_ref().and(shown.last()));
            seen.extend(shown);
            match token {
                Some(token) => after = token,
                None => break,
            }
        }
        let expected: Vec<_> =
            names.into_iter().filter(|name| is_shown(name) && name.starts_with(&prefix)).collect();
        prop_assert_eq!(seen, expected);
    }
}

fn page(prefix: &str, after: &str, max: usize) -> Page {
    Page { prefix: prefix.into(), after: after.into(), max }
}
