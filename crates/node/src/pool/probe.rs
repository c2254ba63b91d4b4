//! The tasks beside a pool: probes of its backends, the end of ejections, names resolved again, kept connections that grew old. Each ends
//! when its pool is no longer part of the configuration.

use crate::buffer::Buffer;
use crate::http2::{self, Asked};
use crate::pool::{Pool, resolve};
use crate::server::Worker;
use crate::tls;
use crate::transport::Transport;
use decide::config::{HealthCheck, Probe, Protocol};
use decide::pool::{orca, probe};
use decide::time::Duration;
use host::Host;
use std::future::poll_fn;
use std::io::IoSlice;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::task::Poll;
use wire::http::{Fields, Method, ResponseHead};
use wire::http1::{self, BodyDecoder, Limits, Parsed};

/// How often kept connections are looked at.
const SWEEP: Duration = Duration::from_secs(1);
/// What a probe reads of an answer's body.
const PROBE_BODY_BYTES: usize = 64 * 1024;
const PROBE_LIMITS: Limits = Limits { target_bytes: 8 * 1024, head_bytes: 32 * 1024, fields: 100 };

/// Starts the tasks of every pool that has none yet. One worker probes for all; each sweeps its own connections.
pub(crate) fn start(worker: &Rc<Worker>) {
    for pool in &worker.snapshot().pools {
        if !pool.swept[worker.index].swap(true, Ordering::Relaxed) {
            worker.host.spawn(sweep(worker.host.clone(), worker.index, Arc::downgrade(pool)));
        }
        if worker.index != 0 || pool.attended.swap(true, Ordering::Relaxed) {
            continue;
        }
        worker.host.spawn(expire(worker.clone(), Arc::downgrade(pool)));
        for backend in 0..pool.config.backends.len() {
            if let Some(check) = &pool.config.health {
                worker.host.spawn(attend(worker.clone(), Arc::downgrade(pool), backend, check.clone()));
            }
            if let decide::address::Address::Name(name, _) = &pool.config.backends[backend].at {
                worker.host.spawn(resolve::keep_resolved(worker.clone(), Arc::downgrade(pool), backend, name.clone()));
            }
        }
    }
}

async fn sweep(host: Host, worker: usize, pool: Weak<Pool>) {
    loop {
        host.sleep(SWEEP).await;
        let Some(pool) = pool.upgrade() else { return };
        pool.sweep(worker, host.now());
    }
}

/// Ejections end by themselves; this only says so when they do, and lets those in who wait.
async fn expire(worker: Rc<Worker>, pool: Weak<Pool>) {
    loop {
        let Some(at) = pool.upgrade().map(|pool| pool.next_expiry()) else { return };
        let now = worker.host.now();
        worker.host.sleep_until(at.unwrap_or(now + SWEEP).min(now + SWEEP).max(now + Duration::from_millis(1))).await;
        let Some(pool) = pool.upgrade() else { return };
        for step in pool.expire(worker.host.now()) {
            worker.tell_of(&pool, step);
        }
    }
}

/// Probes one backend for as long as its pool lives.
async fn attend(worker: Rc<Worker>, pool: Weak<Pool>, backend: usize, check: HealthCheck) {
    loop {
        {
            let Some(pool) = pool.upgrade() else { return };
            if pool.is_probed(backend) {
                let result = once(&worker, &pool, backend, &check).await;
                let now = worker.host.now();
                if let Ok(Some(load)) = result {
                    pool.reported_load(backend, load, now);
                }
                if let Some(step) = pool.probed(backend, result.map(drop), now) {
                    worker.tell_of(&pool, step);
                }
            }
        }
        let pause = probe::next_probe(check.interval, check.jitter, &mut worker.host.rng());
        worker.host.sleep(pause).await;
    }
}

/// One probe: the load that was reported, if any, or why it failed.
async fn once(worker: &Rc<Worker>, pool: &Arc<Pool>, backend: usize, check: &HealthCheck) -> Result<Option<f64>, &'static str> {
    let mut deadline = worker.host.deadline();
    deadline.set(worker.host.now() + check.timeout);
    let mut asking = Box::pin(ask(worker, pool, backend, &check.probe));
    poll_fn(|cx| {
        if let Poll::Ready(result) = asking.as_mut().poll(cx) {
            return Poll::Ready(result);
        }
        deadline.poll_passed(cx).map(|()| Err("no answer in time"))
    })
    .await
}

async fn ask(worker: &Rc<Worker>, pool: &Arc<Pool>, backend: usize, wanted: &Probe) -> Result<Option<f64>, &'static str> {
    let endpoint = pool.endpoint(backend).await.map_err(|error| error.sentence())?;
    let stream = worker.host.connect(&endpoint).await.map_err(|_| "the connection failed")?;
    let mut stream = tls::to_backend(&worker.host, worker.index, pool, backend, stream).await.map_err(|error| error.sentence())?;
    let Probe::Http { target, host, load_from_body, .. } = wanted else {
        // A server sees the end of the handshake, too.
        return write_all(&mut stream, b"").await.map(|()| None);
    };
    let address = pool.config.backends[backend].at.to_string();
    let host = if host.is_empty() { address.strip_prefix("unix:").map_or(&*address, |_| "localhost") } else { host };
    let name = &worker.snapshot().config.server.name;
    let (status, body) = if pool.config.protocol == Protocol::Http2 {
        let agent = format!("{name} (health probe)");
        let asked =
            Asked { target: target.as_bytes(), authority: host.as_bytes(), scheme: pool.scheme().as_bytes(), agent: agent.as_bytes() };
        http2::ask_once(worker, pool, stream, &asked, PROBE_BODY_BYTES).await?
    } else {
        ask_in_http1(worker, &mut stream, target, host, name).await?
    };
    probe::judge(wanted, status, &body)?;
    if !load_from_body {
        return Ok(None);
    }
    orca::load_from_text(&body).map(Some).ok_or("the body is no number")
}

async fn ask_in_http1(
    worker: &Rc<Worker>,
    stream: &mut Transport,
    target: &str,
    host: &str,
    name: &str,
) -> Result<(u16, Vec<u8>), &'static str> {
    let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {name} (health probe)\r\nConnection: close\r\n\r\n");
    write_all(stream, request.as_bytes()).await?;
    read_answer(worker, stream).await
}

async fn write_all(stream: &mut Transport, mut bytes: &[u8]) -> Result<(), &'static str> {
    while !bytes.is_empty() {
        let n = poll_fn(|cx| stream.poll_write(cx, &[IoSlice::new(bytes)])).await.map_err(|_| "the connection broke off")?;
        bytes = &bytes[n..];
    }
    poll_fn(|cx| stream.poll_flush(cx)).await.map_err(|_| "the connection broke off")
}

/// The status of the final answer, and the beginning of its body.
async fn read_answer(worker: &Rc<Worker>, stream: &mut Transport) -> Result<(u16, Vec<u8>), &'static str> {
    let mut input = Buffer::new(&worker.buffers);
    let mut head = ResponseHead::default();
    let meta = loop {
        match http1::parse_response(input.unread(), &PROBE_LIMITS, &Method::Get, &mut head).map_err(|_| "the answer is not HTTP")? {
            Parsed::Complete { len, meta } => {
                input.consume(len);
                if head.status >= 200 {
                    break meta;
                }
            }
            Parsed::Partial => {
                if poll_fn(|cx| input.poll_fill(cx, stream)).await.map_err(|_| "the connection broke off")? == 0 {
                    return Err("the connection closed before an answer");
                }
            }
        }
    };
    let mut decoder = BodyDecoder::new(meta.framing, PROBE_LIMITS);
    let (mut body, mut trailers) = (Vec::new(), Fields::new());
    while !decoder.is_done() && body.len() < PROBE_BODY_BYTES {
        let piece = decoder.decode(input.unread(), &mut trailers).map_err(|_| "the answer's body is broken")?;
        input.consume(piece.skip);
        let room = PROBE_BODY_BYTES - body.len();
        body.extend_from_slice(&input.unread()[..piece.data.min(room)]);
        input.consume(piece.data);
        if piece.skip + piece.data > 0 || piece.done {
            continue;
        }
        if poll_fn(|cx| input.poll_fill(cx, stream)).await.map_err(|_| "the connection broke off")? == 0 {
            decoder.end_of_input().map_err(|_| "the answer's body broke off")?;
        }
    }
    Ok((head.status, body))
}
