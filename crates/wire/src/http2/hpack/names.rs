//! The names that the encoder writes: how each is written shortest, and what becomes of its values.

use super::{Pseudo, static_table};
use crate::http::Known;

/// What values do under a name, from one message of a connection to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// They repeat: worth an entry of the dynamic table.
    Repeats,
    /// They are different in each message, or nearly.
    Differs,
    /// They are secrets, or short enough to be guessed, and go into no table (RFC 7541 §7.1.3).
    Sensitive,
}

/// A name as the encoder writes it.
pub(super) struct Own {
    /// The name in lower case behind its length, as a string stands in a block.
    string: [u8; LONGEST + 1],
    len: u8,
    /// The name's index in the static table, zero where it has none.
    pub(super) index: u8,
    pub(super) habit: Habit,
}

impl Own {
    /// The name in lower case.
    pub(super) fn name(&self) -> &[u8] {
        &self.string[1..=self.len as usize]
    }

    /// The name as a string stands in a block.
    #[inline]
    pub(super) fn string(&self) -> &[u8] {
        &self.string[..=self.len as usize]
    }

    const fn of(name: &str, habit: Habit) -> Own {
        let name = name.as_bytes();
        assert!(name.len() <= LONGEST, "the longest name fits");
        let mut own = Own { string: [0; LONGEST + 1], len: name.len() as u8, index: 0, habit };
        own.string[0] = own.len;
        let mut at = 0;
        while at < name.len() {
            own.string[at + 1] = name[at].to_ascii_lowercase();
            at += 1;
        }
        own.index = static_table::index_of(name);
        own
    }
}

/// Letters of the longest name; under 127, so that its length is one octet.
const LONGEST: usize = 32;

/// How many names there are; a name's number among them is called its slot.
pub(super) const SLOTS: usize = Known::ALL.len() + OTHERS.len() + Pseudo::ALL.len();

/// The names, by slot: the known ones, the others, the pseudo-header fields.
pub(super) static OWN: [Own; SLOTS] = {
    let mut own = [const { Own::of("", Habit::Differs) }; SLOTS];
    let mut slot = 0;
    while slot < SLOTS {
        own[slot] = if slot < Known::ALL.len() {
            Own::of(Known::ALL[slot].name(), habit_of(Known::ALL[slot]))
        } else if slot < Known::ALL.len() + OTHERS.len() {
            let (name, habit) = OTHERS[slot - Known::ALL.len()];
            Own::of(name, habit)
        } else {
            let pseudo = Pseudo::ALL[slot - Known::ALL.len() - OTHERS.len()];
            Own::of(pseudo.text(), if matches!(pseudo, Pseudo::Path) { Habit::Differs } else { Habit::Repeats })
        };
        slot += 1;
    }
    own
};

/// The slot of a known name, which is not `Other`.
#[inline]
pub(super) const fn slot_of_known(known: Known) -> usize {
    assert!(!matches!(known, Known::Other), "a name");
    known as usize
}

/// The slot of a pseudo-header field, which is not `Unknown`.
pub(super) const fn slot_of_pseudo(pseudo: Pseudo) -> usize {
    assert!(!matches!(pseudo, Pseudo::Unknown), "one of ours");
    Known::ALL.len() + OTHERS.len() + pseudo as usize
}

/// The slot of a name in any case, known or not.
#[inline]
pub(super) fn slot_of(name: &[u8]) -> Option<usize> {
    match Known::of(name) {
        Known::Other => slot_of_other(name),
        known => Some(known as usize),
    }
}

fn slot_of_other(name: &[u8]) -> Option<usize> {
    let place = HASHED[hash(name, MULTIPLIER)] as usize;
    let (other, _) = OTHERS.get(place)?;
    other.as_bytes().eq_ignore_ascii_case(name).then_some(Known::ALL.len() + place)
}

const fn habit_of(known: Known) -> Habit {
    match known {
        Known::ContentType
        | Known::Date
        | Known::Server
        | Known::Te
        | Known::Trailer
        | Known::Expect
        | Known::Via
        | Known::XForwardedHost
        | Known::XForwardedProto
        | Known::UserAgent
        | Known::Accept
        | Known::AcceptEncoding
        | Known::AcceptLanguage
        | Known::AcceptRanges
        | Known::Allow
        | Known::CacheControl
        | Known::ContentEncoding
        | Known::ContentLanguage
        | Known::RetryAfter
        | Known::Vary => Habit::Repeats,
        Known::Authorization | Known::Cookie | Known::ProxyAuthorization | Known::SetCookie => Habit::Sensitive,
        _ => Habit::Differs,
    }
}

/// Names about which the program has no rule but these: they are in the static table, or servers and browsers send them with every
/// message.
const OTHERS: [(&str, Habit); 39] = [
    ("accept-ch", Habit::Repeats),
    ("accept-charset", Habit::Repeats),
    ("access-control-allow-credentials", Habit::Repeats),
    ("access-control-allow-headers", Habit::Repeats),
    ("access-control-allow-methods", Habit::Repeats),
    ("access-control-allow-origin", Habit::Repeats),
    ("access-control-expose-headers", Habit::Repeats),
    ("access-control-max-age", Habit::Repeats),
    ("alt-svc", Habit::Repeats),
    ("content-disposition", Habit::Differs),
    ("content-security-policy", Habit::Repeats),
    ("cross-origin-embedder-policy", Habit::Repeats),
    ("cross-origin-opener-policy", Habit::Repeats),
    ("cross-origin-resource-policy", Habit::Repeats),
    ("from", Habit::Differs),
    ("link", Habit::Differs),
    ("nel", Habit::Repeats),
    ("origin", Habit::Repeats),
    ("permissions-policy", Habit::Repeats),
    ("pragma", Habit::Repeats),
    ("priority", Habit::Repeats),
    ("referrer-policy", Habit::Repeats),
    ("refresh", Habit::Differs),
    ("report-to", Habit::Repeats),
    ("sec-ch-ua", Habit::Repeats),
    ("sec-ch-ua-mobile", Habit::Repeats),
    ("sec-ch-ua-platform", Habit::Repeats),
    ("sec-fetch-dest", Habit::Repeats),
    ("sec-fetch-mode", Habit::Repeats),
    ("sec-fetch-site", Habit::Repeats),
    ("sec-fetch-user", Habit::Repeats),
    ("strict-transport-security", Habit::Repeats),
    ("timing-allow-origin", Habit::Repeats),
    ("upgrade-insecure-requests", Habit::Repeats),
    ("www-authenticate", Habit::Differs),
    ("x-cache", Habit::Repeats),
    ("x-content-type-options", Habit::Repeats),
    ("x-frame-options", Habit::Repeats),
    ("x-powered-by", Habit::Repeats),
];

/// A perfect hash of `OTHERS`, filled by the compiler: places in it, or one past its end.
static HASHED: [u8; 256] = match hashed_with(MULTIPLIER) {
    Some(table) => table,
    None => panic!("the multiplier was found by this very test"),
};

/// An odd number that gives every name a place of its own. There is none for two names of the same key.
const MULTIPLIER: u64 = {
    let mut multiplier = 1u64;
    while hashed_with(multiplier).is_none() {
        // An even step, and a long one: it has to change the top bits.
        multiplier = multiplier.wrapping_add(0x9e37_79b9_7f4a_7c16);
    }
    multiplier
};

const fn hashed_with(multiplier: u64) -> Option<[u8; 256]> {
    let mut table = [u8::MAX; 256];
    let mut at = 0;
    while at < OTHERS.len() {
        let place = hash(OTHERS[at].0.as_bytes(), multiplier);
        if table[place] != u8::MAX {
            return None;
        }
        table[place] = at as u8;
        at += 1;
    }
    Some(table)
}

/// Hashes the length and four letters.
const fn hash(name: &[u8], multiplier: u64) -> usize {
    let (&[first, ..], &[.., last]) = (name, name) else { return 0 };
    let letters = [first, name[name.len() / 2], name[name.len() * 3 / 4], last];
    // Bit 5 tells the cases of a letter apart: set in all of them, it leaves the case out.
    let key = (name.len() as u64) << 32 | (u32::from_le_bytes(letters) | 0x2020_2020) as u64;
    // The top eight bits, on which every bit of the key has worked.
    (key.wrapping_mul(multiplier) >> 56) as usize
}

#[cfg(test)]
mod tests;
