//! What a machine knows of a connection, beside its bytes.

use crate::Stream;
use decide::time::Duration;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};

/// What the system says of a TCP connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpInfo {
    /// The round trip, smoothed.
    pub rtt: Duration,
    /// How much it varies.
    pub rtt_deviation: Duration,
    /// The congestion window, in segments.
    pub window: u32,
    /// Bytes of a full segment that is sent.
    pub segment: u32,
    /// Segments that were sent again, since the beginning.
    pub retransmitted: u32,
    /// Bytes of content that came.
    pub received: u64,
}

/// Measures a connection that somebody else reads and writes. It keeps the connection open: drop it first, or the far end sees no end.
pub struct Meter(OwnedFd);

impl Meter {
    /// `None` where the connection is none of TCP, or descriptors have run out: nobody's journey should end for that.
    pub(crate) fn of(stream: &Stream) -> Option<Meter> {
        match stream {
            Stream::Tcp(tcp) => tcp.as_fd().try_clone_to_owned().ok().map(Meter),
            Stream::Unix(_) | Stream::Virtual(_) => None,
        }
    }

    /// What is known now.
    pub fn read(&self) -> Option<TcpInfo> {
        crate::os::tcp_info(self.0.as_fd())
    }
}

/// The two ends of a connection over IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Ours.
    pub local: SocketAddr,
    /// Theirs.
    pub remote: SocketAddr,
}
