use super::*;
use crate::bgp::tests::any_network;
use crate::bgp::{Agreed, Attributes};
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};
use proptest::prelude::*;

/// What is read of a file that is pushed in pieces, and how it ends.
fn read(file: &[u8], step: usize) -> (usize, Result<(), Fault>) {
    let mut reader = Reader::new(RECORD_BYTES);
    let mut records = 0;
    for part in file.chunks(step) {
        reader.push(part);
        loop {
            match reader.record() {
                Ok(None) => break,
                Ok(Some(record)) => {
                    records += 1;
                    look_into(&record);
                }
                Err(fault) => return (records, Err(fault)),
            }
        }
    }
    (records, reader.finish())
}

fn look_into(record: &Record<'_>) {
    match record.read() {
        Some(Content::Rib(rib)) => rib.entries.for_each(|entry| drop(Attributes::read_stored(entry.attributes, true))),
        Some(Content::OldEntries(entries)) => entries.for_each(|entry| drop(Attributes::read_stored(entry.attributes, false))),
        Some(Content::Peers(peers)) => drop(peers.count()),
        Some(Content::Exchange(exchange)) => drop(crate::bgp::Message::read(exchange.message, &exchange.agreed)),
        _ => {}
    }
}

/// The one record in these bytes.
fn only(file: &[u8], with: impl FnOnce(&Record<'_>)) {
    let mut reader = Reader::new(RECORD_BYTES);
    reader.push(file);
    with(&reader.record().expect("good").expect("whole"));
    assert_eq!((reader.finish(), reader.offset()), (Ok(()), file.len() as u64));
}

const ROUTER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

fn network(text: &str) -> crate::network::Network {
    crate::network::Network::parse(text).expect("a network")
}

fn small_file() -> Vec<u8> {
    let mut file = Vec::new();
    let peer = Peer { identifier: Ipv4Addr::LOCALHOST, address: ROUTER, system: 65001 };
    write_peers(7, Ipv4Addr::LOCALHOST, &[peer], &mut file);
    let attributes = [0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xFD, 0xE9];
    let entry = NewEntry { peer: 0, originated: 6, path: 0, attributes: &attributes };
    for (sequence, text) in ["10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32"].into_iter().enumerate() {
        write_rib(7, sequence as u32, &network(text), false, &[entry], &mut file);
    }
    file
}

#[test]
fn a_file_byte_by_byte() {
    let file = small_file();
    let peers = [0, 0, 0, 7, 0, 13, 0, 1, 0, 0, 0, 21, 127, 0, 0, 1, 0, 0, 0, 1, 2, 127, 0, 0, 1, 192, 0, 2, 1, 0, 0, 0xFD, 0xE9];
    let first = [0, 0, 0, 7, 0, 13, 0, 2, 0, 0, 0, 29, 0, 0, 0, 0, 8, 10, 0, 1, 0, 0, 0, 0, 0, 6, 0, 13, 0x40, 1, 1, 0, 0x40, 2];
    assert_eq!(&file[..33], peers);
    assert_eq!(&file[33..67], first);
}

#[test]
fn a_file_that_is_cut_off_is_good_up_to_there() {
    let file = small_file();
    assert_eq!(read(&file, 7), (4, Ok(())));
    let begins = [0, 33, 33 + 41, 33 + 41 + 43];
    for cut in 1..file.len() {
        let (records, end) = read(&file[..cut], 16);
        let whole = begins.iter().filter(|begin| **begin <= cut).count() - 1;
        let offset = begins[whole] as u64;
        let torn = Err(Fault { offset, flaw: Flaw::Torn });
        assert_eq!((records, end), (whole, if offset == cut as u64 { Ok(()) } else { torn }), "{cut}");
    }
    assert_eq!(Fault { offset: 74, flaw: Flaw::Torn }.to_string(), "the file ends within the record that begins at byte 74");
}

#[test]
fn files_that_are_something_else() {
    let end = |file: &[u8]| read(file, 4096).1.expect_err("refused").flaw;
    assert_eq!(end(b"<html><head><title>404"), Flaw::Foreign);
    assert_eq!(end(&[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]), Flaw::Compressed(Compression::Gzip));
    assert_eq!(end(b"BZh91AY&SY\x01\x02\x03\x04"), Flaw::Compressed(Compression::Bzip2));
    // Even where there is no whole header.
    assert_eq!(end(b"BZh9"), Flaw::Compressed(Compression::Bzip2));
    assert_eq!(end(&[0x28, 0xB5, 0x2F, 0xFD]), Flaw::Compressed(Compression::Zstd));
    assert_eq!(end(&[0xFD, b'7', b'z', b'X']), Flaw::Compressed(Compression::Xz));
    assert_eq!(end(&[0, 0]), Flaw::Torn);
    assert_eq!(read(&[], 1), (0, Ok(())));
    // A length that no record has is not waited for.
    let mut file = small_file();
    file[33 + 8] = 0xFF;
    assert_eq!(read(&file, 5), (1, Err(Fault { offset: 33, flaw: Flaw::Length(0xFF00_001D) })));
    // A kind that is not known is passed over behind a first that is.
    let mut file = small_file();
    file[33 + 5] = 200;
    assert_eq!(read(&file, 5), (4, Ok(())));
}

#[test]
fn a_record_that_does_not_fit_is_told_from_the_others() {
    let broken = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut file = small_file()[33..74].to_vec();
        change(&mut file);
        only(&file, |record| assert_eq!(record.read(), None));
    };
    // A network of 33 bits; an entry too many; attributes that are longer than the record.
    broken(&|file| file[16] = 33);
    broken(&|file| file[19] = 2);
    broken(&|file| file[27] = 14);
}

fn any_exchange() -> impl Strategy<Value = (Exchange<'static>, Vec<u8>)> {
    (any::<[bool; 4]>(), any::<[u128; 2]>(), any::<[u32; 2]>(), prop::collection::vec(any::<u8>(), 0..100)).prop_map(
        |([v6, four_octets, sent, paths], addresses, systems, message)| {
            let address = |address: u128| if v6 { IpAddr::V6(address.into()) } else { IpAddr::V4((address as u32).into()) };
            let system = |system: u32| if four_octets { system } else { system & 0xFFFF };
            let agreed = Agreed { four_octets, long: true, paths_v4: paths, paths_v6: paths, own: false };
            let [peer, local] = addresses.map(address);
            let [system, local_system] = systems.map(system);
            (Exchange { peer, system, local, local_system, sent, agreed, message: &[] }, message)
        },
    )
}

proptest! {
    #[test]
    fn peers_written_are_read(
        at: u32,
        collector: u32,
        peers in prop::collection::vec((any::<u32>(), any::<(bool, u128)>(), any::<u32>()), 0..9),
    ) {
        let peers: Vec<Peer> = peers
            .into_iter()
            .map(|(identifier, (v6, address), system)| Peer {
                identifier: identifier.into(),
                address: if v6 { IpAddr::V6(address.into()) } else { IpAddr::V4((address as u32).into()) },
                system,
            })
            .collect();
        let mut file = Vec::new();
        write_peers(at, collector.into(), &peers, &mut file);
        only(&file, |record| {
            let Some(Content::Peers(read)) = record.read() else { panic!("peers") };
            assert_eq!((record.at, read.collector, read.view), (at, collector.into(), &[][..]));
            assert!(read.eq(peers));
        });
    }

    #[test]
    fn networks_written_are_read(
        v6: bool,
        paths: bool,
        address in any_network(true),
        sequence: u32,
        entries in prop::collection::vec((any::<(u16, u32, u32)>(), prop::collection::vec(any::<u8>(), 0..300)), 0..5),
    ) {
        let network = if v6 { address } else { crate::network::Network::of(ROUTER, address.bits()) };
        let new: Vec<NewEntry<'_>> = entries
            .iter()
            .map(|((peer, originated, path), attributes)| NewEntry { peer: *peer, originated: *originated, path: *path, attributes })
            .collect();
        let mut file = Vec::new();
        write_rib(1, sequence, &network, paths, &new, &mut file);
        only(&file, |record| {
            let Some(Content::Rib(rib)) = record.read() else { panic!("a network") };
            assert_eq!((rib.sequence, rib.network), (sequence, network));
            assert!(rib.entries.map(|entry| (entry.peer, entry.originated, entry.path, entry.attributes)).eq(
                new.iter().map(|new| (new.peer, new.originated, if paths { new.path } else { 0 }, new.attributes))));
        });
    }

    #[test]
    fn old_entries_written_are_read(
        count in 1usize..5,
        address in any_network(true),
        v6: bool,
        sequence: u16,
        originated: u32,
        system: u16,
        attributes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let network = if v6 { address } else { crate::network::Network::of(ROUTER, address.bits()) };
        let peer = if v6 { address.address() } else { ROUTER };
        let entries = vec![OldEntry { network, originated, peer, system, attributes: &attributes }; count];
        let mut file = Vec::new();
        write_old_entries(5, sequence, v6, &entries, &mut file);
        let check = |record: &Record<'_>| {
            let Some(Content::OldEntries(read)) = record.read() else { panic!("old entries") };
            assert_eq!(read.sequence, sequence);
            assert!(read.eq(entries.iter().copied()));
        };
        only(&file, check);
        // The same with the length that leaves out four bytes.
        let length = (file.len() as u32 - 16).to_be_bytes();
        file[8..12].copy_from_slice(&length);
        if attributes.len() >= 4 {
            only(&file, check);
        }
    }

    #[test]
    fn messages_written_are_read((told, message) in any_exchange(), micros: Option<u32>, states: (u16, u16)) {
        let told = Exchange { message: &message, ..told };
        let mut file = Vec::new();
        write_message(9, micros, &told, &mut file);
        only(&file, |record| {
            assert_eq!((record.at, record.micros), (9, micros.unwrap_or(0)));
            assert_eq!(record.read(), Some(Content::Exchange(told)));
        });
        let Exchange { peer, system, local, local_system, .. } = told;
        let state = State { peer, system, local, local_system, old: states.0, new: states.1 };
        file.clear();
        write_state(9, &state, &mut file);
        only(&file, |record| assert_eq!(record.read(), Some(Content::State(state))));
    }

    #[test]
    fn any_bytes_do_no_harm(
        kinds in prop::sample::select(vec![(12, 2), (13, 12), (16, 12), (17, 12)]),
        subtype in 0u16..13,
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        look_into(&Record { at: 0, micros: 0, kind: kinds.0, subtype: subtype % (kinds.1 + 1), body: &body });
        let _ = read(&body, 50);
    }

    #[test]
    fn a_damaged_byte_does_no_harm(at in any::<prop::sample::Index>(), byte: u8, step in 1usize..50) {
        let mut file = small_file();
        let at = at.index(file.len());
        file[at] = byte;
        let _ = read(&file, step);
    }
}
