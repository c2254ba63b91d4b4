//! What a purge names, and what an answer is named by.

use super::object::Names;
use decide::cache::{Purge, Tag};

/// Deeper paths than this are purged with their ancestor at this depth.
const MOST_SEGMENTS: usize = 32;

/// A purge: of which answers, and how thorough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purging {
    /// Which.
    pub which: Purged,
    /// Only those that were stored for the site of this name.
    pub site: Option<String>,
    /// How thorough.
    pub purge: Purge,
}

/// Which answers a purge is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purged {
    /// The one of this URL, all its variants: `scheme://host/path?query`, without a default port.
    Url(String),
    /// All whose URL begins so; it ends with `/`.
    Prefix(String),
    /// All that the origin gave this tag.
    Tag(String),
    /// All of the site, or everything where no site is named.
    All,
}

impl Purged {
    /// The word in steps.
    pub const fn word(&self) -> &'static str {
        match self {
            Purged::Url(_) => "url",
            Purged::Prefix(_) => "prefix",
            Purged::Tag(_) => "tag",
            Purged::All => "all",
        }
    }

    /// Whether marks can stand for it: a prefix must end where a segment of the path ends.
    pub fn is_sound(&self) -> bool {
        match self {
            Purged::Prefix(prefix) => prefix.ends_with('/') && prefix.matches('/').count() <= MOST_SEGMENTS,
            _ => true,
        }
    }

    fn kind(&self) -> (u8, &[u8]) {
        match self {
            Purged::Url(url) => (b'u', url.as_bytes()),
            Purged::Prefix(prefix) => (b'p', prefix.as_bytes()),
            Purged::Tag(tag) => (b't', tag.as_bytes()),
            Purged::All => (b'a', b""),
        }
    }
}

impl Purging {
    /// The mark that it leaves. Purges with one mark are about the same answers.
    pub fn mark(&self) -> Tag {
        let (kind, name) = self.which.kind();
        mark(kind, self.site.as_deref().unwrap_or_default(), name)
    }
}

/// The marks that are about an answer which was stored for this site, under this URL (`scheme://host/path?query`), its tags left aside.
pub fn purge_marks(site: &str, url: &str) -> Vec<Tag> {
    marks(&Names { site: site.into(), url: url.as_bytes().into(), tags: Box::default() })
}

/// The marks that are about an answer of these names.
pub(super) fn marks(names: &Names) -> Vec<Tag> {
    let mut marks = Vec::new();
    let mut both = |kind: u8, name: &[u8]| marks.extend(["", &names.site].map(|site| mark(kind, site, name)));
    both(b'a', b"");
    both(b'u', &names.url);
    let path = names.url.split(|byte| *byte == b'?').next().unwrap_or_default();
    let borders = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at + 1);
    for border in borders.take(MOST_SEGMENTS) {
        both(b'p', &path[..border]);
    }
    names.tags.iter().for_each(|tag| both(b't', tag));
    marks
}

fn mark(kind: u8, site: &str, name: &[u8]) -> Tag {
    // No site and no name holds a line break.
    [&[kind], site.as_bytes(), b"\n", name].concat().into()
}

#[cfg(test)]
mod tests;
