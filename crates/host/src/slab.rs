//! Memory that is sent as a file is.

use crate::File;
use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;

/// Memory with a place for every offset, which takes only what is written and not freed again. What lies in it can be sent as a file is:
/// by the kernel, without a copy through the program.
#[derive(Debug)]
pub struct Slab {
    file: File,
    page: u64,
}

impl Slab {
    pub(crate) fn of_kernel(file: std::fs::File, page: u64) -> Slab {
        Slab { file: File::Os(file), page }
    }

    /// One in the program's own memory, for machines without a kernel.
    pub fn in_memory() -> Slab {
        Slab { file: File::Sparse(Sparse::default()), page: Sparse::PAGE as u64 }
    }

    /// Memory is taken and freed in units of so many bytes.
    pub fn page(&self) -> u64 {
        self.page
    }

    /// Writes all of `bytes`. An error leaves any part of them written.
    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        match &self.file {
            File::Os(file) => std::os::unix::fs::FileExt::write_all_at(file, bytes, offset),
            File::Sparse(sparse) => {
                sparse.write_at(offset, bytes);
                Ok(())
            }
            File::Memory(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Gives the memory of whole pages back; both figures are multiples of [`Slab::page`].
    pub fn free(&self, offset: u64, len: u64) {
        match &self.file {
            File::Os(file) => {
                use rustix::fs::{FallocateFlags, fallocate};
                // A hole is refused only to a file that is none of the kernel's memory, or sealed: ours are neither.
                let _ = fallocate(file, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, offset, len);
            }
            File::Sparse(sparse) => sparse.free(offset, len),
            File::Memory(_) => {}
        }
    }

    /// To send it from.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Bytes of memory that it takes now.
    pub fn taken(&self) -> io::Result<u64> {
        Ok(match &self.file {
            // In units of 512 bytes, whatever the page.
            File::Os(file) => std::os::unix::fs::MetadataExt::blocks(&file.metadata()?) * 512,
            File::Sparse(sparse) => (sparse.0.lock().expect("no panic while it is held").len() * Sparse::PAGE) as u64,
            File::Memory(bytes) => bytes.len() as u64,
        })
    }
}

/// Pages by their number.
#[derive(Debug, Default)]
pub struct Sparse(Mutex<BTreeMap<u64, Box<[u8]>>>);

impl Sparse {
    const PAGE: usize = 4096;

    pub(crate) fn read_at(&self, offset: u64, into: &mut [u8]) -> usize {
        let pages = self.0.lock().expect("no panic while it is held");
        let Some(page) = pages.get(&(offset / Sparse::PAGE as u64)) else { return 0 };
        let rest = &page[place_in_page(offset)..];
        let len = rest.len().min(into.len());
        into[..len].copy_from_slice(&rest[..len]);
        len
    }

    fn write_at(&self, mut offset: u64, mut bytes: &[u8]) {
        let mut pages = self.0.lock().expect("no panic while it is held");
        while !bytes.is_empty() {
            let page = pages.entry(offset / Sparse::PAGE as u64).or_insert_with(|| vec![0; Sparse::PAGE].into());
            let rest = &mut page[place_in_page(offset)..];
            let (now, later) = bytes.split_at(rest.len().min(bytes.len()));
            rest[..now.len()].copy_from_slice(now);
            offset += now.len() as u64;
            bytes = later;
        }
    }

    fn free(&self, offset: u64, len: u64) {
        let (first, end) = (offset / Sparse::PAGE as u64, (offset + len) / Sparse::PAGE as u64);
        let mut pages = self.0.lock().expect("no panic while it is held");
        let mut kept = pages.split_off(&first);
        pages.append(&mut kept.split_off(&end));
    }
}

fn place_in_page(offset: u64) -> usize {
    usize::try_from(offset % Sparse::PAGE as u64).expect("less than a page")
}

#[cfg(test)]
mod tests;
