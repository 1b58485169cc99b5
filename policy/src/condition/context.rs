//! What a request brings for conditions to ask of.

use std::net::IpAddr;

use time::OffsetDateTime;

/// What is known of a request besides what it does; what is absent is not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context<'a> {
    /// Where the request came from: `SourceIp`.
    pub source_ip: Option<IpAddr>,
    /// The prefix a listing asks for, as it was sent: `Prefix`.
    pub prefix: Option<&'a str>,
    /// The delimiter a listing asks for, as it was sent: `Delimiter`.
    pub delimiter: Option<&'a str>,
    /// Whether the client's connection is TLS: `SecureTransport`.
    pub secure_transport: Option<bool>,
    /// When the request came: `CurrentTime`.
    pub current_time: Option<OffsetDateTime>,
    /// What the client calls itself: `UserAgent`.
    pub user_agent: Option<&'a str>,
}
