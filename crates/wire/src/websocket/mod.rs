//! WebSocket (RFC 6455) with permessage-deflate (RFC 7692), without I/O.
//!
//! Order of calls for a server: [`check_opening`] with the head of the request, or [`check_connect`] where it came by HTTP/2; where that
//! refuses it, an answer with the rule's status and [`HandshakeRule::fields`]. Else [`offered_protocols`] and [`agree_deflate`] to choose
//! from what the client offers, and an answer of 101, or in HTTP/2 of 200, with the fields of [`write_answer`]. For a client: a GET with
//! the fields of [`write_opening`], then [`check_answer`]. A proxy calls [`check_opening`] and [`check_answer`], and has a [`Follower`] for
//! each direction of what passes after them.
//!
//! Then both make a [`Connection`] and, until [`Connection::is_finished`]: give what was read to [`Connection::receive`], again and again
//! until it has no further [`Event`]; send with [`Connection::text`], [`Connection::binary`] and their like; write out what
//! [`Connection::output`] holds and say so with [`Connection::written`]. Pings and the peer's close are answered by the machine itself.
//! After [`Connection::close`], or an error of `receive`, the same goes on until the connection is finished and its output written: then
//! the server closes the transport, and the client waits for that (RFC 6455 §7.1.1).

mod code;
mod connection;
mod deflate;
mod extension;
mod follow;
mod frame;
mod handshake;
mod mask;
mod receive;
mod rule;
mod send;
mod utf8;

pub use code::CloseCode;
pub use connection::{Connection, Role, Settings};
pub use extension::{DeflateParameters, agree_deflate};
pub use follow::{Follower, close_frame};
pub use frame::{FrameHeader, Opcode};
pub use handshake::{
    Accepted, accept_key, check_answer, check_connect, check_opening, offered_protocols, opening_key, write_answer, write_opening,
};
pub use mask::mask;
pub use receive::{Close, Delivery, Event};
pub use rule::{HandshakeRule, Violation};
pub use send::Refused;

/// What a message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8.
    Text,
    /// Any bytes.
    Binary,
}
