//! Scripted peers that know nothing of any protocol's rules: a client that sends given bytes at given times, and a server that answers
//! each request with given bytes and pauses. Both record what they see, and when.
//!
//! A client is [`connect`] with [`Act`]s; a server is [`serve`] with a function from a [`Request`] to acts. Both read all the time, unless
//! their script says otherwise, so that their [`Record`] has the moment at which the far end did something.

mod record;
mod talk;

pub use record::{Entry, Record, Seen};

use crate::{VirtualHost, VirtualStream};
use decide::time::{Duration, Instant};
use host::Endpoint;
use std::cell::RefCell;
use std::rc::Rc;
use talk::Talk;

/// One thing a peer does. They are done one after the other; when the connection fails, the rest is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Waits for a span of time.
    Wait(Duration),
    /// Waits until a time; not at all if it is over.
    WaitUntil(Instant),
    /// Sends bytes, however long the far end makes us wait.
    Send(Vec<u8>),
    /// Waits until these bytes have come. They and what was before them count as taken: the next one looks behind them.
    Await(Vec<u8>),
    /// Waits until the far end's end of stream has come.
    AwaitEnd,
    /// A server: waits until the body of the request has come, by its Content-Length or its last chunk.
    TakeBody,
    /// Reads no more, so that the far end feels it.
    Pause,
    /// Reads again.
    Resume,
    /// Sends the end of stream, and goes on reading.
    Finish,
    /// Closes the connection, as a program that drops it. Ends the script.
    Close,
    /// Resets the connection. Ends the script.
    Reset,
    /// Does nothing more, and keeps the connection.
    Hang,
}

impl Act {
    /// Sends bytes.
    pub fn send(bytes: impl AsRef<[u8]>) -> Act {
        Act::Send(bytes.as_ref().to_vec())
    }

    /// Sends a 200 with this body and its Content-Length.
    pub fn answer(body: impl AsRef<[u8]>) -> Act {
        let body = body.as_ref();
        Act::Send([format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat())
    }

    /// Waits until these bytes have come.
    pub fn await_bytes(bytes: impl AsRef<[u8]>) -> Act {
        Act::Await(bytes.as_ref().to_vec())
    }
}

/// A request that came to a scripted server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The server's connections are numbered from 0 on in the order they were accepted.
    pub connection: usize,
    /// Requests are numbered from 0 on over all connections.
    pub number: usize,
    /// The head, with its empty line.
    pub head: String,
    /// When its empty line came.
    pub at: Instant,
}

/// Starts a client on `machine`: it connects at once, does what `acts` say, reads until the far end's end of stream, and closes.
pub fn connect(machine: &VirtualHost, to: &Endpoint, acts: Vec<Act>) -> Record {
    let record = Record::default();
    let (log, from, to) = (record.clone(), machine.clone(), to.clone());
    machine.spawn(async move {
        match from.connect(&to).await {
            Ok(stream) => {
                log.add(from.host().now(), 0, Seen::Connected);
                let talk = Talk::new(stream, from.host(), log, 0);
                talk.read_while(async { _ = talk.play(acts).await }).await;
            }
            Err(error) => log.add(from.host().now(), 0, Seen::Failed(error.kind())),
        }
    });
    record
}

/// Starts a server on `machine`: for each request (up to its empty line) it does what `answer` says. A body that [`Act::TakeBody`] did not
/// take is taken before the next request. When the client ends its stream, the connection is closed after the last answer.
pub fn serve(machine: &VirtualHost, at: &Endpoint, answer: impl FnMut(&Request) -> Vec<Act> + 'static) -> Record {
    let record = Record::default();
    let (log, on) = (record.clone(), machine.clone());
    let mut listener = machine.listen(at, 1024).expect("an address of this host");
    let service = Rc::new(RefCell::new(Service { answer, requests: 0 }));
    machine.spawn(async move {
        for connection in 0.. {
            match listener.accept().await {
                Ok((stream, from)) => {
                    log.add(on.host().now(), connection, Seen::Accepted(from));
                    on.spawn(attend(stream, on.clone(), log.clone(), connection, service.clone()));
                }
                Err(error) => return log.add(on.host().now(), connection, Seen::Failed(error.kind())),
            }
        }
    });
    record
}

struct Service<F> {
    answer: F,
    requests: usize,
}

async fn attend<F: FnMut(&Request) -> Vec<Act>>(
    stream: VirtualStream,
    on: VirtualHost,
    log: Record,
    connection: usize,
    service: Rc<RefCell<Service<F>>>,
) {
    let talk = Talk::new(stream, on.host(), log.clone(), connection);
    let script = async {
        while let Some(head) = talk.take_head().await {
            let at = on.host().now();
            log.add(at, connection, Seen::Request(head.clone()));
            let acts = {
                let service = &mut *service.borrow_mut();
                service.requests += 1;
                (service.answer)(&Request { connection, number: service.requests - 1, head, at })
            };
            if !talk.play(acts).await || !talk.take_body().await {
                return;
            }
        }
        talk.close();
    };
    talk.read_while(script).await;
}

#[cfg(test)]
mod tests;
