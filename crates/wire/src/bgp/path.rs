//! The way of an announcement through autonomous systems (RFC 4271 §4.3, RFC 6793, RFC 5065).

use crate::cursor::Cursor;
use alloc::vec::Vec;

/// A way, checked and not copied: as it came, and where systems have two bytes, with the ones of four bytes that came beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path<'a> {
    pieces: Pieces<'a>,
    newer: Option<Pieces<'a>>,
}

/// A part of a way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What it is.
    pub kind: SegmentKind,
    /// Its systems; the last is where the announcement comes from.
    pub systems: Vec<u32>,
}

/// What a part of a way is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentKind {
    /// Systems without an order, whose networks were put together.
    Set,
    /// One system after the other.
    Sequence,
    /// Members of a confederation, one after the other (RFC 5065).
    ConfederationSequence,
    /// Members of a confederation without an order.
    ConfederationSet,
}

impl SegmentKind {
    fn of(code: u8) -> Option<SegmentKind> {
        Some(match code {
            1 => SegmentKind::Set,
            2 => SegmentKind::Sequence,
            3 => SegmentKind::ConfederationSequence,
            4 => SegmentKind::ConfederationSet,
            _ => return None,
        })
    }

    fn code(self) -> u8 {
        match self {
            SegmentKind::Set => 1,
            SegmentKind::Sequence => 2,
            SegmentKind::ConfederationSequence => 3,
            SegmentKind::ConfederationSet => 4,
        }
    }

    /// How much of the way's length so many systems are: a set is one (RFC 4271 §9.1.2.2), a confederation nothing (RFC 5065 §5.3).
    fn counts(self, systems: usize) -> usize {
        match self {
            SegmentKind::Set => 1,
            SegmentKind::Sequence => systems,
            SegmentKind::ConfederationSequence | SegmentKind::ConfederationSet => 0,
        }
    }

    fn is_confederation(self) -> bool {
        matches!(self, SegmentKind::ConfederationSequence | SegmentKind::ConfederationSet)
    }
}

/// The segments of an attribute, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pieces<'a> {
    rest: Cursor<'a>,
    wide: bool,
}

/// A segment where it lies.
pub(super) struct Piece<'a> {
    kind: SegmentKind,
    systems: &'a [u8],
    wide: bool,
}

impl<'a> Pieces<'a> {
    /// `None` where they do not fit, are of no known kind, have nothing in them (RFC 7606 §7.2), or go through system 0 (RFC 7607 §2).
    pub(super) fn read(bytes: &'a [u8], wide: bool) -> Option<Pieces<'a>> {
        let pieces = Pieces { rest: Cursor(bytes), wide };
        let mut rest = pieces;
        while !rest.rest.is_empty() {
            if rest.next()?.systems().any(|system| system == 0) {
                return None;
            }
        }
        Some(pieces)
    }

    fn count(self) -> usize {
        self.map(|piece| piece.kind.counts(piece.len())).sum()
    }

    /// The last system, if what is last is a sequence.
    fn last(self) -> Option<u32> {
        let piece = self.filter(|piece| !piece.kind.is_confederation()).last()?;
        if piece.kind == SegmentKind::Sequence { piece.systems().last() } else { None }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let kind = SegmentKind::of(self.rest.u8()?)?;
        let count = self.rest.u8().filter(|count| *count > 0)?;
        let systems = self.rest.take(usize::from(count) * if self.wide { 4 } else { 2 })?;
        Some(Piece { kind, systems, wide: self.wide })
    }
}

impl Piece<'_> {
    fn len(&self) -> usize {
        self.systems.len() / if self.wide { 4 } else { 2 }
    }

    fn systems(&self) -> impl Iterator<Item = u32> {
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
        self.systems.chunks_exact(if self.wide { 4 } else { 2 }).map(number)
    }

    /// As much of it as counts for `most` of the way's length.
    fn segment(&self, most: usize) -> Segment {
        let systems = if self.kind == SegmentKind::Sequence { self.systems().take(most).collect() } else { self.systems().collect() };
        Segment { kind: self.kind, systems }
    }
}

impl<'a> Path<'a> {
    /// A way whose systems have two bytes may have another beside it that has four. That is the better knowledge of the way's end, as
    /// long as it is not the longer one (RFC 6793 §4.2.3).
    pub(super) fn new(pieces: Pieces<'a>, newer: Option<Pieces<'a>>) -> Path<'a> {
        Path { pieces, newer: newer.filter(|newer| (1..=pieces.count()).contains(&newer.count())) }
    }

    /// Its length: a set counts as one system, a confederation as none.
    pub fn len(&self) -> usize {
        // Of the newer one, only what takes the place of as many is used, so that the length is the same.
        self.pieces.count()
    }

    /// Whether it leads through no system: the network is of the peer's own.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The system that the network is of: the last; `None` where there is none, or a set is last.
    pub fn origin(&self) -> Option<u32> {
        self.newer.unwrap_or(self.pieces).last()
    }

    /// Its segments, the nearest first.
    pub fn segments(&self) -> Vec<Segment> {
        let Some(newer) = self.newer else { return self.pieces.map(|piece| piece.segment(usize::MAX)).collect() };
        let mut left = self.pieces.count() - newer.count();
        let mut segments = Vec::new();
        for piece in self.pieces {
            let counts = piece.kind.counts(piece.len());
            // A confederation stays where it leads, or follows what stays.
            if left == 0 && !(piece.kind.is_confederation()) {
                break;
            }
            segments.push(piece.segment(left));
            if counts > left {
                break;
            }
            left -= counts;
        }
        segments.extend(newer.filter(|piece| !piece.kind.is_confederation()).map(|piece| piece.segment(usize::MAX)));
        segments
    }
}

/// Writes segments; one of more than 255 systems is written as several.
pub(super) fn write(segments: &[Segment], wide: bool, out: &mut Vec<u8>) {
    for segment in segments {
        for systems in segment.systems.chunks(255) {
            out.extend([segment.kind.code(), u8::try_from(systems.len()).expect("cut to 255")]);
            for system in systems {
                if wide {
                    out.extend(system.to_be_bytes());
                } else {
                    out.extend(u16::try_from(*system).unwrap_or(super::AS_TRANS).to_be_bytes());
                }
            }
        }
    }
}
