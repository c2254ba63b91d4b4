//! What CI runs, and the benches: `cargo xtask <verb>`.
//!
//! - [`ci`]: everything CI checks, in order, each step with its time.
//! - [`tidy`]: the house's rules that neither the compiler nor clippy knows.
//! - [`licences`]: what the dependencies allow us, and where they come from.
//! - [`mod@bench`]: this program and its peers in one run.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for a terminal")]

mod bench;
mod cargo;
mod ci;
mod licences;
mod tidy;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask ci                      everything CI checks
       cargo xtask tidy                    the house's rules
       cargo xtask licences                licences and sources of every dependency
       cargo xtask bench [--quick] [ROW…]  this program and its peers; `--list` names the rows";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), String> {
    match arguments {
        ["ci"] => ci::run(root()),
        ["tidy"] => tidy::run(root()),
        ["licences"] => licences::run(root()),
        ["bench", rest @ ..] => bench::run(root(), rest),
        _ => Err(USAGE.to_string()),
    }
}

/// The workspace's directory: the one above this crate.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask stands in a workspace")
}
