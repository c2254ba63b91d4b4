//! HTTP/2 on the wire (RFC 9113), without I/O: one machine for both sides of a connection.
//!
//! Order of calls: bytes that came go to [`Connection::receive`] until it asks for more; it tells of one [`Event`] at a time. A server
//! takes the head of an [`Event::Request`] with [`Connection::take_request`] and answers through [`Connection::begin_response`],
//! [`Connection::write`] and [`Connection::finish`]; a client begins with [`Connection::open`] and [`Connection::begin_request`]. Content
//! is taken with [`Connection::read`]. Then [`Connection::poll_event`] until it has nothing more, and [`Connection::output`] to the socket.
//! Whoever has begun with a stream says in the end that it needs it no more: [`Connection::let_go`].
//!
//! The machine reads no clock: `now` is the time since any beginning, the same for all calls. Everything that a peer can make it keep is
//! bounded: content by the windows, heads by [`Config::limits`], streams by [`Config::max_streams`], answers to control frames by the
//! output ([`Connection::output_blocked`]), work for nothing by budgets that end the connection.

mod connection;
mod error;
mod flood;
mod flow;
mod frame;
mod hpack;
mod message;
mod output;
mod priority;
mod rule;
mod settings;
mod stream;

pub use connection::{Connection, HeadWriter};
pub use error::{Breach, ConnectionError, ErrorCode};
pub use rule::Rule;

use crate::http1::Limits;
use priority::Priority;

/// The number of a stream: odd, under 2^31, growing.
pub type StreamId = u32;

/// Which side of the connection we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// We answer requests.
    Server,
    /// We make them.
    Client,
}

/// What we announce, and the caps we hold the peer to.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Memory of the table for the peer's header blocks (SETTINGS_HEADER_TABLE_SIZE), at least 4096 bytes.
    pub header_table_bytes: u32,
    /// Server: streams open at once (SETTINGS_MAX_CONCURRENT_STREAMS).
    pub max_streams: u32,
    /// Content that is kept unread for one stream (SETTINGS_INITIAL_WINDOW_SIZE), under 2^31 bytes.
    pub stream_window: u32,
    /// Content that is kept unread for all streams together, from 65 535 bytes (less is taken for that) to 2^31 - 1.
    pub connection_window: u32,
    /// Payload of a frame (SETTINGS_MAX_FRAME_SIZE), from 2^14 bytes to 2^24 - 1.
    pub max_frame_bytes: u32,
    /// Caps on a head. Its bytes are counted as SETTINGS_MAX_HEADER_LIST_SIZE counts them: 32 more for every field.
    pub limits: Limits,
    /// Server: a CONNECT may name a protocol (RFC 8441).
    pub connect_protocol: bool,
    /// Output beyond which [`Connection::write`] takes nothing. One frame may go past it.
    pub output_bytes: usize,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Server: a request came. Its head is to be taken at once, with [`Connection::take_request`].
    Request {
        /// The stream to answer on.
        stream: StreamId,
        /// There is no content.
        end: bool,
        /// Bytes of content, where the request says so.
        length: Option<u64>,
    },
    /// Server: a request was refused, and has been answered already: a malformed one with RST_STREAM, one past a cap with the status of
    /// the rule. There is nothing to let go.
    Malformed {
        /// The stream it came on.
        stream: StreamId,
        /// Why.
        rule: Rule,
    },
    /// Client: a head came, interim or final. To be taken with [`Connection::take_response`].
    Response {
        /// The stream of the request.
        stream: StreamId,
    },
    /// Content, its end or trailers came.
    Readable {
        /// The stream.
        stream: StreamId,
    },
    /// [`Connection::write`] had no room for this stream, and has now.
    Writable {
        /// The stream.
        stream: StreamId,
    },
    /// The stream is over before its end: [`Connection::failure`] tells why.
    Failed {
        /// The stream.
        stream: StreamId,
    },
    /// Client: the peer takes no new streams.
    GoingAway,
}

/// Why a stream was over before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// One side has reset it.
    Reset(ErrorCode),
    /// The peer has done nothing with it: the request may be sent again, elsewhere.
    Refused,
    /// The peer broke a rule with it, and we have reset it.
    Malformed(Rule),
    /// The connection is over.
    ConnectionOver,
}

/// The result of [`Connection::read`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// So many bytes, at least one.
    Bytes(usize),
    /// There is no more content. There may be trailers: [`Connection::take_trailers`].
    End,
    /// Nothing has come that was not read. [`Event::Readable`] follows.
    Pending,
    /// Nothing more will come.
    Failed(Reason),
}

/// The result of [`Connection::write`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// So many bytes are in the output, at least one.
    Accepted(usize),
    /// There is no room. [`Event::Writable`] follows.
    Pending,
    /// Nothing more can be sent.
    Failed(Reason),
}

/// What a response head says of the rest of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseMeta {
    /// Bytes of content, where that is known: zero for interim responses, 204, 304 and answers to HEAD.
    pub length: Option<u64>,
    /// The stream ends with this head.
    pub end: bool,
}
