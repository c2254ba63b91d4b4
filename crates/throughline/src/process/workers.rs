//! The threads of a server: one per worker.

use crate::log;
use host::os;
use node::Server;
use std::future::{Future, poll_fn};
use std::io;
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;

/// A thread per worker. The result is told if one of them ends although the server does not drain.
pub(super) fn start(server: &Arc<Server>, workers: usize) -> Result<Arc<Told>, String> {
    let (ready, wait) = mpsc::channel();
    let failed = Arc::new(Told::default());
    for index in 0..workers {
        let (server, ready, failed) = (server.clone(), ready.clone(), failed.clone());
        let work = move || {
            let mut end = End { failed, ready: ready.clone(), expected: false };
            match work(server, index, &ready) {
                Ok(()) => end.expected = true,
                Err(error) => log::note(&format!("worker {index}: {error}")),
            }
        };
        std::thread::Builder::new()
            .name(format!("worker-{index}"))
            .spawn(work)
            .map_err(|error| format!("cannot start a thread: {error}"))?;
    }
    if wait.iter().take(workers).any(|ready| !ready) {
        return Err("a worker thread could not start; see the message above".to_string());
    }
    Ok(failed)
}

/// The end of a worker's thread; one that nobody expected, a panic too, is told to the process.
struct End {
    failed: Arc<Told>,
    ready: mpsc::Sender<bool>,
    expected: bool,
}

impl Drop for End {
    fn drop(&mut self) {
        if !self.expected {
            self.failed.tell();
            let _ = self.ready.send(false);
        }
    }
}

/// One worker, on the calling thread. `ready` is told when its listeners are open: only then may anyone be told that they are.
fn work(server: Arc<Server>, index: usize, ready: &mpsc::Sender<bool>) -> io::Result<()> {
    os::run(|host| async move {
        let mut work = std::pin::pin!(server.work(host, index));
        // The work opens the listeners before it waits for the first time.
        if let Poll::Ready(ended) = poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await {
            return ended;
        }
        let _ = ready.send(true);
        work.await
    })?
}

/// Something that one thread tells another, once.
#[derive(Default)]
pub(crate) struct Told(Mutex<(bool, Option<std::task::Waker>)>);

impl Told {
    pub(super) fn tell(&self) {
        let mut state = self.0.lock().expect("no panic while it is held");
        state.0 = true;
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    }

    pub(super) fn poll(&self, cx: &mut std::task::Context<'_>) -> Poll<()> {
        let mut state = self.0.lock().expect("no panic while it is held");
        if state.0 {
            return Poll::Ready(());
        }
        state.1 = Some(cx.waker().clone());
        Poll::Pending
    }
}
