//! Popular and rare URLs, by Zipf's law, whose answers are several times what the memory holds: how many requests are hits, and what one
//! costs.

use super::load::play;
use super::origin::Origin;
use crate::bench::address::Address;
use crate::bench::peers::{self, Peer, Room};
use crate::bench::{Bench, report};

/// MiB that each has.
const MEMORY: u64 = 64;
const URLS: u32 = 20_000;
/// The URL of rank n is asked for with a weight of 1 / n^0.9.
const EXPONENT: f64 = 0.9;
const CLIENTS: usize = 32;

/// From 1 KiB to 64 KiB, each doubling as likely as the other.
fn len_of(url: u32) -> u64 {
    let unit = unit(scramble(u64::from(url) ^ 0x5eed));
    (1024.0 * 2f64.powf(6.0 * unit)) as u64
}

/// SplitMix64's output function.
fn scramble(mut word: u64) -> u64 {
    word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// From 0 to 1.
fn unit(word: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits")]
    let unit = (word >> 11) as f64 / (1u64 << 53) as f64;
    unit
}

/// The same in every run.
fn sequence(requests: usize) -> Vec<u32> {
    let weights = (1..=URLS).scan(0.0, |sum, rank| {
        *sum += f64::from(rank).powf(-EXPONENT);
        Some(*sum)
    });
    let sums: Vec<f64> = weights.collect();
    let all = sums[sums.len() - 1];
    let draw = |number: usize| {
        let at = unit(scramble(number as u64)) * all;
        u32::try_from(sums.partition_point(|sum| *sum < at)).expect("a rank").min(URLS - 1)
    };
    (0..requests).map(draw).collect()
}

pub(super) fn measure(bench: &Bench, caches: &[&Peer], origin: &Origin) -> Result<String, String> {
    let all: u64 = (0..URLS).map(len_of).sum();
    let sequence = sequence(bench.plan.zipf_requests);
    let (warm_up, measured) = sequence.split_at(sequence.len() / 2);
    let mut text = format!(
        "\n## cache-zipf\n\n{URLS} URLs of 1 to 64 KiB, {} MiB in all, by Zipf's law with an exponent of {EXPONENT}; {MEMORY} MiB of \
         memory; {} requests to warm up, {} measured, the same for all.\n\n\
         | server | hits | CPU µs / request | memory at the end, MiB | origin asked |\n|---|---:|---:|---:|---:|\n",
        all >> 20,
        warm_up.len(),
        measured.len(),
    );
    for peer in caches {
        let room = Room { memory: MEMORY, object: all / u64::from(URLS) };
        let running = peers::start_cache(bench, peer, room, origin.port)?;
        let to = Address::clear(running.server.port);
        let path = |url: u32| format!("/{}/zipf/{url}", len_of(url));
        let failed = |why| format!("{}: {why}", peer.name);
        play(to, CLIENTS, warm_up, path).map_err(failed)?;
        let (asked, cpu) = (origin.asked(), running.server.cpu_seconds());
        play(to, CLIENTS, measured, path).map_err(failed)?;
        let (asked, cpu) = (origin.asked() - asked, running.server.cpu_seconds() - cpu);
        #[expect(clippy::cast_precision_loss, reason = "counts of requests")]
        let (asked_of, requests) = (asked as f64, measured.len() as f64);
        report::line(
            &mut text,
            format_args!(
                "| {} | {:.1} % | {:.1} | {} | {asked} |",
                peer.name,
                100.0 * (1.0 - asked_of / requests),
                cpu * 1e6 / requests,
                super::memory_of(&running) >> 20
            ),
        );
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_same_each_time_and_the_first_ranks_lead() {
        let one = sequence(20_000);
        assert_eq!(one, sequence(20_000));
        let count = |rank| one.iter().filter(|url| **url == rank).count();
        assert!(count(0) > count(1) && count(1) > count(10) && count(10) > count(1000));
        assert!(one.iter().all(|url| *url < URLS));
    }

    #[test]
    fn lengths_are_from_one_to_sixty_four_kib() {
        assert!((0..URLS).all(|url| (1024..=65_536).contains(&len_of(url))));
    }
}
