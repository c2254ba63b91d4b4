//! What Cargo itself says about packages.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One package of a workspace, as its manifest declares it.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Absolute path of its `Cargo.toml`.
    pub(crate) manifest: PathBuf,
    /// The package names it depends on, tests included.
    pub(crate) dependencies: Vec<Dependency>,
    /// The files its targets start from.
    pub(crate) roots: Vec<PathBuf>,
}

/// One line of a manifest's dependency sections.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    /// The package's own name, whatever it is called here.
    pub(crate) name: String,
    /// Whether only tests and benches see it.
    pub(crate) dev: bool,
}

/// The command CI would type: the same Cargo that runs us.
pub(crate) fn command() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The packages of the workspace that `manifest` belongs to, without resolving anything.
pub(crate) fn packages(manifest: &Path) -> Result<Vec<Package>, String> {
    let text = metadata(manifest, &["--no-deps", "--offline"])?;
    list(&text, "packages").iter().map(read_package).collect()
}

/// `cargo metadata` with these options.
pub(crate) fn metadata(manifest: &Path, options: &[&str]) -> Result<Value, String> {
    let output = command()
        .args(["metadata", "--format-version", "1", "--manifest-path"])
        .arg(manifest)
        .args(options)
        .output()
        .map_err(|error| format!("cargo metadata cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata failed for {}:\n{}", manifest.display(), String::from_utf8_lossy(&output.stderr).trim_end()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata wrote no JSON: {error}"))
}

fn read_package(package: &Value) -> Result<Package, String> {
    let name = text(package, "name")?;
    let dependencies = list(package, "dependencies")
        .iter()
        .map(|one| Ok(Dependency { name: text(one, "name")?, dev: one["kind"].as_str() == Some("dev") }))
        .collect::<Result<_, String>>()?;
    let roots = list(package, "targets").iter().map(|target| text(target, "src_path").map(PathBuf::from)).collect::<Result<_, _>>()?;
    Ok(Package { name, manifest: text(package, "manifest_path")?.into(), dependencies, roots })
}

/// The array under `key`; empty if there is none.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// The text under `key`.
pub(crate) fn text(value: &Value, key: &str) -> Result<String, String> {
    value[key].as_str().map(str::to_string).ok_or_else(|| format!("cargo metadata: no `{key}` where one belongs"))
}
