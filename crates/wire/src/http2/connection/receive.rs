//! Frames in, all but DATA and what makes up a header block (RFC 9113 §6).

use super::{Connection, Goodbye, PING, Stage};
use crate::http2::flood::{ANSWERED, NOTED, SETTINGS};
use crate::http2::flow::Overflow;
use crate::http2::frame::{self, FrameHeader, HEADER_BYTES, Kind, PREFACE, exactly, flag, number};
use crate::http2::settings::DEFAULT_WINDOW;
use crate::http2::stream::{Half, Place};
use crate::http2::{Breach, ErrorCode, Event, Priority, Reason, Role, Rule, StreamId};

/// What a frame leads to.
pub(super) type Outcome = Result<Option<Event>, Breach>;

/// Priorities that are kept for streams which have not begun.
const EARLY: usize = 16;

impl Connection {
    /// Takes in what is next.
    #[inline]
    pub(super) fn take_in(&mut self, input: &[u8]) -> Result<(usize, Option<Event>), Breach> {
        if self.incoming.is_some() {
            return Ok(self.take_content(input));
        }
        if self.stage == Stage::Preface {
            return self.take_preface(input);
        }
        let Some(header) = input.first_chunk::<HEADER_BYTES>() else { return Ok((0, None)) };
        let header = FrameHeader::parse(header);
        // RFC 9113 §4.2
        if header.len > self.config.max_frame_bytes as usize {
            return Err(Breach::FrameTooLarge);
        }
        // RFC 9113 §3.4
        if self.stage == Stage::Settings && (header.kind != Kind::Settings || header.has(flag::ACK)) {
            return Err(Breach::SettingsFirst);
        }
        // RFC 9113 §6.10
        if let Some(block) = &self.open_block
            && (header.kind != Kind::Continuation || header.stream != block.stream)
        {
            return Err(Breach::ContinuationExpected);
        }
        if header.kind == Kind::Data {
            return self.on_data(header, input);
        }
        let end = HEADER_BYTES + header.len;
        let Some(payload) = input.get(HEADER_BYTES..end) else { return Ok((0, None)) };
        let event = self.on_frame(header, payload)?;
        Ok((end, event))
    }

    fn take_preface(&mut self, input: &[u8]) -> Result<(usize, Option<Event>), Breach> {
        let len = input.len().min(PREFACE.len());
        if input[..len] != PREFACE[..len] {
            return Err(Breach::Preface);
        }
        if len < PREFACE.len() {
            return Ok((0, None));
        }
        self.stage = Stage::Settings;
        Ok((len, None))
    }

    fn on_frame(&mut self, header: FrameHeader, payload: &[u8]) -> Outcome {
        match header.kind {
            Kind::Headers => self.on_headers(header, payload),
            Kind::Continuation => self.on_continuation(header, payload),
            Kind::WindowUpdate => self.on_window_update(header.stream, payload),
            Kind::RstStream => self.on_rst_stream(header.stream, payload),
            Kind::Settings => self.on_settings(header, payload),
            Kind::Ping => self.on_ping(header, payload),
            Kind::GoAway => self.on_goaway(header, payload),
            Kind::Priority => self.on_priority(header.stream, payload),
            Kind::PriorityUpdate => self.on_priority_update(header, payload),
            // RFC 9113 §8.4: a client sends none, and we as a client have forbidden it.
            Kind::PushPromise => Err(Breach::Push),
            // RFC 9113 §5.5
            Kind::Unknown | Kind::Data => self.flood.control(NOTED, self.now).map(|()| None),
        }
    }

    fn on_settings(&mut self, header: FrameHeader, payload: &[u8]) -> Outcome {
        on_connection(header)?;
        if header.has(flag::ACK) {
            if !payload.is_empty() {
                return Err(Breach::SettingsAck);
            }
            self.flood.control(NOTED, self.now)?;
            self.on_settings_ack();
            return Ok(None);
        }
        self.flood.control(SETTINGS, self.now)?;
        let before = self.peer.stream_window;
        let first = self.stage == Stage::Settings;
        let encoder = &mut self.encoder;
        self.peer.apply(payload, self.role, first, |bytes| encoder.set_max_table_bytes(bytes))?;
        self.stage = Stage::Open;
        let by = i64::from(self.peer.stream_window) - i64::from(before);
        if by != 0 {
            for stream in self.streams.iter_mut() {
                // RFC 9113 §6.9.2
                stream.send.shift(by).map_err(|Overflow| Breach::WindowOverflow)?;
            }
        }
        self.out.answer(|out| frame::write(Kind::Settings, flag::ACK, 0, b"", out));
        Ok(None)
    }

    /// RFC 9113 §6.5.3: from here on the peer knows our windows.
    fn on_settings_ack(&mut self) {
        if self.acknowledged {
            return;
        }
        self.acknowledged = true;
        let too_wide = DEFAULT_WINDOW.saturating_sub(self.config.stream_window);
        if too_wide > 0 {
            self.streams.iter_mut().for_each(|stream| stream.receive.shrink(too_wide));
        }
    }

    fn on_ping(&mut self, header: FrameHeader, payload: &[u8]) -> Outcome {
        on_connection(header)?;
        let payload: [u8; 8] = exactly(payload)?;
        if header.has(flag::ACK) {
            self.flood.control(NOTED, self.now)?;
            self.pinging &= payload != PING;
            return Ok(None);
        }
        self.flood.control(ANSWERED, self.now)?;
        self.out.answer(|out| frame::write(Kind::Ping, flag::ACK, 0, &payload, out));
        Ok(None)
    }

    fn on_goaway(&mut self, header: FrameHeader, payload: &[u8]) -> Outcome {
        on_connection(header)?;
        let Some(fixed) = payload.first_chunk::<8>() else { return Err(Breach::FrameLength) };
        self.flood.control(ANSWERED, self.now)?;
        let [last @ .., _, _, _, _] = *fixed;
        let last = number(last);
        let news = !self.peer_going;
        self.peer_going = true;
        if self.role == Role::Server {
            // The client opens no more streams: what it waits for is the end.
            if self.goodbye != Goodbye::Final {
                self.say_goodbye(ErrorCode::NO_ERROR, "");
            }
            return Ok(None);
        }
        // RFC 9113 §6.8: those were not looked at.
        for index in 0..self.streams.held() {
            if self.streams[index].id > last {
                self.abandon_untold(index, Reason::Refused);
            }
        }
        Ok(news.then_some(Event::GoingAway))
    }

    fn on_window_update(&mut self, id: StreamId, payload: &[u8]) -> Outcome {
        let increment = number(exactly(payload)?);
        self.flood.control(NOTED, self.now)?;
        if id == 0 {
            // RFC 9113 §6.9
            if increment == 0 {
                return Err(Breach::WindowZero);
            }
            self.send.shift(i64::from(increment)).map_err(|Overflow| Breach::WindowOverflow)?;
            return Ok(None);
        }
        match self.streams.locate(id) {
            Place::Idle => Err(Breach::StreamIdle),
            // RFC 9113 §5.1: it may have been under way.
            Place::Closed => Ok(None),
            Place::Open(index) if increment == 0 => self.refuse(index, Rule::WindowZero),
            Place::Open(index) => match self.streams[index].send.shift(i64::from(increment)) {
                Ok(()) => Ok(None),
                Err(Overflow) => self.refuse(index, Rule::WindowOverflow),
            },
        }
    }

    fn on_rst_stream(&mut self, id: StreamId, payload: &[u8]) -> Outcome {
        if id == 0 {
            return Err(Breach::StreamRequired);
        }
        let code = ErrorCode(u32::from_be_bytes(exactly(payload)?));
        let index = match self.streams.locate(id) {
            Place::Idle => return Err(Breach::StreamIdle),
            Place::Closed => {
                self.flood.control(NOTED, self.now)?;
                self.streams.late(id, 0, true);
                return Ok(None);
            }
            Place::Open(index) => index,
        };
        // Opened, worked on, and not wanted any more (Rapid Reset). A reset after the answer has cost nothing.
        if self.role == Role::Server && self.streams[index].local != Half::Ended {
            self.flood.reset(self.now)?;
        }
        let refused = self.role == Role::Client && code == ErrorCode::REFUSED_STREAM;
        self.abandon(index, if refused { Reason::Refused } else { Reason::Reset(code) });
        Ok(Some(Event::Failed { stream: id }))
    }

    /// The old priorities are not followed (RFC 9113 §5.3.2), and not believed either.
    fn on_priority(&mut self, id: StreamId, payload: &[u8]) -> Outcome {
        if id == 0 {
            return Err(Breach::StreamRequired);
        }
        self.flood.control(NOTED, self.now)?;
        let place = self.streams.locate(id);
        let Ok([d0, d1, d2, d3, _]) = exactly(payload) else {
            // RFC 9113 §6.3: a stream error; but a stream that is not open has no way to be told.
            return match place {
                Place::Open(index) => self.refuse(index, Rule::PriorityLength),
                _ => Err(Breach::FrameLength),
            };
        };
        if number([d0, d1, d2, d3]) != id {
            return Ok(None);
        }
        match place {
            Place::Open(index) => self.refuse(index, Rule::SelfDependency),
            _ => Err(Breach::SelfDependency),
        }
    }

    /// RFC 9218 §7.1
    fn on_priority_update(&mut self, header: FrameHeader, payload: &[u8]) -> Outcome {
        on_connection(header)?;
        let Some((id, value)) = payload.split_first_chunk::<4>() else { return Err(Breach::FrameLength) };
        let id = number(*id);
        if self.role == Role::Client || id == 0 || id.is_multiple_of(2) {
            return Err(Breach::PriorityUpdate);
        }
        self.flood.control(NOTED, self.now)?;
        let priority = Priority::parse(value);
        match self.streams.locate(id) {
            Place::Open(index) => self.streams[index].priority = priority,
            Place::Closed => {}
            Place::Idle => {
                self.early.retain(|(early, _)| *early != id);
                if self.early.len() < EARLY {
                    self.early.push((id, priority));
                }
            }
        }
        Ok(None)
    }

    /// An open stream broke a rule: it is reset, and at the peer's expense.
    #[cold]
    pub(super) fn refuse(&mut self, index: usize, rule: Rule) -> Outcome {
        let id = self.streams[index].id;
        self.reset_open(index, rule.code(), Reason::Malformed(rule));
        self.count_reset()?;
        Ok(Some(Event::Failed { stream: id }))
    }

    /// Something came on a stream that is over. A server cannot help it: how many requests we give up while their answers are under way is
    /// up to us, or to whoever makes us ask.
    pub(super) fn count_late(&mut self) -> Result<(), Breach> {
        if self.role == Role::Server { self.flood.control(ANSWERED, self.now) } else { Ok(()) }
    }

    /// We had to reset a stream by the client's fault (MadeYouReset). A server that breaks its own answers only hurts itself.
    pub(super) fn count_reset(&mut self) -> Result<(), Breach> {
        if self.role == Role::Server { self.flood.reset(self.now) } else { Ok(()) }
    }
}

fn on_connection(header: FrameHeader) -> Result<(), Breach> {
    if header.stream == 0 { Ok(()) } else { Err(Breach::StreamForbidden) }
}
