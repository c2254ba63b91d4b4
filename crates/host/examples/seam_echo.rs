//! One small echo server, written on the seam and without it: what the bench's row `seam` measures.
//!
//! `seam_echo KIND PORT` echoes on a port of 127.0.0.1 until it is killed. Every kind takes the time once for each message.
//!
//! - `bare`: tokio alone.
//! - `host`: the same on [`Host`] and [`Stream`], and with a time limit for each message.
//! - `boxed`: as `host`, but the kernel's stream stands behind the trait object that the seam keeps for virtual ones.
//! - `bare-limit`: as `bare`, with a time limit for each message, kept by tokio's own timer.

use host::{ByteStream, Endpoint, Host, Stream};
use std::future::poll_fn;
use std::hint::black_box;
use std::io::{self, IoSlice};
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep_until;

/// How long a client may be silent.
const PATIENCE: Duration = Duration::from_secs(60);
const BLOCK: usize = 4096;
const BACKLOG: u32 = 128;

fn main() -> io::Result<()> {
    let usage = || io::Error::new(io::ErrorKind::InvalidInput, "usage: seam_echo bare|bare-limit|host|boxed PORT");
    let mut arguments = std::env::args().skip(1);
    let (Some(kind), Some(port)) = (arguments.next(), arguments.next().and_then(|port| port.parse().ok())) else { return Err(usage()) };
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match kind.as_str() {
        "bare" => run_bare(at, echo_bare),
        "bare-limit" => run_bare(at, echo_bare_limit),
        "host" => host::os::run(|host| serve(host, at, |stream| stream))?,
        "boxed" => host::os::run(|host| serve(host, at, boxed))?,
        _ => Err(usage()),
    }
}

async fn serve(host: Host, at: SocketAddr, dress: fn(Stream) -> Stream) -> io::Result<()> {
    let mut listener = host.listen(&Endpoint::Ip(at), BACKLOG)?;
    loop {
        let (stream, _) = poll_fn(|cx| listener.poll_accept(cx)).await?;
        let own = host.clone();
        // A connection that breaks is the client's way to end it.
        host.spawn(async move { drop(echo(own, dress(stream)).await) });
    }
}

async fn echo(host: Host, mut stream: Stream) -> io::Result<()> {
    let mut limit = host.deadline();
    let mut block = [0; BLOCK];
    loop {
        limit.set(host.now() + PATIENCE);
        let len = poll_fn(|cx| match stream.poll_read(cx, &mut block) {
            Poll::Ready(read) => Poll::Ready(read),
            Poll::Pending => limit.poll_passed(cx).map(|()| Err(io::ErrorKind::TimedOut.into())),
        })
        .await?;
        if len == 0 {
            return Ok(());
        }
        let mut sent = 0;
        while sent < len {
            sent += poll_fn(|cx| stream.poll_write(cx, &[IoSlice::new(&block[sent..len])])).await?;
        }
    }
}

/// What the seam would be without its variants for the kernel.
fn boxed(stream: Stream) -> Stream {
    struct Boxed(TcpStream);
    impl ByteStream for Boxed {
        fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
            let mut buffer = ReadBuf::new(into);
            ready!(Pin::new(&mut self.0).poll_read(cx, &mut buffer))?;
            Poll::Ready(Ok(buffer.filled().len()))
        }

        fn poll_write(&mut self, cx: &mut Context<'_>, from: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
            match from {
                [one] => Pin::new(&mut self.0).poll_write(cx, one),
                many => Pin::new(&mut self.0).poll_write_vectored(cx, many),
            }
        }

        fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_shutdown(cx)
        }

        fn reset(&mut self) {}
    }
    match stream {
        Stream::Tcp(tcp) => Stream::Virtual(Box::new(Boxed(tcp))),
        other => other,
    }
}

fn run_bare<E: Future<Output = io::Result<()>> + 'static>(at: SocketAddr, echo: fn(TcpStream) -> E) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::bind(at).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::task::spawn_local(echo(stream));
        }
    })
}

async fn echo_bare(mut stream: TcpStream) -> io::Result<()> {
    let mut block = [0; BLOCK];
    loop {
        black_box(Instant::now());
        let len = stream.read(&mut block).await?;
        if len == 0 {
            return Ok(());
        }
        stream.write_all(&block[..len]).await?;
    }
}

async fn echo_bare_limit(mut stream: TcpStream) -> io::Result<()> {
    let mut block = [0; BLOCK];
    let mut limit = pin!(sleep_until(Instant::now().into()));
    loop {
        limit.as_mut().reset((Instant::now() + PATIENCE).into());
        let len = poll_fn(|cx| {
            let mut buffer = ReadBuf::new(&mut block);
            match Pin::new(&mut stream).poll_read(cx, &mut buffer) {
                Poll::Ready(read) => Poll::Ready(read.map(|()| buffer.filled().len())),
                Poll::Pending => limit.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into())),
            }
        })
        .await?;
        if len == 0 {
            return Ok(());
        }
        stream.write_all(&block[..len]).await?;
    }
}
