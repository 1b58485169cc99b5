//! Any `Host` header: it is refused, or names one bucket or none, in whatever spelling.

use http::HeaderValue;
use policy::{Domain, Domains, Host};

/// Takes `input` for a `Host`, and says whether it names a bucket.
///
/// # Panics
///
/// When the bucket is not what stands before a domain of ours, or another spelling of the same host names another.
pub fn host(input: &[u8]) -> bool {
    let Some(bucket) = bucket_in(input) else { return false };
    let text = String::from_utf8_lossy(input).to_ascii_lowercase();
    let name = text.split(':').next().unwrap_or("").trim_end_matches('.');
    let before = DOMAINS.iter().filter_map(|domain| name.strip_suffix(domain)?.strip_suffix('.'));
    let shortest = before.min_by_key(|before| before.len());
    assert_eq!(shortest, Some(bucket.as_str()), "another bucket than stands before the domain");
    for other in
        [name.to_owned(), name.to_ascii_uppercase(), format!("{name}."), format!("{name}:9")]
    {
        assert_eq!(bucket_in(other.as_bytes()).as_ref(), Some(&bucket), "`{other}` names another");
    }
    true
}

fn bucket_in(host: &[u8]) -> Option<String> {
    let domains = DOMAINS.iter().map(|name| Domain::parse(name).expect("a domain")).collect();
    let value = HeaderValue::from_bytes(host).ok()?;
    Domains::new(domains).bucket_in(Host::of(&value).ok()?).ok()?
}

const DOMAINS: [&str; 3] = ["s3.example.com", "eu.s3.example.com", "localhost"];
