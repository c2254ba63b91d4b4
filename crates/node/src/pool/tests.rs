#![expect(clippy::disallowed_methods, reason = "what is tested is between real threads, which no virtual machine has")]

use super::*;
use config::{Algorithm, Backend, Ejection, Retry};
use decide::address::Address;
use decide::time::Calendar;
use host::{Connecting, Listener, Machine, Opened, Resolving, Task, Timers};
use std::io;
use std::rc::Rc;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread::{self, Thread};

/// A machine that has nothing; a choice among one asks for nothing.
struct Nothing;

impl Machine for Nothing {
    fn now(&self) -> Instant {
        Instant::ZERO
    }
    fn calendar(&self) -> Calendar {
        Calendar(Duration::ZERO)
    }
    fn random(&self) -> u64 {
        7
    }
    fn unguessable(&self) -> u64 {
        unreachable!("no secret is needed")
    }
    fn datagrams(&self, _: std::net::SocketAddr) -> io::Result<host::Datagrams> {
        unreachable!("no datagram is needed")
    }
    fn listen_for_datagrams(&self, _: std::net::SocketAddr) -> io::Result<host::DatagramListener> {
        unreachable!("no datagram is needed")
    }
    fn connect(&self, _: &Endpoint) -> Connecting {
        unreachable!("no connection is needed")
    }
    fn listen(&self, _: &Endpoint, _: u32) -> io::Result<Listener> {
        unreachable!("no listener is needed")
    }
    fn resolve(&self, _: &str) -> Resolving {
        unreachable!("no name is needed")
    }
    fn spawn(&self, _: Task) {
        unreachable!("no task is needed")
    }
    fn open(&self, _: &str, _: &str) -> io::Result<Opened> {
        unreachable!("no file is needed")
    }
}

/// One backend that takes one request at a time.
fn narrow() -> config::Pool {
    let zero = Duration::ZERO;
    config::Pool {
        name: "app".to_string(),
        backends: vec![Backend { name: "b".to_string(), at: Address::parse("127.0.0.1:3000").expect("an address"), weight: 1 }],
        algorithm: Algorithm::RoundRobin,
        slow_start: zero,
        health: None,
        ejection: Ejection { failures: 0, count_5xx: false, base: zero, max: zero, max_percent: 0 },
        panic_percent: 0,
        retry: Retry { attempts: 0, budget_percent: 0, budget_min: 0, statuses: Vec::new() },
        max_in_flight: 1,
        queue: 1024,
        queue_timeout: zero,
        connect_timeout: zero,
        response_timeout: zero,
        transfer_timeout: zero,
        keep_alive: zero,
        protocol: decide::config::Protocol::Http1,
        keep_alive_connections: 0,
        tls: None,
        destinations: None,
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits until called; false if nobody calls within a minute.
fn called(waiter: &Waiter) -> bool {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    (0..600).any(|_| {
        let called = waiter.poll_called(&mut cx).is_ready();
        if !called {
            thread::park_timeout(Duration::from_millis(100));
        }
        called
    })
}

/// One request from its choice to its end; false if it was forgotten in the queue.
fn request(pool: &Arc<Pool>, host: &Host) -> bool {
    let mut place: Option<Waiter> = None;
    loop {
        match pool.select(host, None, &[], place.as_ref(), Instant::ZERO) {
            Selected::Backend { ticket, .. } => {
                ticket.finish(Outcome::Success { status: 200 }, Duration::ZERO, Instant::ZERO);
                return true;
            }
            Selected::Full(waiter) => {
                let waiter = waiter.expect("the queue has room");
                if !called(&waiter) {
                    pool.leave(&waiter);
                    return false;
                }
                place = Some(waiter);
            }
            Selected::None(why) => panic!("{why}"),
        }
    }
}

#[test]
fn a_place_that_becomes_free_while_another_thread_finds_none_is_not_lost() {
    let pool = Arc::new(Pool::new(0, &narrow(), 2));
    let (round, forgotten) = (Barrier::new(2), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let host = Host::new(Rc::new(Nothing), Timers::default());
                for _ in 0..20_000 {
                    // One request of each thread at a time: a third would call the forgotten one by its own end.
                    round.wait();
                    if !request(&pool, &host) {
                        forgotten.store(true, Ordering::Release);
                    }
                    round.wait();
                    if forgotten.load(Ordering::Acquire) {
                        return;
                    }
                }
            });
        }
    });
    assert!(!forgotten.into_inner(), "a request waits for a backend that is free");
    assert_eq!((pool.queued(), pool.status(Instant::ZERO)[0].in_flight), (0, 0));
}
