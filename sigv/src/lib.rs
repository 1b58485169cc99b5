//! Verifies and produces AWS signatures; decodes and encodes signed bodies.
//!
//! It promises:
//! - A request verifies only if its bucket, its key and every `x-amz-*` header it carries are covered by the signature, and
//!   `host` too with version 4; version 2 has no place for it.
//! - A form verifies only if its policy is signed; what the policy does not speak of is refused, and so is a file that does
//!   not end where the form does.
//! - Exactly one mechanism of authentication is read, and nothing in it twice.
//! - Signatures and hashes are compared in constant time, in [`hash`] and nowhere else.
//! - The piece that completes a body leaves the [`Decoder`] only if the whole body is what was signed and declared.
//! - No byte of a signed chunk leaves it before the chunk's signature holds.
//! - No secret, signing key or signature is in any `Debug` output or error.
//!
//! It refuses to do I/O, to read a clock, and to decide who may do what: time is an argument, and a verified
//! [`Claim`] says only who signed.
//!
//! ```
//! use http::{HeaderMap, HeaderValue, Method, header};
//! use sigv::{Claim, Payload, Rules, SecretKey, Signer, Wire, amz_date};
//! use time::{Duration, macros::datetime};
//!
//! let now = datetime!(2026-01-31 12:00 UTC);
//! let payload = Payload::empty();
//! let mut headers = HeaderMap::new();
//! headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8080"));
//! headers.insert("x-amz-date", amz_date::header_value(now));
//! headers.insert("x-amz-content-sha256", payload.header_value());
//!
//! let signer = Signer::new("AKIAALICE", SecretKey::new(*b"not a real secret"), "us-east-1")?;
//! let wire = Wire { method: &Method::GET, path: "/lake/a%20key", query: "", headers: &headers, host_bucket: None };
//! let (authorization, _) = signer.sign(wire, &payload, now);
//! headers.insert(header::AUTHORIZATION, authorization);
//!
//! let wire = Wire { method: &Method::GET, path: "/lake/a%20key", query: "", headers: &headers, host_bucket: None };
//! let rules = Rules { regions: &[], max_skew: Duration::minutes(15), version_2: true };
//! let claim = Claim::parse(wire, &rules, now + Duration::minutes(1))?;
//! assert_eq!(claim.access_key_id().as_str(), "AKIAALICE");
//! claim.verify(&SecretKey::new(*b"not a real secret"))?;
//! assert!(claim.verify(&SecretKey::new(*b"another secret")).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod amz_date;
mod authorization;
mod body;
mod canonical;
mod claim;
mod credential;
mod encode;
mod error;
mod form;
pub mod hash;
mod mechanism;
mod payload;
mod presign;
mod presigned;
mod signer;
mod v4;
mod verifier;
mod version2;
mod wire;

pub use body::{
    Algorithm, BodyError, Chain, Checksum, ChunkLimits, ContentMd5, Declared, Decoded, Decoder,
    Delimiter, Encoder, End, Framing, Piece,
};
pub use claim::{Claim, Rules};
pub use credential::{AccessKeyId, CredentialError, SecretKey};
pub use encode::{encode_copy_source, encode_path, encode_query_value};
pub use error::{Form, SignatureError};
pub use form::{Fields, FormError, FormReader, PostForm, PostPolicy};
pub use payload::Payload;
pub use presign::{Expiry, ExpiryError, Presignable};
pub use presigned::Presigned;
pub use signer::Signer;
pub use verifier::{KEYS_MAX, Verifier};
pub use wire::Wire;
