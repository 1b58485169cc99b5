//! Uploads by an HTML form: what stands before the file, who signed its policy, and what the policy demands.
//!
//! Source: Amazon S3 API Reference, "Browser-Based Uploads Using POST"; RFC 7578 for the form, RFC 2046 for its parts.

mod error;
mod fields;
mod head;
mod policy;
mod reader;
mod signature;

pub use error::FormError;
pub use fields::Fields;
pub use policy::PostPolicy;
pub use reader::{FormReader, PostForm};
