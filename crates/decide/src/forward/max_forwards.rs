//! `Max-Forwards` (RFC 9110 §7.6.2).

use wire::http::{Known, Method, RequestHead};

/// What `Max-Forwards` asks of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxForwards {
    /// Forward; [`super::request_fields`] writes the number less one.
    Forward,
    /// It has come to zero: answer as if we were the origin.
    AnswerHere,
}

/// Counts for TRACE and OPTIONS only. A value that is no number is no request to stop.
pub fn max_forwards(head: &RequestHead) -> MaxForwards {
    let ends = counts(&head.method) && head.fields.all(Known::MaxForwards).any(|value| number(value) == Some(0));
    if ends { MaxForwards::AnswerHere } else { MaxForwards::Forward }
}

pub(super) fn counts(method: &Method) -> bool {
    matches!(method, Method::Trace | Method::Options)
}

/// Any number of digits; one too large for us is as good as the largest.
pub(super) fn number(value: &[u8]) -> Option<u64> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    let more = |sum: u64, byte| digit(byte).map(|digit| sum.saturating_mul(10).saturating_add(digit));
    if value.is_empty() { None } else { value.iter().try_fold(0, more) }
}
