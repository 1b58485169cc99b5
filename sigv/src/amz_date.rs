//! The times of signatures: `20130524T000000Z`, and the older forms of `Date`.

use http::HeaderValue;
use time::format_description::well_known::Rfc2822;
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

use crate::wire;

/// Writes `at` in UTC as `x-amz-date` has it, such as `20130524T000000Z`.
pub fn format(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    let (hour, minute, second) = at.to_hms();
    let mut text = format_date(at.date());
    text.push('T');
    for number in [hour, minute, second] {
        push_two_digits(&mut text, number.into());
    }
    text.push('Z');
    text
}

/// Writes `at` as the value of an `x-amz-date` header.
pub fn header_value(at: OffsetDateTime) -> HeaderValue {
    wire::header_value(format(at))
}

/// Writes `date` as a credential scope has it, such as `20130524`.
pub fn format_date(date: Date) -> String {
    let year = date.year().unsigned_abs();
    let mut text = String::with_capacity("00000000T000000Z".len());
    for number in [year / 100, year, u8::from(date.month()).into(), date.day().into()] {
        push_two_digits(&mut text, number);
    }
    text
}

/// Reads `20130524T000000Z` and nothing else.
pub fn parse(text: &str) -> Option<OffsetDateTime> {
    if !has_shape(text, "00000000T000000Z") {
        return None;
    }
    let date = parse_date(text.get(..8)?)?;
    let number = |from, to| text.get(from..to)?.parse().ok();
    let time = Time::from_hms(number(9, 11)?, number(11, 13)?, number(13, 15)?).ok()?;
    Some(OffsetDateTime::new_utc(date, time))
}

/// Reads `20130524` and nothing else.
pub fn parse_date(text: &str) -> Option<Date> {
    if !has_shape(text, "00000000") {
        return None;
    }
    let number = |from, to| text.get(from..to)?.parse::<u8>().ok();
    let month = Month::try_from(number(4, 6)?).ok()?;
    Date::from_calendar_date(text.get(..4)?.parse().ok()?, month, number(6, 8)?).ok()
}

/// Reads the `Date` of a request, in UTC: as [`parse`] does, or as HTTP has it (`Fri, 24 May 2013 00:00:00 GMT`), also
/// with `UTC` for its zone: rclone writes it so.
pub fn parse_http(text: &str) -> Option<OffsetDateTime> {
    let in_gmt = text.strip_suffix("UTC").map(|rest| format!("{rest}GMT"));
    let text = in_gmt.as_deref().unwrap_or(text);
    parse(text)
        .or_else(|| OffsetDateTime::parse(text, &Rfc2822).ok()?.checked_to_offset(UtcOffset::UTC))
}

/// Whether `text` has a digit wherever `shape` has `0`, and else what `shape` has.
fn has_shape(text: &str, shape: &str) -> bool {
    let fits = |(byte, expected)| {
        if expected == b'0' { u8::is_ascii_digit(&byte) } else { byte == expected }
    };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

/// Writes the last two digits of `number`.
fn push_two_digits(text: &mut String, number: u32) {
    let digit = |number| char::from_digit(number, 10).unwrap_or('0');
    text.push(digit(number / 10 % 10));
    text.push(digit(number % 10));
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn time_is_written_in_utc_and_reads_back() {
        let at = datetime!(2013-05-24 02:03:04 +2);
        assert_eq!(format(at), "20130524T000304Z");
        assert_eq!(parse("20130524T000304Z"), Some(at));
        assert_eq!(header_value(at), "20130524T000304Z");
    }

    #[test]
    fn date_reads_back() {
        assert_eq!(format_date(date!(2013 - 05 - 04)), "20130504");
        assert_eq!(parse_date("20130504"), Some(date!(2013 - 05 - 04)));
    }

    #[test]
    fn time_of_any_other_form_is_refused() {
        for text in [
            "",
            "20130524",
            "20130524T000000",
            "20130524t000000Z",
            "20130524T000000z",
            "2013-05-24T00:00:00Z",
            " 20130524T000000Z",
            "20130524T000000Z ",
            "+2013524T000000Z",
            "20131324T000000Z",
            "20130532T000000Z",
            "20130524T240000Z",
            "20130524T006000Z",
            "99999999T999999Z",
            "2013052４T00000Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        for text in ["", "2013052", "201305240", "20130230", "-0130524"] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn date_header_has_two_forms() {
        let at = datetime!(2013-05-24 00:00 UTC);
        assert_eq!(parse_http("20130524T000000Z"), Some(at));
        for zone in ["GMT", "UTC", "+0000"] {
            assert_eq!(
                parse_http(&format!("Fri, 24 May 2013 00:00:00 {zone}")),
                Some(at),
                "{zone}"
            );
        }
        let elsewhere = parse_http("Thu, 23 May 2013 20:00:00 -0400").unwrap();
        assert_eq!((elsewhere, elsewhere.date()), (at, at.date()));
        for text in ["yesterday", "UTC", "Fri, 24 May 2013 00:00:00 CET", "20130524T000000UTC"] {
            assert_eq!(parse_http(text), None, "{text}");
        }
    }
}
