//! Real routing tables, which are not part of the tree.

use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A file's bytes, decompressed; `None`, and a line says so, where the folder with the files is not there.
#[allow(clippy::print_stderr, reason = "a test that is left out says so")]
pub(crate) fn real(name: &str) -> Option<Vec<u8>> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = std::env::var_os("THROUGHLINE_DATA").map_or_else(beside, PathBuf::from).join(name);
    if fs::metadata(&path).is_err() {
        eprintln!("left out: no {name} (set THROUGHLINE_DATA to the folder with real routing tables)");
        return None;
    }
    let mut bytes = Vec::new();
    if name.ends_with(".gz") {
        let file = File::open(&path).expect("it is there");
        flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes).expect("a gzip file");
        return Some(bytes);
    }
    // The file is cut off on purpose: what comes before the cut is what counts.
    let Ok(run) = Command::new("bzip2").arg("-dc").arg(&path).stderr(Stdio::null()).output() else {
        eprintln!("left out: no bzip2 for {name}");
        return None;
    };
    Some(run.stdout)
}
