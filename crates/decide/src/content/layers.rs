//! The codings that were put around content (RFC 9110 §8.4).

use alloc::string::String;
use alloc::vec::Vec;

/// Layers that are undone; more than two are nobody's mistake.
const MOST_LAYERS: usize = 8;

/// One coding around content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// `gzip` (RFC 1952), also called `x-gzip`.
    Gzip,
    /// `deflate`: zlib's format (RFC 1950), and from some servers deflate (RFC 1951) without it.
    Deflate,
    /// `br` (RFC 7932).
    Brotli,
    /// `zstd` (RFC 8878).
    Zstd,
}

impl Layer {
    /// The word in `Content-Encoding`.
    pub const fn word(self) -> &'static str {
        match self {
            Layer::Gzip => "gzip",
            Layer::Deflate => "deflate",
            Layer::Brotli => "br",
            Layer::Zstd => "zstd",
        }
    }

    /// The layers that the values of `Content-Encoding` name, in the order in which they were put on; the last is undone first. The error
    /// is the first name that is none of them, or the one that is too many.
    pub fn all<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Layer>, String> {
        let mut layers = Vec::new();
        let names = values.into_iter().flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
        for name in names.filter(|name| !name.is_empty()) {
            let layer = match &*name.to_ascii_lowercase() {
                b"identity" => continue,
                b"gzip" | b"x-gzip" => Layer::Gzip,
                b"deflate" => Layer::Deflate,
                b"br" => Layer::Brotli,
                b"zstd" => Layer::Zstd,
                _ => return Err(String::from_utf8_lossy(name).into_owned()),
            };
            if layers.len() == MOST_LAYERS {
                return Err(String::from_utf8_lossy(name).into_owned());
            }
            layers.push(layer);
        }
        Ok(layers)
    }
}

#[cfg(test)]
mod tests;
