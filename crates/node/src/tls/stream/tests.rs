use super::super::Listeners;
use super::super::backend::Clients;
use super::super::made::Authority;
use super::super::store::Store;
use super::*;
use decide::address::Address;
use decide::config::*;
use decide::random::{Random, SplitMix};
use decide::time::Calendar;
use host::ByteStream;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::task::Waker;

/// 2026-11-22
const NOW: Calendar = Calendar(Duration::from_secs(1_795_305_600));

/// One direction between two ends: bytes on their way, and whether there will be more.
#[derive(Default)]
struct Pipe {
    bytes: VecDeque<u8>,
    ended: bool,
    /// The most that is on its way, and that one read or write moves; 0 for no limit.
    most: usize,
}

/// One end.
struct End {
    read: Arc<Mutex<Pipe>>,
    write: Arc<Mutex<Pipe>>,
}

impl ByteStream for End {
    fn poll_read(&mut self, _: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut pipe = self.read.lock().unwrap();
        if pipe.bytes.is_empty() {
            return if pipe.ended { Poll::Ready(Ok(0)) } else { Poll::Pending };
        }
        let n = into.len().min(pipe.bytes.len()).min(if pipe.most == 0 { usize::MAX } else { pipe.most });
        into.iter_mut().zip(pipe.bytes.drain(..n)).for_each(|(to, from)| *to = from);
        Poll::Ready(Ok(n))
    }

    fn poll_write(&mut self, _: &mut Context<'_>, from: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let mut pipe = self.write.lock().unwrap();
        let room = if pipe.most == 0 { usize::MAX } else { pipe.most.saturating_sub(pipe.bytes.len()) };
        if room == 0 {
            return Poll::Pending;
        }
        let before = pipe.bytes.len();
        pipe.bytes.extend(from.iter().flat_map(|slice| slice.iter()).take(room));
        Poll::Ready(Ok(pipe.bytes.len() - before))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write.lock().unwrap().ended = true;
        Poll::Ready(Ok(()))
    }

    fn reset(&mut self) {}
}

impl Drop for End {
    fn drop(&mut self) {
        self.write.lock().unwrap().ended = true;
    }
}

/// What either side of a connection needs.
struct Rig {
    store: Arc<Store>,
    listeners: Listeners,
    clients: Clients,
    pipes: [Arc<Mutex<Pipe>>; 2],
}

impl Rig {
    fn new(oldest: TlsVersion, most: usize) -> Rig {
        let authority = Authority::new();
        let store = Store::new();
        store.configure(&[authority.sign(&["backend.example"], [2026, 2027])], NOW);
        store.tell_time(NOW);
        let tls = Tls {
            min_version: TlsVersion::Tls12,
            client_certificates: None,
            tickets: Some(Duration::from_secs(3600)),
            look_interval: Duration::from_secs(60),
            key_log: false,
        };
        let listeners = Listeners::of(&tls, &[Protocol::Http1], &store);
        let pool = PoolTls { verify: Some(Arc::new(vec![authority.der])), server_name: None, certificate: None, min_version: oldest };
        let clients = Clients::new(&pool, decide::config::Protocol::Http1, 1);
        clients.tell_time(NOW);
        let pipe = || Arc::new(Mutex::new(Pipe { most, ..Pipe::default() }));
        Rig { store, listeners, clients, pipes: [pipe(), pipe()] }
    }

    fn ends(&self) -> (Stream, Stream) {
        let [up, down] = &self.pipes;
        for pipe in [up, down] {
            let mut pipe = pipe.lock().unwrap();
            *pipe = Pipe { most: pipe.most, ..Pipe::default() };
        }
        let end =
            |read: &Arc<Mutex<Pipe>>, write: &Arc<Mutex<Pipe>>| Stream::Virtual(Box::new(End { read: read.clone(), write: write.clone() }));
        (end(down, up), end(up, down))
    }

    /// Client and server, after their handshake.
    fn connect(&self) -> (Box<TlsStream>, Box<TlsStream>) {
        let (near, far) = self.ends();
        let contact = self.clients.contact(0, &Address::parse("backend.example:443").unwrap()).unwrap();
        let mut client = TlsStream::client(near, contact).unwrap();
        let mut server = TlsStream::server(far, self.listeners.get(0).unwrap().clone()).unwrap();
        let mut done = [false; 2];
        for _ in 0..100_000 {
            done[0] = done[0] || now(|cx| client.poll_handshake(cx)).is_some_and(|result| result.map(|()| true).unwrap());
            done[1] = done[1] || now(|cx| server.poll_handshake(cx)).is_some_and(|result| result.map(|()| true).unwrap());
            if done[0] {
                let _ = now(|cx| client.poll_flush(cx));
            }
            if done == [true; 2] {
                return (client, server);
            }
        }
        panic!("the handshake does not end: {done:?}");
    }
}

fn now<T>(poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Option<T> {
    match poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}

/// Sends all of `bytes` in slices of these lengths, while the other side reads with room for `room`.
fn carry(from: &mut TlsStream, to: &mut TlsStream, bytes: &[u8], lengths: [usize; 2], room: usize) -> Vec<u8> {
    let (mut sent, mut got, mut into) = (0, Vec::new(), vec![0; room]);
    for _ in 0..1_000_000 {
        if sent < bytes.len() {
            let first = &bytes[sent..(sent + lengths[0]).min(bytes.len())];
            let second = &bytes[sent + first.len()..(sent + first.len() + lengths[1]).min(bytes.len())];
            if let Some(n) = now(|cx| from.poll_write(cx, &[IoSlice::new(first), IoSlice::new(second)])) {
                sent += n.unwrap();
            }
        }
        let _ = now(|cx| from.poll_flush(cx));
        while let Some(n) = now(|cx| to.poll_read(cx, &mut into)) {
            let n = n.unwrap();
            assert!(n > 0, "an end that nobody sent");
            got.extend_from_slice(&into[..n]);
        }
        if got.len() == bytes.len() {
            return got;
        }
    }
    panic!("{} of {} bytes arrived", got.len(), bytes.len());
}

fn noise(len: usize) -> Vec<u8> {
    let mut random = SplitMix::new(7);
    (0..len).map(|_| random.next() as u8).collect()
}

#[test]
fn bytes_come_through_however_they_are_cut() {
    for version in [TlsVersion::Tls12, TlsVersion::Tls13] {
        for most in [0, 1, 7, 1000, 16_401] {
            let rig = Rig::new(version, most);
            let (mut client, mut server) = rig.connect();
            let len = if most == 1 { 40_000 } else { 200_000 };
            let bytes = noise(len);
            for (lengths, room) in [([100, 20_000], 4096), ([70_000, 5], 131_072), ([16_384, 16_384], 100)] {
                assert!(carry(&mut client, &mut server, &bytes, lengths, room) == bytes, "{version:?} {most} {lengths:?}");
                assert!(carry(&mut server, &mut client, &bytes, lengths, room) == bytes, "{version:?} {most} {lengths:?}");
            }
        }
    }
}

#[test]
fn nothing_is_held_while_nothing_is_on_its_way() {
    let rig = Rig::new(TlsVersion::Tls13, 0);
    let (mut client, mut server) = rig.connect();
    carry(&mut client, &mut server, &noise(100_000), [1000, 0], 4096);
    carry(&mut server, &mut client, &noise(100_000), [1000, 0], 4096);
    for stream in [&mut client, &mut server] {
        assert!(now(|cx| stream.poll_read(cx, &mut [0; 10])).is_none());
        assert_eq!(stream.flow.held(), 0);
    }
}

#[test]
fn an_end_that_was_said_is_an_end_and_one_that_was_not_is_an_error() {
    let rig = Rig::new(TlsVersion::Tls13, 0);
    let (mut client, mut server) = rig.connect();
    now(|cx| server.poll_write(cx, &[IoSlice::new(b"all")])).unwrap().unwrap();
    drop(server);
    let mut into = [0; 10];
    assert_eq!(now(|cx| client.poll_read(cx, &mut into)).unwrap().unwrap(), 3);
    assert_eq!(now(|cx| client.poll_read(cx, &mut into)).unwrap().unwrap(), 0);
    assert_eq!(now(|cx| client.poll_read(cx, &mut into)).unwrap().unwrap(), 0, "and stays one");

    let (mut client, mut server) = rig.connect();
    now(|cx| server.poll_write(cx, &[IoSlice::new(b"a part")])).unwrap().unwrap();
    drop(server.into_stream());
    assert_eq!(now(|cx| client.poll_read(cx, &mut into)).unwrap().unwrap(), 6);
    let error = now(|cx| client.poll_read(cx, &mut into)).unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn one_direction_may_end_before_the_other() {
    let rig = Rig::new(TlsVersion::Tls13, 0);
    let (mut client, mut server) = rig.connect();
    now(|cx| client.poll_shutdown(cx)).unwrap().unwrap();
    assert!(now(|cx| client.poll_write(cx, &[IoSlice::new(b"more")])).unwrap().is_err());
    assert_eq!(now(|cx| server.poll_read(cx, &mut [0; 10])).unwrap().unwrap(), 0);
    assert!(carry(&mut server, &mut client, &noise(50_000), [1000, 1000], 1000) == noise(50_000));
}

#[test]
fn tickets_leave_an_idle_connection_quiet_and_bytes_do_not() {
    let rig = Rig::new(TlsVersion::Tls13, 0);
    let (mut client, mut server) = rig.connect();
    // The server has something to say: its tickets lie behind its handshake.
    assert!(now(|cx| server.poll_read(cx, &mut [0; 10])).is_none());
    assert!(!rig.pipes[1].lock().unwrap().bytes.is_empty(), "tickets are on their way");
    assert!(client.is_quiet());
    assert_eq!(client.flow.held(), 0);
    // With what was kept, the next connection signs nothing.
    let (_, mut resumed) = rig.connect();
    assert!(resumed.secured(Duration::ZERO).resumed);
    now(|cx| server.poll_write(cx, &[IoSlice::new(b"unasked")])).unwrap().unwrap();
    assert!(!client.is_quiet());
    let (mut client, server) = rig.connect();
    drop(server);
    assert!(!client.is_quiet(), "the end of stream");
}

#[test]
fn what_was_agreed_is_told() {
    let rig = Rig::new(TlsVersion::Tls13, 0);
    let (_client, mut server) = rig.connect();
    let secured = server.secured(Duration::from_millis(5));
    assert_eq!((secured.version, secured.alpn, &*secured.server_name, secured.resumed), ("TLSv1.3", "http/1.1", "backend.example", false));
    assert_eq!((secured.group, secured.cipher), ("X25519MLKEM768", "TLS13_AES_256_GCM_SHA384"));
}

#[test]
fn nonsense_is_refused_with_an_alert_and_never_a_panic() {
    let rig = Rig::new(TlsVersion::Tls13, 0);
    let (near, _far) = rig.ends();
    drop(near);
    // A real ClientHello, to be spoiled.
    let (near, far) = rig.ends();
    let contact = rig.clients.contact(0, &Address::parse("backend.example:443").unwrap()).unwrap();
    let mut client = TlsStream::client(near, contact).unwrap();
    assert!(now(|cx| client.poll_handshake(cx)).is_none());
    let hello: Vec<u8> = rig.pipes[0].lock().unwrap().bytes.iter().copied().collect();
    drop((client, far));
    let mut random = SplitMix::new(1);
    for _ in 0..2000 {
        let (near, far) = rig.ends();
        let mut server = TlsStream::server(far, rig.listeners.get(0).unwrap().clone()).unwrap();
        let mut spoiled = hello.clone();
        for _ in 0..1 + random.next() % 8 {
            let at = random.next() as usize % spoiled.len();
            spoiled[at] = random.next() as u8;
        }
        spoiled.truncate(1 + random.next() as usize % (2 * spoiled.len()));
        rig.pipes[0].lock().unwrap().bytes.extend(spoiled);
        while let Some(Ok(())) = now(|cx| server.poll_handshake(cx)) {}
        let _ = now(|cx| server.poll_read(cx, &mut [0; 100]));
        drop((near, server));
    }
    let _ = &rig.store;
}

#[test]
fn http_without_tls_is_known_for_what_it_is() {
    let rig = Rig::new(TlsVersion::Tls13, 0);
    let (_near, far) = rig.ends();
    let mut server = TlsStream::server(far, rig.listeners.get(0).unwrap().clone()).unwrap();
    rig.pipes[0].lock().unwrap().bytes.extend(b"GET / HTTP/1.1\r\n");
    assert_eq!(now(|cx| server.poll_handshake(cx)), Some(Err(Trouble::NotTls)));
}
