//! A name that there is in a zone, and what it has.

use super::SetId;
use super::prepared::Ready;
use crate::config::{DynamicSet, Source};
use alloc::vec::Vec;
use wire::dns::{Data, Name, RecordType};

/// A name of a zone, with records, or with names below it that have some (an empty non-terminal).
#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: Name,
    /// Index into the zones.
    pub(super) zone: usize,
    pub(super) place: Place,
    /// A deeper zone of ours has this name, or would have it: only asked of this zone by name.
    pub(super) hidden: bool,
    /// The node of the asterisk below it (RFC 4592 §3.3.1: its source of synthesis).
    pub(super) wildcard: Option<usize>,
    /// By ascending type; none twice.
    pub(super) sets: Vec<Held>,
    /// Answers written beforehand, by ascending type.
    pub(super) ready: Vec<(RecordType, Ready)>,
    /// The same for all that is delegated here.
    pub(super) referral: Option<u32>,
}

/// Where in a zone a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Its own name is the zone's.
    Apex,
    /// The zone answers for it.
    Inside,
    /// It is delegated: it has NS records, and is not the zone's name.
    Cut,
    /// It is below this node, which is delegated: glue, or occluded (RFC 2136 §7.18).
    BelowCut(usize),
    /// It is below this node, which has a DNAME, so that it can never be reached (RFC 6672 §2.4).
    BelowDname(usize),
}

/// The records of one type.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) kind: RecordType,
    pub(super) ttl: u32,
    pub(super) what: What,
    /// The signatures of this set (RFC 4034 §3): RRSIG data.
    pub(super) signatures: Vec<Data>,
}

#[derive(Debug)]
pub(super) enum What {
    /// These, for everybody.
    Fixed(Vec<Data>),
    /// It depends.
    Dynamic(SetId),
}

impl Node {
    pub(super) fn held(&self, kind: RecordType) -> Option<&Held> {
        self.sets.binary_search_by_key(&kind, |held| held.kind).ok().map(|place| &self.sets[place])
    }

    /// The records of a static set.
    pub(super) fn fixed(&self, kind: RecordType) -> &[Data] {
        match self.held(kind).map(|held| &held.what) {
            Some(What::Fixed(data)) => data,
            Some(What::Dynamic(_)) | None => &[],
        }
    }

    /// All records with their type and time to live, signatures too; of dynamic sets the values that are written in the configuration.
    pub(super) fn records<'a>(&'a self, dynamic: &'a [DynamicSet]) -> impl Iterator<Item = (RecordType, u32, &'a Data)> {
        self.sets.iter().flat_map(move |held| {
            let (fixed, values): (&[Data], &[(Data, u32)]) = match &held.what {
                What::Fixed(data) => (data, &[]),
                What::Dynamic(set) => match &dynamic[set.0].source {
                    Source::Values { values, .. } => (&[], values),
                    Source::Pool { .. } | Source::Steering(_) => (&[], &[]),
                },
            };
            let own = fixed.iter().chain(values.iter().map(|(data, _)| data)).map(|data| (held.kind, held.ttl, data));
            own.chain(held.signatures.iter().map(|data| (RecordType::RRSIG, held.ttl, data)))
        })
    }
}
