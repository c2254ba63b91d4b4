//! Both ends of a request: whoever shows a token of the site is told the server's side, at its place in the client's time; nobody else is
//! told anything, and no backend sees the token.

use crate::support::{MS, Rig, caching, config};
use decide::config::Config;
use decide::step::{Journey, Step};
use decide::time::{Duration, Instant};
use lab::World;
use lab::peer::Act;
use node::fetch::{Given, Request, TraceToken, Watcher, fetch};

struct Nobody;

impl Watcher for Nobody {
    fn step(&mut self, _: &Journey) {}
    fn progress(&mut self, _: &Journey, _: u64) {}
    fn body(&mut self, _: &[u8]) -> std::io::Result<()> {
        Ok(())
    }
}

pub(crate) const TOKEN: &str = "cZ1rJ3b8Ywq5";

pub(crate) fn trusting(mut config: Config) -> Config {
    config.sites[0].trace_tokens = vec![node::token::hash(b"another"), node::token::hash(TOKEN.as_bytes())];
    config
}

pub(crate) fn request(path: &str, token: Option<&str>, in_clear: bool) -> Request {
    let address = "10.0.0.2".parse().expect("an address");
    Request {
        url: format!("http://a.example{path}"),
        method: None,
        fields: Vec::new(),
        body: None,
        http1_only: false,
        insecure: false,
        trust: Box::new(|| Ok(Vec::new())),
        given: vec![Given { name: "a.example".to_string(), port: 80, addresses: vec![address] }],
        connect: None,
        names: decide::resolve::Settings::default(),
        trace_token: token.map(|token| TraceToken { token: token.to_string(), in_clear }),
        secrets: None,
        max_time: None,
        redirects: Some(10),
        socket: node::fetch::Socket::default(),
        raw: false,
        text: false,
        page: None,
    }
}

/// Asks, and returns the journey with what came of the server's side in it.
pub(crate) async fn go(rig: &Rig<'_>, request: &Request) -> Journey {
    fetch(&rig.client.host(), request, &mut Nobody).await
}

pub(crate) fn server_steps(journey: &Journey) -> Vec<(u128, String)> {
    let text = |text| String::from_utf8_lossy(journey.text(text)).into_owned();
    let steps = journey.steps().iter();
    let told = steps.filter_map(|(at, step)| match step {
        Step::ServerStep { name, fields } => Some((at.since(Instant::ZERO).as_micros(), format!("{} {}", text(*name), text(*fields)))),
        _ => None,
    });
    told.collect()
}

fn unjoined(journey: &Journey) -> Option<String> {
    let why = journey.steps().iter().find_map(|(_, step)| if let Step::ServerUnjoined { why } = step { Some(*why) } else { None })?;
    Some(String::from_utf8_lossy(journey.text(why)).into_owned())
}

#[test]
fn the_servers_steps_stand_between_request_and_answer() {
    World::twice(1, |world| {
        let rig = Rig::new(world, trusting(caching(1)));
        let backend = rig.serve(0, |_| {
            vec![Act::Wait(40 * MS), Act::send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 4\r\n\r\npage")]
        });
        let (miss, hit) =
            rig.run(async { (go(&rig, &request("/page", Some(TOKEN), true)).await, go(&rig, &request("/page", Some(TOKEN), true)).await) });
        let told = server_steps(&miss);
        let names: Vec<&str> = told.iter().map(|(_, step)| step.split(' ').next().unwrap_or_default()).collect();
        let expected = ["accepted", "asked", "routed", "cache-miss", "picked", "connected", "answered", "cache-store", "delivered"];
        assert_eq!(names, expected, "{told:?}");
        assert!(told[2].1.contains("\"action\":\"pool\"") && told[4].1.contains("\"backend\":\"app/"), "names and no numbers: {told:?}");
        let when = |wanted: fn(&Step) -> bool| {
            miss.steps().iter().find(|(_, step)| wanted(step)).map(|(at, _)| at.since(Instant::ZERO).as_micros())
        };
        let sent = when(|step| matches!(step, Step::RequestSent { .. })).expect("it was sent");
        let ended = when(|step| matches!(step, Step::BodyReceived { .. })).expect("it ended");
        assert!(told.iter().all(|(at, _)| (sent..=ended).contains(at)), "{sent} {ended} {told:?}");
        assert!(told.is_sorted_by_key(|(at, _)| *at), "{told:?}");
        let again = server_steps(&hit);
        assert!(again.iter().any(|(_, step)| step.starts_with("cache-hit")), "{again:?}");
        let heads: String = backend.text();
        assert!(!heads.to_ascii_lowercase().contains("throughline-trace") && !heads.contains(TOKEN), "{heads}");
        assert!(heads.contains("traceparent: 00-"), "everyone else's tools: {heads}");
        rig.close();
        (told, again)
    });
}

#[test]
fn without_the_sites_token_nothing_is_told_and_nothing_is_different() {
    World::twice(2, |world| {
        let mut two = trusting(config(1));
        two.sites[0].trace_tokens.remove(0);
        let rig = Rig::new(world, two);
        let backend = rig.serve(0, |request| {
            let missing = request.head.contains("/.throughline/");
            vec![Act::send(if missing {
                "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
            } else {
                "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage"
            })]
        });
        let (none, wrong, clear) = rig.run(async {
            (
                go(&rig, &request("/page", None, true)).await,
                go(&rig, &request("/page", Some("another"), true)).await,
                go(&rig, &request("/page", Some(TOKEN), false)).await,
            )
        });
        for journey in [&none, &wrong, &clear] {
            assert!(server_steps(journey).is_empty());
        }
        assert_eq!(unjoined(&none), None);
        // The path is the site's own for who has no token: its backend answered.
        assert!(unjoined(&wrong).is_some_and(|why| why.contains("404")));
        assert!(unjoined(&clear).is_some_and(|why| why.contains("others could read it")));
        let heads: String = backend.text();
        assert!(!heads.to_ascii_lowercase().contains("throughline-trace"), "{heads}");
        assert_eq!(heads.matches("/.throughline/journey/").count(), 1, "{heads}");
        rig.close();
    });
}

#[test]
fn an_id_is_of_no_use_to_who_has_no_token() {
    World::twice(3, |world| {
        let rig = Rig::new(world, trusting(config(1)));
        let backend = rig.serve(0, |_| vec![Act::send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage")]);
        let parent = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
        let ask = |path: &str, token: &str| {
            Act::send(format!("GET {path} HTTP/1.1\r\nHost: a.example\r\n{token}traceparent: 00-{parent}-01\r\n\r\n"))
        };
        let (mine, other) = (format!("Throughline-Trace: {TOKEN}\r\n"), "Throughline-Trace: another\r\n".to_string());
        let twice = format!("{mine}{other}");
        let journey = format!("/.throughline/journey/{parent}");
        let client = rig.ask(vec![
            ask("/page", &mine),
            Act::await_bytes("page"),
            // The site's other token, none, and two at once.
            ask(&journey, &other),
            Act::await_bytes("no such journey"),
            ask(&journey, ""),
            Act::await_bytes("page"),
            ask(&journey, &twice),
            Act::await_bytes("page"),
            ask(&journey, &mine),
            Act::await_bytes("throughline.journey/1"),
            Act::Close,
        ]);
        rig.run(async { rig.world.sleep(Duration::from_secs(5)).await });
        assert!(client.text().ends_with("]}\n"), "{}", client.text());
        let seen = backend.text();
        assert_eq!((seen.matches("GET /page").count(), seen.matches(&journey).count()), (1, 2), "{seen}");
        // The log and the backend call it as the client does.
        assert!(seen.contains("4bf92f3577b34da6a3ce929d0e0e4736\r\n"), "{seen}");
        rig.close();
    });
}
