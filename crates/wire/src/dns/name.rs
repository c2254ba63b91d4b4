//! Domain names (RFC 1035 §3.1), absolute ones. Letters keep their case, and compare without regard to it (RFC 4343).

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;
use domain::base::name::{Name as Inner, NameBuilder, ToName};

/// An absolute name: the root, or labels below it. The order is the canonical one (RFC 4034 §6.1): what is below a name follows it.
#[derive(Clone, PartialEq, Eq, Hash)]
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

    /// Reads a name as messages have it (RFC 1035 §3.1), not compressed, and nothing after it. `None` if it is none.
    pub fn from_wire(bytes: &[u8]) -> Option<Name> {
        Inner::from_octets(bytes.to_vec()).ok().map(Name)
    }

    /// The name as messages have it: each label after its length, and a zero.
    pub fn as_wire(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Its labels, without the root's.
    pub fn labels(&self) -> impl Iterator<Item = &[u8]> {
        labels(self.as_wire())
    }

    /// All names that it ends with as messages have them: itself, then the names above, the root last.
    pub fn ends(&self) -> impl Iterator<Item = &[u8]> {
        core::iter::successors(Some(self.as_wire()), |end| above(end))
    }

    /// Whether its first label is an asterisk (RFC 4592 §2.1.1).
    pub fn is_wildcard(&self) -> bool {
        self.as_wire().starts_with(b"\x01*")
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

fn above(name: &[u8]) -> Option<&[u8]> {
    let (len, rest) = name.split_first()?;
    rest.get(usize::from(*len)..).filter(|_| *len > 0)
}

fn labels(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    core::iter::from_fn(move || {
        let (len, more) = rest.split_first().filter(|(len, _)| **len > 0)?;
        let (label, more) = more.split_at_checked(usize::from(*len))?;
        rest = more;
        Some(label)
    })
}

/// Where each label of a name begins, and how many there are.
fn starts(wire: &[u8]) -> ([u8; 128], usize) {
    let (mut starts, mut count, mut at) = ([0; 128], 0, 0);
    for label in labels(wire) {
        starts[count] = at;
        count += 1;
        // A name has 255 bytes at the most.
        at += u8::try_from(label.len() + 1).expect("a label has 63 bytes at the most");
    }
    (starts, count)
}

impl Ord for Name {
    /// Label by label from the root on; a byte at a time, capital letters as small ones.
    fn cmp(&self, other: &Name) -> Ordering {
        let (left, right) = (self.as_wire(), other.as_wire());
        let ((left_starts, left_count), (right_starts, right_count)) = (starts(left), starts(right));
        let label = |wire: &'_ [u8], start: u8| -> core::ops::Range<usize> {
            let start = usize::from(start);
            start + 1..start + 1 + usize::from(wire[start])
        };
        for back in 1..=left_count.min(right_count) {
            let left = left[label(left, left_starts[left_count - back])].iter().map(u8::to_ascii_lowercase);
            let right = right[label(right, right_starts[right_count - back])].iter().map(u8::to_ascii_lowercase);
            match left.cmp(right) {
                Ordering::Equal => {}
                unequal => return unequal,
            }
        }
        left_count.cmp(&right_count)
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Name) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::text::write_name(f, self, false)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
