//! Carries S3 requests from client to upstream.
