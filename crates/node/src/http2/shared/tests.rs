use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;
use wire::http::{FieldWriter, RequestHead};
use wire::http1;
use wire::http2::{Config, Event, Role};

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

const CONFIG: Config = Config {
    header_table_bytes: 4096,
    max_streams: 10,
    stream_window: 1 << 20,
    connection_window: 1 << 20,
    max_frame_bytes: 16 * 1024,
    limits: http1::Limits { target_bytes: 100, head_bytes: 16_384, fields: 32 },
    connect_protocol: false,
    output_bytes: 64 * 1024,
};

/// A server's connection on which streams with these priorities have begun to answer.
fn answering(priorities: &[&str]) -> (Rc<Shared>, Vec<StreamHandle>) {
    let (mut client, mut server) = (Connection::new(Role::Client, CONFIG), Connection::new(Role::Server, CONFIG));
    for priority in priorities {
        let id = client.open().expect("room");
        let mut head = client.begin_request(id, &RequestHead::default(), b"/", b"a", b"http");
        head.field(b"priority", priority.as_bytes());
        head.end(true);
    }
    let (mut input, mut ids) = (client.output(), Vec::new());
    while !input.is_empty() {
        let (taken, event) = server.receive(input, std::time::Duration::ZERO).expect("our own words");
        input = &input[taken..];
        if let Some(Event::Request { stream, .. }) = event {
            server.begin_response(stream, 200).end(false);
            ids.push(stream);
        }
    }
    let shared = Shared::new(server);
    let handles = ids.into_iter().map(|id| StreamHandle::new(shared.clone(), id)).collect();
    (shared, handles)
}

/// What the pump does when everything goes out at once.
fn pump(shared: &Shared) -> Option<Event> {
    let mut machine = shared.machine();
    let len = machine.output().len();
    machine.sent(len);
    machine.poll_event()
}

fn write(stream: &mut StreamHandle, cx: &mut Context<'_>) {
    while stream.poll_write(cx, &[IoSlice::new(&[0; 30_000])]).is_ready() {}
}

#[test]
fn who_gives_up_its_turn_wakes_the_pump_for_whoever_has_it() {
    let (shared, mut streams) = answering(&["u=5", "u=1"]);
    let woken = Arc::new(Woken::default());
    let (waker, pumping) = (Waker::noop(), Waker::from(woken.clone()));
    let mut cx = Context::from_waker(waker);
    shared.rest(&Context::from_waker(&pumping));
    let [late, urgent] = &mut streams[..] else { panic!("two streams") };
    write(late, &mut cx);
    let told = pump(&shared);
    assert_eq!(told, Some(Event::Writable { stream: late.id }));
    // Before its task runs, the more urgent one fills the output, and all of that goes out.
    write(urgent, &mut cx);
    assert_eq!(pump(&shared), None, "the room was promised");
    let before = woken.0.load(Ordering::Relaxed);
    assert!(late.poll_write(&mut cx, &[IoSlice::new(b"late")]).is_pending());
    assert_eq!(woken.0.load(Ordering::Relaxed), before + 1, "nothing else would wake it");
    assert_eq!(pump(&shared), Some(Event::Writable { stream: urgent.id }));
    // Who had no turn to give up has nothing to tell.
    assert!(late.poll_write(&mut cx, &[IoSlice::new(b"late")]).is_pending());
    assert_eq!(woken.0.load(Ordering::Relaxed), before + 1);
}
