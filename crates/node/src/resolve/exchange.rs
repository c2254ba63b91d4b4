//! One query outside: sent, and what comes back.

use decide::resolve::{Failure, Over, Transmit};
use host::{Datagrams, Endpoint, Host, Stream};
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

/// More than is asked for: some servers send more all the same.
const LARGEST_DATAGRAM: usize = 4096;

/// What came of a query.
pub(super) enum Arrival {
    /// A message.
    Message { from: SocketAddr, bytes: Vec<u8> },
    /// Nothing, and nothing will.
    Broke(Failure),
}

/// A query that is out.
pub(super) enum Exchange {
    /// In a datagram, which may have to be sent first.
    Udp { socket: Datagrams, query: Option<Vec<u8>>, buffer: Vec<u8> },
    /// Over a connection.
    Tcp { server: SocketAddr, talk: Pin<Box<dyn Future<Output = io::Result<Vec<u8>>>>> },
    /// It could not begin.
    Broken(Option<Failure>),
}

impl Exchange {
    pub(super) fn begin(host: &Host, query: &Transmit) -> Exchange {
        let bytes = query.bytes();
        match query.over {
            Over::Udp => match host.datagrams(query.to) {
                Ok(socket) => Exchange::Udp { socket, query: Some(bytes), buffer: vec![0; LARGEST_DATAGRAM] },
                // A machine without IPv6 says so in several ways.
                Err(_) if query.to.is_ipv6() => Exchange::Broken(Some(Failure::Unreachable)),
                Err(error) => Exchange::Broken(Some(failure(&error))),
            },
            Over::Tcp => {
                let (connecting, server) = (host.connect(&Endpoint::Ip(query.to)), query.to);
                Exchange::Tcp { server, talk: Box::pin(async move { ask(connecting.await?, bytes).await }) }
            }
        }
    }

    /// The next that comes. After a message over a connection, or a failure, nothing more does.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Arrival> {
        let arrived = match self {
            Exchange::Broken(failure) => return failure.take().map_or(Poll::Pending, |failure| Poll::Ready(Arrival::Broke(failure))),
            Exchange::Udp { socket, query, buffer } => match poll_udp(socket, query, buffer, cx) {
                Poll::Ready(Ok(arrival)) => return Poll::Ready(arrival),
                Poll::Ready(Err(error)) => Err(error),
                Poll::Pending => return Poll::Pending,
            },
            Exchange::Tcp { server, talk } => match talk.as_mut().poll(cx) {
                Poll::Ready(result) => result.map(|bytes| Arrival::Message { from: *server, bytes }),
                Poll::Pending => return Poll::Pending,
            },
        };
        if !matches!(self, Exchange::Udp { .. }) {
            *self = Exchange::Broken(None);
        }
        Poll::Ready(arrived.unwrap_or_else(|error| Arrival::Broke(failure(&error))))
    }
}

fn poll_udp(socket: &mut Datagrams, query: &mut Option<Vec<u8>>, buffer: &mut [u8], cx: &mut Context<'_>) -> Poll<io::Result<Arrival>> {
    if let Some(bytes) = query {
        match socket.poll_send(cx, bytes) {
            Poll::Ready(Ok(())) => *query = None,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => return Poll::Pending,
        }
    }
    socket.poll_receive(cx, buffer).map_ok(|(len, from)| Arrival::Message { from, bytes: buffer[..len].to_vec() })
}

/// RFC 7766 §8: the length and the message go out in one write.
async fn ask(mut stream: Stream, query: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut sent = 0;
    while sent < query.len() {
        sent += poll_fn(|cx| stream.poll_write(cx, &[IoSlice::new(&query[sent..])])).await?;
    }
    let mut len = [0; 2];
    read_exact(&mut stream, &mut len).await?;
    let mut message = vec![0; usize::from(u16::from_be_bytes(len))];
    read_exact(&mut stream, &mut message).await?;
    Ok(message)
}

async fn read_exact(stream: &mut Stream, into: &mut [u8]) -> io::Result<()> {
    let mut read = 0;
    while read < into.len() {
        match poll_fn(|cx| stream.poll_read(cx, &mut into[read..])).await? {
            0 => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection ended before the answer did")),
            n => read += n,
        }
    }
    Ok(())
}

fn failure(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::Refused,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable | io::ErrorKind::AddrNotAvailable => Failure::Unreachable,
        _ => Failure::Other(error.to_string()),
    }
}
