//! Domain names (RFC 1035 §3.1), absolute ones. Letters keep their case, and compare without regard to it (RFC 4343).

use alloc::vec::Vec;
use core::fmt;
use domain::base::name::{Name as Inner, NameBuilder, ToName};

/// An absolute name: the root, or labels below it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub(super) Inner<Vec<u8>>);

impl Name {
    /// The root.
    pub fn root() -> Name {
        Name(Inner::root_vec())
    }

    /// Reads a name, with or without the dot at its end; `.` is the root. `None` if DNS has no room for it: an empty label, one of more
    /// than 63 bytes, more than 255 in all (RFC 1035 §2.3.4), or letters beyond ASCII.
    pub fn parse(text: &str) -> Option<Name> {
        Inner::vec_from_str(text).ok().filter(|_| !text.is_empty()).map(Name)
    }

    /// Whether it is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_root()
    }

    /// How many labels it has, the root's own not counted.
    pub fn depth(&self) -> usize {
        self.0.label_count() - 1
    }

    /// Whether it is `zone` or below it.
    pub fn is_within(&self, zone: &Name) -> bool {
        self.0.ends_with(&zone.0)
    }

    /// Whether it is below `zone`, and not the same.
    pub fn is_below(&self, zone: &Name) -> bool {
        self.depth() > zone.depth() && self.is_within(zone)
    }

    /// Whether its first label is one of a service, which begins with an underscore (RFC 8552).
    pub fn is_service_label(&self) -> bool {
        self.0.first().as_slice().first() == Some(&b'_')
    }

    /// The last `labels` labels of it; the whole name if it has no more.
    pub fn last_labels(&self, labels: usize) -> Name {
        let over = self.depth().saturating_sub(labels);
        self.0.iter_suffixes().nth(over).map_or_else(Name::root, |suffix| Name(suffix.to_vec()))
    }

    /// The name one label up; `None` for the root.
    pub fn parent(&self) -> Option<Name> {
        (!self.is_root()).then(|| self.last_labels(self.depth() - 1))
    }

    /// This name with `from` at its end replaced by `to` (RFC 6672 §2.2). `None` if it is not below `from`, or becomes too long.
    pub fn replace_end(&self, from: &Name, to: &Name) -> Option<Name> {
        if !self.is_below(from) {
            return None;
        }
        let mut builder = NameBuilder::new_vec();
        for label in self.0.iter().take(self.depth() - from.depth()) {
            builder.append_label(label.as_slice()).ok()?;
        }
        builder.append_origin(&to.0).ok().map(Name)
    }

    /// This name with a label before it. `None` if that has no room.
    pub fn below(&self, label: &str) -> Option<Name> {
        let mut builder = NameBuilder::new_vec();
        builder.append_label(label.as_bytes()).ok()?;
        builder.append_origin(&self.0).ok().map(Name)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests;
