//! Files, as a server of files needs them.

use crate::slab::Sparse;
use decide::time::Calendar;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// An open file.
#[derive(Debug)]
pub enum File {
    /// The kernel's.
    Os(std::fs::File),
    /// Bytes in memory: embedded, or a virtual machine's.
    Memory(Arc<[u8]>),
    /// What a virtual machine's [slab](crate::Slab) is made of.
    Sparse(Sparse),
}

impl File {
    /// Reads at `offset`; 0 only at or past the end, or for an empty `into`.
    pub fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        match self {
            File::Os(file) => file.read_at(into, offset),
            File::Memory(bytes) => {
                let rest = usize::try_from(offset).ok().and_then(|at| bytes.get(at..)).unwrap_or(&[]);
                let len = rest.len().min(into.len());
                into[..len].copy_from_slice(&rest[..len]);
                Ok(len)
            }
            File::Sparse(sparse) => Ok(sparse.read_at(offset, into)),
        }
    }
}

/// A file that was found, and what is known of it without reading it.
#[derive(Debug)]
pub struct Found {
    /// Open for reading.
    pub file: File,
    /// Its length in bytes.
    pub size: u64,
    /// When it was changed last.
    pub modified: Calendar,
}

/// What a path turned out to be.
#[derive(Debug)]
pub enum Opened {
    /// A regular file.
    File(Found),
    /// A directory.
    Directory,
    /// Nothing that is served: not there, not a regular file, or outside the root.
    Nothing,
}
