//! Where a client is led, as the name server asks it.

use crate::server::{Server, Snapshot};
use std::net::IpAddr;

/// The place (index into the configuration's) that a steering (index too) leads a client to, and for how many bits of the client's address
/// the same holds. Where no version of it is published yet, everybody is led to its first place, which is the default's.
pub(super) fn lead(server: &Server, snapshot: &Snapshot, steering: usize, client: IpAddr) -> (u16, u8) {
    let config = &snapshot.config;
    // At a reload a version of the configuration before may still be there: what it names is looked for, not taken on trust.
    match server.led(steering, client).filter(|answer| usize::from(answer.pop) < config.pops.len()) {
        Some(answer) => (answer.pop, answer.scope),
        None => (config.steerings[steering].pops.first().and_then(|pop| u16::try_from(*pop).ok()).unwrap_or(0), 0),
    }
}
