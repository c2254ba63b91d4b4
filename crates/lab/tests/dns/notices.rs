//! Other name servers are told that a zone has changed: when, how often, and what ends it.

use crate::support::{Rig, dns, limits};
use decide::config::{Config, Secret, TsigAlgorithm, TsigKey, Zone, ZoneRecord};
use decide::time::{Duration, Instant};
use lab::{VirtualDatagrams, VirtualHost, World};
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use wire::dns::tsig::Tsig;
use wire::dns::{Data, Message, Name, ResponseCode, Soa};

const SECONDARY: &str = "10.0.0.3:53";

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

/// A configuration with a zone of this serial, and one server to be told; with a key, if it is to be signed.
fn config(serial: u32, signed: bool) -> Config {
    let (apex, server) = (name("example.test"), name("ns.example.test"));
    let soa = Soa { primary: server.clone(), mailbox: server.clone(), serial, refresh: 1, retry: 1, expire: 1, minimum: 1 };
    let record = |owner: &Name, data| ZoneRecord { owner: owner.clone(), ttl: 60, data };
    let address = record(&server, Data::A([192, 0, 2, 1].into()));
    let records = vec![record(&apex, Data::Soa(soa)), record(&apex, Data::Ns(server)), address];
    let notify = vec![(SECONDARY.parse().expect("an address"), signed.then_some(0))];
    let mut config = dns(limits());
    let dns = config.dns.as_mut().expect("it has one");
    dns.keys = vec![TsigKey { name: name("transfer"), algorithm: TsigAlgorithm::Sha256, secret: Secret(b"secret".to_vec()) }];
    dns.zones = vec![Zone { name: apex, records, sets: Vec::new(), transfer: Vec::new(), notify, at: Vec::new() }];
    config
}

/// The second at which each notice came, and the serial that it tells of.
type Came = Rc<RefCell<Vec<(u64, u32)>>>;

/// A server that keeps what it is told, and answers what `answer` makes of it.
fn secondary(host: &VirtualHost, mut answer: impl FnMut(usize, Message) -> Option<Vec<u8>> + 'static) -> Came {
    let came = Came::default();
    let (kept, socket, clock) =
        (came.clone(), host.datagrams_at(SECONDARY.parse().expect("an address")).expect("a free port"), host.host());
    host.spawn(async move { listen(&socket, &kept, &clock, &mut answer).await });
    came
}

async fn listen(socket: &VirtualDatagrams, came: &Came, clock: &host::Host, answer: &mut impl FnMut(usize, Message) -> Option<Vec<u8>>) {
    while let Ok((bytes, from)) = socket.receive().await {
        let message = Message::read(&bytes).expect("a message");
        let Data::Soa(soa) = &message.answer[0].data else { panic!("no SOA: {message:?}") };
        assert_eq!((message.flags.opcode, message.flags.authoritative), (4, true));
        came.borrow_mut().push((clock.now().since(Instant::ZERO).as_secs(), soa.serial));
        let number = came.borrow().len();
        if let Some(bytes) = answer(number, message) {
            socket.send_to(&bytes, from).expect("it is sent");
        }
    }
}

fn acknowledged(mut message: Message, code: u16) -> Vec<u8> {
    message.flags.response = true;
    message.code = ResponseCode(code);
    message.answer.clear();
    message.write().expect("short")
}

fn seconds(rig: &Rig<'_>, seconds: u64) {
    rig.run(rig.world.sleep(Duration::from_secs(seconds)));
}

#[test]
fn it_is_told_until_it_answers() {
    let world = World::new(1);
    let host = world.host("secondary", "10.0.0.3");
    let rig = Rig::new(&world, config(7, false));
    // Nobody listens there at first.
    seconds(&rig, 2);
    let came = secondary(&host, |number, message| (number == 2).then(|| acknowledged(message, 0)));
    seconds(&rig, 3600);
    assert_eq!(*came.borrow(), [(3, 7), (7, 7)]);
    rig.server.reload(&rig.edge.host(), config(7, false));
    seconds(&rig, 3600);
    assert_eq!(came.borrow().len(), 2, "nothing has changed");
    rig.server.reload(&rig.edge.host(), config(8, false));
    seconds(&rig, 3600);
    assert_eq!(came.borrow()[2], (7202, 8));
    assert_eq!(came.borrow().len(), 2 + 6, "it is given up");
    rig.server.reload(&rig.edge.host(), config(6, false));
    seconds(&rig, 3600);
    assert_eq!(came.borrow().len(), 2 + 6, "what they have counts as newer");
    rig.close();
}

#[test]
fn a_newer_version_ends_the_notices_of_the_one_before() {
    let world = World::new(2);
    let host = world.host("secondary", "10.0.0.3");
    let rig = Rig::new(&world, config(7, false));
    let came = secondary(&host, |_, message| match &message.answer[0].data {
        Data::Soa(soa) if soa.serial == 8 => Some(acknowledged(message, 0)),
        _ => None,
    });
    seconds(&rig, 5);
    rig.server.reload(&rig.edge.host(), config(8, false));
    seconds(&rig, 3600);
    assert_eq!(*came.borrow(), [(0, 7), (1, 7), (3, 7), (5, 8)]);
    rig.close();
}

#[test]
fn a_refusal_ends_it() {
    let world = World::new(3);
    let host = world.host("secondary", "10.0.0.3");
    let rig = Rig::new(&world, config(7, false));
    let came = secondary(&host, |_, message| Some(acknowledged(message, 9)));
    seconds(&rig, 3600);
    assert_eq!(*came.borrow(), [(0, 7)]);
    rig.close();
}

#[test]
fn an_answer_without_the_signature_is_none() {
    let world = World::new(4);
    let host = world.host("secondary", "10.0.0.3");
    let rig = Rig::new(&world, config(7, true));
    let came = secondary(&host, |_, message| Some(acknowledged(message, 0)));
    seconds(&rig, 3600);
    assert_eq!(came.borrow().len(), 6);
    rig.close();
}

#[test]
fn notices_are_signed() {
    let world = World::new(5);
    let host = world.host("secondary", "10.0.0.3");
    let at: SocketAddr = SECONDARY.parse().expect("an address");
    let socket = host.datagrams_at(at).expect("a free port");
    let rig = Rig::new(&world, config(7, true));
    let (bytes, _) = rig.run(socket.receive()).expect("a notice");
    let (tsig, _) = Tsig::read(&bytes).expect("it can be read").expect("it is signed");
    assert_eq!((tsig.key, tsig.mac.len()), (name("transfer"), 32));
    drop(socket);
    rig.close();
}
