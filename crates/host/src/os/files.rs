//! Files of the kernel, never outside their root.

use crate::{File, Found, Opened};
use decide::time::Calendar;
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;
use std::io;
use std::time::SystemTime;

/// Opens `path` below `root`. The kernel itself refuses to leave the root (openat2 with `RESOLVE_BENEATH`), so neither a link nor a race
/// between a check and an open can lead out. The root is opened anew each time: a deployment that swaps a link is seen at once.
pub(super) fn open(root: &str, path: &str) -> io::Result<Opened> {
    let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = openat(CWD, root, directory, Mode::empty())?;
    let path = if path.is_empty() { "." } else { path };
    // Without NONBLOCK a named pipe would hold the thread until someone writes.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = match openat2(&root, path, flags, Mode::empty(), ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS) {
        Ok(file) => std::fs::File::from(file),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::XDEV | Errno::LOOP | Errno::NAMETOOLONG | Errno::ACCESS | Errno::NXIO) => {
            return Ok(Opened::Nothing);
        }
        Err(error) => return Err(error.into()),
    };
    opened(file)
}

/// Opens what an owner has named.
pub(super) fn open_named(path: &str) -> io::Result<Opened> {
    opened(openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK, Mode::empty())?.into())
}

fn opened(file: std::fs::File) -> io::Result<Opened> {
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Ok(Opened::Directory);
    }
    if !metadata.is_file() {
        return Ok(Opened::Nothing);
    }
    let modified = metadata.modified()?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Ok(Opened::File(Found { file: File::Os(file), size: metadata.len(), modified: Calendar(modified) }))
}
