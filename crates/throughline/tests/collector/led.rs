//! The whole of it, through the binary: real routers, a file of routes and one of locations, and what dig is answered.

use crate::atlas;
use crate::real::client::Client;
use crate::real::edge::{BINARY, Edge};
use crate::real::place::Place;
use crate::routers::{GoBgp, run_bird};
use crate::storm::{NETWORKS, tell, updates};
use crate::support::{Folder, PATIENCE, Running, find, free};
use decide::collect::Generated;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use wire::network::Network;

const HOME: &str = "192.0.2.10";
const AMS: &str = "192.0.2.11";
const FRA: &str = "192.0.2.12";
const SIN: &str = "192.0.2.13";

/// The binary as a name server of one steered name, and whoever asks it.
pub(crate) struct Led {
    pub(crate) edge: Edge,
    pub(crate) at: SocketAddr,
}

impl Led {
    /// With these places and collectors; a place's number is the last of its address.
    pub(crate) fn start(place: Place, places: &[(&str, u8, &str)], rest: &str) -> Led {
        let at = free("127.0.0.1");
        let mut config = format!(
            "[admin]\nat = \"127.0.0.1:0\"\n[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\n[[site.route]]\nanswer = {{ body = \"\" }}\n\
             [dns]\nat = [\"{at}\"]\nrate = 0\n[zone.\"example.test\"]\n\
             [[zone.\"example.test\".record]]\nname = \"@\"\ntype = \"SOA\"\nvalues = [\"ns host 1 3600 600 86400 60\"]\n\
             [[zone.\"example.test\".record]]\nname = \"@\"\ntype = \"NS\"\nvalues = [\"ns\"]\n\
             [[zone.\"example.test\".record]]\nname = \"ns\"\ntype = \"A\"\nvalues = [\"192.0.2.53\"]\n\
             [[zone.\"example.test\".record]]\nname = \"www\"\nsteer = \"cdn\"\n\
             [steering.cdn]\nlayers = [\"topology\", \"geography\"]\nhold = \"0s\"\n"
        );
        for (name, last, more) in places {
            config += &format!("[pop.{name}]\naddresses = [\"192.0.2.{last}\"]\n{more}\n");
        }
        let led = Led { edge: Edge::with_place(place, &(config + rest)), at };
        let began = Instant::now();
        while led.dig("192.0.2.1").is_none() {
            assert!(began.elapsed() < PATIENCE, "no answer at {at}: {:#?}", led.edge.errors());
        }
        led
    }

    /// What dig is answered for a client: the address, and the length of the scope.
    pub(crate) fn dig(&self, client: &str) -> Option<(String, u8)> {
        let port = self.at.port().to_string();
        let subnet = format!("+subnet={client}/32");
        let arguments = ["@127.0.0.1", "-p", &port, "+tries=1", "+time=120", &subnet, "www.example.test", "A"];
        let dig = Command::new("dig").args(arguments).output().expect("dig runs");
        let text = String::from_utf8_lossy(&dig.stdout).into_owned();
        let address = text.lines().find(|line| line.starts_with("www.example.test."))?.split_whitespace().last()?.to_string();
        let scope = text.lines().find_map(|line| line.strip_prefix("; CLIENT-SUBNET: ")?.rsplit('/').next()?.parse().ok())?;
        Some((address, scope))
    }

    /// Asks until a client is led there.
    pub(crate) fn until(&self, client: &str, place: &str) -> u8 {
        let began = Instant::now();
        loop {
            let answer = self.dig(client);
            if let Some((address, scope)) = &answer
                && address == place
            {
                return *scope;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{client} is not led to {place} but {answer:?}: {:#?}\n{}",
                self.edge.errors(),
                self.status()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// `throughline ctl status`.
    pub(crate) fn status(&self) -> String {
        let admin = self.edge.at(1).to_string();
        let status = Command::new(BINARY).args(["ctl", "status", "--admin", &admin]).output().expect("it runs");
        String::from_utf8_lossy(&[status.stdout, status.stderr].concat()).into_owned()
    }

    fn metrics(&self) -> String {
        let at = self.edge.at(1);
        let mut client = Client::connect(at);
        client.send(format!("GET /metrics HTTP/1.1\r\nHost: {at}\r\n\r\n"));
        String::from_utf8(client.response().expect("an answer of the admin side").body).expect("text")
    }

    fn has_cleared(&self) -> bool {
        self.edge.errors().iter().any(|line| line.contains("routing-table-cleared"))
    }
}

fn bird(folder: &Folder, at: SocketAddr) -> String {
    let text = format!(
        "router id 127.0.0.9;
         protocol device {{}}
         protocol static staying {{ ipv4; route 203.0.113.0/24 unreachable; }}
         protocol static moving {{ ipv4; route 198.51.100.0/24 unreachable; }}
         protocol bgp told {{
           local 127.0.0.9 port {} as 65001;
           multihop; passive; neighbor 127.0.0.1 as 65000;
           ipv4 {{ import none; export all; next hop address 10.255.0.9; }};
         }}",
        at.port()
    );
    folder.write("bird.conf", &text).display().to_string()
}

fn birdc(program: &Path, folder: &Folder, words: &[&str]) {
    let control = folder.path("bird.ctl").display().to_string();
    let done = Command::new(program).args(["-s", &control]).args(words).output().expect("birdc runs");
    assert!(done.status.success(), "{words:?}: {done:?}");
}

/// Some address of a made-up table that no longer network of it is around.
fn somebody(table: &Generated) -> String {
    let networks = table.networks();
    let told = |network: &&Network| table.path(0, network).is_some() && network.address().is_ipv4();
    networks.iter().find(told).expect("it tells of most").address().to_string()
}

#[test]
fn three_routers_lead_and_what_becomes_of_them_is_followed() {
    let (Some(program), Some(control), Some(_)) = (find("bird"), find("birdc"), find("dig")) else { return };
    let folder = Folder::new("led");
    let (router, station) = (free("127.0.0.9"), free("127.0.0.1"));
    let place = Place::new();
    let table = Generated { seed: 7, v4: 2000, v6: 200, pops: 1, systems: 500 };
    let mut mrt = Vec::new();
    table.mrt(0, &mut |bytes| mrt.extend_from_slice(bytes));
    let (routes, cities) = (place.file("sin.mrt", mrt), place.file("cities.mmdb", atlas::file(&[("240.0.0.0/8", Some((1.3, 103.8)))])));
    let collectors = format!(
        "[geography]\nfile = \"{cities}\"\n\
         [[collector]]\npop = \"fra\"\nbgp = \"{router}\"\nlocal-as = 65000\nrouter-as = 65001\n\
         identifier = \"192.0.2.1\"\nhold-time = \"180s\"\nkeep = \"3s\"\n\
         [[collector]]\npop = \"ams\"\nbmp = \"{station}\"\nrouter = [\"127.0.0.0/8\"]\n\
         [[collector]]\npop = \"sin\"\nmrt = \"{routes}\"\n"
    );
    let configuration = bird(&folder, router);
    let mut running: Running = run_bird(&program, &folder, &configuration);
    let places = [("home", 10, "location = \"52.4, 4.9\""), ("ams", 11, ""), ("fra", 12, ""), ("sin", 13, "location = \"1.35, 103.82\"")];
    let led = Led::start(place, &places, &collectors);
    let server = format!(
        "[[bmp-servers]]\n[bmp-servers.config]\naddress = \"127.0.0.1\"\nport = {}\nroute-monitoring-policy = \"local-rib\"\n",
        station.port()
    );
    let Some(gobgp) = GoBgp::start("led-gobgp", free("127.0.0.12"), &server) else { return };
    gobgp.told(&["add", "198.51.100.0/24", "aspath", "65002,65003", "nexthop", "10.255.0.12", "-a", "ipv4"]);
    gobgp.told(&["add", "100.64.0.0/24", "aspath", "65002", "nexthop", "10.255.0.12", "-a", "ipv4"]);
    // Each layer, and each way for a table to come.
    assert_eq!(led.until("203.0.113.9", FRA), 24);
    assert_eq!(led.until("100.64.0.9", AMS), 24);
    led.until(&somebody(&table), SIN);
    led.until("240.1.2.3", SIN);
    led.until("250.1.2.3", HOME);
    // BIRD's way is shorter than GoBGP's, until BIRD withdraws it; and again when it is back.
    led.until("198.51.100.9", FRA);
    birdc(&control, &folder, &["disable", "moving"]);
    led.until("198.51.100.9", AMS);
    birdc(&control, &folder, &["enable", "moving"]);
    led.until("198.51.100.9", FRA);
    shown(&led);
    // It dies: what it told stays until it is cleared, and then others lead.
    running.kill();
    led.edge.await_error(0, " routing-session-down ");
    loop {
        let answer = led.dig("203.0.113.9").expect("an answer");
        if answer.0 != FRA {
            // The line that tells why may still be on its way to here.
            led.edge.await_error(0, "routing-table-cleared");
            break;
        }
        if led.has_cleared() {
            break;
        }
    }
    led.until("203.0.113.9", HOME);
    led.until("198.51.100.9", AMS);
    let _running = run_bird(&program, &folder, &configuration);
    led.until("203.0.113.9", FRA);
}

/// A real router's whole table comes as fast as it goes, and no query is lost meanwhile.
#[test]
#[expect(clippy::print_stderr, reason = "what was counted is worth a line")]
fn a_whole_table_comes_while_dig_asks() {
    let (Some(updates), Some(_)) = (updates(), find("dig")) else { return };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || tell(listener.accept().expect("a session").0, &updates));
    let collector = format!(
        "[[collector]]\npop = \"fra\"\nbgp = \"{at}\"\nlocal-as = 65000\n\
        router-as = 65001\nidentifier = \"192.0.2.1\"\nprefixes = 1_000_000\n"
    );
    let rest = collector + "[geography]\nfile = \"/nowhere/cities.mmdb\"\n";
    let led = Led::start(Place::new(), &[("home", 10, ""), ("fra", 12, "")], &rest);
    let (began, mut asked) = (Instant::now(), 0);
    let whole = |text: &str| {
        let count =
            text.split("throughline_steering_networks{steering=\"cdn\",from=\"ipv4\"} ").nth(1)?.lines().next()?.parse::<usize>().ok()?;
        Some(count >= NETWORKS)
    };
    while whole(&led.metrics()) != Some(true) {
        for client in ["8.8.8.8", "192.0.2.9", "1.1.1.1", "203.0.113.77"] {
            let answer = led.dig(client).unwrap_or_else(|| panic!("no answer for {client}: {:#?}", led.edge.errors()));
            assert!([HOME, FRA].contains(&answer.0.as_str()), "{answer:?}");
            asked += 1;
        }
        assert!(began.elapsed() < 5 * PATIENCE, "{:#?}", led.edge.errors());
    }
    assert_eq!(led.dig("8.8.8.8").expect("an answer").0, FRA);
    let status = std::fs::read_to_string(format!("/proc/{}/status", led.edge.pid())).expect("it runs");
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok()).expect("a peak");
    eprintln!("{NETWORKS} networks in {:?}, {asked} queries meanwhile, {} MB at the most", began.elapsed(), peak >> 10);
    assert!(peak < 1 << 20, "{peak} kB at the most");
}

/// What the operator sees of it.
fn shown(led: &Led) {
    let status = led.status();
    for says in ["place", "fra    serves", "cdn", "Established", "listening", "read", "live", "routing table", "geography"] {
        assert!(status.contains(says), "no {says:?} in\n{status}");
    }
    let metrics = led.metrics();
    for says in [
        "throughline_place_healthy{place=\"fra\"} 1",
        "throughline_steering_networks{steering=\"cdn\",from=\"ipv4\"} ",
        "throughline_steering_held{steering=\"cdn\"} 0",
        "throughline_routing_table_live{place=\"ams\",source=\"bmp 127.0.0.1 loc-rib",
        "throughline_geography_networks 1",
    ] {
        assert!(metrics.contains(says), "no {says:?} in\n{metrics}");
    }
}
