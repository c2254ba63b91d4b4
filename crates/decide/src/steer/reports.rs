//! What clients have measured: their reports, network by network, and the round trip times that are believed of them.
//!
//! A report counts for the network of the address that it came from, and for no other. In that network each address is one voice, whatever
//! it sends; a time is believed once enough voices tell of the place, and it is their weighted median, where a voice weighs less with its
//! age: whoever is the lesser part of the voices can push it no further than to what one of the others has said. Where a network has
//! too few voices, wider ones around it decide, in which each network is one voice.
//!
//! All of it is bounded: networks by the owner, and of these no block of addresses has more than a share, so that whoever holds
//! many addresses of one block cannot push the others out; voices of a network by a constant.

use crate::config::Measure;
use crate::time::{Duration, Instant};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::net::IpAddr;
use wire::network::Network;

/// Voices of a network that are remembered: twice as many as are asked for, but within these bounds. The settings ask for no more than
/// the last.
const VOICES: (u32, u32) = (16, 64);

/// Half-lives until a voice is forgotten: it then weighs a sixteenth.
const LIVES: u32 = 4;

/// A block of addresses may hold one in so many of all networks that are remembered, and always [`LEAST_OF_BLOCK`].
const SHARE: usize = 8;
const LEAST_OF_BLOCK: usize = 16;

/// How long an address has spoken once it has.
const WINDOW: Duration = Duration::from_secs(60);

/// No round trip takes longer; nor does one take no time.
const LONGEST: Duration = Duration::from_secs(10);

/// The weight of a voice that has just spoken.
const WHOLE: u64 = 1 << 16;

/// Bits of the networks that reports are counted by, and of the wider ones that decide where those have too little to say.
const LEVELS_V4: [u8; 3] = [24, 20, 16];
const LEVELS_V6: [u8; 3] = [56, 48, 32];

/// The network that a report from this address counts for: a /24, or a /56.
pub fn network_of(address: IpAddr) -> Network {
    at_level(address, 0)
}

fn at_level(address: IpAddr, level: usize) -> Network {
    let address = address.to_canonical();
    Network::of(address, if address.is_ipv4() { LEVELS_V4 } else { LEVELS_V6 }[level])
}

/// The block whose networks share their part of the memory.
fn block_of(network: &Network) -> Network {
    Network::of(network.address(), if network.address().is_ipv4() { 12 } else { 28 })
}

/// Who speaks: an address; of IPv6 a /64, within which a machine takes whatever addresses it likes (RFC 8981).
fn voice_of(address: IpAddr) -> IpAddr {
    let address = address.to_canonical();
    Network::of(address, if address.is_ipv4() { 32 } else { 64 }).address()
}

/// Why a report is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// Its address has reported within the last minute.
    Again,
    /// Its network has reported as often as it may in a minute.
    TooMany,
    /// It tells of nothing, of a place twice, or of a time that nothing takes.
    Impossible,
}

/// What clients have measured.
#[derive(Clone, Debug)]
pub struct Reports {
    half_life: Duration,
    least: usize,
    most_networks: usize,
    per_minute: u32,
    networks: BTreeMap<Network, Heard>,
    /// Networks by the time of their newest report: all, and those of each block.
    oldest: BTreeSet<(Instant, Network)>,
    blocks: BTreeMap<Network, BTreeSet<(Instant, Network)>>,
    version: u64,
}

/// What was heard of one network.
#[derive(Clone, Debug)]
struct Heard {
    voices: Vec<Voice>,
    newest: Instant,
    /// Since when reports are counted for the rate, and how many there were.
    minute: (Instant, u32),
}

/// One address's report.
#[derive(Clone, Debug)]
struct Voice {
    of: IpAddr,
    at: Instant,
    /// Place and microseconds.
    times: Box<[(u16, u32)]>,
}

/// What is believed of one network: the round trip to each place, by place.
pub type Believed = (Network, Vec<(u16, Duration)>);

impl Reports {
    /// None yet.
    pub fn new(config: &Measure) -> Reports {
        let mut reports = Reports {
            half_life: Duration::ZERO,
            least: 0,
            most_networks: 0,
            per_minute: 0,
            networks: BTreeMap::new(),
            oldest: BTreeSet::new(),
            blocks: BTreeMap::new(),
            version: 0,
        };
        reports.configure(config);
        reports
    }

    /// Goes on by other rules.
    pub fn configure(&mut self, config: &Measure) {
        self.half_life = config.half_life.max(Duration::from_millis(1));
        self.least = config.least_reports.clamp(1, VOICES.1) as usize;
        self.most_networks = config.prefixes.max(1);
        self.per_minute = config.reports_per_minute;
        while self.networks.len() > self.most_networks {
            self.forget_oldest(None);
        }
    }

    /// Changes with every report that is taken.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Networks that are remembered.
    pub fn networks(&self) -> usize {
        self.networks.len()
    }

    /// Takes the report of an address that has proved to be there (by TCP): times to places. Returns the network it counts for.
    pub fn take(&mut self, from: IpAddr, times: &[(u16, Duration)], now: Instant) -> Result<Network, NotTaken> {
        let twice = |index: usize| times[..index].iter().any(|(pop, _)| *pop == times[index].0);
        let impossible = |index: usize| times[index].1.as_micros() == 0 || times[index].1 > LONGEST || twice(index);
        if times.is_empty() || (0..times.len()).any(impossible) {
            return Err(NotTaken::Impossible);
        }
        self.forget_expired(now);
        let (network, of) = (network_of(from), voice_of(from));
        if let Some(heard) = self.networks.get(&network) {
            heard.may_speak(of, self.per_minute, now)?;
        } else if self.per_minute == 0 {
            return Err(NotTaken::TooMany);
        } else {
            self.make_room(&network);
        }
        let most = (2 * self.least).clamp(VOICES.0 as usize, VOICES.1 as usize);
        let new = Heard { voices: Vec::new(), newest: now, minute: (now, 0) };
        let heard = self.networks.entry(network).or_insert(new);
        let before = (heard.newest, network);
        let micros = |time: &Duration| u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        heard.speak(Voice { of, at: now, times: times.iter().map(|(pop, time)| (*pop, micros(time))).collect() }, most);
        self.oldest.remove(&before);
        self.oldest.insert((now, network));
        let block = self.blocks.entry(block_of(&network)).or_default();
        block.remove(&before);
        block.insert((now, network));
        self.version += 1;
        Ok(network)
    }

    /// What is believed now, in the order of networks: what is within another follows it.
    pub fn table(&mut self, now: Instant) -> Vec<Believed> {
        self.forget_expired(now);
        let mut table: Vec<Believed> = Vec::new();
        let mut wide: BTreeMap<Network, BTreeMap<u16, Vec<(u32, u64)>>> = BTreeMap::new();
        for (network, heard) in &self.networks {
            let mut by_place: BTreeMap<u16, Vec<(u32, u64)>> = BTreeMap::new();
            for voice in &heard.voices {
                let weight = weight(now.since(voice.at), self.half_life);
                let times = voice.times.iter().filter(|_| weight > 0);
                times.for_each(|(pop, micros)| by_place.entry(*pop).or_default().push((*micros, weight)));
            }
            for level in 1..LEVELS_V4.len() {
                let around = wide.entry(at_level(network.address(), level)).or_default();
                for (pop, times) in &mut by_place {
                    // A network is one voice, as loud as its newest.
                    let loudest = times.iter().map(|(_, weight)| *weight).max().unwrap_or_default();
                    around.entry(*pop).or_default().push((median(times), loudest));
                }
            }
            table.extend(self.believed(*network, by_place));
        }
        table.extend(wide.into_iter().filter_map(|(network, by_place)| self.believed(network, by_place)));
        table.sort_by_key(|(network, _)| *network);
        table
    }

    /// The times of the places of which enough voices tell.
    fn believed(&self, network: Network, by_place: BTreeMap<u16, Vec<(u32, u64)>>) -> Option<Believed> {
        let enough = by_place.into_iter().filter(|(_, times)| times.len() >= self.least);
        let times: Vec<_> = enough.map(|(pop, mut times)| (pop, Duration::from_micros(median(&mut times).into()))).collect();
        (!times.is_empty()).then_some((network, times))
    }

    fn forget_expired(&mut self, now: Instant) {
        while let Some((newest, _)) = self.oldest.first()
            && weight(now.since(*newest), self.half_life) == 0
        {
            self.forget_oldest(None);
        }
    }

    /// Makes room for a network that is not known yet: in its block, where that has its share, else wherever was silent longest.
    fn make_room(&mut self, network: &Network) {
        let block = block_of(network);
        let share = (self.most_networks / SHARE).max(LEAST_OF_BLOCK);
        if self.blocks.get(&block).is_some_and(|networks| networks.len() >= share) {
            self.forget_oldest(Some(&block));
        }
        while self.networks.len() >= self.most_networks {
            self.forget_oldest(None);
        }
    }

    fn forget_oldest(&mut self, of: Option<&Network>) {
        let among = of.map_or(Some(&self.oldest), |block| self.blocks.get(block));
        let Some(oldest) = among.and_then(|networks| networks.first()).copied() else { return };
        self.oldest.remove(&oldest);
        self.networks.remove(&oldest.1);
        let block = block_of(&oldest.1);
        if let Some(networks) = self.blocks.get_mut(&block) {
            networks.remove(&oldest);
            if networks.is_empty() {
                self.blocks.remove(&block);
            }
        }
    }
}

impl Heard {
    fn may_speak(&self, of: IpAddr, per_minute: u32, now: Instant) -> Result<(), NotTaken> {
        if self.voices.iter().any(|voice| voice.of == of && now.since(voice.at) < WINDOW) {
            return Err(NotTaken::Again);
        }
        let (since, count) = self.minute;
        if now.since(since) < WINDOW && count >= per_minute { Err(NotTaken::TooMany) } else { Ok(()) }
    }

    fn speak(&mut self, voice: Voice, most: usize) {
        let (since, count) = self.minute;
        self.minute = if voice.at.since(since) < WINDOW { (since, count + 1) } else { (voice.at, 1) };
        self.newest = voice.at;
        self.voices.retain(|other| other.of != voice.of);
        if self.voices.len() >= most
            && let Some(oldest) = (0..self.voices.len()).min_by_key(|index| self.voices[*index].at)
        {
            self.voices.remove(oldest);
        }
        self.voices.push(voice);
    }
}

/// What a voice of this age weighs: half of it after each half-life, evenly in between; nothing after [`LIVES`] of them.
fn weight(age: Duration, half_life: Duration) -> u64 {
    let lives = age.as_nanos() / half_life.as_nanos();
    if lives >= u128::from(LIVES) {
        return 0;
    }
    let whole = WHOLE >> lives;
    let part = age.as_nanos() % half_life.as_nanos();
    // Less than `whole`, so that it fits.
    whole - (u128::from(whole / 2) * part / half_life.as_nanos()) as u64
}

/// The time that half of the weight does not exceed.
fn median(times: &mut [(u32, u64)]) -> u32 {
    times.sort_unstable();
    let all: u64 = times.iter().map(|(_, weight)| weight).sum();
    let mut so_far = 0;
    let middle = times.iter().find(|(_, weight)| {
        so_far += weight;
        2 * so_far >= all
    });
    middle.map_or(0, |(time, _)| *time)
}

#[cfg(test)]
mod tests;
