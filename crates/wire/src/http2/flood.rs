//! How much a peer may make us do for nothing (RFC 9113 §10.5).
//!
//! Two budgets, both refilled by time and by useful work, so that they are wide for a client that means well: a browser that leaves a
//! page cancels a hundred requests at once and then waits; gRPC sends a PING for every round trip in which data moves.

use super::Breach;
use core::time::Duration;

/// Resets of unfinished streams at once: the peer's own (Rapid Reset), or ours by its fault (MadeYouReset).
const RESETS: Rate = Rate { most: 200, every_ms: 50 };

/// The costs, below, of frames that carry nothing.
const CONTROL: Rate = Rate { most: 4000, every_ms: 2 };

/// What a frame costs that is answered.
pub(super) const ANSWERED: u32 = 4;
/// What SETTINGS cost: they are answered, and may concern every stream.
pub(super) const SETTINGS: u32 = 16;
/// What a frame costs that is taken note of.
pub(super) const NOTED: u32 = 1;
/// What a whole exchange earns.
const EXCHANGE: u32 = 16;
/// What a DATA frame earns, at most.
const DATA: u32 = 8;

/// Both budgets of one connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flood {
    resets: Budget,
    control: Budget,
}

#[derive(Clone, Copy, Debug)]
struct Rate {
    most: u32,
    /// The time that brings one token.
    every_ms: u64,
}

#[derive(Clone, Copy, Debug)]
struct Budget {
    left: u32,
    /// When the time until then was last turned into tokens, in milliseconds.
    filled_ms: u64,
}

impl Flood {
    pub(super) const fn new() -> Flood {
        Flood { resets: Budget::full(RESETS), control: Budget::full(CONTROL) }
    }

    /// A stream was reset before its time, and not by our choice.
    pub(super) fn reset(&mut self, now: Duration) -> Result<(), Breach> {
        if self.resets.spend(1, RESETS, now) { Ok(()) } else { Err(Breach::ResetFlood) }
    }

    /// A frame came that carries nothing.
    pub(super) fn control(&mut self, cost: u32, now: Duration) -> Result<(), Breach> {
        if self.control.spend(cost, CONTROL, now) { Ok(()) } else { Err(Breach::ControlFlood) }
    }

    /// An exchange came to its proper end.
    pub(super) fn exchange(&mut self) {
        self.resets.earn(1, RESETS);
        self.control.earn(EXCHANGE, CONTROL);
    }

    /// A DATA frame with content went either way. One that the peer's window has cut short earns by its size: windows opened byte by
    /// byte are a flood of their own.
    pub(super) fn data(&mut self, bytes: usize, cut: bool) {
        let earned = if cut { u32::try_from(bytes / 128).unwrap_or(DATA).min(DATA) } else { DATA };
        self.control.earn(earned, CONTROL);
    }
}

impl Budget {
    const fn full(rate: Rate) -> Budget {
        Budget { left: rate.most, filled_ms: 0 }
    }

    fn spend(&mut self, cost: u32, rate: Rate, now: Duration) -> bool {
        let now_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let steps = now_ms.saturating_sub(self.filled_ms) / rate.every_ms;
        if steps > 0 {
            self.filled_ms += steps * rate.every_ms;
            self.earn(u32::try_from(steps).unwrap_or(u32::MAX), rate);
        }
        let enough = self.left >= cost;
        self.left = self.left.saturating_sub(cost);
        enough
    }

    fn earn(&mut self, tokens: u32, rate: Rate) {
        self.left = self.left.saturating_add(tokens).min(rate.most);
    }
}

#[cfg(test)]
mod tests;
