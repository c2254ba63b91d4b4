//! `throughline check`: every mistake of a config file at once.

use crate::cmd::{print, say};
use crate::settings::{self, Loaded, Mistake, Severity};
use std::path::PathBuf;
use std::process::ExitCode;

/// What to check.
#[derive(clap::Args)]
pub struct Arguments {
    /// The configuration file.
    config: PathBuf,
}

/// Prints what is wrong; the exit code is 1 if the file would be refused, or something that it names will not do its work.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let name = arguments.config.display().to_string();
    let text =
        std::fs::read_to_string(&arguments.config).map_err(|error| format!("cannot read {name}: {}", settings::unreadable(&error)))?;
    let loaded = settings::load_with(&text, &name, &[]);
    let found = match &loaded {
        Ok(loaded) => &loaded.warnings,
        Err(found) => found,
    };
    found.iter().for_each(|mistake| say(&format!("{mistake}\n")));
    Ok(match &loaded {
        Ok(loaded) => {
            print(&summary(&name, loaded));
            let faulty = loaded.warnings.iter().any(|mistake| mistake.severity == Severity::Fault);
            if faulty { ExitCode::FAILURE } else { ExitCode::SUCCESS }
        }
        Err(found) => {
            say(&format!("{name}: {}", tally(found)));
            ExitCode::FAILURE
        }
    })
}

/// `edge.toml: ok: 2 listeners, 3 sites, 1 pool (4 backends)`
fn summary(name: &str, loaded: &Loaded) -> String {
    let config = &loaded.config;
    let backends = config.pools.iter().map(|pool| pool.backends.len()).sum();
    let admin = loaded.admin.as_ref().map_or(String::new(), |at| format!(", admin on {at}"));
    let warnings = if loaded.warnings.is_empty() { String::new() } else { format!(", {}", tally(&loaded.warnings)) };
    format!(
        "{name}: ok: {}, {}, {} ({}){admin}{warnings}",
        counted(config.listeners.len(), "listener"),
        counted(config.sites.len(), "site"),
        counted(config.pools.len(), "pool"),
        counted(backends, "backend")
    )
}

/// `3 mistakes, 1 warning`; a kind that does not occur is left out.
pub(super) fn tally(found: &[Mistake]) -> String {
    let of = |severity, word| {
        let count = found.iter().filter(|mistake| mistake.severity == severity).count();
        (count > 0).then(|| counted(count, word))
    };
    let parts = [of(Severity::Error, "mistake"), of(Severity::Fault, "fault"), of(Severity::Warning, "warning")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
