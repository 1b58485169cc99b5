//! The only reader of the system's clocks: below `src/`, time is an argument.

use std::time::Instant;

use proxy::Clock;
use time::OffsetDateTime;

/// Both clocks, for the data plane.
pub(crate) const CLOCK: Clock = Clock { wall: now, monotonic };

/// The time of day, in UTC.
#[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
fn monotonic() -> Instant {
    Instant::now()
}
