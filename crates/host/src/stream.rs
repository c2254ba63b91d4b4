//! Connected byte streams.

use crate::{Ends, File, Meter};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

/// A connection that a virtual machine made. `Send`, because idle connections are handed between threads.
pub trait ByteStream: Send {
    /// Reads into `into`; `Ok(0)` is the far end's end of stream.
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>>;
    /// Writes the first of `from` that fits; never `Ok(0)` for bytes.
    fn poll_write(&mut self, cx: &mut Context<'_>, from: &[IoSlice<'_>]) -> Poll<io::Result<usize>>;
    /// Sends the end of stream; reading goes on.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    /// Breaks the connection off, so that the far end sees an error and not the end of stream.
    fn reset(&mut self);
    /// Its two ends, where they have addresses.
    fn ends(&self) -> Option<Ends> {
        None
    }
}

/// A connected byte stream. Dropping it closes it.
pub enum Stream {
    /// The kernel's TCP.
    Tcp(TcpStream),
    /// A Unix socket.
    Unix(UnixStream),
    /// A virtual machine's.
    Virtual(Box<dyn ByteStream>),
}

impl Stream {
    /// Reads into `into`; `Ok(0)` is the far end's end of stream. Pending: the task is woken when it is worth calling again.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(into);
        match self {
            Stream::Tcp(tcp) => ready!(Pin::new(tcp).poll_read(cx, &mut buffer))?,
            Stream::Unix(unix) => ready!(Pin::new(unix).poll_read(cx, &mut buffer))?,
            Stream::Virtual(stream) => return stream.poll_read(cx, into),
        }
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// Writes as much of `from` as fits now.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, from: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self {
            Stream::Tcp(tcp) => match from {
                // One buffer goes out by send(2), which costs less than writev(2).
                [one] => Pin::new(tcp).poll_write(cx, one),
                many => Pin::new(tcp).poll_write_vectored(cx, many),
            },
            Stream::Unix(unix) => Pin::new(unix).poll_write_vectored(cx, from),
            Stream::Virtual(stream) => stream.poll_write(cx, from),
        }
    }

    /// Lets the kernel keep no more than so many bytes that it has not sent yet. What a far end does not take then stays with the program,
    /// which can still decide what goes first, and sees that nothing moves. Best effort: where it cannot be set, more is kept.
    pub fn limit_unsent(&self, bytes: u32) {
        if let Stream::Tcp(tcp) = self {
            let _ = socket2::SockRef::from(tcp).set_tcp_notsent_lowat(bytes);
        }
    }

    /// Its two ends, where they have addresses.
    pub fn ends(&self) -> Option<Ends> {
        match self {
            Stream::Tcp(tcp) => Some(Ends { local: tcp.local_addr().ok()?, remote: tcp.peer_addr().ok()? }),
            Stream::Unix(_) => None,
            Stream::Virtual(stream) => stream.ends(),
        }
    }

    /// What measures it; `None` where the machine cannot.
    pub fn meter(&self) -> Option<Meter> {
        Meter::of(self)
    }

    /// Sends the end of stream; reading goes on.
    pub fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Tcp(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Stream::Unix(unix) => Pin::new(unix).poll_shutdown(cx),
            Stream::Virtual(stream) => stream.poll_shutdown(cx),
        }
    }

    /// Breaks the connection off: the far end sees an error and not the end of stream. A Unix socket cannot say so; it just closes.
    pub fn reset(mut self) {
        match &mut self {
            // Closed with a linger time of zero, it is reset (socket(7)); if that cannot be set, it is closed all the same.
            Stream::Tcp(tcp) => drop(socket2::SockRef::from(&*tcp).set_linger(Some(std::time::Duration::ZERO))),
            Stream::Unix(_) => {}
            Stream::Virtual(stream) => stream.reset(),
        }
    }

    /// Sends up to `len` bytes of `file` from `offset` on, by sendfile(2) where the kernel has it. Returns how many went; 0 only where the
    /// file is shorter than asked.
    pub fn poll_send_file(&mut self, cx: &mut Context<'_>, file: &File, offset: u64, len: usize) -> Poll<io::Result<usize>> {
        match (self, file) {
            (Stream::Tcp(tcp), File::Os(file)) => loop {
                ready!(tcp.poll_write_ready(cx))?;
                let mut from = offset;
                let sent = tcp.try_io(Interest::WRITABLE, || Ok(rustix::fs::sendfile(&*tcp, file, Some(&mut from), len)?));
                match sent {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    other => return Poll::Ready(other),
                }
            },
            (stream, file) => {
                let mut piece = [0; 16 * 1024];
                let want = len.min(piece.len());
                let got = file.read_at(offset, &mut piece[..want])?;
                if got == 0 {
                    return Poll::Ready(Ok(0));
                }
                stream.poll_write(cx, &[IoSlice::new(&piece[..got])])
            }
        }
    }

    /// Reads what is there already; [`io::ErrorKind::WouldBlock`] if nothing is, and no task is woken for it. Asks the kernel only when it
    /// has something new to say.
    pub fn try_read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(tcp) => tcp.try_read(into),
            Stream::Unix(unix) => unix.try_read(into),
            Stream::Virtual(stream) => at_once(stream.poll_read(&mut Context::from_waker(Waker::noop()), into)),
        }
    }

    /// Writes what fits at once; [`io::ErrorKind::WouldBlock`] if nothing does, and no task is woken for it.
    pub fn try_write(&mut self, from: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(tcp) => tcp.try_write(from),
            Stream::Unix(unix) => unix.try_write(from),
            Stream::Virtual(stream) => at_once(stream.poll_write(&mut Context::from_waker(Waker::noop()), &[IoSlice::new(from)])),
        }
    }

    /// Whether an idle connection can still be used: nothing came, not even the end of stream.
    pub fn is_quiet(&mut self) -> bool {
        let mut byte = [0; 1];
        matches!(self.try_read(&mut byte), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Moves a connection that another thread opened to the calling thread's event loop.
    pub fn adopt(self) -> io::Result<Stream> {
        Ok(match self {
            Stream::Tcp(tcp) => Stream::Tcp(TcpStream::from_std(tcp.into_std()?)?),
            Stream::Unix(unix) => Stream::Unix(UnixStream::from_std(unix.into_std()?)?),
            Stream::Virtual(stream) => Stream::Virtual(stream),
        })
    }
}

fn at_once(poll: Poll<io::Result<usize>>) -> io::Result<usize> {
    match poll {
        Poll::Ready(result) => result,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}
