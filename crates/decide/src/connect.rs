//! Which of a server's addresses is tried when (Happy Eyeballs, RFC 8305). Knows no socket: [`Race`] is asked what to do next and told what
//! became of it.
//!
//! Names come with all their addresses at once here, so the Resolution Delay (RFC 8305 §3) has nothing to wait for.

use crate::time::{Duration, Instant};
use alloc::vec::Vec;
use core::net::IpAddr;

/// How long an attempt has the way for itself (RFC 8305 §5, the recommended Connection Attempt Delay).
pub const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// More addresses than this are not tried: a name may have hundreds.
pub const MOST_ATTEMPTS: usize = 16;

/// The order of trying: IPv6 first, then by turns, each family in the order it came (RFC 8305 §4, First Address Family Count 1).
pub fn order(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let mut six = addresses.iter().filter(|address| address.is_ipv6());
    let mut four = addresses.iter().filter(|address| address.is_ipv4());
    let mut ordered = Vec::new();
    loop {
        let pair = [six.next(), four.next()];
        if pair == [None, None] {
            ordered.truncate(MOST_ATTEMPTS);
            return ordered;
        }
        ordered.extend(pair.into_iter().flatten().copied());
    }
}

/// Why an attempt begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is the first.
    First,
    /// The one before has not answered for [`ATTEMPT_DELAY`].
    NoAnswerYet,
    /// One before has failed.
    OneFailed,
}

impl Why {
    /// The word in steps.
    pub const fn word(self) -> &'static str {
        match self {
            Why::First => "first",
            Why::NoAnswerYet => "no-answer-yet",
            Why::OneFailed => "one-failed",
        }
    }
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Begin an attempt, and ask again.
    Start {
        /// Its number, from 0.
        attempt: usize,
        /// Where to.
        address: IpAddr,
        /// Why now.
        why: Why,
    },
    /// Wait for an answer, and ask again at this time.
    Wait(Instant),
    /// Wait for an answer; there is nothing left to begin.
    WaitForAnswers,
    /// Every address has failed.
    Lost,
}

/// The attempts at one server. Ask [`Race::next`] at first, after every failure, and when a wait is over. Whoever connects first has won.
#[derive(Clone, Debug)]
pub struct Race {
    addresses: Vec<IpAddr>,
    begun: usize,
    running: usize,
    last: Option<Instant>,
    failed: bool,
}

impl Race {
    /// A race over addresses in the order of trying.
    pub fn new(addresses: Vec<IpAddr>) -> Race {
        Race { addresses, begun: 0, running: 0, last: None, failed: false }
    }

    /// What to do now.
    pub fn next(&mut self, now: Instant) -> Next {
        let Some(&address) = self.addresses.get(self.begun) else {
            return if self.running == 0 { Next::Lost } else { Next::WaitForAnswers };
        };
        let why = match self.last {
            None => Why::First,
            // RFC 8305 §5: a failure ends the wait.
            Some(_) if self.failed => Why::OneFailed,
            Some(last) if now >= last + ATTEMPT_DELAY => Why::NoAnswerYet,
            Some(last) => return Next::Wait(last + ATTEMPT_DELAY),
        };
        let attempt = self.begun;
        self.begun += 1;
        self.running += 1;
        self.last = Some(now);
        self.failed = false;
        Next::Start { attempt, address, why }
    }

    /// An attempt has failed.
    pub fn failed(&mut self) {
        self.running -= 1;
        self.failed = true;
    }
}

#[cfg(test)]
mod tests;
