//! Bytes of a stream that are kept until a whole message of them is there.

use alloc::vec::Vec;

/// What came and was not yet read. It holds what was pushed last and, before that, less than one message: who pushes and who frames bound
/// it together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gathered {
    bytes: Vec<u8>,
    read: usize,
}

impl Gathered {
    /// Takes in the next bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        // What was read is let go of here, so that messages can be lent out without copying.
        self.bytes.drain(..self.read);
        self.read = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// What is there.
    pub(crate) fn pending(&self) -> &[u8] {
        &self.bytes[self.read..]
    }

    /// The next so many bytes, which are there; they are read with this.
    pub(crate) fn take(&mut self, n: usize) -> &[u8] {
        let from = self.read;
        self.read += n;
        &self.bytes[from..self.read]
    }
}
