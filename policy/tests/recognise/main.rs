//! What is recognised, what of it goes up, what it needs, and what is refused.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a request that the test cannot even write down should end it"
)]

mod conditions;
mod headers;
mod operations;
mod parameters;
mod paths;
mod privileges;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use policy::{Recognised, Requirement, Shape, Unrecognised, recognise};

fn recognised(request: &str, headers: &[(&str, &str)]) -> Recognised {
    read(request, headers).unwrap_or_else(|refusal| panic!("{request}: {refusal}"))
}

fn refusal(request: &str, headers: &[(&str, &str)]) -> Unrecognised {
    match read(request, headers) {
        Ok(seen) => panic!("{request} is {}", seen.operation),
        Err(refusal) => refusal,
    }
}

fn needs(request: &str, headers: &[(&str, &str)]) -> Vec<Requirement> {
    recognised(request, headers).required.iter().cloned().collect()
}

/// Reads `METHOD /bucket/key?query`, all of it decoded already, as the gateway would.
fn read(request: &str, headers: &[(&str, &str)]) -> Result<Recognised, Unrecognised> {
    let (method, url) = request.split_once(" /").unwrap();
    let (path, query) = match url.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (url, None),
    };
    let (bucket, key) = match path.split_once('/') {
        Some((bucket, key)) => (Some(bucket), Some(key)),
        None => (Some(path), None),
    };
    let parameters: Vec<_> = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        map.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let method: Method = method.parse().unwrap();
    recognise(&Shape { method: &method, bucket, key, parameters: &parameters, headers: &map })
}
