//! The files of a virtual machine: a tree in memory.

use decide::time::Calendar;
use host::{File, Found, Opened};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

#[derive(Default)]
pub(crate) struct Files(BTreeMap<String, (Arc<[u8]>, Calendar)>);

impl Files {
    /// Puts a file at an absolute path, in place of what was there. Directories come into being with the files in them.
    pub(crate) fn put(&mut self, path: &str, bytes: &[u8], modified: Calendar) {
        assert!(path.starts_with('/') && !path.ends_with('/'), "{path}: an absolute path of a file");
        self.0.insert(path.to_string(), (bytes.into(), modified));
    }

    pub(crate) fn remove(&mut self, path: &str) {
        self.0.remove(path);
    }

    pub(crate) fn open(&self, root: &str, path: &str) -> io::Result<Opened> {
        let root = root.trim_end_matches('/');
        if !self.is_directory(root) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let path = path.trim_end_matches('/');
        if path.is_empty() {
            return Ok(Opened::Directory);
        }
        if path.split('/').any(|component| matches!(component, "" | "." | "..")) {
            return Ok(Opened::Nothing);
        }
        Ok(self.at(&format!("{root}/{path}")))
    }

    /// What an owner has named, by its absolute path.
    pub(crate) fn open_named(&self, path: &str) -> io::Result<Opened> {
        match self.at(path) {
            Opened::Nothing => Err(io::ErrorKind::NotFound.into()),
            opened => Ok(opened),
        }
    }

    fn at(&self, full: &str) -> Opened {
        match self.0.get(full) {
            Some((bytes, modified)) => {
                Opened::File(Found { file: File::Memory(bytes.clone()), size: bytes.len() as u64, modified: *modified })
            }
            None if self.is_directory(full) => Opened::Directory,
            None => Opened::Nothing,
        }
    }

    fn is_directory(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        self.0.range(inside.clone()..).next().is_some_and(|(first, _)| first.starts_with(&inside))
    }
}
