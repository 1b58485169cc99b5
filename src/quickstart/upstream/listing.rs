//! Listings: what `ListObjects` and `ListObjectsV2` show, page by page, and how it is written.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use s3s::dto::{
    CommonPrefix, ETag, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
    ListObjectsV2Output, Object as Listed, ObjectStorageClass,
};
use s3s::{S3Result, s3_error};

use super::index::Object;

/// What a page is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    prefix: String,
    /// Never empty.
    delimiter: Option<String>,
    /// Everything up to this, a key or a common prefix, was on an earlier page.
    after: Option<String>,
    max_keys: usize,
}

impl Query {
    /// The least key that can be on the page.
    pub(super) fn start(&self) -> &str {
        self.after.as_deref().unwrap_or_default().max(&self.prefix)
    }

    /// A page of everything.
    #[cfg(test)]
    pub(super) fn all() -> Self {
        Self { prefix: String::new(), delimiter: None, after: None, max_keys: PAGE_MAX }
    }
}

/// Objects and common prefixes, together at most as many as were asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) objects: Vec<(String, Object)>,
    pub(super) common_prefixes: Vec<String>,
    /// The last thing on the page, if there is more.
    pub(super) next: Option<String>,
}

impl Page {
    /// Gathers the page from `entries`, which begin at [`Query::start`] in the order of their keys.
    ///
    /// # Errors
    ///
    /// The first one among the entries.
    pub(super) fn gather<E>(
        entries: impl Iterator<Item = Result<(String, Object), E>>,
        query: &Query,
    ) -> Result<Self, E> {
        let mut page = Self::default();
        let mut last = None;
        for entry in entries {
            let (key, object) = entry?;
            let Some(rest) = key.strip_prefix(&query.prefix) else { break };
            if query.after.as_ref().is_some_and(|after| key <= *after) {
                continue;
            }
            let common = query.delimiter.as_ref().and_then(|delimiter| {
                let (head, _) = rest.split_once(delimiter)?;
                Some(format!("{}{head}{delimiter}", query.prefix))
            });
            if common.is_some()
                && (common == query.after || common.as_ref() == page.common_prefixes.last())
            {
                continue;
            }
            if page.objects.len().saturating_add(page.common_prefixes.len()) >= query.max_keys {
                page.next = last;
                break;
            }
            if let Some(common) = common {
                last = Some(common.clone());
                page.common_prefixes.push(common);
            } else {
                last = Some(key.clone());
                page.objects.push((key, object));
            }
        }
        Ok(page)
    }
}

/// Reads what `ListObjects` asks for.
///
/// # Errors
///
/// `InvalidArgument` for a negative `max-keys` and for another encoding than `url`.
pub(super) fn query(input: &ListObjectsInput) -> S3Result<Query> {
    check_encoding(input.encoding_type.as_ref())?;
    Ok(Query {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().filter(|delimiter| !delimiter.is_empty()),
        after: input.marker.clone().filter(|marker| !marker.is_empty()),
        max_keys: page_size(input.max_keys)?,
    })
}

/// Reads what `ListObjectsV2` asks for.
///
/// # Errors
///
/// Those of [`query`], and `InvalidArgument` for a token that no page gave.
pub(super) fn query_v2(input: &ListObjectsV2Input) -> S3Result<Query> {
    check_encoding(input.encoding_type.as_ref())?;
    let after = match &input.continuation_token {
        Some(token) => Some(position(token)?),
        None => input.start_after.clone().filter(|after| !after.is_empty()),
    };
    Ok(Query {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().filter(|delimiter| !delimiter.is_empty()),
        after,
        max_keys: page_size(input.max_keys)?,
    })
}

/// The answer of `ListObjects`.
///
/// # Errors
///
/// `InternalError` when a number does not fit its field.
pub(super) fn output(input: ListObjectsInput, page: Page) -> S3Result<ListObjectsOutput> {
    let spell = spelling(input.encoding_type.as_ref());
    Ok(ListObjectsOutput {
        is_truncated: Some(page.next.is_some()),
        next_marker: page.next.map(spell),
        contents: Some(contents(page.objects, spell)?),
        common_prefixes: Some(common_prefixes(page.common_prefixes, spell)),
        name: Some(input.bucket),
        prefix: Some(spell(input.prefix.unwrap_or_default())),
        marker: Some(spell(input.marker.unwrap_or_default())),
        delimiter: input.delimiter.map(spell),
        max_keys: Some(shown_size(input.max_keys)),
        encoding_type: input.encoding_type,
        ..ListObjectsOutput::default()
    })
}

/// The answer of `ListObjectsV2`.
///
/// # Errors
///
/// `InternalError` when a number does not fit its field.
pub(super) fn output_v2(input: ListObjectsV2Input, page: Page) -> S3Result<ListObjectsV2Output> {
    let spell = spelling(input.encoding_type.as_ref());
    let count = page.objects.len().saturating_add(page.common_prefixes.len());
    Ok(ListObjectsV2Output {
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.map(|next| URL_SAFE_NO_PAD.encode(next)),
        key_count: Some(i32::try_from(count).map_err(s3s::S3Error::internal_error)?),
        contents: Some(contents(page.objects, spell)?),
        common_prefixes: Some(common_prefixes(page.common_prefixes, spell)),
        continuation_token: input.continuation_token,
        name: Some(input.bucket),
        prefix: Some(spell(input.prefix.unwrap_or_default())),
        delimiter: input.delimiter.map(spell),
        start_after: input.start_after.map(spell),
        max_keys: Some(shown_size(input.max_keys)),
        encoding_type: input.encoding_type,
        ..ListObjectsV2Output::default()
    })
}

fn contents(objects: Vec<(String, Object)>, spell: fn(String) -> String) -> S3Result<Vec<Listed>> {
    objects
        .into_iter()
        .map(|(key, object)| {
            Ok(Listed {
                key: Some(spell(key)),
                e_tag: Some(ETag::Strong(object.e_tag)),
                last_modified: Some(object.modified.into()),
                size: Some(i64::try_from(object.size).map_err(s3s::S3Error::internal_error)?),
                storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
                ..Listed::default()
            })
        })
        .collect()
}

fn common_prefixes(prefixes: Vec<String>, spell: fn(String) -> String) -> Vec<CommonPrefix> {
    prefixes.into_iter().map(|prefix| CommonPrefix { prefix: Some(spell(prefix)) }).collect()
}

fn check_encoding(encoding: Option<&EncodingType>) -> S3Result<()> {
    match encoding {
        Some(encoding) if encoding.as_str() != EncodingType::URL => {
            Err(s3_error!(InvalidArgument, "Invalid Encoding Method specified in Request"))
        }
        Some(_) | None => Ok(()),
    }
}

/// How a key is written: percent-encoded where `encoding-type=url` was asked for, else as it is.
fn spelling(encoding: Option<&EncodingType>) -> fn(String) -> String {
    match encoding {
        Some(_) => |text| sigv::encode_path(&text),
        None => |text| text,
    }
}

/// What a continuation token stands for: see [`Page::next`].
fn position(token: &str) -> S3Result<String> {
    let refusal = || s3_error!(InvalidArgument, "The continuation token provided is incorrect");
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| refusal())?;
    String::from_utf8(bytes).map_err(|_| refusal())
}

fn page_size(max_keys: Option<i32>) -> S3Result<usize> {
    let Some(max_keys) = max_keys else { return Ok(PAGE_MAX) };
    let size = usize::try_from(max_keys)
        .map_err(|_| s3_error!(InvalidArgument, "max-keys must not be negative"))?;
    Ok(size.min(PAGE_MAX))
}

fn shown_size(max_keys: Option<i32>) -> i32 {
    max_keys.unwrap_or(SHOWN_MAX).min(SHOWN_MAX)
}

/// The most objects and common prefixes on a page.
const PAGE_MAX: usize = 1000;

/// [`PAGE_MAX`] as the answer says it.
const SHOWN_MAX: i32 = 1000;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use time::OffsetDateTime;

    use super::*;

    fn object() -> Object {
        Object {
            file: String::new(),
            e_tag: "aa".to_owned(),
            size: 1,
            modified: OffsetDateTime::UNIX_EPOCH,
        }
    }

    fn page(keys: &[&str], query: &Query) -> (Vec<String>, Vec<String>, Option<String>) {
        let sorted: BTreeMap<_, _> = keys.iter().map(|key| ((*key).to_owned(), object())).collect();
        let entries = sorted.range(query.start().to_owned()..);
        let entries =
            entries.map(|(key, object)| Ok::<_, Infallible>((key.clone(), object.clone())));
        let page = Page::gather(entries, query).unwrap();
        let keys = page.objects.into_iter().map(|(key, _)| key).collect();
        (keys, page.common_prefixes, page.next)
    }

    /// What all pages together show, and how many there are.
    fn walk(keys: &[&str], mut query: Query) -> (Vec<String>, usize) {
        let (mut shown, mut pages) = (Vec::new(), 0_usize);
        loop {
            let (objects, prefixes, next) = page(keys, &query);
            shown.extend(objects);
            shown.extend(prefixes);
            pages = pages.saturating_add(1);
            if next.is_none() {
                return (shown, pages);
            }
            query.after = next;
        }
    }

    const KEYS: [&str; 8] = ["a", "a/b", "a/c", "a/d/e", "b", "c/x", "ö +=f", "z"];

    #[test]
    fn common_prefixes_stand_for_what_is_below_them() {
        let query = Query { delimiter: Some("/".to_owned()), ..Query::all() };
        let (keys, prefixes, next) = page(&KEYS, &query);
        assert_eq!(keys, ["a", "b", "z", "ö +=f"]);
        assert_eq!(prefixes, ["a/", "c/"]);
        assert_eq!(next, None);
    }

    #[test]
    fn a_prefix_need_not_end_at_a_delimiter() {
        let query =
            Query { prefix: "a/".to_owned(), delimiter: Some("/".to_owned()), ..Query::all() };
        let (keys, prefixes, _) = page(&KEYS, &query);
        assert_eq!(
            (keys, prefixes),
            (vec!["a/b".to_owned(), "a/c".to_owned()], vec!["a/d/".to_owned()])
        );
        let query = Query { prefix: "a/d".to_owned(), ..Query::all() };
        assert_eq!(page(&KEYS, &query).0, ["a/d/e"]);
    }

    #[test]
    fn pages_of_every_size_show_everything_once() {
        for delimiter in [None, Some("/".to_owned()), Some("/d".to_owned())] {
            let query = Query { delimiter, ..Query::all() };
            let (mut whole, pages) = walk(&KEYS, query.clone());
            assert_eq!(pages, 1);
            whole.sort();
            for max_keys in 1..=KEYS.len() {
                let (mut shown, _) = walk(&KEYS, Query { max_keys, ..query.clone() });
                shown.sort();
                assert_eq!(shown, whole);
            }
        }
    }

    #[test]
    fn a_page_that_just_fits_is_not_truncated() {
        let query = Query { max_keys: KEYS.len(), ..Query::all() };
        assert_eq!(page(&KEYS, &query).2, None);
        let query = Query { max_keys: 0, ..Query::all() };
        assert_eq!(page(&KEYS, &query), (Vec::new(), Vec::new(), None));
    }

    #[test]
    fn url_encoding_reaches_every_text_of_the_answer() {
        let input = ListObjectsV2Input {
            bucket: "lake".to_owned(),
            delimiter: Some("+".to_owned()),
            encoding_type: Some(EncodingType::from_static(EncodingType::URL)),
            prefix: Some("ö ".to_owned()),
            start_after: Some("=".to_owned()),
            ..ListObjectsV2Input::default()
        };
        let page = Page {
            objects: vec![("ö /=f".to_owned(), object())],
            common_prefixes: vec!["ö +".to_owned()],
            next: None,
        };
        let output = output_v2(input, page).unwrap();
        assert_eq!(output.contents.unwrap()[0].key.as_deref(), Some("%C3%B6%20/%3Df"));
        assert_eq!(output.common_prefixes.unwrap()[0].prefix.as_deref(), Some("%C3%B6%20%2B"));
        assert_eq!(output.prefix.as_deref(), Some("%C3%B6%20"));
        assert_eq!(output.delimiter.as_deref(), Some("%2B"));
        assert_eq!(output.start_after.as_deref(), Some("%3D"));
    }

    #[test]
    fn a_token_of_no_page_is_refused() {
        let input =
            ListObjectsV2Input { continuation_token: Some("?".to_owned()), ..Default::default() };
        assert_eq!(query_v2(&input).unwrap_err().code().as_str(), "InvalidArgument");
    }
}
