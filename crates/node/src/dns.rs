//! The name server: what comes in by UDP and TCP is read, guarded and answered.
//!
//! - [`Answering`]: the role, which knows the answers: [`authority`] has zones; the recursive role walks.
//! - [`service`]: from the bytes of a query to those of its answer, in whichever role: limits of size, EDNS, cookies, the limit of answers.
//! - [`datagrams`], [`stream`]: the ways in and out. [`doors`]: which of them are open.
//! - [`transfer`]: zones handed to other servers; [`notify`]: those told that a zone has changed. [`signing`], [`key`]: what they and we
//!   sign with.
//!
//! Everything on the way of a datagram is done within one poll of its listener's task, without a lock or an allocation, but for what takes
//! time: that is a future, and its answer goes out behind the others.

mod authority;
mod datagrams;
mod doors;
mod given;
mod key;
pub(crate) mod notify;
mod reasons;
mod service;
mod shared;
mod signing;
mod stream;
mod told;
mod transfer;
mod zones;

pub(crate) use doors::{Doors, tell_paused};
pub(crate) use reasons::Reasons;
pub use reasons::Steered;
pub(crate) use shared::{Role, Shared};
use signing::Signing;
pub(crate) use zones::{Served, tell_mistaken, zones};

use decide::time::Instant;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use wire::dns::server::{AnswerWriter, QueryView};
use wire::dns::{Flags, Message, ResponseCode};

/// Who asks, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    /// From where. By UDP it may be forged, unless a cookie says otherwise.
    pub(crate) from: SocketAddr,
    /// At which listener.
    pub(crate) at: SocketAddr,
    pub(crate) transport: Transport,
    /// When the query came.
    pub(crate) now: Instant,
}

/// How messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// One datagram each way.
    Udp,
    /// Many on a connection, with their lengths before them (RFC 7766 §8).
    Tcp,
}

impl Transport {
    /// Its name.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        }
    }
}

/// A role: it knows the answers.
pub(crate) trait Answering {
    /// Answers a query of class IN (or any) that has a question and no mistake. It must not wait, and is called on the worker's thread.
    ///
    /// `answer` has the question already, and gets its OPT record by itself. What does not fit is the role's to judge:
    /// [`AnswerWriter::truncate`] where it is needed. `told`: somebody will read the reasons.
    fn answer(&self, query: &QueryView<'_>, asker: &Asker, told: bool, answer: &mut AnswerWriter<'_>) -> Answered;

    /// Why the answer before was what it was; asked once, and only if it was said beforehand.
    fn reasons(&self) -> Reasons;
}

/// What comes of a query.
pub(crate) enum Answered {
    /// The answer is written.
    Now,
    /// The answer is written, and is to be signed; room for that is reserved.
    Signed(Box<Signing>),
    /// It takes time.
    Later(Later),
    /// Over TCP: several messages.
    Stream(Box<dyn Messages>),
}

/// An answer that takes time. Id, question, and what the OPT record says but for subnet's scope and extended errors, are not heeded: they
/// are those of the query.
pub(crate) type Later = Pin<Box<dyn Future<Output = Message>>>;

/// The messages of one answer, in their order.
pub(crate) trait Messages {
    /// Appends the next whole message, of 65,535 bytes at the most. False: there is no more, and nothing was appended.
    fn next(&mut self, message: &mut Vec<u8>) -> bool;
}

/// A message that says that it came to nothing.
fn failed(code: ResponseCode) -> Message {
    let (answer, authority, additional) = (Vec::new(), Vec::new(), Vec::new());
    Message { id: 0, flags: Flags::default(), code, question: None, answer, authority, additional, edns: None }
}
