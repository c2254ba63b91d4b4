//! The recursive role over real sockets, in a tree that NSD serves: asked by a client of our own and by dig, held against Unbound.

use crate::names::Tree;
use crate::support::PATIENCE;
use crate::support::edge::Edge;
use crate::support::peers::find;
use crate::support::ports::free_address;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wire::dns::{Edns, Message, Name, Query, Record, RecordType, ResponseCode};

/// The role at work, and where.
struct Role {
    edge: Edge,
    at: SocketAddr,
}

impl Role {
    /// It walks in the tree.
    fn in_tree(tree: &Tree, more: &str) -> Role {
        Role::of(&format!("root = \"{}\"\n{more}", tree.place.at("root.hints")))
    }

    fn of(settings: &str) -> Role {
        let at = free_address();
        Role::start(&format!("[resolver]\nat = [\"{at}\"]\n{settings}"), at)
    }

    fn start(config: &str, at: SocketAddr) -> Role {
        let role = Role { edge: Edge::of(config), at };
        let began = Instant::now();
        while role.try_udp("localhost", "A", Duration::from_millis(100)).is_none() {
            assert!(began.elapsed() < PATIENCE, "it does not answer at {at}: {:?}", role.edge.errors());
        }
        role
    }

    fn try_udp(&self, name: &str, kind: &str, patience: Duration) -> Option<Message> {
        udp(self.at, &query(name, kind, true), patience)
    }

    fn udp(&self, name: &str, kind: &str) -> Message {
        self.try_udp(name, kind, PATIENCE).expect("an answer")
    }
}

fn query(name: &str, kind: &str, recursion_desired: bool) -> Message {
    let query = Query { name: Name::parse(name).expect("a name"), kind: RecordType::parse(kind).expect("a type") };
    Message::query(77, query, recursion_desired, Some(Edns { size: 1232, ..Edns::default() }))
}

fn udp(at: SocketAddr, query: &Message, patience: Duration) -> Option<Message> {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.set_read_timeout(Some(patience)).expect("a time limit");
    socket.connect(at).expect("an address");
    socket.send(&query.write().expect("it fits")).ok()?;
    let mut bytes = [0; 4096];
    let len = socket.recv(&mut bytes).ok()?;
    let message = Message::read(&bytes[..len]).expect("it can be read");
    assert_eq!((message.id, &message.question), (77, &query.question));
    Some(message)
}

/// Several questions on one connection, all sent before the first answer is read.
fn tcp(at: SocketAddr, queries: &[Message]) -> Vec<Message> {
    let mut stream = TcpStream::connect(at).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    for query in queries {
        let bytes = query.write().expect("it fits");
        let len = u16::try_from(bytes.len()).expect("it fits").to_be_bytes();
        stream.write_all(&[&len[..], &bytes].concat()).expect("it is sent");
    }
    let read = |_: &Message| {
        let mut len = [0; 2];
        stream.read_exact(&mut len).expect("an answer");
        let mut bytes = vec![0; usize::from(u16::from_be_bytes(len))];
        stream.read_exact(&mut bytes).expect("all of it");
        Message::read(&bytes).expect("it can be read")
    };
    queries.iter().map(read).collect()
}

/// The lines of a section, sorted: their order means nothing. `times`: with their times to live.
fn lines(records: &[Record], times: bool) -> Vec<String> {
    let line = |record: &Record| match times {
        true => record.to_string().to_lowercase(),
        false => format!("{} {} {}", record.owner, record.data.kind(), record.data).to_lowercase(),
    };
    let mut lines: Vec<String> = records.iter().map(line).collect();
    lines.sort();
    lines
}

const QUESTIONS: [(&str, &str); 35] = [
    ("www.example.test", "A"),
    ("WEB.example.test", "A"),
    ("web.example.test", "AAAA"),
    ("web.example.test", "HTTPS"),
    ("both.example.test", "A"),
    ("both.example.test", "TXT"),
    ("both.example.test", "CNAME"),
    ("lost.example.test", "A"),
    ("deep.a.b.example.test", "A"),
    ("a.b.example.test", "A"),
    ("b.example.test", "TXT"),
    ("x.old.example.test", "AAAA"),
    ("x.old.example.test", "A"),
    ("y.old.example.test", "A"),
    ("old.example.test", "DNAME"),
    ("any.wild.example.test", "A"),
    ("any.wild.example.test", "MX"),
    ("wild.example.test", "A"),
    ("empty.example.test", "A"),
    ("empty.example.test", "TXT"),
    ("nope.example.test", "A"),
    ("nope.example.test", "AAAA"),
    ("under.nope.example.test", "A"),
    ("mail.example.test", "MX"),
    ("_sip._udp.example.test", "SRV"),
    ("9.example.test", "PTR"),
    ("9.example.test", "NAPTR"),
    ("caa.example.test", "CAA"),
    ("example.test", "NS"),
    ("example.test", "SOA"),
    ("example.test", "DS"),
    ("ns.example.test", "A"),
    ("test", "NS"),
    ("nowhere.test", "A"),
    ("www.example.test", "TYPE700"),
];

#[test]
fn the_role_and_a_resolver_of_others_say_the_same() {
    let Some(tree) = Tree::start() else { return };
    let role = Role::in_tree(&tree, "");
    for (name, kind) in QUESTIONS {
        let query = query(name, kind, true);
        let (ours, theirs) = (role.udp(name, kind), udp(tree.resolver(), &query, PATIENCE).expect("an answer"));
        assert_eq!(ours.code, theirs.code, "{name} {kind}");
        let flags = |message: &Message| (message.flags.authoritative, message.flags.recursion_available, message.flags.authentic);
        assert_eq!(flags(&ours), (false, true, false), "{name} {kind}");
        assert_eq!(flags(&ours), flags(&theirs), "{name} {kind}");
        assert_eq!(lines(&ours.answer, false), lines(&theirs.answer, false), "{name} {kind}");
        let absent = |message: &Message| -> Vec<Record> {
            message.authority.iter().filter(|record| record.data.kind() == RecordType::SOA).cloned().collect()
        };
        assert_eq!(lines(&absent(&ours), false), lines(&absent(&theirs), false), "{name} {kind}");
        // Again, from what is known: the same, and of no longer time.
        let again = role.udp(name, kind);
        assert_eq!((again.code, lines(&again.answer, false)), (ours.code, lines(&ours.answer, false)), "{name} {kind}");
        assert!(ours.answer.iter().zip(&again.answer).all(|(first, later)| later.ttl <= first.ttl), "{name} {kind}");
    }
}

#[test]
fn what_does_not_fit_comes_by_tcp_and_many_questions_on_one_connection() {
    let Some(tree) = Tree::start() else { return };
    let role = Role::in_tree(&tree, "");
    let cut = role.udp("big.example.test", "A");
    assert!(cut.flags.truncated && cut.flags.recursion_available);
    let names = ["big.example.test", "www.example.test", "nope.example.test", "localhost"];
    let queries: Vec<Message> = (1..).zip(names).map(|(id, name)| Message { id, ..query(name, "A", true) }).collect();
    let mut answers = tcp(role.at, &queries);
    // RFC 7766 §6.2.1.1: in any order.
    answers.sort_by_key(|answer| answer.id);
    let told: Vec<(u16, u16, usize)> = answers.iter().map(|answer| (answer.id, answer.code.0, answer.answer.len())).collect();
    assert_eq!(told, [(1, 0, 100), (2, 0, 2), (3, 3, 0), (4, 0, 1)]);
}

#[test]
fn strangers_get_nothing_and_what_is_not_known_is_not_looked_up_without_recursion() {
    let Some(tree) = Tree::start() else { return };
    let role = Role::in_tree(&tree, "allow = [\"127.0.0.1\"]");
    let socket = UdpSocket::bind("127.0.0.2:0").expect("a port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    for name in ["www.example.test", "localhost"] {
        socket.send_to(&query(name, "A", true).write().expect("it fits"), role.at).expect("it is sent");
        let mut bytes = [0; 4096];
        let len = socket.recv(&mut bytes).expect("an answer");
        let answer = Message::read(&bytes[..len]).expect("it can be read");
        let edns = answer.edns.expect("the query has it");
        assert_eq!((answer.code, answer.flags.recursion_available), (ResponseCode(5), false));
        assert_eq!(edns.errors.first().map(|error| error.code), Some(18));
    }
    let known = |expected| {
        let answer = udp(role.at, &query("www.example.test", "A", false), PATIENCE).expect("an answer");
        assert_eq!((answer.code.0, answer.answer.len()), expected);
    };
    known((5, 0));
    role.udp("www.example.test", "A");
    known((0, 2));
    for kind in ["ANY", "AXFR", "IXFR"] {
        assert_eq!(role.udp("example.test", kind).code, ResponseCode(5), "{kind}");
    }
}

#[test]
fn when_the_servers_are_gone_the_client_gets_what_is_out_of_date() {
    let Some(mut tree) = Tree::start() else { return };
    let role = Role::in_tree(&tree, "max-ttl = \"1s\"\nserve-stale = \"1h\"");
    let fresh = role.udp("both.example.test", "A");
    assert_eq!((fresh.code.0, fresh.answer.len()), (0, 3));
    tree.servers.clear();
    let began = Instant::now();
    let stale = loop {
        let answer = role.udp("both.example.test", "A");
        let error = answer.edns.as_ref().and_then(|edns| edns.errors.first()).map(|error| error.code);
        assert_eq!((answer.code.0, lines(&answer.answer, false)), (0, lines(&fresh.answer, false)));
        if error == Some(3) {
            break answer;
        }
        assert!(began.elapsed() < PATIENCE, "it never became out of date");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(stale.answer.iter().all(|record| record.ttl == Duration::from_secs(30)));
    let failed = role.udp("deep.a.b.example.test", "A");
    let error = failed.edns.expect("the query has it").errors.into_iter().next().expect("it says why");
    assert_eq!((failed.code, error.code), (ResponseCode(2), 22));
    assert!(error.text.contains("nobody listens there"), "{}", error.text);
    role.edge.await_error(0, "name-unresolved");
}

#[test]
fn another_resolver_walks_and_a_reload_changes_who_may_ask() {
    let Some(tree) = Tree::start() else { return };
    let forward = format!("forward = [\"{}\"]", tree.resolver());
    let (at, http) = (free_address(), free_address());
    let config = |more: &str| format!("[[listener]]\nat = \"{http}\"\n[resolver]\nat = [\"{at}\"]\n{forward}\n{more}");
    let role = Role::start(&config(""), at);
    let (ours, theirs) = (role.udp("both.example.test", "A"), udp(tree.resolver(), &query("both.example.test", "A", true), PATIENCE));
    assert_eq!(lines(&ours.answer, false), lines(&theirs.expect("an answer").answer, false));
    role.edge.rewrite(&config("allow = [\"10.0.0.0/8\"]"));
    role.edge.signal("HUP");
    let began = Instant::now();
    while role.udp("both.example.test", "A").code != ResponseCode(5) {
        assert!(began.elapsed() < PATIENCE, "the reload holds");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn dig_understands_every_word() {
    let (Some(tree), Some(dig)) = (Tree::start(), find("dig")) else { return };
    let role = Role::in_tree(&tree, "");
    let ask = |arguments: &[&str]| {
        let mut command = Command::new(&dig);
        command.args(["@127.0.0.1", "-p", &role.at.port().to_string(), "+tries=1", "+timeout=60"]).args(arguments);
        let output = command.stdin(Stdio::null()).output().expect("dig runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let whole = ask(&["www.example.test"]);
    assert!(whole.contains("status: NOERROR") && whole.contains("flags: qr rd ra;"), "{whole}");
    assert!(whole.contains("COOKIE: ") && whole.contains("(good)"), "{whole}");
    let srv = ask(&["+short", "SRV", "_sip._udp.example.test"]);
    assert_eq!(srv.trim(), "1 2 5060 web.example.test.");
    assert_eq!(ask(&["+short", "-x", "127.0.0.1"]).trim(), "localhost.");
    assert_eq!(ask(&["+short", "big.example.test"]).lines().count(), 100, "it comes again by TCP by itself");
    let refused = ask(&["ANY", "example.test"]);
    assert!(refused.contains("status: REFUSED") && refused.contains("EDE: 21 (Not Supported)"), "{refused}");
}
