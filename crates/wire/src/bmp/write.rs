//! Messages written. Texts and counts that a message has no room for are cut.

use super::peer::write_address;
use super::{Down, HEADER_BYTES, INITIATION, MONITORING, PEER_DOWN, PEER_UP, Peer, STATISTICS, Statistic, TERMINATION, VERSION};
use crate::bgp::Open;
use alloc::vec::Vec;
use core::net::IpAddr;

/// The router presents itself.
pub fn write_initiation(information: &[(u16, &[u8])], out: &mut Vec<u8>) {
    message(INITIATION, out, |out| values(information, out));
}

/// The router closes.
pub fn write_termination(information: &[(u16, &[u8])], out: &mut Vec<u8>) {
    message(TERMINATION, out, |out| values(information, out));
}

/// An UPDATE, given as a whole BGP message.
pub fn write_monitoring(peer: &Peer, update: &[u8], out: &mut Vec<u8>) {
    message(MONITORING, out, |out| {
        peer.write(out);
        out.extend_from_slice(update);
    });
}

/// The session with a peer has begun: addresses' ports are the router's and the peer's. `None`, and nothing is written, where an OPEN has
/// no room for its capabilities.
#[must_use]
pub fn write_peer_up(
    peer: &Peer,
    local: IpAddr,
    ports: (u16, u16),
    opens: (&Open, &Open),
    information: &[(u16, &[u8])],
    out: &mut Vec<u8>,
) -> Option<()> {
    let mut both = Vec::new();
    opens.0.write(&mut both)?;
    opens.1.write(&mut both)?;
    message(PEER_UP, out, |out| {
        peer.write(out);
        write_address(local, out);
        out.extend(ports.0.to_be_bytes());
        out.extend(ports.1.to_be_bytes());
        out.extend_from_slice(&both);
        values(information, out);
    });
    Some(())
}

/// The session with a peer is over.
pub fn write_peer_down(peer: &Peer, reason: &Down, out: &mut Vec<u8>) {
    message(PEER_DOWN, out, |out| {
        peer.write(out);
        match reason {
            Down::Local(notification) => {
                out.push(1);
                notification.write(out);
            }
            Down::LocalSilent(event) => {
                out.push(2);
                out.extend(event.to_be_bytes());
            }
            Down::Remote(notification) => {
                out.push(3);
                notification.write(out);
            }
            Down::RemoteSilent => out.push(4),
            Down::Unmonitored => out.push(5),
            Down::TableGone => out.push(6),
            Down::Unknown(reason) => out.push(*reason),
        }
    });
}

/// Counts.
pub fn write_statistics(peer: &Peer, statistics: &[Statistic], out: &mut Vec<u8>) {
    message(STATISTICS, out, |out| {
        peer.write(out);
        out.extend(u32::try_from(statistics.len()).unwrap_or(u32::MAX).to_be_bytes());
        for statistic in statistics {
            let mut value = Vec::new();
            if let Some(family) = statistic.family {
                value.extend(family.address.to_be_bytes());
                value.push(family.subsequent);
            }
            value.extend(statistic.value.to_be_bytes());
            values(&[(statistic.kind, &value)], out);
        }
    });
}

fn message(kind: u8, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let begin = out.len();
    out.extend([VERSION, 0, 0, 0, 0, kind]);
    debug_assert_eq!(out.len() - begin, HEADER_BYTES);
    body(out);
    let length = u32::try_from(out.len() - begin).expect("a message is under 4 GiB");
    out[begin + 1..begin + 5].copy_from_slice(&length.to_be_bytes());
}

fn values(information: &[(u16, &[u8])], out: &mut Vec<u8>) {
    for (kind, value) in information {
        let value = &value[..value.len().min(usize::from(u16::MAX))];
        out.extend(kind.to_be_bytes());
        out.extend(u16::try_from(value.len()).expect("cut above").to_be_bytes());
        out.extend_from_slice(value);
    }
}
