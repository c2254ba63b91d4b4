//! Whose content goes out first where there is not room for all (RFC 9218 §10).
//!
//! The most urgent streams first. Among those of one urgency, responses that are of no use in parts go one after another, by their ids;
//! those that are of use in parts, and the first of the others, take turns by frames.

use super::{Connection, FRAME_BYTES};
use crate::http2::StreamId;
use crate::http2::stream::Stream;

/// What a stream may write now, as far as others are concerned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    /// Zero: others go first.
    pub(super) frames: usize,
    /// Others wait whose turn comes after one frame.
    pub(super) shares: bool,
}

impl Connection {
    /// Judges a write of a stream against those that could write too: they wait, or were told that they may and have not tried yet.
    pub(super) fn turn_of(&self, index: usize) -> Turn {
        if self.waiting == 0 && self.promised == 0 {
            return Turn { frames: 1, shares: false };
        }
        let ours = &self.streams[index];
        let mut shares = false;
        let room = self.room() > 0;
        let others =
            self.streams.iter().filter(|other| room && other.id != ours.id && (other.waits || other.promise > 0) && has_window(other));
        for other in others {
            let (mine, its) = (ours.priority, other.priority);
            let before = !mine.incremental && !its.incremental && other.id < ours.id;
            if its.urgency < mine.urgency || (its.urgency == mine.urgency && before) {
                return Turn { frames: 0, shares: false };
            }
            shares |= its.urgency == mine.urgency && (mine.incremental || its.incremental);
        }
        Turn { frames: usize::from(!(shares && ours.served)), shares }
    }

    /// What the connection's window and the output leave to all streams.
    fn room(&self) -> usize {
        self.send.room().min(self.config.output_bytes.saturating_sub(self.out.len()))
    }

    /// [`Connection::poll_event`] would tell a stream that it may write. To be asked after a write that found no room: it may have given up
    /// its turn to a stream that nobody has told yet.
    pub fn may_wake(&self) -> bool {
        self.waiting > 0 && self.room() > self.promised && self.next_in_turn().is_some()
    }

    /// The next stream to be told that it may write, if there is room that was not promised to others.
    pub(super) fn wake(&mut self) -> Option<StreamId> {
        if self.waiting == 0 {
            return None;
        }
        let next = if self.room() > self.promised { self.next_in_turn() } else { None };
        let Some((index, alone)) = next else {
            self.doubt_promises();
            return None;
        };
        self.leave_queue(index);
        let stream = &mut self.streams[index];
        stream.promise = stream.send.room().min(if alone { usize::MAX } else { FRAME_BYTES });
        stream.served = false;
        self.promised += stream.promise;
        self.turn = stream.id;
        Some(stream.id)
    }

    /// A stream that was woken and never tries would keep its room from the others for ever. After this many calls it has had its chance.
    fn doubt_promises(&mut self) {
        const CHANCES: u8 = 16;
        if self.promised == 0 {
            return;
        }
        self.doubts += 1;
        if self.doubts == CHANCES {
            self.doubts = 0;
            self.promised = 0;
            self.streams.iter_mut().for_each(|stream| stream.promise = 0);
        }
    }

    /// The stream whose turn it is, and whether it shares it with no other.
    fn next_in_turn(&self) -> Option<(usize, bool)> {
        let able = || self.streams.iter().enumerate().filter(|(_, stream)| stream.waits && has_window(stream));
        let urgency = able().map(|(_, stream)| stream.priority.urgency).min()?;
        let (mut first, mut following) = (None, None);
        let (mut led, mut shared) = (false, 0);
        for (index, stream) in able().filter(|(_, stream)| stream.priority.urgency == urgency) {
            // Of those that are of no use in parts only the first takes part.
            if !stream.priority.incremental && core::mem::replace(&mut led, true) {
                continue;
            }
            shared += 1;
            first = first.or(Some(index));
            if stream.id > self.turn {
                following = following.or(Some(index));
            }
        }
        following.or(first).map(|index| (index, shared == 1))
    }

    /// The stream does not wait to write, or has tried.
    pub(super) fn leave_queue(&mut self, index: usize) {
        let stream = &mut self.streams[index];
        self.waiting -= usize::from(core::mem::take(&mut stream.waits));
        if stream.promise > 0 {
            self.promised -= core::mem::take(&mut stream.promise);
            self.doubts = 0;
        }
    }
}

/// Its own window lets it write.
fn has_window(stream: &Stream) -> bool {
    stream.send.room() > 0
}
