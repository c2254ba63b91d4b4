//! One round of wrk, and what it says.

use super::address::Address;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What one round came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Round {
    pub(super) requests: f64,
    pub(super) seconds: f64,
    /// Where the load says it: of half and of 99 % of the requests, in microseconds.
    pub(super) latency: Option<(f64, f64)>,
}

/// Runs wrk, with these settings of OpenSSL. A failed request fails the round: a server that answers wrongly can be as fast as it likes.
pub(super) fn run(
    to: Address,
    path: &str,
    connections: usize,
    length: Duration,
    openssl: &Path,
    options: &[&str],
) -> Result<Round, String> {
    let output = Command::new("wrk")
        .args(["-t1", "--latency"])
        .arg(format!("-c{connections}"))
        .arg(format!("-d{}s", length.as_secs()))
        .args(options)
        .arg(to.url(path))
        .env("OPENSSL_CONF", openssl)
        .output()
        .map_err(|error| format!("wrk cannot be run: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(format!("wrk failed: {}", String::from_utf8_lossy(&output.stderr).trim_end()));
    }
    read(&said)
}

fn read(said: &str) -> Result<Round, String> {
    let unclear = || format!("wrk said what the bench does not understand:\n{said}");
    for line in said.lines().map(str::trim) {
        if line.starts_with("Socket errors") || line.starts_with("Non-2xx") {
            return Err(line.to_string());
        }
    }
    let percentile = |mark: &str| said.lines().find_map(|line| line.trim().strip_prefix(mark)).and_then(|rest| micros(rest.trim()));
    let total = said.lines().find_map(|line| line.trim().split_once(" requests in "));
    let (requests, rest) = total.ok_or_else(unclear)?;
    Ok(Round {
        requests: requests.parse().map_err(|_| unclear())?,
        seconds: rest.split(',').next().and_then(micros).ok_or_else(unclear)? / 1e6,
        latency: Some((percentile("50%").ok_or_else(unclear)?, percentile("99%").ok_or_else(unclear)?)),
    })
}

/// A time as wrk and h2load write it, in microseconds.
pub(super) fn micros(text: &str) -> Option<f64> {
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let factor = match &text[unit..] {
        "us" => 1.0,
        "ms" => 1e3,
        "s" => 1e6,
        "m" => 6e7,
        _ => return None,
    };
    text[..unit].parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str =
        "Running 1s test\n  Latency Distribution\n     50%  780.00us\n     99%    1.50ms\n  41027 requests in 1.10s, 50.08MB read\n";

    #[test]
    fn what_wrk_says_is_read() {
        let round = Round { requests: 41027.0, seconds: 1.1, latency: Some((780.0, 1500.0)) };
        assert_eq!(read(SAID), Ok(round));
    }

    #[test]
    fn a_failed_request_fails_the_round() {
        let failed = format!("{SAID}  Non-2xx or 3xx responses: 3\n");
        assert_eq!(read(&failed), Err("Non-2xx or 3xx responses: 3".to_string()));
        assert!(read("nothing").is_err());
    }
}
