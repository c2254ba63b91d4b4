//! The leave to report: what a client is given with the script, and shows with its report.
//!
//! It is signed, and what is signed holds the client's network, which is not written in it: shown from elsewhere it is worth nothing. It is
//! good for a while and for one report.

use super::reports::network_of;
use crate::time::{Calendar, Duration};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

/// Leaves that were used and are still good, at the most; see [`Used`].
pub const MOST_USED: usize = 65_536;

/// Bytes of a signature: HMAC-SHA-256.
pub const SIGNATURE: usize = 32;

/// A leave, apart from its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leave {
    /// Seconds since 1970 until which it is good.
    pub until: u64,
    /// What tells it from all others.
    pub nonce: u128,
}

impl Leave {
    /// What is signed: the leave, for whom it is, and for what. No two say the same, as everything but the name has its length.
    pub fn signed(&self, steering: &str, client: IpAddr) -> Vec<u8> {
        let network = network_of(client);
        let text = format!("throughline leave 1\n{:016x}{:032x}\n{network}\n{steering}", self.until, self.nonce);
        text.into_bytes()
    }

    /// As it is shown: hexadecimal digits.
    pub fn text(&self, signature: &[u8; SIGNATURE]) -> String {
        let mut text = format!("{:016x}{:032x}", self.until, self.nonce);
        signature.iter().for_each(|byte| text.push_str(&format!("{byte:02x}")));
        text
    }

    /// Reads one, and its signature.
    pub fn read(text: &str) -> Option<(Leave, [u8; SIGNATURE])> {
        let digits = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 16 + 32 + 2 * SIGNATURE || !text.bytes().all(digits) {
            return None;
        }
        let until = u64::from_str_radix(&text[..16], 16).ok()?;
        let nonce = u128::from_str_radix(&text[16..48], 16).ok()?;
        let mut signature = [0; SIGNATURE];
        for (number, byte) in signature.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[48 + 2 * number..][..2], 16).ok()?;
        }
        Some((Leave { until, nonce }, signature))
    }

    /// Whether it is good no longer.
    pub fn is_over(&self, now: Calendar) -> bool {
        self.until <= now.0.as_secs()
    }
}

/// The leaves that were used, as long as they would be good still. Where there are too many, no other is taken until one of them is
/// over: to forget one would make it good again.
#[derive(Clone, Debug, Default)]
pub struct Used {
    until: BTreeMap<u128, u64>,
    by_end: BTreeSet<(u64, u128)>,
    /// What was good until then is not remembered any more: it is over, even if the clock steps back before it.
    forgotten: u64,
}

/// Why a leave is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotGood {
    /// Its time is over.
    Over,
    /// It was used.
    Used,
    /// Too many are remembered to take another.
    Full,
}

impl Used {
    /// Whether a leave of this lifetime can be used now. Where the clock has stepped back, one that was given before may be good for more
    /// than its lifetime: for no more than two, or it would have to be remembered as long.
    pub fn check(&mut self, leave: &Leave, lifetime: Duration, now: Calendar) -> Result<(), NotGood> {
        while let Some(&(until, nonce)) = self.by_end.first()
            && until <= now.0.as_secs()
        {
            self.by_end.pop_first();
            self.until.remove(&nonce);
            self.forgotten = self.forgotten.max(until);
        }
        let longest = (now.0 + lifetime + lifetime).as_secs();
        match () {
            () if leave.is_over(now) || leave.until <= self.forgotten || leave.until > longest => Err(NotGood::Over),
            () if self.until.contains_key(&leave.nonce) => Err(NotGood::Used),
            () if self.until.len() >= MOST_USED => Err(NotGood::Full),
            () => Ok(()),
        }
    }

    /// It was used.
    pub fn note(&mut self, leave: &Leave) {
        self.until.insert(leave.nonce, leave.until);
        self.by_end.insert((leave.until, leave.nonce));
    }
}

#[cfg(test)]
mod tests;
