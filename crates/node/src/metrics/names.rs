//! What a name server counts: on the way of a query, so that no step is needed for it.

use super::cells::{Counter, PerWorker};

/// Response codes that are counted apart; all others are the last.
pub const CODES: [&str; 9] = ["noerror", "formerr", "servfail", "nxdomain", "notimp", "refused", "badvers", "badcookie", "other"];

/// The counters of a role.
pub(crate) struct NameCells {
    role: &'static str,
    workers: PerWorker<NamePart>,
}

/// What one worker counts.
#[derive(Default)]
pub(crate) struct NamePart {
    udp: Counter,
    tcp: Counter,
    codes: [Counter; CODES.len()],
    truncated: Counter,
    pub(crate) malformed: Counter,
    pub(crate) limited: Counter,
    pub(crate) slipped: Counter,
    pub(crate) cookies: Counter,
    pub(crate) subnets: Counter,
    pub(crate) streams: Counter,
    pub(crate) turned_away: Counter,
    pub(crate) unsent: Counter,
    pub(crate) failed: Counter,
}

/// What a name server has done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NameCounts {
    /// `authority` or `resolver`.
    pub role: &'static str,
    /// Queries that came by UDP.
    pub udp: u64,
    /// Queries that came by TCP.
    pub tcp: u64,
    /// Answers, by [`CODES`].
    pub codes: [u64; CODES.len()],
    /// Of those, cut to fit.
    pub truncated: u64,
    /// Queries that could not be read, or were none.
    pub malformed: u64,
    /// Answers that were not sent, because their client's network had had too many.
    pub limited: u64,
    /// Answers over that limit that were sent cut, or as a demand for a cookie.
    pub slipped: u64,
    /// Queries with a cookie of ours.
    pub cookies: u64,
    /// Queries with a client's subnet.
    pub subnets: u64,
    /// TCP connections.
    pub streams: u64,
    /// TCP connections that there was no room for.
    pub turned_away: u64,
    /// Answers that the system would not send.
    pub unsent: u64,
    /// Times that the system would not receive or accept.
    pub failed: u64,
}

impl NameCells {
    pub(crate) fn new(role: &'static str, workers: usize) -> NameCells {
        NameCells { role, workers: PerWorker::new(workers) }
    }

    /// The part that this worker writes, and nobody else.
    pub(crate) fn of(&self, worker: usize) -> &NamePart {
        self.workers.of(worker)
    }

    pub(super) fn counts(&self) -> NameCounts {
        let sum = |counter: fn(&NamePart) -> &Counter| self.workers.sum(counter);
        NameCounts {
            role: self.role,
            udp: sum(|part| &part.udp),
            tcp: sum(|part| &part.tcp),
            codes: self.workers.sums(|part| &part.codes),
            truncated: sum(|part| &part.truncated),
            malformed: sum(|part| &part.malformed),
            limited: sum(|part| &part.limited),
            slipped: sum(|part| &part.slipped),
            cookies: sum(|part| &part.cookies),
            subnets: sum(|part| &part.subnets),
            streams: sum(|part| &part.streams),
            turned_away: sum(|part| &part.turned_away),
            unsent: sum(|part| &part.unsent),
            failed: sum(|part| &part.failed),
        }
    }
}

impl NamePart {
    /// A query came.
    pub(crate) fn asked(&self, tcp: bool) {
        if tcp { self.tcp.add(1) } else { self.udp.add(1) }
    }

    /// An answer goes out.
    pub(crate) fn answered(&self, code: u16, truncated: bool) {
        let index = match code {
            0..=5 => usize::from(code),
            16 => 6,
            23 => 7,
            _ => 8,
        };
        self.codes[index].add(1);
        self.truncated.add(u64::from(truncated));
    }
}
