//! Everything CI checks, in order, each step with its time.

use crate::{cargo, licences, tidy};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Runs every step; stops at the first that fails.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let begin = Instant::now();
    let test = readme_test_command(&fs::read_to_string(root.join("README.md")).map_err(|error| format!("README.md: {error}"))?)?;
    step("fmt", || cargo_run(root, &["fmt", "--all", "--check"], &[]))?;
    step("tidy", || tidy::run(root))?;
    step("licences", || licences::run(root))?;
    step("clippy", || cargo_run(root, &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"], &[]))?;
    step("test", || cargo_run(root, &test, &[]))?;
    step("docs", || cargo_run(root, &["doc", "--workspace", "--no-deps", "--locked"], &[("RUSTDOCFLAGS", "-D warnings")]))?;
    step("deny", || deny(root))?;
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
fn deny(root: &Path) -> Result<(), String> {
    let has = cargo::command().args(["deny", "--version"]).output().is_ok_and(|output| output.status.success());
    if !has {
        println!("cargo deny is not installed: skipped; the licences step has checked licences, sources and bans");
        return Ok(());
    }
    cargo_run(root, &["deny", "--all-features", "check", "licenses", "bans", "sources"], &[])
}

/// The arguments of the one `cargo test` line in a code block of the README: what we tell users to type is what CI runs.
fn readme_test_command(readme: &str) -> Result<Vec<String>, String> {
    let mut in_code = false;
    let mut commands: Vec<&str> = Vec::new();
    for line in readme.lines() {
        in_code ^= line.trim_start().starts_with("```");
        let line = line.trim();
        let typed = line.strip_prefix("$ ").unwrap_or(line);
        if in_code && (typed == "cargo test" || typed.starts_with("cargo test ")) {
            commands.push(typed.split('#').next().unwrap_or(typed).trim());
        }
    }
    commands.dedup();
    match commands.as_slice() {
        [one] => Ok(one.split_whitespace().skip(1).map(str::to_string).collect()),
        [] => Err("README.md: no `cargo test` in a code block, and CI runs what the README tells users to type: put it back".to_string()),
        more => Err(format!("README.md: {} different `cargo test` lines, and CI runs one: keep one", more.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_command_is_the_readmes() {
        let readme = "Type `cargo test --nonsense`.\n```console\n$ cargo test --workspace   # two minutes\n…\n```\n";
        assert_eq!(readme_test_command(readme), Ok(vec!["test".to_string(), "--workspace".to_string()]));
    }

    #[test]
    fn a_readme_without_the_command_or_with_two_is_refused() {
        assert!(readme_test_command("cargo test\n").is_err());
        assert!(readme_test_command("```\ncargo test\n```\n```\ncargo test --all\n```\n").is_err());
    }

    #[test]
    fn a_failed_step_says_which() {
        let outcome = step("sums", || Err("2 + 2 is 5".to_string()));
        let sentence = outcome.expect_err("the step fails");
        assert!(sentence.starts_with("2 + 2 is 5\nci: stopped, because sums failed after "), "{sentence}");
    }
}
