//! What a header block can break.

/// Why a header block cannot be decoded. It is always the peer's fault, and its table and ours are out of step from there on: the
/// connection ends with COMPRESSION_ERROR (RFC 9113 §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum HpackError {
    /// RFC 9113 §4.3: the block ends within a field.
    BlockTruncated,
    /// RFC 7541 §5.1: an integer has more than 32 bits, or is written in more than six octets.
    IntegerTooLarge,
    /// RFC 7541 §5.2: a string is longer than what is left of its block.
    StringTruncated,
    /// RFC 7541 §5.2: a Huffman-coded string holds the symbol for its own end.
    HuffmanEndOfString,
    /// RFC 7541 §5.2: a Huffman-coded string ends in the middle of a symbol.
    HuffmanPaddingBits,
    /// RFC 7541 §5.2: a Huffman-coded string is padded with a whole octet or more.
    HuffmanPaddingLength,
    /// RFC 7541 §6.1: a field is given by the index zero, which is none.
    IndexZero,
    /// RFC 7541 §2.3.3: an index points behind the end of the dynamic table.
    IndexPastTable,
    /// RFC 7541 §4.2: the size of the dynamic table was changed behind a field of the block.
    ResizeLate,
    /// RFC 7541 §6.3: the size of the dynamic table was set above what we allowed.
    ResizeTooLarge,
}
