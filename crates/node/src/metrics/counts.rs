//! What was counted, as plain data. Everything counts from the start of the process, each kind in the order of its names.

use super::{LedCounts, NameCounts};
use decide::time::{Calendar, Duration};

/// Classes of status codes; `none`: no status was sent.
pub const CLASSES: [&str; 6] = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];

/// Whose doing: the words of [`decide::step::Side`].
pub const SIDES: [&str; 3] = ["client", "us", "backend"];

/// How coded content came to a client: the words of step `encoded`.
pub const ENCODED: [&str; 3] = ["made", "shared", "stored"];

/// What decides where a client is redirected to: the words of `redirected-to-pop`.
pub const LED_BY: [&str; 5] = ["measured", "topology", "geography", "default", "next-best"];

/// What becomes of a client's report: `taken`, or the words of `report-refused`.
pub const REPORTS: [&str; 15] = [
    "taken",
    "method",
    "cross-site",
    "body",
    "malformed",
    "unknown-place",
    "no-address",
    "forged",
    "over",
    "used",
    "full",
    "again",
    "too-many",
    "impossible",
    "off",
];

/// What a push can be: the words of `push-accepted`.
pub const PUSHED_BY: [&str; 2] = ["notice", "content"];

/// What a URL can be asked for without a client's asking, and what comes of it: the words of `fed`.
pub const FED_BY: [&str; 3] = ["notice", "prefetch", "link"];
/// See [`FED_BY`].
pub const FED_OUTCOMES: [&str; 6] = ["stored", "current", "fresh", "not-stored", "failed", "unserved"];

/// What becomes of zones that other servers ask for: the steps `transferred`, `transfer-refused` and `transfer-broke`.
pub const TRANSFERS: [&str; 3] = ["served", "refused", "broke"];

/// What becomes of telling a server that a zone has changed: the steps `notified` and `notify-failed`.
pub const NOTIFIED: [&str; 2] = ["acknowledged", "failed"];

/// TLS handshakes by the version agreed on, and whether a session was resumed.
pub const HANDSHAKES: [(&str, bool); 4] = [("TLSv1.2", false), ("TLSv1.2", true), ("TLSv1.3", false), ("TLSv1.3", true)];

/// The upper bounds of a histogram's buckets but the last, which has none. A span equal to a bound belongs below it.
pub const LATENCY_BOUNDS: [Duration; 16] = {
    let micros = [
        500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
        30_000_000, 60_000_000,
    ];
    let mut bounds = [Duration::ZERO; 16];
    let mut at = 0;
    while at < bounds.len() {
        bounds[at] = Duration::from_micros(micros[at]);
        at += 1;
    }
    bounds
};

/// All of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// By name; the one without a name is for requests that no site served.
    pub sites: Vec<SiteCounts>,
    /// By name.
    pub pools: Vec<PoolCounts>,
    /// By pool and name.
    pub backends: Vec<BackendCounts>,
    /// By address.
    pub listeners: Vec<ListenerCounts>,
    /// The process as a whole.
    pub process: ProcessCounts,
    /// The name server, in each of its roles.
    pub names: Vec<NameCounts>,
    /// By steering.
    pub led: Vec<LedCounts>,
}

/// Spans of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistogramCounts {
    /// How many fell between one bound of [`LATENCY_BOUNDS`] and the next; the last: above all.
    pub buckets: [u64; LATENCY_BOUNDS.len() + 1],
    /// Of all spans.
    pub sum: Duration,
}

impl HistogramCounts {
    /// How many spans.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

/// A site.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SiteCounts {
    /// Its name.
    pub name: String,
    /// Requests that are over, by [`CLASSES`] of the status sent.
    pub requests: [u64; CLASSES.len()],
    /// Of those, refused for a rule, by [`SIDES`].
    pub refused: [u64; SIDES.len()],
    /// Of those, ended before their answer was whole, by [`SIDES`].
    pub broken_off: [u64; SIDES.len()],
    /// Bytes of bodies, and of tunnels, from clients.
    pub received: u64,
    /// Bytes of bodies, and of tunnels, to clients.
    pub sent: u64,
    /// Requests that became tunnels, or WebSockets that end here.
    pub tunnels: u64,
    /// Requests answered by what was stored.
    pub cache_hits: u64,
    /// Requests, on routes that store answers, for which the origin had to be asked.
    pub cache_misses: u64,
    /// Of those, requests that another's answer served.
    pub collapsed: u64,
    /// Answers stored.
    pub cache_stored: u64,
    /// Answers sent in a coding made here, by [`ENCODED`].
    pub encoded: [u64; ENCODED.len()],
    /// Bytes of their content before.
    pub encoded_from: u64,
    /// Bytes of it after.
    pub encoded_to: u64,
    /// What coding took of the workers' time.
    pub encode_time: Duration,
    /// Requests that were sent early hints.
    pub hinted: u64,
    /// Requests redirected to a place, by [`LED_BY`].
    pub led: [u64; LED_BY.len()],
    /// Reports of clients that measured, by [`REPORTS`].
    pub reports: [u64; REPORTS.len()],
    /// From the first byte of a request to the last of its answer; without tunnels.
    pub duration: HistogramCounts,
    /// Certificates that were ordered for it and came.
    pub certificates_issued: u64,
    /// Orders of a certificate for it that failed.
    pub certificates_failed: u64,
}

/// A pool.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PoolCounts {
    /// Its name.
    pub name: String,
    /// Second and later tries.
    pub retries: u64,
    /// Requests answered 503 because no backend could have them.
    pub no_backend: u64,
    /// What requests waited that got a backend after all.
    pub queue_wait: HistogramCounts,
}

/// A backend.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BackendCounts {
    /// Its pool.
    pub pool: String,
    /// Its name.
    pub name: String,
    /// Requests given to it, each try counted.
    pub requests: u64,
    /// Its answers, by [`CLASSES`].
    pub answers: [u64; CLASSES.len()],
    /// Its failures, by the error types of RFC 9209 §2.3; every type is there.
    pub failures: Vec<(&'static str, u64)>,
    /// Requests that went over a kept connection.
    pub reused: u64,
    /// New connections, and what they took to open.
    pub connect: HistogramCounts,
    /// From the request sent to the head of the answer.
    pub answer_time: HistogramCounts,
    /// How often the probes said that it is up again.
    pub went_up: u64,
    /// How often they said that it is down.
    pub went_down: u64,
    /// How often it was ejected for failures in real traffic.
    pub ejections: u64,
    /// How often its name could not be resolved.
    pub resolve_failures: u64,
}

/// A listener.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListenerCounts {
    /// Its address.
    pub address: String,
    /// Requests that came in here.
    pub requests: u64,
    /// TLS handshakes by [`HANDSHAKES`].
    pub handshakes: [u64; HANDSHAKES.len()],
    /// TLS handshakes that came to nothing, by [`SIDES`].
    pub failed_handshakes: [u64; SIDES.len()],
    /// How often accepting paused for want of descriptors.
    pub pauses: u64,
    /// The end of the latest pause.
    pub paused_until: Calendar,
}

/// The process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessCounts {
    /// Configurations put into force after the first.
    pub reloads: u64,
    /// Configurations refused.
    pub refused_reloads: u64,
    /// Lines that the access log dropped.
    pub dropped_log_lines: u64,
    /// What is kept of certificates could not be read, written or used.
    pub store_failures: u64,
    /// Pushes accepted, in the order of [`PUSHED_BY`].
    pub pushed: [u64; PUSHED_BY.len()],
    /// URLs asked for without a client's asking, in the order of [`FED_BY`] and [`FED_OUTCOMES`].
    pub fed: [[u64; FED_OUTCOMES.len()]; FED_BY.len()],
    /// Zones asked for by other servers, in the order of [`TRANSFERS`].
    pub transfers: [u64; TRANSFERS.len()],
    /// Notices sent to other servers, each try counted, once it is known what came of them.
    pub notices: u64,
    /// What came of them, in the order of [`NOTIFIED`].
    pub notified: [u64; NOTIFIED.len()],
}
