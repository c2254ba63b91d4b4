//! What the kernel knows of a TCP connection: getsockopt(2) with TCP_INFO, which no safe crate of ours asks for. The only `unsafe` of the
//! workspace: one call with a buffer of ours.

use crate::TcpInfo;
use decide::time::Duration;
use std::os::fd::{AsRawFd, BorrowedFd};

/// More than any kernel says today: 280 bytes in Linux 6.18.
const ROOM: usize = 512;

/// `None` where the socket is none of TCP, or the kernel says nothing.
pub(crate) fn tcp_info(socket: BorrowedFd<'_>) -> Option<TcpInfo> {
    let mut bytes = [0; ROOM];
    let len = ask(socket, &mut bytes)?;
    parse(&bytes[..len])
}

#[expect(unsafe_code, reason = "a system call that no safe crate makes")]
fn ask(socket: BorrowedFd<'_>, into: &mut [u8; ROOM]) -> Option<usize> {
    let mut len = libc::socklen_t::try_from(ROOM).expect("it is small");
    // SAFETY: the descriptor is open as long as it is borrowed; the kernel writes at most `len` bytes into the buffer, which has as many,
    // and writes to `len` how many there were. Any bytes are valid there.
    let done = unsafe { libc::getsockopt(socket.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_INFO, into.as_mut_ptr().cast(), &raw mut len) };
    (done == 0).then(|| usize::try_from(len).unwrap_or(0).min(ROOM))
}

/// `struct tcp_info` of linux/tcp.h, which only ever grows at its end: what an older kernel does not say is zero.
fn parse(info: &[u8]) -> Option<TcpInfo> {
    let number = |at: usize| info.get(at..at + 4).map(|bytes| u32::from_ne_bytes(bytes.try_into().expect("four bytes")));
    let long = |at: usize| info.get(at..at + 8).map(|bytes| u64::from_ne_bytes(bytes.try_into().expect("eight bytes")));
    Some(TcpInfo {
        segment: number(16)?,
        rtt: Duration::from_micros(number(68)?.into()),
        rtt_deviation: Duration::from_micros(number(72)?.into()),
        window: number(80)?,
        retransmitted: number(100)?,
        received: long(128).unwrap_or(0),
    })
}

#[cfg(test)]
mod tests;
