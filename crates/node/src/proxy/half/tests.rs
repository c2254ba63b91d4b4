use super::*;
use crate::buffer::Buffers;
use crate::transport::Transport;
use host::{ByteStream, Stream};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

const LIMITS: Limits = Limits { target_bytes: 1024, head_bytes: 1024, fields: 10 };

/// A stream that is always ready: it gives as many bytes as there is room for, and takes all it is given, and counts them.
struct Endless(Arc<AtomicUsize>);

impl ByteStream for Endless {
    fn poll_read(&mut self, _: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(into.len()))
    }

    fn poll_write(&mut self, _: &mut Context<'_>, from: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let len = from.iter().map(|slice| slice.len()).sum();
        self.0.fetch_add(len, Ordering::Relaxed);
        Poll::Ready(Ok(len))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn reset(&mut self) {}
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_direction_that_could_go_on_for_ever_gives_the_other_its_turn() {
    let written = Arc::new(AtomicUsize::new(0));
    let endless = || Channel::Whole(Transport::Plain(Stream::Virtual(Box::new(Endless(written.clone())))));
    let (mut source, mut sink) = (endless(), endless());
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(wakes.clone());
    let mut cx = Context::from_waker(&waker);
    let mut input = Buffer::new(&Buffers::default());
    let mut half = Half::idle(LIMITS);
    let total = 1 << 26;
    half.begin(Framing::Exact(total), Framing::Exact(total), LIMITS, Instant::ZERO);
    let mut before = 0;
    for turn in 1..=10 {
        assert!(half.poll_move(&mut cx, &mut source, &mut input, &mut sink, Instant::ZERO).is_pending());
        let moved = written.load(Ordering::Relaxed) - before;
        assert!((BUFFER_BYTES..=MOST_ROUNDS * BUFFER_BYTES).contains(&moved), "{moved} bytes in turn {turn}");
        assert_eq!(wakes.0.load(Ordering::Relaxed), turn, "nothing else would wake it");
        before += moved;
    }
    // What was staged when the turn ended is not lost: the message comes to its end.
    while half.poll_move(&mut cx, &mut source, &mut input, &mut sink, Instant::ZERO).is_pending() {}
    assert_eq!((half.moved, written.load(Ordering::Relaxed) as u64), (total, total));
}
