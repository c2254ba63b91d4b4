//! The files and packages that the rules look at.

use super::source;
use crate::cargo::{self, Package};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A snapshot of the tree. Paths are relative to its root, with `/`.
pub(super) struct Tree {
    pub(super) root: PathBuf,
    /// Every file, text or not.
    pub(super) paths: BTreeSet<String>,
    /// The files that are UTF-8.
    pub(super) texts: BTreeMap<String, String>,
    /// The Rust files with comments and literals blanked: the same length, the same lines.
    pub(super) code: BTreeMap<String, String>,
    /// The workspace's packages, then those of manifests that stand apart.
    pub(super) packages: Vec<Package>,
}

impl Tree {
    pub(super) fn read(root: &Path) -> Result<Tree, String> {
        // Cargo prints paths with links resolved; ours must compare equal.
        let root = root.canonicalize().map_err(|error| format!("{}: {error}", root.display()))?;
        let mut tree = Tree { root, paths: BTreeSet::new(), texts: BTreeMap::new(), code: BTreeMap::new(), packages: Vec::new() };
        tree.read_folder(&tree.root.clone())?;
        tree.packages = cargo::packages(&tree.root.join("Cargo.toml"))?;
        for path in tree.paths.clone().iter().filter(|path| path.ends_with("/Cargo.toml")) {
            let manifest = tree.root.join(path);
            if !tree.packages.iter().any(|package| package.manifest == manifest) {
                tree.packages.extend(cargo::packages(&manifest)?);
            }
        }
        Ok(tree)
    }

    fn read_folder(&mut self, folder: &Path) -> Result<(), String> {
        let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let entry = entry.map_err(|error| format!("{}: {error}", folder.display()))?;
            let kind = entry.file_type().map_err(|error| format!("{}: {error}", entry.path().display()))?;
            if is_skipped(&entry.file_name().to_string_lossy()) {
                continue;
            }
            if kind.is_dir() {
                self.read_folder(&entry.path())?;
            } else if kind.is_file() {
                self.read_file(&entry.path());
            }
        }
        Ok(())
    }

    fn read_file(&mut self, file: &Path) {
        let path = self.relative(file);
        // A file that went away since the folder was listed is not a finding.
        if let Ok(text) = fs::read_to_string(file)
            && !text.contains('\0')
        {
            if path.ends_with(".rs") {
                self.code.insert(path.clone(), source::code_only(&text));
            }
            self.texts.insert(path.clone(), text);
        }
        self.paths.insert(path);
    }

    /// `file` as the tree names it.
    pub(super) fn relative(&self, file: &Path) -> String {
        file.strip_prefix(&self.root).unwrap_or(file).to_string_lossy().replace('\\', "/")
    }
}

/// What holds no work of ours: Git's own (a folder, or in a second working tree a file), and what Cargo builds.
fn is_skipped(name: &str) -> bool {
    name == ".git" || name == "target" || name.starts_with("target-")
}
