//! What every case needs: the built binary as a child, scripted backends, clients that check what they read, peers that may be missing.

pub(crate) mod authority;
pub(crate) mod backend;
pub(crate) mod client;
pub(crate) mod edge;
pub(crate) mod load;
pub(crate) mod message;
pub(crate) mod peers;
pub(crate) mod place;
pub(crate) mod scripted;
pub(crate) mod websocket;

use std::time::Duration;

/// How long a test waits for something that ought to happen at once, before it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Bytes that look random and are the same every time.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut word = || {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes: Vec<u8> = std::iter::repeat_with(&mut word).take(len.div_ceil(8)).flatten().collect();
    bytes.truncate(len);
    bytes
}

/// A checksum that tells a missing, a doubled and a swapped byte (FNV-1a, 64 bits).
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Memory of a process, in KiB; 0 where the machine does not tell.
pub(crate) fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(0)
}
