//! Session tickets (RFC 5077, RFC 8446 §4.6.1): a session's secrets, sealed under a key of ours, kept by the client. Nothing is stored
//! here, so a client may come back to any worker.
//!
//! A key seals for half of a ticket's lifetime, and opens for as long as the last ticket that it sealed may live. Then it is gone, and
//! whoever recorded a resumed session can no longer be helped by what this machine knows.

use super::clock::Clock;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use decide::time::{Calendar, Duration};
use rustls::server::ProducesTickets;
use std::fmt;
use std::sync::{Arc, Mutex};

/// Bytes that tell a key from the others.
const NAME_BYTES: usize = 16;

/// The keys of a server, shared by all its listeners and workers, and kept over reloads.
#[derive(Default)]
pub(super) struct Keys(Mutex<Vec<Arc<Key>>>);

struct Key {
    name: [u8; NAME_BYTES],
    seal: LessSafeKey,
    made: Calendar,
}

/// The tickets of a server's listeners. Who comes back with one shows no certificate again: listeners that ask for one give none.
pub(super) struct Tickets {
    keys: Arc<Keys>,
    clock: Arc<Clock>,
    lifetime: Duration,
}

impl Tickets {
    pub(super) fn new(keys: Arc<Keys>, clock: Arc<Clock>, lifetime: Duration) -> Tickets {
        Tickets { keys, clock, lifetime }
    }

    /// A key is made anew after this long.
    fn period(&self) -> Duration {
        self.lifetime / 2
    }

    /// The key that seals now, made if there is none or the last has had its time. Keys that have had theirs are forgotten.
    fn sealing(&self) -> Option<Arc<Key>> {
        let now = self.clock.now();
        let mut keys = self.keys.0.lock().expect("no panic while it is held");
        keys.retain(|key| now.0.saturating_sub(key.made.0) < self.lifetime + self.period());
        match keys.first() {
            Some(first) if now.0.saturating_sub(first.made.0) < self.period() => Some(first.clone()),
            _ => {
                let key = Arc::new(Key::new(now)?);
                keys.insert(0, key.clone());
                Some(key)
            }
        }
    }

    /// The key of this name, if its tickets may still be used.
    fn opening(&self, name: &[u8]) -> Option<Arc<Key>> {
        let now = self.clock.now();
        let keys = self.keys.0.lock().expect("no panic while it is held");
        let key = keys.iter().find(|key| key.name == name)?;
        (now.0.saturating_sub(key.made.0) < self.lifetime + self.period()).then(|| key.clone())
    }
}

impl Key {
    /// `None` if the system has no randomness.
    fn new(made: Calendar) -> Option<Key> {
        let (mut name, mut secret) = ([0; NAME_BYTES], [0; 32]);
        rand::fill(&mut name).ok()?;
        rand::fill(&mut secret).ok()?;
        Some(Key { name, seal: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &secret).ok()?), made })
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tickets").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

impl ProducesTickets for Tickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        u32::try_from(self.lifetime.as_secs()).unwrap_or(u32::MAX)
    }

    /// The key's name, a nonce, the sealed session.
    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let key = self.sealing()?;
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).ok()?;
        let mut ticket = Vec::with_capacity(NAME_BYTES + NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        ticket.extend_from_slice(&key.name);
        ticket.extend_from_slice(&nonce);
        ticket.extend_from_slice(plain);
        let (_, sealed) = ticket.split_at_mut(NAME_BYTES + NONCE_LEN);
        let tag = key.seal.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), sealed).ok()?;
        ticket.extend_from_slice(tag.as_ref());
        Some(ticket)
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let (name, rest) = ticket.split_at_checked(NAME_BYTES)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE_LEN)?;
        let key = self.opening(name)?;
        let mut plain = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce.try_into().ok()?);
        let len = key.seal.open_in_place(nonce, Aad::empty(), &mut plain).ok()?.len();
        plain.truncate(len);
        Some(plain)
    }
}

#[cfg(test)]
mod tests;
