//! Numbers, instants and networks, each read by its own definition.

use std::{cmp::Ordering, net::IpAddr};

/// A decimal number, `-?digits[.digits]`, of any length.
#[derive(Clone, Debug)]
pub(crate) struct Number {
    is_negative: bool,
    whole: String,
    fraction: String,
}

impl Number {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (is_negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (digits, ""),
        };
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !are_digits(whole) || !are_digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0').to_owned();
        let fraction = fraction.trim_end_matches('0').to_owned();
        // Nothing is less than nothing.
        let is_negative = is_negative && !(whole.is_empty() && fraction.is_empty());
        Some(Self { is_negative, whole, fraction })
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let size =
            |number: &Self| (number.whole.len(), number.whole.clone(), number.fraction.clone());
        match (self.is_negative, other.is_negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => size(self).cmp(&size(other)),
            (true, true) => size(other).cmp(&size(self)),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

/// A moment: nanoseconds since the beginning of 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(pub(crate) i128);

impl Instant {
    /// Reads a date and time with its zone, a date alone, or whole seconds since 1970, in the years 1 to 9999.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let start = |year| (days_before(year) - days_before(1970)) * 86_400 * SECOND;
        let instant = Self::parse_any(text)?;
        (start(1)..start(10_000)).contains(&instant.0).then_some(instant)
    }

    fn parse_any(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            // More digits than these are of no year that counts.
            return (digits.len() < 20)
                .then(|| Self(text.parse::<i128>().expect("digits") * SECOND));
        }
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let day = day(date)?;
        let Some(time) = time else { return Some(Self(day * 86_400 * SECOND)) };
        let (clock, zone) = if let Some(clock) = time.strip_suffix('Z') {
            (clock, 0)
        } else {
            let (clock, zone) = time.split_at(time.rfind(['+', '-'])?);
            let [hours, minutes] = numbers(&zone[1..], ":", &[2, 2])?;
            let ahead = hours * 3_600 + minutes * 60;
            (clock, if zone.starts_with('-') { -ahead } else { ahead })
        };
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
        let [hour, minute, second] = numbers(clock, ":", &[2, 2, 2])?;
        let seconds = day * 86_400 + hour * 3_600 + minute * 60 + second - zone;
        let nanoseconds = format!("{fraction:0<9}").parse::<i128>().ok()?;
        (hour < 24 && minute < 60 && second < 60).then_some(Self(seconds * SECOND + nanoseconds))
    }

    /// Whole seconds, as a number.
    pub(crate) fn seconds(self) -> Number {
        Number::parse(&self.0.div_euclid(SECOND).to_string()).expect("it is one")
    }

    /// RFC 3339 in UTC, whole seconds.
    pub(crate) fn text(self) -> String {
        let seconds = self.0.div_euclid(SECOND);
        let (mut left, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        left += days_before(1970);
        let mut year = left / 366;
        while left >= days_before(year + 1) {
            year += 1;
        }
        left -= days_before(year);
        let mut month = 1;
        while left >= days_in(year, month) {
            left -= days_in(year, month);
            month += 1;
        }
        let (hour, minute, second) = (clock / 3_600, clock / 60 % 60, clock % 60);
        format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", left + 1)
    }
}

/// The day of `2026-01-31`, counted from the first of 1970.
fn day(date: &str) -> Option<i128> {
    let [year, month, day] = numbers(date, "-", &[4, 2, 2])?;
    if !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) {
        return None;
    }
    let months = (1..month).map(|month| days_in(year, month)).sum::<i128>();
    Some(days_before(year) - days_before(1970) + months + day - 1)
}

/// The days of all years before `year`, from the year 0 on.
fn days_before(year: i128) -> i128 {
    let leaps = |every: i128| (year + every - 1).div_euclid(every);
    365 * year + leaps(4) - leaps(100) + leaps(400)
}

fn days_in(year: i128, month: i128) -> i128 {
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Numbers between separators, each of exactly so many digits.
fn numbers<const N: usize>(text: &str, separator: &str, widths: &[usize; N]) -> Option<[i128; N]> {
    let parts: Vec<_> = text.split(separator).collect();
    let fits = |(part, width): (&&str, &usize)| {
        part.len() == *width && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if parts.len() != N || !parts.iter().zip(widths).all(fits) {
        return None;
    }
    Some(std::array::from_fn(|at| parts[at].parse().expect("digits")))
}

/// The address that a mapped one stands for, or itself.
pub(crate) fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(mapped) => match mapped.octets() {
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d] => IpAddr::from([a, b, c, d]),
            _ => address,
        },
        IpAddr::V4(_) => address,
    }
}

/// Whether `address` begins with the bits that `network` says; mapped addresses are IPv4 on either side.
pub(crate) fn is_in_network(address: IpAddr, network: &str) -> bool {
    let (base, length) = match network.split_once('/') {
        Some((base, length)) => (base, Some(length.parse::<usize>().expect("a length"))),
        None => (network, None),
    };
    let base: IpAddr = base.parse().expect("an address in the document");
    let (address, wanted) = (bits(plain(address)), bits(plain(base)));
    // A mapped network counts the 96 bits before its IPv4 address too.
    let unseen = bits(base).len() - wanted.len();
    let length = length.map_or(wanted.len(), |length| length - unseen);
    address.len() == wanted.len() && address[..length] == wanted[..length]
}

fn bits(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("{:032b}", address.to_bits()),
        IpAddr::V6(address) => format!("{:0128b}", address.to_bits()),
    }
}

const SECOND: i128 = 1_000_000_000;
