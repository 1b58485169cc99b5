//! Carries S3 requests from client to upstream: verified, decided, signed anew, streamed.
//!
//! What it promises: nothing reaches the upstream that was not parsed, identified, authenticated
//! and permitted, in that order ([`gateway`]); the bytes that were authorized are the bytes that go
//! up; memory does not grow with the size of an object; one audit record a request ([`Audit`]).
//!
//! What it refuses to do: read a clock or an environment (both are handed in with [`Live`]), know of
//! logins or administration, follow a redirect, guess an operation.

mod answer;
mod attribute;
mod audit;
mod authenticate;
mod authorize;
mod buckets;
mod connection;
mod cors;
mod deletion;
mod documents;
mod drain;
mod endpoint;
mod facts;
mod framing;
pub mod gateway;
mod held;
mod identify;
mod idle;
mod inflow;
mod late;
mod limits;
mod live;
mod messages;
mod own_request;
mod parse;
mod peer;
mod proxy_protocol;
mod read;
mod record;
mod refusal;
mod relay;
mod reply;
mod rooms;
mod sign;
mod socket;
mod tls;
mod trusted_proxies;
mod upload;
mod upstream;
mod verified;
mod virtual_hosts;
mod xml;

pub use audit::{Audit, Decided, Entry, Objects, Outcome};
pub use authorize::Permitted;
pub use connection::serve_connection;
pub use cors::{CORS_METHODS, Cors, CorsRule, HeaderPattern, OriginPattern};
pub use drain::Drain;
pub use endpoint::{Addressing, Endpoint, Scheme, Transport, host_of};
pub use framing::{BodyMode, UpstreamBody};
pub use gateway::Gateway;
pub use held::Held;
pub use limits::Limits;
pub use live::{Clock, Live, RequestIds};
pub use tls::{
    Authorities, Certificates, Chain, ClientTls, Identity, PrivateKey, ServerTls, TlsError, Trust,
    Untimely,
};
pub use trusted_proxies::TrustedProxies;
pub use virtual_hosts::VirtualHosts;
