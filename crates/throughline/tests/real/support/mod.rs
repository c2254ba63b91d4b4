//! What every case needs: the built binary as a child, scripted backends, clients that check what they read, peers that may be missing.

pub(crate) mod authority;
pub(crate) mod backend;
pub(crate) mod client;
pub(crate) mod edge;
pub(crate) mod load;
pub(crate) mod message;
pub(crate) mod peers;
pub(crate) mod place;
pub(crate) mod ports;
pub(crate) mod scripted;
pub(crate) mod websocket;

use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a test waits for something that ought to happen at once, before it fails. It only ends a hang: no machine is so slow.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Bytes that look random and are the same every time.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    shared_noise(len)[..len].to_vec()
}

/// The same and perhaps more of them, for all to read. They are made once: a backend that made its answers anew for each of many clients
/// would leave neither processor nor memory to what is tested.
pub(crate) fn shared_noise(len: usize) -> Arc<Vec<u8>> {
    static MADE: Mutex<Option<Arc<Vec<u8>>>> = Mutex::new(None);
    let mut made = MADE.lock().expect("no panic while it is held");
    match &*made {
        Some(made) if made.len() >= len => made.clone(),
        _ => made.insert(Arc::new(make_noise(len.next_power_of_two().max(64 * 1024)))).clone(),
    }
}

fn make_noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
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
