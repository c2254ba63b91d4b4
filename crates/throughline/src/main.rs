//! The door: reads the command line, calls the verb, and ends with its exit code.
#![forbid(unsafe_code)]

use clap::Parser;
use std::process::ExitCode;
use throughline::cmd::{self, Verb};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The whole path between a URL and its page.
#[derive(Parser)]
#[command(name = "throughline", version, propagate_version = true, arg_required_else_help = true)]
struct Line {
    #[command(subcommand)]
    verb: Verb,
}

fn main() -> ExitCode {
    cmd::run(Line::parse().verb)
}
