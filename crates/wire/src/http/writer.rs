//! Where field lines go, whatever the version of the message that is being written.

use super::{Field, Fields, Known};
use alloc::vec::Vec;

/// Somewhere that field lines are written to: an HTTP/1 head, an HTTP/2 header block, a list.
pub trait FieldWriter {
    /// Any field; the name in any case.
    fn field(&mut self, name: &[u8], value: &[u8]);
    /// A field whose name is one of ours.
    fn known(&mut self, known: Known, value: &[u8]);
    /// A field of a received message, on its way through.
    fn pass(&mut self, field: Field<'_>);
    /// All fields of a received message but those of one name, on their way through.
    fn pass_but(&mut self, fields: &Fields, known: Known) {
        fields.iter().filter(|field| field.known != known).for_each(|field| self.pass(field));
    }
    /// A field whose value is made of several parts.
    fn joined(&mut self, known: Known, parts: &[&[u8]]) {
        let value: Vec<u8> = parts.concat();
        self.known(known, &value);
    }
    /// The `Content-Length` of a body of so many bytes.
    fn length(&mut self, bytes: u64) {
        self.known(Known::ContentLength, decimal(bytes, &mut [0; 20]));
    }
}

impl FieldWriter for Fields {
    fn field(&mut self, name: &[u8], value: &[u8]) {
        self.push(name, value);
    }

    fn known(&mut self, known: Known, value: &[u8]) {
        self.push_known(known, value);
    }

    fn pass(&mut self, field: Field<'_>) {
        self.push_as(field.known, field.name, field.value);
    }
}

/// The digits of a number; 2^64 has twenty.
pub fn decimal(number: u64, digits: &mut [u8; 20]) -> &[u8] {
    let mut at = digits.len();
    let mut left = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            return &digits[at..];
        }
    }
}
