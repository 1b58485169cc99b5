//! Moments, as documents write them.

use time::{Date, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use super::{number::is_digits, value::Value};

/// Reads a moment: RFC 3339 (`2026-01-31T12:00:00Z`, `2026-01-31T12:00:00.5+02:00`), a date alone,
/// which is its midnight in UTC, or whole seconds since 1970. In UTC it is of the years 1 to 9999.
///
/// Absent for everything else, a leap second and a time without a zone included.
pub(super) fn parse(text: &str) -> Option<OffsetDateTime> {
    let moment = if let Some((date, time)) = text.split_once(['T', 't']) {
        date_time(date, time)?
    } else if is_seconds(text) {
        OffsetDateTime::from_unix_timestamp(text.parse().ok()?).ok()?
    } else {
        parse_date(text)?.midnight().assume_utc()
    };
    Some(moment).filter(|moment| YEARS.contains(&moment.year()))
}

/// A moment in RFC 3339 and UTC, with the fraction of its second where it has one.
pub(super) fn text(moment: OffsetDateTime) -> String {
    let whole = Value::Time(moment).with_text(str::to_owned);
    match (moment.nanosecond(), whole.strip_suffix('Z')) {
        (0, _) | (_, None) => whole,
        (fraction, Some(whole)) => {
            format!("{whole}.{}Z", format!("{fraction:09}").trim_end_matches('0'))
        }
    }
}

fn date_time(date: &str, time: &str) -> Option<OffsetDateTime> {
    let (clock, offset) = split_zone(time)?;
    PrimitiveDateTime::new(parse_date(date)?, parse_clock(clock)?)
        .assume_offset(offset)
        .checked_to_offset(UtcOffset::UTC)
}

fn parse_date(text: &str) -> Option<Date> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let month = two_digits(month)?.try_into().ok()?;
    Date::from_calendar_date(digits(year, 4)?.try_into().ok()?, month, two_digits(day)?).ok()
}

fn parse_clock(text: &str) -> Option<Time> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let (hour, rest) = whole.split_once(':')?;
    let (minute, second) = rest.split_once(':')?;
    let places = u32::try_from(fraction.len()).ok()?;
    let unit = 10_u32.checked_pow(9_u32.checked_sub(places)?)?;
    let nanosecond = digits(fraction, fraction.len())?.checked_mul(unit)?;
    Time::from_hms_nano(two_digits(hour)?, two_digits(minute)?, two_digits(second)?, nanosecond)
        .ok()
}

fn split_zone(text: &str) -> Option<(&str, UtcOffset)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, UtcOffset::UTC));
    }
    let (clock, zone) = text.rsplit_once(['+', '-'])?;
    let (hours, minutes) = zone.split_once(':')?;
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let minutes = i32::from(hours).checked_mul(60)?.checked_add(minutes.into())?;
    let sign = if text.contains('-') { -60 } else { 60 };
    Some((clock, UtcOffset::from_whole_seconds(minutes.checked_mul(sign)?).ok()?))
}

fn two_digits(text: &str) -> Option<u8> {
    digits(text, 2)?.try_into().ok()
}

fn digits(text: &str, width: usize) -> Option<u32> {
    // `parse` alone would take a sign.
    (text.len() == width && is_digits(text)).then(|| text.parse().ok()).flatten()
}

fn is_seconds(text: &str) -> bool {
    is_digits(text.strip_prefix('-').unwrap_or(text))
}

const YEARS: std::ops::RangeInclusive<i32> = 1..=9_999;

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn h10_a_moment_has_several_spellings() {
        for (text, moment) in [
            ("2026-01-31T12:00:00Z", datetime!(2026-01-31 12:00 UTC)),
            ("2026-01-31t12:00:00z", datetime!(2026-01-31 12:00 UTC)),
            ("2026-01-31T12:00:00+02:00", datetime!(2026-01-31 10:00 UTC)),
            ("2026-01-31T00:30:00-23:59", datetime!(2026-02-01 00:29 UTC)),
            ("2026-01-31T12:00:00-00:00", datetime!(2026-01-31 12:00 UTC)),
            ("2026-01-31T12:00:00.5Z", datetime!(2026-01-31 12:00:00.5 UTC)),
            ("2026-01-31T12:00:00.000000001Z", datetime!(2026-01-31 12:00:00.000_000_001 UTC)),
            ("2026-01-31", datetime!(2026-01-31 00:00 UTC)),
            ("2024-02-29", datetime!(2024-02-29 00:00 UTC)),
            ("0", datetime!(1970-01-01 00:00 UTC)),
            ("-1", datetime!(1969-12-31 23:59:59 UTC)),
            ("1767225600", datetime!(2026-01-01 00:00 UTC)),
            ("2026", datetime!(1970-01-01 00:33:46 UTC)),
        ] {
            assert_eq!(parse(text), Some(moment), "{text}");
        }
    }

    #[test]
    fn a_moment_is_written_so_that_it_is_read_back() {
        for (spelled, written) in [
            ("2026-01-31", "2026-01-31T00:00:00Z"),
            ("2026-01-31T12:00:00.250+02:00", "2026-01-31T10:00:00.25Z"),
            ("0", "1970-01-01T00:00:00Z"),
        ] {
            let moment = parse(spelled).unwrap();
            assert_eq!(text(moment), written);
            assert_eq!(parse(written), Some(moment));
        }
    }

    #[test]
    fn h10_the_hour_that_summer_time_takes_and_gives_is_told_apart_by_its_offset() {
        let order = [
            "2026-03-29T01:59:59+01:00",
            "2026-03-29T03:00:00+02:00",
            "2026-10-25T02:30:00+02:00",
            "2026-10-25T02:30:00+01:00",
        ];
        assert!(order.map(|text| parse(text).unwrap()).is_sorted_by(|one, other| one < other));
    }

    #[test]
    fn h10_the_years_are_1_to_9999_in_utc() {
        for (text, is_taken) in [
            ("0001-01-01", true),
            ("9999-12-31", true),
            ("9999-12-31T23:59:59.999999999Z", true),
            ("9999-12-31T23:59:59+01:00", true),
            ("9999-12-31T23:59:59-01:00", false),
            ("0001-01-01T00:30:00+01:00", false),
            ("0001-01-01T00:30:00-01:00", true),
            ("0000-12-31T23:30:00-01:00", true),
            ("0000-12-31", false),
            ("10000-01-01", false),
            ("-62135596800", true),
            ("-62135596801", false),
            ("253402300799", true),
            ("253402300800", false),
            ("99999999999999999999999", false),
        ] {
            assert_eq!(parse(text).is_some(), is_taken, "{text}");
        }
    }

    #[test]
    fn h10_what_is_no_moment_is_refused() {
        for text in [
            "",
            "-",
            "+1",
            "1.5",
            " 1",
            "2026-1-1",
            "2026-13-01",
            "2026-02-29",
            "2100-02-29",
            "2026-04-31",
            "26-01-01",
            "+2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00Z",
            "2026-01-01 00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2016-12-31T23:59:60Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00.0000000001Z",
            "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00+01:60",
            "2026-01-01T00:00:00+0100",
            "2026-01-01T00:00:00+01",
            "2026-01-01T00:00:00Europe/Berlin",
            "2026-01-01T+0:00:00Z",
            "20260101T000000Z",
            "2026-W01-1",
            "Thu, 01 Jan 2026 00:00:00 GMT",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
