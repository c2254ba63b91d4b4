//! Server cookies (RFC 7873) in the form that all servers share (RFC 9018).

use super::siphash_2_4;
use core::net::IpAddr;

/// A secret that nobody else knows.
pub type Secret = [u8; 16];

/// The one version there is (§4.2).
const VERSION: [u8; 4] = [1, 0, 0, 0];
/// A cookie is good for so long, in seconds (§4.3).
const OLDEST: u32 = 3600;
/// And may be from so far ahead, where clocks differ (§4.3).
const NEWEST: u32 = 300;
/// One that is older is replaced by a new one (§4.3).
const RENEWED: u32 = 1800;

/// What a server thinks of a cookie that it was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its client has it from us, and lately.
    Good,
    /// The same, and it is time for a new one.
    Old,
    /// None of ours, or too old.
    Bad,
}

/// The server's part for a client at `now`, in seconds since 1970 modulo 2³².
pub fn make(secret: &Secret, client: [u8; 8], address: IpAddr, now: u32) -> [u8; 16] {
    let mut cookie = [0; 16];
    cookie[..4].copy_from_slice(&VERSION);
    cookie[4..8].copy_from_slice(&now.to_be_bytes());
    let hash = hash(secret, client, address, &cookie);
    cookie[8..].copy_from_slice(&hash.to_le_bytes());
    cookie
}

/// Whether `server` is what [`make`] made with one of the secrets.
pub fn judge(secrets: &[Secret], client: [u8; 8], server: &[u8], address: IpAddr, now: u32) -> Verdict {
    let Ok(server): Result<&[u8; 16], _> = server.try_into() else { return Verdict::Bad };
    if server[0] != VERSION[0] {
        return Verdict::Bad;
    }
    // Serial number arithmetic (RFC 1982): the count wraps in 2106.
    let made = u32::from_be_bytes([server[4], server[5], server[6], server[7]]);
    let age = now.wrapping_sub(made);
    let ahead = made.wrapping_sub(now);
    if age > OLDEST && ahead > NEWEST {
        return Verdict::Bad;
    }
    let shown = u64::from_le_bytes(core::array::from_fn(|index| server[8 + index]));
    // Compared as a whole, so that the time it takes tells nothing.
    if !secrets.iter().any(|secret| hash(secret, client, address, server) == shown) {
        return Verdict::Bad;
    }
    if age > RENEWED && ahead > NEWEST { Verdict::Old } else { Verdict::Good }
}

/// §4.4: over the client's cookie, the first eight bytes of the server's, and the client's address.
fn hash(secret: &Secret, client: [u8; 8], address: IpAddr, server: &[u8; 16]) -> u64 {
    let mut input = [0; 32];
    input[..8].copy_from_slice(&client);
    input[8..16].copy_from_slice(&server[..8]);
    let len = match address {
        IpAddr::V4(v4) => {
            input[16..20].copy_from_slice(&v4.octets());
            20
        }
        IpAddr::V6(v6) => {
            input[16..].copy_from_slice(&v6.octets());
            32
        }
    };
    siphash_2_4(secret, &input[..len])
}

/// The secret of a day, out of one that the server drew when it began: cookies of yesterday are good for an hour more, so that two
/// secrets are enough.
pub fn secret_of(drawn: &Secret, day: u64) -> Secret {
    let mut secret = [0; 16];
    for half in 0..2 {
        let mut input = [0; 9];
        input[..8].copy_from_slice(&day.to_be_bytes());
        input[8] = half;
        secret[usize::from(half) * 8..][..8].copy_from_slice(&siphash_2_4(drawn, &input).to_le_bytes());
    }
    secret
}
