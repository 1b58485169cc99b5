//! Lists of buckets: the upstream's, or pages of what the caller may know of.
//!
//! Who may see every bucket gets the upstream's own pages. Anybody else gets pages that are made here, of all that the
//! upstream has: pages of its own would be empty ones between others, and the token of a next one may be the name of a
//! bucket. A token of ours is the last name on the page before, which its caller has seen.

use std::{collections::BTreeMap, sync::Arc};

use http::StatusCode;
use policy::{Operation, XmlFault, is_bucket_name, shows_all_buckets, shows_bucket, xml_text};
use store::Caller;

use crate::{
    facts,
    live::Live,
    own_request::{OwnRequest, ask},
    parse::Head,
    refusal::Refusal,
    sign::{Asked, upstream_query},
    upstream::{Upstream, UpstreamFault},
    xml::{apply, elements},
};

/// A list of buckets as its caller may have it.
#[derive(Debug)]
pub(crate) struct Listing {
    shows: Shows,
    /// What the upstream is asked for with, every page of it.
    parameters: Parameters,
}

/// What a list of buckets shows.
#[derive(Debug)]
enum Shows {
    /// What the upstream lists, page by page as it does.
    Everything,
    /// No bucket: those of another region than ours.
    Nothing,
    /// What the caller may know of.
    Page(Page),
}

/// A page of the buckets that a caller may know of.
#[derive(Debug)]
struct Page {
    prefix: String,
    /// The last name of the page before; empty for the first page.
    after: String,
    max: usize,
}

/// Names and values, decoded.
type Parameters = Vec<(&'static str, String)>;

impl Listing {
    /// What a request with these parameters may have.
    ///
    /// # Errors
    ///
    /// [`Refusal::ContinuationToken`] for one that is none of ours.
    pub(crate) fn read(
        mut parameters: Parameters,
        caller: &Caller,
        head: &Head,
        live: &Live,
    ) -> Result<Self, Refusal> {
        if let Some(region) = take(&mut parameters, "bucket-region") {
            if region != live.region() {
                return Ok(Self { shows: Shows::Nothing, parameters: Vec::new() });
            }
            parameters.push(("bucket-region", live.upstream_region.clone()));
        }
        let shows = if shows_all_buckets(&caller.subject(), &facts::of_request(head, live)) {
            Shows::Everything
        } else {
            Shows::Page(Page::read(&mut parameters)?)
        };
        Ok(Self { shows, parameters })
    }

    /// What goes up of the request's parameters.
    pub(crate) fn parameters(&self) -> &[(&'static str, String)] {
        &self.parameters
    }
}

impl Page {
    /// The page that is asked for; `parameters` become those of the upstream's pages.
    fn read(parameters: &mut Parameters) -> Result<Self, Refusal> {
        let after = take(parameters, "continuation-token").unwrap_or_default();
        if !after.is_empty() && !is_bucket_name(&after) {
            return Err(Refusal::ContinuationToken);
        }
        let max = take(parameters, "max-buckets");
        if max.is_some() {
            // An account with more than that is listed in pages or not at all.
            parameters.push(("max-buckets", PAGE_MAX.to_owned()));
        }
        let max = max.and_then(|max| max.parse().ok()).unwrap_or(usize::MAX);
        let prefix = parameters.iter().find(|(name, _)| *name == "prefix");
        let prefix = prefix.map(|(_, prefix)| prefix.clone()).unwrap_or_default();
        Ok(Self { prefix, after, max })
    }
}

/// The upstream's document `text` as it is for the caller, from whom nothing else of it is hidden.
///
/// All pages of the upstream together may have `limits.answer_bytes_max`.
///
/// # Errors
///
/// [`Refusal::Upstream`] for what is no list of buckets, or one that is too long.
pub(crate) async fn show(
    text: String,
    listing: &Listing,
    asked: &Asked,
    live: &Live,
    upstream: &Arc<Upstream>,
) -> Result<String, Refusal> {
    let shown = match &listing.shows {
        Shows::Everything => Ok(text),
        Shows::Nothing => with_buckets(&text, "", None),
        Shows::Page(page) => {
            let pages = Pages { parameters: &listing.parameters, live, upstream };
            let (buckets, token) = pages.collect(&text, page, asked).await?;
            with_buckets(&text, &buckets, token.as_deref())
        }
    };
    let ours = shown.and_then(|shown| in_region(&shown, live.region()));
    Ok(ours.map_err(|_| unreadable())?)
}

/// The upstream's pages.
struct Pages<'a> {
    parameters: &'a [(&'static str, String)],
    live: &'a Live,
    upstream: &'a Arc<Upstream>,
}

impl Pages<'_> {
    /// The elements of the buckets on `page`, and the token of the next one if there is one. The upstream's `first` page is
    /// here already.
    async fn collect(
        &self,
        first: &str,
        page: &Page,
        asked: &Asked,
    ) -> Result<(String, Option<String>), Refusal> {
        let subject = asked.caller.subject();
        let context = facts::of_request(&asked.head, self.live);
        let is_shown = |name: &str| shows_bucket(&subject, name, &context);
        let mut found = Found { page, buckets: BTreeMap::new() };
        let mut left = self.live.limits.answer_bytes_max.saturating_sub(first.len());
        let mut next = found.take(first, is_shown).map_err(|_| unreadable())?;
        while let Some(token) = next {
            let document = self.more(&token, left).await?;
            left = left.saturating_sub(document.len());
            next = found.take(&document, is_shown).map_err(|_| unreadable())?;
            if next.as_ref() == Some(&token) {
                return Err(unreadable().into());
            }
        }
        Ok(found.into_page())
    }

    /// The next page, at most `left` bytes.
    async fn more(&self, token: &str, left: usize) -> Result<String, UpstreamFault> {
        let mut parameters = self.parameters.to_vec();
        parameters.push(("continuation-token", token.to_owned()));
        let request = OwnRequest {
            operation: Operation::ListBuckets,
            bucket: None,
            query: upstream_query(&parameters),
        };
        let answer = ask(request, left, self.live, self.upstream).await?;
        let limit = self.live.limits.answer_bytes_max;
        let document = answer.document.ok_or(UpstreamFault::AnswerTooLong { limit })?;
        if answer.status != StatusCode::OK {
            return Err(unreadable());
        }
        String::from_utf8(document.into()).map_err(|_| unreadable())
    }
}

/// What of all buckets is on the page, and one more if there is one.
#[derive(Debug)]
struct Found<'a> {
    page: &'a Page,
    /// Elements by the names in them.
    buckets: BTreeMap<String, String>,
}

impl Found<'_> {
    /// Takes of a document what may be on the page; gives the token of the upstream's next one.
    fn take(
        &mut self,
        text: &str,
        is_shown: impl Fn(&str) -> bool,
    ) -> Result<Option<String>, XmlFault> {
        let Buckets { entries, token } = Buckets::read(text)?;
        for (name, element) in entries {
            let page = self.page;
            if name > page.after && name.starts_with(&page.prefix) && is_shown(&name) {
                self.buckets.insert(name, element.to_owned());
                if self.buckets.len() > page.max.saturating_add(1) {
                    self.buckets.pop_last();
                }
            }
        }
        Ok(token)
    }

    fn into_page(mut self) -> (String, Option<String>) {
        let is_last = self.buckets.len() <= self.page.max;
        if !is_last {
            self.buckets.pop_last();
        }
        let token = self.buckets.last_key_value().map(|(name, _)| name.clone());
        (self.buckets.into_values().collect(), token.filter(|_| !is_last))
    }
}

/// A `ListAllMyBucketsResult`.
#[derive(Debug)]
struct Buckets<'a> {
    /// The name of each bucket, and its element.
    entries: Vec<(String, &'a str)>,
    token: Option<String>,
}

impl<'a> Buckets<'a> {
    fn read(text: &'a str) -> Result<Self, XmlFault> {
        let elements = elements(text)?;
        let mut entries = Vec::new();
        for (at, bucket) in elements.iter().enumerate() {
            if bucket.depth != 2 || bucket.name != "Bucket" {
                continue;
            }
            let inside = elements.iter().skip(at).skip(1);
            let name = inside
                .take_while(|element| element.depth > bucket.depth)
                .find(|element| element.depth == 3 && element.name == "Name")
                .and_then(|element| element.text(text));
            let element = text.get(bucket.outer.clone());
            entries.push((name.ok_or(XmlFault::Malformed)?, element.ok_or(XmlFault::Malformed)?));
        }
        let token = elements.iter().find(|element| element.depth == 1 && element.name == TOKEN);
        let token =
            token.map(|element| element.text(text).ok_or(XmlFault::Malformed)).transpose()?;
        Ok(Self { entries, token: token.filter(|token| !token.is_empty()) })
    }
}

/// The document with these buckets and this token in the place of its own.
fn with_buckets(text: &str, buckets: &str, token: Option<&str>) -> Result<String, XmlFault> {
    let token = token.map(|token| format!("<{TOKEN}>{}</{TOKEN}>", xml_text(token)));
    let list = format!("<Buckets>{buckets}</Buckets>{}", token.unwrap_or_default());
    let mut edits = Vec::new();
    let mut list = Some(list);
    let mut is_covered_to = 0;
    for element in elements(text)? {
        match (element.depth, element.name.as_str()) {
            (1, "Buckets") => {
                is_covered_to = element.outer.end;
                edits.push((element.outer, list.take().ok_or(XmlFault::Malformed)?));
            }
            (1, TOKEN) => edits.push((element.outer, String::new())),
            // One that is not in the list would be shown to whom it is not to be.
            (_, "Bucket") if element.outer.start >= is_covered_to => {
                return Err(XmlFault::Malformed);
            }
            _ => {}
        }
    }
    Ok(apply(text, &edits))
}

/// The document with `region` as the region of every bucket.
fn in_region(text: &str, region: &str) -> Result<String, XmlFault> {
    let edits: Vec<_> = elements(text)?
        .into_iter()
        .filter(|element| element.depth == 3 && element.name == "BucketRegion")
        .map(|element| (element.inner, xml_text(region)))
        .collect();
    Ok(apply(text, &edits))
}

/// Takes a parameter out; it is there once at most.
fn take(parameters: &mut Parameters, name: &str) -> Option<String> {
    let at = parameters.iter().position(|(other, _)| *other == name)?;
    Some(parameters.remove(at).1)
}

fn unreadable() -> UpstreamFault {
    UpstreamFault::Answer { operation: Operation::ListBuckets.name() }
}

const TOKEN: &str = "ContinuationToken";

/// The largest page that S3 has.
const PAGE_MAX: &str = "10000";

#[cfg(test)]
mod tests;
