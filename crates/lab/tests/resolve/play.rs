//! A scenario, played: virtual name servers, and a virtual machine that looks up names.

use crate::authority;
use crate::script::{Script, Server};
use crate::serve;
use decide::resolve::{Cache, Resolved, Trouble};
use decide::step::{Journey, Step, Value};
use decide::time::Instant;
use host::{Host, Stream};
use lab::{VirtualHost, World};
use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::future::poll_fn;
use std::io::IoSlice;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// All steps and all results, as text.
pub(crate) fn play(script: &Script) -> String {
    let world = World::new(1);
    let counts: Vec<Counted> = script.servers.iter().map(|server| start(&world, server)).collect();
    if !script.asks.is_empty() {
        return serve::play(script, &world, &counts);
    }
    let client = world.host("client", "10.9.9.9");
    client.put_file("/etc/hosts", script.hosts.as_bytes());
    client.put_file("/etc/resolv.conf", script.resolv_conf.as_bytes());
    let mut out = String::new();
    let mut cache = Cache::new(1000);
    for (name, port, at) in &script.lookups {
        let mut journey = Journey::default();
        let run = async {
            client.host().sleep_until(Instant::ZERO + *at).await;
            node::resolve::resolve_with(&client.host(), &script.settings, name, *port, &mut cache, &mut journey).await
        };
        let result = world.run(run).expect("the lookup ends");
        tell(&mut out, name, &journey, &result);
    }
    out
}

fn start(world: &World, server: &Server) -> Counted {
    let counted = Counted { address: server.address, queries: Rc::default() };
    let machine = world.host(&format!("server {}", server.address), &server.address.to_string());
    let at = SocketAddr::new(server.address, 53);
    let behaviour = Rc::new(RefCell::new(copy(server)));
    let delay = server.delay;
    let (host, of_udp, queries, dies) = (machine.host(), behaviour.clone(), counted.queries.clone(), Instant::ZERO + server.dies);
    let socket = Rc::new(machine.datagrams_at(at).expect("a free port"));
    machine.spawn(async move {
        while let Ok((bytes, from)) = socket.receive().await {
            queries.set(queries.get() + 1);
            if host.now() >= dies {
                continue;
            }
            let replies = authority::answer(&mut of_udp.borrow_mut(), "udp", &bytes);
            let (socket, later) = (socket.clone(), host.clone());
            host.spawn(async move {
                later.sleep(delay).await;
                for reply in replies {
                    let source = reply.from.unwrap_or(at);
                    socket.send_as(&reply.bytes, source, from).expect("the client is there");
                }
            });
        }
    });
    if server.tcp {
        machine.spawn(serve_tcp(machine.clone(), at, behaviour));
    }
    counted
}

/// How many datagrams a server was sent.
pub(crate) struct Counted {
    pub(crate) address: IpAddr,
    pub(crate) queries: Rc<Cell<u32>>,
}

/// A server, for the machine on which it runs.
fn copy(server: &Server) -> Server {
    let zones = server.zones.iter().map(|zone| crate::script::Zone { origin: zone.origin.clone(), records: zone.records.clone() });
    Server { address: server.address, zones: zones.collect(), specials: server.specials.clone(), ..*server }
}

async fn serve_tcp(machine: VirtualHost, at: SocketAddr, server: Rc<RefCell<Server>>) {
    let host: Host = machine.host();
    let mut listener = host.listen(&host::Endpoint::Ip(at), 16).expect("a free port");
    while let Ok((mut stream, _)) = poll_fn(|cx| listener.poll_accept(cx)).await {
        let server = server.clone();
        machine.spawn(async move {
            let mut bytes = Vec::new();
            while !whole(&bytes) {
                let mut piece = [0; 512];
                match poll_fn(|cx| stream.poll_read(cx, &mut piece)).await {
                    Ok(0) | Err(_) => return,
                    Ok(n) => bytes.extend_from_slice(&piece[..n]),
                }
            }
            let replies = authority::answer(&mut server.borrow_mut(), "tcp", &bytes[2..]);
            for reply in replies {
                let len = u16::try_from(reply.bytes.len()).expect("it fits").to_be_bytes();
                write_all(&mut stream, &[&len[..], &reply.bytes].concat()).await;
            }
        });
    }
}

fn whole(bytes: &[u8]) -> bool {
    bytes.first_chunk::<2>().is_some_and(|len| bytes.len() >= 2 + usize::from(u16::from_be_bytes(*len)))
}

async fn write_all(stream: &mut Stream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match poll_fn(|cx| stream.poll_write(cx, &[IoSlice::new(bytes)])).await {
            Ok(n) => bytes = &bytes[n..],
            Err(_) => return,
        }
    }
}

fn tell(out: &mut String, name: &str, journey: &Journey, result: &Result<Resolved, Trouble>) {
    let _ = writeln!(out, "lookup of {name}");
    let began = journey.steps().first().map(|(at, _)| *at).unwrap_or_default();
    for (at, step) in journey.steps() {
        let _ = write!(out, "  {:>5} ms  {}", at.since(began).as_millis(), step.name());
        tell_fields(out, journey, step);
        out.push('\n');
    }
    match result {
        Ok(resolved) => {
            let _ = writeln!(out, "  {}: {:?} for {} s", resolved.name, resolved.addresses, resolved.ttl.as_secs());
            for service in &resolved.services {
                let _ = writeln!(out, "  {service:?}");
            }
        }
        Err(trouble) => _ = writeln!(out, "  {trouble}"),
    }
}

/// All fields but those that the time at the beginning of the line tells, and those that are empty.
fn tell_fields(out: &mut String, journey: &Journey, step: &Step) {
    step.fields(|field, value| {
        let text = match value {
            Value::Text(text) => String::from_utf8_lossy(journey.text(text)).into_owned(),
            Value::Word(word) => word.to_string(),
            Value::Number(number) | Value::Bytes(number) => number.to_string(),
            Value::Span(span) if field != "took" => format!("{}s", span.as_secs()),
            _ => return,
        };
        if !text.is_empty() && field != "size" {
            let _ = match text.contains(' ') {
                true => write!(out, " {field}={text:?}"),
                false => write!(out, " {field}={text}"),
            };
        }
    });
}
