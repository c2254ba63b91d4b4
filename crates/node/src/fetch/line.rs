//! A connection that carries requests, one leg's after another's.

use super::telling::Telling;
use crate::buffer::Buffer;
use crate::http2::Lone;
use crate::transport::Transport;
use decide::fetch::url::Target;
use decide::step::{Bytes, Step};
use host::Meter;

/// A connection to a server.
pub(super) struct Line {
    carrier: Carrier,
    meter: Option<Meter>,
    /// Whose requests it carries.
    pub(super) origin: Target,
    /// Address and port.
    pub(super) remote: String,
}

/// What is spoken.
pub(super) enum Carrier {
    /// HTTP/1.1.
    Whole(Transport, Buffer),
    /// HTTP/2.
    Streams(Lone),
}

/// Who ended a connection, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// We did, after the answer.
    Ours,
    /// The server's end of stream.
    Theirs,
    /// The server's reset.
    Reset,
}

impl Line {
    pub(super) fn new(carrier: Carrier, meter: Option<Meter>, origin: Target, remote: String) -> Line {
        Line { carrier, meter, origin, remote }
    }

    /// `HTTP/1.1` or `HTTP/2`.
    pub(super) fn speaks(&self) -> &'static str {
        match self.carrier {
            Carrier::Whole(..) => "HTTP/1.1",
            Carrier::Streams(_) => "HTTP/2",
        }
    }

    /// Whether another request can go over it.
    pub(super) fn is_usable(&mut self) -> bool {
        match &mut self.carrier {
            Carrier::Whole(_, input) if !input.is_empty() => false,
            _ => self.is_open(),
        }
    }

    /// The server has not ended it.
    fn is_open(&mut self) -> bool {
        match &mut self.carrier {
            Carrier::Whole(transport, _) => transport.is_quiet(),
            Carrier::Streams(lone) => lone.takes_another(),
        }
    }

    /// What measures it, and what it carries requests with.
    pub(super) fn parts(&mut self) -> (Option<&Meter>, &mut Carrier) {
        (self.meter.as_ref(), &mut self.carrier)
    }

    /// Closes it, and tells who was first. What speaks HTTP/2 has a farewell to send still.
    pub(super) fn close(mut self, end: End, telling: &mut Telling<'_>) -> Option<Lone> {
        measure(self.meter.as_ref(), "end", telling);
        let end = match end {
            End::Ours if !self.is_open() => End::Theirs,
            end => end,
        };
        let secured = matches!(self.carrier, Carrier::Whole(Transport::Tls(_), _)) || self.origin.is_secure();
        let how = match end {
            End::Reset => "reset",
            End::Ours | End::Theirs if secured => "end-of-tls",
            End::Ours | End::Theirs => "end-of-stream",
        };
        telling.step(Step::ConnectionEnded { by: if end == End::Ours { "us" } else { "server" }, how });
        match self.carrier {
            Carrier::Whole(..) => None,
            Carrier::Streams(lone) => Some(lone),
        }
    }
}

/// Tells what the system knows of a connection.
pub(super) fn measure(meter: Option<&Meter>, moment: &'static str, telling: &mut Telling<'_>) {
    let Some(info) = meter.and_then(Meter::read) else { return };
    telling.step(Step::TcpMeasured {
        moment,
        rtt: info.rtt,
        rtt_deviation: info.rtt_deviation,
        window: info.window.into(),
        segment: info.segment.into(),
        retransmitted: info.retransmitted.into(),
        received: Bytes(info.received),
    });
}
