//! What is written in the journal.

use decide::cache::Purge;
use node::{Purged, Purging};

/// What an owner asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Stored answers are to go, or to become stale.
    Purge(Purging),
    /// Content was handed over.
    Push(Push),
    /// The content of a URL has changed, and is to be asked for anew.
    Changed {
        /// The site; `None`: whichever serves the URL.
        site: Option<String>,
        /// The URL.
        url: String,
        /// What is stored serves until the new content is there.
        soft: bool,
    },
    /// What a record with this number asked for needs not be done again after a restart.
    Done {
        /// Which.
        of: u64,
    },
}

/// Content that was handed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Push {
    /// The site that it is stored for.
    pub site: String,
    /// `scheme://host/path?query`.
    pub url: String,
    /// Fields of requests that select it, where others have other answers under the same URL.
    pub request: Vec<(Vec<u8>, Vec<u8>)>,
    /// Its status.
    pub status: u16,
    /// Its fields.
    pub fields: Vec<(Vec<u8>, Vec<u8>)>,
    /// Its content, whole.
    pub body: Vec<u8>,
    /// It takes the place of all that is stored under the URL, not only of what the same requests select.
    pub alone: bool,
}

const PURGE: u8 = 1;
const PUSH: u8 = 2;
const CHANGED: u8 = 3;
const DONE: u8 = 4;

impl Record {
    /// Appends it as bytes.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Record::Purge(Purging { which, site, purge }) => {
                out.push(PURGE);
                out.push(u8::from(*purge == Purge::Soft));
                optional(site.as_deref(), out);
                let (kind, name) = match which {
                    Purged::Url(url) => (b'u', url.as_str()),
                    Purged::Prefix(prefix) => (b'p', prefix.as_str()),
                    Purged::Tag(tag) => (b't', tag.as_str()),
                    Purged::All => (b'a', ""),
                };
                out.push(kind);
                bytes(name.as_bytes(), out);
            }
            Record::Push(push) => {
                out.push(PUSH);
                out.push(u8::from(push.alone));
                bytes(push.site.as_bytes(), out);
                bytes(push.url.as_bytes(), out);
                pairs(&push.request, out);
                out.extend_from_slice(&push.status.to_le_bytes());
                pairs(&push.fields, out);
                bytes(&push.body, out);
            }
            Record::Changed { site, url, soft } => {
                out.push(CHANGED);
                out.push(u8::from(*soft));
                optional(site.as_deref(), out);
                bytes(url.as_bytes(), out);
            }
            Record::Done { of } => {
                out.push(DONE);
                out.extend_from_slice(&of.to_le_bytes());
            }
        }
    }

    /// Reads what [`Record::write`] wrote, all of it. `None`: it is something else.
    pub(super) fn read(input: &[u8]) -> Option<Record> {
        let mut input = Input(input);
        let record = match input.byte()? {
            PURGE => {
                let purge = if input.flag()? { Purge::Soft } else { Purge::Hard };
                let site = input.optional()?;
                let which = match (input.byte()?, input.text()?) {
                    (b'u', url) => Purged::Url(url),
                    (b'p', prefix) => Purged::Prefix(prefix),
                    (b't', tag) => Purged::Tag(tag),
                    (b'a', nothing) if nothing.is_empty() => Purged::All,
                    _ => return None,
                };
                Record::Purge(Purging { which, site, purge })
            }
            PUSH => Record::Push(Push {
                alone: input.flag()?,
                site: input.text()?,
                url: input.text()?,
                request: input.pairs()?,
                status: u16::from_le_bytes(input.array()?),
                fields: input.pairs()?,
                body: input.bytes()?.to_vec(),
            }),
            CHANGED => Record::Changed { soft: input.flag()?, site: input.optional()?, url: input.text()? },
            DONE => Record::Done { of: u64::from_le_bytes(input.array()?) },
            _ => return None,
        };
        input.0.is_empty().then_some(record)
    }

    /// Bytes that it takes, or a few more.
    pub(super) fn len(&self) -> usize {
        let of = |pairs: &[(Vec<u8>, Vec<u8>)]| pairs.iter().map(|(name, value)| name.len() + value.len() + 8).sum::<usize>();
        let site = |site: &Option<String>| site.as_ref().map_or(0, String::len);
        let usual = super::frame::FRAME_HEAD + 32;
        match self {
            Record::Purge(Purging { which: Purged::Url(name) | Purged::Prefix(name) | Purged::Tag(name), site: of, .. }) => {
                usual + site(of) + name.len()
            }
            Record::Purge(Purging { site: of, .. }) => usual + site(of),
            Record::Push(push) => usual + push.site.len() + push.url.len() + of(&push.request) + of(&push.fields) + push.body.len(),
            Record::Changed { site: of, url, .. } => usual + site(of) + url.len(),
            Record::Done { .. } => usual,
        }
    }
}

fn bytes(bytes: &[u8], out: &mut Vec<u8>) {
    let len = u32::try_from(bytes.len()).expect("a record has less than 4 GiB");
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(bytes);
}

fn optional(text: Option<&str>, out: &mut Vec<u8>) {
    out.push(u8::from(text.is_some()));
    if let Some(text) = text {
        bytes(text.as_bytes(), out);
    }
}

fn pairs(all: &[(Vec<u8>, Vec<u8>)], out: &mut Vec<u8>) {
    let count = u32::try_from(all.len()).expect("a record has few fields");
    out.extend_from_slice(&count.to_le_bytes());
    for (name, value) in all {
        bytes(name, out);
        bytes(value, out);
    }
}

/// What is still to be read.
struct Input<'i>(&'i [u8]);

impl<'i> Input<'i> {
    fn take(&mut self, len: usize) -> Option<&'i [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const LEN: usize>(&mut self) -> Option<[u8; LEN]> {
        self.take(LEN)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn bytes(&mut self) -> Option<&'i [u8]> {
        let len = u32::from_le_bytes(self.array()?);
        self.take(usize::try_from(len).ok()?)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    fn optional(&mut self) -> Option<Option<String>> {
        if self.flag()? { self.text().map(Some) } else { Some(None) }
    }

    fn pairs(&mut self) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
        let count = u32::from_le_bytes(self.array()?);
        // The count may be anything: memory is taken for what is there.
        (0..count).map(|_| Some((self.bytes()?.to_vec(), self.bytes()?.to_vec()))).collect()
    }
}

#[cfg(test)]
pub(super) mod tests;
