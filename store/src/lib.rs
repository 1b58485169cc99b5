//! Users, groups, policies and credentials over an ordered key-value space.
