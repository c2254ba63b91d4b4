//! How long to wait before the next attempt.

use crate::random::Random;
use crate::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_secs(2);
/// The longest; RFC 4271 §8.1.1 lets it grow, and asks for jitter (§10).
const LONGEST: Duration = Duration::from_secs(120);
/// What lasted so long was no failure of its beginning: the next wait is the first again.
const LASTED: Duration = Duration::from_secs(300);

/// Waits that double from failure to failure, each with a quarter of jitter, so that a hundred sessions with one router do not come back
/// in the same moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait after one more failure of something that had lasted for `lasted`.
    pub fn failed(&mut self, lasted: Duration, random: &mut dyn Random) -> Duration {
        if lasted >= LASTED {
            self.failures = 0;
        }
        let wait = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let quarter = u64::try_from(wait.as_nanos() / 4).expect("two minutes in nanoseconds");
        wait - Duration::from_nanos(random.below(quarter + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix;

    #[test]
    fn waits_double_up_to_two_minutes_with_a_quarter_of_jitter() {
        let (mut backoff, mut random) = (Backoff::default(), SplitMix::new(7));
        for most in [2, 4, 8, 16, 32, 64, 120, 120] {
            let (wait, most) = (backoff.failed(Duration::ZERO, &mut random), Duration::from_secs(most));
            assert!(wait <= most && wait >= most * 3 / 4, "{wait:?} of {most:?}");
        }
        assert!(backoff.failed(Duration::from_secs(301), &mut random) <= FIRST);
    }
}
