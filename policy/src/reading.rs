//! What a store that cleans paths would read in a key or a prefix.
//!
//! To S3 `a//b`, `./a` and `a/../b` are keys like any other. A store that keeps objects as files resolves them, and
//! finds another object: what is allowed to one reading has to be allowed to the other.

use crate::{requirement::Target, resource::Resource};

/// What else `key` of `bucket` may name; nothing when cleaning leaves it as it is.
pub(crate) fn of_key(bucket: &str, key: &str) -> Vec<Target> {
    targets(bucket, key, |bucket, key| match key {
        "" => Resource::bucket(bucket).into(),
        _ => Resource::object(bucket, key).into(),
    })
}

/// What else a listing of `bucket` under `prefix` may show; nothing when cleaning leaves the prefix as it is.
pub(crate) fn of_prefix(bucket: &str, prefix: &str) -> Vec<Target> {
    targets(bucket, prefix, Target::listing)
}

fn targets(bucket: &str, text: &str, target: fn(&str, &str) -> Target) -> Vec<Target> {
    let Some(reading) = Reading::of(bucket, text) else { return Vec::new() };
    let inside = reading.place.map(|(bucket, rest)| target(&bucket, &rest));
    let all = (reading.is_above || inside.is_none()).then(|| Resource::All.into());
    let below = reading.leaves_bucket.then(|| target(bucket, &cleaned_below(text)));
    inside.into_iter().chain(all).chain(below).collect()
}

/// What `text` is to a store that is told of the bucket elsewhere and cleans the key alone: a `..` that finds no
/// segment of the key is passed over.
fn cleaned_below(text: &str) -> String {
    let mut segments = Vec::new();
    for segment in text.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    let end = if text.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    segments.join("/") + end
}

/// A path that was cleaned.
#[derive(Debug, PartialEq, Eq)]
struct Reading {
    /// The bucket and what follows its `/`; absent when nothing is left.
    place: Option<(String, String)>,
    /// Whether it went above the first segment on its way. Some stop there, others leave the store.
    is_above: bool,
    /// Whether a `..` took back the bucket.
    leaves_bucket: bool,
}

impl Reading {
    /// Resolves `bucket/text`, absent when that changes nothing.
    ///
    /// An empty segment is dropped unless it is the last, so is `.`, and `..` takes back the one before.
    fn of(bucket: &str, text: &str) -> Option<Self> {
        if is_clean(text) {
            return None;
        }
        let mut segments = Vec::new();
        let (mut is_above, mut leaves_bucket) = (false, false);
        for segment in std::iter::once(bucket).chain(text.split('/')) {
            match segment {
                "" | "." => {}
                ".." => {
                    is_above |= segments.pop().is_none();
                    leaves_bucket |= segments.is_empty();
                }
                _ => segments.push(segment),
            }
        }
        let place = segments.split_first().map(|(bucket, rest)| {
            let end = if text.ends_with('/') && !rest.is_empty() { "/" } else { "" };
            ((*bucket).to_owned(), rest.join("/") + end)
        });
        Some(Self { place, is_above, leaves_bucket })
    }
}

fn is_clean(text: &str) -> bool {
    let text = text.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(text);
    text.is_empty() || text.split('/').all(|segment| !matches!(segment, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn b01_a_key_is_read_as_a_store_that_cleans_paths_reads_it() {
        for (key, cleaned) in [
            ("team-a/../team-b/z", "team-b/z"),
            ("team-a//x", "team-a/x"),
            ("./x", "x"),
            ("/x", "x"),
            ("//priv/x", "priv/x"),
            ("/./priv/x", "priv/x"),
            ("a/.", "a"),
            ("a/b/..", "a"),
            ("a/./", "a/"),
            ("a//", "a/"),
            ("a/b/../", "a/"),
        ] {
            assert_eq!(of_key("lake", key), [Resource::object("lake", cleaned).into()], "{key}");
            assert_eq!(of_prefix("lake", key), [Target::listing("lake", cleaned)], "{key}");
        }
    }

    #[test]
    fn b01_a_key_that_leads_out_of_its_bucket_is_read_in_the_other() {
        let first = |key| of_key("lake", key).into_iter().next();
        let listed = |prefix| of_prefix("lake", prefix).into_iter().next();
        assert_eq!(first("../other/secret"), Some(Resource::object("other", "secret").into()));
        assert_eq!(listed("a/../../other/s"), Some(Target::listing("other", "s")));
        assert_eq!(first("../other"), Some(Resource::bucket("other").into()));
        assert_eq!(first("../other/"), Some(Resource::bucket("other").into()));
        assert_eq!(listed("../other/"), Some(Target::listing("other", "")));
        assert_eq!(first("a/../../lake/b"), Some(Resource::object("lake", "b").into()));
    }

    #[test]
    fn b01_a_key_that_leads_out_of_its_bucket_is_also_read_below_it() {
        for (key, cleaned) in [
            ("../priv/x", "priv/x"),
            ("a/../../priv/x", "priv/x"),
            ("//../priv//x", "priv/x"),
            ("../../priv/x", "priv/x"),
            ("../priv/", "priv/"),
            ("../lake/b", "lake/b"),
        ] {
            let below = Resource::object("lake", cleaned).into();
            assert_eq!(of_key("lake", key).last(), Some(&below), "{key}");
            let listed = Target::listing("lake", cleaned);
            assert_eq!(of_prefix("lake", key).last(), Some(&listed), "{key}");
        }
    }

    #[test]
    fn b01_a_key_that_leads_to_no_key_is_read_as_what_is_left() {
        for key in ["/", ".", "./", "a/..", "a/../", "//"] {
            assert_eq!(of_key("lake", key), [Resource::bucket("lake").into()], "{key}");
            assert_eq!(of_prefix("lake", key), [Target::listing("lake", "")], "{key}");
        }
        for key in ["..", "../", "a/../..", "../.", "../..", "../../"] {
            let bucket = Resource::bucket("lake").into();
            assert_eq!(of_key("lake", key), [Resource::All.into(), bucket], "{key}");
            let listed = Target::listing("lake", "");
            assert_eq!(of_prefix("lake", key), [Resource::All.into(), listed], "{key}");
        }
    }

    #[test]
    fn b01_a_key_that_leads_above_every_bucket_is_also_read_as_all() {
        let secret = Resource::object("other", "secret");
        let below = Resource::object("lake", "other/secret");
        let all = [secret.into(), Resource::All.into(), below.into()];
        assert_eq!(of_key("lake", "../../other/secret"), all);
        assert_eq!(of_key("lake", "a/../../../../other/secret"), all);
    }

    #[test]
    fn b01_a_key_that_only_looks_so_has_one_reading() {
        for key in ["", "a", "a/", "a/b", "...", "a/...", ".a/b.", "..a/a..", "a. ./b", "%2e%2e/a"]
        {
            assert_eq!(of_key("lake", key), [], "{key}");
            assert_eq!(of_prefix("lake", key), [], "{key}");
        }
    }

    proptest! {
        #[test]
        fn b01_a_cleaned_reading_has_no_other(bucket in "[ab]{1,2}", text in "[ab./]{0,12}") {
            if let Some((bucket, rest)) = Reading::of(&bucket, &text).and_then(|reading| reading.place) {
                prop_assert_eq!(Reading::of(&bucket, &rest), None);
            }
        }

        #[test]
        fn b01_a_reading_is_absent_exactly_when_cleaning_changes_nothing(text in "[ab./]{0,12}") {
            let is_other = text.strip_suffix('/').unwrap_or(&text).split('/').any(|s| matches!(s, "." | ".."))
                || text.starts_with('/') || text.contains("//");
            prop_assert_eq!(Reading::of("lake", &text).is_some(), is_other);
            if let Some(reading) = Reading::of("lake", &text) {
                prop_assert_ne!(reading.place, Some(("lake".to_owned(), text)));
            }
        }
    }
}
