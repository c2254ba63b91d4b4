//! Clients that are led to the nearest place by HTTP, and that measure which one it is.

use crate::joined::{TOKEN, go, request, server_steps, trusting};
use crate::support::http2::{Http2Client, settings};
use crate::support::{MS, Rig, SECOND, config, statuses};
use decide::config::{Action, Config, Forward, Layer, Measure, PathMatch, Pop, Route, Secret, Steering};
use decide::steer::{self, MeasuredTable, Places, State, Tables};
use decide::step::Step;
use decide::time::Duration;
use lab::peer::{Act, connect};
use lab::{VirtualHost, World};
use node::fetch::Given;
use std::net::IpAddr;
use std::sync::Arc;
use wire::network::Network;

fn pop(name: &str, url: Option<&str>) -> Pop {
    let url = url.map(ToString::to_string);
    Pop { name: name.to_string(), addresses: Vec::new(), pool: None, capacity: 0, location: None, url }
}

fn network(text: &str) -> Network {
    Network::parse(text).expect("a network")
}

/// A redirector for three places, of which the last has no URL, and what clients need to measure.
fn leading(status: u16) -> Config {
    let mut config = config(1);
    config.pops = vec![pop("fra", Some("https://fra.example")), pop("sin", Some("http://sin.example:8080")), pop("dark", None)];
    config.steerings = vec![Steering {
        name: "cdn".to_string(),
        pops: vec![0, 1, 2],
        layers: vec![Layer::Measured, Layer::Default],
        hold: Duration::ZERO,
        moves_per_minute: 100,
        measured_gain: 10,
        measure: Some(Measure {
            key: Some(Secret(vec![7; 32])),
            lifetime: 30 * SECOND,
            reports_per_minute: 4,
            half_life: 600 * SECOND,
            least_reports: 3,
            prefixes: 100,
        }),
    }];
    let routes = &mut config.sites[0].routes;
    routes[0].action = Action::Steer { steering: 0, status };
    let mut measure = Route { name: "measure".to_string(), action: Action::Measure(0), ..routes[0].clone() };
    measure.when.path = PathMatch::Prefix("/.throughline".to_string());
    routes.push(measure);
    config
}

/// What the server is led by when this is measured.
fn publish(rig: &Rig<'_>, version: u64, measured: Vec<(Network, Vec<(u16, Duration)>)>) -> Arc<steer::Steering> {
    let snapshot = rig.server.snapshot();
    let places = Arc::new(Places::of(&snapshot.config.steerings[0], &snapshot.config.pops));
    let tables = Tables { measured: Arc::new(MeasuredTable::new(measured)), ..Tables::default() };
    let steering = Arc::new(steer::Steering::new(version, places, tables, State::default()));
    rig.server.snapshot().steering(0).publish(steering.clone());
    steering
}

/// What a machine is answered to a request that it sends whole.
fn answer(rig: &Rig<'_>, from: &VirtualHost, request: &str) -> String {
    let client = connect(from, &rig.edge.at(80), vec![Act::send(request), Act::Finish, Act::AwaitEnd]);
    rig.over(&client);
    client.text()
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: cdn.example\r\nConnection: close\r\n\r\n")
}

fn field(answer: &str, name: &str) -> Option<String> {
    let mut lines = answer.split("\r\n\r\n").next()?.split("\r\n");
    Some(lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))?.to_string())
}

fn near_sin() -> Vec<(Network, Vec<(u16, Duration)>)> {
    vec![(network("10.0.0.0/24"), vec![(0, 90 * MS), (1, 10 * MS)]), (network("192.0.2.0/24"), vec![(0, 90 * MS), (2, 10 * MS)])]
}

#[test]
fn each_client_is_led_to_its_place_and_the_journey_says_why() {
    World::twice(1, |world| {
        let rig = Rig::new(world, leading(302));
        let (far, beside) = (world.host("far", "198.51.100.1"), world.host("beside", "192.0.2.1"));
        // Before there is a table, clients go to the first place.
        assert_eq!(field(&answer(&rig, &rig.client, &get("/a")), "Location"), Some("https://fra.example/a".to_string()));
        publish(&rig, 7, near_sin());
        let near = answer(&rig, &rig.client, &get("/a//b?c=d&e"));
        assert_eq!(statuses_of(&near), [302]);
        assert_eq!(field(&near, "Location").as_deref(), Some("http://sin.example:8080/a//b?c=d&e"));
        assert_eq!(field(&near, "Cache-Control").as_deref(), Some("private, max-age=0"));
        assert_eq!(field(&answer(&rig, &far, &get("//evil/x")), "Location").as_deref(), Some("https://fra.example//evil/x"));
        // The place that is nearest to this one has no URL: the next one that could be.
        assert_eq!(field(&answer(&rig, &beside, &get("/")), "Location").as_deref(), Some("https://fra.example/"));
        let steps: Vec<String> = rig.log.steps("redirected-to-pop").iter().map(|step| step.split_once(' ').expect("ms").1.into()).collect();
        let words =
            ["fra default  1 10.0.0.1", "sin measured 10.0.0.0/24 7 10.0.0.1", "fra default  7 198.51.100.1", "fra next-best  7 192.0.2.1"];
        assert_eq!(steps, words.map(|words| format!("redirected-to-pop {words} 3")));
        let site = &rig.server.metrics().counts().sites.into_iter().find(|site| site.name == "site").expect("it is counted");
        assert_eq!(site.led, [1, 0, 0, 2, 1]);
        rig.close();
    });
}

fn statuses_of(answer: &str) -> Vec<u16> {
    answer.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.get(..3)?.parse().ok()).collect()
}

#[test]
fn http2_is_led_alike_and_keeps_the_method_with_307() {
    World::twice(2, |world| {
        let rig = Rig::new(world, leading(307));
        publish(&rig, 1, near_sin());
        let answer = rig.run(async {
            let client = Http2Client::connect(&rig.client, &rig.edge.at(80), settings()).await;
            client.get("/a?b").await.expect("an answer")
        });
        assert_eq!((answer.status, answer.field("location")), (307, Some("http://sin.example:8080/a?b")));
        assert_eq!(answer.field("cache-control"), Some("private, max-age=0"));
        // What is sent with the request is left unread, and the connection serves on.
        let post = "POST /form HTTP/1.1\r\nHost: cdn.example\r\nContent-Length: 3\r\n\r\nabc";
        let client = rig.ask(vec![Act::send(post), Act::send(get("/b")), Act::AwaitEnd]);
        rig.over(&client);
        assert_eq!(statuses(&client), [307, 307]);
    });
}

#[test]
fn who_was_led_is_not_led_again() {
    World::twice(3, |world| {
        let rig = Rig::new(world, leading(302));
        publish(&rig, 1, near_sin());
        for host in ["fra.example", "SIN.example:8080", "fra.example:443"] {
            let looping = answer(&rig, &rig.client, &get("/x").replace("cdn.example", host));
            assert_eq!((statuses_of(&looping), field(&looping, "Location")), (vec![508], None), "{host}");
            assert!(looping.contains("one of the places"), "{looping}");
        }
        let odd = answer(&rig, &rig.client, "OPTIONS * HTTP/1.1\r\nHost: cdn.example\r\nConnection: close\r\n\r\n");
        assert!(field(&odd, "Location").is_none(), "{odd}");
        assert_eq!(rig.log.steps("redirected-to-pop").len(), 0);
    });
}

#[test]
fn places_without_a_url_are_nowhere() {
    World::twice(4, |world| {
        let mut config = leading(302);
        config.pops.iter_mut().for_each(|pop| pop.url = None);
        let rig = Rig::new(world, config);
        publish(&rig, 1, near_sin());
        let nowhere = answer(&rig, &rig.client, &get("/"));
        assert!(statuses_of(&nowhere) == [503] && nowhere.contains("none of the places that are left has a url"), "{nowhere}");
    });
}

#[test]
fn the_client_is_whom_a_trusted_proxy_names() {
    for (trust_client, place) in [(false, "http://sin.example:8080/"), (true, "https://fra.example/")] {
        World::twice(5, |world| {
            let mut config = leading(302);
            config.sites[0].forward = Forward { trust_client, ..config.sites[0].forward };
            let rig = Rig::new(world, config);
            publish(&rig, 1, near_sin());
            let request = get("/").replace("Connection", "X-Forwarded-For: 10.0.0.9, 203.0.113.5\r\nConnection");
            assert_eq!(field(&answer(&rig, &rig.client, &request), "Location").as_deref(), Some(place));
        });
    }
}

/// The redirect is the decision that DNS and `explain` show, for every client.
#[test]
fn the_redirect_is_the_decision() {
    World::twice(6, |world| {
        let mut config = leading(302);
        config.pops[2].url = Some("https://dark.example".to_string());
        let rig = Rig::new(world, config);
        let measured = (0..16_u8).map(|third| {
            let of = Network::of(IpAddr::from([192, 0, third, 0]), 22 + third % 3);
            (of, (0..3).map(|pop| (pop, u32::from(third.wrapping_mul(37 + pop as u8) % 50 + 1) * MS)).collect())
        });
        let steering = publish(&rig, 3, measured.collect());
        for third in 0..16_u8 {
            let from = IpAddr::from([192, 0, third, 77]);
            let client = world.host(&format!("c{third}"), &from.to_string());
            let decided = steering.answer(from);
            assert_eq!(decided, steering.decide(from).answer);
            let there = rig.server.snapshot().config.pops[usize::from(decided.pop)].url.clone().expect("it has one");
            assert_eq!(field(&answer(&rig, &client, &get("/p")), "Location"), Some(format!("{there}/p")), "{from}");
        }
    });
}

/// `trace` shows why it is led, and goes there as its next leg.
#[test]
fn a_trace_goes_on_at_the_place() {
    World::twice(11, |world| {
        let mut config = trusting(leading(302));
        config.pops[1].url = Some("http://b.example".to_string());
        let rig = Rig::new(world, config);
        publish(&rig, 7, near_sin());
        let place = rig.serve(0, |_| vec![Act::answer("here")]);
        let mut request = request("/a?b", Some(TOKEN), true);
        let there = Given { name: "b.example".to_string(), port: 80, addresses: vec![IpAddr::from([10, 0, 1, 1])] };
        request.given.push(there);
        let journey = rig.run(async { go(&rig, &request).await });
        let why = server_steps(&journey).into_iter().find(|(_, step)| step.starts_with("redirected-to-pop ")).expect("it is told").1;
        for part in ["\"pop\":\"sin\"", "\"layer\":\"measured\"", "\"prefix\":\"10.0.0.0/24\"", "\"version\":7", "\"candidates\":[{"] {
            assert!(why.contains(part), "{why}");
        }
        let legs: Vec<u16> =
            journey.steps().iter().filter_map(|(_, step)| if let Step::UrlRead { leg, .. } = step { Some(*leg) } else { None }).collect();
        assert_eq!(legs, [1, 2]);
        assert!(place.requests()[0].1.starts_with("GET /a?b HTTP/1.1\r\nHost: b.example\r\n"), "{:?}", place.requests());
    });
}

/// What a client is given with the script.
fn leave(rig: &Rig<'_>, from: &VirtualHost) -> String {
    let script = answer(rig, from, &get("/.throughline/probe.js"));
    assert_eq!(field(&script, "Cache-Control").as_deref(), Some("no-store"));
    script.split("\"leave\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a leave").to_string()
}

fn report(rig: &Rig<'_>, from: &VirtualHost, leave: &str, times: &str) -> u16 {
    post(rig, from, &format!("{{\"leave\":\"{leave}\",\"times\":{times}}}"), "")
}

fn post(rig: &Rig<'_>, from: &VirtualHost, body: &str, more: &str) -> u16 {
    let length = body.len();
    let head = format!("POST /.throughline/report HTTP/1.1\r\nHost: cdn.example\r\nConnection: close\r\n{more}Content-Length: {length}");
    statuses_of(&answer(rig, from, &format!("{head}\r\n\r\n{body}")))[0]
}

const NEAR_SIN: &str = "{\"fra\":90,\"sin\":10.5}";

#[test]
fn what_clients_measure_leads_their_network() {
    World::twice(7, |world| {
        let rig = Rig::new(world, leading(302));
        let measuring = rig.server.snapshot().measuring(0).expect("clients measure").clone();
        let clients: Vec<_> = (1..=5).map(|host| world.host(&format!("c{host}"), &format!("192.0.2.{host}"))).collect();
        for client in &clients[..3] {
            assert_eq!(measuring.table(world.now()), [], "three are asked for");
            assert_eq!(report(&rig, client, &leave(&rig, client), NEAR_SIN), 204);
        }
        let table = measuring.table(world.now());
        let times = vec![(0, 90 * MS), (1, Duration::from_micros(10_500))];
        assert_eq!(table, [(network("192.0.2.0/24"), times)]);
        publish(&rig, 2, table);
        // Who has reported nothing is led by his neighbours.
        assert_eq!(field(&answer(&rig, &clients[4], &get("/")), "Location").as_deref(), Some("http://sin.example:8080/"));
        assert_eq!(field(&answer(&rig, &rig.client, &get("/")), "Location").as_deref(), Some("https://fra.example/"));
        assert!(
            rig.log.steps("report-taken")[0].ends_with("report-taken 192.0.2.0/24 fra 90.0, sin 10.5"),
            "{:?}",
            rig.log.steps("report-taken")
        );
        // A reload keeps what was reported, while the places stay.
        rig.server.reload(&rig.edge.host(), leading(302));
        let again = rig.server.snapshot().measuring(0).expect("clients measure").clone();
        assert_eq!(again.table(world.now()).len(), 1);
        let mut other = leading(302);
        other.pops[0].name = "ber".to_string();
        rig.server.reload(&rig.edge.host(), other);
        assert_eq!(rig.server.snapshot().measuring(0).expect("clients measure").table(world.now()), []);
        rig.close();
    });
}

#[test]
fn a_forger_moves_no_network_that_he_is_not_in() {
    World::twice(8, |world| {
        let rig = Rig::new(world, leading(302));
        let measuring = rig.server.snapshot().measuring(0).expect("clients measure").clone();
        let victim = world.host("victim", "192.0.2.1");
        let forgers: Vec<_> = (1..=6).map(|host| world.host(&format!("f{host}"), &format!("203.0.113.{host}"))).collect();
        let forger = &forgers[0];
        let (own, stolen) = (leave(&rig, forger), leave(&rig, &victim));
        assert_eq!(report(&rig, forger, &stolen, NEAR_SIN), 403, "a leave of another network");
        let claims = "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.1\r\n";
        let body = format!("{{\"leave\":\"{stolen}\",\"times\":{NEAR_SIN}}}");
        assert_eq!(post(&rig, forger, &body, claims), 403, "nobody trusts what he says of his address");
        assert_eq!(report(&rig, forger, &own.replace(&own[100..], &"0".repeat(own.len() - 100)), NEAR_SIN), 403);
        assert_eq!(report(&rig, forger, &format!("f{}", &own[1..]), NEAR_SIN), 403, "a longer life");
        assert_eq!(report(&rig, forger, "", NEAR_SIN), 403);
        assert_eq!(report(&rig, forger, &own, NEAR_SIN), 204, "he has his own voice");
        assert_eq!(report(&rig, forger, &own, NEAR_SIN), 409, "and it is used");
        for _ in 0..10 {
            assert_eq!(report(&rig, forger, &leave(&rig, forger), NEAR_SIN), 429, "whatever he sends");
        }
        assert_eq!(measuring.table(world.now()), [], "of nobody");
        // Whoever has more addresses there has more voices, and so many a minute.
        let taken: Vec<u16> = forgers[1..].iter().map(|forger| report(&rig, forger, &leave(&rig, forger), NEAR_SIN)).collect();
        assert_eq!(taken, [204, 204, 204, 429, 429]);
        let moved: Vec<Network> = measuring.table(world.now()).into_iter().map(|(network, _)| network).collect();
        assert_eq!(moved, [network("203.0.113.0/24")]);
        let late = leave(&rig, &victim);
        rig.run_until(world.now() + 31 * SECOND);
        assert_eq!(report(&rig, &victim, &late, NEAR_SIN), 403, "it is over");
        rig.close();
    });
}

/// What clients have in hand outlives a reload, where the owner has given no key; and a change of the owner's key ends it.
#[test]
fn a_leave_outlives_a_reload() {
    World::twice(11, |world| {
        let with = |key: Option<&[u8]>| {
            let mut config = leading(302);
            config.steerings[0].measure.as_mut().expect("it is there").key = key.map(|key| Secret(key.to_vec()));
            config
        };
        let rig = Rig::new(world, with(None));
        let clients: Vec<_> = (1..=4).map(|host| world.host(&format!("c{host}"), &format!("192.0.2.{host}"))).collect();
        let leaves: Vec<String> = clients.iter().map(|client| leave(&rig, client)).collect();
        let steering = rig.server.snapshot().steering(0).clone();
        rig.server.reload(&rig.edge.host(), with(None));
        assert!(Arc::ptr_eq(&steering, rig.server.snapshot().steering(0)), "nor is anything worked out again");
        assert_eq!(report(&rig, &clients[0], &leaves[0], NEAR_SIN), 204);
        rig.server.reload(&rig.edge.host(), with(Some(&[7; 32])));
        assert_eq!(report(&rig, &clients[1], &leaves[1], NEAR_SIN), 403);
        rig.server.reload(&rig.edge.host(), with(None));
        assert_eq!(report(&rig, &clients[2], &leaves[2], NEAR_SIN), 403, "another one is drawn");
        assert_eq!(report(&rig, &clients[2], &leave(&rig, &clients[2]), NEAR_SIN), 204);
        rig.close();
    });
}

/// A report that comes a byte at a time, or not at all, is not waited for without end.
#[test]
fn a_report_that_does_not_come() {
    World::twice(12, |world| {
        let mut config = leading(302);
        config.limits.body_timeout = 5 * SECOND;
        let rig = Rig::new(world, config);
        let head = "POST /.throughline/report HTTP/1.1\r\nHost: cdn.example\r\n";
        for rest in ["Content-Length: 50\r\n\r\n", "Content-Length: 50\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n2\r\n{"] {
            let began = world.now();
            let client = connect(&rig.client, &rig.edge.at(80), vec![Act::send(format!("{head}{rest}")), Act::AwaitEnd]);
            rig.over(&client);
            assert_eq!(statuses_of(&client.text()), [408], "{rest}");
            assert!(world.now().since(began) < 20 * SECOND);
        }
        rig.close();
    });
}

#[test]
fn every_refusal_has_a_status_and_is_counted() {
    World::twice(9, |world| {
        let rig = Rig::new(world, leading(302));
        let client = &rig.client;
        assert_eq!(statuses_of(&answer(&rig, client, &get("/.throughline/report"))), [405]);
        let leave = leave(&rig, client);
        let told = |times: &str| format!("{{\"leave\":\"{leave}\",\"times\":{times}}}");
        assert_eq!(post(&rig, client, &told(NEAR_SIN), "Sec-Fetch-Site: cross-site\r\n"), 403);
        assert_eq!(post(&rig, client, &"x".repeat(5000), ""), 413);
        let chunked = "POST /.throughline/report HTTP/1.1\r\nHost: cdn.example\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(statuses_of(&answer(&rig, client, &format!("{chunked}1388\r\n{}\r\n0\r\n\r\n", "x".repeat(5000)))), [413]);
        assert_eq!(post(&rig, client, "{}", ""), 400);
        assert_eq!(post(&rig, client, &told("{\"ber\":1}"), ""), 400);
        assert_eq!(post(&rig, client, &told("{\"fra\":0}"), ""), 400);
        assert_eq!(post(&rig, client, &told(NEAR_SIN), "Sec-Fetch-Site: same-origin\r\n"), 204);
        let words: Vec<String> =
            rig.log.steps("report-refused").iter().map(|step| step.split(' ').skip(2).collect::<Vec<_>>().join(" ")).collect();
        let expected = ["405 method", "403 cross-site", "413 body", "413 body", "400 malformed", "400 unknown-place", "400 impossible"];
        assert_eq!(words, expected);
        let site = &rig.server.metrics().counts().sites.into_iter().find(|site| site.name == "site").expect("it is counted");
        assert_eq!(site.reports, [1, 1, 1, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
        rig.close();
    });
}

#[test]
fn the_object_may_be_timed_by_any_page_and_is_kept_by_nobody() {
    World::twice(10, |world| {
        let mut config = leading(302);
        config.steerings[0].measure = None;
        let rig = Rig::new(world, config);
        let object = answer(&rig, &rig.client, &get("/.throughline/probe?x"));
        let fields = ["Cache-Control", "Access-Control-Allow-Origin", "Timing-Allow-Origin"].map(|name| field(&object, name));
        assert_eq!(fields, ["no-store", "*", "*"].map(|value| Some(value.to_string())));
        assert!(statuses_of(&object) == [200] && object.len() < 400, "{object}");
        // A place needs no more than this: it hands out no leave, and is told nothing.
        assert_eq!(statuses_of(&answer(&rig, &rig.client, &get("/.throughline/probe.js"))), [404]);
        assert_eq!(post(&rig, &rig.client, "{}", ""), 404);
        assert_eq!(statuses_of(&answer(&rig, &rig.client, &get("/.throughline/else"))), [404]);
        let head = answer(&rig, &rig.client, &get("/.throughline/probe").replace("GET", "HEAD"));
        assert!(statuses_of(&head) == [200] && head.ends_with("\r\n\r\n"), "{head}");
        assert_eq!(statuses_of(&answer(&rig, &rig.client, &get("/.throughline/probe").replace("GET", "DELETE"))), [405]);
    });
}
