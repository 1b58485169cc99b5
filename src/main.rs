//! Identity and access control in front of any S3 store.

fn main() {}
