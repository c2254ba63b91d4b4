//! The verbs of the command line, one module each.

mod check;
mod ctl;
mod explain;
mod serve;
mod shown;
mod trace;

use std::io::Write;
use std::process::ExitCode;

/// A verb and its arguments.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Run the path: load balancer, cache, web server.
    Serve(serve::Arguments),
    /// Show the journey of one request, from URL to answer.
    Trace(Box<trace::Arguments>),
    /// Ask a running server: its state, a reload, a drain, a change of a backend.
    Ctl(ctl::Arguments),
    /// Tell every mistake of a configuration file.
    Check(check::Arguments),
    /// Tell what would happen to a request, and why.
    #[command(subcommand)]
    Explain(explain::What),
}

/// Does what the verb says.
pub fn run(verb: Verb) -> ExitCode {
    let result = match verb {
        Verb::Serve(arguments) => serve::run(arguments),
        Verb::Trace(arguments) => trace::run(*arguments),
        Verb::Ctl(arguments) => ctl::run(arguments),
        Verb::Check(arguments) => check::run(&arguments),
        Verb::Explain(what) => explain::run(&what),
    };
    match result {
        Ok(code) => code,
        Err(problem) => {
            say(&format!("throughline: {problem}"));
            ExitCode::FAILURE
        }
    }
}

/// Prints a line to standard error. The only way this program prints outside its logs.
#[expect(clippy::print_stderr, reason = "this is the command line speaking")]
fn say(line: &str) {
    eprintln!("{line}");
}

/// Prints a line to standard output. Whoever reads it may have seen enough and left (`| head`): that is no error.
fn print(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
