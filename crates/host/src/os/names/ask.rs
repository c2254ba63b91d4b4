//! A question, put to one name server after the other until one answers.

use super::Settings;
use rustix::rand::{GetRandomFlags, getrandom};
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use wire::dns::{Answer, Question, Unusable};

/// Asks until a server has addresses for us or knows that there are none: [`Answer::Addresses`], [`Answer::NoName`] or
/// [`Answer::NoData`]. The error is the first that is more than silence; [`io::ErrorKind::TimedOut`] if there is none.
pub(super) async fn ask(settings: &Settings, question: &Question) -> io::Result<Answer> {
    let mut failure = io::Error::from(io::ErrorKind::TimedOut);
    for _ in 0..settings.attempts {
        for server in &settings.servers {
            match ask_server(*server, settings.timeout, question).await {
                Ok(answer) => return Ok(answer),
                Err(error) if failure.kind() == io::ErrorKind::TimedOut => failure = error,
                Err(_) => {}
            }
        }
    }
    Err(failure)
}

async fn ask_server(server: SocketAddr, limit: Duration, question: &Question) -> io::Result<Answer> {
    let mut edns = true;
    let mut answer = within(limit, over_udp(server, question, edns)).await?;
    if matches!(answer, Answer::Failed(code) if code.may_be_without_edns()) {
        edns = false;
        answer = within(limit, over_udp(server, question, edns)).await?;
    }
    if answer == Answer::Truncated {
        answer = within(limit, over_tcp(server, question, edns)).await?;
    }
    match answer {
        Answer::Addresses { .. } | Answer::NoName { .. } | Answer::NoData { .. } => Ok(answer),
        Answer::Failed(code) => Err(io::Error::other(format!("the name server says {code}"))),
        Answer::Referral => Err(io::Error::other("the name server does not resolve names for us")),
        Answer::Truncated => Err(malformed()),
    }
}

async fn within<T>(limit: Duration, asking: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(limit, asking).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Each query has a socket of its own: the kernel chooses its port at random, which together with the id is what a forger has to guess
/// (RFC 5452 §9.2). The socket is connected: datagrams from elsewhere do not arrive, and a port where nobody listens is an error at once.
async fn over_udp(server: SocketAddr, question: &Question, edns: bool) -> io::Result<Answer> {
    let own: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(own).await?;
    socket.connect(server).await?;
    let id = random_id()?;
    socket.send(&question.query(id, edns)).await?;
    // More than is asked for: some servers send more all the same.
    let mut datagram = vec![0; 4096];
    loop {
        let len = socket.recv(&mut datagram).await?;
        match question.read_answer(id, &datagram[..len]) {
            Ok(answer) => return Ok(answer),
            // RFC 5452 §9.1: the true answer may still come.
            Err(Unusable::Stray) => {}
            Err(Unusable::Malformed) => return Err(malformed()),
        }
    }
}

async fn over_tcp(server: SocketAddr, question: &Question, edns: bool) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(server).await?;
    let id = random_id()?;
    let query = question.query(id, edns);
    let len = u16::try_from(query.len()).expect("a query is far below 64 KiB");
    // RFC 7766 §8: the length and the message in one write.
    stream.write_all(&[&len.to_be_bytes()[..], &query].concat()).await?;
    let mut message = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut message).await?;
    question.read_answer(id, &message).map_err(|_| malformed())
}

/// From the kernel, not from the machine's own randomness: whoever sees some of that knows the rest.
fn random_id() -> io::Result<u16> {
    let mut id = [0; 2];
    getrandom(&mut id, GetRandomFlags::empty())?;
    Ok(u16::from_ne_bytes(id))
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the name server's answer cannot be read")
}
