//! Where the fields of a message go.

use super::{Field, Known};

/// Somewhere that field lines are written to: an HTTP/1 head, an HTTP/2 header block.
pub trait FieldWriter {
    /// Any field; the name in any case.
    fn field(&mut self, name: &[u8], value: &[u8]);
    /// A field whose name is one of ours.
    fn known(&mut self, known: Known, value: &[u8]);
    /// A field of a received message, on its way through.
    fn pass(&mut self, field: Field<'_>);
}
