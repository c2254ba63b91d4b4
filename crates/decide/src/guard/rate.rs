//! A limit of answers: by the client's network and by what kind of answer it is, so that a server is of no use for flooding somebody whose
//! address is forged, and answers of one kind do not use up what the others need.

use super::siphash_2_4;
use crate::time::Instant;
use alloc::boxed::Box;
use core::net::IpAddr;
use core::sync::atomic::{AtomicU64, Ordering};

/// Networks and kinds that are told apart. With more of them in one second, some share a count, or are forgotten early.
const PLACES: usize = 1 << 15;
/// A network may be at any of so many places.
const WAYS: usize = 4;
/// Of a place, so many bits say whose it is; the others are a time in microseconds.
const TAG_BITS: u32 = 16;
const TIME: u64 = u64::MAX >> TAG_BITS;
const SECOND: u64 = 1_000_000;

/// Kinds of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// There is something, or nothing of this type.
    Data,
    /// There is no such name.
    NoName,
    /// Who else to ask.
    Referral,
    /// An error.
    Error,
}

/// The limit's memory, which all threads share: one word for a network and kind, in which the time stands until which its answers have
/// been given out (GCRA: the virtual scheduling of a leaky bucket). It has one second's worth to begin with.
pub struct Rates {
    key: [u8; 16],
    places: Box<[AtomicU64]>,
}

impl Rates {
    /// With a key that nobody can guess, so that nobody can choose who shares a place with whom.
    pub fn new(key: [u8; 16]) -> Rates {
        Rates { key, places: (0..PLACES).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Whether one more answer may go to the network of `client` (/24 or /56), of which `rate` may go there in a second.
    pub fn allow(&self, rate: u32, client: IpAddr, answers: Answers, now: Instant) -> bool {
        let hash = self.hash(client, answers);
        let now = (now.as_nanos() / 1000 + SECOND) & TIME;
        let step = SECOND / u64::from(rate.max(1));
        let tag = hash & !TIME;
        let group = usize::try_from(hash & TIME).expect("48 bits") % (PLACES / WAYS);
        let places = &self.places[group * WAYS..][..WAYS];
        let place = choose(places, tag);
        let mut seen = place.load(Ordering::Relaxed);
        loop {
            // What another has left behind is not counted.
            let until = if seen & !TIME == tag { (seen & TIME).max(now) } else { now };
            if until + step > now + SECOND {
                return false;
            }
            let next = tag | (until + step) & TIME;
            match place.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) => seen = other,
            }
        }
    }

    fn hash(&self, client: IpAddr, answers: Answers) -> u64 {
        let mut input = [0; 9];
        match client {
            IpAddr::V4(v4) => input[..3].copy_from_slice(&v4.octets()[..3]),
            IpAddr::V6(v6) => {
                input[..7].copy_from_slice(&v6.octets()[..7]);
                input[7] = 1;
            }
        }
        input[8] = answers as u8;
        siphash_2_4(&self.key, &input)
    }
}

/// Its own place; else the one that was done with first.
fn choose(places: &[AtomicU64], tag: u64) -> &AtomicU64 {
    let own = places.iter().find(|place| {
        let word = place.load(Ordering::Relaxed);
        word != 0 && word & !TIME == tag
    });
    own.or_else(|| places.iter().min_by_key(|place| place.load(Ordering::Relaxed) & TIME)).expect("there are several")
}
