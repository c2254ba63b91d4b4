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
    /// Judges a write of a stream against those that wait and could write too.
    pub(super) fn turn_of(&self, index: usize) -> Turn {
        if self.waiting == 0 {
            return Turn { frames: 1, shares: false };
        }
        let ours = &self.streams[index];
        let mut shares = false;
        for other in self.streams.iter().filter(|other| other.id != ours.id && self.could_write(other)) {
            let (mine, its) = (ours.priority, other.priority);
            let before = !mine.incremental && !its.incremental && other.id < ours.id;
            if its.urgency < mine.urgency || (its.urgency == mine.urgency && before) {
                return Turn { frames: 0, shares: false };
            }
            shares |= its.urgency == mine.urgency && (mine.incremental || its.incremental);
        }
        Turn { frames: usize::from(!(shares && ours.served)), shares }
    }

    /// It waits, and would not if it were alone.
    fn could_write(&self, stream: &Stream) -> bool {
        stream.waits && stream.send.room() > 0 && self.room() > 0
    }

    /// What the connection's window and the output leave to all streams.
    fn room(&self) -> usize {
        self.send.room().min(self.config.output_bytes.saturating_sub(self.out.len()))
    }

    /// The next stream to be told that it may write. `None` ends a round: what was promised in it may be promised again.
    pub(super) fn wake(&mut self) -> Option<StreamId> {
        let room = if self.waiting > 0 { self.room().saturating_sub(self.promised) } else { 0 };
        let next = if room > 0 { self.next_in_turn() } else { None };
        let Some((id, alone)) = next else {
            self.promised = 0;
            return None;
        };
        let index = self.streams.find(id).expect("a stream that was found in the table");
        let promise = self.streams[index].send.room().min(if alone { usize::MAX } else { FRAME_BYTES });
        self.promised = self.promised.saturating_add(promise);
        self.turn = id;
        self.streams[index].served = false;
        self.stop_waiting(index);
        Some(id)
    }

    /// The stream whose turn it is, and whether it shares it with no other.
    fn next_in_turn(&self) -> Option<(StreamId, bool)> {
        let able = || self.streams.iter().filter(|stream| self.could_write(stream));
        let urgency = able().map(|stream| stream.priority.urgency).min()?;
        let mut first = None;
        let mut led = false;
        let mut shared = 0;
        let mut following = None;
        for stream in able().filter(|stream| stream.priority.urgency == urgency) {
            if !stream.priority.incremental {
                if led {
                    continue;
                }
                led = true;
            }
            shared += 1;
            first = first.or(Some(stream.id));
            if stream.id > self.turn {
                following = following.or(Some(stream.id));
            }
        }
        following.or(first).map(|id| (id, shared == 1))
    }

    /// The stream does not wait to write any more.
    pub(super) fn stop_waiting(&mut self, index: usize) {
        let stream = &mut self.streams[index];
        self.waiting -= usize::from(stream.waits);
        stream.waits = false;
    }
}
