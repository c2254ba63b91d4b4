//! A load of datagrams: many at a time in and out, so that the load's core is not what is measured.

use super::queries::{LONGEST, Queries};
use crate::bench::wrk::Round;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmmsg};
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsRawFd;
use std::thread;
use std::time::{Duration, Instant};

/// Clients, a socket each.
const CLIENTS: usize = 4;
/// Questions of one client that are on their way.
const WINDOW: usize = 25;
/// An answer that has not come after this is lost.
const PATIENCE: Duration = Duration::from_millis(500);
/// Of all questions, so few may be lost: the kernel drops datagrams where a buffer is full.
pub(super) const LOST: u32 = 1000;
/// Room for an answer.
const ROOM: usize = 512;

/// What one client came to.
struct Came {
    answers: usize,
    lost: usize,
}

/// Asks until the time is over, and takes the last answers in. A wrong answer fails the round.
pub(super) fn run(port: u16, queries: &Queries, length: Duration) -> Result<Round, String> {
    let begin = Instant::now();
    let came = thread::scope(|scope| {
        let client = |number: usize| scope.spawn(move || ask(port, queries, number * 50_021, begin + length));
        let clients: Vec<_> = (0..CLIENTS).map(client).collect();
        clients.into_iter().map(|client| client.join().expect("no client panics")).collect::<Result<Vec<Came>, String>>()
    })?;
    let seconds = begin.elapsed().as_secs_f64();
    let (answers, lost) = came.iter().fold((0, 0), |(answers, lost), came| (answers + came.answers, lost + came.lost));
    if answers == 0 || lost * LOST as usize > answers {
        return Err(format!("{lost} questions were lost, {answers} answered"));
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of answers")]
    let requests = answers as f64;
    Ok(Round { requests, seconds, latency: None })
}

fn ask(port: u16, queries: &Queries, first: usize, until: Instant) -> Result<Came, String> {
    let broken = |error: io::Error| error.to_string();
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(broken)?;
    socket.connect((Ipv4Addr::LOCALHOST, port)).map_err(broken)?;
    socket.set_read_timeout(Some(PATIENCE)).map_err(broken)?;
    let (mut client, mut rooms) = (Client::new(socket, queries, first), [[0; ROOM]; WINDOW]);
    let mut came = Came { answers: 0, lost: 0 };
    client.send(WINDOW).map_err(broken)?;
    let mut waiting = WINDOW;
    while waiting > 0 {
        let count = match client.receive(&mut rooms) {
            Ok(count) => count?,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                came.lost += waiting;
                waiting = 0;
                0
            }
            Err(error) => return Err(error.to_string()),
        };
        came.answers += count;
        waiting = waiting.saturating_sub(count);
        if Instant::now() < until {
            let more = WINDOW - waiting;
            client.send(more).map_err(broken)?;
            waiting += more;
        }
    }
    Ok(came)
}

struct Client<'a> {
    socket: UdpSocket,
    queries: &'a Queries,
    next: usize,
    /// What the last question was, by its id.
    asked: Vec<u32>,
    sending: MultiHeaders<SockaddrIn>,
    receiving: MultiHeaders<SockaddrIn>,
}

impl<'a> Client<'a> {
    fn new(socket: UdpSocket, queries: &'a Queries, first: usize) -> Client<'a> {
        let (sending, receiving) = (MultiHeaders::preallocate(WINDOW, None), MultiHeaders::preallocate(WINDOW, None));
        Client { socket, queries, next: first, asked: vec![0; 1 << 16], sending, receiving }
    }

    fn send(&mut self, count: usize) -> io::Result<()> {
        let slices: [[IoSlice<'_>; 1]; WINDOW] = std::array::from_fn(|index| {
            let number = self.next + index;
            let query = self.queries.get(number).bytes();
            debug_assert!(query.len() <= LONGEST);
            if index < count {
                self.asked[usize::from(u16::from_be_bytes([query[0], query[1]]))] = u32::try_from(number).unwrap_or(u32::MAX);
            }
            [IoSlice::new(query)]
        });
        let mut sent = 0;
        while sent < count {
            let part = &slices[sent..count];
            let nobody = [None; WINDOW];
            sent += sendmmsg(self.socket.as_raw_fd(), &mut self.sending, part, &nobody[..part.len()], [], MsgFlags::empty())?.count();
        }
        self.next = (self.next + count) % (1 << 30);
        Ok(())
    }

    /// Waits for an answer, and takes those in that are there. The inner error is a wrong answer.
    fn receive(&mut self, rooms: &mut [[u8; ROOM]; WINDOW]) -> io::Result<Result<usize, String>> {
        let mut lens = [0; WINDOW];
        let mut count = 0;
        let mut slices = rooms.each_mut().map(|room| [IoSliceMut::new(room)]);
        for message in recvmmsg(self.socket.as_raw_fd(), &mut self.receiving, &mut slices, MsgFlags::MSG_WAITFORONE, None)? {
            lens[count] = message.bytes;
            count += 1;
        }
        for (room, len) in rooms.iter().zip(&lens[..count]) {
            let answer = &room[..*len];
            let id = answer.first_chunk::<2>().map_or(0, |id| u16::from_be_bytes(*id));
            let query = self.queries.get(self.asked[usize::from(id)] as usize);
            if !query.is_answered_by(answer) {
                return Ok(Err(format!("a wrong answer, not {}: {answer:02x?}", query.address)));
            }
        }
        Ok(Ok(count))
    }
}
