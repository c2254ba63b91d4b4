//! How much a place sheds when it is loaded beyond what it bears.

use crate::time::{Duration, Instant};

/// The controller of one place: its load in, its share out. A place's load answers late, because clients keep an answer for as long as its
/// time to live; so the share goes up by all that is too much, and then waits for what came of it; and it goes down by little, so that the
/// place does not fill and shed by turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capacity {
    share: u16,
    /// When the share went up last, or was last let down.
    raised: Option<Instant>,
    lowered: Option<Instant>,
}

/// The whole of a share.
const WHOLE: u64 = 65_536;

impl Capacity {
    /// After the share went up, this long passes before it goes up again.
    pub const RAISES: Duration = Duration::from_secs(60);
    /// And between two steps down, this long.
    pub const LOWERS: Duration = Duration::from_secs(60);
    /// One step down, in 65,536ths: a place that shed everything has everything back after half an hour.
    const STEP: u64 = WHOLE / 32;
    /// Loads up to this percentage of the capacity let the share go down, and the share is aimed at loads of as much.
    const AIM: u64 = 90;

    /// Nothing is shed.
    pub fn new() -> Capacity {
        Capacity::default()
    }

    /// The share, in 65,536ths, now that the load is known (`None`: it is not, and the share stays). No capacity is no bound: nothing is
    /// shed.
    pub fn settle(&mut self, load: Option<u64>, capacity: u64, now: Instant) -> u16 {
        if capacity == 0 {
            *self = Capacity::new();
        } else if let Some(load) = load {
            let kept = WHOLE - u64::from(self.share);
            // So much would be kept at the load that is aimed at, as far as load goes with prefixes.
            let fits = (u128::from(kept) * u128::from(capacity) * u128::from(Capacity::AIM) / 100 / u128::from(load.max(1))) as u64;
            let since = |at: Option<Instant>, span| at.is_none_or(|at| now.since(at) >= span);
            if load > capacity {
                if since(self.raised, Capacity::RAISES) {
                    self.share = (WHOLE - fits.min(WHOLE)).min(u64::from(u16::MAX)) as u16;
                    self.raised = Some(now);
                    self.lowered = Some(now);
                }
            } else if self.share > 0 && fits > kept && since(self.lowered, Capacity::LOWERS) {
                let more = (fits - kept).min(Capacity::STEP);
                self.share = self.share.saturating_sub(more.min(u64::from(u16::MAX)) as u16);
                self.lowered = Some(now);
            }
        }
        self.share
    }

    /// The share as it is, in 65,536ths.
    pub fn share(&self) -> u16 {
        self.share
    }
}

#[cfg(test)]
mod tests;
