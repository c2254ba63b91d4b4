//! What the fuzzers of all protocols share: a generator, changes to messages, and how long to go on.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A small generator of its own, so that a seed means the same inputs for ever.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// A number from zero up to, but without, `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end.max(1) as u64) as usize
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

/// Changes a message in one to four places.
fn mutate(random: &mut Random, seed: &[u8], others: &[&[u8]], words: &[&[u8]]) -> Vec<u8> {
    let mut text = seed.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(text.len() + 1);
        let end = (at + random.below(12)).min(text.len());
        match random.below(7) {
            0 if at < text.len() => text[at] ^= 1 << random.below(8),
            1 if at < text.len() => text[at] = random.below(256) as u8,
            2 => drop(text.drain(at..end)),
            3 => {
                let word = random.pick(words);
                text.splice(at..at, word.iter().copied());
            }
            4 => {
                let word = random.pick(words);
                text.splice(at..end, word.iter().copied());
            }
            5 => {
                let again = text[at..end].to_vec();
                text.splice(at..at, again);
            }
            _ => {
                let other = random.pick(others);
                let from = random.below(other.len());
                text.truncate(at);
                text.extend_from_slice(&other[from..]);
            }
        }
    }
    text
}

/// Runs `check` on seeds that were changed, with words put in, until the time is up, or for a fixed number of rounds.
pub(crate) fn run(seeds: &[&[u8]], words: &[&[u8]], rounds: usize, mut check: impl FnMut(&mut Random, &[u8])) {
    repeat(rounds, |random| {
        let seed = random.pick(seeds);
        let input = mutate(random, seed, seeds, words);
        check(random, &input);
    });
}

/// Runs `check` until the time is up, or for a fixed number of rounds.
#[allow(clippy::print_stderr, reason = "the seed is what repeats a failure")]
pub(crate) fn repeat(rounds: usize, mut check: impl FnMut(&mut Random)) {
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse::<u64>().ok());
    let seed = match (seconds, std::env::var("FUZZ_SEED").ok().and_then(|text| text.parse().ok())) {
        (_, Some(seed)) => seed,
        (Some(_), None) => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64),
        (None, None) => 1,
    };
    eprintln!("FUZZ_SEED={seed}");
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut random = Random::new(seed);
    let mut round = 0usize;
    while end.map_or(round < rounds, |end| !round.is_multiple_of(256) || Instant::now() < end) {
        check(&mut random);
        round += 1;
    }
    eprintln!("{round} inputs");
}
