//! The verbs of the command line, one module each.

mod serve;

use std::process::ExitCode;

/// A verb and its arguments.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Run the path: load balancer, proxy, web server.
    Serve(serve::Arguments),
}

/// Does what the verb says.
pub fn run(verb: Verb) -> ExitCode {
    let result = match verb {
        Verb::Serve(arguments) => serve::run(arguments),
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

/// Prints a line to standard output.
#[expect(clippy::print_stdout, reason = "this is the command line speaking")]
fn print(line: &str) {
    println!("{line}");
}
