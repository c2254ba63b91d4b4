//! One round of h2load, and what it says.

use super::address::Address;
use super::wrk::{Round, micros};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How long a round goes on.
#[derive(Clone, Copy)]
pub(super) enum Until {
    /// What is on its way then is not counted.
    Time(Duration),
    /// All of these are finished.
    Requests(usize),
}

/// Runs h2load on this many connections with this many streams each; the requests carry a file's content if there is one. A failed
/// request fails the round.
pub(super) fn run(
    to: Address,
    path: &str,
    (connections, streams): (usize, usize),
    until: Until,
    body: Option<&Path>,
) -> Result<Round, String> {
    let mut command = Command::new("h2load");
    // A connection on which nothing happens this long has failed.
    command.arg("-N5s").arg(format!("-c{connections}")).arg(format!("-m{streams}"));
    match until {
        Until::Time(length) => command.arg(format!("-D{}", length.as_secs())),
        Until::Requests(number) => command.arg(format!("-n{number}")),
    };
    if let Some(body) = body {
        command.arg("-d").arg(body);
    }
    let output = command.arg(to.url(path)).output().map_err(|error| format!("h2load cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("h2load failed: {}", String::from_utf8_lossy(&output.stderr).trim_end()));
    }
    read(&String::from_utf8_lossy(&output.stdout))
}

fn read(said: &str) -> Result<Round, String> {
    let unclear = || format!("h2load said what the bench does not understand:\n{said}");
    let after = |mark: &str| said.lines().find_map(|line| line.strip_prefix(mark));
    let requests = after("requests: ").ok_or_else(unclear)?;
    let statuses = after("status codes: ").ok_or_else(unclear)?;
    let count = |list: &str, of: &str| list.split(", ").find_map(|one| one.strip_suffix(of)?.trim().parse::<f64>().ok());
    let bad = [" failed", " errored", " timeout"].map(|of| count(requests, of)).into_iter();
    let bad = bad.chain([" 3xx", " 4xx", " 5xx"].map(|of| count(statuses, of)));
    if bad.into_iter().any(|number| number != Some(0.0)) {
        return Err(format!("{requests}; {statuses}"));
    }
    if !matches!(after("Application protocol: "), Some("h2" | "h2c")) {
        return Err("the server does not speak HTTP/2".to_string());
    }
    // Not the number of statuses: one may have come whose body had not.
    let requests = count(requests, " succeeded").ok_or_else(unclear)?;
    let seconds = after("finished in ").and_then(|rest| micros(rest.split(',').next()?)).ok_or_else(unclear)? / 1e6;
    Ok(Round { requests, seconds, latency: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "Application protocol: h2c\n\nfinished in 512.50ms, 3.90 req/s, 1.58KB/s\n\
        requests: 40 total, 44 started, 40 done, 40 succeeded, 0 failed, 0 errored, 0 timeout\n\
        status codes: 41 2xx, 0 3xx, 0 4xx, 0 5xx\n";

    #[test]
    fn what_h2load_says_is_read() {
        assert_eq!(read(SAID), Ok(Round { requests: 40.0, seconds: 0.5125, latency: None }));
    }

    #[test]
    fn a_failed_request_fails_the_round() {
        for (good, bad) in [("0 failed", "1 failed"), ("0 errored", "2 errored"), ("0 timeout", "3 timeout"), ("0 4xx", "1 4xx")] {
            let failed = SAID.replace(good, bad);
            let why = read(&failed).expect_err("a request failed");
            assert!(why.contains(bad), "{why}");
        }
        assert!(read("nothing").is_err());
    }

    #[test]
    fn another_protocol_is_not_measured_as_this_one() {
        assert!(read(&SAID.replace("h2c", "http/1.1")).is_err());
    }
}
