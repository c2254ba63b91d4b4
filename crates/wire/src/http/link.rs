//! The field `Link` (RFC 8288): what an answer says it is related to.

use alloc::borrow::Cow;
use alloc::vec::Vec;

/// A name in lower case, and a value without its quotes.
pub type Parameter<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// One link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link<'a> {
    /// A URI reference, as it is written.
    pub target: &'a [u8],
    /// In their order; the value is empty where none is written.
    pub parameters: Vec<Parameter<'a>>,
}

impl Link<'_> {
    /// The first value of a parameter (RFC 8288 §3.3: of several `rel` the first counts).
    pub fn parameter(&self, name: &[u8]) -> Option<&[u8]> {
        self.parameters.iter().find(|(known, _)| **known == *name).map(|(_, value)| &**value)
    }

    /// Whether it is of this relation, among others perhaps; `rel` is a list with blanks between, in any case.
    pub fn has_relation(&self, relation: &[u8]) -> bool {
        let listed = self.parameter(b"rel").unwrap_or_default();
        listed.split(|byte| matches!(byte, b' ' | b'\t')).any(|one| one.eq_ignore_ascii_case(relation))
    }

    /// Appends it as it stands in a field. Its target holds no `>`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(b'<');
        out.extend_from_slice(self.target);
        out.push(b'>');
        for (name, value) in &self.parameters {
            out.extend_from_slice(b"; ");
            out.extend_from_slice(name);
            out.extend_from_slice(b"=\"");
            for byte in value.iter() {
                if matches!(byte, b'"' | b'\\') {
                    out.push(b'\\');
                }
                out.push(*byte);
            }
            out.push(b'"');
        }
    }
}

/// The links in one line of the field. What is malformed ends the list: the rest could be anything.
pub fn links(value: &[u8]) -> Links<'_> {
    Links { rest: value }
}

/// See [`links`].
#[derive(Clone, Debug)]
pub struct Links<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Links<'a> {
    type Item = Link<'a>;

    /// RFC 8288 §B.2
    fn next(&mut self) -> Option<Link<'a>> {
        while let Some(b' ' | b'\t' | b',') = self.rest.first() {
            self.rest = &self.rest[1..];
        }
        let inner = self.rest.strip_prefix(b"<")?;
        let end = inner.iter().position(|byte| *byte == b'>')?;
        let mut link = Link { target: inner[..end].trim_ascii(), parameters: Vec::new() };
        self.rest = inner[end + 1..].trim_ascii_start();
        while let Some(rest) = self.rest.strip_prefix(b";") {
            self.rest = rest.trim_ascii_start();
            let parameter = self.parameter();
            if !parameter.0.is_empty() {
                link.parameters.push(parameter);
            }
        }
        // Whatever stands before the next comma belongs to nothing.
        let next = self.rest.iter().position(|byte| *byte == b',').unwrap_or(self.rest.len());
        self.rest = &self.rest[next..];
        Some(link)
    }
}

impl<'a> Links<'a> {
    /// RFC 8288 §B.3
    fn parameter(&mut self) -> Parameter<'a> {
        let name = self.until(b"=;, \t");
        let name = match name.iter().any(u8::is_ascii_uppercase) {
            true => Cow::Owned(name.to_ascii_lowercase()),
            false => Cow::Borrowed(name),
        };
        self.rest = self.rest.trim_ascii_start();
        let value = match self.rest.strip_prefix(b"=") {
            Some(rest) => {
                self.rest = rest.trim_ascii_start();
                self.value()
            }
            None => Cow::default(),
        };
        self.rest = self.rest.trim_ascii_start();
        (name, value)
    }

    fn value(&mut self) -> Cow<'a, [u8]> {
        let Some(quoted) = self.rest.strip_prefix(b"\"") else { return Cow::Borrowed(self.until(b";, \t")) };
        let mut value = Vec::new();
        let mut bytes = quoted.iter();
        loop {
            match bytes.next() {
                Some(b'\\') => value.extend(bytes.next()),
                None | Some(b'"') => break,
                Some(byte) => value.push(*byte),
            }
        }
        self.rest = bytes.as_slice();
        Cow::Owned(value)
    }

    fn until(&mut self, ends: &[u8]) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| ends.contains(byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

#[cfg(test)]
mod tests;
