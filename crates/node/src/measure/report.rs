//! A report as it comes: a small JSON object, read strictly.
//!
//! ```json
//! { "leave": "0000…", "times": { "fra": 12.3, "sin": 180.25 } }
//! ```

use decide::config::Pop;
use decide::time::Duration;
use serde_json::Value;

/// Bytes of a report, at the most.
pub(crate) const MOST_BYTES: u64 = 4096;

/// Why a report is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Method,
    CrossSite,
    Body,
    Malformed,
    UnknownPlace,
    NoAddress,
    Forged,
    Over,
    Used,
    Full,
    Again,
    TooMany,
    Impossible,
    Off,
}

impl Refusal {
    /// Status, the word that is counted, and a sentence for who reads the answer.
    pub(crate) const fn told(self) -> (u16, &'static str, &'static str) {
        match self {
            Refusal::Method => (405, "method", "a report is sent by POST"),
            Refusal::CrossSite => (403, "cross-site", "a page of another site may not make its visitors report"),
            Refusal::Body => (413, "body", "the body is too long for a report, or did not come"),
            Refusal::Malformed => (400, "malformed", "the body is no report: docs/guide/nearest-by-http.md says what is"),
            Refusal::UnknownPlace => (400, "unknown-place", "it tells of a place that is none of this steering's"),
            Refusal::NoAddress => (400, "no-address", "nobody knows from which address it comes"),
            Refusal::Forged => (403, "forged", "this leave to report was not given to this client's network"),
            Refusal::Over => (403, "over", "the leave to report is over: load the script again"),
            Refusal::Used => (409, "used", "the leave was used: load the script again"),
            Refusal::Full => (503, "full", "too many reports have come lately"),
            Refusal::Again => (429, "again", "this address has reported within the last minute"),
            Refusal::TooMany => (429, "too-many", "this network has reported as often as it may in a minute"),
            Refusal::Impossible => (400, "impossible", "it tells of nothing, or of a time that nothing takes"),
            Refusal::Off => (404, "off", "clients do not measure for this steering"),
        }
    }
}

/// What a report says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Report {
    /// The leave, as it was shown.
    pub(crate) leave: String,
    /// Places (indices of the configuration), and how long a round trip took.
    pub(crate) times: Vec<(u16, Duration)>,
}

/// Reads a report about places of this steering.
pub(crate) fn read(body: &[u8], pops: &[Pop], steered: &[usize]) -> Result<Report, Refusal> {
    let Ok(Value::Object(mut report)) = serde_json::from_slice(body) else { return Err(Refusal::Malformed) };
    let (Some(Value::String(leave)), Some(Value::Object(told)), true) = (report.remove("leave"), report.remove("times"), report.is_empty())
    else {
        return Err(Refusal::Malformed);
    };
    if told.is_empty() || told.len() > super::MOST_PLACES {
        return Err(Refusal::Malformed);
    }
    let mut times = Vec::with_capacity(told.len());
    for (name, time) in &told {
        let pop = steered.iter().find(|index| pops[**index].name == *name).ok_or(Refusal::UnknownPlace)?;
        let millis = time.as_f64().ok_or(Refusal::Malformed)?;
        let time = Duration::try_from_secs_f64(millis / 1000.0).map_err(|_| Refusal::Impossible)?;
        times.push((u16::try_from(*pop).map_err(|_| Refusal::UnknownPlace)?, time));
    }
    Ok(Report { leave, times })
}
