//! A connection: two ends, and a pipe from each to the other.

use crate::network::{EventKey, HostId, ListenerId};
use decide::time::Instant;
use host::Endpoint;
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::task::Waker;

/// An end of a connection, or the pipe that begins there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

impl Side {
    pub(crate) const BOTH: [Side; 2] = [Side::Client, Side::Server];

    pub(crate) fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }
}

/// What travels through a pipe, in order.
#[derive(Debug)]
pub(crate) enum Parcel {
    /// The client asks for a connection.
    Syn,
    /// The server has room for it.
    SynAck,
    /// The client knows.
    Ack,
    Data(Vec<u8>),
    /// So many bytes were read: there is room for as many.
    Credit(usize),
    /// The end of the stream.
    Fin,
    /// The connection is no more.
    Reset,
}

impl Parcel {
    /// The bytes that occupy the line.
    pub(crate) fn len(&self) -> usize {
        if let Parcel::Data(bytes) = self { bytes.len() } else { 0 }
    }
}

impl fmt::Display for Parcel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Parcel::Data(bytes) => write!(f, "data {} {:016x}", bytes.len(), crate::seed::fnv(bytes)),
            Parcel::Credit(bytes) => write!(f, "credit {bytes}"),
            Parcel::Syn => f.write_str("syn"),
            Parcel::SynAck => f.write_str("syn-ack"),
            Parcel::Ack => f.write_str("ack"),
            Parcel::Fin => f.write_str("fin"),
            Parcel::Reset => f.write_str("reset"),
        }
    }
}

pub(crate) struct Travelling {
    pub(crate) sent: Instant,
    pub(crate) due: Instant,
    pub(crate) parcel: Parcel,
}

/// One direction of a connection.
#[derive(Default)]
pub(crate) struct Pipe {
    pub(crate) travelling: VecDeque<Travelling>,
    /// The arrival of the first, unless frozen.
    pub(crate) event: Option<EventKey>,
    pub(crate) frozen: Option<Instant>,
    /// When the last that was sent arrives: nothing overtakes.
    pub(crate) last_due: Instant,
}

impl Pipe {
    /// Everything goes the rest of its way.
    pub(crate) fn thaw(&mut self, now: Instant) {
        let Some(frozen) = self.frozen.take() else { return };
        for item in &mut self.travelling {
            item.due = item.due + now.since(frozen.max(item.sent));
            self.last_due = self.last_due.max(item.due);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// A server's end that has heard of nothing.
    Unborn,
    /// A client's end that waits for an answer.
    Asking,
    /// A server's end that has answered.
    HalfOpen,
    Open,
    /// Reset by either side.
    Dead,
}

pub(crate) struct End {
    pub(crate) host: HostId,
    pub(crate) phase: Phase,
    /// A program holds this end, or the machine does for it until it is accepted.
    pub(crate) held: bool,
    pub(crate) received: VecDeque<u8>,
    /// The far end's end of stream came.
    pub(crate) ended: bool,
    /// Our end of stream went.
    pub(crate) shut: bool,
    /// To be told once, by whichever call comes first; afterwards reading gives the end and writing a broken pipe, as Linux does it.
    pub(crate) error: Option<io::ErrorKind>,
    /// How much may be written.
    pub(crate) room: usize,
    /// Reader, or who waits for the connection.
    pub(crate) reader: Option<Waker>,
    pub(crate) writer: Option<Waker>,
}

impl End {
    pub(crate) fn new(host: HostId, phase: Phase, room: usize) -> End {
        End {
            host,
            phase,
            held: phase == Phase::Asking,
            received: VecDeque::new(),
            ended: false,
            shut: false,
            error: None,
            room,
            reader: None,
            writer: None,
        }
    }

    pub(crate) fn die(&mut self, error: io::ErrorKind) {
        self.phase = Phase::Dead;
        self.error = Some(error);
        self.wake();
    }

    pub(crate) fn wake(&mut self) {
        self.reader.take().into_iter().chain(self.writer.take()).for_each(Waker::wake);
    }
}

pub(crate) struct Connection {
    pub(crate) from: Endpoint,
    pub(crate) to: Endpoint,
    pub(crate) ends: [End; 2],
    pub(crate) pipes: [Pipe; 2],
    /// Where it is half open or waits to be accepted.
    pub(crate) listener: Option<ListenerId>,
    pub(crate) began: Instant,
    /// When the client asks again, and how often it has.
    pub(crate) retry: Option<EventKey>,
    pub(crate) retries: u32,
}

impl Connection {
    pub(crate) fn end(&mut self, side: Side) -> &mut End {
        &mut self.ends[side as usize]
    }

    pub(crate) fn pipe(&mut self, from: Side) -> &mut Pipe {
        &mut self.pipes[from as usize]
    }

    /// The hosts a parcel from `side` goes from and to.
    pub(crate) fn way(&self, side: Side) -> (HostId, HostId) {
        (self.ends[side as usize].host, self.ends[side.other() as usize].host)
    }

    /// Nobody will ask about it any more.
    pub(crate) fn is_over(&self) -> bool {
        self.ends.iter().all(|end| !end.held) && self.pipes.iter().all(|pipe| pipe.travelling.is_empty())
    }
}
