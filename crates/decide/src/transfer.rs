//! Zones handed to other name servers: who may have one whole (RFC 5936), who is told that one has changed (RFC 1996), and what the serial
//! numbers of two versions mean for those who have the older one.
//!
//! This server is a primary only. It transfers nothing in, and a notice that is sent to it is refused.

use crate::config::{Dns, Zone};
use crate::time::Duration;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;
use wire::dns::{Data, Flags, Message, Name, Query, Record, RecordType, ResponseCode, Soa};

/// So many notices one server gets of one version. After the last it is given up until the zone changes again: it finds out by itself,
/// within the refresh time of the zone.
pub const MOST_NOTICES: u32 = 6;

/// How long the acknowledgement of a notice, from 1, is waited for: from a second on, each time twice as long. RFC 1996 §3.6 leaves it to
/// us; a minute in all outlasts a restart.
pub fn wait(notice: u32) -> Duration {
    Duration::from_secs(1 << notice.clamp(1, MOST_NOTICES) >> 1)
}

/// The opcode of a notice.
const NOTIFY: u8 = 4;

/// Whether a zone is handed to `from`, whose query was signed with `key` (index into [`Dns::keys`]).
pub fn may(zone: &Zone, from: IpAddr, key: Option<usize>) -> Result<(), NotFor> {
    let fits = || zone.transfer.iter().filter(|to| to.network.contains(from));
    match () {
        () if fits().next().is_none() => Err(NotFor::Address),
        () if fits().any(|to| to.key.is_none() || to.key == key) => Ok(()),
        () => Err(NotFor::Key),
    }
}

/// Why a zone is not handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotFor {
    /// No one at this address may have it.
    Address,
    /// From this address only with a key that the query is not signed with.
    Key,
}

impl NotFor {
    /// For people.
    pub fn why(self) -> &'static str {
        match self {
            NotFor::Address => "this address may not transfer the zone",
            NotFor::Key => "from this address, transfers of the zone are to be signed with another key",
        }
    }
}

impl fmt::Display for NotFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why())
    }
}

/// The start of a zone: its record's time to live, and what it says. `None` for a zone that has none, which is not served.
pub fn start(zone: &Zone) -> Option<(u32, &Soa)> {
    zone.records.iter().find_map(|record| match &record.data {
        Data::Soa(soa) if record.owner == zone.name => Some((record.ttl, soa)),
        _ => None,
    })
}

/// Whether serial `one` is newer than `other` (RFC 1982 §3.2). Two that are half the circle apart are not newer than each other.
pub fn is_newer(one: u32, other: u32) -> bool {
    (1..1 << 31).contains(&one.wrapping_sub(other))
}

/// The message that tells of a zone's new version (RFC 1996 §3.7); `None` if the zone has no start.
pub fn notice(zone: &Zone, id: u16) -> Option<Message> {
    let (ttl, soa) = start(zone)?;
    let question = Query { name: zone.name.clone(), kind: RecordType::SOA };
    let mut message = Message::query(id, question, false, None);
    message.flags = Flags { opcode: NOTIFY, authoritative: true, ..Flags::default() };
    let (owner, ttl) = (zone.name.clone(), core::time::Duration::from_secs(ttl.into()));
    message.answer.push(Record { owner, ttl, data: Data::Soa(soa.clone()) });
    Some(message)
}

/// What a message that came says to a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It does not belong to the notice.
    Stray,
    /// The other server has understood.
    Acknowledged,
    /// It will not hear of it.
    Refused(ResponseCode),
}

/// Judges a message that came after a notice about `zone` with this id (RFC 1996 §4.7).
pub fn heard(message: &Message, zone: &Name, id: u16) -> Heard {
    let repeats = message.question.as_ref().is_none_or(|question| question.name == *zone && question.kind == RecordType::SOA);
    if message.id != id || !message.flags.response || message.flags.opcode != NOTIFY || !repeats {
        return Heard::Stray;
    }
    if message.code == ResponseCode(0) { Heard::Acknowledged } else { Heard::Refused(message.code) }
}

/// What a new configuration means for those who have a zone from us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is served for the first time, or has a newer serial: they are told.
    Newer,
    /// Its records changed, and its serial did not: they will not ask for it.
    Stands,
    /// Its serial went back: to them, what they have is newer.
    Older,
}

/// Which zones of a new configuration have changed, by their places in it.
pub fn changes(old: Option<&Dns>, new: &Dns) -> Vec<(usize, Change)> {
    let before = |zone: &Zone| old.and_then(|old| old.zones.iter().find(|before| before.name == zone.name));
    let change = |zone: &Zone| {
        let (Some((_, soa)), Some(before)) = (start(zone), before(zone)) else { return Some(Change::Newer) };
        let Some((_, old)) = start(before) else { return Some(Change::Newer) };
        match () {
            () if is_newer(soa.serial, old.serial) => Some(Change::Newer),
            () if soa.serial != old.serial => Some(Change::Older),
            () if zone.records != before.records || zone.sets != before.sets => Some(Change::Stands),
            () => None,
        }
    };
    new.zones.iter().enumerate().filter_map(|(place, zone)| change(zone).map(|change| (place, change))).collect()
}

#[cfg(test)]
mod tests;
