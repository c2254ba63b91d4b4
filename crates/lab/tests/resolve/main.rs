//! Names, resolved by the production code in virtual time, from a root to a host, with servers that are right, wrong, slow and hostile. The
//! scenarios are texts: `scenarios/resolve`, whose README describes them.

#![expect(clippy::disallowed_methods, reason = "the scenarios are files of the developer's machine, and not of a virtual one")]

mod authority;
mod play;
mod script;
mod serve;

use std::fs;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name)
}

/// Every scenario takes the steps that its file tells, and no others. `UPDATE=1` writes down what happened instead.
#[test]
fn every_scenario_goes_as_it_is_written() {
    play_all("resolve", 80);
}

/// The same of what clients of the recursive role are told.
#[test]
fn every_client_is_told_what_is_written() {
    play_all("resolver", 20);
}

fn play_all(folder_name: &str, least: usize) {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder(folder_name)).expect("the scenarios").map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rpl"));
    paths.sort();
    let only = option_env("ONLY");
    let mut wrong = Vec::new();
    let mut played = 0;
    for path in &paths {
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_string();
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        played += 1;
        let text = fs::read_to_string(path).expect("a scenario");
        let (script, expected) = text.split_once("\nexpect\n").unwrap_or((&text, ""));
        let parsed = script::parse(script).unwrap_or_else(|mistake| panic!("{name}: {mistake}"));
        let happened = play::play(&parsed);
        assert_eq!(happened, play::play(&parsed), "{name}: two runs of one seed differ");
        if happened == expected {
            continue;
        }
        if option_env("UPDATE").is_some() {
            fs::write(path, format!("{}\nexpect\n{happened}", script.trim_end())).expect("written");
        } else {
            wrong.push(format!("{name}\n{}", difference(expected, &happened)));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {played} scenarios went another way (UPDATE=1 writes that down):\n\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(only.is_some() || played >= least, "only {played} scenarios");
}

fn option_env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The first line in which they differ, with what is around it.
fn difference(expected: &str, happened: &str) -> String {
    let (expected, happened): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), happened.lines().collect());
    let same = expected.iter().zip(&happened).take_while(|(one, other)| one == other).count();
    let part = |lines: &[&str]| lines[same.min(lines.len())..].iter().take(4).map(|line| format!("    {line}\n")).collect::<String>();
    format!("  line {} after `expect`; expected:\n{}  happened:\n{}", same + 1, part(&expected), part(&happened))
}
