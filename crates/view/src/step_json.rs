//! What the writers of JSON share: a step, as the catalogue has it, and a time.

use crate::access_log::Date;
use decide::time::Calendar;
use std::fmt::Write;

pub(crate) use decide::step::json::{fields, key, list, object, seconds, string};

/// Appends a time in the calendar, to the microsecond.
pub(crate) fn calendar(at: Calendar, out: &mut String) {
    let (date, micros) = (Date::of(at), at.0.subsec_micros());
    let (year, month, day, clock) = (date.year(), date.month_number(), date.day(), date.clock());
    let _ = write!(out, "{year}-{month:02}-{day}T{clock}.{micros:06}Z");
}
