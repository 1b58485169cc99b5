//! The value of a key in a request, and the forms in which it is compared.

use std::{
    fmt::{self, Write as _},
    net::IpAddr,
    str,
};

use time::{OffsetDateTime, UtcOffset};

use super::date;

/// The value of a key. All keys have one value at most.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Address(IpAddr),
    Text(&'a str),
    Flag(bool),
    Time(OffsetDateTime),
}

impl Value<'_> {
    /// Reads it as text: an address in its canonical form, `true` or `false`, a time as RFC 3339 in
    /// UTC, without a fraction of its second.
    pub(super) fn with_text<T>(self, read: impl FnOnce(&str) -> T) -> T {
        match self {
            Self::Text(text) => read(text),
            Self::Flag(true) => read("true"),
            Self::Flag(false) => read("false"),
            Self::Address(address) => read(Short::of(format_args!("{address}")).as_str()),
            Self::Time(time) => {
                let time = time.checked_to_offset(UtcOffset::UTC).unwrap_or(time);
                let (year, month, day) = time.to_calendar_date();
                let (hour, minute, second) = time.to_hms();
                let month = u8::from(month);
                let text = Short::of(format_args!(
                    "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
                ));
                read(text.as_str())
            }
        }
    }

    /// Reads it as what may be a number: as text, but a time as whole seconds since 1970.
    pub(super) fn with_number<T>(self, read: impl FnOnce(&str) -> T) -> T {
        match self {
            Self::Time(time) => read(Short::of(format_args!("{}", time.unix_timestamp())).as_str()),
            Self::Address(_) | Self::Text(_) | Self::Flag(_) => self.with_text(read),
        }
    }

    /// The moment that it is, or that its text names.
    pub(super) fn moment(self) -> Option<OffsetDateTime> {
        match self {
            Self::Time(time) => Some(time),
            Self::Text(text) => date::parse(text),
            Self::Address(_) | Self::Flag(_) => None,
        }
    }
}

/// A text written down without allocating; what does not fit is cut.
struct Short {
    bytes: [u8; SHORT_BYTES],
    length: usize,
}

impl Short {
    fn of(text: fmt::Arguments<'_>) -> Self {
        let mut short = Self { bytes: [0; SHORT_BYTES], length: 0 };
        // Nothing that is written here is too long.
        short.write_fmt(text).unwrap_or_default();
        short
    }

    fn as_str(&self) -> &str {
        self.bytes
            .get(..self.length)
            .and_then(|bytes| str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length.checked_add(text.len()).ok_or(fmt::Error)?;
        let room = self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// The longest text is an IPv6 address of 39 bytes.
const SHORT_BYTES: usize = 48;

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn every_value_has_a_text() {
        let address = |text: &str| Value::Address(text.parse().unwrap());
        let longest = "2001:db8:1111:2222:3333:4444:5555:6666";
        for (value, text) in [
            (Value::Text("a"), "a"),
            (Value::Flag(true), "true"),
            (Value::Flag(false), "false"),
            (address("10.0.0.1"), "10.0.0.1"),
            (address("2001:DB8:0:0::1"), "2001:db8::1"),
            (address(longest), longest),
            (Value::Time(datetime!(2026-03-29 02:30:05.9 +02:00)), "2026-03-29T00:30:05Z"),
            (Value::Time(datetime!(0001-01-01 00:00 UTC)), "0001-01-01T00:00:00Z"),
            (Value::Time(datetime!(9999-12-31 23:59:59 UTC)), "9999-12-31T23:59:59Z"),
        ] {
            value.with_text(|found| assert_eq!(found, text));
        }
    }

    #[test]
    fn a_time_is_a_number_of_seconds() {
        for (time, number) in [
            (datetime!(2026-01-01 00:00:00.9 UTC), "1767225600"),
            (datetime!(1969-12-31 23:59:59 UTC), "-1"),
        ] {
            Value::Time(time).with_number(|found| assert_eq!(found, number));
        }
    }
}
