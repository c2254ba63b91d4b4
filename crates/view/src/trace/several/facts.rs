//! What can differ between two journeys, apart from times.

use crate::text::shown;
use crate::trace::quantity::size;
use decide::step::{Journey, Step, Text};

/// Names and values, in the order of the path; of the last leg.
pub(super) type Facts = Vec<(&'static str, String)>;

/// Fields of the answer that are worth a comparison.
const FIELDS: [(&str, &str); 8] = [
    ("type", "content-type"),
    ("coding", "content-encoding"),
    ("cache", "cache-status"),
    ("x-cache", "x-cache"),
    ("age", "age"),
    ("cache-control", "cache-control"),
    ("server", "server"),
    ("via", "via"),
];

pub(super) fn of(journey: &Journey) -> Facts {
    let mut facts = Facts::new();
    let text = |text: Text| shown(&String::from_utf8_lossy(journey.text(text))).into_owned();
    let (mut address, mut security, mut signed) = (None, None, None);
    for (_, step) in journey.steps() {
        match *step {
            Step::UrlRead { .. } => facts.clear(),
            Step::ConnectionOpened { remote, .. } | Step::ConnectionReused { remote } => address = Some(text(remote)),
            Step::TlsCertificate { place: 0, issuer, .. } => signed = Some(text(issuer)),
            Step::Secured { version, cipher, .. } => security = Some(format!("{}, {cipher}", version.replace("TLSv", "TLS "))),
            Step::HeadReceived { status, version, head, interim: false, .. } => {
                facts.extend([("protocol", version.to_string()), ("status", status.to_string())]);
                facts.extend(fields(journey.text(head)));
            }
            Step::BodyReceived { size: bytes, .. } => facts.push(("bytes", size(bytes.0))),
            Step::Arrived { legs: legs @ 2.., .. } => facts.push(("redirects", (legs - 1).to_string())),
            _ => {}
        }
    }
    let before = [("address", address), ("security", security), ("signed by", signed)];
    let before = before.into_iter().filter_map(|(name, value)| Some((name, value?)));
    before.chain(facts).collect()
}

fn fields(head: &[u8]) -> Facts {
    let head = String::from_utf8_lossy(head);
    let named = |field: &str| {
        let values = head.lines().filter_map(|line| line.split_once(':')).filter(|(name, _)| name.eq_ignore_ascii_case(field));
        values.map(|(_, value)| shown(value.trim()).into_owned()).collect::<Vec<_>>().join(", ")
    };
    FIELDS.iter().map(|(name, field)| (*name, named(field))).filter(|(_, value)| !value.is_empty()).collect()
}
