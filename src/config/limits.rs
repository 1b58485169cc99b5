//! The limits: every queue, body, header, cache and wait has one.

use std::time::Duration;

use super::keys::{self, Shape};

/// Every limit, by the name of its key under `limits`; defaults and ranges stand in the table of keys.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// What one client, one connection and one request may use.
    pub(crate) data_plane: proxy::Limits,
    /// Signed chunks that wait to be verified, all together, in bytes.
    pub(crate) held_bytes_max: usize,
    /// The part of `limits.held_bytes_max` for documents by which a request is decided.
    pub(crate) undecided_bytes_max: usize,
    /// A body that its signature does not cover, on a plain listener beyond loopback, in bytes.
    pub(crate) plain_unsigned_bytes_max: u64,
    /// Connections of clients, on all cores together.
    pub(crate) connections_max: usize,
    /// Audit records that wait to be written.
    pub(crate) audit_records_max: usize,
    /// What those may take together, in bytes.
    pub(crate) audit_queue_bytes_max: usize,
    /// Callers kept in memory.
    pub(crate) callers_max: u64,
}

impl Limits {
    /// The limits as `number` gives them for the path of each key.
    pub(crate) fn read(number: impl Fn(&'static str) -> u64) -> Self {
        let seconds = |path| Duration::from_secs(number(path));
        let count = |path| usize::try_from(number(path)).unwrap_or(usize::MAX);
        let all_held_bytes_max = count("limits.held_bytes_max");
        // Nobody without leave may keep others from what they have leave for.
        let undecided_bytes_max = all_held_bytes_max / 4;
        let held_bytes_max = all_held_bytes_max.saturating_sub(undecided_bytes_max);
        let audit_queue_bytes_max = count("limits.audit_queue_bytes_max");
        Self {
            data_plane: proxy::Limits {
                header_bytes_max: count("limits.header_bytes_max"),
                header_count_max: count("limits.header_count_max"),
                uri_bytes_max: count("limits.uri_bytes_max"),
                header_timeout: seconds("limits.header_timeout_s"),
                keep_alive: seconds("limits.keep_alive_s"),
                body_idle: seconds("limits.body_idle_s"),
                // There must be room for two: the one that comes, and what is gathered.
                chunk_bytes_max: count("limits.chunk_bytes_max").min(held_bytes_max / 2),
                chunk_time: seconds("limits.chunk_s"),
                chunk_line_bytes_max: count("limits.chunk_line_bytes_max"),
                trailer_bytes_max: count("limits.trailer_bytes_max"),
                form_fields_bytes_max: count("limits.form_fields_bytes_max"),
                document_bytes_max: count("limits.document_bytes_max").min(undecided_bytes_max),
                answer_bytes_max: count("limits.answer_bytes_max"),
                // A record has to fit into its queue.
                audit_required_bytes_max: count("limits.audit_required_bytes_max")
                    .min(audit_queue_bytes_max / 2),
                upstream_connect: seconds("limits.upstream_connect_s"),
                upstream_answer: seconds("limits.upstream_answer_s"),
                upstream_long_answer: seconds("limits.upstream_long_answer_s"),
                upstream_idle: seconds("limits.upstream_idle_s"),
                upstream_idle_connections_max: count("limits.upstream_idle_connections_max"),
                linger_bytes_max: number("limits.linger_bytes_max"),
                linger: seconds("limits.linger_s"),
            },
            held_bytes_max,
            undecided_bytes_max,
            plain_unsigned_bytes_max: number("limits.plain_unsigned_bytes_max"),
            connections_max: count("limits.connections_max"),
            audit_records_max: count("limits.audit_records_max"),
            audit_queue_bytes_max,
            callers_max: number("limits.callers_max"),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::read(default_of)
    }
}

/// The default of the number at `path`, from the table.
pub(super) fn default_of(path: &str) -> u64 {
    match keys::find(path).map(|key| key.shape) {
        Some(Shape::Number { default, .. }) => default,
        Some(_) | None => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, collections::BTreeSet};

    use super::*;
    use crate::config::keys::{KEYS, State};

    #[test]
    fn every_limit_that_is_built_is_read() {
        let read = RefCell::new(BTreeSet::new());
        Limits::read(|path| {
            assert!(read.borrow_mut().insert(path), "{path} is read twice");
            1
        });
        let read = read.into_inner();
        let built: BTreeSet<_> = KEYS
            .iter()
            .filter(|key| key.path.starts_with("limits.") && matches!(key.state, State::Built))
            .map(|key| key.path)
            .collect();
        assert_eq!(read, built);
    }

    #[test]
    fn defaults_are_the_tables() {
        let limits = Limits::default();
        assert_eq!(limits.data_plane.header_bytes_max, 65_536);
        assert_eq!(limits.data_plane.header_timeout, Duration::from_secs(10));
        assert_eq!(limits.callers_max, 100_000);
    }
}
