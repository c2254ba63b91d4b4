//! The figures as Markdown.

use super::memory::{self, Idle};
use super::names::Loaded;
use super::peers::{OURS, Peer};
use super::seam::{CONNECTIONS, MESSAGE, ROUND, Seam};
use super::tail::{RATE, Tail};
use super::throughput::{Figure, Figures, Row};
use super::{Plan, machine};
use std::fmt::Write;
use std::time::Duration;

/// Bodies from here on are also told as bytes per second.
const LARGE: usize = 10 << 20;

/// Who, where, how long.
pub(super) fn heading(peers: &[Peer], plan: &Plan) -> String {
    let mut text = format!("# Latest run\n\n{}\n\n", machine::description());
    for peer in peers {
        line(&mut text, format_args!("- {}: {}", peer.name, peer.version));
    }
    line(&mut text, format_args!("- this tree: {}", machine::first_line("git", &["describe", "--always", "--dirty"]).unwrap_or_default()));
    for load in [["wrk", "-v"], ["h2load", "--version"]] {
        line(&mut text, format_args!("- load: {}", machine::first_line(load[0], &load[1..]).unwrap_or_default()));
    }
    let seconds = plan.round.as_secs();
    line(&mut text, format_args!("\n{} rounds of {seconds} s per server and row; figures are medians of the rounds.", plan.rounds));
    text
}

/// A row under load: cost first, as figures and as ratios to the cheapest peer and to each.
pub(super) fn throughput(row: &Row, all: &[Figures]) -> String {
    under_load(row.name, row.says, row.bytes, all)
}

/// The same of a row whose requests have bodies of so many bytes.
pub(super) fn under_load(name: &str, says: &str, bytes: usize, all: &[Figures]) -> String {
    let mut text = format!("\n## {name}\n\n{}\n\n", capitalised(says));
    let cost = |figures: &Figures| median(figures, |round| round.cpu_us);
    let peers: Vec<&Figures> = all.iter().filter(|figures| figures.name != OURS).collect();
    let best = peers.iter().map(|figures| cost(figures)).fold(f64::INFINITY, f64::min);
    let mut head = "| server | CPU µs / request | lowest – highest | × best peer |".to_string();
    peers.iter().for_each(|peer| head += &format!(" × {} |", peer.name));
    head += " requests / s |";
    let is_large = bytes >= LARGE;
    head += if is_large { " MB / s |" } else { "" };
    head += " its core busy | p50 | p99 |";
    line(&mut text, format_args!("{head}"));
    line(&mut text, format_args!("|---|{}", "---:|".repeat(head.matches('|').count() - 2)));
    for figures in all {
        let own = cost(figures);
        let (low, high) = range(figures.rounds.iter().map(|round| round.cpu_us));
        let mut cells = format!("| {} | {own:.1} | {low:.1} – {high:.1} | {:.2} |", figures.name, own / best);
        peers.iter().for_each(|peer| cells += &format!(" {:.2} |", own / cost(peer)));
        let per_second = median(figures, |round| round.per_second);
        let busy = median(figures, |round| round.cpu_us * round.per_second / 1e4);
        cells += &if per_second < 100.0 { format!(" {per_second:.1} |") } else { format!(" {per_second:.0} |") };
        if is_large {
            #[expect(clippy::cast_precision_loss, reason = "the length of a body")]
            let megabytes = bytes as f64 / 1e6;
            cells += &format!(" {:.0} |", per_second * megabytes);
        }
        let latency = |of: fn((f64, f64)) -> f64| median(figures, |round| round.latency.map_or(f64::NAN, of));
        cells += &format!(" {busy:.0} % | {} | {} |", time(latency(|(p50, _)| p50)), time(latency(|(_, p99)| p99)));
        line(&mut text, format_args!("{cells}"));
    }
    text
}

/// The row of tables that are read.
pub(super) fn loaded(name: &str, all: &[Loaded]) -> String {
    let mut text = format!(
        "\n## {name}\n\nFrom the start of the process to the first right answer out of 900,000 networks of IPv4 and\
        \x20200,000 of IPv6 to 8 places, \
         on all cores; medians.\n\n"
    );
    line(&mut text, format_args!("| server | seconds | lowest – highest | × gdnsd | CPU seconds | resident MiB | × gdnsd | peak MiB |"));
    line(&mut text, format_args!("|---|---:|---:|---:|---:|---:|---:|---:|"));
    let middle = |values: &[f64]| quartiles(values.to_vec())[1];
    #[expect(clippy::cast_precision_loss, reason = "memory of a process is far below 2^52 bytes")]
    let mebibytes = |values: &[u64]| middle(&values.iter().map(|bytes| *bytes as f64 / f64::from(1 << 20)).collect::<Vec<_>>());
    let peer = all.iter().find(|one| one.name != OURS);
    let (time, memory) = peer.map_or((f64::NAN, f64::NAN), |peer| (middle(&peer.seconds), mebibytes(&peer.bytes)));
    for one in all {
        let (seconds, bytes) = (middle(&one.seconds), mebibytes(&one.bytes));
        let (low, high) = range(one.seconds.iter().copied());
        let (cpu, peak) = (middle(&one.cpu_seconds), mebibytes(&one.peak));
        line(
            &mut text,
            format_args!(
                "| {} | {seconds:.2} | {low:.2} – {high:.2} | {:.2} | {cpu:.2} | {bytes:.0} | {:.2} | {peak:.0} |",
                one.name,
                seconds / time,
                bytes / memory
            ),
        );
    }
    text
}

/// A row of idle connections.
pub(super) fn memory(row: &memory::Row, all: &[Idle]) -> String {
    let connections = all.first().map_or(0, |idle| idle.connections);
    let mut text = format!("\n## {}\n\n{} There are {connections}.\n\n", row.name, capitalised(row.says));
    let best = all.iter().filter(|idle| idle.name != OURS).map(|idle| idle.bytes_each).fold(f64::INFINITY, f64::min);
    line(&mut text, format_args!("| server | KiB / connection | × best peer | the whole server, MiB |\n|---|---:|---:|---:|"));
    for idle in all {
        line(
            &mut text,
            format_args!(
                "| {} | {:.2} | {:.2} | {} |",
                idle.name,
                idle.bytes_each / 1024.0,
                idle.bytes_each / best,
                idle.bytes_after >> 20
            ),
        );
    }
    text
}

/// The row of the slow backend.
pub(super) fn tail(all: &[Tail]) -> String {
    let mut text = "\n## slow-backend\n\n".to_string();
    line(
        &mut text,
        format_args!("Four backends, 5 ms an answer, one of them 55 ms; {RATE} requests a second, counted from when each was due.\n"),
    );
    line(
        &mut text,
        format_args!("| server | algorithm | p50 | p90 | p99 | p99.9 | answered | failed |\n|---|---|---:|---:|---:|---:|---:|---:|"),
    );
    for one in all {
        let at =
            |share: f64| percentile(&one.latencies, share).map_or_else(|| "–".to_string(), |latency| time(latency.as_secs_f64() * 1e6));
        let cells = [0.5, 0.9, 0.99, 0.999].map(at).join(" | ");
        line(&mut text, format_args!("| {} | {} | {cells} | {} | {} |", one.name, one.algorithm, one.latencies.len(), one.failed));
    }
    text
}

/// The seam's row: each kind of server, and the ratio of its rounds to the first one's rounds of the same turn.
pub(super) fn seam(seam: &Seam) -> String {
    let rounds = seam.kinds.first().map_or(0, |kind| kind.rounds.len());
    let mut text = format!(
        "\n## seam\n\nAn echo server of one thread, {CONNECTIONS} connections, messages of {MESSAGE} bytes; {rounds} rounds of {} ms each, \
         load average {} before and {} after.\n\n",
        ROUND.as_millis(),
        seam.load.0,
        seam.load.1
    );
    line(&mut text, format_args!("| server | CPU µs / message | user | system | middle half | × the first, paired | middle half |"));
    line(&mut text, format_args!("|---|---:|---:|---:|---:|---:|---:|"));
    let Some(first) = seam.kinds.first() else { return text };
    for kind in &seam.kinds {
        let ratios: Vec<f64> = kind.rounds.iter().zip(&first.rounds).map(|(own, other)| own / other).collect();
        let [low, cost, high] = quartiles(kind.rounds.clone());
        let [low_ratio, ratio, high_ratio] = quartiles(ratios);
        let user = cost * kind.user / (kind.user + kind.system);
        line(
            &mut text,
            format_args!(
                "| {} | {cost:.2} | {user:.2} | {:.2} | {low:.2} – {high:.2} | {ratio:.3} | {low_ratio:.3} – {high_ratio:.3} |",
                kind.says,
                cost - user
            ),
        );
    }
    text
}

pub(super) fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    writeln!(text, "{content}").expect("a String takes everything");
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).chain(['.']).collect())
}

fn median(figures: &Figures, of: impl Fn(&Figure) -> f64) -> f64 {
    let [_, median, _] = quartiles(figures.rounds.iter().map(of).collect());
    median
}

/// The values that a quarter, half and three quarters lie below; between two, their middle or as near to either as the quarter is.
pub(super) fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| {
        let Some(last) = values.len().checked_sub(1) else { return f64::NAN };
        let (index, rest) = (last * quarter / 4, last * quarter % 4);
        let next = values[(index + 1).min(last)];
        #[expect(clippy::cast_precision_loss, reason = "0 to 3")]
        let share = rest as f64 / 4.0;
        values[index] + (next - values[index]) * share
    })
}

fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

/// The smallest value that at least this share of all does not exceed.
fn percentile(sorted: &[Duration], share: f64) -> Option<Duration> {
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

/// Microseconds, as a reader wants them; NaN where nobody measured.
pub(super) fn time(micros: f64) -> String {
    if micros.is_nan() {
        return "–".to_string();
    }
    if micros < 1000.0 { format!("{micros:.0} µs") } else { format!("{:.1} ms", micros / 1000.0) }
}

#[cfg(test)]
mod tests {
    use super::super::throughput::ROWS;
    use super::*;

    fn figures(name: &'static str, costs: &[f64]) -> Figures {
        let round = |&cpu_us| Figure { cpu_us, per_second: 20_000.0, latency: Some((900.0, 2500.0)) };
        Figures { name, rounds: costs.iter().map(round).collect() }
    }

    #[test]
    fn the_ratio_is_to_the_cheapest_peer_and_not_to_ourselves() {
        let text = throughput(&ROWS[0], &[figures(OURS, &[9.0, 11.0]), figures("nginx", &[25.0]), figures("HAProxy", &[10.0, 20.0, 30.0])]);
        let expected = "| throughline | 10.0 | 9.0 – 11.0 | 0.50 | 0.40 | 0.50 | 20000 | 20 % | 900 µs | 2.5 ms |";
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("| HAProxy | 20.0 | 10.0 – 30.0 | 1.00 | 0.80 | 1.00 |"), "{text}");
    }

    #[test]
    fn large_bodies_are_told_in_megabytes_and_latencies_only_where_they_were_measured() {
        let row = ROWS.iter().find(|row| row.name == "h2-download-100m").expect("there is such a row");
        let round = Figure { cpu_us: 100_000.0, per_second: 2.5, latency: None };
        let text = throughput(row, &[Figures { name: "nginx", rounds: vec![round] }]);
        // 2.5 × 104.8576 MB
        assert!(text.contains("| 2.5 | 262 | 25 % | – | – |"), "{text}");
    }

    #[test]
    fn quartiles_stand_where_the_quarters_end() {
        assert_eq!(quartiles(vec![5.0, 1.0, 4.0, 2.0, 3.0]), [2.0, 3.0, 4.0]);
        assert_eq!(quartiles(vec![2.0, 1.0]), [1.25, 1.5, 1.75]);
        assert_eq!(quartiles(vec![7.0]), [7.0; 3]);
        assert!(quartiles(Vec::new())[1].is_nan());
    }

    #[test]
    fn a_percentile_is_a_value_that_was_seen() {
        let values: Vec<Duration> = (1..=1000).map(Duration::from_millis).collect();
        for (share, millis) in [(0.5, 500), (0.99, 990), (0.999, 999), (1.0, 1000)] {
            assert_eq!(percentile(&values, share), Some(Duration::from_millis(millis)));
        }
        assert_eq!(percentile(&[], 0.5), None);
    }
}
