//! What a request brings for conditions to ask of.

use std::net::IpAddr;

use time::OffsetDateTime;

use crate::requirement::Target;

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

impl<'a> Context<'a> {
    /// What is known when something is decided of `target`: under another reading of its prefix, a listing has asked
    /// for that.
    #[must_use]
    pub fn under(&self, target: &'a Target) -> Self {
        match target {
            Target::Listing { prefix, .. } if self.prefix.unwrap_or_default() != &**prefix => {
                Self { prefix: Some(prefix), ..self.clone() }
            }
            Target::Listing { .. } | Target::One(_) => self.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b01_under_another_reading_a_listing_has_that_prefix() {
        let prefix = |asked, target: Target| {
            let context = Context { prefix: asked, ..Context::default() };
            context.under(&target).prefix.map(str::to_owned)
        };
        let own = Some("team-a/../priv/");
        assert_eq!(prefix(own, Target::listing("lake", "priv/")).as_deref(), Some("priv/"));
        assert_eq!(prefix(own, Target::listing("lake", "")).as_deref(), Some(""));
        assert_eq!(prefix(own, Target::listing("lake", "team-a/../priv/")).as_deref(), own);
        assert_eq!(prefix(None, Target::listing("lake", "")), None);
    }
}
