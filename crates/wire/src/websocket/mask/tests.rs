use super::*;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

#[test]
fn the_example_of_the_rfc() {
    // RFC 6455 §5.7
    let mut data = *b"Hello";
    mask(&mut data, [0x37, 0xfa, 0x21, 0x3d], 0);
    assert_eq!(data, [0x7f, 0x9f, 0x4d, 0x51, 0x58]);
}

#[test]
fn it_is_what_the_rfc_defines() {
    let key = [1, 20, 77, 200];
    for len in 0..40usize {
        for at in [0, 1, 2, 3, 4, 5, u64::MAX - 7] {
            let plain: Vec<u8> = (0..len).map(|place| (place * 37) as u8).collect();
            let mut masked = plain.clone();
            mask(&mut masked, key, at);
            // RFC 6455 §5.3: octet i is XORed with octet i MOD 4 of the key.
            for (place, byte) in masked.iter().enumerate() {
                let i = at.wrapping_add(place as u64);
                assert_eq!(*byte, plain[place] ^ key[(i % 4) as usize], "{len} from {at}");
            }
        }
    }
}

#[test]
fn keys_differ() {
    let keys = |seed: u8| {
        let mut keys = MaskKeys::new([seed; 32]);
        (0..200).map(|_| keys.next()).collect::<Vec<_>>()
    };
    assert_eq!(keys(1), keys(1), "the seed decides");
    let all: BTreeSet<[u8; 4]> = keys(1).into_iter().chain(keys(2)).collect();
    // Two of 400 in 2^32 are the same once in 50 000 seeds, and these seeds are fixed.
    assert_eq!(all.len(), 400);
}
