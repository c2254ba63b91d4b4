//! One seed, split by label: what is drawn for one purpose does not shift what is drawn for another.

use decide::random::{Random, SplitMix};

/// The sequence that belongs to `label` in the world of `seed`.
pub(crate) fn split(seed: u64, label: &str) -> SplitMix {
    let mut mixed = SplitMix::new(seed ^ fnv(label.as_bytes()));
    SplitMix::new(mixed.next())
}

/// FNV-1a, 64 bits.
pub(crate) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3))
}
