//! Policy documents, ARNs, decisions, and the tables of S3 operations.
