//! Packets as they pass the machine's network interfaces (packet(7)): a socket of its own, read by a thread of its own, because a packet's
//! time is when it is read.

use super::now;
use decide::time::{Duration, Instant};
use socket2::{Domain, Protocol, Socket, Type};
use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// All protocols (linux/if_ether.h), in the network's byte order as the socket wants it.
const ALL: u16 = 0x0003_u16.to_be();
/// What the kernel keeps until it is read.
const KERNEL_BYTES: usize = 8 << 20;
/// A frame takes so much of it, however short it is.
const LEAST: usize = 512;
/// The largest frame there is: the kernel may hand over many segments as one.
const LARGEST: usize = 64 << 10;
/// How long the thread looks at nothing before it looks whether it is to end.
const TURN: Duration = Duration::from_millis(20);
/// Frames that are compared: on loopback each passes twice, once going out and once coming in.
const REMEMBERED: usize = 16;

/// A packet that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// When, on the machine's own clock.
    pub at: Instant,
    /// The frame, from its Ethernet header on, as much of it as was wanted.
    pub frame: Vec<u8>,
    /// How long it was.
    pub length: usize,
}

/// A capture while it runs.
pub struct Capture {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    ended: AtomicBool,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    packets: Vec<Captured>,
    bytes: usize,
    last: Option<Instant>,
    untaken: u64,
}

/// What a capture has taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captures {
    /// In the order in which they passed.
    pub packets: Vec<Captured>,
    /// Packets that there was no more room for.
    pub untaken: u64,
}

impl Capture {
    /// Begins to take the first `each` bytes of those packets that `wanted` says yes to, until they are `most` bytes. An error of the kind
    /// [`io::ErrorKind::PermissionDenied`]: the process lacks CAP_NET_RAW.
    pub fn begin(most: usize, each: usize, wanted: impl Fn(&[u8]) -> bool + Send + 'static) -> io::Result<Capture> {
        let socket = Socket::new(Domain::PACKET, Type::RAW, Some(Protocol::from(i32::from(ALL))))?;
        socket.set_read_timeout(Some(TURN))?;
        // As much of it as the system allows: its limit does not bind who may set it (CAP_NET_ADMIN).
        if rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, KERNEL_BYTES).is_err() {
            let _ = socket.set_recv_buffer_size(KERNEL_BYTES);
        }
        let shared = Arc::<Shared>::default();
        let theirs = shared.clone();
        let thread = std::thread::Builder::new().name("packets".into()).spawn(move || take(&socket, (most, each), &wanted, &theirs))?;
        Ok(Capture { shared, thread: Some(thread) })
    }

    /// Ends it, when nothing that was wanted has passed for `quiet`; at the latest after `most`.
    pub fn end(mut self, quiet: Duration, most: Duration) -> Captures {
        let begin = now();
        loop {
            let last = self.taken().last.unwrap_or(begin).max(begin);
            let left = quiet.saturating_sub(now().since(last)).min(most.saturating_sub(now().since(begin)));
            if left.is_zero() {
                break;
            }
            std::thread::sleep(left);
        }
        self.stop();
        let taken = std::mem::take(&mut *self.taken());
        Captures { packets: taken.packets, untaken: taken.untaken }
    }

    fn taken(&self) -> std::sync::MutexGuard<'_, Taken> {
        self.shared.taken.lock().expect("no panic while it is held")
    }

    fn stop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Nothing came as long as one waited.
fn is_of_time(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

fn take(socket: &Socket, (most, each): (usize, usize), wanted: &dyn Fn(&[u8]) -> bool, shared: &Shared) {
    let mut room = vec![0; LARGEST];
    let mut seen: VecDeque<Vec<u8>> = VecDeque::with_capacity(REMEMBERED);
    // What passed before the end is still with the kernel, where this thread had no turn. It is read after the end, and not much more
    // than that: others may send all the while.
    let mut left = 2 * KERNEL_BYTES;
    while left > 0 {
        let ended = shared.ended.load(Ordering::Relaxed);
        if ended && socket.set_nonblocking(true).is_err() {
            return;
        }
        let length = match io::Read::read(&mut &*socket, &mut room) {
            Ok(length) => length,
            Err(error) if is_of_time(&error) && ended => return,
            Err(error) if is_of_time(&error) => continue,
            // An interface went down; others may still have something.
            Err(error) if !ended && error.raw_os_error() == Some(rustix::io::Errno::NETDOWN.raw_os_error()) => continue,
            Err(_) => return,
        };
        if ended {
            left = left.saturating_sub(length.max(LEAST));
        }
        let (at, frame) = (now(), &room[..length]);
        if !wanted(frame) {
            continue;
        }
        // A segment that is really sent again has another number in its IP header.
        if seen.iter().any(|before| before == frame) {
            continue;
        }
        if seen.len() == REMEMBERED {
            seen.pop_front();
        }
        seen.push_back(frame.to_vec());
        let mut taken = shared.taken.lock().expect("no panic while it is held");
        taken.last = Some(at);
        let kept = &frame[..length.min(each)];
        if taken.bytes + kept.len() > most {
            taken.untaken += 1;
            continue;
        }
        taken.bytes += kept.len();
        taken.packets.push(Captured { at, frame: kept.to_vec(), length });
    }
}

#[cfg(test)]
mod tests;
