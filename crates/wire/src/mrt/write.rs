//! Records written.

use super::peers::kind;
use super::{BGP4MP, BGP4MP_ET, Exchange, OldEntry, Peer, State, TABLE_DUMP, TABLE_DUMP_V2, exchange, table};
use crate::bgp::write_network;
use crate::network::Network;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

/// What one peer says of a network, to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewEntry<'a> {
    /// Which of the peers.
    pub peer: u16,
    /// When it came, in seconds since 1970.
    pub originated: u32,
    /// Which of several paths.
    pub path: u32,
    /// What it says, systems in four bytes; at most 65,535 bytes, what is behind is cut.
    pub attributes: &'a [u8],
}

/// Whose tables follow; at most 65,535 peers, more are cut.
pub fn write_peers(at: u32, collector: Ipv4Addr, peers: &[Peer], out: &mut Vec<u8>) {
    record(at, TABLE_DUMP_V2, table::PEERS, out, |out| {
        out.extend(collector.octets());
        out.extend([0, 0]);
        let peers = &peers[..peers.len().min(usize::from(u16::MAX))];
        out.extend((peers.len() as u16).to_be_bytes());
        for peer in peers {
            out.push(kind(peer));
            out.extend(peer.identifier.octets());
            write_address(peer.address, out);
            out.extend(peer.system.to_be_bytes());
        }
    });
}

/// One network as several peers see it, at most 65,535; `paths`: each entry says which of several paths it is (RFC 8050).
pub fn write_rib(at: u32, sequence: u32, network: &Network, paths: bool, entries: &[NewEntry<'_>], out: &mut Vec<u8>) {
    let subtype = match (network.address().is_ipv6(), paths) {
        (false, false) => table::IPV4,
        (true, false) => table::IPV6,
        (false, true) => table::IPV4_PATHS,
        (true, true) => table::IPV6_PATHS,
    };
    record(at, TABLE_DUMP_V2, subtype, out, |out| {
        out.extend(sequence.to_be_bytes());
        write_network(network, out);
        let entries = &entries[..entries.len().min(usize::from(u16::MAX))];
        out.extend((entries.len() as u16).to_be_bytes());
        for entry in entries {
            out.extend(entry.peer.to_be_bytes());
            out.extend(entry.originated.to_be_bytes());
            if paths {
                out.extend(entry.path.to_be_bytes());
            }
            counted(entry.attributes, out);
        }
    });
}

/// Networks of one family in the old form; the usual is one.
pub fn write_old_entries(at: u32, sequence: u16, v6: bool, entries: &[OldEntry<'_>], out: &mut Vec<u8>) {
    record(at, TABLE_DUMP, if v6 { 2 } else { 1 }, out, |out| {
        out.extend([0, 0]);
        out.extend(sequence.to_be_bytes());
        for entry in entries {
            write_address(entry.network.address(), out);
            out.extend([entry.network.bits(), 1]);
            out.extend(entry.originated.to_be_bytes());
            write_address(entry.peer, out);
            out.extend(entry.system.to_be_bytes());
            counted(entry.attributes, out);
        }
    });
}

/// A message; `micros`: the time is told to the millionth.
pub fn write_message(at: u32, micros: Option<u32>, told: &Exchange<'_>, out: &mut Vec<u8>) {
    let paths = told.agreed.paths_v4;
    let subtype = match (told.agreed.four_octets, told.sent, paths) {
        (false, false, false) => exchange::MESSAGE,
        (true, false, false) => exchange::MESSAGE_AS4,
        (false, true, false) => exchange::MESSAGE_LOCAL,
        (true, true, false) => exchange::MESSAGE_AS4_LOCAL,
        (false, false, true) => exchange::MESSAGE_PATHS,
        (true, false, true) => exchange::MESSAGE_AS4_PATHS,
        (false, true, true) => exchange::MESSAGE_LOCAL_PATHS,
        (true, true, true) => exchange::MESSAGE_AS4_LOCAL_PATHS,
    };
    record(at, if micros.is_some() { BGP4MP_ET } else { BGP4MP }, subtype, out, |out| {
        out.extend(micros.iter().flat_map(|micros| micros.to_be_bytes()));
        write_ends(told.agreed.four_octets, (told.system, told.local_system), (told.peer, told.local), out);
        out.extend_from_slice(told.message);
    });
}

/// A session is in another state.
pub fn write_state(at: u32, told: &State, out: &mut Vec<u8>) {
    record(at, BGP4MP, exchange::STATE_AS4, out, |out| {
        write_ends(true, (told.system, told.local_system), (told.peer, told.local), out);
        out.extend(told.old.to_be_bytes());
        out.extend(told.new.to_be_bytes());
    });
}

fn write_ends(wide: bool, systems: (u32, u32), addresses: (IpAddr, IpAddr), out: &mut Vec<u8>) {
    for system in [systems.0, systems.1] {
        if wide {
            out.extend(system.to_be_bytes());
        } else {
            out.extend(u16::try_from(system).unwrap_or(crate::bgp::AS_TRANS).to_be_bytes());
        }
    }
    out.extend([0, 0, 0, if addresses.0.is_ipv6() { 2 } else { 1 }]);
    write_address(addresses.0, out);
    write_address(addresses.1, out);
}

fn record(at: u32, kind: u16, subtype: u16, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    out.extend(at.to_be_bytes());
    out.extend(kind.to_be_bytes());
    out.extend(subtype.to_be_bytes());
    let begin = out.len();
    out.extend([0; 4]);
    body(out);
    let length = u32::try_from(out.len() - begin - 4).expect("a record is under 4 GiB");
    out[begin..begin + 4].copy_from_slice(&length.to_be_bytes());
}

fn counted(bytes: &[u8], out: &mut Vec<u8>) {
    let bytes = &bytes[..bytes.len().min(usize::from(u16::MAX))];
    out.extend((bytes.len() as u16).to_be_bytes());
    out.extend_from_slice(bytes);
}

fn write_address(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(address) => out.extend(address.octets()),
        IpAddr::V6(address) => out.extend(address.octets()),
    }
}
