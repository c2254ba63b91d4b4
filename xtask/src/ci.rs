//! Everything CI checks, in order, each step with its time.

use crate::{cargo, licences, tidy};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs every step; stops at the first that fails.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let begin = Instant::now();
    let readme = fs::read_to_string(root.join("README.md")).map_err(|error| format!("README.md: {error}"))?;
    let test = readme_command(&readme, "cargo test")?;
    let serve = readme_command(&readme, "cargo run --release -- serve")?;
    step("fmt", || cargo_run(root, &["fmt", "--all", "--check"], &[]))?;
    step("tidy", || tidy::run(root))?;
    step("licences", || licences::run(root))?;
    step("clippy", || cargo_run(root, &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"], &[]))?;
    step("test", || cargo_run(root, &test, &[]))?;
    step("serve", || started(root, &serve))?;
    step("docs", || cargo_run(root, &["doc", "--workspace", "--no-deps", "--locked"], &[("RUSTDOCFLAGS", "-D warnings")]))?;
    match has_deny() {
        true => step("deny", || cargo_run(root, &["deny", "--all-features", "check", "licenses", "bans", "sources"], &[]))?,
        false => println!("ci: deny skipped: cargo deny is not installed; the licences step has checked licences, sources and bans"),
    }
    println!("ci: all passed in {:.0} s", begin.elapsed().as_secs_f64());
    Ok(())
}

fn step(name: &str, work: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    println!("ci: {name} …");
    let begin = Instant::now();
    let outcome = work();
    let seconds = begin.elapsed().as_secs_f64();
    match outcome {
        Ok(()) => println!("ci: {name} passed in {seconds:.1} s"),
        Err(why) => return Err(format!("{why}\nci: stopped, because {name} failed after {seconds:.1} s")),
    }
    Ok(())
}

fn cargo_run(root: &Path, arguments: &[impl AsRef<str>], environment: &[(&str, &str)]) -> Result<(), String> {
    let arguments: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
    let mut command = cargo::command();
    command.args(&arguments).current_dir(root).envs(environment.iter().copied());
    finish(&mut command, &format!("cargo {}", arguments.join(" ")))
}

fn finish(command: &mut Command, typed: &str) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("`{typed}` cannot be run: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{typed}` failed ({status})")) }
}

/// The licences step has checked what matters; `cargo deny` adds duplicate versions, where somebody has it.
fn has_deny() -> bool {
    cargo::command().args(["deny", "--version"]).output().is_ok_and(|output| output.status.success())
}

/// Types the README's first command, but for ports that nobody has: it must say what to try, answer, and end on an interrupt.
fn started(root: &Path, arguments: &[String]) -> Result<(), String> {
    let mut command = cargo::command();
    command
        .args(arguments)
        .args(["--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--dns", "127.0.0.1:0"])
        .current_dir(root)
        .stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("the README's first command cannot be run: {error}"))?;
    let said = BufReader::new(child.stdout.take().expect("piped"));
    let answered = first_answer(said.lines().map_while(Result::ok));
    let process = Pid::from_child(&child);
    let interrupted = kill_process(process, Signal::INT).map_err(|error| format!("it cannot be interrupted: {error}"));
    let status = child.wait().map_err(|error| format!("it did not end: {error}"))?;
    answered.and(interrupted)?;
    if status.success() { Ok(()) } else { Err(format!("it ended with {status}")) }
}

/// Asks the first address that is said to be listened on, once all has been said.
fn first_answer(mut lines: impl Iterator<Item = String>) -> Result<(), String> {
    let mut at = None;
    for line in lines.by_ref() {
        if let Some(rest) = line.strip_prefix("listening on http://") {
            at = at.or(rest.split_whitespace().next().map(str::to_string));
        }
        if line.starts_with("  curl") {
            break;
        }
    }
    let at = at.ok_or("it did not say where it listens")?;
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(&at)?;
        stream.write_all(format!("GET / HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = ask().map_err(|error| format!("{at} did not answer: {error}"))?;
    let whole = answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("</html>\n");
    if whole { Ok(()) } else { Err(format!("{at} did not answer with its page, but: {answer}")) }
}

/// The arguments of the one such cargo line in a code block of the README: what we tell users to type is what CI runs.
fn readme_command(readme: &str, begins: &str) -> Result<Vec<String>, String> {
    let mut in_code = false;
    let mut commands: Vec<&str> = Vec::new();
    for line in readme.lines() {
        in_code ^= line.trim_start().starts_with("```");
        let line = line.trim();
        let typed = line.strip_prefix("$ ").unwrap_or(line);
        if in_code && (typed == begins || typed.starts_with(&format!("{begins} "))) {
            commands.push(typed.split('#').next().unwrap_or(typed).trim());
        }
    }
    commands.dedup();
    match commands.as_slice() {
        [one] => Ok(one.split_whitespace().skip(1).map(str::to_string).collect()),
        [] => Err(format!("README.md: no `{begins}` in a code block, and CI runs what the README tells users to type: put it back")),
        more => Err(format!("README.md: {} different `{begins}` lines, and CI runs one: keep one", more.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_command_is_the_readmes() {
        let readme = "Type `cargo test --nonsense`.\n```console\n$ cargo test --workspace   # two minutes\n…\n```\n";
        assert_eq!(readme_command(readme, "cargo test"), Ok(vec!["test".to_string(), "--workspace".to_string()]));
    }

    #[test]
    fn a_readme_without_the_command_or_with_two_is_refused() {
        assert!(readme_command("cargo test\n", "cargo test").is_err());
        assert!(readme_command("```\ncargo test\n```\n```\ncargo test --all\n```\n", "cargo test").is_err());
    }

    #[test]
    fn a_failed_step_says_which() {
        let outcome = step("sums", || Err("2 + 2 is 5".to_string()));
        let sentence = outcome.expect_err("the step fails");
        assert!(sentence.starts_with("2 + 2 is 5\nci: stopped, because sums failed after "), "{sentence}");
    }
}
