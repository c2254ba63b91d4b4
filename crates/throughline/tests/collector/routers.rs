//! BIRD and GoBGP as BGP speakers, FRR and GoBGP as BMP speakers. Ports of theirs are found before; everything is on addresses of loopback.

use crate::support::{Folder, Rig, Running, bgp, bmp, find, free, route};
use decide::steer::Origin;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// BIRD's configuration: a few networks, and one session.
fn bird(folder: &Folder, session: &str, system: u32) -> String {
    let text = format!(
        "router id 127.0.0.9;
         protocol device {{}}
         protocol static four {{ ipv4; route 192.0.2.0/24 unreachable; route 198.51.100.0/24 unreachable; }}
         protocol static six {{ ipv6; route 2001:db8:1::/48 unreachable; }}
         filter marked {{ bgp_med = 7; accept; }}
         protocol bgp told {{
           local 127.0.0.9 {session} as {system};
           multihop;
           ipv4 {{ import none; export filter marked; next hop address 10.255.0.9; }};
           ipv6 {{ import none; export filter marked; next hop address 2001:db8::9; }};
         }}"
    );
    folder.write("bird.conf", &text).display().to_string()
}

pub(crate) fn run_bird(program: &Path, folder: &Folder, configuration: &str) -> Running {
    let control = folder.path("bird.ctl").display().to_string();
    Running::start(program, &["-f", "-c", configuration, "-s", &control])
}

#[test]
fn a_session_with_bird_that_we_open() {
    let Some(program) = find("bird") else { return };
    let folder = Folder::new("bird");
    let at = free("127.0.0.9");
    let session = format!("port {}", at.port());
    let configuration = bird(&folder, &session, 65_001);
    let text = std::fs::read_to_string(&configuration).expect("written");
    let text = text.replace("multihop;", "multihop; passive; neighbor 127.0.0.1 as 65000;");
    let configuration = folder.write("bird.conf", &text).display().to_string();
    let mut running = run_bird(&program, &folder, &configuration);
    let mut rig = Rig::new(&[bgp(at, None)]);
    rig.until("the table", |tables| {
        ["192.0.2.0/24", "198.51.100.0/24", "2001:db8:1::/48"].iter().all(|network| route(tables, "bgp", network).is_some())
    });
    rig.until("a route as BIRD tells it", |tables| {
        route(tables, "bgp", "192.0.2.0/24").is_some_and(|route| {
            (route.local_pref, route.path_len, route.med, route.origin_as, route.origin) == (100, 1, 7, 65_001, Origin::Igp)
        })
    });
    rig.until_told("routing-table-loaded", " 3 0 end-of-rib ");
    assert!(rig.steps("routing-session-up")[0].contains("127.0.0.9 ipv4 ipv6"));
    // It is gone without a word: its table stays.
    running.kill();
    rig.until_told("routing-session-down", "true");
    assert_eq!(rig.collectors.sources()[0].state, "kept");
    rig.until("the table that is kept", |tables| route(tables, "bgp", "192.0.2.0/24").is_some());
    // And comes back, with one network less.
    let text = text.replace("route 198.51.100.0/24 unreachable;", "");
    let configuration = folder.write("bird.conf", &text).display().to_string();
    let _running = run_bird(&program, &folder, &configuration);
    rig.until("the new table", |tables| {
        route(tables, "bgp", "198.51.100.0/24").is_none() && route(tables, "bgp", "192.0.2.0/24").is_some()
    });
}

#[test]
fn a_session_that_bird_opens() {
    let Some(program) = find("bird") else { return };
    let folder = Folder::new("bird-opens");
    let at = free("127.0.0.1");
    let configuration = bird(&folder, "", 65_001);
    let text = std::fs::read_to_string(&configuration).expect("written");
    let text = text.replace("multihop;", &format!("multihop; neighbor 127.0.0.1 port {} as 65000; connect delay time 1;", at.port()));
    // No port of its own: it only connects.
    let text = text.replace("local 127.0.0.9  as", &format!("local 127.0.0.9 port {} as", free("127.0.0.9").port()));
    let configuration = folder.write("bird.conf", &text).display().to_string();
    let mut rig = Rig::new(&[bgp(SocketAddr::from(([127, 0, 0, 9], 179)), Some(at))]);
    let _running = run_bird(&program, &folder, &configuration);
    rig.until("the table", |tables| {
        ["192.0.2.0/24", "198.51.100.0/24", "2001:db8:1::/48"].iter().all(|network| route(tables, "bgp", network).is_some())
    });
}

/// GoBGP, with what it needs to be told things.
pub(crate) struct GoBgp {
    control: String,
    _running: Running,
    _folder: Folder,
}

impl GoBgp {
    pub(crate) fn start(name: &str, at: SocketAddr, more: &str) -> Option<GoBgp> {
        let (program, _) = (find("gobgpd")?, find("gobgp")?);
        let folder = Folder::new(name);
        let control = free("127.0.0.1").port().to_string();
        let text = format!(
            "[global.config]\nas = 65001\nrouter-id = \"{0}\"\nport = {1}\nlocal-address-list = [\"{0}\"]\n{more}",
            at.ip(),
            at.port()
        );
        let configuration = folder.write("gobgp.toml", &text).display().to_string();
        let running = Running::start(&program, &["-f", &configuration, "--api-hosts", &format!("127.0.0.1:{control}")]);
        Some(GoBgp { control, _running: running, _folder: folder })
    }

    /// Asks until it does it: it takes a moment to begin.
    pub(crate) fn told(&self, arguments: &[&str]) {
        let end = Instant::now() + crate::support::PATIENCE;
        loop {
            let mut command = Command::new(find("gobgp").expect("it was found"));
            command.args(["-p", &self.control, "global", "rib"]).args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
            if command.status().is_ok_and(|status| status.success()) {
                return;
            }
            assert!(Instant::now() < end, "gobgp does not take {arguments:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

#[test]
fn a_session_with_gobgp() {
    let at = free("127.0.0.10");
    let neighbour = "[[neighbors]]\n[neighbors.config]\nneighbor-address = \"127.0.0.1\"\npeer-as = 65000\n\
        [neighbors.transport.config]\npassive-mode = true\nlocal-address = \"127.0.0.10\"\n\
        [neighbors.ebgp-multihop.config]\nenabled = true\nmultihop-ttl = 64\n\
        [[neighbors.afi-safis]]\n[neighbors.afi-safis.config]\nafi-safi-name = \"ipv4-unicast\"\n\
        [[neighbors.afi-safis]]\n[neighbors.afi-safis.config]\nafi-safi-name = \"ipv6-unicast\"\n";
    let Some(router) = GoBgp::start("gobgp", at, neighbour) else { return };
    router.told(&["add", "192.0.2.0/24", "nexthop", "10.255.0.10", "-a", "ipv4"]);
    router.told(&["add", "2001:db8:1::/48", "nexthop", "2001:db8::10", "-a", "ipv6"]);
    let mut rig = Rig::new(&[bgp(at, None)]);
    rig.until("the table", |tables| route(tables, "bgp", "192.0.2.0/24").is_some() && route(tables, "bgp", "2001:db8:1::/48").is_some());
    router.told(&["add", "203.0.113.0/24", "nexthop", "10.255.0.10", "-a", "ipv4"]);
    router.told(&["del", "192.0.2.0/24", "nexthop", "10.255.0.10", "-a", "ipv4"]);
    rig.until("the changes", |tables| route(tables, "bgp", "203.0.113.0/24").is_some() && route(tables, "bgp", "192.0.2.0/24").is_none());
}

#[test]
fn gobgp_tells_its_own_table_by_bmp() {
    let at = free("127.0.0.1");
    let server = format!(
        "[[bmp-servers]]\n[bmp-servers.config]\naddress = \"127.0.0.1\"\nport = {}\nroute-monitoring-policy = \"local-rib\"\n",
        at.port()
    );
    let mut rig = Rig::new(&[bmp(at)]);
    let Some(router) = GoBgp::start("gobgp-bmp", free("127.0.0.12"), &server) else { return };
    router.told(&["add", "192.0.2.0/24", "nexthop", "10.255.0.10", "aspath", "65100", "-a", "ipv4"]);
    router.told(&["add", "2001:db8:1::/48", "nexthop", "2001:db8::10", "aspath", "65100", "-a", "ipv6"]);
    rig.until("its own table", |tables| {
        route(tables, "loc-rib", "192.0.2.0/24").is_some() && route(tables, "loc-rib", "2001:db8:1::/48").is_some()
    });
    assert!(rig.steps("routing-station-up")[0].contains("GoBGP"));
}

#[test]
fn frr_tells_of_a_peer_by_bmp() {
    let (Some(bird_program), Some(frr)) = (find("bird"), find("bgpd")) else { return };
    let folder = Folder::new("frr");
    let (peer, station) = (free("127.0.0.9"), free("127.0.0.1"));
    let configuration = bird(&folder, &format!("port {}", peer.port()), 65_002);
    let text = std::fs::read_to_string(&configuration).expect("written");
    let configuration = folder.write("bird.conf", &text.replace("multihop;", "multihop; passive; neighbor 127.0.0.11 as 65001;"));
    let mut bird = run_bird(&bird_program, &folder, &configuration.display().to_string());
    let text = format!(
        "router bgp 65001\n bgp router-id 127.0.0.11\n no bgp ebgp-requires-policy\n neighbor 127.0.0.9 remote-as 65002\n \
         neighbor 127.0.0.9 port {}\n neighbor 127.0.0.9 ebgp-multihop 255\n neighbor 127.0.0.9 disable-connected-check\n \
         neighbor 127.0.0.9 update-source 127.0.0.11\n neighbor 127.0.0.9 timers connect 1\n \
         address-family ipv4 unicast\n  neighbor 127.0.0.9 soft-reconfiguration inbound\n exit-address-family\n \
         address-family ipv6 unicast\n  neighbor 127.0.0.9 activate\n  neighbor 127.0.0.9 soft-reconfiguration inbound\n \
         exit-address-family\n \
         bmp targets throughline\n  bmp monitor ipv4 unicast pre-policy\n  bmp monitor ipv6 unicast pre-policy\n  \
         bmp connect 127.0.0.1 port {} min-retry 100 max-retry 1000\n",
        peer.port(),
        station.port()
    );
    let configuration = folder.write("frr.conf", &text).display().to_string();
    let (pid, zebra) = (folder.path("frr.pid").display().to_string(), folder.path("zebra").display().to_string());
    let (vty, own) = (folder.path("").display().to_string(), free("127.0.0.11").port().to_string());
    let arguments = [
        "-M",
        "bmp",
        "-n",
        "-Z",
        "-S",
        "-p",
        &own,
        "-l",
        "127.0.0.11",
        "-f",
        &configuration,
        "-i",
        &pid,
        "-z",
        &zebra,
        "--vty_socket",
        &vty,
        "-P",
        "0",
    ];
    let mut rig = Rig::new(&[bmp(station)]);
    let _frr = Running::start(&frr, &arguments);
    rig.until("the peer's table", |tables| {
        ["192.0.2.0/24", "198.51.100.0/24", "2001:db8:1::/48"].iter().all(|network| route(tables, "127.0.0.9", network).is_some())
    });
    let loopback = Ipv4Addr::LOCALHOST;
    assert!(
        rig.steps("routing-peer-up")[0].ends_with(&format!("bmp {loopback} 127.0.0.9 pre-policy")),
        "{:?}",
        rig.steps("routing-peer-up")
    );
    bird.kill();
    rig.until_told("routing-peer-down", "127.0.0.9");
    assert_eq!(rig.collectors.sources()[0].state, "kept");
}
