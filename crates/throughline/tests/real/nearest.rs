//! A browser that measures which of three places is nearest, goes there, and says so; and a forger beside it. The places are listeners
//! of one server in this process, each behind a line of its own length.

use crate::support::PATIENCE;
use crate::support::peers::find;
use crate::support::place::Place;
use crate::support::ports::free_addresses;
use decide::address::Address;
use decide::config::{Action, Config, Measure, Pop, Secret, Steering};
use decide::steer::{self, MeasuredTable, Places, State, Tables};
use decide::step::{Journey, ListenerRef, Step, Texts};
use decide::time::{Calendar, Duration};
use node::{Reader, Server, Snapshot};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use wire::network::Network;

/// How long each place's line takes, one way. The nearest is neither the first nor the last.
const LINES: [Duration; 3] = [Duration::from_millis(120), Duration::from_millis(5), Duration::from_millis(240)];
const NEAREST: usize = 1;

const PAGE: &str = "<!doctype html><title>test</title><script src=\"/.throughline/probe.js\" data-go></script><p>a page";

/// A line in front of a server that hands on whatever comes, later. It goes with the process.
fn line(to: SocketAddr, takes: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let at = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for near in listener.incoming() {
            let (Ok(near), Ok(far)) = (near, TcpStream::connect(to)) else { continue };
            for (mut from, mut to) in [(clone(&near), clone(&far)), (clone(&far), clone(&near))] {
                std::thread::spawn(move || {
                    let mut bytes = [0; 16 * 1024];
                    while let Ok(len @ 1..) = from.read(&mut bytes) {
                        // The line itself, and no wait for something.
                        std::thread::sleep(takes);
                        if to.write_all(&bytes[..len]).is_err() {
                            break;
                        }
                    }
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
    at
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a descriptor")
}

/// Which requests are over: listener, target and status.
#[derive(Default)]
struct Seen(Mutex<Over>, Condvar);

/// How many are over, and of each its listener, target and status.
type Over = (usize, Vec<(u16, String, u16)>);

impl Reader for Seen {
    fn journey(&self, journey: &mut Journey, _: &Arc<Snapshot>) {
        let (mut at, mut asked, mut answered) = (ListenerRef::default(), String::new(), 0);
        for (_, step) in journey.steps() {
            match *step {
                Step::Accepted { listener, .. } => at = listener,
                Step::Asked { target, .. } => asked = String::from_utf8_lossy(journey.text(target)).into_owned(),
                Step::Delivered { status, .. } => answered = status,
                _ => {}
            }
        }
        self.0.lock().expect("no panic while it is held").1.push((at.0, asked, answered));
        self.1.notify_all();
    }

    fn event(&self, _: Calendar, step: Step, _: &Texts, _: &Arc<Snapshot>) {
        if matches!(step, Step::Listening { .. }) {
            self.0.lock().expect("no panic while it is held").0 += 1;
            self.1.notify_all();
        }
    }
}

impl Seen {
    fn wait(&self, until: impl Fn(usize, &[(u16, String, u16)]) -> bool) {
        let seen = self.0.lock().expect("no panic while it is held");
        let waited = self.1.wait_timeout_while(seen, 3 * PATIENCE, |seen| !until(seen.0, &seen.1)).expect("no panic while it is held");
        assert!(!waited.1.timed_out(), "it did not happen: {:?}", waited.0);
    }
}

/// A redirector and three places, at work until it is dropped.
struct Running {
    at: Vec<SocketAddr>,
    server: Arc<Server>,
    seen: Arc<Seen>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn start() -> Running {
        let at: Vec<SocketAddr> = free_addresses::<4>().to_vec();
        let (config, seen) = (config(&at), Arc::new(Seen::default()));
        let reader = seen.clone();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let work = |host: host::Host| async move {
                let server = Server::new(&host, config, 1, BTreeMap::new(), vec![reader as Arc<dyn Reader>]);
                tell.send(server.clone()).expect("the test waits for it");
                server.work(host, 0).await.expect("listening");
            };
            host::os::run(work).expect("an event loop");
        });
        let server = told.recv().expect("a server");
        seen.wait(|listening, _| listening == 4);
        Running { at, server, seen, thread: Some(thread) }
    }

    /// What is believed of a network, by place.
    fn believed(&self, network: &str) -> Option<Vec<(u16, Duration)>> {
        let network = Network::parse(network).expect("a network");
        let table = self.server.snapshot().measuring(0).expect("clients measure").table(self.server.began());
        Some(table.into_iter().find(|(known, _)| *known == network)?.1)
    }

    /// Leads clients by what is believed.
    fn publish(&self) {
        let snapshot = self.server.snapshot();
        let measured = snapshot.measuring(0).expect("clients measure").table(self.server.began());
        let tables = Tables { measured: Arc::new(MeasuredTable::new(measured)), ..Tables::default() };
        let places = Arc::new(Places::of(&snapshot.config.steerings[0], &snapshot.config.pops));
        self.server.snapshot().steering(0).publish(Arc::new(steer::Steering::new(1, places, tables, State::default())));
    }

    /// The answer to a request that is sent from this address of the loopback.
    fn ask(&self, from: &str, request: &str) -> String {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
        let from: IpAddr = from.parse().expect("an address");
        socket.bind(&SocketAddr::new(from, 0).into()).expect("an address of this machine");
        socket.connect(&self.at[0].into()).expect("it listens");
        let mut stream = TcpStream::from(socket);
        stream.write_all(request.as_bytes()).expect("it is taken");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    fn get(&self, from: &str, target: &str) -> String {
        self.ask(from, &format!("GET {target} HTTP/1.1\r\nHost: cdn.example\r\nConnection: close\r\n\r\n"))
    }

    fn report(&self, from: &str, leave: &str, times: &str) -> String {
        let body = format!("{{\"leave\":\"{leave}\",\"times\":{times}}}");
        let head = "POST /.throughline/report HTTP/1.1\r\nHost: cdn.example\r\nConnection: close\r\nX-Forwarded-For: 127.0.0.1\r\n";
        self.ask(from, &format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()))
    }

    fn leave(&self, from: &str) -> String {
        let script = self.get(from, "/.throughline/probe.js");
        script.split("\"leave\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a leave").to_string()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.drain(Calendar::default());
        let ended = self.thread.take().expect("it is taken once").join();
        assert!(ended.is_ok() || std::thread::panicking(), "the worker panicked");
    }
}

/// The first listener is the redirector's, the others the places'.
fn config(at: &[SocketAddr]) -> Config {
    let route = |path: &str, body: &str| {
        let body = body.replace('\\', "\\\\").replace('"', "\\\"");
        format!("[[site.route]]\npath = \"{path}\"\nanswer = {{ content-type = \"text/html\", body = \"{body}\" }}\n")
    };
    let listeners: String = at.iter().map(|at| format!("[[listener]]\nat = \"{at}\"\n")).collect();
    let routes: String = [route("/page", PAGE), route("/go", ""), route("/.throughline/*", "")].concat();
    let mut config = throughline::settings::load(&format!("{listeners}[[site]]\n{routes}"), "t.toml").expect("it is right");
    let routes = &mut config.sites[0].routes;
    routes[1].action = Action::Steer { steering: 0, status: 302 };
    routes[2].action = Action::Measure(0);
    config.listeners.iter().zip(at).for_each(|(listener, at)| assert_eq!(listener.at, Address::Ip(*at)));
    let pop = |(number, (at, takes)): (usize, (&SocketAddr, Duration))| Pop {
        name: format!("place{number}"),
        addresses: Vec::new(),
        pool: None,
        capacity: 0,
        location: None,
        url: Some(format!("http://{}", line(*at, takes))),
    };
    config.pops = at[1..].iter().zip(LINES).enumerate().map(pop).collect();
    config.steerings = vec![Steering {
        name: "cdn".to_string(),
        pops: vec![0, 1, 2],
        layers: vec![decide::config::Layer::Measured, decide::config::Layer::Default],
        hold: Duration::ZERO,
        moves_per_minute: 100,
        measured_gain: 10,
        measure: Some(Measure {
            key: Some(Secret(b"known to this test only".to_vec())),
            lifetime: Duration::from_secs(60),
            reports_per_minute: 10,
            half_life: Duration::from_secs(600),
            least_reports: 1,
            prefixes: 100,
        }),
    }];
    config
}

/// A browser at a page, until the end of its test.
struct Browser(Child, #[expect(dead_code, reason = "its profile goes with it")] Place);

impl Browser {
    fn open(url: &str) -> Option<Browser> {
        let (program, place) = (find("chromium")?, Place::new());
        let mut command = Command::new(program);
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server"]);
        command.args(["--disable-background-networking", "--disable-component-update", "--disable-extensions", "--disable-sync"]);
        command.args(["--remote-debugging-port=0", &format!("--user-data-dir={}", place.at("profile")), url]);
        command.env("HOME", place.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Some(Browser(command.spawn().expect("Chromium starts"), place))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_browser_goes_to_the_fastest_place_and_its_network_follows() {
    let running = Running::start();
    let Some(_browser) = Browser::open(&format!("http://{}/page?a=b", running.at[0])) else { return };
    let nearest = u16::try_from(1 + NEAREST).expect("a listener");
    // It arrives there, at the same page, and stays: there the script has measured again and led nowhere.
    running.seen.wait(|_, seen| {
        let has = |at: u16, target: &str| seen.iter().any(|(listener, asked, _)| (*listener, asked.as_str()) == (at, target));
        has(0, "/.throughline/report") && has(nearest, "/page?a=b") && has(nearest, "/.throughline/report")
    });
    let seen = running.seen.0.lock().expect("no panic while it is held").1.clone();
    let pages: Vec<u16> = seen.iter().filter(|(_, target, _)| target == "/page?a=b").map(|(listener, ..)| *listener).collect();
    assert_eq!(pages, [0, nearest], "{seen:?}");
    let reports: Vec<u16> = seen.iter().filter(|(_, target, _)| target == "/.throughline/report").map(|(.., status)| *status).collect();
    assert_eq!(reports, [204, 429], "one address is one voice: {seen:?}");
    // Warming up, and then four times, of each place.
    let timed = |at: u16| seen.iter().filter(|(listener, target, _)| *listener == at && target.starts_with("/.throughline/probe?")).count();
    assert!((1..=3).all(|at| timed(at) >= 5), "{seen:?}");

    let times = running.believed("127.0.0.0/24").expect("it has reported");
    let (_, nearest_time) = times[NEAREST];
    assert_eq!(times.len(), 3);
    assert!(times.iter().zip(LINES).all(|((_, time), line)| *time >= line), "no time is shorter than the line: {times:?}");
    assert!(times.iter().all(|(_, time)| *time >= nearest_time), "{times:?}");
    running.publish();
    let led = running.get("127.0.0.9", "/go?c=d");
    let url = running.server.snapshot().config.pops[NEAREST].url.clone().expect("it has one");
    assert!(led.contains(&format!("\r\nLocation: {url}/go?c=d\r\n")), "{led}");
}

#[test]
fn a_forger_on_other_addresses_moves_nobody_else() {
    let running = Running::start();
    let (victim, forger) = ("127.0.0.1", "127.0.77.1");
    let honest = running.leave(victim);
    assert!(running.report(victim, &honest, r#"{"place0":120,"place1":10,"place2":240}"#).starts_with("HTTP/1.1 204"));
    let before = running.believed("127.0.0.0/24");
    let forged = r#"{"place0":120,"place1":9000,"place2":0.1}"#;
    let stolen = running.leave(victim);
    assert!(running.report(forger, &stolen, forged).starts_with("HTTP/1.1 403"), "a leave of another network");
    assert!(running.report(forger, &honest, forged).starts_with("HTTP/1.1 403"), "one that was used");
    for host in 1..=20 {
        let from = format!("127.0.77.{host}");
        let status = if host <= 10 { "HTTP/1.1 204" } else { "HTTP/1.1 429" };
        let answer = running.report(&from, &running.leave(&from), forged);
        assert!(answer.starts_with(status), "{from}: {answer}");
    }
    assert_eq!(running.believed("127.0.0.0/24"), before);
    assert_eq!(running.believed("127.0.77.0/24").expect("his own")[1].1, Duration::from_secs(9));
    running.publish();
    let place =
        |from| running.get(from, "/go").split("Location: http://").nth(1).and_then(|rest| rest.split('/').next()).map(str::to_string);
    let url =
        |pop: usize| running.server.snapshot().config.pops[pop].url.clone().and_then(|url| Some(url.strip_prefix("http://")?.to_string()));
    assert_eq!(place(victim), url(1));
    assert_eq!(place("127.0.77.200"), url(2), "his own network goes where he says");
}

/// What the guide says to write is right, and the guide's words are those of the program.
#[test]
fn the_guide_is_right() {
    let guide = include_str!("../../../../docs/guide/nearest-by-http.md");
    let written = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a configuration");
    let rest = "[[listener]]\nat = \"127.0.0.1:0\"\n[pool.app]\nbackends = [\"127.0.0.1:3000\"]\n";
    let loaded = throughline::settings::load_with(&format!("{written}{rest}"), "guide.toml", &[]);
    let loaded = loaded.unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    assert_eq!(loaded.config.sites[0].routes[1].action, Action::Steer { steering: 0, status: 302 });
    assert_eq!(loaded.config.sites[1].routes[0].action, Action::Measure(0));
    for word in node::metrics::REPORTS {
        assert!(guide.contains(&format!("`{word}`")), "{word} is not in the guide");
    }
}
