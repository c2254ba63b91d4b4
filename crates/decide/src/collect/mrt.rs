//! A file of routing tables (RFC 6396): bytes in, the tables of its peers out.

use super::paths::Paths;
use super::update::{route_of, tell};
use crate::steer::{Route, RouterTable, Said};
use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;
use wire::bgp::{Attributes, Message, Prefix, Treatment};
use wire::mrt::{Content, Exchange, Fault, RECORD_BYTES, Reader, Record, Rib, State};
use wire::network::Network;

/// The peers of one file whose tables are kept at the most.
const MOST_PEERS: usize = 64;
/// So many times as many entries as networks are taken are kept until they are put in order, over all peers.
const ENTRIES_PER_NETWORK: usize = 4;
/// Entries that are kept in any case.
const SLACK: usize = 16 << 10;

/// A file that is being read. Tell it the bytes as they come, in any pieces; then [`MrtFile::finish`].
#[derive(Debug)]
pub struct MrtFile {
    reader: Reader,
    fault: Option<Fault>,
    tables: Tables,
    /// Which table a peer's is, by the file's numbers of peers; `None`: it is not wanted, or there is no room for it.
    peers: Vec<Option<usize>>,
}

/// What a file held.
#[derive(Clone, Debug, PartialEq)]
pub struct MrtTables {
    /// The tables, in the order in which their peers came.
    pub tables: Vec<MrtTable>,
    /// What was counted.
    pub counts: MrtCounts,
    /// Why the file could not be read to its end, if so; the tables are what came before.
    pub fault: Option<Fault>,
}

/// The table of one peer.
#[derive(Clone, Debug, PartialEq)]
pub struct MrtTable {
    /// The peer's address.
    pub peer: IpAddr,
    /// The peer's system.
    pub system: u32,
    /// Its networks.
    pub networks: RouterTable,
}

/// What was counted while a file was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MrtCounts {
    /// Records.
    pub records: u64,
    /// What was said of networks, of all peers.
    pub entries: u64,
    /// Records that hold something else: other families, messages that are no UPDATE.
    pub other_records: u64,
    /// Records whose parts do not fit them.
    pub malformed_records: u64,
    /// Entries whose attributes are damaged, and messages: they count as withdrawn (RFC 7606).
    pub damaged: u64,
    /// Entries of peers that are not wanted.
    pub other_peers: u64,
    /// Entries of peers that the file does not present.
    pub strangers: u64,
    /// Entries beyond the bound on networks, and of peers beyond the bound on peers.
    pub beyond: u64,
}

/// The tables while they come.
#[derive(Debug)]
struct Tables {
    wanted: Option<IpAddr>,
    most: usize,
    tables: Vec<Table>,
    /// Entries in all of them.
    entries: usize,
    /// No more entries are taken.
    full: bool,
    counts: MrtCounts,
    memory: Memory,
}

/// What attributes said that were read before: many networks have the same, and are not far from each other in a file. It forgets at will.
#[derive(Debug, Default)]
struct Memory {
    known: Vec<Known>,
    /// Which were read last: as a rule the same follow.
    last: usize,
}

#[derive(Clone, Debug, Default)]
struct Known {
    attributes: Vec<u8>,
    said: Option<Route>,
}

impl Memory {
    /// Few enough to stay near the processor; with the longest attributes that are kept, less than a MB.
    const PLACES: usize = 1 << 11;
    const LONGEST: usize = 400;

    /// What attributes with systems of four bytes say.
    fn route(&mut self, attributes: &[u8]) -> Option<Route> {
        if attributes.len() > Memory::LONGEST {
            return route(attributes, true);
        }
        if self.known.is_empty() {
            self.known = vec![Known::default(); Memory::PLACES];
        }
        if self.known[self.last].attributes != attributes {
            self.last = hash(attributes) as usize % Memory::PLACES;
        }
        let known = &mut self.known[self.last];
        // No attributes at all say nothing.
        if known.attributes != attributes {
            known.attributes.clear();
            known.attributes.extend_from_slice(attributes);
            known.said = route(attributes, true);
        }
        known.said
    }
}

/// Whoever writes a file so that all falls together has it read a little slower.
fn hash(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let (eights, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let mix = |hash: u64, eight: &[u8; 8]| (hash.rotate_left(23) ^ u64::from_le_bytes(*eight)).wrapping_mul(ODD);
    mix(eights.iter().fold(bytes.len() as u64, mix), &last) >> 32
}

#[derive(Debug)]
struct Table {
    peer: IpAddr,
    system: u32,
    said: Said,
    /// Of messages that tell several paths to a network; made when the first comes.
    paths: Option<Paths>,
}

impl MrtFile {
    /// Of the file's peers, only this one; `None`: all. Of each at most so many networks.
    pub fn new(peer: Option<IpAddr>, most: usize) -> MrtFile {
        let (counts, memory) = (MrtCounts::default(), Memory::default());
        let tables = Tables { wanted: peer, most, tables: Vec::new(), entries: 0, full: false, counts, memory };
        MrtFile { reader: Reader::new(RECORD_BYTES), fault: None, tables, peers: Vec::new() }
    }

    /// Takes in the file's next bytes, decompressed. After an error there is nothing more to read: the file is damaged, or is something
    /// else.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        self.reader.push(bytes);
        loop {
            match self.reader.record() {
                Ok(Some(record)) => take(&record, &mut self.tables, &mut self.peers),
                Ok(None) => return Ok(()),
                Err(fault) => {
                    self.fault = Some(fault);
                    return Err(fault);
                }
            }
        }
    }

    /// The file has ended.
    pub fn finish(mut self) -> MrtTables {
        let fault = self.fault.or(self.reader.finish().err());
        self.tables.settle();
        let table = |table: Table| MrtTable { peer: table.peer, system: table.system, networks: table.said.finish() };
        MrtTables { tables: self.tables.tables.into_iter().map(table).collect(), counts: self.tables.counts, fault }
    }
}

impl MrtTables {
    /// All tables as one: each network by its best route (RFC 4271 §9.1.2.2 a to c).
    pub fn best(self) -> RouterTable {
        let mut tables = self.tables.into_iter().map(|table| table.networks);
        let first = tables.next().unwrap_or_default();
        tables.fold(first, |best, table| best.or_better(&table))
    }
}

fn take(record: &Record<'_>, tables: &mut Tables, peers: &mut Vec<Option<usize>>) {
    tables.counts.records += 1;
    match record.read() {
        Some(Content::Peers(presented)) => {
            peers.clear();
            peers.extend(presented.map(|peer| tables.of(peer.address, peer.system)));
        }
        Some(Content::Rib(rib)) => take_rib(&rib, tables, peers),
        Some(Content::OldEntries(entries)) => {
            for entry in entries {
                let table = tables.of(entry.peer, u32::from(entry.system));
                tables.entry(table, entry.network, |_| route(entry.attributes, false));
            }
        }
        Some(Content::Exchange(exchange)) => take_message(&exchange, tables),
        Some(Content::State(state)) => {
            // What a peer said in a session is void when that is over (RFC 4271 §8.2.2).
            if state.old == State::ESTABLISHED && state.new != State::ESTABLISHED {
                tables.forget(state.peer);
            }
        }
        Some(Content::Other) => tables.counts.other_records += 1,
        None => tables.counts.malformed_records += 1,
    }
}

fn take_rib(rib: &Rib<'_>, tables: &mut Tables, peers: &[Option<usize>]) {
    for entry in rib.entries {
        match peers.get(usize::from(entry.peer)) {
            Some(table) => tables.entry(*table, rib.network, |memory| memory.route(entry.attributes)),
            None => tables.counts.strangers += 1,
        }
    }
}

fn take_message(exchange: &Exchange<'_>, tables: &mut Tables) {
    let update = match Message::read(exchange.message, &exchange.agreed) {
        Ok(Message::Update(update)) if !exchange.sent => update,
        Ok(_) => return tables.counts.other_records += 1,
        Err(_) => return tables.counts.damaged += 1,
    };
    let table = tables.of(exchange.peer, exchange.system);
    let several = exchange.agreed.paths_v4 || exchange.agreed.paths_v6;
    let told = tell(&update, exchange.system == exchange.local_system, &mut |prefix, route| {
        let route = if several { tables.best(table, &prefix, route) } else { route };
        tables.say(table, prefix.network, route);
    });
    tables.counts.damaged += u64::from(told.damaged.is_some());
}

impl Tables {
    /// Which table a peer's is. Two peers of one address and different systems are two.
    fn of(&mut self, peer: IpAddr, system: u32) -> Option<usize> {
        if self.wanted.is_some_and(|wanted| wanted != peer) {
            return None;
        }
        let known = self.tables.iter().position(|table| (table.peer, table.system) == (peer, system));
        known.or_else(|| {
            let room = self.tables.len() < MOST_PEERS;
            room.then(|| self.tables.push(Table { peer, system, said: Said::default(), paths: None })).map(|()| self.tables.len() - 1)
        })
    }

    /// A file's entry, whose attributes are looked into only where it is wanted.
    fn entry(&mut self, table: Option<usize>, network: Network, route: impl FnOnce(&mut Memory) -> Option<Route>) {
        let Some(at) = table.filter(|_| !self.full) else { return self.say(table, network, None) };
        match route(&mut self.memory) {
            None => {
                self.counts.damaged += 1;
                self.counts.entries += 1;
            }
            // Of several paths that a peer has to a network (RFC 7911), which follow each other in a file, the best counts.
            Some(route) if self.tables[at].said.say_also(network, &route) => self.counts.entries += 1,
            route => self.say(table, network, route),
        }
    }

    /// What is said of a network; the last word counts.
    fn say(&mut self, table: Option<usize>, network: Network, route: Option<Route>) {
        self.counts.entries += 1;
        match table {
            None if self.wanted.is_some() => self.counts.other_peers += 1,
            None => self.counts.beyond += 1,
            Some(_) if self.full => self.counts.beyond += 1,
            Some(table) => {
                self.tables[table].said.say(network, route);
                self.entries += 1;
                if self.entries >= self.room() {
                    self.settle();
                    // A flood of changes is put in order again and again; tables that do not fit are not waited for.
                    self.full = self.entries >= self.room() / 4 * 3;
                }
            }
        }
    }

    /// What a peer that tells several paths to a network has of it, with this word on one of them (RFC 8050 §4.2).
    fn best(&mut self, table: Option<usize>, prefix: &Prefix, route: Option<Route>) -> Option<Route> {
        let most = self.most;
        table.map_or(route, |table| self.tables[table].paths.get_or_insert_with(|| Paths::new(most)).say(prefix, route))
    }

    fn room(&self) -> usize {
        self.most.saturating_mul(ENTRIES_PER_NETWORK).saturating_add(SLACK)
    }

    fn forget(&mut self, peer: IpAddr) {
        for table in self.tables.iter_mut().filter(|table| table.peer == peer) {
            self.entries -= table.said.words();
            table.said.clear();
            table.paths = None;
        }
    }

    /// Puts all in order: of each network the last word, and no more networks than may be.
    fn settle(&mut self) {
        self.entries = 0;
        for table in &mut self.tables {
            self.counts.beyond += table.said.settle(self.most) as u64;
            self.entries += table.said.words();
        }
    }
}

/// What attributes say; `None` stands for damaged ones. They are read anew for each network: nothing is copied for that.
fn route(attributes: &[u8], four_octets: bool) -> Option<Route> {
    let attributes = Attributes::read_stored(attributes, four_octets).ok()?;
    // A network of the router's own may be there without a way: this is a table, and no session.
    let whole = attributes.origin.is_some() && attributes.treatment() < Some(Treatment::TreatAsWithdraw);
    whole.then(|| route_of(&attributes, true))
}

#[cfg(test)]
mod tests;
