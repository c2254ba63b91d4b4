//! Licences and sources of every dependency, held against `deny.toml`, without a tool to install.

use crate::cargo;
use std::fs;
use std::path::Path;

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Fails with a line for each package whose licence or source `deny.toml` does not allow.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let text = fs::read_to_string(root.join("deny.toml")).map_err(|error| format!("deny.toml: {error}"))?;
    let allowed = allowed(&text);
    if allowed.is_empty() {
        return Err("deny.toml: no list `allow` of licences".to_string());
    }
    let metadata = cargo::metadata(&root.join("Cargo.toml"), &["--locked"])?;
    let banned = banned(&text);
    let mut refused = Vec::new();
    let packages = cargo::list(&metadata, "packages");
    for package in packages {
        let (name, version) = (cargo::text(package, "name")?, cargo::text(package, "version")?);
        match package["license"].as_str() {
            Some(licence) if is_allowed(licence, &allowed) => {}
            Some(licence) => {
                refused.push(format!("{name} {version}: `{licence}` is not in the list of deny.toml: do without it, or argue for it there"))
            }
            None => refused.push(format!("{name} {version}: states no licence, so nobody may use it: do without it")),
        }
        if banned.contains(&name.as_str()) {
            refused.push(format!("{name} {version}: deny.toml bans it and says why: do without it"));
        }
        if let Some(source) = package["source"].as_str()
            && source != CRATES_IO
        {
            refused.push(format!("{name} {version}: comes from {source}, which may be gone tomorrow: use a version of crates.io"));
        }
    }
    if refused.is_empty() {
        println!("{} packages, each under a licence of deny.toml and from crates.io or this tree", packages.len());
        Ok(())
    } else {
        Err(refused.join("\n"))
    }
}

/// The licences of `allow = […]` in the section `[licenses]`.
fn allowed(deny: &str) -> Vec<&str> {
    let section = deny.split("\n[").find_map(|section| section.trim_start_matches('[').strip_prefix("licenses]"));
    let list = section.and_then(|section| section.split_once("allow = [")).and_then(|(_, rest)| rest.split_once(']'));
    list.map_or_else(Vec::new, |(list, _)| list.split('"').skip(1).step_by(2).collect())
}

/// The crates of `deny = […]` in the section `[bans]`.
fn banned(deny: &str) -> Vec<&str> {
    let section = deny.split("\n[").find_map(|section| section.trim_start_matches('[').strip_prefix("bans]")).unwrap_or("");
    section.split("crate = \"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Whether an SPDX expression can be met with the licences of `allowed`. An exception (`WITH`) only widens what its licence allows.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    either(&mut rest, allowed) && rest.is_empty()
}

fn either(words: &mut &[&str], allowed: &[&str]) -> bool {
    let mut holds = both(words, allowed);
    while let ["OR", rest @ ..] = words {
        *words = rest;
        holds |= both(words, allowed);
    }
    holds
}

fn both(words: &mut &[&str], allowed: &[&str]) -> bool {
    let mut holds = one(words, allowed);
    while let ["AND", rest @ ..] = words {
        *words = rest;
        holds &= one(words, allowed);
    }
    holds
}

fn one(words: &mut &[&str], allowed: &[&str]) -> bool {
    match words {
        ["(", rest @ ..] => {
            *words = rest;
            let holds = either(words, allowed);
            let [")", rest @ ..] = words else { return false };
            *words = rest;
            holds
        }
        [licence, "WITH", _, rest @ ..] | [licence, rest @ ..] => {
            *words = rest;
            allowed.contains(licence)
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_met_or_not() {
        let allowed = ["MIT", "Apache-2.0", "Unicode-3.0"];
        for yes in ["MIT", "MIT OR GPL-3.0", "MIT/GPL-3.0", "(MIT OR GPL-3.0) AND Unicode-3.0", "Apache-2.0 WITH LLVM-exception OR GPL-2.0"]
        {
            assert!(is_allowed(yes, &allowed), "{yes}");
        }
        for no in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR Apache-2.0) AND GPL-3.0", "", "(MIT", "MIT Apache-2.0"] {
            assert!(!is_allowed(no, &allowed), "{no}");
        }
    }

    #[test]
    fn the_list_is_read_from_its_section_only() {
        let deny = concat!(
            "[graph]\nallow = [\"GPL-3.0\"]\n",
            "[licenses]\nallow = [\n    \"MIT\",\n    \"ISC\",\n]\n",
            "[bans]\nallow = [\"x\"]\ndeny = [{ crate = \"openssl-sys\" }]\n"
        );
        assert_eq!(banned(deny), ["openssl-sys"]);
        assert_eq!(allowed(deny), ["MIT", "ISC"]);
    }
}
