//! UTF-8 that comes in parts, which may end within a character (RFC 6455 §5.6, §8.1).

/// What was seen of a text so far. Wrong bytes are found with the first one that nothing can make right.
#[derive(Clone, Debug, Default)]
pub(super) struct Utf8 {
    /// The start of a character whose end has not come yet.
    begun: [u8; 4],
    len: usize,
}

/// The text is not UTF-8.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotUtf8;

impl Utf8 {
    /// Takes the next part.
    pub(super) fn push(&mut self, part: &[u8]) -> Result<(), NotUtf8> {
        let part = self.complete(part)?;
        match core::str::from_utf8(part) {
            Ok(_) => Ok(()),
            Err(error) if error.error_len().is_some() => Err(NotUtf8),
            Err(error) => {
                let rest = &part[error.valid_up_to()..];
                self.len = rest.len();
                self.begun[..rest.len()].copy_from_slice(rest);
                Ok(())
            }
        }
    }

    /// The text ends here.
    pub(super) fn finish(&self) -> Result<(), NotUtf8> {
        if self.len == 0 { Ok(()) } else { Err(NotUtf8) }
    }

    /// Adds to the character that was begun, byte by byte, and returns what follows it.
    fn complete<'a>(&mut self, mut part: &'a [u8]) -> Result<&'a [u8], NotUtf8> {
        while self.len > 0
            && let [byte, rest @ ..] = part
        {
            self.begun[self.len] = *byte;
            self.len += 1;
            part = rest;
            match core::str::from_utf8(&self.begun[..self.len]) {
                Ok(_) => self.len = 0,
                // Four bytes are a character or an error, so that there is always room for one more.
                Err(error) if error.error_len().is_some() => return Err(NotUtf8),
                Err(_) => {}
            }
        }
        Ok(part)
    }
}

#[cfg(test)]
mod tests;
