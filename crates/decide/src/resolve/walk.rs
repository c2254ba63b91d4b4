//! One lookup: from a name and a type to records, over zones and aliases.

use super::question::QuestionId;
use super::zone::Zone;
use crate::time::{Duration, Instant};
use alloc::string::String;
use alloc::vec::Vec;
use wire::dns::{Name, Record, RecordType};

/// A lookup, by the order in which they began.
pub(super) type WalkId = usize;

/// RFC 9156 §2.3: so many parts of a name are asked for one by one.
const ONE_BY_ONE: usize = 4;
/// And so many in all, with several labels at a time: names may have a hundred labels.
const PARTS: usize = 10;

/// A lookup and how far it has come.
pub(super) struct Walk {
    pub(super) kind: RecordType,
    /// The name asked for, and all that it is an alias for; the last is looked up now.
    pub(super) names: Vec<Name>,
    /// The aliases that led from one to the next, as records.
    pub(super) chain: Vec<Record>,
    /// The least time to live on the way.
    pub(super) ttl: Duration,
    /// The questions that need the address of this server.
    pub(super) parents: Vec<(QuestionId, Name)>,
    pub(super) depth: u32,
    pub(super) zone: Zone,
    /// How many labels of the name, counted from the root, are known to be in `zone`.
    pub(super) known: usize,
    /// How many parts of the name were asked for.
    pub(super) parts: usize,
    /// The whole name is asked for from now on.
    pub(super) whole: bool,
    pub(super) began: Instant,
    pub(super) outcome: Option<Outcome>,
}

/// How a lookup ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// These records.
    Records { records: Vec<Record>, ttl: Duration },
    /// There is no such name. The SOA that says so, if one does, holds as long as this.
    NoName(Option<Record>),
    /// The name is there, and has no such record.
    NoData(Option<Record>),
    /// Nobody could tell.
    Failed(String),
    /// The limits are reached.
    TooMuch(&'static str),
}

impl Walk {
    /// The name that is looked up now.
    pub(super) fn name(&self) -> &Name {
        self.names.last().expect("a lookup begins with a name")
    }

    /// The zone in which to look now.
    pub(super) fn enter(&mut self, zone: Zone) {
        self.known = zone.name.depth();
        self.zone = zone;
    }

    /// The name to ask for now: one part more of it than is known, so that a server learns no more than it needs (RFC 9156 §2).
    pub(super) fn next_name(&mut self, minimise: bool) -> Name {
        let (whole, known) = (self.name().depth(), self.known);
        if !minimise || self.whole || known >= whole || self.parts >= PARTS {
            return self.name().clone();
        }
        let step = if self.parts < ONE_BY_ONE { 1 } else { (whole - known).div_ceil(PARTS - self.parts) };
        let part = self.name().last_labels(known + step);
        // RFC 9156 §2.3: labels with an underscore are never the top of a zone of their own.
        if part.is_service_label() {
            return self.name().clone();
        }
        self.parts += 1;
        part
    }
}
