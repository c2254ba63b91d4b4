//! A WebSocket from its handshake to its close (RFC 6455), over HTTP/1.1. RFC 8441 would carry it over HTTP/2; like most clients we begin
//! a connection of its own, and offer HTTP/1.1 alone there.

mod frames;
mod record;

use super::limit::Limit;
use super::line::End;
use super::telling::Telling;
use super::visit::Got;
use super::whole::sink_fault;
use super::{Request, Socket};
use crate::buffer::Buffer;
use crate::transport::Transport;
use decide::fetch::fault::{Fault, Station, Whose};
use decide::random::Random;
use decide::step::{SocketStep, Step};
use decide::time::{Duration, Instant};
use frames::Frames;
use host::{Deadline, Host};
use record::Record;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::task::{Context, Poll};
use wire::http::{Fields, Known};
use wire::http1::reason_phrase;
use wire::websocket::{
    CloseCode, Connection, DeflateParameters, Delivery, HandshakeRule, Refused, Role, Settings, Violation, check_answer, write_opening,
};

/// For the other end's close frame.
const CLOSE: Duration = Duration::from_secs(5);
/// RFC 6455 §7.1.1: the server is first to end the connection. It is not waited for any longer.
const FAREWELL: Duration = Duration::from_secs(1);
/// A larger message is closed with 1009. It is not kept, so this bounds work and not memory.
const MESSAGE_BYTES: usize = 256 << 20;
/// What may wait to be sent while another text is taken.
const OUTPUT_BYTES: usize = 64 * 1024;

/// The fields that open a WebSocket.
pub(super) fn opening(host: &Host, request: &Request) -> Vec<(String, String)> {
    let mut nonce = [0; 16];
    fill(host, &mut nonce);
    let protocols: Vec<&[u8]> = request.socket.protocols.iter().map(String::as_bytes).collect();
    let deflate = request.socket.deflate.then(DeflateParameters::default);
    let mut out = Vec::new();
    write_opening(nonce, &protocols, deflate.as_ref(), &mut out);
    let text = String::from_utf8_lossy(&out);
    text.lines().filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn fill(host: &Host, bytes: &mut [u8]) {
    let mut random = host.unguessable();
    bytes.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&random.next().to_le_bytes()[..chunk.len()]));
}

/// Judges the answer, and tells what was agreed. Returns what holds for compression.
pub(super) fn judge(
    wish: &Socket,
    asked: &[(String, String)],
    got: &Got,
    telling: &mut Telling<'_>,
) -> Result<Option<DeflateParameters>, Fault> {
    let mut request = Fields::new();
    asked.iter().for_each(|(name, value)| request.push(name.as_bytes(), value.as_bytes()));
    let accepted = check_answer(&request, &got.head).map_err(|rule| refused(rule, got))?;
    let extensions: Vec<&[u8]> = got.head.fields.named(b"Sec-WebSocket-Extensions").collect();
    let (offered, protocol) = (telling.keep(wish.protocols.join(", ")), telling.keep(accepted.protocol.unwrap_or_default()));
    let extensions = telling.keep(extensions.join(&b", "[..]));
    telling.step(SocketStep::SocketOpened { offered, protocol, deflate_offered: wish.deflate, extensions }.into());
    Ok(accepted.deflate)
}

/// The handshake did not end with a WebSocket.
fn refused(rule: HandshakeRule, got: &Got) -> Fault {
    if rule != HandshakeRule::AnswerStatus {
        let why = format!("its answer to the handshake breaks a rule: {} ({})", rule.sentence().trim_end_matches('.'), rule.section());
        let remedy = "what answers there is no WebSocket server, or something between has cached or changed its answer";
        return Fault::new(Station::Http, Whose::Server, "bad-handshake", why, remedy);
    }
    let status = got.head.status;
    let location = got.head.fields.get(Known::Location).map(|value| String::from_utf8_lossy(value).into_owned());
    let said = format!("{status} {}", reason_phrase(status));
    let why = format!("it answered {} in place of 101: there is no WebSocket here", said.trim_end());
    let remedy = match (status, location) {
        (300..=399, Some(location)) => format!("it points to {location:?}, and a handshake is not sent on: ask there"),
        (401 | 407, _) => "it wants credentials: give them with -H 'Authorization: …'".to_string(),
        (403, _) => "it may look at where a page comes from: give it one with -H 'Origin: https://…'".to_string(),
        (404, _) => "look at the path".to_string(),
        (426, _) => "it wants another version or another protocol: look at its Upgrade and Sec-WebSocket-Version (-v)".to_string(),
        (500.., _) => "look at the server's log, and at what stands behind it".to_string(),
        _ => "look at the path, at the subprotocol (--ws-protocol), and whether a proxy between takes Upgrade away".to_string(),
    };
    Fault::new(Station::Http, Whose::Server, "no-websocket", why, remedy)
}

/// What a connection has done.
enum Turn {
    /// Something was read or written.
    Moved,
    /// The time is over.
    Late,
    /// The server has ended it.
    Ended(Option<io::Error>),
}

/// What is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Listening,
    /// We have closed, and wait for the server's close.
    Closing,
    /// Both have closed, and the server is to end the connection.
    Ending,
}

/// An open WebSocket.
pub(super) struct Talk<'a, 'w> {
    host: &'a Host,
    transport: &'a mut Transport,
    input: &'a mut Buffer,
    limit: Limit,
    deadline: Deadline,
    wish: &'a Socket,
    machine: Connection,
    up: Frames,
    down: Frames,
    record: Record<'a, 'w>,
    /// The transport takes nothing more.
    mute: bool,
    /// How the connection has ended, if it has.
    pub(super) end: End,
}

impl<'a, 'w> Talk<'a, 'w> {
    pub(super) fn new(
        host: &'a Host,
        (transport, input): (&'a mut Transport, &'a mut Buffer),
        limit: &Limit,
        (wish, deflate): (&'a Socket, Option<DeflateParameters>),
        telling: &'a mut Telling<'w>,
    ) -> Talk<'a, 'w> {
        let mut mask_seed = [0; 32];
        fill(host, &mut mask_seed);
        let settings =
            Settings { message_bytes: MESSAGE_BYTES, output_bytes: OUTPUT_BYTES, delivery: Delivery::Pieces, only: None, deflate };
        Talk {
            host,
            transport,
            input,
            limit: *limit,
            deadline: host.deadline(),
            wish,
            machine: Connection::new(Role::Client { mask_seed }, &settings),
            up: Frames::default(),
            down: Frames::default(),
            record: Record::new(telling),
            mute: false,
            end: End::Ours,
        }
    }

    /// Pings, sends, listens and closes.
    pub(super) async fn run(&mut self) -> Result<(), Fault> {
        let outcome = self.phases().await;
        self.record.end();
        outcome
    }

    async fn phases(&mut self) -> Result<(), Fault> {
        let mut payload = [0; 8];
        fill(self.host, &mut payload);
        let began = self.record.telling.now();
        if self.machine.ping(&payload).is_ok() {
            self.record.ping = Some((payload, began));
        }
        let mut texts: VecDeque<&str> = self.wish.send.iter().map(String::as_str).collect();
        let (mut phase, mut until) = (Phase::Listening, began + self.wish.time);
        loop {
            if let Err(violation) = self.feed() {
                return Err(self.broken(violation).await);
            }
            if let Err(error) = std::mem::replace(&mut self.record.sink, Ok(())) {
                return Err(sink_fault(&error));
            }
            self.queue(&mut texts);
            let enough = self.wish.frames.is_some_and(|most| self.record.frames >= most) && texts.is_empty();
            if phase == Phase::Listening && self.machine.is_open() && enough {
                (phase, until) = self.close();
            }
            if phase != Phase::Ending && self.machine.is_finished() {
                (phase, until) = (Phase::Ending, self.host.now() + FAREWELL);
            }
            match self.turn(until).await? {
                Turn::Moved => {}
                Turn::Late if phase == Phase::Listening => (phase, until) = self.close(),
                Turn::Late if phase == Phase::Closing => return Err(self.unclosed(None, true)),
                Turn::Late => return Ok(()),
                Turn::Ended(error) => {
                    let reset = error.as_ref().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionReset);
                    self.end = if reset { End::Reset } else { End::Theirs };
                    return if phase == Phase::Ending { Ok(()) } else { Err(self.unclosed(error.as_ref(), false)) };
                }
            }
        }
    }

    fn close(&mut self) -> (Phase, Instant) {
        self.machine.close(CloseCode::NORMAL, "");
        self.record.close(CloseCode::NORMAL);
        (Phase::Closing, self.host.now() + CLOSE)
    }

    /// Hands on as many texts as there is room for.
    fn queue(&mut self, texts: &mut VecDeque<&str>) {
        while let Some(text) = texts.pop_front() {
            match self.machine.text(text) {
                Ok(()) => self.record.own.push_back(text.to_string()),
                Err(Refused::Full) => return texts.push_front(text),
                Err(Refused::Closed) => return texts.clear(),
            }
        }
    }

    /// Gives what was read to the machine, a frame at a time.
    fn feed(&mut self) -> Result<(), Violation> {
        while !self.input.is_empty() && !self.machine.is_finished() {
            let unread = self.input.unread();
            let (taken, frame) = self.down.next(unread);
            let mut at = 0;
            loop {
                let (used, event) = self.machine.receive(&unread[at..taken])?;
                at += used;
                match event {
                    Some(event) => self.record.event(event),
                    None => break,
                }
            }
            self.input.consume(taken);
            if let Some(frame) = frame {
                self.record.received(frame);
            }
        }
        if self.machine.is_finished() {
            // RFC 6455 §5.5.1: what comes after a close is for nobody.
            self.input.consume(self.input.unread().len());
        }
        Ok(())
    }

    /// Waits until something moves, no longer than `until` nor than the user allows.
    async fn turn(&mut self, until: Instant) -> Result<Turn, Fault> {
        let own = self.limit.due.filter(|due| *due <= until);
        self.deadline.set(own.unwrap_or(until));
        let turn = poll_fn(|cx| self.poll(cx)).await;
        match (turn, own, self.limit.most) {
            (Turn::Late, Some(_), Some(most)) => Err(Fault::too_long(Station::Socket, most)),
            (turn, ..) => Ok(turn),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Turn> {
        let mut moved = false;
        while !self.mute && !self.machine.output().is_empty() {
            match self.transport.poll_write(cx, &[IoSlice::new(self.machine.output())]) {
                Poll::Ready(Ok(written)) => {
                    moved = true;
                    self.wrote(written);
                }
                // Why, reading will tell.
                Poll::Ready(Err(_)) => self.mute = true,
                Poll::Pending => break,
            }
        }
        if !self.mute && self.machine.output().is_empty() {
            self.mute = matches!(self.transport.poll_flush(cx), Poll::Ready(Err(_)));
        }
        match self.input.poll_fill(cx, self.transport) {
            Poll::Ready(Ok(0)) => return Poll::Ready(Turn::Ended(None)),
            Poll::Ready(Ok(_)) => return Poll::Ready(Turn::Moved),
            Poll::Ready(Err(error)) => return Poll::Ready(Turn::Ended(Some(error))),
            Poll::Pending => {}
        }
        if self.deadline.poll_passed(cx).is_ready() {
            return Poll::Ready(Turn::Late);
        }
        if moved { Poll::Ready(Turn::Moved) } else { Poll::Pending }
    }

    /// So much of the output is out: tells the frames in it.
    fn wrote(&mut self, bytes: usize) {
        let mut at = 0;
        while at < bytes {
            let (taken, frame) = self.up.next(&self.machine.output()[at..bytes]);
            at += taken;
            if let Some(frame) = frame {
                self.record.sent(frame);
            }
        }
        self.machine.written(bytes);
    }

    /// The server broke a rule: it is told so, if it listens.
    async fn broken(&mut self, violation: Violation) -> Fault {
        self.input.consume(self.input.unread().len());
        let until = self.host.now() + FAREWELL;
        while !self.mute && !self.machine.output().is_empty() {
            match self.turn(until).await {
                Ok(Turn::Moved) => self.input.consume(self.input.unread().len()),
                Ok(Turn::Late | Turn::Ended(_)) | Err(_) => break,
            }
        }
        let (sentence, section) = (violation.sentence().trim_end_matches('.'), violation.section());
        let code = violation.code().number();
        let why = format!("what it sends breaks a rule of WebSocket, and was closed with {code}: {sentence} ({section})");
        Fault::new(
            Station::Socket,
            Whose::Server,
            "broken-websocket",
            why,
            "tell whoever runs it; something between may have changed it too",
        )
    }

    /// The server has not closed as it should (RFC 6455 §7.1.5: what a browser calls 1006).
    fn unclosed(&self, error: Option<&io::Error>, late: bool) -> Fault {
        let why = match (late, self.end, &self.record.closing) {
            (true, ..) => format!("it did not answer our close frame within {} s", CLOSE.as_secs()),
            (_, End::Reset, _) => "it reset the connection without a close frame (1006)".to_string(),
            (_, _, Some(_)) => "it ended the connection in place of an answer to our close frame (1006)".to_string(),
            _ if error.is_some() => "the connection broke without a close frame (1006)".to_string(),
            _ => "it ended the connection without a close frame (1006)".to_string(),
        };
        let why = match self.record.all_frames {
            0 => format!("{why}, and has sent no frame at all"),
            1 => format!("{why}, after one frame"),
            many => format!("{why}, after {many} frames"),
        };
        let remedy = "look at the server's log, and at the time limits of whatever stands between";
        Fault::new(Station::Socket, Whose::Server, "no-close", why, remedy)
    }
}

/// Whether a step is a data frame of the server's, and its bytes.
pub(super) fn received_bytes(step: &Step) -> u64 {
    match step {
        Step::Socket(SocketStep::SocketFrame { from: "server", kind: "text" | "binary" | "continuation", size, .. }) => size.0,
        _ => 0,
    }
}
