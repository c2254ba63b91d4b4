//! Both ends of a request told as one: what a server tells of its side, to whom, and where its steps stand in the client's time.
//!
//! The client shows a token with its request, and names the request by `traceparent` (W3C Trace Context). Afterwards it asks for
//! [`Parent::path`], with the token again, and gets [`text`]. docs/guide/trace-wire.md describes the way to others.

use crate::config::{Config, TokenHash, names};
use crate::forward::request_id;
use crate::step::{Journey, JourneyId, json};
use crate::time::{Duration, Instant};
use alloc::format;
use alloc::string::String;
use core::fmt::Write;

/// The version of what [`text`] writes. Fields and steps are added under the same version; nothing is renamed or taken away.
pub const VERSION: &str = "throughline.journey/1";

/// Where a server is asked for its side; a key follows.
const PLACE: &str = "/.throughline/journey/";

/// What `traceparent` says: one request of one journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parent {
    /// The journey: what all its requests share.
    pub trace: JourneyId,
    /// This request.
    pub request: u64,
}

impl Parent {
    /// Reads the field's value (Trace Context §3.2). Of a later version as much as this one knows is read (§4.3).
    pub fn read(value: &[u8]) -> Option<Parent> {
        let parts: [&[u8]; 4] = [value.get(..2)?, value.get(3..35)?, value.get(36..52)?, value.get(53..55)?];
        let [version, trace, request, flags] = parts.map(digits);
        let dashes = [2, 35, 52].iter().all(|at| value[*at] == b'-');
        let ends = value.len() == 55 || (version? != 0 && value[55] == b'-');
        let (trace, request) = (trace?, u64::try_from(request?).ok()?);
        (dashes && ends && version? != 0xff && flags.is_some() && trace != 0 && request != 0)
            .then_some(Parent { trace: JourneyId(trace), request })
    }

    /// The field's value. The last flag says that the sender keeps what it learns.
    pub fn value(&self) -> String {
        format!("00-{:032x}-{:016x}-01", self.trace.0, self.request)
    }
}

/// Lower-case hexadecimal digits alone.
fn digits(text: &[u8]) -> Option<u128> {
    let digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f').then(|| (*byte as char).to_digit(16)).flatten();
    text.iter().try_fold(0, |number, byte| Some((number << 4) | u128::from(digit(byte)?)))
}

/// Under what a server keeps its side of a request: who showed this token asks by this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The token.
    pub token: TokenHash,
    /// The request.
    pub parent: Parent,
}

impl Parent {
    /// Where the server that the request went to is asked for its side.
    pub fn path(&self) -> String {
        format!("{PLACE}{:032x}-{:016x}", self.trace.0, self.request)
    }

    /// The request whose journey is asked for by this path, if one is.
    pub fn of_path(path: &[u8]) -> Option<Parent> {
        let name = path.strip_prefix(PLACE.as_bytes())?;
        Parent::read(&[b"00-", name, b"-01"].concat())
    }
}

/// A journey as a server tells it: one JSON object.
pub fn text(journey: &Journey, config: &Config) -> String {
    let mut out = format!("{{\"schema\":\"{VERSION}\"");
    json::key("server", &mut out);
    json::string(config.server.name.as_bytes(), &mut out);
    json::key("id", &mut out);
    json::string(&request_id(journey.id), &mut out);
    let _ = write!(out, ",\"began_us\":{}", journey.calendar.0.as_micros());
    json::key("steps", &mut out);
    out.push('[');
    for (number, (at, step)) in journey.steps().iter().enumerate() {
        out.push_str(if number == 0 { "" } else { "," });
        json::object(journey, *at, step, &|value| names::of(config, value), &mut out);
    }
    out.push_str("]}\n");
    out
}

/// Where a server's steps stand in the client's time. Their clocks are never compared, for no two agree: what is known is that the server
/// began after the request was sent, and had decided what it answers before the answer was here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placing {
    /// When the request was sent.
    pub sent: Instant,
    /// When the head of its answer was here.
    pub answered: Instant,
    /// When all of it was here.
    pub ended: Instant,
}

impl Placing {
    /// The server's beginning of the request in the client's time, and how far from it the truth may be, either way. `decided` is when the
    /// server had the last thing that its answer's head depends on, `took` when it was done; both from its beginning.
    ///
    /// As NTP does (RFC 5905 §8), what is left of the round trip is given to both ways alike.
    pub fn begin(&self, decided: Duration, took: Duration) -> (Instant, Duration) {
        let head = self.answered.since(self.sent).saturating_sub(decided);
        let whole = self.ended.since(self.sent).saturating_sub(took);
        let half = head.min(whole) / 2;
        (self.sent + half, half)
    }

    /// Where a step stands that the server had so long after it began: never before the request was sent, nor after the answer's end.
    pub fn place(&self, begin: Instant, after: Duration) -> Instant {
        (begin + after).clamp(self.sent, self.ended.max(self.sent))
    }
}

/// Whether an answer's head depends on this step of a server.
pub fn decides(step: &str) -> bool {
    [
        "refused",
        "routed",
        "unrouted",
        "cache-hit",
        "cache-miss",
        "picked",
        "connected",
        "answered",
        "made",
        "file-chosen",
        "redirected-to-pop",
    ]
    .contains(&step)
}

#[cfg(test)]
mod tests;
