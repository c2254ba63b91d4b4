use super::{Block, LINK_ETHERNET, Way, begin, blocks, interface, packet, secrets};
use alloc::vec::Vec;
use proptest::prelude::*;

#[test]
fn a_file_reads_back() {
    let mut file = Vec::new();
    begin("throughline", &mut file);
    interface(LINK_ETHERNET, "lo", &mut file);
    secrets(b"CLIENT_RANDOM 00 11\n", &mut file);
    packet(0, 0x0001_0002_0003_0004, Way::Out, b"frame", 1500, "SYN", &mut file);
    packet(0, 5, Way::In, b"", 0, "", &mut file);
    assert_eq!(file.len() % 4, 0);
    let read: Option<Vec<_>> = blocks(&file).collect();
    assert_eq!(
        read.expect("it is sound"),
        [
            Block::Section,
            Block::Interface(LINK_ETHERNET),
            Block::Secrets(b"CLIENT_RANDOM 00 11\n"),
            Block::Packet { interface: 0, at: 0x0001_0002_0003_0004, frame: b"frame", original: 1500 },
            Block::Packet { interface: 0, at: 5, frame: b"", original: 0 },
        ]
    );
}

proptest! {
    #[test]
    fn any_packets_read_back(
        packets in proptest::collection::vec((any::<u64>(), proptest::collection::vec(any::<u8>(), 0..50), ".{0,9}"), 0..5),
    ) {
        let mut file = Vec::new();
        begin("", &mut file);
        for (at, frame, comment) in &packets {
            packet(1, *at, Way::In, frame, frame.len(), comment, &mut file);
        }
        let read: Vec<_> = blocks(&file).map(|block| block.expect("it is sound")).skip(1).collect();
        let want: Vec<_> = packets.iter().map(|(at, frame, _)| {
            Block::Packet { interface: 1, at: *at, frame, original: u32::try_from(frame.len()).expect("short") }
        }).collect();
        prop_assert_eq!(read, want);
    }

    #[test]
    fn torn_and_arbitrary_files_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80), cut in 0..60_usize) {
        let mut file = Vec::new();
        begin("x", &mut file);
        packet(0, 1, Way::In, &bytes, bytes.len(), "", &mut file);
        file.truncate(file.len().saturating_sub(cut));
        prop_assert!(blocks(&file).count() <= 3);
        prop_assert!(blocks(&bytes).count() <= 8);
    }
}
