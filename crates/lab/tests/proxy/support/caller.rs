//! A client that knows enough of HTTP to ask again and again on one connection, and counts what it gets.

use decide::time::{Duration, Instant};
use host::Endpoint;
use lab::{VirtualHost, VirtualStream};
use std::cell::RefCell;
use std::rc::Rc;

/// One client and the connection it keeps.
pub(crate) struct Caller {
    machine: VirtualHost,
    to: Endpoint,
    stream: Option<VirtualStream>,
    inbox: Vec<u8>,
}

impl Caller {
    pub(crate) fn new(machine: &VirtualHost, to: Endpoint) -> Caller {
        Caller { machine: machine.clone(), to, stream: None, inbox: Vec::new() }
    }

    /// Sends a request and waits for its answer, which must have a Content-Length: status and body. A connection that the far end kept is
    /// used again; nothing is ever sent twice. The error says what went wrong.
    pub(crate) async fn call(&mut self, request: &str) -> Result<(u16, String), String> {
        let answer = self.try_call(request).await;
        if answer.is_err() {
            self.hang_up();
        }
        answer
    }

    /// Closes the connection, if there is one.
    pub(crate) fn hang_up(&mut self) {
        self.stream = None;
        self.inbox.clear();
    }

    async fn try_call(&mut self, request: &str) -> Result<(u16, String), String> {
        if self.stream.is_none() {
            self.stream = Some(self.machine.connect(&self.to).await.map_err(|error| format!("connecting: {error}"))?);
        }
        let stream = self.stream.as_ref().expect("just connected");
        stream.write_all(request.as_bytes()).await.map_err(|error| format!("sending: {error}"))?;
        let head = loop {
            if let Some(end) = self.inbox.windows(4).position(|window| window == b"\r\n\r\n") {
                break self.inbox.drain(..end + 4).collect::<Vec<_>>();
            }
            fill(stream, &mut self.inbox).await?;
        };
        let head = String::from_utf8(head).map_err(|_| "a head that is no text".to_string())?;
        let status = head.get(9..12).and_then(|status| status.parse().ok()).ok_or_else(|| format!("no status: {head}"))?;
        let length = value(&head, "content-length").and_then(|length| length.parse().ok()).ok_or_else(|| format!("no length: {head}"))?;
        while self.inbox.len() < length {
            fill(stream, &mut self.inbox).await?;
        }
        let body = self.inbox.drain(..length).collect();
        if value(&head, "connection").is_some_and(|value| value == "close") {
            self.hang_up();
        }
        Ok((status, String::from_utf8(body).map_err(|_| "a body that is no text".to_string())?))
    }
}

async fn fill(stream: &VirtualStream, inbox: &mut Vec<u8>) -> Result<(), String> {
    let mut piece = [0; 4096];
    match stream.read(&mut piece).await {
        Ok(0) => Err(format!("the stream ended after {} bytes", inbox.len())),
        Ok(len) => {
            inbox.extend_from_slice(&piece[..len]);
            Ok(())
        }
        Err(error) => Err(format!("receiving: {error}")),
    }
}

fn value(head: &str, name: &str) -> Option<String> {
    let field = head.lines().skip(1).filter_map(|line| line.split_once(':')).find(|(other, _)| other.eq_ignore_ascii_case(name));
    field.map(|(_, value)| value.trim().to_ascii_lowercase())
}

/// What a load came to.
#[derive(Clone, Default)]
pub(crate) struct Tally(Rc<RefCell<Vec<(Instant, Outcome)>>>);

/// Status and body, or what went wrong.
pub(crate) type Outcome = Result<(u16, String), String>;

impl Tally {
    /// Everything, with the time the request was sent.
    pub(crate) fn all(&self) -> Vec<(Instant, Outcome)> {
        self.0.borrow().clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// What was no 200.
    pub(crate) fn failures(&self) -> Vec<(Instant, Outcome)> {
        self.all().into_iter().filter(|(_, outcome)| !matches!(outcome, Ok((200, _)))).collect()
    }

    /// How many answers sent in `[from, to)` had this body.
    pub(crate) fn count(&self, body: &str, from: Instant, to: Instant) -> usize {
        let is = |(at, outcome): &&(Instant, Outcome)| *at >= from && *at < to && matches!(outcome, Ok((_, text)) if text == body);
        self.0.borrow().iter().filter(is).count()
    }

    pub(crate) fn add(&self, at: Instant, outcome: Outcome) {
        self.0.borrow_mut().push((at, outcome));
    }
}

/// Starts a client that asks every `every` from `from` until `until`, on one connection for as long as that lasts, and then closes.
pub(crate) fn keep_asking(
    machine: &VirtualHost,
    to: Endpoint,
    request: String,
    every: Duration,
    from: Instant,
    until: Instant,
    tally: &Tally,
) {
    let (machine, tally) = (machine.clone(), tally.clone());
    let host = machine.host();
    machine.clone().spawn(async move {
        let mut caller = Caller::new(&machine, to);
        let mut next = from;
        while next < until {
            host.sleep_until(next).await;
            let outcome = caller.call(&request).await;
            tally.add(next, outcome);
            next = next + every;
        }
    });
}
