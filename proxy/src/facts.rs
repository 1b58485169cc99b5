//! What the conditions of policies are told of a request.

use http::{HeaderMap, header};
use policy::{Context, Recognised};

use crate::{live::Live, parse::Head};

/// What is known of any request: where it came from and how, when, and from which program.
pub(crate) fn of_request<'a>(head: &'a Head, live: &Live) -> Context<'a> {
    Context {
        source_ip: Some(head.peer()),
        secure_transport: Some(live.tls.is_some()),
        // Conditions speak of seconds, in texts and in numbers.
        current_time: Some(head.at().truncate_to_second()),
        user_agent: user_agent(head.headers()),
        ..Context::default()
    }
}

/// The same, with what a listing of a bucket asks for.
pub(crate) fn of_operation<'a>(
    head: &'a Head,
    recognised: &'a Recognised,
    live: &Live,
) -> Context<'a> {
    let context = of_request(head, live);
    // The prefix of a list of buckets is one of their names.
    if head.bucket().is_none() {
        return context;
    }
    let parameter = |wanted| {
        let mut parameters = recognised.parameters.iter();
        parameters.find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str())
    };
    Context { prefix: parameter("prefix"), delimiter: parameter("delimiter"), ..context }
}

/// The one header that says it, when it is a text.
fn user_agent(headers: &HeaderMap) -> Option<&str> {
    let mut lines = headers.get_all(header::USER_AGENT).iter();
    let (first, second) = (lines.next()?, lines.next());
    second.is_none().then(|| str::from_utf8(first.as_bytes()).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_user_agent_is_one_header_in_utf8() {
        let read = |lines: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::USER_AGENT, HeaderValue::from_bytes(line).unwrap());
            }
            user_agent(&headers).map(str::to_owned)
        };
        assert_eq!(read(&[b"curl/8"]).as_deref(), Some("curl/8"));
        assert_eq!(read(&["größer".as_bytes()]).as_deref(), Some("größer"));
        assert_eq!(read(&[b""]).as_deref(), Some(""));
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[b"curl/8", b"aws-cli/2"]), None);
        assert_eq!(read(&[b"\xff"]), None);
    }
}
