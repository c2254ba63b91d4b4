//! The dates of HTTP (RFC 9110 §5.6.7): three forms read, one written.

use crate::time::{Calendar, Duration};

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [[u8; 3]; 12] = [*b"Jan", *b"Feb", *b"Mar", *b"Apr", *b"May", *b"Jun", *b"Jul", *b"Aug", *b"Sep", *b"Oct", *b"Nov", *b"Dec"];
const DAY_SECONDS: u64 = 86_400;
/// Days from 0001-01-01 to 1970-01-01.
const EPOCH_DAYS: u64 = days_before_year(1970);
/// 9999-12-31T23:59:59Z: four digits hold no later year.
const LAST_SECOND: u64 = (days_before_year(10_000) - EPOCH_DAYS) * DAY_SECONDS - 1;

/// Writes a time as IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT`; fractions of a second are cut off. A time after the year 9999 is
/// written as that year's last second.
pub fn format_imf(at: Calendar) -> [u8; 29] {
    let date = Date::of(at);
    let mut text = *b"Mon, 00 Jan 0000 00:00:00 GMT";
    text[..3].copy_from_slice(&DAYS[weekday(date.days())].as_bytes()[..3]);
    put(&mut text[5..7], date.day);
    text[8..11].copy_from_slice(&MONTHS[date.month]);
    put(&mut text[12..16], date.year);
    put(&mut text[17..19], date.hour);
    put(&mut text[20..22], date.minute);
    put(&mut text[23..25], date.second);
    text
}

/// Writes the day of a time, `1994-11-06` (ISO 8601).
pub fn format_day(at: Calendar) -> [u8; 10] {
    let date = Date::of(at);
    let mut text = *b"0000-00-00";
    put(&mut text[..4], date.year);
    put(&mut text[5..7], date.month as u64 + 1);
    put(&mut text[8..], date.day);
    text
}

/// Reads a date in any of the three forms, case and spaces exactly as the grammar has them; `None` for anything else, for a day that
/// the calendar does not have and for a day of the week that contradicts the date. A leap second (`:60`) is the second after it.
/// A date before 1970 reads as the beginning of 1970: no time that this program compares with is older.
///
/// `now` decides the century of the two-digit years of the RFC 850 form.
pub fn parse(text: &[u8], now: Calendar) -> Option<Calendar> {
    let (day_name, date) = read(text, now)?;
    // RFC 9110 §5.6.7: the grammar minds the case.
    (is_well_cased(text) && weekday(date.days()) == day_name).then(|| date.time())
}

/// The same with letters in any case, as a cache is to read them (RFC 9111 §4.2), and whatever day of the week it says: that is a comment
/// on the date, and a wrong one is no reason to take the date for the past.
pub fn parse_in_any_case(text: &[u8], now: Calendar) -> Option<Calendar> {
    read(text, now).map(|(_, date)| date.time())
}

/// The day of the week it says, and a date that exists.
fn read(text: &[u8], now: Calendar) -> Option<(usize, Date)> {
    let (day_name, date) = match text.get(3)? {
        b',' => imf_fixdate(text)?,
        b' ' => asctime(text)?,
        _ => rfc850(text, now)?,
    };
    let exists = date.year > 0 && (1..=month_days(date.year, date.month)).contains(&date.day);
    let clock = date.hour < 24 && date.minute < 60 && date.second <= 60;
    (exists && clock).then_some((day_name, date))
}

/// Names begin with a capital and go on without, but for `GMT`.
fn is_well_cased(text: &[u8]) -> bool {
    text.split(|byte| !byte.is_ascii_alphabetic()).all(|word| match word {
        [] | b"GMT" => true,
        [first, rest @ ..] => first.is_ascii_uppercase() && rest.iter().all(u8::is_ascii_lowercase),
    })
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
fn imf_fixdate(text: &[u8]) -> Option<(usize, Date)> {
    let fixed = text.len() == 29 && text[3..5] == *b", " && text[7] == b' ' && text[11] == b' ' && text[16] == b' ' && is_gmt(&text[25..]);
    if !fixed {
        return None;
    }
    let date = Date { year: number(&text[12..16])?, month: month(&text[8..11])?, day: number(&text[5..7])?, ..clock(&text[17..25])? };
    Some((short_day(&text[..3])?, date))
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`
fn rfc850(text: &[u8], now: Calendar) -> Option<(usize, Date)> {
    let comma = text.iter().position(|byte| *byte == b',')?;
    let day_name = DAYS.iter().position(|day| day.as_bytes().eq_ignore_ascii_case(&text[..comma]))?;
    let rest = text[comma + 1..].strip_prefix(b" ")?;
    let fixed = rest.len() == 22 && rest[2] == b'-' && rest[6] == b'-' && rest[9] == b' ' && is_gmt(&rest[18..]);
    if !fixed {
        return None;
    }
    let mut date = Date { year: number(&rest[7..9])?, month: month(&rest[3..6])?, day: number(&rest[..2])?, ..clock(&rest[10..18])? };
    // RFC 9110 §5.6.7: what appears to be more than 50 years in the future is the most recent past year with the same last digits.
    let now = Date::of(now);
    let horizon = Date { year: now.year + 50, ..now };
    date.year += (horizon.year / 100) * 100;
    if date > horizon {
        date.year -= 100;
    }
    Some((day_name, date))
}

/// `Sun Nov  6 08:49:37 1994`
fn asctime(text: &[u8]) -> Option<(usize, Date)> {
    let fixed = text.len() == 24 && text[7] == b' ' && text[10] == b' ' && text[19] == b' ';
    if !fixed {
        return None;
    }
    let day = if text[8] == b' ' { number(&text[9..10])? } else { number(&text[8..10])? };
    let date = Date { year: number(&text[20..])?, month: month(&text[4..7])?, day, ..clock(&text[11..19])? };
    Some((short_day(&text[..3])?, date))
}

/// `08:49:37`, eight bytes; the day is left empty.
fn clock(text: &[u8]) -> Option<Date> {
    if text[2] != b':' || text[5] != b':' {
        return None;
    }
    let (hour, minute, second) = (number(&text[..2])?, number(&text[3..5])?, number(&text[6..])?);
    Some(Date { year: 0, month: 0, day: 0, hour, minute, second })
}

fn is_gmt(text: &[u8]) -> bool {
    text.eq_ignore_ascii_case(b" GMT")
}

fn short_day(text: &[u8]) -> Option<usize> {
    DAYS.iter().position(|day| day.as_bytes()[..3].eq_ignore_ascii_case(text))
}

fn month(text: &[u8]) -> Option<usize> {
    let [first, second, third] = *text else { return None };
    let word = [first.to_ascii_uppercase(), second.to_ascii_lowercase(), third.to_ascii_lowercase()];
    MONTHS.iter().position(|month| *month == word)
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u64::from(digit - b'0')))
}

fn put(into: &mut [u8], mut number: u64) {
    for place in into.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// A date as people write it, in the order in which dates compare.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Date {
    year: u64,
    /// 0 for January.
    month: usize,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
}

impl Date {
    fn of(at: Calendar) -> Date {
        let seconds = at.0.as_secs().min(LAST_SECOND);
        let days = EPOCH_DAYS + seconds / DAY_SECONDS;
        // 400 years have 146,097 days: the guess is right, or one year too early.
        let mut year = 1 + days * 400 / 146_097;
        while days_before_year(year) > days {
            year -= 1;
        }
        while days_before_year(year + 1) <= days {
            year += 1;
        }
        let mut day = days - days_before_year(year);
        let mut month = 0;
        while day >= month_days(year, month) {
            day -= month_days(year, month);
            month += 1;
        }
        let second = seconds % DAY_SECONDS;
        Date { year, month, day: day + 1, hour: second / 3600, minute: second / 60 % 60, second: second % 60 }
    }

    /// The time that it names, or the beginning of 1970.
    fn time(&self) -> Calendar {
        let seconds = self.days() * DAY_SECONDS + self.hour * 3600 + self.minute * 60 + self.second;
        Calendar(Duration::from_secs(seconds.saturating_sub(EPOCH_DAYS * DAY_SECONDS)))
    }

    /// Days since 0001-01-01.
    fn days(&self) -> u64 {
        days_before_year(self.year) + (0..self.month).map(|month| month_days(self.year, month)).sum::<u64>() + self.day - 1
    }
}

/// 0001-01-01 was a Monday in the calendar that we have.
fn weekday(days: u64) -> usize {
    (days % 7) as usize
}

/// Days from 0001-01-01 to the first of January of `year`, which is at least 1.
const fn days_before_year(year: u64) -> u64 {
    let past = year - 1;
    past * 365 + past / 4 - past / 100 + past / 400
}

fn month_days(year: u64, month: usize) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 if leap => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests;
