//! What a header block can break.

macro_rules! errors {
    ($($variant:ident $name:literal $section:literal $sentence:literal,)*) => {
        /// Why a header block cannot be decoded. It is always the peer's fault, and its table and ours are out of step from there on: the
        /// connection ends with COMPRESSION_ERROR (RFC 9113 §4.3).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum HpackError { $(#[doc = $sentence] $variant,)* }

        impl HpackError {
            /// Every one of them.
            #[cfg(test)]
            pub(crate) const ALL: &[HpackError] = &[$(HpackError::$variant),*];

            /// Two or three words for a log or a metric; no two of them share them.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(HpackError::$variant => $name,)* }
            }

            /// What was wrong, as one sentence.
            pub(crate) const fn sentence(self) -> &'static str {
                match self { $(HpackError::$variant => $sentence,)* }
            }

            /// The text that decides.
            pub(crate) const fn section(self) -> &'static str {
                match self { $(HpackError::$variant => $section,)* }
            }
        }
    };
}

errors! {
    BlockTruncated "block truncated" "RFC 9113 §4.3" "The header block ends within a field.",
    IntegerTooLarge "integer too large" "RFC 7541 §5.1" "An integer has more than 32 bits, or is written in more than six octets.",
    StringTruncated "string truncated" "RFC 7541 §5.2" "A string is longer than what is left of its header block.",
    HuffmanEndOfString "end of string coded" "RFC 7541 §5.2" "A Huffman-coded string holds the symbol for its own end.",
    HuffmanPaddingBits "padding bits" "RFC 7541 §5.2" "A Huffman-coded string ends in the middle of a symbol.",
    HuffmanPaddingLength "padding length" "RFC 7541 §5.2" "A Huffman-coded string is padded with a whole octet or more.",
    IndexZero "index zero" "RFC 7541 §6.1" "A field is given by the index zero, which is none.",
    IndexPastTable "index past table" "RFC 7541 §2.3.3" "An index points behind the end of the dynamic table.",
    ResizeLate "resize late" "RFC 7541 §4.2" "The size of the dynamic table was changed behind a field of the block.",
    ResizeTooLarge "resize too large" "RFC 7541 §6.3" "The size of the dynamic table was set above what we allowed.",
}

#[cfg(test)]
mod tests;
