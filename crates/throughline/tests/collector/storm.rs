//! A real router's whole table, as it came in 20 seconds of 2015, sent as fast as it goes: over a BGP session, and by BMP.

use crate::support::{Rig, bgp, bmp, connect, free};
use flate2::read::MultiGzDecoder;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Instant;
use wire::bgp::{Capability, Family, Framer, Message, Open};
use wire::bmp::{self, Peer, PeerKind};
use wire::mrt::{Content, RECORD_BYTES, Reader};

/// Networks in it at its end that can be used: of 577,706, four have a way through AS 0 (RFC 7607), and up to four come with an AS_PATH
/// that is malformed (RFC 7606 §7.2): those count as withdrawn.
pub(crate) const NETWORKS: usize = 577_698;

/// Its UPDATEs, in order; `None` after one line where the data is absent.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn updates() -> Option<Vec<Vec<u8>>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("THROUGHLINE_DATA").map_or(beside, PathBuf::from);
    let Ok(file) = std::fs::File::open(folder.join("updates.et-header.2015.gz")) else {
        eprintln!("skipped: no routing data, see THROUGHLINE_DATA");
        return None;
    };
    let mut bytes = Vec::new();
    MultiGzDecoder::new(file).read_to_end(&mut bytes).expect("gzip");
    let mut reader = Reader::new(RECORD_BYTES);
    reader.push(&bytes);
    let mut updates = Vec::new();
    while let Some(record) = reader.record().expect("a good file") {
        if let Some(Content::Exchange(exchange)) = record.read()
            && let Ok(Message::Update(_)) = Message::read(exchange.message, &exchange.agreed)
        {
            assert!(exchange.agreed.four_octets);
            updates.push(exchange.message.to_vec());
        }
    }
    Some(updates)
}

fn open() -> Open {
    let capabilities = vec![Capability::Multiprotocol(Family::IPV4), Capability::FourOctets(65_001)];
    Open { system: 65_001, hold_seconds: 30, identifier: Ipv4Addr::new(127, 0, 0, 1), capabilities }
}

/// The end of a table, which the file does not have.
fn end_of_rib() -> Vec<u8> {
    let mut bytes = vec![0xFF; 16];
    bytes.extend([0, 23, 2, 0, 0, 0, 0]);
    bytes
}

/// A router that tells all of it, and stays.
pub(crate) fn tell(mut stream: TcpStream, updates: &[Vec<u8>]) {
    let mut bytes = Vec::new();
    open().write(&mut bytes).expect("it fits");
    wire::bgp::write_keepalive(&mut bytes);
    stream.write_all(&bytes).expect("sent");
    let mut framer = Framer::default();
    let mut heard = 0;
    while heard < 2 {
        let mut piece = [0; 1024];
        let length = stream.read(&mut piece).expect("an answer");
        framer.push(&piece[..length]);
        while framer.message(&wire::bgp::Agreed::default()).expect("a message").is_some() {
            heard += 1;
        }
    }
    stream.write_all(&updates.concat()).expect("sent");
    stream.write_all(&end_of_rib()).expect("sent");
    // Until the far end closes.
    while matches!(stream.read(&mut [0; 1024]), Ok(1..)) {}
}

#[test]
#[expect(clippy::print_stderr, reason = "how long it took is worth a line")]
fn over_a_bgp_session() {
    let Some(updates) = updates() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("it is bound");
    let router = std::thread::spawn(move || tell(listener.accept().expect("a session").0, &updates));
    let began = Instant::now();
    let mut rig = Rig::new(&[bgp(at, None)]);
    rig.until("the whole table", |tables| tables.values().any(|(_, table)| table.len() >= NETWORKS));
    eprintln!("{NETWORKS} networks over a session in {:?}", began.elapsed());
    rig.until_told("routing-table-loaded", "end-of-rib");
    drop(rig);
    router.join().expect("the router ended well");
}

#[test]
#[expect(clippy::print_stderr, reason = "how long it took is worth a line")]
fn by_bmp() {
    let Some(updates) = updates() else { return };
    let at = free("127.0.0.1");
    let mut rig = Rig::new(&[bmp(at)]);
    let router = std::thread::spawn(move || {
        let peer = Peer {
            kind: PeerKind::Global,
            post_policy: true,
            two_octets: false,
            outgoing: false,
            filtered: false,
            distinguisher: 0,
            address: Ipv4Addr::new(192, 0, 2, 1).into(),
            system: 3856,
            identifier: Ipv4Addr::new(192, 0, 2, 1),
            at: (0, 0),
        };
        let mut stream = connect(at);
        let mut bytes = Vec::new();
        bmp::write_initiation(&[(2, b"storm")], &mut bytes);
        bmp::write_peer_up(&peer, Ipv4Addr::LOCALHOST.into(), (179, 179), (&open(), &open()), &[], &mut bytes).expect("it fits");
        for update in updates.iter().chain([&end_of_rib()]) {
            bmp::write_monitoring(&peer, update, &mut bytes);
        }
        stream.write_all(&bytes).expect("sent");
        while matches!(stream.read(&mut [0; 1024]), Ok(1..)) {}
    });
    let began = Instant::now();
    rig.until("the whole table", |tables| tables.values().any(|(_, table)| table.len() >= NETWORKS));
    eprintln!("{NETWORKS} networks by BMP in {:?}", began.elapsed());
    drop(rig);
    router.join().expect("the router ended well");
}
