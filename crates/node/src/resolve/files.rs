//! The files of the machine.

use decide::resolve::Trouble;
use host::{Host, Opened};

/// A longer file is read as far as this: hosts files with lists of unwanted names have some MiB.
const LARGEST: u64 = 16 << 20;

/// A file of `/etc`. A missing one is an empty one; any other error must not change what a name means.
pub(super) fn read(host: &Host, name: &str) -> Result<Vec<u8>, Trouble> {
    let trouble = |error: std::io::Error| Trouble::Machine(format!("/etc/{name} cannot be read: {error}"));
    let file = match host.open("/etc", name) {
        Ok(Opened::File(found)) => found.file,
        Ok(_) => return Ok(Vec::new()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(trouble(error)),
    };
    let mut bytes = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    while (bytes.len() as u64) < LARGEST {
        match file.read_at(bytes.len() as u64, &mut piece).map_err(trouble)? {
            0 => break,
            n => bytes.extend_from_slice(&piece[..n]),
        }
    }
    Ok(bytes)
}
