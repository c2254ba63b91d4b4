//! What bgpkit-parser reads of a file, and what we read of it, is the same.

use crate::files::real;
use bgpkit_parser::BgpkitParser;
use bgpkit_parser::models::{BgpElem, ElemType};
use std::io::Cursor;
use std::net::IpAddr;
use wire::bgp::{Attributes, Message, Origin};
use wire::mrt::{self, Content, Flaw, RECORD_BYTES, Reader};
use wire::network::Network;

/// Length of the way, its last system, origin, preference, discriminator.
type Told = (usize, Option<u32>, Option<Origin>, u32, u32);

/// What is said of a network, as far as both readers tell it.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    peer: IpAddr,
    network: Network,
    /// `None`: it went.
    route: Option<Told>,
    /// The way leads through system 0.
    through_zero: bool,
}

fn route(attributes: &Attributes<'_>) -> Option<Told> {
    let path = attributes.path?;
    Some((path.len(), path.origin(), attributes.origin, attributes.local_pref.unwrap_or(0), attributes.med.unwrap_or(0)))
}

/// What we read, how many records were malformed, and how the file ends.
fn ours(file: &[u8], mut told: impl FnMut(Said)) -> (usize, Result<(), mrt::Fault>) {
    let mut reader = Reader::new(RECORD_BYTES);
    let mut peers = Vec::new();
    let mut malformed = 0;
    for part in file.chunks(64 * 1024) {
        reader.push(part);
        while let Some(record) = reader.record().expect("the file is good up to its end") {
            match record.read() {
                None => malformed += 1,
                Some(Content::Peers(all)) => peers = all.collect(),
                Some(Content::Rib(rib)) => {
                    for entry in rib.entries {
                        let attributes = Attributes::read_stored(entry.attributes, true).expect("good");
                        told(Said {
                            peer: peers[usize::from(entry.peer)].address,
                            network: rib.network,
                            route: route(&attributes),
                            through_zero: false,
                        });
                    }
                }
                Some(Content::OldEntries(entries)) => {
                    for entry in entries {
                        let attributes = Attributes::read_stored(entry.attributes, false).expect("good");
                        told(Said { peer: entry.peer, network: entry.network, route: route(&attributes), through_zero: false });
                    }
                }
                Some(Content::Exchange(exchange)) => {
                    if let Ok(Message::Update(update)) = Message::read(exchange.message, &exchange.agreed) {
                        let peer = exchange.peer;
                        let come = update.announcements().map(|prefix| (prefix, route(&update.attributes)));
                        let go = update.withdrawals().map(|prefix| (prefix, None));
                        come.chain(go).for_each(|(prefix, route)| told(Said { peer, network: prefix.network, route, through_zero: false }));
                    }
                }
                Some(Content::State(_) | Content::Other) => {}
            }
        }
    }
    (malformed, reader.finish())
}

fn theirs(file: &[u8]) -> impl Iterator<Item = Said> {
    BgpkitParser::from_reader(Cursor::new(file.to_vec())).disable_warnings().into_iter().map(|element| Said {
        peer: element.peer_ip,
        network: Network::of(element.prefix.prefix.addr(), element.prefix.prefix.prefix_len()),
        route: (element.elem_type == ElemType::ANNOUNCE).then(|| their_route(&element)).flatten(),
        through_zero: element.as_path.as_ref().and_then(|path| path.to_u32_vec_opt(false)).is_some_and(|systems| systems.contains(&0)),
    })
}

fn their_route(element: &BgpElem) -> Option<Told> {
    let path = element.as_path.as_ref()?;
    let origin = element.origin.map(|origin| match origin {
        bgpkit_parser::models::Origin::IGP => Origin::Igp,
        bgpkit_parser::models::Origin::EGP => Origin::Egp,
        bgpkit_parser::models::Origin::INCOMPLETE => Origin::Incomplete,
    });
    // Where the way ends with a set, theirs are all of its systems, ours none.
    let last = path.get_origin_opt().map(u32::from);
    Some((path.route_len(), last, origin, element.local_pref.unwrap_or(0), element.med.unwrap_or(0)))
}

/// Compares all that is said, one by one; gives how much it was.
fn compare(file: &[u8], end: Result<(), Flaw>) -> usize {
    let mut theirs = theirs(file);
    let mut count = 0;
    let (malformed, told) = ours(file, |said| {
        let mut other = theirs.next().unwrap_or_else(|| panic!("they read no more than {count}; we read {said:?}"));
        match (&said.route, &mut other.route) {
            (Some(ours), Some(theirs)) if ours.1.is_none() => theirs.1 = None,
            // RFC 7607 §2: a way through system 0 counts as none.
            (None, theirs) if other.through_zero => *theirs = None,
            _ => {}
        }
        other.through_zero = false;
        assert_eq!(said, other, "number {count}");
        count += 1;
    });
    assert_eq!((malformed, told.map_err(|fault| fault.flaw)), (0, end));
    assert_eq!(theirs.next(), None, "we read no more than {count}");
    count
}

#[test]
fn an_old_table_of_seven_peers() {
    if let Some(file) = real("bview.20000111.0032.gz") {
        assert_eq!(compare(&file, Ok(())), 452_018);
    }
}

#[test]
fn a_table_as_messages() {
    if let Some(file) = real("updates.et-header.2015.gz") {
        assert_eq!(compare(&file, Ok(())), 577_740);
    }
}

#[test]
fn a_table_that_is_cut_off() {
    if let Some(file) = real("rib.20140523.0600_firstMB.bz2") {
        let count = compare(&file, Err(Flaw::Torn));
        assert!(count > 250_000, "{count}");
    }
}
