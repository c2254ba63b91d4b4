//! What reading a configuration asks of the machine, besides the text itself.

use decide::config::Trust;
use decide::time::Calendar;
use std::cell::OnceCell;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

/// Files, and the day.
pub(super) trait Disk {
    /// Whether there is a directory of this name.
    fn is_directory(&self, path: &str) -> bool;
    /// The bytes of a file.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;
    /// Whether everybody on this machine may read a file.
    fn is_open_to_all(&self, path: &str) -> bool;
    /// The authorities that this machine trusts; empty if it has no list of them.
    fn authorities(&self) -> Trust;
    /// Where this user's programs keep what must survive a restart, if there is such a place.
    fn state(&self) -> Option<String>;
    /// The day.
    fn now(&self) -> Calendar;
}

/// Why a file cannot be read, to its owner.
pub(crate) fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_string(),
        io::ErrorKind::PermissionDenied => "this user may not read it".to_string(),
        io::ErrorKind::IsADirectory => "it is a directory".to_string(),
        io::ErrorKind::InvalidData => "it is not text in UTF-8".to_string(),
        _ => error.to_string(),
    }
}

/// The machine that we run on.
#[derive(Default)]
pub(super) struct Here {
    authorities: OnceCell<Trust>,
}

impl Disk for Here {
    fn is_directory(&self, path: &str) -> bool {
        Path::new(path).is_dir()
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        // A pipe holds who reads it until somebody writes, and a device may never end: at a reload, this thread would do nothing else.
        let found = std::fs::metadata(path)?;
        if found.is_file() || found.is_dir() { std::fs::read(path) } else { Err(io::Error::other("it is no file, but a pipe or a device")) }
    }

    fn is_open_to_all(&self, path: &str) -> bool {
        std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o004 != 0)
    }

    fn authorities(&self) -> Trust {
        self.authorities.get_or_init(|| Arc::new(system_authorities())).clone()
    }

    fn state(&self) -> Option<String> {
        crate::acme::default_state()
    }

    fn now(&self) -> Calendar {
        Calendar(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
    }
}

/// The authorities that the system trusts; none where it has no list of them.
pub(crate) fn system_authorities() -> Vec<Vec<u8>> {
    rustls_native_certs::load_native_certs().certs.into_iter().map(|certificate| certificate.to_vec()).collect()
}

/// A machine with nothing on it, for sections in which nothing is written.
pub(super) struct Nowhere;

impl Disk for Nowhere {
    fn is_directory(&self, _path: &str) -> bool {
        false
    }

    fn read(&self, _path: &str) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn is_open_to_all(&self, _path: &str) -> bool {
        false
    }

    fn authorities(&self) -> Trust {
        Trust::default()
    }

    fn state(&self) -> Option<String> {
        None
    }

    fn now(&self) -> Calendar {
        Calendar::default()
    }
}

#[cfg(test)]
mod tests;
