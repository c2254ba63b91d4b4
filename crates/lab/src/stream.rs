//! Streams between virtual hosts.

use crate::connection::{Parcel, Phase, Side};
use crate::link::Pieces;
use crate::network::{ConnectionId, HostId, Network, Shared};
use decide::random::Random;
use host::{ByteStream, Endpoint};
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::task::{Context, Poll, Waker};

/// One end of a connection. Dropping it closes it: the far end sees the end of the stream, or a reset where something was not read.
///
/// One task may wait for reading and another for writing at the same time. A reset is told once, to whichever call comes first (after what
/// had arrived before it was read); from then on reading gives the end and writing a broken pipe, as Linux does it.
pub struct VirtualStream {
    network: Shared,
    host: HostId,
    id: ConnectionId,
    side: Side,
}

impl VirtualStream {
    /// An end whose descriptor is counted already.
    pub(crate) fn new(network: Shared, host: HostId, id: ConnectionId, side: Side) -> VirtualStream {
        VirtualStream { network, host, id, side }
    }

    pub(crate) async fn connect(network: Shared, host: HostId, to: Endpoint) -> io::Result<VirtualStream> {
        let id = network.lock().connect(host, &to)?;
        let stream = VirtualStream::new(network, host, id, Side::Client);
        poll_fn(|cx| stream.network.lock().poll_connected(stream.id, cx)).await?;
        Ok(stream)
    }

    /// Reads into `into`; `Ok(0)` is the far end's end of stream.
    pub fn poll_read(&self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        self.network.lock().poll_read(self.id, self.side, cx, into)
    }

    /// Writes the first of `from` that fits.
    pub fn poll_write(&self, cx: &mut Context<'_>, from: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.network.lock().poll_write(self.id, self.side, cx, from)
    }

    /// Sends the end of stream; reading goes on.
    pub fn shutdown(&self) {
        self.network.lock().shut(self.id, self.side);
    }

    /// Reads once.
    pub async fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        poll_fn(|cx| self.poll_read(cx, into)).await
    }

    /// Writes everything.
    pub async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = poll_fn(|cx| self.poll_write(cx, &[IoSlice::new(bytes)])).await?;
            bytes = &bytes[written..];
        }
        Ok(())
    }

    /// Resets the connection, without a word.
    pub fn reset(&self) {
        self.network.lock().abort(self.id, self.side, io::ErrorKind::ConnectionAborted);
    }
}

impl ByteStream for VirtualStream {
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        VirtualStream::poll_read(self, cx, into)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, from: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        VirtualStream::poll_write(self, cx, from)
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shutdown();
        Poll::Ready(Ok(()))
    }

    fn reset(&mut self) {
        VirtualStream::reset(self);
    }
}

impl Drop for VirtualStream {
    fn drop(&mut self) {
        let mut network = self.network.lock();
        network.nodes[self.host].close_descriptor();
        network.close(self.id, self.side);
    }
}

impl Network {
    fn poll_connected(&mut self, id: ConnectionId, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let end = self.end(id, Side::Client);
        if let Some(error) = end.error.take() {
            return Poll::Ready(Err(error.into()));
        }
        if end.phase == Phase::Asking {
            end.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_read(&mut self, id: ConnectionId, side: Side, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let end = self.end(id, side);
        if into.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if !end.received.is_empty() {
            let len = end.received.len().min(into.len());
            let (front, back) = end.received.as_slices();
            let first = len.min(front.len());
            into[..first].copy_from_slice(&front[..first]);
            into[first..len].copy_from_slice(&back[..len - first]);
            end.received.drain(..len);
            if end.phase != Phase::Dead {
                self.send(id, side, Parcel::Credit(len));
            }
            return Poll::Ready(Ok(len));
        }
        if let Some(error) = end.error.take() {
            return Poll::Ready(Err(error.into()));
        }
        if end.ended || end.phase == Phase::Dead {
            return Poll::Ready(Ok(0));
        }
        remember(&mut end.reader, cx.waker());
        Poll::Pending
    }

    fn poll_write(&mut self, id: ConnectionId, side: Side, cx: &mut Context<'_>, from: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let end = self.end(id, side);
        if let Some(error) = end.error.take() {
            return Poll::Ready(Err(error.into()));
        }
        if end.shut || end.phase == Phase::Dead {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let offered: usize = from.iter().map(|slice| slice.len()).sum();
        if offered == 0 {
            return Poll::Ready(Ok(0));
        }
        if end.room == 0 {
            remember(&mut end.writer, cx.waker());
            return Poll::Pending;
        }
        let fits = offered.min(end.room);
        let pieces = self.pieces(id, side, fits);
        let len = pieces.iter().sum();
        self.end(id, side).room -= len;
        let mut bytes = Vec::with_capacity(len);
        for slice in from {
            bytes.extend_from_slice(&slice[..slice.len().min(len - bytes.len())]);
        }
        let mut rest = bytes.as_slice();
        for piece in pieces {
            let (data, behind) = rest.split_at(piece);
            self.send(id, side, Parcel::Data(data.to_vec()));
            rest = behind;
        }
        Poll::Ready(Ok(len))
    }

    /// The lengths of the pieces in which the first of `fits` bytes travel.
    fn pieces(&mut self, id: ConnectionId, side: Side, fits: usize) -> Vec<usize> {
        let (from, to) = self.connection(id).way(side);
        let direction = self.links.direction(from, to);
        let mut draw = |most: usize| 1 + usize::try_from(direction.random.below(most as u64)).expect("less than a usize");
        let mut left = if let Pieces::Torn(_) = direction.pieces { draw(fits) } else { fits };
        let mut pieces = Vec::new();
        while left > 0 {
            let piece = match direction.pieces {
                Pieces::Whole => left,
                Pieces::Of(most) => most.min(left),
                Pieces::Torn(most) => draw(most).min(left),
            };
            pieces.push(piece);
            left -= piece;
        }
        pieces
    }

    fn shut(&mut self, id: ConnectionId, side: Side) {
        let end = self.end(id, side);
        if end.phase == Phase::Open && !end.shut {
            end.shut = true;
            self.send(id, side, Parcel::Fin);
        }
    }
}

/// Keeps the waker of who waits. A glance with a waker that does nothing (is this idle connection still quiet?) does not take the place of
/// a task that waits.
fn remember(place: &mut Option<Waker>, waker: &Waker) {
    // The standard library's no-op waker has no data; those of tasks point to their task.
    if !waker.data().is_null() {
        *place = Some(waker.clone());
    }
}
