//! Masking (RFC 6455 §5.3).

use sha1::{Digest, Sha1};

/// Masks data, or takes the mask off: that is the same. `at` is the place of the first byte in its frame's payload.
pub fn mask(data: &mut [u8], key: [u8; 4], at: u64) {
    let mut key = key;
    key.rotate_left((at % 4) as usize);
    let [a, b, c, d] = key;
    let word = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = data.as_chunks_mut::<8>();
    for bytes in words {
        *bytes = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

/// A client's source of keys. RFC 6455 §10.3: what runs in the client may choose its payloads, so it must not be able to foresee the keys;
/// these are the output of SHA-1 over a secret seed and a count.
pub(super) struct MaskKeys {
    seed: [u8; 32],
    count: u64,
    block: [u8; 20],
    /// Bytes of the block that are spent.
    spent: usize,
}

impl MaskKeys {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        MaskKeys { seed, count: 0, block: [0; 20], spent: 20 }
    }

    pub(super) fn next(&mut self) -> [u8; 4] {
        if self.spent == self.block.len() {
            self.block = Sha1::new().chain_update(self.seed).chain_update(self.count.to_be_bytes()).finalize().into();
            self.count += 1;
            self.spent = 0;
        }
        let key = *self.block[self.spent..].first_chunk().expect("a block holds five keys");
        self.spent += key.len();
        key
    }
}

#[cfg(test)]
mod tests;
