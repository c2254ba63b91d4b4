//! curl, where it is installed.

use crate::place::Running;
use crate::plain::Answer;
use std::io::{ErrorKind, Write};
use std::process::Command;

/// curl, and whom it asks.
pub(crate) struct Curl {
    base: String,
}

/// Without curl the test says so past the harness, which keeps what passing tests print, and is over; where real peers are required it
/// fails.
pub(crate) fn find(running: &Running) -> Option<Curl> {
    match Command::new("curl").arg("--version").output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let required = std::env::var("THROUGHLINE_REAL_PEERS").is_ok_and(|value| value == "required");
            assert!(!required, "curl is not installed, and THROUGHLINE_REAL_PEERS=required");
            writeln!(std::io::stderr(), "skipped: curl is not installed, so that files were not asked for with it")
                .expect("a line on stderr");
            None
        }
        found => {
            assert!(found.expect("curl starts").status.success());
            Some(Curl { base: format!("http://{}", running.at) })
        }
    }
}

impl Curl {
    /// Gets one answer, its body as curl hands it on.
    pub(crate) fn fetch(&self, arguments: &[&str], path: &str) -> Answer {
        let output = run(arguments.iter().copied().chain(["--include"]), &[format!("{}{path}", self.base)]);
        let end = output.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
        let mut answer = Answer::parse(&output[..end]);
        answer.body = output[end..].to_vec();
        answer
    }

    /// Asks for all of them in one go and tells how many connections each one took.
    pub(crate) fn connections(&self, paths: &[&str]) -> Vec<u32> {
        let urls: Vec<String> =
            paths.iter().flat_map(|path| ["--output".into(), "/dev/null".into(), format!("{}{path}", self.base)]).collect();
        let output = run(["--write-out", "%{num_connects}\n"], &urls);
        String::from_utf8(output).expect("numbers").lines().map(|line| line.parse().expect("a number")).collect()
    }
}

fn run<'a>(arguments: impl IntoIterator<Item = &'a str>, rest: &[String]) -> Vec<u8> {
    let mut command = Command::new("curl");
    // Whatever the user's own configuration and proxies say.
    command.args(["--disable", "--noproxy", "*", "--silent", "--show-error", "--max-time", "120"]).args(arguments).args(rest);
    let output = command.output().expect("curl starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
