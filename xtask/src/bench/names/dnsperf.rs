//! One round of dnsperf, and what it says.

use super::load::LOST;
use crate::bench::wrk::Round;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Asks what the file says, over and over. A round with an answer that is not NOERROR fails, and so does one in which many are lost.
pub(super) fn run(port: u16, questions: &Path, length: Duration) -> Result<Round, String> {
    let output = Command::new("dnsperf")
        .args(["-s", "127.0.0.1", "-c", "4", "-T", "1", "-q", "100"])
        .args(["-p", &port.to_string(), "-l", &length.as_secs().to_string(), "-d"])
        .arg(questions)
        .output()
        .map_err(|error| format!("dnsperf cannot be run: {error}"))?;
    read(&String::from_utf8_lossy(&output.stdout))
}

fn read(said: &str) -> Result<Round, String> {
    let number = |mark: &str| said.lines().find_map(|line| line.trim().strip_prefix(mark)?.split_whitespace().next()?.parse::<f64>().ok());
    let unclear = || format!("dnsperf said what the bench does not understand:\n{said}");
    let (requests, lost) = (number("Queries completed:").ok_or_else(unclear)?, number("Queries lost:").ok_or_else(unclear)?);
    let codes = said.lines().find_map(|line| line.trim().strip_prefix("Response codes:")).ok_or_else(unclear)?;
    if codes.contains(',') || !codes.trim().starts_with("NOERROR") || lost * f64::from(LOST) > requests {
        return Err(format!("{lost} questions were lost, and the codes were {}", codes.trim()));
    }
    let seconds = number("Run time (s):").ok_or_else(unclear)?;
    // It says no percentiles, only the mean and the longest.
    Ok(Round { requests, seconds, latency: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "Statistics:\n\n  Queries sent:         86485\n  Queries completed:    86400 (99.90%)\n  Queries lost:         0 (0.00%)\n\n\
                        \x20 Response codes:       NOERROR 86400 (100.00%)\n  Average packet size:  request 33, response 49\n\
                        \x20 Run time (s):         1.001\n  Queries per second:   86385.5\n\n  Average Latency (s):  0.0011 (min 0.0001, max 0.01)\n";

    #[test]
    fn what_dnsperf_says_is_read() {
        assert_eq!(read(SAID), Ok(Round { requests: 86400.0, seconds: 1.001, latency: None }));
    }

    #[test]
    fn other_codes_and_lost_questions_fail_the_round() {
        assert!(read(&SAID.replace("NOERROR 86400 (100.00%)", "NOERROR 86399 (99.99%), REFUSED 1 (0.00%)")).is_err());
        assert!(read(&SAID.replace("lost:         0", "lost:         90")).is_err());
        assert!(read("nothing").is_err());
    }
}
