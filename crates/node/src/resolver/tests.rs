use super::*;
use decide::config::DnsLimits;
use decide::time::Duration;
use std::pin::pin;
use std::task::{Context, Poll, Wake, Waker};
use wire::dns::{Name, RecordType};

fn resolver() -> Arc<Resolver> {
    let limits = DnsLimits {
        datagram: 1232,
        cookies: true,
        cookie_secrets: Vec::new(),
        rate: 0,
        slip: 0,
        connections: 1,
        connections_per_address: 1,
        idle_timeout: Duration::from_secs(1),
    };
    Arc::new(Resolver::new(&config::Resolver {
        listeners: Vec::new(),
        limits,
        clients: Vec::new(),
        forward: Vec::new(),
        roots: Vec::new(),
        cache_entries: 100,
        max_ttl: Duration::from_secs(100),
        serve_stale: Duration::ZERO,
        lookups: 10,
    }))
}

/// One who looks, the moment he is told, how many walks are under way.
struct Looks {
    resolver: Arc<Resolver>,
    seen: Mutex<Vec<usize>>,
}

impl Wake for Looks {
    fn wake(self: Arc<Self>) {
        self.seen.lock().expect("no panic while it is held").push(self.resolver.under_way());
    }
}

/// On another worker, a client is told while the walk's own worker has done no more than tell him.
#[test]
fn whoever_is_told_finds_the_walk_over() {
    let resolver = resolver();
    let query = Query { name: Name::parse("a.example").expect("a name"), kind: RecordType::A };
    let begin = || {
        let walk = Arc::new(UnderWay::default());
        resolver.walks().insert(query.clone(), walk.clone());
        Ending { resolver: resolver.clone(), query: query.clone(), walk }
    };
    let first = begin();
    let looks = Arc::new(Looks { resolver: resolver.clone(), seen: Mutex::default() });
    let walk = first.walk.clone();
    let mut told = pin!(walk.reply());
    let waker = Waker::from(looks.clone());
    assert!(told.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    first.end(Reply::busy());
    assert_eq!(*looks.seen.lock().expect("no panic while it is held"), [0]);
    assert_eq!(told.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Ready(Reply::busy()));
    // Another walk for the same question may have begun before the first one's task is gone.
    let second = begin();
    drop(first);
    assert_eq!(resolver.under_way(), 1);
    drop(second);
    assert_eq!(resolver.under_way(), 0);
}
