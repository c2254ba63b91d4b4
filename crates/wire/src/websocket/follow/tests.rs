use super::*;
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

fn frame(opcode: Opcode, mask: Option<[u8; 4]>, len: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    FrameHeader { fin: true, rsv1: false, opcode, mask, len: len as u64 }.write(&mut bytes);
    bytes.resize(bytes.len() + len, 0xff);
    bytes
}

#[test]
fn after_a_close_nothing_fits() {
    let mut follower = Follower::default();
    assert!(follower.is_between_frames());
    follower.pass(&frame(Opcode::Close, None, 2));
    assert!(!follower.is_between_frames());
}

#[test]
fn a_close_frame_is_one() {
    assert_eq!(close_frame(CloseCode::GOING_AWAY, None), [0x88, 2, 0x03, 0xe9]);
    // RFC 6455 §5.3: each byte of payload combined with its byte of the key.
    assert_eq!(close_frame(CloseCode::GOING_AWAY, Some([1, 2, 3, 4])), [0x88, 0x82, 1, 2, 3, 4, 0x03 ^ 1, 0xe9 ^ 2]);
}

#[test]
fn what_is_no_frame_is_followed_no_further() {
    let mut follower = Follower::default();
    follower.pass(&[0x70, 0, 0x81, 0]);
    assert!(!follower.is_between_frames());
}

proptest! {
    /// However the bytes are torn, it is between frames exactly where one has ended.
    #[test]
    fn borders_are_found_in_torn_bytes(
        frames in prop::collection::vec((any::<Option<[u8; 4]>>(), prop_oneof![0usize..130, 65_530usize..65_540]), 1..6),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let mut bytes = Vec::new();
        let mut borders = vec![0];
        for (mask, len) in frames {
            bytes.extend(frame(Opcode::Binary, mask, len));
            borders.push(bytes.len());
        }
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).chain([0, bytes.len()]).collect();
        places.sort_unstable();
        let mut follower = Follower::default();
        for pair in places.windows(2) {
            follower.pass(&bytes[pair[0]..pair[1]]);
            prop_assert_eq!(follower.is_between_frames(), borders.contains(&pair[1]));
        }
    }
}
