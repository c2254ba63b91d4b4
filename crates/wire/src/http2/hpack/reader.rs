//! Integers and strings (RFC 7541 §5), out of a block and into one.

use super::{HpackError, huffman};
use alloc::vec::Vec;

/// What is left of a block.
pub(super) struct Reader<'b> {
    rest: &'b [u8],
}

/// A string as it stands in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text<'b> {
    Plain(&'b [u8]),
    Huffman(&'b [u8]),
}

impl<'b> Reader<'b> {
    pub(super) fn new(block: &'b [u8]) -> Reader<'b> {
        Reader { rest: block }
    }

    /// The first octet of the next field, which is not taken: an integer begins in it. `None` at the end of the block.
    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The integer that begins with the bits of `mask` in the next octet (RFC 7541 §5.1).
    #[inline]
    pub(super) fn integer(&mut self, mask: u8) -> Result<u32, HpackError> {
        let (&first, rest) = self.rest.split_first().ok_or(HpackError::BlockTruncated)?;
        self.rest = rest;
        if first & mask < mask { Ok(u32::from(first & mask)) } else { self.long_integer(mask) }
    }

    /// The octets of an integer that its prefix had no room for. Five of them hold 35 bits: what has more is hostile, zeros or not.
    fn long_integer(&mut self, mask: u8) -> Result<u32, HpackError> {
        let mut value = u64::from(mask);
        for (place, octet) in self.rest.iter().take(5).enumerate() {
            value += u64::from(octet & 0x7f) << (7 * place);
            if octet & 0x80 == 0 {
                self.rest = &self.rest[place + 1..];
                return u32::try_from(value).map_err(|_| HpackError::IntegerTooLarge);
            }
        }
        Err(if self.rest.len() < 5 { HpackError::BlockTruncated } else { HpackError::IntegerTooLarge })
    }

    /// The next string, as it stands (RFC 7541 §5.2).
    #[inline]
    pub(super) fn string(&mut self) -> Result<Text<'b>, HpackError> {
        let coded = self.peek().ok_or(HpackError::BlockTruncated)? & 0x80 != 0;
        let len = self.integer(0x7f)? as usize;
        let (text, rest) = self.rest.split_at_checked(len).ok_or(HpackError::StringTruncated)?;
        self.rest = rest;
        Ok(if coded { Text::Huffman(text) } else { Text::Plain(text) })
    }
}

/// Appends an integer that begins with the bits of `mask` in its first octet; the other bits of that are those of `first`.
#[inline]
pub(super) fn write_integer(value: usize, mask: u8, first: u8, out: &mut Vec<u8>) {
    if value < mask as usize {
        return out.push(first | value as u8);
    }
    out.push(first | mask);
    let mut left = value - mask as usize;
    while left >= 0x80 {
        out.push(left as u8 | 0x80);
        left >>= 7;
    }
    out.push(left as u8);
}

/// Appends a string as it is.
#[inline]
pub(super) fn write_plain(text: &[u8], out: &mut Vec<u8>) {
    write_integer(text.len(), 0x7f, 0, out);
    out.extend_from_slice(text);
}

/// Appends a string in whichever of the two forms is shorter.
pub(super) fn write_shorter(text: &[u8], out: &mut Vec<u8>) {
    let len = huffman::encoded_len(text);
    if len < text.len() {
        write_integer(len, 0x7f, 0x80, out);
        huffman::encode(text, out);
    } else {
        write_plain(text, out);
    }
}

#[cfg(test)]
mod tests;
