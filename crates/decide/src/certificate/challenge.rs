//! By which challenge control over a name is shown.

use crate::config::AcmeChallenge;

/// A challenge that can be answered here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// RFC 8555 §8.3.
    Http01,
    /// RFC 8737.
    TlsAlpn01,
}

/// The challenges to answer, the preferred one first, after `failures` orders in a row that failed. Where either will do, they take
/// turns: what hinders one (a port that is closed, a proxy in front) often does not hinder the other.
pub fn preference(setting: AcmeChallenge, failures: u32) -> &'static [Challenge] {
    match setting {
        AcmeChallenge::Http01 => &[Challenge::Http01],
        AcmeChallenge::TlsAlpn01 => &[Challenge::TlsAlpn01],
        AcmeChallenge::Either if failures.is_multiple_of(2) => &[Challenge::Http01, Challenge::TlsAlpn01],
        AcmeChallenge::Either => &[Challenge::TlsAlpn01, Challenge::Http01],
    }
}

#[cfg(test)]
mod tests;
