//! The cache: what is stored, for how long, for whom, and how few questions the origin is asked.

mod collapse;
mod defences;
mod feed;
mod fresh;
mod http2;
mod parts;
mod parts_hostile;
mod parts_soak;
mod post;
mod purge;
mod soak;
mod suite;
mod tiers;
mod trailers;

use crate::support::Rig;
use host::Endpoint;
use lab::VirtualHost;
use lab::peer::{Act, Record};

/// An answer of the origin: 200, these fields, and this content with its length.
pub(super) fn ok(fields: &str, body: &str) -> Act {
    Act::send(format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: {}\r\n\r\n{body}", body.len()))
}

/// An answer of the origin without content.
pub(super) fn status(status: u16, fields: &str) -> Act {
    Act::send(format!("HTTP/1.1 {status} Status\r\n{fields}Content-Length: 0\r\n\r\n"))
}

/// An origin that gives these answers one after the other, and the last of them again and again.
pub(super) fn origin(rig: &Rig<'_>, answers: Vec<Act>) -> Record {
    rig.serve(0, move |request| vec![answers[request.number.min(answers.len() - 1)].clone()])
}

/// How many requests an origin had.
pub(super) fn asked(origin: &Record) -> usize {
    origin.requests().len()
}

/// One answer as a client sees it.
#[derive(Clone, Debug)]
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Got {
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value).last()
    }

    /// Ours of `Cache-Status`.
    pub(super) fn cache(&self) -> &str {
        self.field("cache-status").unwrap_or_default()
    }
}

/// Asks once, on a connection of its own, and waits for the whole answer.
pub(super) async fn fetch(rig: &Rig<'_>, request: &str) -> Got {
    fetch_from(&rig.client, rig, request).await
}

async fn fetch_from(client: &VirtualHost, rig: &Rig<'_>, request: &str) -> Got {
    fetch_at(client, &rig.edge.at(80), request).await
}

async fn fetch_at(client: &VirtualHost, at: &Endpoint, request: &str) -> Got {
    let stream = client.connect(at).await.expect("a connection");
    let request = request.replacen("\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1);
    stream.write_all(request.as_bytes()).await.expect("it is taken");
    let (mut bytes, mut piece) = (Vec::new(), [0; 16 * 1024]);
    loop {
        match stream.read(&mut piece).await {
            Ok(0) => break,
            Ok(n) => bytes.extend_from_slice(&piece[..n]),
            Err(error) => panic!("the connection failed after {:?}: {error}", String::from_utf8_lossy(&bytes)),
        }
    }
    let text = String::from_utf8(bytes).expect("a text");
    let (mut head, mut body) = text.split_once("\r\n\r\n").expect("a head");
    while head.starts_with("HTTP/1.1 1") {
        (head, body) = body.split_once("\r\n\r\n").expect("another head");
    }
    let status = head[9..12].parse().expect("a status");
    Got { status, head: head.to_string(), body: body.to_string() }
}

/// A request with more fields.
pub(super) fn get_with(path: &str, fields: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a.example\r\n{fields}\r\n")
}
