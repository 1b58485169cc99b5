//! Lists of buckets.

use super::http::Response;

/// What a store answers that has buckets of these names, with a space between, and says `more`.
pub(crate) fn document(names: &str, more: &str) -> String {
    let buckets: Vec<_> = names
        .split_whitespace()
        .map(|name| {
            format!(
                "<Bucket><Name>{name}</Name><CreationDate>2026-01-31T12:00:00.000Z</CreationDate>\
                 <BucketRegion>behind-1</BucketRegion></Bucket>"
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListAllMyBucketsResult><Owner><ID>RECORDERKEY</ID></Owner>\
         <Buckets>{}</Buckets>{more}</ListAllMyBucketsResult>",
        buckets.concat()
    )
}

/// Of the buckets in an answer.
pub(crate) fn names(response: &Response) -> Vec<String> {
    assert_eq!(response.status(), 200, "{}", response.text());
    let text = response.text();
    let names = text.split("<Name>").skip(1);
    names.filter_map(|rest| rest.split_once('<')).map(|(name, _)| name.to_owned()).collect()
}
